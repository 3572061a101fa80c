//! One call to one external address.
//!
//! What must stay true: the connection goes to an IP address that was checked after resolving the name for this very
//! call; redirects and proxy settings of the environment are ignored; a call has a timeout and reads a bounded
//! response.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::rt::{Read, Write};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use storage::webhook::delivery::{ANSWER_KEPT, EndpointAnswer};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use webhook_target::{Host, Target, TargetRefused, TargetsAllowed};

/// Timeout for resolving, connecting, sending and reading together.
const CALL_WITHIN: Duration = Duration::from_secs(10);
/// Longest response that is read, head and body each.
const ANSWER_MAX: usize = 64 * 1024;
/// Most header lines of a response.
const HEADERS_MAX: usize = 64;
/// IP addresses of a name that are tried.
const ADDRESSES_MAX: usize = 4;

/// How names are resolved.
#[derive(Clone)]
pub(crate) enum Names {
    /// By the operating system.
    System,
    /// From this list, one entry per query; for tests.
    #[cfg(test)]
    Listed(Arc<std::sync::Mutex<std::collections::VecDeque<Vec<IpAddr>>>>),
}

impl Names {
    async fn resolve(&self, name: &str, port: u16) -> io::Result<Vec<IpAddr>> {
        match self {
            Self::System => Ok(tokio::net::lookup_host((name, port)).await?.map(|found| found.ip()).collect()),
            #[cfg(test)]
            Self::Listed(answers) => Ok(answers.lock().expect("one test").pop_front().unwrap_or_default()),
        }
    }
}

/// The HTTP client for calls.
#[derive(Clone)]
pub(crate) struct Client {
    allowed: TargetsAllowed,
    names: Names,
    tls: TlsConnector,
}

/// A request header.
pub(crate) type Header = (&'static str, String);

impl Client {
    /// Uses the operating system's trust store.
    pub(crate) fn new(allowed: TargetsAllowed, names: Names) -> Self {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "a trusted certificate cannot be read");
        }
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            tracing::warn!("no trusted certificates: webhooks over https will fail");
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has what TLS 1.2 and 1.3 need")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { allowed, names, tls: TlsConnector::from(Arc::new(tls)) }
    }

    /// Posts `body` to `url` and returns the response, or why there was none.
    pub(crate) async fn post(&self, url: &str, headers: &[Header], body: String) -> EndpointAnswer {
        let target = match Target::parse(url, &self.allowed) {
            Ok(target) => target,
            Err(refused) => return silent(refusal(refused)),
        };
        match tokio::time::timeout(CALL_WITHIN, self.call(&target, headers, body)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => silent(&error),
            Err(_) => silent("no response within 10 seconds"),
        }
    }

    async fn call(&self, target: &Target, headers: &[Header], body: String) -> Result<EndpointAnswer, String> {
        let stream = self.connect(target).await?;
        if !target.secure {
            return exchange(TokioIo::new(stream), target, headers, body).await;
        }
        let name = match &target.host {
            Host::Name(name) => ServerName::try_from(name.clone()).map_err(|_| "not a name for TLS".to_owned())?,
            Host::Address(ip) => ServerName::IpAddress((*ip).into()),
        };
        let stream = self.tls.connect(name, stream).await.map_err(|error| format!("TLS failed: {error}"))?;
        exchange(TokioIo::new(stream), target, headers, body).await
    }

    /// Connects to one of the target's IP addresses. A single non-public address rejects the whole name: a name with
    /// both kinds is an attack, not a mistake.
    async fn connect(&self, target: &Target) -> Result<TcpStream, String> {
        let addresses = match &target.host {
            Host::Address(ip) => vec![*ip],
            Host::Name(name) => {
                let found = self.names.resolve(name, target.port).await;
                found.map_err(|_| "the name cannot be resolved".to_owned())?
            }
        };
        if addresses.iter().any(|ip| !target.permits(*ip)) {
            return Err(refusal(TargetRefused::Private).to_owned());
        }
        let mut last = "the name has no address".to_owned();
        for ip in addresses.into_iter().take(ADDRESSES_MAX) {
            match TcpStream::connect(SocketAddr::new(ip, target.port)).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = format!("cannot connect: {}", error.kind()),
            }
        }
        Err(last)
    }
}

async fn exchange<S>(stream: S, target: &Target, headers: &[Header], body: String) -> Result<EndpointAnswer, String>
where
    S: Read + Write + Unpin + Send + 'static,
{
    let failed = |error: hyper::Error| format!("no usable response: {error}");
    let mut builder = http1::Builder::new();
    let (mut sender, connection) =
        builder.max_buf_size(ANSWER_MAX).max_headers(HEADERS_MAX).handshake(stream).await.map_err(failed)?;
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(&target.path)
        .header(HOST, target.authority())
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("webpos/", env!("CARGO_PKG_VERSION")))
        .header(CONNECTION, "close");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let request =
        request.body(Full::new(Bytes::from(body))).map_err(|error| format!("cannot build the request: {error}"))?;
    let ask = async {
        let answer = sender.send_request(request).await.map_err(failed)?;
        let status = answer.status().as_u16();
        let read = Limited::new(answer.into_body(), ANSWER_MAX).collect().await;
        // Only the status matters; a body that is too long or incomplete is just not shown.
        let text = read.map_or_else(|_| "(no readable body)".to_owned(), |body| beginning(&body.to_bytes()));
        Ok(EndpointAnswer { status: Some(status), text })
    };
    tokio::pin!(ask);
    // The connection lives no longer than the request.
    tokio::select! {
        answer = &mut ask => answer,
        ended = connection => match ended {
            Ok(()) => ask.await,
            Err(error) => Err(failed(error)),
        },
    }
}

fn silent(why: &str) -> EndpointAnswer {
    EndpointAnswer { status: None, text: beginning(why.as_bytes()) }
}

/// The stored part of a response: its first bytes as one line of text.
fn beginning(bytes: &[u8]) -> String {
    let head = &bytes[..bytes.len().min(ANSWER_KEPT)];
    String::from_utf8_lossy(head).chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Why an address is rejected, for the owner of the endpoint.
pub(crate) fn refusal(refused: TargetRefused) -> &'static str {
    match refused {
        TargetRefused::Form => "not a usable address",
        TargetRefused::Scheme => "the address must begin with https://",
        TargetRefused::Port => "the port must be 443",
        TargetRefused::Private => "the address is not on the public Internet",
    }
}
