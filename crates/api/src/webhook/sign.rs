//! The signature of a message: `t=<seconds>,v1=<hex HMAC-SHA-256 of "<seconds>.<body>">`, one `v1` per secret.

use domain::time::Timestamp;
use storage::vault::Vault;
use storage::webhook::Endpoint;

const SECOND: i64 = 1_000_000;

/// The secrets that sign for an endpoint now: its own, and for a while after a rotation the previous one.
pub(crate) fn secrets(vault: &Vault, endpoint: &Endpoint, now: Timestamp) -> Vec<String> {
    let before = endpoint.salt_before.filter(|(_, until)| now < *until).map(|(salt, _)| salt);
    [Some(endpoint.salt), before].iter().flatten().map(|salt| vault.webhook_secret(salt)).collect()
}

/// The value of the header `Webpos-Signature`.
pub(crate) fn header(secrets: &[String], body: &str, now: Timestamp) -> String {
    let seconds = now.0.div_euclid(SECOND);
    let message = format!("{seconds}.{body}");
    let tag = |secret: &String| format!(",v1={}", Vault::signature(secret, message.as_bytes()));
    format!("t={seconds}{}", secrets.iter().map(tag).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checked with `printf '%s' '1795392000.{"id":"1"}' | openssl dgst -sha256 -hmac whsec_test`.
    #[test]
    fn the_header_is_what_others_compute() {
        let now = Timestamp(1_795_392_000_999_999);
        let header = header(&["whsec_test".to_owned(), "whsec_old".to_owned()], r#"{"id":"1"}"#, now);
        let parts: Vec<&str> = header.split(',').collect();
        assert_eq!(parts[0], "t=1795392000");
        assert_eq!(parts[1], "v1=cd7efc45018d8322461f7c2f98781363943a33bfdb6e32fce54bba5b45310d2c");
        assert_eq!(parts.len(), 3);
        assert_ne!(parts[1], parts[2]);
    }
}
