//! How many connections there may be: each takes a place for as long as it lasts, and one too many is closed at once.
//! So idle and slow clients cost what is counted on, and files for the database are never used up by them.

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

/// Files that are none of them: database, log, webhooks on their way.
const OTHER_FILES: u64 = 256;

/// Gives out places for connections.
#[derive(Clone, Debug)]
pub(crate) struct Places(Arc<Semaphore>);

impl Places {
    /// As many as the operating system lets this program have files, but [`CONNECTIONS_MAX`] at most. Raises its limit as
    /// far as that needs and an ordinary user may.
    pub(crate) fn for_this_process() -> Self {
        let limit = getrlimit(Resource::Nofile);
        let wanted = CONNECTIONS_MAX + OTHER_FILES;
        let now = limit.current.unwrap_or(wanted);
        let raised = limit.maximum.unwrap_or(wanted).min(wanted).max(now);
        let raise = Rlimit { current: Some(raised), maximum: limit.maximum };
        let files = if setrlimit(Resource::Nofile, raise).is_ok() { raised } else { now };
        let places = files.saturating_sub(OTHER_FILES).clamp(1, CONNECTIONS_MAX);
        if places < CONNECTIONS_MAX {
            tracing::warn!(places, "few connections: the limit on open files is low");
        }
        Self::new(usize::try_from(places).unwrap_or(usize::MAX))
    }

    fn new(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places)))
    }
}

impl<S> Accept<TcpStream, S> for Places {
    type Stream = TcpStream;
    type Service = Placed<S>;
    type Future = Ready<io::Result<(TcpStream, Placed<S>)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Ok(place) = Arc::clone(&self.0).try_acquire_owned() else {
            metrics::refused("connection");
            return ready(Err(io::Error::other("every place for a connection is taken")));
        };
        let placed = Placed { service, _place: Arc::new((place, Connected::new())) };
        ready(stream.set_nodelay(true).map(|()| (stream, placed)))
    }
}

/// What answers on a connection, with its place.
#[derive(Clone)]
pub(crate) struct Placed<S> {
    service: S,
    _place: Arc<(OwnedSemaphorePermit, Connected)>,
}

impl<S: Service<R>, R> Service<R> for Placed<S> {
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
