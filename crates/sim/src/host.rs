//! The host under test: start, restart, commands, and a look into its books.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;

use domain::acts::Payload;
use domain::dispute::DisputeStatus;
use domain::ledger::{AccountId, Transfer};
use domain::order::OrderStatus;
use domain::outcome::Outcome;
use domain::proposal::ProposalStatus;
use domain::refund::RefundStatus;
use domain::settlement::SettlementStatus;
use domain::world::World;
use engine::Engine;
use engine::clock::Clock;
use storage::memory::Memory;
use storage::sql::{self, Connection, OptionalExtension as _};
use storage::{Books, Storage};
use tempfile::TempDir;

use crate::auditor::{Closed, Disputed, Paid, Proposed, Returned, Seen};
use crate::flaws::{FlawedBooks, FlawedHost};
use crate::intent::{Intent, What};
use crate::run::Kind;
use crate::shop::{ACTOR, FIRST_CARD, Shop, chain_key, request};

/// What survives a restart.
pub(crate) enum Store {
    Memory(Books),
    Sqlite(Option<Storage>, TempDir),
    Flawed(FlawedBooks),
}

impl Store {
    pub(crate) fn new(kind: Kind, shop: &Shop) -> Self {
        match kind {
            Kind::Memory => Self::Memory(Books::Memory(Memory::new(shop.world()))),
            Kind::Flawed(flaw) => Self::Flawed(FlawedBooks::new(shop, flaw)),
            Kind::Sqlite => {
                let folder = tempfile::tempdir().expect("a folder");
                let database = open(folder.path());
                let shop = shop.clone();
                let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
                let filled = database.write(move |connection| shop.fill_database(connection));
                runtime.block_on(filled).expect("the shop fits the schema");
                Self::Sqlite(Some(database), folder)
            }
        }
    }

    /// Opens the file anew, once the writer of before has done what it had begun.
    pub(crate) fn restart(&mut self) {
        let Self::Sqlite(database, folder) = self else { return };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let before = database.take().expect("open");
        runtime.block_on(before.write(|_| Ok(()))).expect("the writer works");
        drop(before);
        *database = Some(open(folder.path()));
    }

    pub(crate) fn start(&self, clock: &Clock) -> Host {
        match self {
            Self::Memory(books) => Host::Engine(Engine::start(books.clone(), clock.clone())),
            Self::Flawed(books) => Host::Flawed(books.start(), clock.clone()),
            Self::Sqlite(database, _) => {
                let books = Books::of(database.clone().expect("open"), chain_key());
                Host::Engine(Engine::start(books, clock.clone()))
            }
        }
    }

    /// What the books say now.
    pub(crate) async fn seen(&self) -> Result<Seen, String> {
        match self {
            Self::Memory(Books::Memory(memory)) => Ok(memory.world(|world| seen(world))),
            Self::Memory(books) => look_database(&books.storage().expect("not in memory")).await,
            Self::Sqlite(database, _) => look_database(database.as_ref().expect("open")).await,
            Self::Flawed(books) => Ok(books.seen()),
        }
    }

    pub(crate) async fn verify(&self) -> Result<(), String> {
        let findings = match self {
            Self::Memory(books) => books.verify().await,
            Self::Flawed(books) => Ok(books.verify()),
            Self::Sqlite(database, _) => Books::of(database.clone().expect("open"), chain_key()).verify().await,
        };
        match findings {
            Ok(findings) if findings.is_empty() => Ok(()),
            Ok(findings) => Err(format!("verify: {}", findings[0])),
            Err(error) => Err(format!("verify: {error}")),
        }
    }
}

fn open(folder: &Path) -> Storage {
    Storage::open(&folder.join("webpos.db")).expect("the file opens")
}

pub(crate) enum Host {
    Engine(Engine),
    Flawed(FlawedHost, Clock),
}

pub(crate) type Pending = Pin<Box<dyn Future<Output = Result<Outcome, String>>>>;

impl Host {
    pub(crate) fn submit(&self, intent: &Intent) -> Pending {
        let (id, actor, command) = (request(intent.id), intent.who.actor(), intent.act.command());
        match self {
            Self::Engine(engine) => {
                let engine = engine.clone();
                Box::pin(async move { engine.submit(id, actor, command).await.map_err(|error| error.to_string()) })
            }
            Self::Flawed(host, clock) => {
                let (host, at) = (host.clone(), clock.now());
                Box::pin(async move { host.submit(id, actor, at, command).await.ok_or("stopped".to_owned()) })
            }
        }
    }
}

/// A refund with its lines in order.
fn returned(refund: &domain::refund::Refund) -> Returned {
    let mut seen = Returned::from(refund);
    seen.lines.sort_unstable();
    seen
}

/// What transfers come to on an account.
fn balance(transfers: &[Transfer], account: AccountId) -> i64 {
    let sign = |leg: &Transfer| i64::from(leg.credit == account) - i64::from(leg.debit == account);
    transfers.iter().map(|leg| sign(leg) * leg.amount.0).sum()
}

/// What books in memory say.
pub(crate) fn seen(world: &World) -> Seen {
    Seen {
        cards: world.cards.values().map(|card| (card.id.0 - FIRST_CARD, card.balance.0)).collect(),
        deposit: world.customers.values().map(|customer| customer.deposit.0).sum(),
        received: -balance(&world.transfers, AccountId::FUNDING_CLEARING),
        payable: balance(&world.transfers, AccountId::merchant_payable(ACTOR.merchant)),
        orders: world.orders.iter().map(|(id, order)| (id.0, order.status.word())).collect(),
        refunds: world.refunds.values().map(returned).collect(),
        batches: world.batches.iter().map(Closed::from).collect(),
        paid: world.settlements.values().map(Paid::from).collect(),
        disputes: world.disputes.values().map(Disputed::from).collect(),
        proposals: world.proposals.values().map(Proposed::from).collect(),
        fee: world.fees.get(&ACTOR.merchant).copied().flatten(),
        factor: world.factor_required,
        out: (balance(&world.transfers, AccountId::PAYOUT_CLEARING), balance(&world.transfers, AccountId::FEE_INCOME)),
    }
}

async fn look_database(database: &Storage) -> Result<Seen, String> {
    let seen = database.read(|connection| Ok(read(connection)?)).await.map_err(|error| error.to_string())?;
    let closed = storage::batch::closed_list(database, ACTOR.terminal, u32::MAX).await;
    let closed = closed.map_err(|error| error.to_string())?;
    Ok(Seen { batches: closed.iter().rev().map(Closed::from).collect(), ..seen })
}

fn settlements(connection: &Connection) -> sql::Result<Vec<Paid>> {
    let sql = "SELECT id % 10000000000, status, until_date, net, fee, maker_id, checker_id FROM settlement ORDER BY id";
    let word = |word: String| SettlementStatus::from_word(&word).map_or("unreadable", SettlementStatus::word);
    let mut statement = connection.prepare(sql)?;
    let all = statement.query_map([], |row| {
        Ok(Paid {
            number: row.get(0)?,
            status: word(row.get(1)?),
            until: row.get(2)?,
            net: row.get(3)?,
            fee: row.get(4)?,
            maker: row.get(5)?,
            checker: row.get(6)?,
        })
    })?;
    all.collect()
}

fn disputes(connection: &Connection) -> sql::Result<Vec<Disputed>> {
    let sql = "SELECT id % 10000000000, order_id, amount, status, opener_id, answer_until, accepted, answerer_id,
        decider_id FROM dispute ORDER BY id";
    let word = |word: String| DisputeStatus::from_word(&word).map_or("unreadable", DisputeStatus::word);
    let mut statement = connection.prepare(sql)?;
    let all = statement.query_map([], |row| {
        Ok(Disputed {
            number: row.get(0)?,
            order: row.get(1)?,
            amount: row.get(2)?,
            status: word(row.get(3)?),
            maker: row.get(4)?,
            until: row.get(5)?,
            agrees: row.get(6)?,
            answerer: row.get(7)?,
            checker: row.get(8)?,
        })
    })?;
    all.collect()
}

fn proposals(connection: &Connection) -> sql::Result<Vec<Proposed>> {
    let sql = "SELECT id % 10000000000, payload, status, maker_id, checker_id, act, subject FROM proposal ORDER BY id";
    let word = |word: String| ProposalStatus::from_word(&word).map_or("unreadable", ProposalStatus::word);
    let payload = |act: String, subject: i64, text: String| {
        let read = domain::acts::Act::from_word(&act).and_then(|act| Payload::read(act, subject, &text));
        What::of(&read.expect("a payload"))
    };
    let mut statement = connection.prepare(sql)?;
    let all = statement.query_map([], |row| {
        let ((what, value), status) = (payload(row.get(5)?, row.get(6)?, row.get(1)?), word(row.get(2)?));
        Ok(Proposed { number: row.get(0)?, what, value, status, maker: row.get(3)?, checker: row.get(4)? })
    })?;
    all.collect()
}

fn read(connection: &Connection) -> sql::Result<Seen> {
    let mut seen = Seen::default();
    let mut statement = connection.prepare("SELECT id, balance FROM card")?;
    let cards = statement.query_map([], |row| Ok((row.get::<_, i64>(0)? - FIRST_CARD, row.get(1)?)))?;
    seen.cards = cards.collect::<sql::Result<_>>()?;
    let sql = "SELECT COALESCE(SUM(CASE WHEN credit = ?1 THEN amount ELSE -amount END), 0) FROM ledger_transfer
        WHERE credit = ?1 OR debit = ?1";
    let balance = |account: AccountId| -> sql::Result<i64> { connection.query_row(sql, [account.0], |row| row.get(0)) };
    seen.payable = balance(AccountId::merchant_payable(ACTOR.merchant))?;
    seen.received = -balance(AccountId::FUNDING_CLEARING)?;
    seen.deposit = connection.query_row("SELECT SUM(deposit) FROM customer", [], |row| row.get(0))?;
    seen.out = (balance(AccountId::PAYOUT_CLEARING)?, balance(AccountId::FEE_INCOME)?);
    seen.paid = settlements(connection)?;
    seen.disputes = disputes(connection)?;
    seen.proposals = proposals(connection)?;
    let sql = "SELECT fee_bp FROM merchant WHERE id = ?1";
    seen.fee = connection.query_row(sql, [ACTOR.merchant.0], |row| row.get(0))?;
    let sql = "SELECT factor_required FROM company";
    seen.factor = connection.query_row(sql, [], |row| row.get(0)).optional()?.unwrap_or(true);
    let mut statement = connection.prepare("SELECT id, status FROM orders")?;
    let word = |word: String| OrderStatus::from_word(&word).map_or("unreadable", OrderStatus::word);
    let orders = statement.query_map([], |row| Ok((row.get(0)?, word(row.get(1)?))))?;
    seen.orders = orders.collect::<sql::Result<_>>()?;
    let sql = "SELECT id % 10000000000, order_id, amount, status, applicant_id, reviewer_id, id, wrong_cards FROM refund ORDER BY id";
    let word = |word: String| RefundStatus::from_word(&word).map_or("unreadable", RefundStatus::word);
    let mut lines = connection.prepare("SELECT line, quantity FROM refund_line WHERE refund_id = ?1 ORDER BY line")?;
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let own = lines.query_map([row.get::<_, i64>(6)?], |row| Ok((row.get(0)?, row.get(1)?)))?;
        seen.refunds.push(Returned {
            number: row.get(0)?,
            order: row.get(1)?,
            lines: own.collect::<sql::Result<_>>()?,
            amount: row.get(2)?,
            status: word(row.get(3)?),
            applicant: row.get(4)?,
            reviewer: row.get(5)?,
            wrong_cards: row.get(7)?,
        });
    }
    Ok(seen)
}
