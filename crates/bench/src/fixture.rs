//! Fills a store: the demo shop, any number of cards and paid orders, and an API key for the paying program. Keyed
//! values, PINs and the chain are real: the server under test accepts the payments, and `verify` passes.

use std::fmt::Write as _;
use std::path::Path;

use bytes::Bytes;
use domain::acts::{Money, Payload, Shown};
use domain::card::masked_name;
use domain::card_number::{CardNumber, EntryMode, MaskedCard};
use domain::command::{Actor, Command};
use domain::ids::{CardId, MerchantId, OrderId, OutletId, PersonId, RequestId, TerminalId, TransactionId};
use domain::ledger::{AccountId, ChainKey, Head, Kind, Transaction, Transfer, chain};
use domain::money::Fen;
use domain::place::Place;
use domain::proposal::{DECIDE_WITHIN, Draft, Ending, Proposal, ProposalStatus, Verdict, shown_digest};
use domain::role::Role;
use domain::time::{HOUR, Timestamp};
use engine::clock::Clock;
use futures_util::SinkExt as _;
use storage::api_key::{self, NewKey, Scope};
use storage::audit::Entry;
use storage::demo_cards::CUSTOMER;
use storage::directory::{self, NewTerminal};
use storage::people::{self, NewPerson};
use storage::session::{self, SessionId};
use storage::vault::{GENERATION, Vault};
use storage::{Books, Storage, demo, demo_cards, demo_proposals};

use crate::Failure;

/// 2026-11-20 08:00 in China: the last day of the history.
pub const PAST: Timestamp = Timestamp(1_795_132_800_000_000);
const SLOT: u8 = 1;
const PROGRAMME: i64 = 900;
/// Id of card 0.
pub const FIRST_CARD: i64 = 50_000_000;
/// Its name.
const BENCH: &str = "Bench";
/// Every card's holder.
const HOLDER: &str = "Somebody";
/// Every card's number as it may be seen.
const MASKED: &str = "608625******0012";
/// What the checker wrote.
const OPINION: &str = "compared";
/// A balance that never runs out, fen.
const PLENTY: i64 = 100_000_000_000;
/// The total of every past order, fen.
const PRICE: i64 = 100;
/// The till at which they were paid. Like a program's terminal it has never closed a batch.
const OLD_TILL: i64 = 25_018_999;
/// Orders per day, unless that exceeds the number of days.
const A_DAY: i64 = 25_000;
const DAYS_MAX: i64 = 400;
const DAY: i64 = 24 * HOUR;
/// Tills with a cashier signed in at each.
const TILLS: i64 = 16;
/// The PIN of every card.
pub const PIN: &str = "123456";

/// Size of the store.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Cards.
    pub cards: i64,
    /// Paid orders.
    pub orders: i64,
}

/// The number of card `n`.
pub fn card_number(n: i64) -> String {
    let mut digits = format!("608625{:09}", 500_000_000 + n);
    let sum: u32 = digits.bytes().rev().enumerate().map(|(at, byte)| luhn(at, byte)).sum();
    let _ = write!(digits, "{}", (10 - sum % 10) % 10);
    digits
}

/// The Luhn value of a digit, counted from the right before the check digit.
fn luhn(at: usize, byte: u8) -> u32 {
    let digit = u32::from(byte - b'0');
    match (at % 2, digit * 2) {
        (0, double) if double > 9 => double - 9,
        (0, double) => double,
        _ => digit,
    }
}

/// One value of a row.
enum Value {
    Number(i64),
    Text(&'static str),
    Made(String),
    Bytes(Vec<u8>),
    Null,
}

use Value::{Bytes as Blob, Made, Null, Number, Text};

type Rows = Box<dyn Iterator<Item = Vec<Value>>>;

struct Table {
    name: &'static str,
    columns: &'static str,
    rows: Rows,
}

/// Credentials for the filled store.
#[derive(Debug)]
pub struct Credentials {
    /// The token of an API key.
    pub token: String,
    /// The cookie of each cashier's session.
    pub cashiers: Vec<String>,
}

/// Opens the store.
pub async fn open(database: &str, folder: &Path) -> Result<Storage, Failure> {
    Ok(if database.starts_with("postgres") {
        Storage::connect(database).await?
    } else {
        Storage::open(&folder.join("webpos.db"))?
    })
}

/// Fills an empty database.
pub async fn fill(database: &str, folder: &Path, size: Size) -> Result<Credentials, Failure> {
    if database.starts_with("postgres") {
        storage::postgres::migrate(database).await?;
    }
    let storage = open(database, folder).await?;
    let vault = Vault::of(&storage, folder).await?;
    let opening = begins(size).plus(-2 * DAY);
    demo::seed_people(&storage, opening).await?;
    let books = Books::of(storage.clone(), vault.chain_key());
    demo_cards::seed_cards(&storage, &vault, &books, opening).await?;
    demo_proposals::seed_fees(&storage, &books, opening).await?;
    demo_proposals::seed_money(&storage, &books, funding(size, opening), Vec::new(), opening).await?;
    let past = Past { key: vault.chain_key(), before: recorded(&storage).await?, size };
    if database.starts_with("postgres") {
        copy(database, tables(&vault, &past)).await?;
    } else {
        insert(&folder.join("webpos.db"), tables(&vault, &past))?;
    }
    let head = past.transactions().last().map_or(past.before, |(last, _)| Head::after(&last));
    let seal = head.seal(&vault.chain_key());
    storage
        .write(move |connection| {
            let sql = "UPDATE ledger_head SET sequence = ?2, hash = ?3, seal = ?4 WHERE slot = ?1";
            connection.execute(sql, storage::sql::params![i64::from(SLOT), head.sequence, head.hash, seal])?;
            let sql = "UPDATE customer SET deposit = deposit - ?2 WHERE id = ?1";
            connection.execute(sql, [CUSTOMER.0, size.cards * PLENTY])?;
            Ok(connection.execute_batch("ANALYZE")?)
        })
        .await?;
    let token = make_key(&storage).await?;
    Ok(Credentials { token, cashiers: open_tills(&storage).await? })
}

/// What the demo's customer pays in for all cards.
fn funding(size: Size, at: Timestamp) -> Money {
    Money::Funding {
        customer: CUSTOMER,
        amount: Fen(size.cards * PLENTY),
        reference: "BENCH".to_owned(),
        received_on: at.business_date(),
        note: String::new(),
    }
}

/// Tills in the demo outlet, each with a cashier who has just signed in.
async fn open_tills(storage: &Storage) -> Result<Vec<String>, Failure> {
    let mut cashiers = Vec::new();
    for terminal in (25_019_000..).take(usize::try_from(TILLS)?) {
        let till = NewTerminal::of(terminal, 2_501_001);
        storage.write(move |connection| Ok(directory::insert_terminal(connection, &till)?)).await?;
        let person = NewPerson {
            number: terminal.to_string(),
            name: "Cashier".to_owned(),
            login: format!("till{terminal}"),
            // The password is never used: the session is opened here.
            password_hash: String::new(),
            must_change: false,
            roles: vec![Role::Cashier],
            place: Place::Outlet(MerchantId(250_100), OutletId(2_501_001)),
            terminal: Some(TerminalId(terminal)),
            human: None,
            given_by: None,
            phone: None,
            language: None,
            ends_on: None,
        };
        let now = Clock::system().now();
        let person = people::create(storage, person, now).await?.ok_or("the login is taken")?;
        let entry = Entry { at: now, person: Some(person), action: "login", ..entry() };
        let cookie = api_key::secret();
        session::open(storage, SessionId::of_token(&cookie), None, "benchmark".to_owned(), entry).await?;
        cashiers.push(format!("session={cookie}"));
    }
    Ok(cashiers)
}

/// A template for audit log lines.
fn entry() -> Entry {
    Entry {
        at: PAST,
        person: Some(PersonId(1002)),
        merchant: Some(MerchantId(250_100)),
        terminal: None,
        action: "api_key_created",
        subject: String::new(),
        detail: String::new(),
        address: "benchmark".to_owned(),
    }
}

async fn recorded(storage: &Storage) -> Result<Head, Failure> {
    let read = |connection: &storage::sql::Connection| {
        let sql = "SELECT sequence, hash FROM ledger_head";
        Ok(connection.query_row(sql, [], |row| Ok(Head { slot: SLOT, sequence: row.get(0)?, hash: row.get(1)? }))?)
    };
    Ok(storage.read(read).await?)
}

/// A key of the demo merchant at its terminal, with a rate limit that is never reached.
async fn make_key(storage: &Storage) -> Result<String, Failure> {
    let key = NewKey {
        merchant: MerchantId(250_100),
        outlet: None,
        terminal: Some(TerminalId(25_010_007)),
        name: "Benchmark".to_owned(),
        scopes: Scope::ALL.to_vec(),
        signed: false,
        rate_max: 60_000_000,
        expires_at: PAST.plus(10_000 * HOUR),
    };
    let secret = api_key::secret();
    let made = api_key::create(storage, key, secret.clone(), entry()).await?.map_err(|_| "the key was not made")?;
    Ok(api_key::token(made, &secret))
}

/// Number of days of the history.
fn days(size: Size) -> i64 {
    (size.orders / A_DAY).clamp(1, DAYS_MAX)
}

/// The first day of the history.
pub fn begins(size: Size) -> Timestamp {
    PAST.plus(-(days(size) - 1) * DAY)
}

/// The history: a load of each card is proposed, each is approved, then orders are paid, day by day.
#[derive(Clone)]
struct Past {
    key: ChainKey,
    before: Head,
    size: Size,
}

impl Past {
    /// All transactions with their transfers, chained.
    fn transactions(&self) -> impl Iterator<Item = (Transaction, Option<Transfer>)> + use<> {
        let past = self.clone();
        let mut head = past.before;
        (1..=past.count()).map(move |n| {
            let (mut transaction, transfer) = past.made(n);
            let transfers = transfer.as_slice();
            transaction.hash = chain(&past.key, &head.hash, &transaction, transfers).expect("a known format");
            head = Head::after(&transaction);
            (transaction, transfer)
        })
    }

    fn count(&self) -> i64 {
        2 * self.size.cards + self.size.orders
    }

    /// When transaction `n`, which is of no order, was made.
    fn prepared_at(&self, n: i64) -> Timestamp {
        begins(self.size).plus(n - DAY)
    }

    /// The proposal that loaded card `n`, 1 to the number of cards, once it was approved.
    fn proposal(&self, n: i64) -> Proposal {
        let card = CardId(FIRST_CARD + n % self.size.cards);
        let load = Money::Load { customer: CUSTOMER, card, amount: Fen(PLENTY), note: String::new() };
        let holder = masked_name(HOLDER);
        let seen = format!(
            "standing=active\ncustomer={}\ncard_masked={MASKED}\ncard_holder={holder}\ncard_status=active\n\
             card_programme={BENCH}\n",
            demo_cards::CUSTOMER_NAME
        );
        let made_at = self.prepared_at(n);
        let (maker, approval) = (PersonId(9001), self.size.cards + n);
        let one = Proposal {
            id: self.id(n),
            payload: Payload::Money(load),
            seen: Shown::read(&seen).expect("as the domain writes it"),
            status: ProposalStatus::Approved,
            maker,
            made_at,
            expires_at: made_at.plus(DECIDE_WITHIN),
            ending: None,
        };
        let (by, at, transaction) = (PersonId(9002), self.prepared_at(approval), self.id(approval));
        let shown = Some(shown_digest(&one, &one.seen));
        Proposal { ending: Some(Ending { by, at, opinion: OPINION.to_owned(), shown, transaction }), ..one }
    }

    /// The transaction that made the proposal.
    fn proposing(&self, n: i64) -> Transaction {
        let one = self.proposal(n);
        let draft = Draft { payload: one.payload, seen: one.seen };
        let actor = Actor::issuer(one.maker);
        let bare = Transaction::bare(one.id, Kind::Proposal, request(n, one.made_at), actor, one.made_at);
        Transaction { content: Command::Proposal(draft).content(), amount: Fen(PLENTY), ..bare }
    }

    /// What the approval of the proposal for card `n` was asked.
    fn approved(&self, n: i64) -> [u8; 16] {
        let Proposal { id, payload, ending, .. } = self.proposal(n);
        let shown = ending.and_then(|ending| ending.shown).expect("it was approved");
        Command::ProposalApproval(Verdict { proposal: id, payload, opinion: OPINION.to_owned(), shown }).content()
    }

    /// Transaction `n`, from 1, without its chain value.
    fn made(&self, n: i64) -> (Transaction, Option<Transfer>) {
        let cards = self.size.cards;
        if n <= cards {
            return (self.proposing(n), None);
        }
        let order = (n > 2 * cards).then(|| n - 2 * cards);
        let (card, amount, at) = match order {
            Some(order) => (order % cards, PRICE, self.sold_at(order)),
            None => (n % cards, PLENTY, self.prepared_at(n)),
        };
        let merchant = MerchantId(250_100);
        let shop =
            Actor { merchant, outlet: OutletId(2_501_001), terminal: TerminalId(OLD_TILL), person: PersonId(1003) };
        let account = AccountId(FIRST_CARD + card);
        let (debit, credit) = match order {
            Some(_) => (account, AccountId::merchant_payable(merchant)),
            None => (AccountId::deposit(CUSTOMER), account),
        };
        let id = self.id(n);
        let actor = if order.is_some() { shop } else { Actor::issuer(PersonId(9002)) };
        let kind = if order.is_some() { Kind::Sale } else { Kind::Load };
        let transaction = Transaction {
            content: if order.is_some() { [1; 16] } else { self.approved(n - cards) },
            original: order.is_none().then(|| self.id(n - cards)),
            order: order.map(|order| OrderId(self.order_id(order))),
            card: Some(CardId(FIRST_CARD + card)),
            masked: MaskedCard(MASKED.to_owned()),
            entry: EntryMode::Swiped,
            amount: Fen(amount),
            approval_code: order.map(|_| "123456".to_owned()),
            balance: Some(Fen(PLENTY - order.map_or(0, |order| PRICE * self.sold(card, order)))),
            batch: i64::from(order.is_some()),
            // Cards take turns.
            card_previous: order.map(|_| self.id(n - cards)),
            ..Transaction::bare(id, kind, request(n, at), actor, at)
        };
        let business_date = transaction.business_date;
        let transfer = Transfer { transaction: id, leg: 1, debit, credit, amount: Fen(amount), business_date };
        (transaction, Some(transfer))
    }

    /// The number of transaction `n`.
    fn id(&self, n: i64) -> TransactionId {
        TransactionId::new(SLOT, self.before.sequence + n)
    }

    /// The latest transaction of a card.
    fn latest(&self, card: i64) -> TransactionId {
        self.id(self.count() - (self.count() - card).rem_euclid(self.size.cards))
    }

    /// The number of orders up to `last` that a card paid.
    fn sold(&self, card: i64, last: i64) -> i64 {
        let cards = self.size.cards;
        // Card 0 pays order `cards` first, card n order n.
        let first = if card == 0 { cards } else { card };
        if last < first { 0 } else { (last - first) / cards + 1 }
    }

    /// The day of an order, from 0, and its position in that day.
    fn day(&self, order: i64) -> (i64, i64) {
        let a_day = (self.size.orders + days(self.size) - 1) / days(self.size);
        ((order - 1) / a_day, (order - 1) % a_day)
    }

    fn sold_at(&self, order: i64) -> Timestamp {
        let (day, nth) = self.day(order);
        let a_day = (self.size.orders + days(self.size) - 1) / days(self.size);
        begins(self.size).plus(day * DAY + nth * (10 * HOUR / a_day))
    }

    fn order_id(&self, order: i64) -> i64 {
        domain::ids::time_ordered(self.sold_at(order), 0) + order % 1_000_000
    }
}

/// The request id of transaction `n`.
fn request(n: i64, at: Timestamp) -> RequestId {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&n.to_be_bytes());
    RequestId::v7(at, random)
}

/// The row of a proposal that was approved.
fn proposal_row(one: &Proposal) -> Vec<Value> {
    let ending = one.ending.as_ref().expect("it was approved");
    let (act, subject) = (one.payload.act().word(), one.payload.subject());
    vec![
        Number(one.id.0),
        Text(act),
        Number(subject),
        Text(one.status.word()),
        Number(one.payload.amount().0),
        Number(one.payload.count()),
        Made(one.payload.text()),
        Made(one.seen.text()),
        Number(one.maker.0),
        Number(one.made_at.0),
        Number(one.expires_at.0),
        Number(ending.by.0),
        Number(ending.at.0),
        Made(ending.opinion.clone()),
        Blob(ending.shown.expect("it was approved").to_vec()),
        Number(ending.transaction.0),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of tables, row by row")]
fn tables(vault: &Vault, past: &Past) -> Vec<Table> {
    let (mine, sealing, size) = (vault.clone(), vault.clone(), past.size);
    let programme =
        vec![Number(PROGRAMME), Text(BENCH), Text("608625"), Text("99"), Number(16), Text("benefit"), Number(1)]
            .into_iter()
            .chain((0..5).map(|_| Number(PLENTY)))
            .chain([Null, Null, Number(48 * HOUR), Number(1), Number(0), Number(0), Text("mailer"), Text(""), Text("")])
            .chain([Text("active"), Number(0), Null, Text(""), Number(0), Null, Number(0), Number(1)]);
    let programme: Vec<Value> = programme.collect();
    let since = begins(size).0;
    let till = vec![Number(OLD_TILL), Number(2_501_001), Text("active"), Number(1), Text("p80"), Number(50)];
    let made = [Text("Bench"), Number(since), Text(""), Number(since), Number(since), Number(1)];
    let till: Vec<Value> = till.into_iter().chain(made).collect();
    let of_cards = past.clone();
    let card = move |n: i64| {
        let (number, _) = CardNumber::parse(&card_number(n)).expect("a number with its check digit");
        vec![
            Number(FIRST_CARD + n),
            Blob(mine.card_key(&number).0.to_vec()),
            Number(GENERATION),
            Blob(if n == 0 { sealing.seal_number(&number) } else { vec![0; 44] }),
            Number(GENERATION),
            Text(MASKED),
            Number(PROGRAMME),
            Text("active"),
            Text(HOLDER),
            Null,
            Blob(mine.pin_value(&number, PIN).0.to_vec()),
            Number(GENERATION),
            Number(PLENTY - PRICE * of_cards.sold(n, size.orders)),
            Number(20_261_101),
            Number(0),
            Number(0),
            Number(0),
            Number(of_cards.latest(n).0),
        ]
    };
    let of_orders = past.clone();
    let order = move |n: i64| {
        let (sale, _) = of_orders.made(2 * size.cards + n);
        let (_, nth) = of_orders.day(n);
        let day = sale.business_date.0 % 1_000_000;
        let mut row = vec![Number(of_orders.order_id(n)), Made(format!("{day:06}{:04}", nth + 1))];
        let actor = sale.actor;
        row.extend([actor.merchant.0, actor.outlet.0, actor.terminal.0, actor.person.0].map(Number));
        row.extend([Text("paid"), Number(PRICE), Number(1), Number(sale.id.0), Number(sale.at.0)]);
        row.extend([Number(0), Number(0), Number(1), Number(sale.at.0), Number(sale.at.0)]);
        row
    };
    let of_lines = past.clone();
    let line = move |n: i64| {
        let id = of_lines.order_id(n);
        let mut row = vec![Number(id), Number(1), Text("600233"), Text("Granules"), Text("10g"), Text("box")];
        let at = of_lines.sold_at(n).0;
        row.extend([Number(1), Null, Number(PRICE), Number(1), Number(PRICE), Number(at), Number(1003)]);
        row
    };
    let transaction = |(t, _): (Transaction, Option<Transfer>)| {
        let optional = |value: Option<i64>| value.map_or(Null, Number);
        let mut row = vec![Number(t.id.0), Blob(t.request_id.0.to_vec()), Blob(t.content.to_vec())];
        let actor = t.actor;
        row.extend([actor.merchant.0, actor.outlet.0, actor.terminal.0, actor.person.0].map(Number));
        row.extend([Text(t.kind.word()), optional(t.order.map(|id| id.0)), optional(t.original.map(|id| id.0))]);
        row.extend([optional(t.card.map(|id| id.0)), Made(t.masked.0), Text(t.entry.word()), Number(t.amount.0)]);
        row.extend([Null, Null, t.approval_code.map_or(Null, Made)]);
        row.extend([optional(t.balance.map(|fen| fen.0)), Number(t.batch), Number(t.business_date.0.into())]);
        row.extend([Number(t.at.0), optional(t.card_previous.map(|id| id.0)), Number(t.format.into())]);
        row.push(Blob(t.hash.to_vec()));
        row
    };
    let (of_transfers, of_proposals) = (past.clone(), past.clone());
    let transfer = move |n: i64| {
        let t = of_transfers.made(n).1.expect("money moved");
        [t.transaction.0, t.leg, t.debit.0, t.credit.0, t.amount.0, t.business_date.0.into()].map(Number).into()
    };
    vec![
        Table {
            name: "programme",
            columns: "id, name, bin, series, number_length, template, named, balance_max, load_max, sale_max, daily_max, \
                daily_count_max, month_max, validity_months, refund_window, loss_report, redeem, redeem_wait_days, \
                pin_mode, hotline, basis, status, moved_at, moved_by, reason, created_at, created_by, changed_at, version",
            rows: Box::new(std::iter::once(programme)),
        },
        Table {
            name: "terminal",
            columns: "id, outlet_id, status, batch_no, paper, scan_gap_ms, label, moved_at, reason, created_at, changed_at, \
                version",
            rows: Box::new(std::iter::once(till)),
        },
        Table {
            name: "card",
            columns: "id, lookup, lookup_generation, sealed, sealed_generation, masked, programme_id, status, holder, \
                expires_on, pin, pin_generation, balance, spent_on, spent_amount, spent_count, spent_month, last_id",
            rows: Box::new((0..size.cards).map(card)),
        },
        Table {
            name: "orders",
            columns: "id, number, merchant_id, outlet_id, terminal_id, person_id, status, total, payable, paid_by, \
                paid_at, open, held, prints, opened_at, changed_at",
            rows: Box::new((1..=size.orders).map(order)),
        },
        Table {
            name: "order_line",
            columns: "order_id, line, code, name, spec, unit, drug, list_price, price, quantity, amount, added_at, \
                added_by",
            rows: Box::new((1..=size.orders).map(line)),
        },
        Table {
            name: "proposal",
            columns: "id, act, subject, status, amount, count, payload, seen, maker_id, made_at, expires_at, checker_id, \
                decided_at, opinion, shown_digest, decided_by",
            rows: Box::new((1..=size.cards).map(move |n| proposal_row(&of_proposals.proposal(n)))),
        },
        Table {
            name: "ledger_transaction",
            columns: "id, request_id, content, merchant_id, outlet_id, terminal_id, person_id, kind, order_id, \
                original, card_id, masked, entry, amount, decline, detail, approval_code, balance, batch, business_date, at, \
                card_previous, format, hash",
            rows: Box::new(past.transactions().map(transaction)),
        },
        Table {
            name: "ledger_transfer",
            columns: "transaction_id, leg, debit, credit, amount, business_date",
            rows: Box::new((size.cards + 1..=past.count()).map(transfer)),
        },
    ]
}

fn insert(file: &Path, tables: Vec<Table>) -> Result<(), Failure> {
    use rusqlite::types::Value as Sql;
    let file = rusqlite::Connection::open(file)?;
    for (name, value) in [("synchronous", "OFF"), ("cache_size", "-524288"), ("foreign_keys", "OFF")] {
        file.pragma_update(None, name, value)?;
    }
    file.execute_batch("BEGIN")?;
    for Table { name, columns, rows } in tables {
        let places = vec!["?"; columns.split(',').count()].join(", ");
        let mut insert = file.prepare(&format!("INSERT INTO {name} ({columns}) VALUES ({places})"))?;
        for row in rows {
            let row = row.into_iter().map(|value| match value {
                Number(number) => Sql::Integer(number),
                Text(text) => Sql::Text(text.to_owned()),
                Made(text) => Sql::Text(text),
                Blob(bytes) => Sql::Blob(bytes),
                Null => Sql::Null,
            });
            insert.execute(rusqlite::params_from_iter(row))?;
        }
    }
    Ok(file.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")?)
}

async fn copy(database: &str, tables: Vec<Table>) -> Result<(), Failure> {
    let (client, connection) = tokio_postgres::connect(database, tokio_postgres::NoTls).await?;
    let driver = tokio::spawn(connection);
    for Table { name, columns, rows } in tables {
        let sink = client.copy_in::<_, Bytes>(&format!("COPY {name} ({columns}) FROM STDIN")).await?;
        let mut sink = Box::pin(sink);
        let mut text = String::new();
        for row in rows {
            write_row(&mut text, &row);
            if text.len() > 1 << 16 {
                sink.send(Bytes::from(std::mem::take(&mut text))).await?;
            }
        }
        sink.send(Bytes::from(text)).await?;
        sink.as_mut().finish().await?;
    }
    for settled in ["VACUUM (FREEZE, ANALYZE)", "CHECKPOINT"] {
        client.batch_execute(settled).await?;
    }
    drop(client);
    driver.await?.map_err(Failure::from)
}

/// In PostgreSQL's text format; line breaks are all that has to be escaped here.
fn write_row(text: &mut String, row: &[Value]) {
    for (at, value) in row.iter().enumerate() {
        let tab = if at == 0 { "" } else { "\t" };
        let _ = match value {
            Number(number) => write!(text, "{tab}{number}"),
            Text(word) => write!(text, "{tab}{word}"),
            Made(word) => write!(text, "{tab}{}", word.replace('\n', "\\n")),
            Blob(bytes) => write!(text, "{tab}\\\\x{}", storage::vault::hex(bytes)),
            Null => write!(text, "{tab}\\N"),
        };
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_its_check_digit() {
        for n in [0, 1, 9, 10, 999_999, 499_999_999] {
            assert!(CardNumber::parse(&card_number(n)).is_ok(), "{}", card_number(n));
        }
    }
}
