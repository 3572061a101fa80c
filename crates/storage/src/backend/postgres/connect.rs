//! Where the server is and how to get there: addresses, TLS, the session's limits.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::StorageError;
use crate::sql::{Connection, Driver, Link};

/// Between two tries to connect.
pub(super) const PAUSE: Duration = Duration::from_millis(250);

/// How long one server may take to accept a connection and to answer on it. A machine whose disk hangs accepts only.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);

/// How long the network may leave sent bytes unacknowledged.
const SILENCE_MAX: Duration = Duration::from_secs(8);

/// After how long of waiting, and how often, the other machine is asked whether it is there. Without an interval of our
/// own the system asks every 75 seconds.
const PROBE_EVERY: Duration = Duration::from_secs(2);

/// Limits of every session: no statement, lock or forgotten transaction holds others up for long. `synchronous_commit`
/// stays what the server's owner set. `jit`: compiling a shop's list was measured to take three times as long as the list.
const SESSION: &str = "SET statement_timeout = '15s'; SET lock_timeout = '5s'; \
     SET idle_in_transaction_session_timeout = '30s'; SET default_transaction_isolation = 'read committed'; \
     SET client_min_messages = 'warning'; SET jit = off";

/// A server, or several of which one takes writes.
pub(crate) struct Server {
    /// The way to each of them.
    hosts: Vec<Config>,
    /// The one that took writes when it was asked last; it is asked first.
    last: AtomicUsize,
    tls: Option<MakeRustlsConnect>,
}

impl Server {
    /// Reads `postgres://user:password@host:port,host:port/database?sslmode=require&sslrootcert=FILE`. Always leads to
    /// the server that takes writes. Nothing of the address is repeated in an error: it may hold a password.
    pub(crate) fn parse(url: &str) -> Result<Self, StorageError> {
        let refuse = |what: &str| Err(StorageError::Open(format!("--database postgres://...: {what}")));
        let (url, authority) = take_parameter(url, "sslrootcert");
        let (url, mode) = take_parameter(&url, "sslmode");
        let Ok(mut hosts) = each_host(&url).iter().map(|url| url.parse()).collect::<Result<Vec<Config>, _>>() else {
            return refuse("the address cannot be read");
        };
        if hosts.iter().any(|config| config.get_hosts().is_empty() || config.get_dbname().is_none()) {
            return refuse("the address needs a host and a database");
        }
        let tls = match (mode.as_deref(), authority) {
            (Some("require" | "verify-full"), Some(file)) => Some(connector(Path::new(&file))?),
            (Some("require" | "verify-full"), None) => {
                return refuse("TLS needs sslrootcert=FILE with the authority of the server's certificate");
            }
            (Some("disable"), None) => None,
            (None, None) if hosts.iter().flat_map(Config::get_hosts).all(near) => None,
            (None, None) => {
                return refuse("say sslmode=require&sslrootcert=FILE, or sslmode=disable for a network you trust");
            }
            _ => return refuse("sslmode is require, with sslrootcert=FILE, or disable"),
        };
        for config in &mut hosts {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite).application_name("webpos");
            config.tcp_user_timeout(SILENCE_MAX).keepalives_idle(PROBE_EVERY).keepalives_interval(PROBE_EVERY);
            config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        }
        Ok(Self { hosts, last: AtomicUsize::new(0), tls })
    }

    /// A new connection, with more `settings`, to whichever server takes writes; why there is none at the one that was
    /// asked last. Blocks.
    pub(crate) fn connect(&self, settings: &str) -> Result<Connection, String> {
        let settings = format!("{SESSION}; {settings}");
        let (first, mut why) = (self.last.load(Ordering::Relaxed), String::new());
        for at in (first..self.hosts.len()).chain(0..first) {
            match Link::open(self.connect_to(&self.hosts[at]), &settings, CONNECT_WITHIN) {
                Ok(link) => {
                    self.last.store(at, Ordering::Relaxed);
                    return Ok(link.into());
                }
                Err(error) => why = error,
            }
        }
        Err(why)
    }

    async fn connect_to(&self, host: &Config) -> Result<(Client, Driver), tokio_postgres::Error> {
        if let Some(tls) = &self.tls {
            let (client, connection) = host.connect(tls.clone()).await?;
            Ok((client, Box::pin(connection)))
        } else {
            let (client, connection) = host.connect(NoTls).await?;
            Ok((client, Box::pin(connection)))
        }
    }
}

/// The address of each host of an address, because each is asked with a time limit of its own.
fn each_host(url: &str) -> Vec<String> {
    let Some((scheme, rest)) = url.split_once("://") else { return vec![url.to_owned()] };
    let (authority, tail) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (user, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
    hosts.split(',').map(|host| format!("{scheme}://{user}{host}{tail}")).collect()
}

/// On this machine, where nobody else listens.
fn near(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback()),
        Host::Unix(_) => true,
    }
}

/// Takes `name=value` out of an address's query.
fn take_parameter(url: &str, name: &str) -> (String, Option<String>) {
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
    fn each_host_of_an_address_is_asked_by_itself() {
        assert_eq!(each_host("p://u:x@a:1,b/d?c=1"), ["p://u:x@a:1/d?c=1", "p://u:x@b/d?c=1"]);
        assert_eq!(each_host("p://%2Frun,%2Ftmp/d"), ["p://%2Frun/d", "p://%2Ftmp/d"]);
        assert_eq!(each_host("p:"), ["p:"]);
    }

    #[test]
    fn a_machine_that_is_cut_off_is_given_up_while_an_answer_is_awaited() {
        let server = Server::parse("postgres://till@127.0.0.1,127.0.0.2/shop").expect("good");
        assert_eq!(server.hosts.len(), 2);
        for host in &server.hosts {
            let asked = host.get_keepalives_interval().expect("own interval") + host.get_keepalives_idle();
            assert!(host.get_keepalives() && asked <= SILENCE_MAX);
        }
    }

    #[test]
    fn a_word_is_taken_out_of_the_query() {
        assert_eq!(take_parameter("p://h/d?a=1&b=2", "a"), ("p://h/d?b=2".to_owned(), Some("1".to_owned())));
        assert_eq!(take_parameter("p://h/d?a=1", "a"), ("p://h/d".to_owned(), Some("1".to_owned())));
        assert_eq!(take_parameter("p://h/d", "a"), ("p://h/d".to_owned(), None));
    }
}
