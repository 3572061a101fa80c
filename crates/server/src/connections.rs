//! The limit on connections: each holds a permit for as long as it lasts, and a connection over the limit is closed at
//! once. Idle and slow clients therefore have a bounded cost, and never use up the file descriptors of the database.

use std::future::{Ready, ready};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_server::accept::Accept;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use telemetry::metrics::{self, Connected};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Service;

/// Connections, at most. An idle one costs about 20 KiB.
const CONNECTIONS_MAX: u64 = 8_192;

/// File descriptors for everything else: database, log, outgoing webhooks.
const OTHER_FILES: u64 = 256;

/// The permits for connections.
#[derive(Clone, Debug)]
pub(crate) struct Permits(Arc<Semaphore>);

impl Permits {
    /// As many as the limit on open files allows, but at most [`CONNECTIONS_MAX`]. Raises that limit as far as
    /// necessary and as an ordinary user can.
    pub(crate) fn for_this_process() -> Self {
        let limit = getrlimit(Resource::Nofile);
        let wanted = CONNECTIONS_MAX + OTHER_FILES;
        let now = limit.current.unwrap_or(wanted);
        let raised = limit.maximum.unwrap_or(wanted).min(wanted).max(now);
        let raise = Rlimit { current: Some(raised), maximum: limit.maximum };
        let files = if setrlimit(Resource::Nofile, raise).is_ok() { raised } else { now };
        let connections = files.saturating_sub(OTHER_FILES).clamp(1, CONNECTIONS_MAX);
        if connections < CONNECTIONS_MAX {
            tracing::warn!(connections, "the limit on open files allows only few connections");
        }
        Self::new(usize::try_from(connections).unwrap_or(usize::MAX))
    }

    fn new(connections: usize) -> Self {
        Self(Arc::new(Semaphore::new(connections)))
    }
}

impl<S> Accept<TcpStream, S> for Permits {
    type Stream = TcpStream;
    type Service = Permitted<S>;
    type Future = Ready<io::Result<(TcpStream, Permitted<S>)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Ok(permit) = Arc::clone(&self.0).try_acquire_owned() else {
            metrics::refused("connection");
            return ready(Err(io::Error::other("the limit on connections is reached")));
        };
        let permitted = Permitted { service, _permit: Arc::new((permit, Connected::new())) };
        ready(stream.set_nodelay(true).map(|()| (stream, permitted)))
    }
}

/// The service of a connection, with its permit.
#[derive(Clone)]
pub(crate) struct Permitted<S> {
    service: S,
    _permit: Arc<(OwnedSemaphorePermit, Connected)>,
}

impl<S: Service<R>, R> Service<R> for Permitted<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.service.call(request)
    }
}
