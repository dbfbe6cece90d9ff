//! `awareness serve`: opens the store, brings its schema up to date, and serves clients until told to stop.

use std::net::SocketAddr;

use migration::Direction;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::arguments::{Serve, StoreFlags};
use super::{Failure, migrate, settings, warn_of_short_secret};
use crate::config::{Settings, Transport};
use crate::embed::Provider;
use crate::mcp::{Identity, Options, Server};
use crate::service::{LARGE, Service};
use crate::store::Store;
use crate::transport::health::Probed;
use crate::transport::{http, stdio};

pub(super) async fn run(serve: Serve, store_flags: &StoreFlags) -> Result<(), Failure> {
    let default = if serve.bare {
        Transport::Stdio
    } else {
        Transport::StreamableHttp
    };
    let settings = settings(&serve.flags(store_flags), default)?;
    refuse_open_server(&settings)?;
    let provider = settings.embedding.provider()?;
    let store = open(&settings, provider.as_deref(), serve.no_migrate).await?;
    let service = Service::with_provider(store.clone(), provider)
        .with_large_owners_from(settings.large_owners_from.unwrap_or(LARGE));
    service.start_catching_up();

    let served = match settings.transport {
        Transport::Stdio => {
            let identity = Identity::Local(settings.default_owner.clone());
            stdio::serve(Server::with_options(
                service.clone(),
                identity,
                &options(&settings),
            ))
            .await
            .map_err(Failure::from)
        }
        Transport::StreamableHttp => serve_http(&settings, service.clone(), store).await,
    };
    service.shut_down().await;

    served
}

/// Opens the store, migrated, and says what was opened.
async fn open(
    settings: &Settings,
    provider: Option<&dyn Provider>,
    no_migrate: bool,
) -> Result<Store, Failure> {
    let runner = migrate::runner(settings)?;
    let mut status = runner.status().await?;
    if status.pending().0 > 0 {
        if no_migrate {
            return Err(Failure(format!(
                "{}: run `awareness migrate up`, or serve without --no-migrate",
                status.pending()
            )));
        }
        let report = runner.run(Direction::Up, None).await?;
        if let Some(backup) = report.backup {
            eprintln!("backup   {}", backup.display());
        }
        eprintln!("migrated {} steps", report.steps.len());
        status = runner.status().await?;
    }

    let store = Store::open(&settings.database).await?;
    eprintln!("awareness {}", env!("CARGO_PKG_VERSION"));
    eprintln!("store    {}", store.location());
    eprintln!("schema   {}", status.version().unwrap_or("none"));
    eprintln!("owner    {}", settings.default_owner);
    eprintln!("embeds   {}", embedding(provider));
    warn_of_short_secret(settings);
    if let Some(reason) = store.row_security_bypass().await? {
        tracing::warn!("row-level security is not in force: {reason}");
    }

    Ok(store)
}

/// What turns texts into vectors, in a few words.
fn embedding(provider: Option<&dyn Provider>) -> String {
    match provider {
        Some(provider) => format!("{} {}", provider.name(), provider.model()),
        None => "nothing: search goes by words alone".to_owned(),
    }
}

/// Without authentication everyone who reaches the port is the owner, so the port stays on this machine.
fn refuse_open_server(settings: &Settings) -> Result<(), Failure> {
    let is_open = settings.transport == Transport::StreamableHttp
        && !settings.address.ip().is_loopback()
        && !settings.authentication.required
        && !settings.allow_unauthenticated;
    if is_open {
        return Err(Failure(format!(
            "{} can be reached from other machines and there is no authentication: bind 127.0.0.1, require tokens with \
             AWARENESS_AUTH_REQUIRED, or accept that with --allow-unauthenticated",
            settings.address
        )));
    }

    Ok(())
}

async fn serve_http(settings: &Settings, service: Service, store: Store) -> Result<(), Failure> {
    if settings.authentication.token_key.is_some() && !settings.authentication.required {
        tracing::warn!(
            "AWARENESS_JWT_SECRET alone asks nobody for a token: set AWARENESS_AUTH_REQUIRED=true"
        );
    }
    let listener = TcpListener::bind(settings.address)
        .await
        .map_err(|error| Failure(format!("cannot listen on {}: {error}", settings.address)))?;
    announce(settings, listener.local_addr()?);

    let stop = CancellationToken::new();
    let stopping = stop.clone();
    tokio::spawn(async move {
        stop_signal().await;
        stopping.cancel();
    });
    let access = http::Access {
        hosts: settings.allowed_hosts.clone(),
        mount_path: settings.mount_path.clone(),
        callers: callers(settings),
    };
    let embedding = service.embedding();
    let server = Server::with_options(service, Identity::PerRequest, &options(settings));
    let probed = Probed { store, embedding };
    http::serve(listener, server, probed, access, stop).await?;

    Ok(())
}

fn callers(settings: &Settings) -> http::Callers {
    match settings
        .authentication
        .token_key
        .clone()
        .filter(|_| settings.authentication.required)
    {
        Some(key) => http::Callers::TokenHolders(key),
        None => http::Callers::Everyone(settings.default_owner.clone()),
    }
}

fn options(settings: &Settings) -> Options {
    Options {
        profile: settings.profile.clone(),
        public_url: settings.public_url.clone(),
    }
}

fn announce(settings: &Settings, address: SocketAddr) {
    let mount = settings
        .mount_path
        .as_ref()
        .map_or("", |mount| mount.as_str());
    let url = format!("http://{address}{mount}/mcp");
    eprintln!("url      {url}");
    eprintln!("connect  claude mcp add --transport http awareness {url}");
}

/// Waits for Ctrl-C or the system's request to end.
async fn stop_signal() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();

    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
