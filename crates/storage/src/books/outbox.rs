//! The outbox: events that the books write beside the money, in the same commit.
//!
//! What must stay true: an event is on disk exactly when its money is; nothing of a PIN, a whole card number or a
//! balance is in it; a merchant without an endpoint that wants the event pays one look-up in an index and no write.

use std::collections::{BTreeMap, BTreeSet};

use crate::sql::{self, Connection, Row, params};
use domain::changes::Changes;
use domain::event::{Event, EventKind, events};
use domain::ids::{MerchantId, OutletId, TransactionId};
use domain::ledger::Kind;
use domain::outcome::Decline;
use domain::settlement::Settlement;
use domain::state::State;
use domain::time::Timestamp;
use serde::Serialize;

use crate::ids;

/// Who wants to know, as far as the money path has to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The endpoint.
    pub endpoint: i64,
    /// Only this outlet's events.
    pub outlet: Option<OutletId>,
    /// Which events.
    pub events: BTreeSet<EventKind>,
}

impl Subscription {
    fn wants(&self, event: &Event<'_>) -> bool {
        self.outlet.is_none_or(|outlet| Some(outlet) == event.outlet) && self.events.contains(&event.kind)
    }
}

/// Who wants to know, of merchants that were asked about.
pub(crate) type Subscriptions = BTreeMap<MerchantId, Vec<Subscription>>;

/// An event as it is stored and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number; ascends.
    pub id: i64,
    /// Whose it is.
    pub merchant: MerchantId,
    /// At which outlet; 0 for what concerns the whole merchant.
    pub outlet: OutletId,
    /// Events of one object are told in order.
    pub object: i64,
    /// What happened.
    pub kind: EventKind,
    /// The body.
    pub payload: String,
    /// When it happened.
    pub created_at: Timestamp,
    /// The endpoints that want it.
    pub endpoints: Vec<i64>,
}

/// The messages of what a group writes, numbered after `last()`, for the endpoints that `of` a merchant there are.
pub(crate) fn messages<E>(
    state: &State,
    changes: &Changes,
    mut of: impl FnMut(MerchantId) -> Result<Vec<Subscription>, E>,
    mut last: impl FnMut() -> Result<i64, E>,
) -> Result<Vec<Message>, E> {
    let mut known: BTreeMap<MerchantId, Vec<Subscription>> = BTreeMap::new();
    let mut messages: Vec<Message> = Vec::new();
    for event in events(state, changes) {
        let subscriptions = match known.get(&event.merchant) {
            Some(found) => found,
            None => known.entry(event.merchant).or_insert(of(event.merchant)?),
        };
        let wanting = subscriptions.iter().filter(|one| one.wants(&event));
        let endpoints: Vec<i64> = wanting.map(|one| one.endpoint).collect();
        if endpoints.is_empty() {
            continue;
        }
        let before = match messages.last() {
            Some(message) => message.id,
            None => last()?,
        };
        messages.push(message(&event, ids::time_ordered(event.transaction.at, 0).max(before + 1), endpoints));
    }
    Ok(messages)
}

/// Writes the events of a group. Called by `save` inside the group's transaction. Who wants to know of merchants that are
/// not in `known` is looked up.
pub(crate) fn save(
    connection: &Connection,
    state: &State,
    changes: &Changes,
    mut known: Subscriptions,
) -> sql::Result<()> {
    let of = |merchant| known.remove(&merchant).map_or_else(|| subscriptions(connection, merchant), Ok);
    messages(state, changes, of, || last(connection))?.iter().try_for_each(|message| insert(connection, message))
}

fn subscriptions(connection: &Connection, merchant: MerchantId) -> sql::Result<Vec<Subscription>> {
    let sql = "SELECT id, outlet_id, events FROM webhook_endpoint INDEXED BY webhook_endpoint_active
        WHERE merchant_id = ?1 AND status = 'active' ORDER BY id";
    connection.prepare_cached(sql)?.query_map([merchant.0], subscription)?.collect()
}

/// Reads its id, outlet and events.
pub(crate) fn subscription(row: &Row<'_>) -> sql::Result<Subscription> {
    let outlet = row.get::<_, Option<i64>>(1)?.map(OutletId);
    Ok(Subscription { endpoint: row.get(0)?, outlet, events: read_kinds(row.text(2)?) })
}

/// Kinds from words with a blank between; a word of a newer program is passed over.
pub(crate) fn read_kinds(words: &str) -> BTreeSet<EventKind> {
    words.split(' ').filter_map(EventKind::from_word).collect()
}

/// The number of the last event.
pub(crate) fn last(connection: &Connection) -> sql::Result<i64> {
    connection.prepare_cached("SELECT COALESCE(MAX(id), 0) FROM webhook_event")?.query_row([], |row| row.get(0))
}

/// Writes one event and a delivery for each of its endpoints.
pub(crate) fn insert(connection: &Connection, message: &Message) -> sql::Result<()> {
    let sql = "INSERT INTO webhook_event (id, merchant_id, outlet_id, object_id, kind, payload, created_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = params![
        message.id,
        message.merchant.0,
        message.outlet.0,
        message.object,
        message.kind.word(),
        message.payload,
        message.created_at.0,
    ];
    connection.execute_later(sql, values)?;
    let sql = "INSERT INTO webhook_delivery (endpoint_id, event_id, object_id, status, attempts, due_at)
        VALUES (?1, ?2, ?3, 'pending', 0, ?4)";
    for endpoint in &message.endpoints {
        connection.execute_later(sql, params![endpoint, message.id, message.object, message.created_at.0])?;
    }
    Ok(())
}

fn message(event: &Event<'_>, id: i64, endpoints: Vec<i64>) -> Message {
    let created_at = event.transaction.at;
    let body = Body { id, kind: event.kind, merchant: event.merchant, created_at, data: Some(Data::of(event)) };
    let payload = body.text();
    let Event { kind, merchant, object, .. } = *event;
    let outlet = event.outlet.unwrap_or(OutletId(0));
    Message { id, merchant, outlet, object, kind, payload, created_at, endpoints }
}

/// A message that only tries the way, for one endpoint.
pub(crate) fn test_message(
    id: i64,
    merchant: MerchantId,
    outlet: OutletId,
    created_at: Timestamp,
    endpoint: i64,
) -> Message {
    let kind = EventKind::Test;
    let payload = Body { id, kind, merchant, created_at, data: None }.text();
    Message { id, merchant, outlet, object: id, kind, payload, created_at, endpoints: vec![endpoint] }
}

/// What is sent.
struct Body {
    id: i64,
    kind: EventKind,
    merchant: MerchantId,
    created_at: Timestamp,
    data: Option<Data>,
}

impl Body {
    fn text(self) -> String {
        let envelope = Envelope {
            object: "event",
            id: self.id.to_string(),
            r#type: self.kind.word(),
            merchant_id: self.merchant.to_string(),
            created_at: self.created_at.rfc3339_text(),
            data: self.data,
        };
        serde_json::to_string(&envelope).expect("texts and numbers are JSON")
    }
}

#[derive(Serialize)]
struct Envelope {
    object: &'static str,
    id: String,
    r#type: &'static str,
    merchant_id: String,
    created_at: String,
    data: Option<Data>,
}

/// What an event is about.
#[derive(Serialize)]
#[serde(untagged)]
enum Data {
    Transaction(TransactionData),
    Settlement(SettlementData),
}

impl Data {
    fn of(event: &Event<'_>) -> Self {
        match event.settlement {
            Some(settlement) => Self::Settlement(SettlementData::of(settlement)),
            None => Self::Transaction(TransactionData::of(event)),
        }
    }
}

/// The settlement, under the names of the API's settlement.
#[derive(Serialize)]
struct SettlementData {
    object: &'static str,
    id: String,
    number: i64,
    from_date: String,
    until_date: String,
    sales: Sum,
    refunds: Sum,
    voids: Sum,
    reversals: Sum,
    chargebacks: Sum,
    net_amount: i64,
    fee_basis_points: i64,
    fee_amount: i64,
    payout_amount: i64,
    currency: &'static str,
    transaction_id: Option<String>,
    confirmed_at: Option<String>,
}

#[derive(Serialize)]
struct Sum {
    count: i64,
    amount: i64,
}

impl SettlementData {
    fn of(one: &Settlement) -> Self {
        let sum = |kind| {
            let tally = one.turnover.of(kind);
            Sum { count: tally.count, amount: tally.sum.0 }
        };
        Self {
            object: "settlement",
            id: one.id.rrn(),
            number: one.number(),
            from_date: one.from().to_string(),
            until_date: one.until.to_string(),
            sales: sum(Kind::Sale),
            refunds: sum(Kind::Refund),
            voids: sum(Kind::Void),
            reversals: sum(Kind::Reversal),
            chargebacks: sum(Kind::Chargeback),
            net_amount: one.net.0,
            fee_basis_points: one.fee_bp,
            fee_amount: one.fee.0,
            payout_amount: one.payout.0,
            currency: "CNY",
            transaction_id: one.decided_by.map(TransactionId::rrn),
            confirmed_at: one.decided_at.map(Timestamp::rfc3339_text),
        }
    }
}

/// The transaction, under the names of the API's transaction. No balance: it is the holder's; no figure of a decline:
/// what is short would tell it.
#[derive(Serialize)]
struct TransactionData {
    object: &'static str,
    id: String,
    kind: &'static str,
    status: &'static str,
    response_code: &'static str,
    decline: Option<&'static str>,
    amount: i64,
    currency: &'static str,
    card: Option<String>,
    request_id: String,
    order_id: Option<String>,
    original_id: Option<String>,
    refund_id: Option<String>,
    dispute_id: Option<String>,
    outlet_id: String,
    terminal_id: String,
    person_id: String,
    approval_code: Option<String>,
    stan: String,
    batch: i64,
    business_date: String,
    created_at: String,
}

impl TransactionData {
    fn of(event: &Event<'_>) -> Self {
        let t = event.transaction;
        Self {
            object: "transaction",
            id: t.id.rrn(),
            kind: t.kind.word(),
            status: if t.approved() { "approved" } else { "declined" },
            response_code: t.code(),
            decline: t.decline.map(Decline::word),
            amount: t.amount.0,
            currency: "CNY",
            card: Some(t.masked.0.clone()).filter(|masked| !masked.is_empty()),
            request_id: t.request_id.to_string(),
            order_id: t.order.map(|id| id.to_string()),
            original_id: t.original.map(TransactionId::rrn),
            refund_id: event.refund.map(TransactionId::rrn),
            dispute_id: event.dispute.map(TransactionId::rrn),
            outlet_id: event.outlet.unwrap_or(t.actor.outlet).to_string(),
            terminal_id: t.actor.terminal.to_string(),
            person_id: t.actor.person.to_string(),
            approval_code: t.approval_code.clone(),
            stan: t.id.stan(),
            batch: t.batch,
            business_date: t.business_date.to_string(),
            created_at: t.at.rfc3339_text(),
        }
    }
}
