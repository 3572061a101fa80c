//! The demo shop's proposals: merchants' fees and money on cards come from two persons' decisions, as everywhere.

use domain::acts::{ActRows, Batch, Money, Payload};
use domain::card_move::Request;
use domain::command::{Actor, Command, Envelope};
use domain::ids::{MerchantId, PersonId, RequestId, TransactionId};
use domain::outcome::Outcome;
use domain::proposal::{Draft, Verdict, shown_digest};
use domain::time::Timestamp;

use super::MERCHANTS;
use crate::books::proposal;
use crate::{Books, Storage, StorageError};

/// 陈静, who proposes loads.
pub(super) const OPERATOR: PersonId = PersonId(9001);
/// 吴芳, who proposes fees and what customers pay in.
const FINANCE: PersonId = PersonId(9003);
/// 何平, who proposes fees too.
const ADMIN: PersonId = PersonId(9005);
/// 刘洋, who decides.
const CHECKER: PersonId = PersonId(9002);

/// Agrees the demo merchants' fees.
pub async fn seed_fees(db: &Storage, books: &Books, now: Timestamp) -> Result<(), StorageError> {
    let fee = |(merchant, .., fee_bp): &(i64, _, _, _, i64)| Payload::MerchantFee {
        merchant: MerchantId(*merchant),
        fee_bp: *fee_bp,
    };
    decide(db, books, FINANCE, MERCHANTS.iter().map(fee).collect(), now).await
}

/// Takes money of a customer in, and puts some of it on cards.
pub async fn seed_money(
    db: &Storage,
    books: &Books,
    funding: Money,
    loads: Vec<Money>,
    now: Timestamp,
) -> Result<(), StorageError> {
    decide(db, books, FINANCE, vec![Payload::Money(funding)], now).await?;
    decide(db, books, OPERATOR, loads.into_iter().map(Payload::Money).collect(), now).await
}

/// Moves cards by one person's word.
pub async fn seed_moves(books: &Books, moves: Vec<Request>, now: Timestamp) -> Result<(), StorageError> {
    post(books, OPERATOR, moves.into_iter().map(Command::CardMove).collect(), now).await.map(drop)
}

/// Fees, and what the page 待复核 shows beside decided ones: proposals that wait, which are their makers' own, and one
/// that is stale because the fee was agreed after it was proposed.
pub async fn seed_office(db: &Storage, books: &Books, now: Timestamp) -> Result<(), StorageError> {
    let fee = |merchant, fee_bp| vec![Payload::MerchantFee { merchant: MerchantId(merchant), fee_bp }];
    propose(db, books, ADMIN, fee(250_200, 42), now).await?;
    seed_fees(db, books, now).await?;
    propose(db, books, FINANCE, fee(250_100, 55), now).await?;
    propose(db, books, ADMIN, fee(250_100, 58), now).await.map(drop)
}

/// Has the cards of a batch made or activated.
pub(super) async fn seed_batch(db: &Storage, books: &Books, act: Batch, now: Timestamp) -> Result<(), StorageError> {
    decide(db, books, OPERATOR, vec![Payload::Batch(act)], now).await
}

/// Proposes acts and approves them, by two persons.
async fn decide(
    db: &Storage,
    books: &Books,
    maker: PersonId,
    acts: Vec<Payload>,
    now: Timestamp,
) -> Result<(), StorageError> {
    let made = propose(db, books, maker, acts, now).await?;
    let found = db.read(move |connection| {
        let found = made.into_iter().map(|id| proposal::find(connection, id));
        Ok(found.collect::<crate::sql::Result<Vec<_>>>()?)
    });
    let approvals = found.await?.into_iter().flatten().map(|one| {
        let shown = shown_digest(&one, &one.seen);
        let opinion = "已核对".to_owned();
        Command::ProposalApproval(Verdict { proposal: one.id, payload: one.payload, opinion, shown })
    });
    post(books, CHECKER, approvals.collect(), now).await.map(drop)
}

/// Proposes acts, each with what its rows show now.
async fn propose(
    db: &Storage,
    books: &Books,
    maker: PersonId,
    acts: Vec<Payload>,
    now: Timestamp,
) -> Result<Vec<TransactionId>, StorageError> {
    let seen = db.read(move |connection| {
        let mut commands = Vec::new();
        for payload in acts {
            let mut rows = ActRows::default();
            proposal::load_act(connection, &mut rows, &payload)?;
            let seen = payload.now(&rows).ok_or_else(|| failed("what an act is about is not there"))?;
            commands.push(Command::Proposal(Draft { payload, seen }));
        }
        Ok(commands)
    });
    post(books, maker, seen.await?, now).await
}

/// Posts commands of one person, which all have to be approved.
async fn post(
    books: &Books,
    person: PersonId,
    commands: Vec<Command>,
    now: Timestamp,
) -> Result<Vec<TransactionId>, StorageError> {
    let group: Vec<Envelope> = commands
        .into_iter()
        .map(|command| Envelope {
            request_id: request(&command),
            actor: Actor::issuer(person),
            at: now,
            entropy: 0,
            command,
        })
        .collect();
    let outcomes = books.post(group).await?;
    let records = outcomes.iter().filter_map(Outcome::transaction).filter(|one| one.approved());
    let ids: Vec<TransactionId> = records.map(|one| one.id).collect();
    if ids.len() == outcomes.len() { Ok(ids) } else { Err(failed("a demo proposal was declined")) }
}

/// The demo's own request id of a command.
fn request(command: &Command) -> RequestId {
    RequestId(command.content())
}

fn failed(what: &str) -> StorageError {
    StorageError::NotWritten(what.to_owned())
}
