//! Listening, and stopping so that open requests end.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use catalogue::Evaluator;
use catalogue::webhook::{Reach, Sender, SenderOptions};
use chrono::Utc;
use entity::{DbErr, keys};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::http::router;
use crate::state::ApiState;

/// Why the API does not listen beyond this machine.
#[derive(Debug, thiserror::Error)]
pub enum ExposureError {
    /// Nobody could read anything, or everybody would by accident.
    #[error(
        "{address} can be reached from other machines, and there is no key that is good: make one with `fieldbook key \
         create`, take an issuer's tokens with FIELDBOOK_OIDC_ISSUER, say what anybody may see with \
         FIELDBOOK_ANONYMOUS=none, catalogue or data, or listen on 127.0.0.1"
    )]
    Keyless {
        /// The address asked for.
        address: SocketAddr,
    },
    /// Whether there are keys is not known.
    #[error("look for a key that is good, as {address} can be reached from other machines")]
    Keys {
        /// The address asked for.
        address: SocketAddr,
        /// What the database said.
        #[source]
        source: DbErr,
    },
}

/// Why the server does not run, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// It would be open to the world by accident.
    #[error(transparent)]
    Exposure(#[from] ExposureError),
    /// The listener has no address.
    #[error("read the address that the API listens on")]
    Address(#[source] io::Error),
    /// The listener failed.
    #[error("serve HTTP")]
    Serve(#[source] io::Error),
    /// Requests were still open when their time was up; they end with the process.
    #[error("end open requests within {seconds} s")]
    Drain {
        /// The deadline of the options.
        seconds: u64,
    },
}

impl ApiState {
    /// Keeps the catalogue, measures quality, and tells webhooks of what changes, for ever. Whoever serves runs it beside; without it whoever
    /// asks for the catalogue waits for it, and nobody is told of anything.
    pub async fn keep_catalogue(&self) -> Infallible {
        let reach = if self.options().private_webhooks {
            Reach::Anywhere
        } else {
            Reach::Public
        };
        let options = SenderOptions {
            reach,
            ..SenderOptions::default()
        };
        let told = async {
            let sender = Sender::new(self.db().clone(), options);
            sender.run(CancellationToken::new(), Utc::now).await;
            std::future::pending().await
        };
        let mut evaluator = Evaluator::new(self.db(), self.options().annotations.rules().clone());
        tokio::select! {
            never = self.catalogue().run() => never,
            never = evaluator.run(Utc::now) => never,
            never = told => never,
        }
    }

    /// Refuses an address beyond this machine unless there is a good key, an issuer's tokens are taken, or anonymous
    /// access was said explicitly.
    pub async fn check_exposure(&self, address: SocketAddr) -> Result<(), ExposureError> {
        let options = self.options();
        if address.ip().is_loopback() || options.anonymous_explicit || options.oidc.is_some() {
            return Ok(());
        }
        match keys::any_usable(self.db(), Utc::now()).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(ExposureError::Keyless { address }),
            Err(source) => Err(ExposureError::Keys { address, source }),
        }
    }
}

/// Serves until `shutdown` resolves, then takes no new connection, tells WebSockets and event streams to end, and lets
/// open requests end within the options' `drain_timeout`.
pub async fn serve(
    listener: TcpListener,
    state: ApiState,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let address = listener.local_addr().map_err(ServeError::Address)?;
    state.check_exposure(address).await?;
    let drain_timeout = state.options().drain_timeout;
    tracing::info!(http.address = %address, "serving HTTP on {address}");

    let live = state.clone();
    let closing = state.live().closing.clone();
    let (draining, drain_started) = oneshot::channel();
    // Who asks without a key is counted by address.
    let service = router(state).into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        shutdown.await;
        closing.cancel();
        // The receiver lives until the server has ended, so a lost signal means that it ended already.
        let _ = draining.send(());
    });
    let served = async {
        server.await.map_err(ServeError::Serve)?;
        // WebSockets are no requests any more: the server has forgotten them.
        live.live().tasks.close();
        live.live().tasks.wait().await;
        Ok(())
    };
    tokio::select! {
        result = served => result,
        () = deadline(drain_started, drain_timeout) => Err(ServeError::Drain { seconds: drain_timeout.as_secs() }),
    }
}

/// Resolves `after` the signal; never when the signal's sender is gone.
async fn deadline(signal: oneshot::Receiver<()>, after: Duration) {
    if signal.await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(after).await;
}
