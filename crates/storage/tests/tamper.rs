//! With the database file but without the key, the ledger cannot be altered unnoticed: every edit, deletion, insertion,
//! swap and cut tail is found by `verify`, which names the row.

#[path = "../../domain/tests/builders/mod.rs"]
mod builders;

mod fixture;

use std::path::{Path, PathBuf};

use builders::proposals::{self, CHECKER, MAKER, SLEEPER, proposal};
use builders::{
    DAY, MERCHANT, MORNING, World, by_issuer, card, chain_key, envelope, inquiry, money, order, pins, prepare,
    sale_pin, verdict, withdraw,
};
use domain::acts::{Payload, Shown};
use domain::card::{Card, CardStatus};
use domain::command::Envelope;
use domain::ids::TransactionId;
use domain::ledger::{FORMATS, Format};
use domain::pin::{CardPin, PinValue};
use domain::proposal::Proposal;
use fixture::Fixture;
use rusqlite::types::Value;
use rusqlite::{Connection, params};
use storage::{Books, Storage};

const TABLES: [&str; 7] =
    ["ledger_transaction", "ledger_transfer", "ledger_head", "dispute", "proposal", "funding", "card_move"];

/// A table's columns, the first of its key first.
fn columns(connection: &Connection, table: &str) -> Vec<String> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid").expect("prepares");
    let names = statement.query_map([table], |row| row.get(0)).expect("reads");
    names.collect::<Result<_, _>>().expect("names")
}

/// A ledger with every kind of row: approved and declined, with and without order, card, figure and balance.
fn commands() -> Vec<Envelope> {
    let mut rest = vec![
        proposals::propose(money::load(77, 100), Shown::default()),
        inquiry(1, true),
        inquiry(1, false),
        inquiry(77, false),
        withdraw(9, 1_000),
        withdraw(999, 1_000),
        sale_pin(1, 999, 1, true),
        sale_pin(998, 999, 1, true),
    ];
    for id in 1..=12 {
        rest.push(sale_pin(id, 1_000, 1 + u8::from(id % 3 == 0), true));
        rest.push(sale_pin(id, 1_000, 1, true));
    }
    let mut all = money::money_on_card(0, 1, 50_000).to_vec();
    all.extend(money::money_on_card(4, 2, 3_000));
    all.extend((1..).zip(rest).map(|(n, command)| envelope(n, MORNING, command)));
    all.extend(proposals::agree_fee(i64::try_from(all.len()).expect("few")));
    // The day is settled: turned down once, then paid.
    let id = |n: usize| TransactionId::new(1, i64::try_from(n).expect("few"));
    for confirm in [false, true] {
        let asked = prepare(MERCHANT, MORNING.business_date());
        all.push(by_issuer(9003, envelope(200 + u16::from(confirm), MORNING.plus(DAY), asked)));
        let decided = verdict(MERCHANT, id(all.len()), confirm);
        all.push(by_issuer(9002, envelope(210 + u16::from(confirm), MORNING.plus(DAY), decided)));
    }
    // Disputes in every state: upheld, turned down unanswered, answered, opened.
    for (order, uphold, answered) in
        [(7, Some(true), true), (8, Some(false), false), (10, None, true), (11, None, false)]
    {
        let (n, at) = (300 + 10 * u16::try_from(order).expect("few"), MORNING.plus(DAY));
        all.push(by_issuer(9003, envelope(n, at, builders::dispute(order, 400))));
        let dispute = id(all.len());
        if answered {
            all.push(envelope(n + 1, at, builders::answer(order, dispute, order == 10)));
        }
        if let Some(uphold) = uphold {
            let at = if answered { at } else { at.plus(8 * DAY) };
            all.push(by_issuer(9002, envelope(n + 2, at, builders::decide_dispute(order, dispute, uphold))));
        }
    }
    let frozen = builders::cards::moving(2, domain::card_move::CardMove::Freeze);
    all.push(by_issuer(9003, envelope(60_090, MORNING.plus(9 * DAY), frozen)));
    all.extend(more_proposals(i64::try_from(all.len()).expect("few")));
    all
}

/// Proposals in every state after the agreed fee: a key that is woken, one turned down, one taken back, one that waits.
fn more_proposals(before: i64) -> Vec<Envelope> {
    let at = MORNING.plus(9 * DAY);
    let fee = |fee| (proposals::fee(MERCHANT, fee), proposals::shown_fee(Some(builders::FEE_BP)));
    let acts = [(Payload::CompanyKey { key: SLEEPER }, proposals::sleeper().shown()), fee(38), fee(39), fee(40)];
    let made: Vec<_> = (before + 1..)
        .zip(acts)
        .map(|(sequence, (payload, seen))| proposal(TransactionId::new(1, sequence), at, payload, seen))
        .collect();
    let propose = |one: &Proposal| (MAKER, proposals::propose(one.payload.clone(), one.seen.clone()));
    let mut all: Vec<_> = made.iter().map(propose).collect();
    all.push((CHECKER, proposals::approve(&made[0])));
    all.push((CHECKER, proposals::reject(&made[1])));
    all.push((MAKER, proposals::take_back(made[2].id)));
    (60_100..).zip(all).map(|(n, (person, command))| by_issuer(person, envelope(n, at, command))).collect()
}

fn shop() -> World {
    let mut world = builders::one_till();
    world.keys.insert(SLEEPER, proposals::sleeper());
    (1..=2).for_each(|number| world.put_card(card(number)));
    (1..=12).for_each(|id| world.put_order(order(id, 1_000)));
    world
}

/// The path of a finished ledger, closed, in its folder.
async fn ledger() -> (Fixture, PathBuf, i64) {
    let fixture = Fixture::sqlite(&shop()).await;
    let all = commands();
    let recorded = i64::try_from(all.len()).expect("few");
    fixture.post(&all).await;
    assert_eq!(fixture.verify().await, []);
    let copy = fixture.folder.as_ref().expect("a folder").path().join("original.db");
    fixture.tool().execute("VACUUM INTO ?1", [copy.to_str().expect("a path")]).expect("copied");
    (fixture, copy, recorded)
}

/// Applies `change` to a copy. `None` when the database refuses it or it changes nothing; else what verify found.
async fn after(original: &Path, change: impl FnOnce(&Connection) -> rusqlite::Result<usize>) -> Option<Vec<String>> {
    let copy = original.with_file_name("tampered.db");
    for end in ["db", "db-wal", "db-shm"] {
        let _ = std::fs::remove_file(original.with_file_name(format!("tampered.{end}")));
    }
    std::fs::copy(original, &copy).expect("copied");
    let tool = Connection::open(&copy).expect("opens");
    // Who tampers does not mind the schema's checks.
    tool.pragma_update(None, "ignore_check_constraints", true).expect("a pragma");
    let changed = change(&tool);
    drop(tool);
    if !changed.is_ok_and(|rows| rows > 0) {
        return None;
    }
    let books = Books::of(Storage::open(&copy).expect("opens"), chain_key());
    let findings = books.verify().await.expect("verify reads whatever it meets");
    Some(findings.iter().map(ToString::to_string).collect())
}

fn rrn(sequence: i64) -> String {
    TransactionId::new(1, sequence).rrn()
}

/// Small deterministic numbers.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(n).expect("small")).expect("small")
    }

    fn sequence(&mut self, recorded: i64) -> i64 {
        1 + i64::try_from(self.below(usize::try_from(recorded).expect("few"))).expect("few")
    }
}

/// Other values for one that is stored.
fn others(value: &Value, dice: &mut Dice) -> Vec<Value> {
    let near =
        |n: i64| vec![Value::Null, n.wrapping_add(1).into(), n.wrapping_sub(1).into(), (-1).into(), 0.into(), 7.into()];
    let mut all = match value {
        Value::Null => vec![(-1).into(), 0.into(), 1.into(), String::new().into(), "x".to_owned().into()],
        Value::Integer(n) => near(*n),
        Value::Real(_) => vec![],
        Value::Text(text) => [String::new(), format!("{text}\0"), "sale".into(), "M".into(), "wrong_pin".into()]
            .into_iter()
            .map(Value::Text)
            .chain([Value::Null])
            .collect(),
        Value::Blob(bytes) => {
            let mut flipped = bytes.clone();
            let at = dice.below(bytes.len());
            flipped[at] ^= 1 << dice.below(8);
            vec![Value::Blob(flipped), Value::Blob(vec![0; bytes.len()]), Value::Blob(bytes[1..].to_vec())]
        }
    };
    all.retain(|other| other != value);
    all
}

#[tokio::test]
async fn every_column_of_every_table() {
    let (_ground, original, _) = ledger().await;
    let mut dice = Dice(1);
    let reader = Connection::open(&original).expect("opens");
    let (mut found, mut silent) = (0, Vec::new());
    for table in TABLES {
        let columns = columns(&reader, table);
        let key = columns[0].as_str();
        // One row of each shape is enough: every decline once, an approved load, inquiry and sale, every leg.
        let shape = match table {
            "ledger_transaction" => "kind || coalesce(decline, '')",
            "proposal" => "act || status",
            _ => key,
        };
        let sql = format!("SELECT MIN({key}) FROM {table} GROUP BY {shape} LIMIT 20");
        let mut rows = reader.prepare(&sql).expect("prepares");
        let rows: Vec<i64> =
            rows.query_map([], |row| row.get(0)).expect("reads").map(|id| id.expect("an id")).collect();
        for (row, column) in rows.iter().flat_map(|row| columns.iter().map(move |column| (*row, column))) {
            let sql = format!("SELECT {column} FROM {table} WHERE {key} = ?1");
            let value: Value = reader.query_row(&sql, [row], |found| found.get(0)).expect("reads");
            for other in others(&value, &mut dice) {
                let sql = format!("UPDATE {table} SET {column} = ?2 WHERE {key} = ?1");
                let findings = after(&original, |tool| tool.execute(&sql, params![row, other])).await;
                let Some(findings) = findings else { continue };
                let name = if table == "ledger_head" { "slot".to_owned() } else { TransactionId(row).rrn() };
                if findings.iter().any(|finding| finding.contains(&name)) {
                    found += 1;
                } else {
                    silent.push(format!("{table} {row} {column}: {value:?} -> {other:?}: {findings:?}"));
                }
            }
        }
    }
    assert_eq!(silent, Vec::<String>::new(), "{} not found, {found} found", silent.len());
    assert!(found > 700, "{found}");
}

/// A card whose holder set its PIN after a wrong code, and every value of its PIN and its code that somebody changes.
#[tokio::test]
async fn every_column_of_a_pin_and_its_code() {
    let mut world = shop();
    world.put_card(Card { status: CardStatus::Issued, pin: CardPin::Unset, ..card(3) });
    let fixture = Fixture::sqlite(&world).await;
    let first_use = |right| pins::first_use(3, right, PinValue([77; 32]));
    fixture
        .post(&[
            by_issuer(MAKER, envelope(1, MORNING, pins::issue_code(3, None))),
            pins::by_holder(envelope(2, MORNING, first_use(false))),
            pins::by_holder(envelope(3, MORNING, first_use(true))),
        ])
        .await;
    assert_eq!(fixture.verify().await, []);
    let original = fixture.folder.as_ref().expect("a folder").path().join("original.db");
    fixture.tool().execute("VACUUM INTO ?1", [original.to_str().expect("a path")]).expect("copied");
    let reader = Connection::open(&original).expect("opens");
    let mut dice = Dice(3);
    let of_card = ["pin_state", "pin", "pin_id"].map(|column| ("card", "id", column.to_owned()));
    let of_code = columns(&reader, "card_code").into_iter().map(|column| ("card_code", "card_id", column));
    let (card, mut found, mut silent) = (10_000_003_i64, 0, Vec::new());
    for (table, key, column) in of_card.into_iter().chain(of_code) {
        let sql = format!("SELECT {column} FROM {table} WHERE {key} = ?1");
        let value: Value = reader.query_row(&sql, [card], |row| row.get(0)).expect("reads");
        let mut all = others(&value, &mut dice);
        all.extend(["unset", "initial"].map(|word| Value::Text(word.to_owned())));
        for other in all {
            let sql = format!("UPDATE {table} SET {column} = ?2 WHERE {key} = ?1");
            let Some(findings) = after(&original, |tool| tool.execute(&sql, params![card, other])).await else {
                continue;
            };
            if findings.is_empty() {
                silent.push(format!("{table} {column}: {value:?} -> {other:?}"));
            }
            found += usize::from(!findings.is_empty());
        }
    }
    assert_eq!(silent, Vec::<String>::new());
    assert!(found > 50, "{found}");
    let gone = after(&original, |tool| tool.execute("DELETE FROM card_code", [])).await.expect("deleted");
    assert!(gone.iter().any(|one| one.contains(&rrn(1))), "{gone:?}");
}

/// What somebody does to the file, and the names one of which a finding has to say.
fn tamper(dice: &mut Dice, tool: &Connection, recorded: i64) -> rusqlite::Result<(usize, Vec<String>)> {
    let (row, other) = (dice.sequence(recorded), dice.sequence(recorded));
    let id = |sequence: i64| 10_000_000_000 + sequence;
    let names = vec![rrn(row), rrn(other)];
    let changed = match dice.below(9) {
        0 => tool.execute("DELETE FROM ledger_transaction WHERE id = ?1", [id(row)])?,
        1 => tool.execute("DELETE FROM ledger_transfer WHERE transaction_id = ?1", [id(row)])?,
        2 => {
            tool.execute("DELETE FROM ledger_transfer WHERE transaction_id = ?1", [id(row)])?;
            tool.execute("DELETE FROM ledger_transaction WHERE id = ?1", [id(row)])?
        }
        3 => {
            // The tail is cut, and sometimes the head set back to where it then ends.
            tool.execute("DELETE FROM ledger_transfer WHERE transaction_id >= ?1", [id(row)])?;
            let cut = tool.execute("DELETE FROM ledger_transaction WHERE id >= ?1", [id(row)])?;
            if dice.below(2) == 0 && row > 1 {
                let hash: Vec<u8> =
                    tool.query_row("SELECT hash FROM ledger_transaction WHERE id = ?1", [id(row - 1)], |r| r.get(0))?;
                tool.execute("UPDATE ledger_head SET sequence = ?1, hash = ?2", params![row - 1, hash])?;
            }
            return Ok((cut, vec!["slot 1".to_owned()]));
        }
        4 => {
            // Two rows change places.
            let swap = "UPDATE ledger_transaction SET id = ?2 WHERE id = ?1";
            if row == other {
                return Ok((0, names));
            }
            tool.execute(swap, [id(row), 1])?;
            tool.execute(swap, [id(other), id(row)])?;
            tool.execute(swap, [1, id(other)])?
        }
        5 => {
            let swap = "UPDATE ledger_transfer SET transaction_id = ?2 WHERE transaction_id = ?1";
            let sql = "SELECT debit FROM ledger_transfer WHERE transaction_id = ?1";
            let payer = |row| tool.query_row(sql, [id(row)], |found| found.get::<_, i64>(0)).ok();
            // Two sales of one card are alike: nothing changes.
            if payer(row) == payer(other) {
                return Ok((0, names));
            }
            tool.execute(swap, [id(row), 1])?
                + tool.execute(swap, [id(other), id(row)])?
                + tool.execute(swap, [1, id(other)])?
        }
        6 => {
            // A transfer more: one that exists, under another leg or another transaction.
            let sql = "INSERT INTO ledger_transfer (transaction_id, leg, debit, credit, amount, business_date)
                SELECT ?2, leg + 1, debit, credit, amount, business_date FROM ledger_transfer WHERE transaction_id = ?1";
            return Ok((tool.execute(sql, [id(row), id(other)])?, vec![rrn(other)]));
        }
        7 => {
            // Money from nowhere: a transfer of a transaction that does not exist, before or after all others.
            let stray = if dice.below(2) == 0 { 5 } else { id(recorded + 1) };
            let sql = "INSERT INTO ledger_transfer (transaction_id, leg, debit, credit, amount, business_date)
                VALUES (?1, 1, 1, 10000001, 100, 20261123)";
            return Ok((tool.execute(sql, [stray])?, vec![TransactionId(stray).rrn()]));
        }
        _ => {
            // A payment more: the last row once again under the next number, the head moved on.
            tool.execute_batch(
                "CREATE TEMP TABLE forged AS SELECT * FROM ledger_transaction ORDER BY id DESC LIMIT 1",
            )?;
            tool.execute("UPDATE forged SET id = id + 1, request_id = randomblob(16)", [])?;
            tool.execute("INSERT INTO ledger_transaction SELECT * FROM forged", [])?;
            tool.execute("UPDATE ledger_head SET sequence = sequence + 1", [])?;
            return Ok((1, vec![rrn(recorded + 1)]));
        }
    };
    Ok((changed, names))
}

/// The server's rows are read by the same code, so one other value per column says that each is read and compared.
#[tokio::test]
async fn every_column_of_every_table_on_a_server() {
    let fixture = Fixture::postgres(&shop()).await;
    fixture.post(&commands()).await;
    assert_eq!(fixture.verify().await, []);
    let (mut found, mut silent) = (0, Vec::new());
    for table in TABLES {
        batch(&fixture, format!("CREATE TABLE kept AS SELECT * FROM {table}")).await;
        let columns = columns_on_a_server(&fixture, table).await;
        let key = columns[0].0.clone();
        for (column, kind) in columns {
            let other = match kind.as_str() {
                "bigint" => format!("COALESCE({column}, 0) + 1000"),
                "text" => format!("COALESCE({column}, '') || 'x'"),
                _ => format!("substr(sha256({column}), 1, length({column}))"),
            };
            batch(
                &fixture,
                format!(
                    "ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_{column}_check;
                    ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_check;
                    ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_check1;
                    ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_check2;
                    ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_check3;
                    ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_{column}_fkey;
                    UPDATE {table} SET {column} = {other} WHERE {key} = (SELECT MIN({key}) FROM kept)"
                ),
            )
            .await;
            let findings: Vec<String> = fixture.verify().await.iter().map(ToString::to_string).collect();
            let name = match table {
                "ledger_head" => "slot".to_owned(),
                "dispute" | "proposal" => table.to_owned(),
                "card_move" => "card 10000002".to_owned(),
                "funding" | "ledger_transfer" => rrn(2),
                _ => rrn(1),
            };
            if findings.iter().any(|finding| finding.contains(&name)) {
                found += 1;
            } else {
                silent.push(format!("{table} {column}: {findings:?}"));
            }
            batch(&fixture, format!("TRUNCATE {table}; INSERT INTO {table} SELECT * FROM kept")).await;
        }
        batch(&fixture, "DROP TABLE kept".to_owned()).await;
    }
    assert_eq!(silent, Vec::<String>::new(), "{} not found, {found} found", silent.len());
    assert!(found >= 33, "{found}");
    assert_eq!(fixture.verify().await, []);
}

async fn batch(fixture: &Fixture, sql: String) {
    let done = fixture.database().write(move |connection| Ok(connection.execute_batch(&sql)?));
    done.await.expect("the server does it");
}

/// Columns with their types.
async fn columns_on_a_server(fixture: &Fixture, table: &'static str) -> Vec<(String, String)> {
    let sql = "SELECT column_name::text, data_type::text FROM information_schema.columns
        WHERE table_name = ?1 ORDER BY ordinal_position";
    let read = fixture.database().read(move |connection| {
        let mut statement = connection.prepare(sql)?;
        let found = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found.collect::<storage::sql::Result<_>>()?)
    });
    read.await.expect("the server tells")
}

#[tokio::test]
async fn two_hundred_random_tamperings() {
    let (_ground, original, recorded) = ledger().await;
    let mut dice = Dice(2);
    let mut found = 0;
    while found < 200 {
        let seed = dice.0;
        let mut names = Vec::new();
        let findings = after(&original, |tool| {
            let (changed, expected) = tamper(&mut dice, tool, recorded)?;
            names = expected;
            Ok(changed)
        });
        let Some(findings) = findings.await else { continue };
        let named = findings.iter().any(|finding| names.iter().any(|name| finding.contains(name)));
        assert!(named, "dice {seed}: none of {names:?} in {findings:?}");
        found += 1;
    }
}

#[tokio::test]
async fn balances_and_orders_are_held_to_the_ledger() {
    let (_ground, original, _) = ledger().await;
    for (sql, name) in [
        ("UPDATE card SET balance = balance + 1 WHERE id = 10000001", "card 10000001"),
        ("UPDATE card SET balance = 5 WHERE id = 10000002", "card 10000002"),
        ("DELETE FROM card WHERE id = 10000002", "account 10000002"),
        ("UPDATE card SET last_id = last_id - 1 WHERE id = 10000001", "card 10000001"),
        ("UPDATE card SET last_id = NULL WHERE id = 10000002", "card 10000002"),
        ("UPDATE card SET status = 'active' WHERE id = 10000002", "card 10000002"),
        ("UPDATE card SET status = 'lost' WHERE id = 10000001", "card 10000001"),
        ("DELETE FROM card_move", "is not kept"),
        ("UPDATE card_move SET to_status = 'lost'", "card 10000002"),
        ("UPDATE card_move SET reason = 'another'", "card 10000002"),
        ("UPDATE customer SET deposit = deposit + 1", "customer 1000001"),
        ("DELETE FROM customer", "account 1000001"),
        ("DELETE FROM funding", "is not kept"),
        ("INSERT INTO funding VALUES (10000000004, 'SL-X')", "bank reference SL-X"),
        ("UPDATE orders SET status = 'draft', paid_by = NULL WHERE id = 1", "order 1"),
        ("UPDATE orders SET paid_by = paid_by + 1 WHERE id = 2", "order 2"),
        ("UPDATE orders SET total = 1 WHERE id = 4", "order 4"),
        ("DELETE FROM orders WHERE id = 5", "order 5"),
        ("UPDATE orders SET status = 'nonsense' WHERE id = 6", "order 6"),
        ("UPDATE merchant SET fee_bp = 59", "merchant 250100"),
        ("UPDATE merchant SET fee_bp = NULL", "merchant 250100"),
        ("UPDATE merchant SET bank_account = '6200000000003392' WHERE id = 250100", "bank of merchant 250100"),
        ("UPDATE api_key SET asleep = 1", "API key 1901"),
        ("UPDATE api_key SET may_sell = 1", "API key 1901"),
        ("UPDATE api_key SET expires_at = expires_at + 1", "API key 1901"),
        ("UPDATE api_key SET rate_max = 600", "API key 1901"),
        ("UPDATE api_key SET signed = 0", "API key 1901"),
        ("UPDATE api_key SET name = 'x'", "API key 1901"),
        ("UPDATE person SET place = 'merchant', merchant_id = 250100 WHERE id = 901901", "API key 1901"),
        ("DELETE FROM proposal WHERE status = 'open'", "makes or ends no proposal"),
        ("DELETE FROM ledger_head", "slot 1"),
        ("INSERT INTO ledger_head VALUES (2, 1, zeroblob(32), 1, zeroblob(32))", "slot 2"),
        ("INSERT INTO ledger_head VALUES (1000, 1, zeroblob(32), 1, zeroblob(32))", "1000"),
    ] {
        let findings = after(&original, |tool| tool.execute(sql, [])).await.expect("it changes something");
        assert!(findings.iter().any(|finding| finding.contains(name)), "{sql}: {findings:?}");
    }
}

/// A recall stops what its maker typed, and nobody ends it alone.
#[tokio::test]
async fn a_recall_is_held_to_what_its_maker_typed() {
    let mut world = shop();
    let typed = "code 600233\nbarcode 036000291452\napproval Z20260001".to_owned();
    let (text, reason) = ("stop".to_owned(), "a fault".to_owned());
    world.recalls.insert(proposals::RECALL, domain::acts::Recall { goods: typed, text, reason, open: true });
    let fixture = Fixture::sqlite(&world).await;
    assert_eq!(fixture.verify().await, []);
    let original = fixture.folder.as_ref().expect("a folder").path().join("original.db");
    fixture.tool().execute("VACUUM INTO ?1", [original.to_str().expect("a path")]).expect("copied");
    let stops = "recall 1 does not stop what its maker typed";
    for (sql, name) in [
        ("DELETE FROM recall_match WHERE kind = 'code'", stops),
        ("DELETE FROM recall_match WHERE value = '0036000291452'", stops),
        ("DELETE FROM recall_match", stops),
        ("UPDATE recall_match SET value = 'Z20260002' WHERE kind = 'approval'", stops),
        ("UPDATE recall_match SET kind = 'barcode' WHERE kind = 'code'", stops),
        ("INSERT INTO recall_match VALUES ('code', '600402', 1)", stops),
        ("UPDATE recall SET goods = 'code 600402'", stops),
        ("UPDATE recall SET ended_at = 1", "recall 1"),
    ] {
        let findings = after(&original, |tool| tool.execute(sql, [])).await.expect("it changes something");
        assert!(findings.iter().any(|finding| finding.contains(name)), "{sql}: {findings:?}");
    }
}

/// A settlement is held to what it takes, to who decided and to the money that was paid, column by column.
#[tokio::test]
async fn every_column_of_a_settlement() {
    let (_ground, original, _) = ledger().await;
    let reader = Connection::open(&original).expect("opens");
    let mut ids = reader.prepare("SELECT id FROM settlement ORDER BY id").expect("prepares");
    let ids: Vec<i64> = ids.query_map([], |row| row.get(0)).expect("reads").map(|id| id.expect("an id")).collect();
    let mut dice = Dice(3);
    let (mut found, mut silent) = (0, Vec::new());
    for (table, key) in [("settlement", "id"), ("settlement_day", "settlement_id")] {
        for (column, id) in columns(&reader, table).iter().flat_map(|column| ids.iter().map(move |id| (column, *id))) {
            let sql = format!("SELECT {column} FROM {table} WHERE {key} = ?1");
            let value: Value = reader.query_row(&sql, [id], |row| row.get(0)).expect("reads");
            for other in others(&value, &mut dice) {
                let sql = format!("UPDATE {table} SET {column} = ?2 WHERE {key} = ?1");
                let findings = after(&original, |tool| tool.execute(&sql, params![id, other])).await;
                let Some(findings) = findings else { continue };
                let name = TransactionId(id).rrn();
                if findings.iter().any(|finding| finding.contains(&name)) {
                    found += 1;
                } else {
                    silent.push(format!("{table} {id} {column}: {value:?} -> {other:?}: {findings:?}"));
                }
            }
        }
    }
    assert_eq!(silent, Vec::<String>::new(), "{} not found, {found} found", silent.len());
    assert!(found > 100, "{found}");
    for sql in [
        "DELETE FROM settlement_day WHERE settlement_id = ?1",
        "DELETE FROM settlement WHERE id = ?1",
        "INSERT INTO settlement_day VALUES (?1, 20261122, 'sale', 1, 100)",
    ] {
        for &id in &ids {
            let findings = after(&original, |tool| {
                tool.pragma_update(None, "foreign_keys", false)?;
                tool.execute(sql, [id])
            });
            let findings = findings.await.expect("it changes something");
            assert!(findings.iter().any(|finding| finding.contains(&TransactionId(id).rrn())), "{sql}: {findings:?}");
        }
    }
}

/// What a later program does that covers one more field: it knows both formats, and writes the second.
const TWO_FORMATS: &[Format] = &[
    Format { number: 1, write: |transaction, transfers, covered| (FORMATS[0].write)(transaction, transfers, covered) },
    Format {
        number: 2,
        write: |transaction, transfers, covered| {
            (FORMATS[0].write)(transaction, transfers, covered);
            covered.number(transaction.id.sequence());
        },
    },
];

/// A field that is covered later alters no older transaction, and both formats hold what they cover.
#[tokio::test]
async fn two_formats_in_one_ledger() {
    let fixture = Fixture::sqlite(&shop()).await;
    let (first, second) = (commands(), vec![envelope(900, MORNING.plus(2 * DAY), inquiry(1, true))]);
    fixture.post(&first).await;
    let (old, new) = (first.len(), first.len() + second.len());
    let later = || chain_key().with_formats(TWO_FORMATS);
    let path = fixture.database().path().expect("a file").to_owned();
    let books = Books::of(fixture.database().clone(), later());
    books.post(second).await.expect("the store works");
    assert_eq!(books.verify().await.expect("reads"), []);
    let formats: Vec<i64> = {
        let tool = fixture.tool();
        let mut all = tool.prepare("SELECT format FROM ledger_transaction ORDER BY id").expect("prepares");
        let all = all.query_map([], |row| row.get(0)).expect("reads");
        all.collect::<rusqlite::Result<_>>().expect("numbers")
    };
    assert_eq!(formats, [vec![1; old], vec![2; new - old]].concat());
    // A program that does not know the second format says so of the new transaction, and of no other.
    let findings = fixture.verify().await;
    let number = |n: usize| rrn(i64::try_from(n).expect("few"));
    assert!(findings.iter().all(|finding| finding.what.contains(&number(new))), "{findings:?}");
    assert_eq!(findings.len(), 1);
    let copy = path.with_file_name("two.db");
    for (sql, at) in [
        ("UPDATE ledger_transaction SET amount = amount + 1 WHERE id = ?1", old),
        ("UPDATE ledger_transaction SET amount = amount + 1 WHERE id = ?1", new),
        ("UPDATE ledger_transaction SET format = 2 WHERE id = ?1", old),
        ("UPDATE ledger_transaction SET format = 1 WHERE id = ?1", new),
        ("UPDATE ledger_transaction SET format = 3 WHERE id = ?1", new),
    ] {
        let _ = std::fs::remove_file(&copy);
        fixture.tool().execute("VACUUM INTO ?1", [copy.to_str().expect("a path")]).expect("copied");
        let tool = Connection::open(&copy).expect("opens");
        let id = TransactionId::new(1, i64::try_from(at).expect("few"));
        assert_eq!(tool.execute(sql, [id.0]).expect("alters"), 1);
        drop(tool);
        let books = Books::of(Storage::open(&copy).expect("opens"), later());
        let findings = books.verify().await.expect("reads");
        assert!(findings.iter().any(|finding| finding.what.contains(&number(at))), "{sql} {at}: {findings:?}");
    }
}

/// The other control: with the right key and no change there is nothing to find, with a wrong key everything is wrong.
#[tokio::test]
async fn nothing_is_found_where_nothing_is_wrong() {
    let (_ground, original, recorded) = ledger().await;
    let findings = after(&original, |tool| tool.execute("UPDATE card SET holder = 'x' WHERE id = 10000001", [])).await;
    assert_eq!(findings, Some(vec![]));
    let books = Books::of(Storage::open(&original).expect("opens"), domain::ledger::ChainKey::new([8; 32]));
    let findings = books.verify().await.expect("reads");
    assert!(findings.len() > usize::try_from(recorded).expect("few"));
}
