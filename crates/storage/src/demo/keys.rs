//! The demo shop's keys for programs: fixed, so that the quick start works as it is written.

use domain::ids::{MerchantId, PersonId, TerminalId};
use domain::time::{HOUR, Timestamp};

use crate::api_key::{self, KeyId, NewKey, RATE_MAX, Scope};
use crate::audit::Entry;
use crate::{Storage, StorageError};

/// How long they work.
const LIFE: i64 = 3_650 * 24 * HOUR;

/// Name, merchant, terminal, scopes, secret, who made it.
type DemoKey = (&'static str, i64, Option<i64>, &'static [Scope], &'static str, i64);

/// Their numbers begin at 1001. Maker and checker are different keys, made by different people.
const KEYS: [DemoKey; 3] = [
    ("Demo ERP", 250_100, Some(25_010_007), &Scope::ALL, "demo-erp-2026", 1002),
    ("Demo head office", 250_100, None, &[Scope::Read, Scope::Refund], "demo-office-2026", 1007),
    ("Demo other merchant", 250_200, Some(25_020_001), &Scope::ALL, "demo-other-2026", 1006),
];

/// The first key's number.
const FIRST: i64 = 1001;

/// Gives the demo shop its keys; the people have to be there.
pub async fn seed_keys(db: &Storage, now: Timestamp) -> Result<(), StorageError> {
    db.write(move |connection| {
        for (name, merchant, terminal, scopes, secret, maker) in KEYS {
            let key = NewKey {
                merchant: MerchantId(merchant),
                outlet: None,
                terminal: terminal.map(TerminalId),
                name: name.to_owned(),
                scopes: scopes.to_vec(),
                signed: false,
                rate_max: 100 * RATE_MAX,
                expires_at: now.plus(LIFE),
            };
            let entry = Entry {
                at: now,
                person: Some(PersonId(maker)),
                merchant: Some(MerchantId(merchant)),
                terminal: None,
                action: "api_key_created",
                subject: String::new(),
                detail: String::new(),
                address: "demo".to_owned(),
            };
            let made = api_key::insert(connection, &key, secret, &entry)?;
            made.map_err(|why| StorageError::NotWritten(format!("{name}: {why:?}")))?;
        }
        Ok(())
    })
    .await
}

/// What a person needs to try the demo: token and name of each key, for the console.
pub fn tokens() -> Vec<(String, &'static str)> {
    (FIRST..).zip(KEYS).map(|(id, (name, _, _, _, secret, _))| (api_key::token(KeyId(id), secret), name)).collect()
}
