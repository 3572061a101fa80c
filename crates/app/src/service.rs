//! What the service manager that started the program is told (systemd, `Type=notify`): that it is ready, so that
//! starting it succeeds only when people can be served.

use std::os::unix::net::UnixDatagram;
use std::path::Path;

/// Says that the program is ready, if somebody wants to know.
pub(crate) fn ready() {
    let Some(socket) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let told = UnixDatagram::unbound().and_then(|us| us.send_to(b"READY=1", Path::new(&socket)));
    if let Err(error) = told {
        tracing::warn!(%error, "the service manager could not be told that the program is ready");
    }
}
