//! What the sale page shows of its till, read in one go: in a server's case one wait for all of it.

use domain::ids::OrderId;
use domain::ledger::Transaction;
use domain::time::Timestamp;

use crate::books::rows;
use crate::draft::rows::{cart, current_id, order, query_others};
use crate::draft::{Cart, FullOrder, Scope};
use crate::payment::{self, OpenAttempt};
use crate::product_request::{self, Told};
use crate::slip::{self, Unprinted};
use crate::{Storage, StorageError};

/// Which order is at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtHand {
    /// None: the next line begins one.
    None,
    /// The one that the till works on, if there is one.
    Current,
    /// This one, if it is the till's.
    This(OrderId),
}

/// A till at work.
#[derive(Clone, Debug, Default)]
pub struct TillView {
    /// The order at hand.
    pub order: Option<FullOrder>,
    /// Its transactions, newest first; only if they were asked for.
    pub record: Vec<Transaction>,
    /// Other unpaid orders, oldest first.
    pub carts: Vec<Cart>,
    /// The till's latest transactions about orders, newest first.
    pub latest: Vec<Transaction>,
    /// The outlet's payments without a known outcome that were sent before `now`, oldest first.
    pub attempts: Vec<OpenAttempt>,
    /// Paid orders whose slip was not printed, oldest first.
    pub unprinted: Vec<Unprinted>,
    /// Answers to what this till asked the card company for, oldest first.
    pub answers: Vec<Told>,
}

/// The till of `scope` as it is, with so many of its latest transactions, and with the record of its order at hand if
/// that is `recorded`.
pub async fn till(
    db: &Storage,
    scope: &Scope,
    at_hand: AtHand,
    recorded: bool,
    count: u32,
    now: Timestamp,
) -> Result<TillView, StorageError> {
    let scope = scope.clone();
    db.read_by_key(move |connection| {
        let id = match at_hand {
            AtHand::None => None,
            AtHand::Current => current_id(connection, &scope)?,
            AtHand::This(id) => Some(id),
        };
        let (outlet, terminal) = (scope.outlet, scope.terminal);
        let record = id.filter(|_| recorded).map(|id| connection.query_later(rows::TRANSACTIONS_BY_ORDER, [id.0]));
        let record = record.transpose()?;
        let carts = query_others(connection, &scope, id)?;
        let latest = payment::query_of_terminal(connection, outlet, terminal, count)?;
        let attempts = payment::query_open(connection, Some(outlet), now.plus(1))?;
        let unprinted = slip::query_unprinted(connection, outlet, terminal)?;
        let answers = product_request::query_unread(connection, outlet, terminal)?;
        Ok(TillView {
            order: id.map_or(Ok(None), |id| order(connection, &scope, id))?,
            record: record.map_or(Ok(Vec::new()), |record| payment::of_outlet(record, outlet))?,
            carts: carts.rows(cart)?,
            latest: latest.rows(rows::transaction)?,
            attempts: attempts.rows(payment::open_attempt)?,
            unprinted: unprinted.rows(slip::unprinted_row)?,
            answers: answers.rows(product_request::told)?,
        })
    })
    .await
}
