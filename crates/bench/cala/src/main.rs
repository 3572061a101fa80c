//! Measures the two-entry transactions per second of cala-ledger: `cala-baseline URL CALLERS SECONDS` prints the
//! figure. The database may be empty; existing accounts are reused.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cala_ledger::account::NewAccount;
use cala_ledger::job::{JobSvcConfig, Jobs};
use cala_ledger::journal::NewJournal;
use cala_ledger::tx_template::{
    NewParamDefinition, NewTxTemplate, NewTxTemplateEntry, NewTxTemplateTransaction, ParamDataType, Params,
};
use cala_ledger::{AccountId, CalaLedger, CalaLedgerConfig, JournalId, TransactionId};
use rust_decimal::Decimal;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

type Failure = Box<dyn Error + Send + Sync>;

/// Numbers of paying cards and of merchants. Both are large, because posting a transaction locks its accounts.
const CARDS: usize = 2_000;
const MERCHANTS: usize = 200;

const TEMPLATE: &str = "PAYMENT";

struct Fixture {
    ledger: CalaLedger,
    journal: JournalId,
    cards: Vec<AccountId>,
    merchants: Vec<AccountId>,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let mut next = || words.next().ok_or("usage: cala-baseline URL CALLERS SECONDS");
    let (url, callers, seconds): (_, u32, u64) = (next()?, next()?.parse()?, next()?.parse()?);
    let pool = PgPoolOptions::new().max_connections(callers.clamp(4, 80)).connect(&url).await?;
    let jobs = JobSvcConfig::builder().pool(pool.clone()).exec_migrations(false).build()?;
    let config = CalaLedgerConfig::builder().pool(pool).exec_migrations(true).build()?;
    // The ledger's background jobs are registered but not started: they would only add cost.
    let mut jobs = Jobs::init(jobs).await?;
    let fixture = Arc::new(Fixture::open(CalaLedger::init(config, &mut jobs).await?).await?);

    let posted = Arc::new(AtomicU64::new(0));
    let warm = Duration::from_secs(seconds) / 5;
    let until = Instant::now() + warm + Duration::from_secs(seconds);
    let work: Vec<_> = (0..callers)
        .map(|caller| {
            let (fixture, posted) = (Arc::clone(&fixture), Arc::clone(&posted));
            tokio::spawn(async move {
                let mut at = usize::try_from(caller).unwrap_or(0) * 7_919;
                while Instant::now() < until {
                    at += 104_729;
                    fixture.pay(at).await?;
                    posted.fetch_add(1, Ordering::Relaxed);
                }
                Ok::<(), Failure>(())
            })
        })
        .collect();
    tokio::time::sleep(warm).await;
    let (before, begun) = (posted.load(Ordering::Relaxed), Instant::now());
    for one in work {
        one.await??;
    }
    let count = posted.load(Ordering::Relaxed) - before;
    println!("{:.0}", count as f64 / begun.elapsed().as_secs_f64());
    Ok(())
}

impl Fixture {
    /// Creates a separate journal and accounts; the first caller creates the template.
    async fn open(ledger: CalaLedger) -> Result<Self, Failure> {
        let journal = NewJournal::builder().id(JournalId::new()).name(Uuid::now_v7().to_string()).build();
        let journal = ledger.journals().create(journal).await?.id();
        if ledger.tx_templates().find_by_code(TEMPLATE.to_owned()).await.is_err() {
            ledger.tx_templates().create(template()?).await?;
        }
        let (cards, merchants) = (accounts(&ledger, CARDS).await?, accounts(&ledger, MERCHANTS).await?);
        Ok(Self { ledger, journal, cards, merchants })
    }

    async fn pay(&self, at: usize) -> Result<(), Failure> {
        let mut given = Params::new();
        given.insert("journal_id", self.journal);
        given.insert("card", self.cards[at % self.cards.len()]);
        given.insert("merchant", self.merchants[at / self.cards.len() % self.merchants.len()]);
        given.insert("amount", Decimal::new(100, 2));
        self.ledger.post_transaction(TransactionId::new(), TEMPLATE, given).await?;
        Ok(())
    }
}

async fn accounts(ledger: &CalaLedger, count: usize) -> Result<Vec<AccountId>, Failure> {
    let mut all = Vec::new();
    for _ in 0..count {
        let code = Uuid::now_v7().to_string();
        let account = NewAccount::builder().id(Uuid::now_v7()).name(code.clone()).code(code).build();
        all.push(ledger.accounts().create(account).await?.id());
    }
    Ok(all)
}

fn template() -> Result<NewTxTemplate, Failure> {
    let param = |name: &str, kind| NewParamDefinition::builder().name(name).r#type(kind).build();
    let entry = |kind: &str, account: &str, direction: &str| {
        let entry = NewTxTemplateEntry::builder();
        let entry = entry.entry_type(kind).account_id(account).layer("SETTLED").direction(direction);
        entry.units("params.amount").currency("'CNY'").build()
    };
    let transaction = NewTxTemplateTransaction::builder().effective("date()").journal_id("params.journal_id").build()?;
    let params = vec![
        param("card", ParamDataType::Uuid)?,
        param("merchant", ParamDataType::Uuid)?,
        param("journal_id", ParamDataType::Uuid)?,
        param("amount", ParamDataType::Decimal)?,
    ];
    let entries = vec![
        entry("'PAYMENT_DR'", "params.card", "DEBIT")?,
        entry("'PAYMENT_CR'", "params.merchant", "CREDIT")?,
    ];
    let template = NewTxTemplate::builder().id(Uuid::now_v7()).code(TEMPLATE);
    Ok(template.params(params).transaction(transaction).entries(entries).build())
}
