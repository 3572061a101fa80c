//! Load and save of a group on a server: everything of a kind in one statement, and statements sent together, because a
//! round trip costs more than a row.
//!
//! A sale is two round trips: BEGIN with all that is loaded, and all that is saved with COMMIT.
//!
//! What must stay true: locks first, then reading, so that what is read is what the transactions before left: a row
//! that is locked is answered as it is once the lock is there, and everything else is asked after. The chain's lock
//! comes first and every group takes it, so the groups of all instances follow one another, and numbers ascend in the
//! order in which money moved.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use domain::card::CardKey;
use domain::changes::Changes;
use domain::command::Envelope;
use domain::decide::{decide_all, keys};
use domain::ids::{MerchantId, TerminalId};
use domain::ledger::{ChainKey, Head};
use domain::outcome::Outcome;
use domain::state::{Keys, State};
use domain::sweep::Watch;
use tokio_postgres::Row as ServerRow;
use tokio_postgres::types::ToSql;

use super::new_orders_postgres as new_orders;
use super::outbox::{self, Subscriptions};
use super::rows::{self, TransactionRow, transaction_columns};
use super::{SLOT, cards, common, sweeps};
use crate::backend::postgres;
use crate::error::StorageError;
use crate::human;
use crate::sql::{self, Connection, Link, Row, Values};
use crate::vault::GENERATION;

/// Loads, decides and saves one group inside the open transaction.
pub(crate) fn post(connection: &Connection, key: ChainKey, group: &[Envelope]) -> Result<Vec<Outcome>, StorageError> {
    let (mut state, subscriptions) = load(connection, key, keys(group))?;
    let (outcomes, changes) = decide_all(&mut state, group);
    if !changes.is_empty() {
        save(postgres::link(connection), &changes)?;
        common::save_rest(connection, &state, &changes, subscriptions)?;
    }
    Ok(outcomes)
}

const LOCK_CHAIN: &str = "SELECT pg_advisory_xact_lock(7236)";

/// Waits until no group is being posted, and keeps others from it until the transaction ends; on the file that is so.
pub(crate) fn lock_chain(connection: &Connection) -> sql::Result<()> {
    if connection.link().is_none() { Ok(()) } else { connection.execute_batch(LOCK_CHAIN) }
}

const HEAD: &str = "SELECT sequence, hash FROM ledger_head WHERE slot = $1::bigint";
const TILLS: &str = "SELECT o.id, o.merchant_id, m.status = 'active', o.status = 'active', m.drug_returns, \
     t.status = 'active', t.batch_no, t.id FROM terminal t JOIN outlet o ON o.id = t.outlet_id \
     JOIN merchant m ON m.id = o.merchant_id WHERE t.id = ANY($1)";
const REQUESTS: &str = concat!(
    "SELECT ",
    transaction_columns!(),
    " FROM unnest($1::bytea[], $2::bigint[]) AS n (request, merchant) \
     JOIN ledger_transaction ON request_id = n.request AND merchant_id = n.merchant"
);
const ORDERS: &str = "SELECT id, merchant_id, outlet_id, terminal_id, person_id, status, total, payable, attempt, \
     paid_by, paid_at FROM orders WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE";
const CARDS: &str = "SELECT id, status, holder, expires_on, pin, balance, spent_on, spent_amount, spent_count, \
     programme_id, last_id, spent_month, pin_state, pin_id, lookup FROM card WHERE lookup = ANY($1) ORDER BY lookup FOR NO KEY UPDATE";
const TRIES: &str = "SELECT tried_on, places, lookup FROM pin_tries WHERE lookup = ANY($1)";
const SWEEPS: &str = "SELECT merchant_id, outlet_id, cards, paused_until, stopped_at, watch FROM pin_sweep \
     WHERE watch = ANY($1)";
const PROGRAMMES: &str = "SELECT id, status, named, balance_max, load_max, sale_max, daily_max, daily_count_max, \
     month_max, refund_window, pin_mode, loss_report FROM programme WHERE id IN (SELECT programme_id FROM card WHERE lookup = ANY($1))";
const PROGRAMME_MERCHANTS: &str = "SELECT programme_id, merchant_id FROM programme_merchant WHERE programme_id IN \
     (SELECT programme_id FROM card WHERE lookup = ANY($1)) ORDER BY programme_id, merchant_id";
const SUBSCRIPTIONS: &str = "SELECT id, outlet_id, events, merchant_id FROM webhook_endpoint \
     WHERE merchant_id = ANY($1) AND status = 'active' ORDER BY id";

fn load(connection: &Connection, key: ChainKey, keys: Keys) -> sql::Result<(State, Subscriptions)> {
    let link = postgres::link(connection);
    let tills: Vec<i64> = keys.tills.iter().map(|id| id.0).collect();
    let (requests, merchants): (Vec<&[u8]>, Vec<i64>) =
        keys.requests.iter().map(|(request, merchant)| (&request.0[..], merchant.0)).unzip();
    let orders: Vec<i64> = keys.orders.iter().map(|id| id.0).collect();
    let cards: Vec<&[u8]> = keys.cards.iter().map(|key| &key.0[..]).collect();
    let pins: Vec<&[u8]> = keys.pins.iter().map(|key| &key.0[..]).collect();
    let watches: Vec<String> = keys.watches.iter().map(Watch::text).collect();
    let slot = i64::from(SLOT);
    let (claims, claimers): (Vec<&[u8]>, Vec<i64>) =
        keys.claims.iter().map(|(request, merchant)| (&request.0[..], merchant.0)).unzip();
    let (outlets, days): (Vec<i64>, Vec<i64>) =
        keys.numbers.iter().map(|(outlet, day)| (outlet.0, i64::from(day.0))).unzip();
    let tellers: Vec<i64> = merchants.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let questions: [(&str, bool, &[&(dyn ToSql + Sync)]); 15] = [
        (LOCK_CHAIN, true, &[]),
        (ORDERS, !orders.is_empty(), &[&orders]),
        (CARDS, !cards.is_empty(), &[&cards]),
        (HEAD, true, &[&slot]),
        (TILLS, !tills.is_empty(), &[&tills]),
        (REQUESTS, !requests.is_empty(), &[&requests, &merchants]),
        (TRIES, !pins.is_empty(), &[&pins]),
        (SWEEPS, !watches.is_empty(), &[&watches]),
        (sweeps::SETTINGS, keys.guesses(), &[]),
        (PROGRAMMES, !cards.is_empty(), &[&cards]),
        (PROGRAMME_MERCHANTS, !cards.is_empty(), &[&cards]),
        (SUBSCRIPTIONS, !tellers.is_empty(), &[&tellers]),
        (new_orders::CLAIMS, !claims.is_empty(), &[&claims, &claimers]),
        (new_orders::NUMBERS, !outlets.is_empty(), &[&outlets, &days]),
        (new_orders::LAST, !outlets.is_empty(), &[]),
    ];
    let found = link.together(&questions)?;
    let [_, orders, cards, head, tills, requests, tries, sweeps, settings, programmes, programme_merchants, rest @ ..] =
        &found;
    let [told, claims, numbers, last] = rest;
    let head = match head.first() {
        Some(row) => rows::head(&Row::Postgres(row))?,
        None => Head::empty(SLOT),
    };
    let mut state = State::new(key, head);
    absent(&mut state, &keys);
    for row in tills.iter().map(Row::Postgres) {
        let (id, till) = (TerminalId(row.get(7)?), rows::till(&row)?);
        state.tills.loaded(id, Some(till));
    }
    for row in requests.iter().map(Row::Postgres) {
        let found = rows::transaction(&row)?;
        state.requests.loaded((found.request_id, found.actor.merchant), Some(found));
    }
    for row in orders.iter().map(Row::Postgres) {
        let found = rows::order(&row)?;
        state.orders.loaded(found.id, Some(found));
    }
    let mut known = load_cards(connection, &mut state, cards, programmes, programme_merchants)?;
    load_guesses(&mut state, tries, sweeps, settings)?;
    new_orders::loaded(&mut state, &keys, claims, numbers, last)?;
    let more = keys.found(&state);
    if !more.is_empty() {
        load_more(link, &mut state, &more.iter().map(|id| id.0).collect::<Vec<i64>>())?;
    }
    common::load_rare(connection, &mut state, &keys)?;
    state.reversed = keys.reversed;
    let sold = keys.sold.into_iter().chain(more).collect();
    common::load_rest(connection, &mut known, &mut state, sold, keys.batches)?;
    human::load(connection, &mut state, &keys.people, keys.reviewers)?;
    let mut subscriptions: Subscriptions = tellers.into_iter().map(|id| (MerchantId(id), Vec::new())).collect();
    for row in told.iter().map(Row::Postgres) {
        subscriptions.entry(MerchantId(row.get(3)?)).or_default().push(outbox::subscription(&row)?);
    }
    Ok((state, subscriptions))
}

/// Cards with the programmes that they belong to.
fn load_cards(
    connection: &Connection,
    state: &mut State,
    cards: &[ServerRow],
    programmes: &[ServerRow],
    programme_merchants: &[ServerRow],
) -> sql::Result<cards::Programmes> {
    let mut known = cards::Programmes::default();
    for row in programmes.iter().map(Row::Postgres) {
        known.know(row.get(0)?, cards::terms(&row)?);
    }
    for row in programme_merchants.iter().map(Row::Postgres) {
        known.taken_by(row.get(0)?, MerchantId(row.get(1)?));
    }
    for row in cards.iter().map(Row::Postgres) {
        let key = CardKey(row.get(14)?);
        let card = cards::card(&row, key, known.terms(connection, row.get(9)?)?)?;
        state.cards.loaded(key, Some(card));
    }
    Ok(known)
}

/// What a PIN needs before it is compared.
fn load_guesses(
    state: &mut State,
    tries: &[ServerRow],
    sweeps: &[ServerRow],
    settings: &[ServerRow],
) -> sql::Result<()> {
    for row in tries.iter().map(Row::Postgres) {
        state.tries.loaded(CardKey(row.get(2)?), Some(sweeps::tries(&row)?));
    }
    for row in sweeps.iter().map(Row::Postgres) {
        state.sweeps.loaded(rows::word(&row, 5, Watch::read)?, Some(sweeps::sweep(&row)?));
    }
    for row in settings.iter().map(Row::Postgres) {
        sweeps::setting(&row, &mut state.limits)?;
    }
    Ok(())
}

/// Orders that the first stage led to.
fn load_more(link: &Link, state: &mut State, orders: &Vec<i64>) -> sql::Result<()> {
    let [found] = link.together(&[(ORDERS, true, &[orders])])?;
    for row in found.iter().map(Row::Postgres) {
        let found = rows::order(&row)?;
        state.orders.loaded(found.id, Some(found));
    }
    Ok(())
}

/// Notes of everything that was asked for that it is not there; what is there overwrites it.
fn absent(state: &mut State, keys: &Keys) {
    keys.tills.iter().for_each(|till| state.tills.loaded(*till, None));
    keys.requests.iter().for_each(|request| state.requests.loaded(*request, None));
    keys.orders.iter().for_each(|order| state.orders.loaded(*order, None));
    keys.cards.iter().for_each(|card| state.cards.loaded(*card, None));
    keys.pins.iter().for_each(|card| state.tries.loaded(*card, None));
    keys.watches.iter().for_each(|watch| state.sweeps.loaded(watch.clone(), None));
}

static TRANSACTIONS_INSERT: LazyLock<String> = LazyLock::new(TransactionRow::insert_on_server);
const TRANSFERS_INSERT: &str = "INSERT INTO ledger_transfer (transaction_id, leg, debit, credit, amount, business_date) \
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])";
const CARDS_UPDATE: &str = "UPDATE card SET balance = n.balance, spent_on = n.spent_on, \
     spent_amount = n.spent_amount, spent_count = n.spent_count, last_id = n.last_id, \
     spent_month = n.spent_month \
     FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], \
     $7::bigint[]) AS n (id, balance, spent_on, spent_amount, spent_count, last_id, spent_month) \
     WHERE card.id = n.id";
const ORDERS_UPDATE: &str = "UPDATE orders SET status = n.status, attempt = n.attempt, paid_by = n.paid_by, \
     paid_at = n.paid_at FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::bigint[], $5::bigint[]) \
     AS n (id, status, attempt, paid_by, paid_at) WHERE orders.id = n.id";
const TRIES_UPSERT: &str = "INSERT INTO pin_tries (lookup, lookup_generation, tried_on, places) \
     SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::text[]) \
     ON CONFLICT (lookup) DO UPDATE SET tried_on = excluded.tried_on, places = excluded.places";

/// The values of one statement, a column each.
pub(super) type Columns = Values;

/// A column of `rows`.
pub(super) fn column<'r, R: 'r, T>(
    rows: impl IntoIterator<Item = &'r R>,
    value: impl Fn(&'r R) -> T,
) -> Box<dyn ToSql + Sync + Send>
where
    T: ToSql + Sync + Send + 'static,
{
    Box::new(rows.into_iter().map(value).collect::<Vec<T>>())
}

fn save(link: &Link, changes: &Changes) -> sql::Result<()> {
    let new = &changes.new_orders;
    let unnamed = new.iter().all(|new| new.sale.merchant_number.is_none());
    let writes: [(&str, bool, Columns); 9] = [
        (new_orders::NUMBERS_UPDATE, new.is_empty(), new_orders::numbers(&changes.numbers())),
        (new_orders::INSERT, new.is_empty(), new_orders::orders(new)),
        (new_orders::LINES_INSERT, new.is_empty(), new_orders::lines(new)),
        (new_orders::MERCHANT_NUMBERS_INSERT, unnamed, new_orders::merchant_numbers(new)),
        (&TRANSACTIONS_INSERT, changes.transactions.is_empty(), TransactionRow::columns(&changes.transactions)),
        (TRANSFERS_INSERT, changes.transfers.is_empty(), transfers(changes)),
        (CARDS_UPDATE, changes.cards.is_empty(), cards(changes)),
        (ORDERS_UPDATE, changes.orders.is_empty(), orders(changes)),
        (TRIES_UPSERT, changes.tries.is_empty(), tries(changes)),
    ];
    for (sql, empty, columns) in writes {
        if !empty {
            link.execute_later(sql, columns)?;
        }
    }
    Ok(())
}

fn transfers(changes: &Changes) -> Columns {
    let new = &changes.transfers;
    vec![
        column(new, |t| t.transaction.0),
        column(new, |t| t.leg),
        column(new, |t| t.debit.0),
        column(new, |t| t.credit.0),
        column(new, |t| t.amount.0),
        column(new, |t| i64::from(t.business_date.0)),
    ]
}

fn cards(changes: &Changes) -> Columns {
    let cards = || changes.cards.values();
    vec![
        column(cards(), |card| card.id.0),
        column(cards(), |card| card.balance.0),
        column(cards(), |card| i64::from(card.spent.on.0)),
        column(cards(), |card| card.spent.amount.0),
        column(cards(), |card| card.spent.count),
        column(cards(), |card| card.last.map(|id| id.0)),
        column(cards(), |card| card.spent.month.0),
    ]
}

fn orders(changes: &Changes) -> Columns {
    let orders = || changes.orders.values();
    vec![
        column(orders(), |order| order.id.0),
        column(orders(), |order| order.status.word()),
        column(orders(), |order| order.attempt.map(|id| id.0.to_vec())),
        column(orders(), |order| order.paid_by.map(|id| id.0)),
        column(orders(), |order| order.paid_at.map(|at| at.0)),
    ]
}

fn tries(changes: &Changes) -> Columns {
    vec![
        column(changes.tries.keys(), |key| key.0.to_vec()),
        column(changes.tries.keys(), |_| GENERATION),
        column(changes.tries.values(), |tries| i64::from(tries.on.0)),
        column(changes.tries.values(), sweeps::places),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::postgres::{PLAN_ONCE, connect::Server};

    /// A plan is made once, for small tables, and kept while they grow.
    #[test]
    fn a_house_without_a_single_payment_is_planned_by_key() {
        let database = crate::fixture::migrated();
        let connection = Server::parse(&database.url()).expect("an address").connect(PLAN_ONCE).expect("connects");
        connection.execute_batch("ANALYZE").expect("analyses");
        let texts = [
            HEAD,
            TILLS,
            REQUESTS,
            ORDERS,
            CARDS,
            TRIES,
            SWEEPS,
            PROGRAMMES,
            PROGRAMME_MERCHANTS,
            CARDS_UPDATE,
            ORDERS_UPDATE,
            TRIES_UPSERT,
            new_orders::CLAIMS,
            new_orders::NUMBERS,
            new_orders::NUMBERS_UPDATE,
            new_orders::LAST,
        ];
        for (nth, text) in texts.into_iter().enumerate() {
            connection.execute_batch(&format!("PREPARE text{nth} AS {text}")).expect("prepares");
            let values = (1..10).take_while(|n| text.contains(&format!("${n}"))).map(|_| "NULL").collect::<Vec<_>>();
            let values = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
            let mut explain = connection.prepare(&format!("EXPLAIN EXECUTE text{nth}{values}")).expect("prepares");
            let plan = explain.query_map([], |row| row.get::<_, String>(0)).expect("explains");
            let plan: Vec<String> = plan.collect::<sql::Result<_>>().expect("texts");
            assert!(!plan.iter().any(|step| step.contains("Seq Scan")), "{text}\n{}", plan.join("\n"));
        }
    }
}
