//! Programmes on the three stores, and an altered row of one found by `verify`.

#[path = "../../domain/tests/builders/mod.rs"]
mod builders;

mod fixture;

use builders::programmes::{self, USED, by_one, of_card};
use builders::proposals::{self, CHECKER, MAKER, approve, proposal};
use builders::{MORNING, World, by_issuer, card, envelope, money, order, sale_pin};
use domain::acts::Payload;
use domain::command::Envelope;
use domain::ids::TransactionId;
use domain::money::Fen;
use domain::outcome::{Decline, Outcome};
use domain::programme_change::Narrowing;
use fixture::Fixture;
use rusqlite::params;
use rusqlite::types::Value;

fn shop() -> World {
    let mut world = builders::one_till();
    world.put_card(card(1));
    programmes::put_known(&mut world);
    programmes::put(&mut world);
    (1..=6).for_each(|id| world.put_order(order(id, 1_000)));
    world
}

/// Proposal and approval of each act, one limit lowered by one person, and sales around it.
fn commands(world: &World) -> Vec<Envelope> {
    let mut all = money::money_on_card(0, 1, 20_000).to_vec();
    for payload in programmes::acts() {
        all.extend(decided(world, i64::try_from(all.len()).expect("few"), payload));
    }
    all.push(envelope(1, MORNING, sale_pin(1, 1_000, 1, true)));
    let lowered = programmes::terms(world, of_card(1), |terms| terms.sale_max = Fen(999));
    all.push(by_one(2, world, of_card(1), Narrowing::Lower(lowered)));
    all.push(envelope(3, MORNING, sale_pin(2, 1_000, 1, true)));
    all
}

fn decided(world: &World, before: i64, payload: Payload) -> [Envelope; 2] {
    let seen = proposals::shown(world, &payload);
    let one = proposal(TransactionId::new(1, before + 1), MORNING, payload.clone(), seen.clone());
    let n = 20_000 + u16::try_from(before).expect("few");
    [
        by_issuer(MAKER, envelope(n, MORNING, proposals::propose(payload, seen))),
        by_issuer(CHECKER, envelope(n + 1, MORNING, approve(&one))),
    ]
}

async fn same_everywhere(fixture: Fixture) {
    let world = shop();
    let all = commands(&world);
    // One group, so that the lowered limit holds from the next command on.
    let outcomes = fixture.post(&all).await;
    let declines: Vec<Option<Decline>> =
        outcomes.iter().map(|one| one.transaction().and_then(|transaction| transaction.decline)).collect();
    let last = declines.len() - 1;
    assert!(declines[..last].iter().all(Option::is_none), "{declines:?}");
    assert_eq!(declines[last], Some(Decline::OverSaleLimit { limit: Fen(999) }));
    assert_eq!(fixture.verify().await, []);
    // It is still so in a group of its own, after a restart.
    let fixture = fixture.restart().await;
    let again = fixture.post(&[envelope(4, MORNING, sale_pin(3, 1_000, 1, true))]).await;
    let declined = again[0].transaction().and_then(|one| one.decline);
    assert_eq!(declined, Some(Decline::OverSaleLimit { limit: Fen(999) }));
    // Suspended, it declines with a word of its own; resumed by two, it pays again.
    let mut now = shop();
    now.post(&all);
    let suspended = by_one(5, &now, of_card(1), Narrowing::Suspend);
    let small = |n, id| envelope(n, MORNING, sale_pin(id, 1_000, 1, true));
    let outcomes = fixture.post(&[suspended.clone(), small(6, 4)]).await;
    assert!(outcomes[0].approved());
    assert_eq!(outcomes[1].transaction().and_then(|one| one.decline), Some(Decline::ProgrammeSuspended));
    assert_eq!(fixture.verify().await, []);
    assert!(outcomes.iter().all(|one| matches!(one, Outcome::Recorded(_))));
}

#[tokio::test]
async fn limits_and_states_hold_at_once_in_memory() {
    same_everywhere(Fixture::memory(&shop())).await;
}

#[tokio::test]
async fn limits_and_states_hold_at_once_in_the_file() {
    same_everywhere(Fixture::sqlite(&shop()).await).await;
}

#[tokio::test]
async fn limits_and_states_hold_at_once_on_a_server() {
    same_everywhere(Fixture::postgres(&shop()).await).await;
}

/// What `verify` holds to nothing: who entered a programme and when, when it was changed, and what follows from its template.
const FREE: [&str; 7] = ["named", "moved_at", "moved_by", "created_at", "created_by", "changed_at", "version"];

#[tokio::test]
async fn an_altered_programme_is_found() {
    let fixture = Fixture::sqlite(&shop()).await;
    fixture.post(&commands(&shop())).await;
    assert_eq!(fixture.verify().await, []);
    let (mut found, mut silent) = (0, Vec::new());
    for table in ["programme", "programme_change"] {
        let sql = "SELECT name FROM pragma_table_info(?1) ORDER BY cid";
        let columns: Vec<String> = {
            let tool = fixture.tool();
            let mut statement = tool.prepare(sql).expect("prepares");
            let names = statement.query_map([table], |row| row.get(0)).expect("reads");
            names.collect::<Result<_, _>>().expect("names")
        };
        let key = if table == "programme" { USED.0 } else { TransactionId::new(1, 12).0 };
        for column in columns.iter().filter(|column| !FREE.contains(&column.as_str())) {
            let sql = format!("SELECT {column} FROM {table} WHERE id = ?1");
            let value: Value = fixture.tool().query_row(&sql, [key], |row| row.get(0)).expect("a row");
            let other = match &value {
                Value::Integer(1) => Value::Integer(0),
                Value::Integer(n) => Value::Integer(n + 1),
                Value::Text(text) => Value::Text(format!("{text}x")),
                _ => Value::Integer(7_700),
            };
            let set = |id: i64, value: &Value| {
                let tool = fixture.tool();
                tool.pragma_update(None, "ignore_check_constraints", true).expect("a pragma");
                tool.pragma_update(None, "foreign_keys", false).expect("a pragma");
                let sql = format!("UPDATE {table} SET {column} = ?2 WHERE id = ?1");
                tool.execute(&sql, params![id, value]).expect("written")
            };
            assert_eq!(set(key, &other), 1, "{table} {column}");
            let findings = fixture.verify().await;
            if findings.is_empty() {
                silent.push(format!("{table} {column}"));
            } else {
                found += 1;
            }
            set(if column == "id" { key + 1 } else { key }, &value);
            assert_eq!(fixture.verify().await, [], "{table} {column} is as it was");
        }
    }
    assert_eq!(silent, Vec::<String>::new());
    assert!(found > 25, "{found}");
    // A merchant more that takes its cards.
    let sql = "INSERT INTO programme_merchant (programme_id, merchant_id) VALUES (?1, 250100)";
    fixture.tool().execute(sql, [USED.0]).expect("written");
    assert!(!fixture.verify().await.is_empty());
}
