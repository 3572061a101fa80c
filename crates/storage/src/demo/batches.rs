//! The demo's card batch: cards of the demo's customer that were made and arrived, and that nobody has yet.

use domain::acts::Batch;
use domain::card_batch::{Keeper, Places};
use domain::ids::{CardBatchId, RequestId};
use domain::time::Timestamp;

use super::{cards, proposals};
use crate::audit::Entry;
use crate::card_batch::{self, Entered, Moved, NewBatch, pieces};
use crate::job::{self, Holder, Line};
use crate::vault::Vault;
use crate::{Books, Storage, StorageError};

/// Few, because the demo is ready in a second.
const QUANTITY: i64 = 50;
const TEXT: &str = "示例科技 · 健康福利";
const NOTE: &str = "员工福利卡";

/// Makes the demo's batch as everywhere: two persons decide, a job makes the cards, one person receives them.
pub async fn seed_batch(db: &Storage, vault: &Vault, books: &Books, now: Timestamp) -> Result<(), StorageError> {
    let (programme, customer) = (cards::NAMED, Some(cards::CUSTOMER));
    let printed_text = TEXT.to_owned();
    let new = NewBatch {
        programme,
        customer,
        quantity: QUANTITY,
        printed_text,
        note: NOTE.to_owned(),
        request: RequestId([0xba; 16]),
    };
    let Entered::Done(batch) = card_batch::create(db, new, entry("card_batch_entered", "", now)).await? else {
        return Err(failed("the demo batch has no number"));
    };
    let printed_text = TEXT.to_owned();
    let making = Batch::Making { batch, programme, customer, quantity: QUANTITY, printed_text };
    proposals::seed_batch(db, books, making, now).await?;
    make(db, vault, batch, now).await?;
    let all = Places { first: 1, last: QUANTITY };
    let moved = card_batch::move_cards(db, batch, all, Keeper::Vault, entry("card_stock_moved", "已点收", now)).await?;
    if moved == Moved::Done { Ok(()) } else { Err(failed("the demo batch did not arrive")) }
}

/// Does the job that makes the cards.
async fn make(db: &Storage, vault: &Vault, batch: CardBatchId, now: Timestamp) -> Result<(), StorageError> {
    let mut holder = Holder::default();
    getrandom::fill(&mut holder).map_err(|error| StorageError::NotWritten(format!("no random bytes: {error}")))?;
    let mut next = job::take(db, Line::Cards, holder, now).await?.filter(|job| job.subject == batch.0);
    while let Some(job) = next {
        next = pieces::make(db, vault, job, now).await?;
    }
    Ok(())
}

fn entry(action: &'static str, detail: &str, at: Timestamp) -> Entry {
    Entry {
        at,
        person: Some(proposals::OPERATOR),
        merchant: None,
        terminal: None,
        action,
        subject: String::new(),
        detail: detail.to_owned(),
        address: String::new(),
    }
}

fn failed(what: &str) -> StorageError {
    StorageError::NotWritten(what.to_owned())
}
