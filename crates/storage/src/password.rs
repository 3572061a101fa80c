//! Hashing of people's passwords: argon2id. Slow on purpose; call it off the async threads.

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::StorageError;

/// A hash that no password has, for names that nobody has: verifying it takes as long as any other.
pub const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Most memory that a stored hash may ask for, in blocks of 1 KiB.
const BLOCKS_MAX: usize = 65_536;

/// OWASP's first choice for argon2id: 19 MiB, two passes, one lane.
fn parameters() -> Params {
    Params::new(19_456, 2, 1, None).expect("the parameters are in range")
}

/// The memory that verifying fills, kept for the next time: allocators hand 19 MiB back to nobody.
#[derive(Default)]
pub struct Memory(Vec<Block>);

/// The PHC string of `password` under a fresh salt.
pub fn hash(password: &str) -> Result<String, StorageError> {
    let failed = |error| StorageError::NotWritten(format!("cannot hash a password: {error}"));
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters());
    Ok(argon2.hash_password(password.as_bytes()).map_err(failed)?.to_string())
}

/// Whether `password` belongs to `stored`. Compares in constant time; a damaged hash matches nothing.
pub fn verify(memory: &mut Memory, password: &str, stored: &str) -> bool {
    matches(memory, password, stored).unwrap_or(false)
}

fn matches(memory: &mut Memory, password: &str, stored: &str) -> Option<bool> {
    let parsed = PasswordHash::new(stored).ok()?;
    let (salt, expected) = (parsed.salt.as_ref()?, parsed.hash.as_ref()?);
    let params = Params::try_from(&parsed).ok()?;
    let algorithm = Algorithm::try_from(parsed.algorithm.as_str()).ok()?;
    let version = Version::try_from(parsed.version?).ok()?;
    let blocks = params.block_count();
    if blocks > BLOCKS_MAX {
        return None;
    }
    if memory.0.len() < blocks {
        memory.0.resize(blocks, Block::default());
    }
    let mut computed = [0_u8; Output::MAX_LENGTH];
    let computed = computed.get_mut(..expected.len())?;
    let argon2 = Argon2::new(algorithm, version, params);
    argon2.hash_password_into_with_memory(password.as_bytes(), salt, computed, &mut memory.0).ok()?;
    // Output compares in constant time.
    Some(Output::new(computed).ok()? == *expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_verifies_its_password_only() {
        let mut memory = Memory::default();
        let stored = hash("Demo-pass-2026").expect("hashes");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        for _ in 0..2 {
            assert!(verify(&mut memory, "Demo-pass-2026", &stored), "memory that was used before changes nothing");
            assert!(!verify(&mut memory, "demo-pass-2026", &stored));
        }
        assert!(!verify(&mut memory, "Demo-pass-2026", "damaged"));
        assert!(!verify(&mut memory, "x", &stored.replace("m=19456", "m=999999999")));
    }

    #[test]
    fn nobody_costs_as_much_as_somebody() {
        assert_eq!(matches(&mut Memory::default(), "x", NOBODY), Some(false), "it is computed, not refused");
        let stored = hash("x").expect("hashes");
        let shape = |text: &str| text.split('$').map(str::len).collect::<Vec<_>>();
        assert_eq!(shape(NOBODY), shape(&stored));
    }
}
