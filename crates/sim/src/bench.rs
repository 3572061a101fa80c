//! The two sides of the benchmark: the engine, and a raw loop that writes the same rows without any rule.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use domain::card::CardStatus;
use domain::ids::TransactionId;
use engine::Engine;
use engine::clock::Clock;
use rusqlite::{Connection, params};
use storage::books::SLOT;
use storage::{Books, Sqlite, StorageError};
use tokio::task::JoinSet;

use crate::dice::Dice;
use crate::intent::Act;
use crate::shop::{self, ACTOR, FIRST_CARD, MORNING, OrderTerms, chain_key, request};

const AMOUNT: i64 = 100;
/// 10^13: a card that never runs out.
const PLENTY: i64 = 10_000_000_000_000;

/// The file under test and where the work stands in it.
pub struct Fixture {
    path: std::path::PathBuf,
    cards: i64,
    past: i64,
    /// The order, and the request, that is paid next.
    next: Arc<AtomicI64>,
}

/// One measurement.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Payments per second.
    pub per_second: f64,
    /// Payments per commit.
    pub group: f64,
    /// Median time from asking to answer (engine) or of one group with its commit (raw), milliseconds.
    pub p50: f64,
    /// The same for 99 of 100.
    pub p99: f64,
}

impl Fixture {
    /// Fills a new file: cards, past orders with their sales, drafts to pay.
    pub fn build(path: &Path, cards: i64, past: i64, drafts: i64) -> Result<Self, StorageError> {
        drop(Sqlite::open(path)?);
        let file = Connection::open(path)?;
        file.pragma_update(None, "synchronous", "OFF")?;
        file.pragma_update(None, "cache_size", -512 * 1_024)?;
        let file = storage::sql::Connection::from(file);
        let raw = file.sqlite().expect("a file");
        file.execute_batch("BEGIN")?;
        shop::insert_place(&file)?;
        shop::insert_programme(&file, shop::programme_id(0), &shop::CardTerms::wide(0).programme())?;
        for n in 0..cards {
            shop::insert_card(&file, n, 1, CardStatus::Active, PLENTY)?;
        }
        let mut writes = Writes::default();
        for id in 1..=past {
            let transaction = TransactionId::new(SLOT, id).0;
            shop::insert_order(&file, &OrderTerms { id, total: AMOUNT, attempt: None }, Some(transaction))?;
            writes.ledger(raw, id, id, id % cards)?;
        }
        for id in past + 1..=past + drafts {
            shop::insert_order(&file, &OrderTerms { id, total: AMOUNT, attempt: None }, None)?;
        }
        writes.head(raw, past)?;
        file.execute_batch("COMMIT; ANALYZE")?;
        Ok(Self { path: path.to_owned(), cards, past, next: Arc::new(AtomicI64::new(past + 1)) })
    }

    /// Size of the file, bytes.
    pub fn size(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |file| file.len())
    }

    /// `count` payments by `callers` at once through the engine.
    pub fn engine(
        &self,
        runtime: &tokio::runtime::Runtime,
        callers: i64,
        count: i64,
    ) -> Result<Measured, StorageError> {
        let database = Sqlite::open(&self.path)?;
        // The head is written once per commit; what is temporary never reaches the file.
        let counter = "CREATE TEMP TABLE commits (n INTEGER); INSERT INTO commits VALUES (0);
            CREATE TEMP TRIGGER counted AFTER UPDATE ON main.ledger_head BEGIN UPDATE commits SET n = n + 1; END";
        runtime.block_on(database.write(move |connection| Ok(connection.execute_batch(counter)?)))?;
        let committed = || {
            let sql = "SELECT n FROM commits";
            runtime.block_on(database.write(move |c| Ok(c.query_row(sql, [], |row| row.get::<_, i64>(0))?)))
        };
        let books = Books::Sqlite(database.clone(), chain_key());
        let engine = {
            let _guard = runtime.enter();
            Engine::start(books, Clock::system())
        };
        runtime.block_on(self.pay(&engine, callers, (count / 5).max(callers * 2)));
        let before = committed()?;
        let begun = Instant::now();
        let times = runtime.block_on(self.pay(&engine, callers, count));
        let took = begun.elapsed();
        Ok(measured(times, took, count, committed()? - before))
    }

    async fn pay(&self, engine: &Engine, callers: i64, count: i64) -> Vec<Duration> {
        let left = Arc::new(AtomicI64::new(count));
        let mut all = JoinSet::new();
        for caller in 0..callers {
            let (engine, left, next, cards) = (engine.clone(), Arc::clone(&left), Arc::clone(&self.next), self.cards);
            let mut dice = Dice::new(u64::try_from(caller + count).expect("positive"));
            all.spawn(async move {
                let mut times = Vec::new();
                while left.fetch_sub(1, Ordering::Relaxed) > 0 {
                    let order = next.fetch_add(1, Ordering::Relaxed);
                    let card = dice.below(cards);
                    let act = Act::Confirmed { order, amount: AMOUNT, card, until: i64::MAX };
                    let begun = Instant::now();
                    let id = request(u64::try_from(order).expect("positive"));
                    let outcome = engine.submit(id, ACTOR, act.command()).await;
                    times.push(begun.elapsed());
                    assert!(outcome.as_ref().is_ok_and(domain::outcome::Outcome::approved), "{outcome:?}");
                }
                times
            });
        }
        all.join_all().await.into_iter().flatten().collect()
    }

    /// About `count` payments in groups of `group`: the same rows, the same settings, no decision and no reading.
    pub fn raw(&self, group: i64, count: i64) -> Result<Measured, StorageError> {
        let file = Connection::open(&self.path)?;
        for (name, value) in [("synchronous", "FULL"), ("wal_autocheckpoint", "4000"), ("cache_size", "-16384")] {
            file.pragma_update(None, name, value)?;
        }
        file.pragma_update(None, "foreign_keys", true)?;
        let mut sequence: i64 =
            file.query_row("SELECT sequence FROM ledger_head WHERE slot = ?1", [SLOT], |row| row.get(0))?;
        let mut dice = Dice::new(u64::try_from(sequence).expect("positive"));
        let mut writes = Writes::default();
        let mut groups = |groups: i64| -> rusqlite::Result<Vec<Duration>> {
            let mut times = Vec::new();
            for _ in 0..groups {
                let begun = Instant::now();
                file.execute_batch("BEGIN IMMEDIATE")?;
                for _ in 0..group {
                    sequence += 1;
                    let (order, card) = (self.next.fetch_add(1, Ordering::Relaxed), dice.below(self.cards));
                    writes.ledger(&file, sequence, order, card)?;
                    Writes::card_and_order(&file, sequence, order, card)?;
                }
                writes.head(&file, sequence)?;
                file.execute_batch("COMMIT")?;
                times.push(begun.elapsed());
            }
            Ok(times)
        };
        let wanted = (count / group).max(1);
        groups((wanted / 5).max(2))?;
        let begun = Instant::now();
        let times = groups(wanted)?;
        Ok(measured(times, begun.elapsed(), wanted * group, wanted))
    }

    /// Payments made so far.
    pub fn paid(&self) -> i64 {
        self.next.load(Ordering::Relaxed) - self.past - 1
    }
}

/// The statements of the raw loop, as the engine's store has them.
#[derive(Default)]
struct Writes {
    hash: [u8; 32],
}

impl Writes {
    fn ledger(&mut self, file: &Connection, sequence: i64, order: i64, card: i64) -> rusqlite::Result<()> {
        let id = TransactionId::new(SLOT, sequence).0;
        self.hash[..8].copy_from_slice(&id.to_be_bytes());
        let sql = "INSERT INTO ledger_transaction (id, request_id, content, merchant_id, outlet_id, terminal_id,
            person_id, kind, order_id, card_id, masked, entry, amount, decline, detail, approval_code, balance, batch,
            business_date, at, card_previous, format, hash)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'sale', ?8, ?9, ?10, 'S', ?11, NULL, NULL, '123456', ?12, 1, 20261123,
            ?13, ?1 - 1, 1, ?14)";
        file.prepare_cached(sql)?.execute(params![
            id,
            request(u64::try_from(order).expect("positive")).0,
            [1_u8; 16],
            ACTOR.merchant.0,
            ACTOR.outlet.0,
            ACTOR.terminal.0,
            ACTOR.person.0,
            order,
            FIRST_CARD + card,
            "608625******0012",
            AMOUNT,
            PLENTY,
            MORNING.0,
            self.hash
        ])?;
        let sql = "INSERT INTO ledger_transfer (transaction_id, leg, debit, credit, amount, business_date)
            VALUES (?1, 1, ?2, ?3, ?4, 20261123)";
        file.prepare_cached(sql)?.execute([id, FIRST_CARD + card, ACTOR.merchant.0, AMOUNT])?;
        Ok(())
    }

    fn card_and_order(file: &Connection, sequence: i64, order: i64, card: i64) -> rusqlite::Result<()> {
        let sql = "UPDATE card SET balance = ?2, spent_on = 20261123, spent_amount = ?3, spent_count = 1,
            last_id = ?4 WHERE id = ?1";
        let id = TransactionId::new(SLOT, sequence).0;
        file.prepare_cached(sql)?.execute([FIRST_CARD + card, PLENTY - AMOUNT, AMOUNT, id])?;
        let sql = "UPDATE orders SET status = 'paid', attempt = NULL, paid_by = ?2, paid_at = ?3 WHERE id = ?1";
        file.prepare_cached(sql)?.execute([order, id, MORNING.0])?;
        Ok(())
    }

    fn head(&mut self, file: &Connection, sequence: i64) -> rusqlite::Result<()> {
        let sql = "INSERT INTO ledger_head (slot, sequence, hash, format, seal) VALUES (?1, ?2, ?3, 1, ?3)
            ON CONFLICT (slot) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash, seal = excluded.seal";
        file.prepare_cached(sql)?.execute(params![SLOT, sequence, self.hash])?;
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "figures for people")]
fn measured(mut times: Vec<Duration>, took: Duration, count: i64, commits: i64) -> Measured {
    times.sort_unstable();
    let at = |percent: usize| {
        let index = (times.len() * percent / 100).min(times.len().saturating_sub(1));
        times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
    };
    let per_second = count as f64 / took.as_secs_f64();
    Measured { per_second, group: count as f64 / commits.max(1) as f64, p50: at(50), p99: at(99) }
}
