//! What an Idempotency-Key was used for, so that a request that is sent again is noticed, and one with other content too.
//!
//! What must stay true: a claim and what it stands for are written by one transaction. Claims on money are kept for
//! ever, because their request ids are; answers of everything else are kept for a while.

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::ids::{MerchantId, RequestId};
use domain::time::{HOUR, Timestamp};

use crate::{Storage, StorageError};

/// How long an answer that is not about money is kept.
const ANSWER_LIFE: i64 = 30 * 24 * HOUR;

/// One use of a key.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Whose key it is.
    pub merchant: MerchantId,
    /// The key.
    pub request: RequestId,
    /// What it is used for.
    pub operation: &'static str,
    /// Digest of what is asked, without PINs.
    pub content: [u8; 32],
}

/// What was known about a key before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PriorUse {
    /// Nothing; it is claimed now.
    New,
    /// The same was asked before.
    Same {
        /// Status and body of the answer, for what is not on record in the ledger.
        answer: Option<(u16, String)>,
    },
    /// Something else was asked before: a payment, which claims its key in the ledger, or another operation.
    Other,
}

/// Claims the key, for what the money path is asked to do next.
pub async fn claim(db: &Storage, claim: Claim, now: Timestamp) -> Result<PriorUse, StorageError> {
    db.write(move |connection| {
        let found = prior_use(connection, &claim)?;
        if found == PriorUse::New {
            insert(connection, &claim, None, now)?;
        }
        Ok(found)
    })
    .await
}

struct Stored {
    operation: String,
    content: [u8; 32],
    answer: Option<(u16, String)>,
}

fn row(connection: &Connection, claim: &Claim) -> sql::Result<Option<Stored>> {
    let sql = "SELECT operation, content, status, answer FROM idempotency
        WHERE merchant_id = ?1 AND request_id = ?2";
    let read = |row: &Row<'_>| {
        let status: Option<u16> = row.get(2)?;
        Ok(Stored { operation: row.get(0)?, content: row.get(1)?, answer: status.zip(row.get(3)?) })
    };
    connection.prepare_cached(sql)?.query_row(params![claim.merchant.0, claim.request.0], read).optional()
}

/// What is known about the key, inside the caller's transaction.
pub(crate) fn prior_use(connection: &Connection, claim: &Claim) -> Result<PriorUse, StorageError> {
    Ok(match row(connection, claim)? {
        None if recorded(connection, claim)? => PriorUse::Other,
        None => PriorUse::New,
        Some(stored) if stored.operation == claim.operation && stored.content == claim.content => {
            PriorUse::Same { answer: stored.answer }
        }
        Some(_) => PriorUse::Other,
    })
}

/// Whether the ledger has something under the key: a payment, or one that was taken back before it arrived.
fn recorded(connection: &Connection, claim: &Claim) -> sql::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM ledger_transaction WHERE request_id = ?1 AND merchant_id = ?2)";
    connection.prepare_cached(sql)?.query_row(params![claim.request.0, claim.merchant.0], |row| row.get(0))
}

/// Writes the claim with what came of it, inside the caller's transaction. Old answers go.
pub(crate) fn insert(
    connection: &Connection,
    claim: &Claim,
    answer: Option<(u16, &str)>,
    now: Timestamp,
) -> Result<(), StorageError> {
    let sql = "INSERT INTO idempotency (merchant_id, request_id, operation, content, status, answer, at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    connection.prepare_cached(sql)?.execute(params![
        claim.merchant.0,
        claim.request.0,
        claim.operation,
        claim.content,
        answer.map(|(status, _)| status),
        answer.map(|(_, body)| body),
        now.0,
    ])?;
    if answer.is_some() {
        let sql = "DELETE FROM idempotency WHERE answer IS NOT NULL AND at < ?1";
        connection.prepare_cached(sql)?.execute([now.plus(-ANSWER_LIFE).0])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_000_000_000_000);

    fn asked(request: u8, content: u8) -> Claim {
        Claim {
            merchant: MerchantId(250_100),
            request: RequestId([request; 16]),
            operation: "test",
            content: [content; 32],
        }
    }

    #[tokio::test]
    async fn a_key_stands_for_one_thing() {
        let (_trial, db) = crate::fixture::open().await;
        let same = PriorUse::Same { answer: None };
        for (asked, expected) in [
            (asked(1, 1), PriorUse::New),
            (asked(1, 1), same.clone()),
            (asked(1, 2), PriorUse::Other),
            (Claim { operation: "another", ..asked(1, 1) }, PriorUse::Other),
            (Claim { merchant: MerchantId(250_200), ..asked(1, 2) }, PriorUse::New),
        ] {
            assert_eq!(claim(&db, asked.clone(), NOW).await.expect("writes"), expected, "{asked:?}");
        }
    }
}
