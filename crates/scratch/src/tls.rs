//! A server with TLS and its own certificate authority.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::{Cluster, Server, folder, owner, run_as};

/// Creates an authority and a certificate for `localhost` signed by it.
const CERTIFICATES: &str = "
    set -eu
    K='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
    openssl req -x509 $K -keyout ca.key -out ca.pem -subj '/CN=throw-away authority' -days 2
    openssl req $K -keyout server.key -out server.csr -subj /CN=localhost
    echo subjectAltName=DNS:localhost >server.ext
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile server.ext";

/// A server on a free port of loopback. Its certificate is for the name `localhost`.
#[derive(Debug)]
pub struct TlsCluster {
    cluster: Cluster,
    port: u16,
}

impl TlsCluster {
    /// Starts one.
    pub fn start() -> Self {
        let (server, owner, folder) = (Server::find(), owner(), folder());
        server.copy_template(folder.path(), owner);
        let mut make = run_as(Command::new("sh"), owner, folder.path());
        let made = make.args(["-c", CERTIFICATES]).stderr(Stdio::null()).stdout(Stdio::null()).status();
        assert!(made.is_ok_and(|status| status.success()), "openssl makes certificates");
        // The port was free a moment ago. If another process takes it, the start fails; the test cannot pass wrongly.
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let settings = format!(
            "listen_addresses=127.0.0.1 port={port} ssl=on ssl_cert_file=../server.pem ssl_key_file=../server.key"
        );
        let settings: Vec<&str> = settings.split(' ').collect();
        Self { cluster: Cluster::serve(&server, folder, &settings), port }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The certificate of its authority, PEM.
    pub fn authority(&self) -> PathBuf {
        self.cluster.folder.path().join("ca.pem")
    }
}
