//! How word of changes gets about: within the process on SQLite, through the server on Postgres.

use sea_orm::sqlx::PgPool;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::{OnceCell, broadcast};

use crate::store::changes::{Message, QUEUE};

/// The channel the triggers tell on.
const CHANNEL: &str = "awareness_changes";

/// Where changes come from and who listens to them.
pub(in crate::store) struct Feed {
    sender: broadcast::Sender<Option<Message>>,
    /// The server to listen on, and whether that has begun: only a node with listeners needs a connection for it.
    server: Option<(Box<PgConnectOptions>, OnceCell<PgPool>)>,
}

impl Feed {
    pub(super) fn within_the_process() -> Self {
        Self {
            sender: broadcast::Sender::new(QUEUE),
            server: None,
        }
    }

    pub(super) fn from_server(options: PgConnectOptions) -> Self {
        Self {
            sender: broadcast::Sender::new(QUEUE),
            server: Some((Box::new(options), OnceCell::new())),
        }
    }

    /// Listens from now on.
    pub(in crate::store) async fn listen(
        &self,
    ) -> Result<broadcast::Receiver<Option<Message>>, sea_orm::sqlx::Error> {
        let receiver = self.sender.subscribe();
        if let Some((options, begun)) = &self.server {
            begun
                .get_or_try_init(|| begin(options, self.sender.clone()))
                .await?;
        }

        Ok(receiver)
    }

    /// Tells listeners of this process what was committed. On Postgres the server tells them, as it does every node.
    pub(in crate::store) fn tell(&self, messages: Vec<Message>) {
        if self.server.is_none() {
            for message in messages {
                // Nobody listens: nobody needs to know.
                let _ = self.sender.send(Some(message));
            }
        }
    }

    pub(super) async fn close(&self) {
        if let Some((_, begun)) = &self.server
            && let Some(pool) = begun.get()
        {
            pool.close().await;
        }
    }
}

/// Opens the connection that listens, and passes on what it hears until the store is closed.
async fn begin(
    options: &PgConnectOptions,
    sender: broadcast::Sender<Option<Message>>,
) -> Result<PgPool, sea_orm::sqlx::Error> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_with(options.clone())
        .await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen(CHANNEL).await?;

    tokio::spawn(async move {
        loop {
            let heard = match listener.try_recv().await {
                Ok(Some(notification)) => Message::parse(notification.payload()).map(Some),
                // The connection broke and is there again; what was told in between is lost.
                Ok(None) => Some(None),
                Err(error) => {
                    tracing::debug!(%error, "no longer listening for changes");
                    return;
                }
            };
            if let Some(message) = heard {
                let _ = sender.send(message);
            }
        }
    });

    Ok(pool)
}
