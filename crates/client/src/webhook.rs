//! Webhooks: verifying a request and reading its event.

use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sha2::Sha256;

use crate::hex;
use crate::secret::WebhookSecret;

/// Largest deviation of a signature's timestamp, seconds.
const SKEW_MAX: u64 = 5 * 60;

/// An event. The same event may arrive twice: remember the ids you have processed.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// The same for every delivery of the event.
    pub id: String,
    /// The type, such as `payment.approved`; `webhook.test` for a test.
    pub r#type: String,
    /// The merchant.
    pub merchant_id: String,
    /// When it happened, RFC 3339.
    pub created_at: String,
    /// The resource concerned, such as a transaction; null for a test.
    pub data: serde_json::Value,
}

/// Why a message is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    /// The header `Webpos-Signature` cannot be read.
    #[error("the signature cannot be read")]
    Unreadable,
    /// The timestamp is more than five minutes off: a replayed message, or a wrong clock.
    #[error("the timestamp of the signature is more than five minutes off")]
    Old,
    /// No signature matches.
    #[error("the signature does not match")]
    Wrong,
    /// Signed, but not an event.
    #[error("the message is not an event")]
    NoEvent,
}

/// Returns the event in `body` if the header `Webpos-Signature` proves that the holder of `secret` sent it just now.
/// `body` must be the received bytes, unchanged.
pub fn verify(secret: &WebhookSecret, signature: &str, body: &[u8], now: SystemTime) -> Result<Event, Forged> {
    let mut parts = signature.split(',').filter_map(|part| part.split_once('='));
    let (_, time) = parts.clone().find(|(name, _)| *name == "t").ok_or(Forged::Unreadable)?;
    let seconds: u64 = time.parse().map_err(|_| Forged::Unreadable)?;
    let now = now.duration_since(UNIX_EPOCH).map_err(|_| Forged::Old)?.as_secs();
    if now.abs_diff(seconds) > SKEW_MAX {
        return Err(Forged::Old);
    }
    let fits = |tag: &[u8]| {
        let mut mac = hmac(secret.reveal());
        mac.update(time.as_bytes());
        mac.update(b".");
        mac.update(body);
        mac.verify_slice(tag).is_ok()
    };
    if !parts.any(|(name, tag)| name == "v1" && unhex(tag).is_some_and(|tag| fits(&tag))) {
        return Err(Forged::Wrong);
    }
    serde_json::from_slice(body).map_err(|_| Forged::NoEvent)
}

fn hmac(secret: &str) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length")
}

/// Hex of HMAC-SHA-256 over `text`.
pub(crate) fn tag(secret: &str, text: &str) -> String {
    let mut mac = hmac(secret);
    mac.update(text.as_bytes());
    hex(&mac.finalize().into_bytes())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.bytes().map(|digit| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let (pairs, rest) = digits.as_ref()?.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const BODY: &[u8] = br#"{"object":"event","id":"1","type":"webhook.test","merchant_id":"2","created_at":"2026-11-23T00:00:15Z","data":null}"#;

    /// A header like the server's, whose own test checks it with openssl; here computed by `tag` over another body.
    fn signed(time: u64) -> String {
        let text = format!("{time}.{}", std::str::from_utf8(BODY).expect("text"));
        format!("t={time},v1={},v1={}", tag("whsec_old", &text), tag("whsec_test", &text))
    }

    fn judged(signature: &str, body: &[u8]) -> Result<Event, Forged> {
        verify(&"whsec_test".into(), signature, body, UNIX_EPOCH + Duration::from_secs(1_795_392_000))
    }

    /// Checked with `printf '%s' '1795392000.{"id":"1"}' | openssl dgst -sha256 -hmac whsec_test`.
    #[test]
    fn the_tag_is_what_others_compute() {
        let signature = "t=1795392000,v1=cd7efc45018d8322461f7c2f98781363943a33bfdb6e32fce54bba5b45310d2c";
        assert_eq!(judged(signature, br#"{"id":"1"}"#).err(), Some(Forged::NoEvent), "it fits");
        assert_eq!(judged(signature, br#"{"id":"2"}"#).err(), Some(Forged::Wrong));
    }

    #[test]
    fn only_what_is_signed_and_new_is_taken() {
        assert_eq!(judged(&signed(1_795_392_000), BODY).map(|event| event.id).ok().as_deref(), Some("1"));
        assert_eq!(judged(&signed(1_795_391_699), BODY).err(), Some(Forged::Old));
        assert_eq!(judged(&signed(1_795_392_301), BODY).err(), Some(Forged::Old));
        for bad in
            ["t=1795392000", "t=1795392000,v1=", "t=1795392000,v1=zz", "t=1795392000,v1=abc", "t=1795392000,v2=00"]
        {
            assert_eq!(judged(bad, BODY).err(), Some(Forged::Wrong), "{bad}");
        }
        for bad in ["", "v1=00", "t=x,v1=00"] {
            assert_eq!(judged(bad, BODY).err(), Some(Forged::Unreadable), "{bad}");
        }
    }
}
