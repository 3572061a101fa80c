//! Payments: an order and its charge in one step, and looking up the outcome.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::card_number::CardNumber;
use domain::command::{Actor, Command, PresentedCard};
use domain::direct_sale::DirectSale;
use domain::ids::{OrderId, RequestId, TransactionId};
use domain::ledger::{Kind, Transaction};
use domain::money::Fen;
use domain::network::Network;
use domain::outcome::{Decline, Outcome};
use domain::pin::{Door, TypedPin, is_pin};
use engine::SubmitError;
use serde::Deserialize;
use storage::idempotency::{self, PriorUse};
use storage::merchant;
use storage::product_list::SoldAt;

use crate::Api;
use crate::caller::{Caller, Json, Path, Query, terminal};
use crate::flight::{self, Done};
use crate::gate;
use crate::goods::{self, AMOUNT_MAX};
use crate::model::List;
use crate::model::payment::{BalanceInquiry, NewBalanceInquiry, NewPayment, PaidOrder, Payment};
use crate::problem::{Code, Problem};

/// The pause between two attempts to resolve an unknown outcome.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The transaction number in a path: 12 digits.
pub(crate) fn rrn(text: &str) -> Option<TransactionId> {
    let digits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|id| digits && *id > 0).map(TransactionId)
}

/// The card of a request. One that no programme's numbers begin like is refused before anything is tried or kept.
pub(crate) async fn present(api: &Api, text: &str) -> Result<(PresentedCard, CardNumber), Problem> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let refused = |why: &'static str| move || Problem::invalid("card_number", why);
    let number = CardNumber::parse(text).ok().filter(|_| digits);
    let (number, entry) = number.ok_or_else(refused("16 to 19 digits with a correct check digit."))?;
    let bins = api.bins.get(&api.storage, api.clock.now()).await?;
    if !bins.iter().any(|bin| bin.begins(number.reveal())) {
        return Err(refused("Not a card of this company.")());
    }
    Ok((api.vault.present(&number, entry), number))
}

fn checked_pin(pin: &str) -> Result<(), Problem> {
    if is_pin(pin) { Ok(()) } else { Err(Problem::invalid("pin", "Six digits.")) }
}

/// 201 if the outcome is on record, 202 if it is not known.
pub(crate) fn answer(known: bool, body: impl serde::Serialize) -> Response {
    let status = if known { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    (status, axum::Json(body)).into_response()
}

/// `POST /balance_inquiries`
pub(crate) async fn inquire(
    State(api): State<Api>,
    caller: Caller,
    Json(body): Json<NewBalanceInquiry>,
) -> Result<Response, Problem> {
    let (card, number) = present(&api, &body.card_number).await?;
    checked_pin(&body.pin)?;
    let pin = typed(&api, &caller, &number, &body.pin);
    let actor = caller.at_terminal(&api, terminal(body.terminal_id.as_deref())?).await?;
    let claim = caller.claim("createBalanceInquiry", &(&body.terminal_id, card.key.0))?;
    let (request, now, work) = (claim.request, caller.now, api.clone());
    let done = flight::once(&api, &caller, async move {
        match idempotency::claim(&work.storage, claim, now).await? {
            PriorUse::New | PriorUse::Same { .. } => {}
            PriorUse::Other => return Err(Problem::new(Code::IdempotencyConflict, "")),
        }
        flight::submit(&work, actor, request, Command::Inquiry { card, pin }).await
    });
    Ok(match done.await? {
        Done::Known(transaction) => answer(true, BalanceInquiry::of(Some(&transaction))),
        Done::Unknown => answer(false, BalanceInquiry::of(None)),
    })
}

/// The PIN as this caller sent it.
fn typed(api: &Api, caller: &Caller, number: &CardNumber, pin: &str) -> TypedPin {
    TypedPin { value: api.vault.pin_value(number, pin), door: Door::Key, network: Network::of(&caller.address) }
}

/// `POST /payments`
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    Json(body): Json<NewPayment>,
) -> Result<Response, Problem> {
    let (card, number) = present(&api, &body.card_number).await?;
    checked_pin(&body.pin)?;
    if !(1..=AMOUNT_MAX).contains(&body.amount) {
        return Err(Problem::invalid("amount", "From 1 to 9999999 fen."));
    }
    if body.merchant_order_number.as_ref().is_some_and(|number| !goods::fits(number, 1, 64)) {
        return Err(Problem::invalid("merchant_order_number", "1 to 64 characters."));
    }
    let named = terminal(body.terminal_id.as_deref())?;
    goods::check(body.lines.as_deref())?;
    let content = (&body.terminal_id, card.key.0, body.amount, body.currency, &body.lines, &body.merchant_order_number);
    let claim = caller.claim("createPayment", &content)?;
    let pin = typed(&api, &caller, &number, &body.pin);
    let (amount, merchant_number) = (Fen(body.amount), body.merchant_order_number);
    let sale = DirectSale { content: claim.content, amount, card, pin, lines: Vec::new(), merchant_number };
    let actor = caller.at_terminal(&api, named);
    let at =
        SoldAt { merchant: caller.key.merchant, outlet: caller.key.outlet, terminal: named.or(caller.key.terminal) };
    let goods = goods::lines(&api, at, body.lines.as_deref(), body.amount);
    let (actor, lines) = match tokio::join!(actor, goods) {
        (Ok(actor), Ok(lines)) => (actor, lines),
        (Err(problem), _) | (_, Err(problem)) => {
            return repeated(&api, &caller, claim.request, sale, problem).await;
        }
    };
    let sale = DirectSale { lines, ..sale };
    match flight::once(&api, &caller, pay(api.clone(), actor, claim.request, Arc::new(sale))).await? {
        Done::Known(Paid { transaction, order }) => {
            visible(&caller, &transaction)?;
            let payment = match order {
                Some(order) => Payment::recorded(&transaction, Some(order)),
                None => recorded(&api, &caller, &transaction).await?,
            };
            Ok(answer(true, payment))
        }
        Done::Unknown => Ok(answer(false, Payment::unknown(amount.0))),
    }
}

/// Answers a request whose goods or terminal are invalid now. They may have been valid when the same request was sent
/// first; then the record is the answer, because a caller that lost it must not be told that nothing happened.
async fn repeated(
    api: &Api,
    caller: &Caller,
    request: RequestId,
    sale: DirectSale,
    problem: Problem,
) -> Result<Response, Problem> {
    if api.flights.holds(caller.key.merchant, request) {
        return Err(Problem::new(Code::InFlight, "").after(flight::AGAIN_AFTER));
    }
    let found = merchant::transaction_of(&api.storage, caller.key.merchant, request).await?;
    let transaction = found.ok_or(problem)?;
    visible(caller, &transaction)?;
    let same = transaction.content == Command::DirectSale(Arc::new(sale)).content();
    if same || transaction.decline == Some(Decline::Withdrawn) {
        Ok(answer(true, recorded(api, caller, &transaction).await?))
    } else {
        Err(Problem::new(Code::IdempotencyConflict, ""))
    }
}

/// A recorded payment, with its order if it has just been created.
struct Paid {
    transaction: Box<Transaction>,
    order: Option<PaidOrder>,
}

/// Creates the order and charges it; a repeated request gets the record. An unknown outcome is resolved in the
/// background.
async fn pay(api: Api, actor: Actor, request: RequestId, sale: Arc<DirectSale>) -> Result<Done<Paid>, Problem> {
    match api.engine.submit(request, actor, Command::DirectSale(Arc::clone(&sale))).await {
        Ok(Outcome::Ordered(transaction, number)) => {
            let order = PaidOrder::new(&transaction, number, sale.merchant_number.clone());
            Ok(Done::Known(Paid { transaction, order: Some(order) }))
        }
        Ok(Outcome::Recorded(transaction)) => Ok(Done::Known(Paid { transaction, order: None })),
        Ok(other) => Err(flight::refused(&other, api.clock.now())),
        Err(SubmitError::Unknown(_)) => Ok(Done::Known(settle(&api, actor, request, &sale).await)),
        Err(error) => flight::not_known(&error),
    }
}

/// Asks for a lost outcome until it is known: the payment is on record, or the question withdraws it. Meanwhile the
/// caller has been told that it is unknown, and its key stays in flight.
async fn settle(api: &Api, actor: Actor, request: RequestId, sale: &DirectSale) -> Paid {
    loop {
        tokio::time::sleep(ASK_AGAIN_AFTER).await;
        let ask = Command::Withdraw { order: OrderId(0), amount: sale.amount, masked: sale.card.masked.clone() };
        if let Ok(Outcome::Recorded(transaction)) = api.engine.submit(request, actor, ask).await {
            return Paid { transaction, order: None };
        }
    }
}

/// Another outlet's payment under the same key is a conflict.
fn visible(caller: &Caller, transaction: &Transaction) -> Result<(), Problem> {
    let own = transaction.kind == Kind::Sale
        && caller.key.outlet.is_none_or(|outlet| outlet == transaction.actor.outlet || transaction.actor.outlet.0 == 0);
    if own { Ok(()) } else { Err(Problem::new(Code::IdempotencyConflict, "")) }
}

/// A recorded payment with its order.
pub(crate) async fn recorded(api: &Api, caller: &Caller, transaction: &Transaction) -> Result<Payment, Problem> {
    let order = match transaction.order {
        Some(order) => merchant::order(&api.storage, caller.reach(), order).await?,
        None => None,
    };
    Ok(Payment::recorded(transaction, order.map(PaidOrder::from)))
}

/// `GET /payments/{id}`
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Payment>, Problem> {
    let sale = sale(&api, &caller, &id).await?;
    Ok(axum::Json(recorded(&api, &caller, &sale).await?))
}

/// The sale with this number, if the key has access to it.
pub(crate) async fn sale(api: &Api, caller: &Caller, id: &str) -> Result<Transaction, Problem> {
    let absent = || Problem::not_found("There is no such payment.");
    let id = rrn(id).ok_or_else(absent)?;
    let found = merchant::transaction(&api.storage, caller.reach(), id).await?;
    found.filter(|found| found.kind == Kind::Sale).ok_or_else(absent)
}

/// The query of `GET /payments`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentQuery {
    idempotency_key: Option<String>,
}

/// `GET /payments?idempotency_key=…`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<PaymentQuery>,
) -> Result<axum::Json<List<Payment>>, Problem> {
    let key = query.idempotency_key.filter(|key| gate::usable_key(key));
    let key = key.ok_or_else(|| Problem::parameter("idempotency_key", "1 to 255 printable ASCII characters."))?;
    let (merchant, request) = (caller.key.merchant, gate::request_id(&key));
    let found = merchant::transaction_of(&api.storage, merchant, request).await?;
    let data = match found.filter(|found| visible(&caller, found).is_ok()) {
        Some(transaction) => vec![recorded(&api, &caller, &transaction).await?],
        None if api.flights.holds(merchant, request) => vec![Payment::unknown(0)],
        None => Vec::new(),
    };
    Ok(axum::Json(List::all(data)))
}
