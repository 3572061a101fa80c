//! Hashing of people's passwords: argon2id. Slow on purpose; call it off the async threads.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::StorageError;

/// OWASP's first choice for argon2id: 19 MiB, two passes, one lane.
fn hasher() -> Argon2<'static> {
    let params = Params::new(19_456, 2, 1, None).expect("the parameters are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The PHC string of `password` under a fresh salt.
pub fn hash(password: &str) -> Result<String, StorageError> {
    let failed = |error| StorageError::NotWritten(format!("cannot hash a password: {error}"));
    Ok(hasher().hash_password(password.as_bytes()).map_err(failed)?.to_string())
}

/// Whether `password` belongs to `stored`. Compares in constant time; a damaged hash matches nothing.
pub fn verify(password: &str, stored: &str) -> bool {
    PasswordHash::new(stored).is_ok_and(|parsed| hasher().verify_password(password.as_bytes(), &parsed).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_verifies_its_password_only() {
        let stored = hash("Demo-pass-2026").expect("hashes");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify("Demo-pass-2026", &stored));
        assert!(!verify("demo-pass-2026", &stored));
        assert!(!verify("Demo-pass-2026", "damaged"));
    }
}
