//! Where the server is and how to get there: addresses, TLS, the session's limits.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::runtime::Handle;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::StorageError;
use crate::sql::{Connection, Link};

/// Between two tries to connect.
pub(super) const PAUSE: Duration = Duration::from_millis(250);

/// How long one server may take to accept a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);

/// How long the network may leave sent bytes unacknowledged.
const SILENCE_MAX: Duration = Duration::from_secs(8);

/// Limits of every session: no statement, lock or forgotten transaction holds others up for long. `synchronous_commit`
/// stays what the server's owner set.
const SESSION: &str = "SET statement_timeout = '15s'; SET lock_timeout = '5s'; \
     SET idle_in_transaction_session_timeout = '30s'; SET default_transaction_isolation = 'read committed'; \
     SET client_min_messages = 'warning'";

/// A server, or several of which one takes writes.
pub(super) struct Server {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl Server {
    /// Reads `postgres://user:password@host:port,host:port/database?sslmode=require&sslrootcert=FILE`. Always leads to
    /// the server that takes writes. Nothing of the address is repeated in an error: it may hold a password.
    pub(super) fn parse(url: &str) -> Result<Self, StorageError> {
        let refuse = |what: &str| Err(StorageError::Open(format!("--database postgres://...: {what}")));
        let (url, authority) = take(url, "sslrootcert");
        let (url, mode) = take(&url, "sslmode");
        let Ok(mut config) = url.parse::<Config>() else { return refuse("the address cannot be read") };
        if config.get_hosts().is_empty() || config.get_dbname().is_none() {
            return refuse("the address needs a host and a database");
        }
        config.target_session_attrs(TargetSessionAttrs::ReadWrite).application_name("webpos");
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_WITHIN);
        }
        config.tcp_user_timeout(SILENCE_MAX).keepalives_idle(SILENCE_MAX);
        let tls = match (mode.as_deref(), authority) {
            (Some("require" | "verify-full"), Some(file)) => {
                config.ssl_mode(SslMode::Require);
                Some(connector(Path::new(&file))?)
            }
            (Some("require" | "verify-full"), None) => {
                return refuse("TLS needs sslrootcert=FILE with the authority of the server's certificate");
            }
            (Some("disable"), None) => None,
            (None, None) if config.get_hosts().iter().all(near) => None,
            (None, None) => {
                return refuse("say sslmode=require&sslrootcert=FILE, or sslmode=disable for a network you trust");
            }
            _ => return refuse("sslmode is require, with sslrootcert=FILE, or disable"),
        };
        if tls.is_none() {
            config.ssl_mode(SslMode::Disable);
        }
        Ok(Self { config, tls })
    }

    /// A new connection to whichever server takes writes.
    pub(super) async fn connect(&self) -> Result<Connection, String> {
        let client = if let Some(tls) = &self.tls {
            let (client, connection) = self.config.connect(tls.clone()).await.map_err(|error| said(&error))?;
            tokio::spawn(connection);
            client
        } else {
            let (client, connection) = self.config.connect(NoTls).await.map_err(|error| said(&error))?;
            tokio::spawn(connection);
            client
        };
        client.batch_execute(SESSION).await.map_err(|error| said(&error))?;
        Ok(Link::new(client, Handle::current()).into())
    }
}

/// The whole story of an error; the library's own text is often no more than "db error".
fn said(error: &tokio_postgres::Error) -> String {
    let source = std::error::Error::source(error).map_or(String::new(), |source| format!(": {source}"));
    format!("{error}{source}")
}

/// On this machine, where nobody else listens.
fn near(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback()),
        Host::Unix(_) => true,
    }
}

/// Takes `name=value` out of an address's query.
fn take(url: &str, name: &str) -> (String, Option<String>) {
    let Some((before, query)) = url.split_once('?') else { return (url.to_owned(), None) };
    let (mut rest, mut value) = (Vec::new(), None);
    for part in query.split('&') {
        match part.strip_prefix(name).and_then(|part| part.strip_prefix('=')) {
            Some(found) => value = Some(found.to_owned()),
            None => rest.push(part),
        }
    }
    (format!("{before}?{}", rest.join("&")).trim_end_matches('?').to_owned(), value)
}

fn connector(file: &Path) -> Result<MakeRustlsConnect, StorageError> {
    let cannot = |error: &dyn std::fmt::Display| StorageError::Open(format!("sslrootcert {}: {error}", file.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| cannot(&error))? {
        roots.add(certificate.map_err(|error| cannot(&error))?).map_err(|error| cannot(&error))?;
    }
    if roots.is_empty() {
        return Err(cannot(&"no certificate in it"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| cannot(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> bool {
        Server::parse(url).is_err_and(|error| !error.to_string().contains("secret"))
    }

    #[test]
    fn an_address_that_would_send_passwords_in_clear_is_refused() {
        for good in [
            "postgres://till:secret@localhost/shop",
            "postgres://till@127.0.0.1:5432,127.0.0.1:5433/shop?target_session_attrs=read-write",
            "postgres://till@%2Frun%2Fpostgresql/shop",
            "postgres://till:secret@10.0.0.7/shop?sslmode=disable",
        ] {
            assert!(Server::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "postgres://till:secret@10.0.0.7/shop",
            "postgres://till:secret@db.example/shop?sslmode=require",
            "postgres://till:secret@db.example/shop?sslmode=require&sslrootcert=/nowhere.pem",
            "postgres://till:secret@db.example/shop?sslmode=prefer",
            "postgres://till:secret@localhost",
            "postgres://till:secret@localhost:x/shop",
            "postgres:",
        ] {
            assert!(refused(bad), "{bad}");
        }
    }

    #[test]
    fn a_word_is_taken_out_of_the_query() {
        assert_eq!(take("p://h/d?a=1&b=2", "a"), ("p://h/d?b=2".to_owned(), Some("1".to_owned())));
        assert_eq!(take("p://h/d?a=1", "a"), ("p://h/d".to_owned(), Some("1".to_owned())));
        assert_eq!(take("p://h/d", "a"), ("p://h/d".to_owned(), None));
    }
}
