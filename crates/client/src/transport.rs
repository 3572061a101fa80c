//! One request and its response over a kept-alive connection.
//!
//! What must stay true: an error says whether the request may have reached the server. "Not reached" means that not a
//! byte of it was written.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::RETRY_AFTER;
use hyper::rt::{Read, Write};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::problem::Error;

/// Idle connections that are kept.
const IDLE_MAX: usize = 8;
/// Longest response that is read; 200 rows of a list are far below it.
const ANSWER_MAX: usize = 16 * 1024 * 1024;

/// A complete response.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Bytes,
}

type Sender = SendRequest<Full<Bytes>>;

/// A server and the connections to it.
pub(crate) struct Transport {
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    connect_within: Duration,
    answer_within: Duration,
    idle: Mutex<Vec<Sender>>,
}

impl Transport {
    /// `roots`: certificates to trust instead of the operating system's.
    pub(crate) fn new(
        address: &Address,
        roots: Option<RootCertStore>,
        connect_within: Duration,
        answer_within: Duration,
    ) -> Result<Self, Error> {
        let tls = if address.secure { Some((connector(roots)?, name(&address.host)?)) } else { None };
        let (host, port) = (address.host.clone(), address.port);
        Ok(Self { host, port, tls, connect_within, answer_within, idle: Mutex::default() })
    }

    /// Sends `request` once.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Reply, Error> {
        let mut sender = match self.kept().await {
            Some(sender) => sender,
            None => match timeout(self.connect_within, self.connect()).await {
                Ok(connected) => connected?,
                Err(_) => return Err(Error::NotReached(format!("no connection within {:?}", self.connect_within))),
            },
        };
        let exchange = async {
            let answer = sender.send_request(request).await.map_err(|error| {
                // Only a request that hyper never accepted is known not to have been sent.
                if error.is_canceled() { Error::NotReached(error.to_string()) } else { Error::Lost(error.to_string()) }
            })?;
            whole(answer).await
        };
        let answer = match timeout(self.answer_within, exchange).await {
            Ok(answer) => answer?,
            Err(_) => return Err(Error::Lost(format!("no response within {:?}", self.answer_within))),
        };
        self.keep(sender);
        Ok(answer)
    }

    /// An idle connection that is still open.
    async fn kept(&self) -> Option<Sender> {
        loop {
            let mut sender = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            if !sender.is_closed() && sender.ready().await.is_ok() {
                return Some(sender);
            }
        }
    }

    fn keep(&self, sender: Sender) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if !sender.is_closed() && idle.len() < IDLE_MAX {
            idle.push(sender);
        }
    }

    async fn connect(&self) -> Result<Sender, Error> {
        let failed = |error: std::io::Error| Error::NotReached(error.to_string());
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(failed)?;
        // A request is one small write; Nagle's algorithm would delay it by 40 ms.
        stream.set_nodelay(true).map_err(failed)?;
        match &self.tls {
            None => handshake(TokioIo::new(stream)).await,
            Some((tls, name)) => {
                let stream = tls.connect(name.clone(), stream).await.map_err(failed)?;
                handshake(TokioIo::new(stream)).await
            }
        }
    }
}

async fn handshake<S: Read + Write + Unpin + Send + 'static>(stream: S) -> Result<Sender, Error> {
    let (sender, connection) = http1::handshake(stream).await.map_err(|error| Error::NotReached(error.to_string()))?;
    // The pending request reports how the connection ended.
    tokio::spawn(async {
        let _ = connection.await;
    });
    Ok(sender)
}

async fn whole(answer: Response<hyper::body::Incoming>) -> Result<Reply, Error> {
    let status = answer.status().as_u16();
    let seconds = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let body = Limited::new(answer.into_body(), ANSWER_MAX).collect().await;
    let body = body.map_err(|error| Error::Lost(format!("the response is incomplete: {error}")))?.to_bytes();
    Ok(Reply { status, retry_after: seconds.map(Duration::from_secs), body })
}

fn connector(roots: Option<RootCertStore>) -> Result<TlsConnector, Error> {
    let roots = roots.unwrap_or_else(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots
    });
    if roots.is_empty() {
        return Err(Error::Unusable("https: the operating system has no trusted certificates"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has what TLS 1.2 and 1.3 need")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn name(host: &str) -> Result<ServerName<'static>, Error> {
    ServerName::try_from(host.to_owned()).map_err(|_| Error::Unusable("the host's name"))
}

/// Where a server is: `http://host[:port]` or `https://host[:port]`.
pub(crate) struct Address {
    pub(crate) secure: bool,
    /// Without the brackets of an IPv6 address.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// For the header `Host`.
    pub(crate) authority: String,
}

impl Address {
    pub(crate) fn parse(url: &str) -> Result<Self, Error> {
        let refused = || Error::Unusable("the address must be https://host[:port] or http://host[:port]");
        let url: hyper::Uri = url.parse().map_err(|_| refused())?;
        let secure = match url.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(refused()),
        };
        let authority = url.authority().filter(|found| !found.as_str().contains('@')).ok_or_else(refused)?;
        if url.path() != "/" || url.query().is_some() {
            return Err(refused());
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let port = authority.port_u16().unwrap_or(if secure { 443 } else { 80 });
        Ok(Self { secure, host, port, authority: authority.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_scheme_a_host_and_a_port() {
        let parsed = |url: &str| Address::parse(url).map(|it| (it.secure, it.host, it.port)).ok();
        assert_eq!(parsed("http://127.0.0.1:8080"), Some((false, "127.0.0.1".to_owned(), 8080)));
        assert_eq!(parsed("https://pos.example.com/"), Some((true, "pos.example.com".to_owned(), 443)));
        assert_eq!(parsed("http://[::1]:80"), Some((false, "::1".to_owned(), 80)));
        for bad in ["", "pos.example.com", "ftp://a", "http://u:p@a", "http://a/api", "http://a/?b"] {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }
}
