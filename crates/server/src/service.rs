//! Notifies the service manager (systemd, `Type=notify`) when the program is ready, so that a start succeeds only when
//! requests can be served.

use std::os::unix::net::UnixDatagram;
use std::path::Path;

/// Reports that the program is ready, if it was started by a service manager.
pub(crate) fn ready() {
    let Some(socket) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let told = UnixDatagram::unbound().and_then(|us| us.send_to(b"READY=1", Path::new(&socket)));
    if let Err(error) = told {
        tracing::warn!(%error, "cannot notify the service manager that the program is ready");
    }
}
