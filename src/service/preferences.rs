//! How the owner wants to be served.

use super::{Caller, Error, Invalid, Service, Written};
use crate::domain::{Data, EntryType, Tags};
use crate::store::Identity;

/// A wish about how to be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPreference {
    /// What it is about.
    pub key: String,
    /// What is wanted.
    pub value: String,
    /// Where it holds; `global` is everywhere.
    pub scope: String,
}

impl Service {
    /// Sets a preference, in place of the one with the same key and scope.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn set_preference(
        &self,
        caller: &Caller,
        preference: NewPreference,
    ) -> Result<Written, Error> {
        let identity = Identity::Preference {
            key: preference.key.clone(),
            scope: preference.scope.clone(),
        };
        let mut entry = self.new_entry(EntryType::Preference, &preference.scope, &Tags::default());
        entry.data = Data::from_iter([
            ("key".to_owned(), preference.key.into()),
            ("value".to_owned(), preference.value.into()),
            ("scope".to_owned(), preference.scope.into()),
        ]);

        Invalid::check_keys(&entry)?;

        let transaction = self.write(caller).await?;
        let held = transaction.insert_or_find(&entry, &identity).await?;
        let id = match held {
            None => entry.id,
            Some(mut held) => {
                held.data.extend(entry.data);
                held.tags = Tags::default();
                held.updated = Some(self.now());
                transaction.update(&held).await?;
                held.id
            }
        };
        transaction.commit().await?;
        self.tidy_up();

        Ok(Written { id, expires: None })
    }
}
