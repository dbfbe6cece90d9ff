//! How word of changes gets about: within the process on SQLite, through the server on Postgres.

use std::time::Duration;

use sea_orm::sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sea_orm::sqlx::{Error, PgPool};
use tokio::sync::{OnceCell, broadcast};
use tokio::time::sleep;

use crate::store::changes::{Message, QUEUE};

/// The channel the triggers tell on.
const CHANNEL: &str = "awareness_changes";

/// How long to wait before the server is asked again.
const RETRY: Duration = Duration::from_millis(500);

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
    ) -> Result<broadcast::Receiver<Option<Message>>, Error> {
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
) -> Result<PgPool, Error> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_with(options.clone())
        .await?;
    let listener = listen_on(&pool, &sender).await?;
    tokio::spawn(pass_on(pool.clone(), listener, sender));

    Ok(pool)
}

/// Listens on the channel. Whoever waits already is told that anything may have changed before.
async fn listen_on(
    pool: &PgPool,
    sender: &broadcast::Sender<Option<Message>>,
) -> Result<PgListener, Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    // By itself it would be there again without a word.
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    let _ = sender.send(None);

    Ok(listener)
}

/// Passes on what is heard; begins anew when the connection breaks, as it does when the server starts again.
async fn pass_on(
    pool: PgPool,
    mut listener: PgListener,
    sender: broadcast::Sender<Option<Message>>,
) {
    loop {
        while let Ok(Some(notification)) = listener.try_recv().await {
            if let Some(message) = Message::parse(notification.payload()) {
                let _ = sender.send(Some(message));
            }
        }
        drop(listener);

        listener = loop {
            if pool.is_closed() {
                return;
            }
            match listen_on(&pool, &sender).await {
                Ok(listener) => break listener,
                Err(error) => tracing::debug!(%error, "not listening for changes"),
            }
            sleep(RETRY).await;
        };
    }
}
