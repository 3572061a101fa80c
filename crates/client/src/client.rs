//! The client: it sends, signs and repeats calls and reads their responses.
//!
//! What must stay true: a change is repeated only with its own key and the same bytes; once a response was lost, no
//! error says "nothing happened".

use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use rustls::RootCertStore;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use tokio::time::sleep;

use crate::hex;
use crate::key::{IdempotencyKey, now};
use crate::operation::Operation;
use crate::problem::{Error, Problem};
use crate::secret::{SigningSecret, Token};
use crate::transport::{Address, Reply, Transport};
use crate::webhook::tag;

/// The first pause between two tries; it doubles each time.
const WAIT: Duration = Duration::from_millis(100);
/// Longest pause. If the server asks for a longer one, the call ends and the caller decides.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Settings of a [`Client`].
#[derive(Clone, Debug)]
pub struct Builder {
    url: String,
    token: Token,
    signing: Option<SigningSecret>,
    roots: Option<Arc<RootCertStore>>,
    connect_within: Duration,
    answer_within: Duration,
    tries: u32,
}

impl Builder {
    /// Signs every request; a key can require it.
    #[must_use]
    pub fn sign_with(self, secret: impl Into<SigningSecret>) -> Self {
        Self { signing: Some(secret.into()), ..self }
    }

    /// Trusts these certificates for https instead of the operating system's.
    #[must_use]
    pub fn trust(self, roots: RootCertStore) -> Self {
        Self { roots: Some(Arc::new(roots)), ..self }
    }

    /// Timeout for connecting; 5 seconds by default.
    #[must_use]
    pub fn connect_within(self, limit: Duration) -> Self {
        Self { connect_within: limit, ..self }
    }

    /// Timeout for a response; 35 seconds by default, because the server takes at most 30.
    #[must_use]
    pub fn answer_within(self, limit: Duration) -> Self {
        Self { answer_within: limit, ..self }
    }

    /// How often a call is sent at most, always with the same key; 4 times by default, at least once.
    #[must_use]
    pub fn tries(self, tries: u32) -> Self {
        Self { tries: tries.max(1), ..self }
    }

    /// Builds the client. It connects when it is used.
    pub fn build(self) -> Result<Client, Error> {
        let address = Address::parse(&self.url)?;
        let secret = |text: &str| {
            let mut value = HeaderValue::try_from(text).map_err(|_| Error::Unusable("the API key"))?;
            value.set_sensitive(true);
            Ok::<_, Error>(value)
        };
        let authorization = secret(&format!("Bearer {}", self.token.reveal()))?;
        let roots = self.roots.map(|roots| (*roots).clone());
        let transport = Transport::new(&address, roots, self.connect_within, self.answer_within)?;
        let authority = address.authority;
        let inner = Inner { transport, authority, authorization, signing: self.signing, tries: self.tries };
        Ok(Client { inner: Arc::new(inner) })
    }
}

struct Inner {
    transport: Transport,
    authority: String,
    authorization: HeaderValue,
    signing: Option<SigningSecret>,
    tries: u32,
}

/// A client for one server with one API key, inside a tokio runtime. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("server", &self.inner.authority).finish_non_exhaustive()
    }
}

/// One call, which is repeated byte for byte.
#[derive(Clone)]
pub(crate) struct Call {
    operation: Operation,
    /// Path and query.
    target: String,
    pub(crate) key: Option<IdempotencyKey>,
    body: Option<Bytes>,
}

/// Values of the operation's query parameters, in its order; `None` is left out.
pub(crate) type Query = Vec<Option<String>>;

impl Call {
    /// `operation` with its path segments filled in, in order.
    pub(crate) fn new(operation: Operation, parts: &[&str]) -> Self {
        let (mut target, mut parts) = (String::new(), parts.iter());
        for piece in operation.path.split('/').skip(1) {
            target.push('/');
            match piece.strip_prefix('{') {
                None => target.push_str(piece),
                Some(_) => encode(parts.next().copied().unwrap_or_default(), &mut target),
            }
        }
        Self { operation, target, key: None, body: None }
    }

    pub(crate) fn query(mut self, values: &[Option<String>]) -> Self {
        let mut sign = '?';
        let pairs = self.operation.query.iter().zip(values);
        for (name, value) in pairs.filter_map(|(name, value)| Some((name, value.as_ref()?))) {
            self.target.push(sign);
            self.target.push_str(name);
            self.target.push('=');
            encode(value, &mut self.target);
            sign = '&';
        }
        self
    }

    pub(crate) fn key(self, key: &IdempotencyKey) -> Self {
        Self { key: Some(key.clone()), ..self }
    }

    pub(crate) fn body(self, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("requests contain only what JSON can express");
        Self { body: Some(body.into()), ..self }
    }
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.push_str(&hex(&[byte]).to_uppercase());
        }
    }
}

impl Client {
    /// A builder for the server at `url` (`https://host[:port]`), with an API key.
    pub fn builder(url: impl Into<String>, token: impl Into<Token>) -> Builder {
        Builder {
            url: url.into(),
            token: token.into(),
            signing: None,
            roots: None,
            connect_within: Duration::from_secs(5),
            answer_within: Duration::from_secs(35),
            tries: 4,
        }
    }

    /// A client with the default settings.
    pub fn new(url: impl Into<String>, token: impl Into<Token>) -> Result<Self, Error> {
        Self::builder(url, token).build()
    }

    /// Sends `call` until there is a response or a permanent error, or the tries are used up. The flag is true if the
    /// server answered 202: it does not know the outcome yet.
    pub(crate) async fn send<T: DeserializeOwned>(&self, call: &Call) -> Result<(T, bool), Error> {
        let mut lost = false;
        let mut wait = WAIT;
        for tries_left in (0..self.inner.tries).rev() {
            let error = match self.once(call).await {
                Ok(found) => return Ok(found),
                Err(error) => error,
            };
            lost |= call.key.is_some() && error.may_have_happened();
            let asked = error.problem().and_then(|problem| problem.retry_after);
            let pause = asked.map_or(wait, |asked| asked.max(wait));
            if tries_left == 0 || !error.worth_repeating() || pause > WAIT_MAX {
                return Err(if lost && !error.may_have_happened() {
                    Error::Lost(format!("no response at first, and then: {error}"))
                } else {
                    error
                });
            }
            sleep(pause).await;
            wait = (wait * 2).min(WAIT_MAX);
        }
        Err(Error::Unusable("no tries"))
    }

    /// Sends `call` and reads the response of any success status.
    pub(crate) async fn read<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Error> {
        self.send(call).await.map(|(found, _)| found)
    }

    async fn once<T: DeserializeOwned>(&self, call: &Call) -> Result<(T, bool), Error> {
        let answer = self.inner.transport.send(self.request(call)?).await?;
        if (200..300).contains(&answer.status) {
            let found = serde_json::from_slice(&answer.body).map_err(|error| unreadable(answer.status, &error))?;
            return Ok((found, answer.status == 202));
        }
        Err(refusal(&answer))
    }

    fn request(&self, call: &Call) -> Result<Request<Full<Bytes>>, Error> {
        let body = call.body.clone().unwrap_or_default();
        let mut request = Request::builder()
            .method(call.operation.method)
            .uri(&call.target)
            .header(HOST, &self.inner.authority)
            .header(USER_AGENT, concat!("webpos-client/", env!("CARGO_PKG_VERSION")))
            .header(AUTHORIZATION, &self.inner.authorization);
        if call.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        if let Some(key) = &call.key {
            request = request.header("idempotency-key", key.as_str());
        }
        if let Some(secret) = &self.inner.signing {
            let time = now().as_secs();
            let nonce = IdempotencyKey::random();
            let digest = hex(&Sha256::digest(&body));
            let key = call.key.as_ref().map_or("", IdempotencyKey::as_str);
            let text = format!("{}\n{}\n{time}\n{nonce}\n{key}\n{digest}", call.operation.method, call.target);
            request = request
                .header("x-webpos-timestamp", time)
                .header("x-webpos-nonce", nonce.as_str())
                .header("x-webpos-signature", tag(secret.reveal(), &text));
        }
        request.body(Full::new(body)).map_err(|_| Error::Unusable("a header"))
    }
}

fn refusal(answer: &Reply) -> Error {
    match serde_json::from_slice::<Problem>(&answer.body) {
        Ok(problem) => Error::Problem(Box::new(Problem { retry_after: answer.retry_after, ..problem })),
        Err(error) => unreadable(answer.status, &error),
    }
}

fn unreadable(status: u16, error: &serde_json::Error) -> Error {
    // Give only the position: serde's message may repeat a value.
    let reason = format!("line {}, column {}", error.line(), error.column());
    Error::Unreadable { status, reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{LIST_WEBHOOK_DELIVERIES, REPLAY_WEBHOOK_DELIVERY};

    #[test]
    fn whatever_is_put_into_an_address_stays_one_part_of_it() {
        let call = Call::new(REPLAY_WEBHOOK_DELIVERY, &["1", "../2"]);
        assert_eq!(call.target, "/api/v1/webhook_endpoints/1/deliveries/..%2F2/replay");
        let values = [None, Some("x&y".into()), Some("1".into())];
        let call = Call::new(LIST_WEBHOOK_DELIVERIES, &["A B"]).query(&values);
        assert_eq!(call.target, "/api/v1/webhook_endpoints/A%20B/deliveries?cursor=x%26y&limit=1");
    }

    #[test]
    fn a_client_shows_no_secret() {
        let client = Client::builder("http://127.0.0.1:1", "wpos_1_hidden").sign_with("hidden");
        assert!(!format!("{client:?} {:?}", client.clone().build()).contains("hidden"));
    }
}
