//! What the card company's start page shows: how far it is from the first sale, what happened today, and whether the money that was
//! received is the money that is held.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use domain::ids::{MerchantId, TransactionId};
use domain::ledger::{AccountId, Kind};
use domain::money::Fen;
use domain::outcome::Decline;
use domain::time::{BusinessDate, Timestamp};

use crate::books::{SLOT, rows, settlement};
use crate::merchant::DayTotal;
use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use crate::{Storage, StorageError};

/// A step of the checklist that is done: what it concerns, who did it, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What there is now.
    pub what: String,
    /// Who; empty for the command line.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// How far an installation is on its way to the first sale.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checklist {
    /// The card company's own facts.
    pub company: Option<Done>,
    /// A person who can decide on what another one proposes, with a password of their own.
    pub checker: Option<Done>,
    /// A merchant with an outlet and a terminal.
    pub store: Option<Done>,
    /// Whether that merchant may trade.
    pub trading: bool,
    /// A person who can sell.
    pub cashier: Option<Done>,
    /// A computer that is a till.
    pub till: Option<Done>,
}

const COMPANY: &str = "SELECT c.name, COALESCE(p.name, ''), c.changed_at FROM company c
    LEFT JOIN person p ON p.id = c.changed_by WHERE c.name <> ''";
const CHECKER: &str = "SELECT p.name, '', p.password_changed_at FROM person p JOIN person_role r ON r.person_id = p.id
    WHERE r.role = 'checker' AND p.status = 'active' AND p.must_change = 0 ORDER BY p.id LIMIT 1";
const STORE: &str = "SELECT m.name || ' ' || o.name, COALESCE(p.name, ''), o.created_at,
        m.status = 'active' AND o.status = 'active'
    FROM outlet o JOIN merchant m ON m.id = o.merchant_id JOIN terminal t ON t.outlet_id = o.id
    LEFT JOIN person p ON p.id = o.created_by ORDER BY o.id LIMIT 1";
const CASHIER: &str = "SELECT p.name, COALESCE(g.name, ''), COALESCE(p.given_at, p.password_changed_at)
    FROM person p JOIN person_role r ON r.person_id = p.id LEFT JOIN person g ON g.id = p.given_by
    WHERE r.role = 'cashier' ORDER BY p.id LIMIT 1";
const TILL: &str = "SELECT CAST(d.terminal_id AS TEXT), '', d.enrolled_at FROM device d ORDER BY d.enrolled_at LIMIT 1";

/// How far it is; `None` once something was sold.
pub async fn checklist(db: &Storage) -> Result<Option<Checklist>, StorageError> {
    db.read(|connection| {
        let sold = "SELECT EXISTS (SELECT 1 FROM ledger_transaction WHERE kind = 'sale' AND decline IS NULL)";
        if connection.query_row(sold, [], |row| row.get(0))? {
            return Ok(None);
        }
        let read = |row: &Row<'_>| Ok(Done { what: row.get(0)?, by: row.get(1)?, at: Timestamp(row.get(2)?) });
        let one = |sql: &str| connection.query_row(sql, [], read).optional();
        let trading = connection.query_row(STORE, [], |row| row.get(3)).optional()?;
        Ok(Some(Checklist {
            company: one(COMPANY)?,
            checker: one(CHECKER)?,
            store: one(STORE)?,
            trading: trading.unwrap_or_default(),
            cashier: one(CASHIER)?,
            till: one(TILL)?,
        }))
    })
    .await
}

/// A day of all merchants.
#[derive(Clone, Debug, Default)]
pub struct Day {
    /// Count and sum of each kind, approved and declined.
    pub totals: Vec<DayTotal>,
    /// Declined payments by response code, the most frequent first; at most five codes.
    pub declines: Vec<(&'static str, i64)>,
}

impl Day {
    /// Count and sum of the approved ones of a kind.
    pub fn approved(&self, kind: Kind) -> (i64, Fen) {
        let found = self.totals.iter().find(|one| one.kind == kind && one.approved);
        found.map_or((0, Fen::ZERO), |one| (one.count, one.sum))
    }
}

/// Every merchant, and 0 for what the card company did itself.
macro_rules! of_day {
    ($what:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $what,
            " FROM (SELECT id FROM merchant UNION ALL SELECT 0) m CROSS JOIN ledger_transaction t \
             WHERE t.merchant_id = m.id AND t.business_date = ?1 AND t.at <= ?2 ",
            $rest
        )
    };
}

/// What happened on a day of all merchants up to the moment `until`.
pub async fn day(db: &Storage, date: BusinessDate, until: Timestamp) -> Result<Day, StorageError> {
    db.read(move |connection| {
        let sql = of_day!("t.kind, t.decline IS NULL, COUNT(*), SUM(t.amount)", "GROUP BY t.kind, t.decline IS NULL");
        let read = |row: &Row<'_>| {
            Ok(DayTotal {
                kind: rows::word(row, 0, Kind::from_word)?,
                approved: row.get(1)?,
                count: row.get(2)?,
                sum: Fen(row.get(3)?),
            })
        };
        let mut statement = connection.prepare_cached(sql)?;
        let totals = statement.query_map(params![date.0, until.0], read)?.collect::<sql::Result<_>>()?;
        let sql = of_day!("t.decline, COUNT(*)", "AND t.kind = 'sale' AND t.decline IS NOT NULL GROUP BY t.decline");
        let every = Decline::every();
        let mut codes: BTreeMap<&str, i64> = BTreeMap::new();
        let mut statement = connection.prepare_cached(sql)?;
        let mut found = statement.query(params![date.0, until.0])?;
        while let Some(row) = found.next()? {
            // Its figure does not matter here, only its code.
            let code = rows::word(&row, 0, |word| every.iter().find(|one| one.word() == word).map(|one| one.code()))?;
            let count = codes.entry(code).or_default();
            *count = count.saturating_add(row.get(1)?);
        }
        let mut declines: Vec<_> = codes.into_iter().collect();
        declines.sort_by_key(|(code, count)| (Reverse(*count), *code));
        declines.truncate(5);
        Ok(Day { totals, declines })
    })
    .await
}

/// Whether the money that was received is the money that is held, at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reserve {
    /// The last transaction that is counted.
    pub at: TransactionId,
    /// Received for cards.
    pub received: Fen,
    /// Paid out to merchants.
    pub paid_out: Fen,
    /// Fees kept.
    pub fees: Fen,
    /// Balances of all cards, as their rows say.
    pub cards: Fen,
    /// Deposits of all customers, as their rows say.
    pub deposits: Fen,
    /// Owed to merchants, as the ledger says.
    pub payables: Fen,
}

impl Reserve {
    /// Received less what left and what is held. Zero, or something is wrong.
    pub fn difference(&self) -> Fen {
        let held = [self.paid_out, self.fees, self.cards, self.deposits, self.payables];
        Fen(held.iter().fold(self.received.0, |left, one| left.saturating_sub(one.0)))
    }
}

/// Reads both sides at one moment. It adds up every card: a page asks for it when a person does.
pub async fn reserve(db: &Storage) -> Result<Reserve, StorageError> {
    db.read(|connection| {
        let snapshot = connection.unchecked_transaction()?;
        let head = "SELECT sequence FROM ledger_head WHERE slot = ?1";
        let sequence = snapshot.query_row(head, [SLOT], |row| row.get(0)).optional()?;
        let cards = snapshot.query_row("SELECT SUM(balance) FROM card", [], |row| row.get::<_, Option<i64>>(0))?;
        let sql = "SELECT SUM(deposit) FROM customer";
        let deposits = snapshot.query_row(sql, [], |row| row.get::<_, Option<i64>>(0))?;
        Ok(Reserve {
            at: TransactionId::new(SLOT, sequence.unwrap_or_default()),
            received: Fen(balance(&snapshot, AccountId::FUNDING_CLEARING)?.0.saturating_neg()),
            paid_out: balance(&snapshot, AccountId::PAYOUT_CLEARING)?,
            fees: balance(&snapshot, AccountId::FEE_INCOME)?,
            cards: Fen(cards.unwrap_or_default()),
            deposits: Fen(deposits.unwrap_or_default()),
            payables: payables(&snapshot)?,
        })
    })
    .await
}

/// Credits less debits of one account, with what was archived.
fn balance(connection: &Connection, account: AccountId) -> sql::Result<Fen> {
    let sql = "SELECT COALESCE((SELECT amount FROM opening_balance WHERE account = ?1), 0)
        + COALESCE((SELECT SUM(amount) FROM ledger_transfer WHERE credit = ?1 AND credit < 1000), 0)
        - COALESCE((SELECT SUM(amount) FROM ledger_transfer WHERE debit = ?1 AND debit < 1000), 0)";
    Ok(Fen(connection.prepare_cached(sql)?.query_row([account.0], |row| row.get(0))?))
}

/// Owed to all merchants: what is not settled yet.
fn payables(connection: &Connection) -> sql::Result<Fen> {
    let mut statement = connection.prepare_cached("SELECT id FROM merchant ORDER BY id")?;
    let merchants: Vec<i64> = statement.query_map([], |row| row.get(0))?.collect::<sql::Result<_>>()?;
    merchants.into_iter().try_fold(Fen::ZERO, |sum, merchant| {
        let owed = settlement::payable(connection, MerchantId(merchant))?;
        let net = owed.map_or(Fen::ZERO, |owed| owed.unsettled.net());
        Ok(Fen(sum.0.saturating_add(net.0)))
    })
}
