//! Payments: an order and its charge in one step, and what became of it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::card_number::{CardNumber, MaskedCard};
use domain::command::{Actor, Command, PresentedCard, Proof};
use domain::ids::{OrderId, RequestId, TransactionId};
use domain::ledger::{Kind, Transaction};
use domain::money::Fen;
use domain::pin::is_pin;
use serde::Deserialize;
use storage::direct_sale::{self, DirectSale};
use storage::draft::Scope;
use storage::idempotency::{self, Found};
use storage::merchant;

use crate::Api;
use crate::caller::{Caller, Json, Path, Query};
use crate::flight::{self, Done};
use crate::gate;
use crate::goods::{self, AMOUNT_MAX};
use crate::model::List;
use crate::model::payment::{BalanceInquiry, NewBalanceInquiry, NewPayment, Payment};
use crate::problem::{Code, Problem};

/// The number of a transaction as the address names it: 12 digits.
pub(crate) fn rrn(text: &str) -> Option<TransactionId> {
    let digits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|id| digits && *id > 0).map(TransactionId)
}

/// The card of a request.
pub(crate) fn present(api: &Api, text: &str) -> Result<(PresentedCard, CardNumber), Problem> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let refused = || Problem::invalid("card_number", "16 to 19 digits with a right check digit.");
    let (number, entry) = CardNumber::parse(text).ok().filter(|_| digits).ok_or_else(refused)?;
    Ok((api.vault.present(&number, entry), number))
}

fn checked_pin(pin: &str) -> Result<(), Problem> {
    if is_pin(pin) { Ok(()) } else { Err(Problem::invalid("pin", "Six digits.")) }
}

/// 201 for what is on record, 202 for what nobody knows.
pub(crate) fn answer(known: bool, body: impl serde::Serialize) -> Response {
    let status = if known { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    (status, axum::Json(body)).into_response()
}

/// `POST /balance_inquiries`
pub(crate) async fn inquire(
    State(api): State<Api>,
    caller: Caller,
    Json(asked): Json<NewBalanceInquiry>,
) -> Result<Response, Problem> {
    let (card, number) = present(&api, &asked.card_number)?;
    checked_pin(&asked.pin)?;
    let pin = api.vault.pin_value(&number, &asked.pin);
    let actor = caller.at_terminal(&api, asked.terminal_id.as_deref()).await?;
    let claim = caller.claim("createBalanceInquiry", &(&asked.terminal_id, card.key.0))?;
    let (request, now, work) = (claim.request, caller.now, api.clone());
    let done = flight::once(&api, &caller, async move {
        match idempotency::claim(&work.storage, claim, now).await? {
            Found::New | Found::Same { .. } => {}
            Found::Blocked | Found::Other => return Err(Problem::new(Code::IdempotencyConflict, "")),
        }
        flight::submit(&work, actor, request, Command::Inquiry { card, pin }).await
    });
    Ok(match done.await? {
        Done::Known(transaction) => answer(true, BalanceInquiry::of(Some(&transaction))),
        Done::Unknown => answer(false, BalanceInquiry::of(None)),
    })
}

/// `POST /payments`
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    Json(asked): Json<NewPayment>,
) -> Result<Response, Problem> {
    let (card, number) = present(&api, &asked.card_number)?;
    checked_pin(&asked.pin)?;
    if !(1..=AMOUNT_MAX).contains(&asked.amount) {
        return Err(Problem::invalid("amount", "From 1 to 9999999 fen."));
    }
    if asked.merchant_order_number.as_ref().is_some_and(|number| !goods::fits(number, 1, 64)) {
        return Err(Problem::invalid("merchant_order_number", "1 to 64 characters."));
    }
    let content =
        (&asked.terminal_id, card.key.0, asked.amount, asked.currency, &asked.lines, &asked.merchant_order_number);
    let claim = caller.claim("createPayment", &content)?;
    let actor = caller.at_terminal(&api, asked.terminal_id.as_deref()).await?;
    let proof = Proof::Pin(api.vault.pin_value(&number, &asked.pin));
    let sale = DirectSale {
        scope: Scope {
            merchant: actor.merchant,
            outlet: actor.outlet,
            terminal: actor.terminal,
            person: actor.operator,
            address: caller.address.clone(),
        },
        lines: goods::lines(&api, &caller, asked.lines.as_deref(), asked.amount).await?,
        masked: card.masked.clone(),
        merchant_order_number: asked.merchant_order_number,
        claim,
    };
    let (request, amount) = (sale.claim.request, Fen(asked.amount));
    let done = flight::once(&api, &caller, pay(api.clone(), actor, sale, card, amount, proof, caller.now)).await?;
    match done {
        Done::Known(transaction) => {
            visible(&caller, &transaction)?;
            Ok(answer(true, recorded(&api, &caller, &transaction).await?))
        }
        Done::Unknown => {
            let order = idempotency::order(&api.storage, caller.key.merchant, request).await?;
            Ok(answer(false, unknown(&api, &caller, order, amount).await?))
        }
    }
}

/// Writes the order with its attempt and charges it. Sent again, it goes on where it was lost.
async fn pay(
    api: Api,
    actor: Actor,
    sale: DirectSale,
    card: PresentedCard,
    amount: Fen,
    proof: Proof,
    now: domain::time::Timestamp,
) -> Result<Done, Problem> {
    let request = sale.claim.request;
    let order = match direct_sale::begin(&api.storage, sale, now).await? {
        Found::Same { order: Some(order), .. } => order,
        Found::Blocked => return withdraw(&api, actor, request, amount, card.masked).await,
        Found::New | Found::Same { order: None, .. } | Found::Other => {
            return Err(Problem::new(Code::IdempotencyConflict, ""));
        }
    };
    let done = flight::submit(&api, actor, request, Command::Sale { order, amount, card, proof }).await?;
    if let Done::Known(transaction) = &done
        && !transaction.approved()
    {
        direct_sale::give_up(&api.storage, order, now).await?;
    }
    Ok(done)
}

/// A payment that was taken back before it arrived: makes sure that this is on record.
async fn withdraw(
    api: &Api,
    actor: Actor,
    request: RequestId,
    amount: Fen,
    masked: MaskedCard,
) -> Result<Done, Problem> {
    flight::submit(api, actor, request, Command::Withdraw { order: OrderId(0), amount, masked }).await
}

/// Another outlet's payment under the same key is as good as something else.
fn visible(caller: &Caller, transaction: &Transaction) -> Result<(), Problem> {
    let own = transaction.kind == Kind::Sale
        && caller.key.outlet.is_none_or(|outlet| outlet == transaction.actor.outlet || transaction.actor.outlet.0 == 0);
    if own { Ok(()) } else { Err(Problem::new(Code::IdempotencyConflict, "")) }
}

/// A payment on record with its order.
pub(crate) async fn recorded(api: &Api, caller: &Caller, transaction: &Transaction) -> Result<Payment, Problem> {
    let order = match transaction.order {
        Some(order) => merchant::order(&api.storage, caller.reach(), order).await?,
        None => None,
    };
    Ok(Payment::recorded(transaction, order.as_ref()))
}

async fn unknown(api: &Api, caller: &Caller, order: Option<OrderId>, amount: Fen) -> Result<Payment, Problem> {
    let order = match order {
        Some(order) => merchant::order(&api.storage, caller.reach(), order).await?,
        None => None,
    };
    Ok(Payment::unknown(order.as_ref().map_or(amount.0, |order| order.order.total.0), order.as_ref()))
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

/// The sale of this number within reach.
pub(crate) async fn sale(api: &Api, caller: &Caller, id: &str) -> Result<Transaction, Problem> {
    let absent = || Problem::not_found("There is no such payment.");
    let id = rrn(id).ok_or_else(absent)?;
    let found = merchant::transaction(&api.storage, caller.reach(), id).await?;
    found.filter(|found| found.kind == Kind::Sale).ok_or_else(absent)
}

/// The query of `GET /payments`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ByKey {
    idempotency_key: Option<String>,
}

/// `GET /payments?idempotency_key=…`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<ByKey>,
) -> Result<axum::Json<List<Payment>>, Problem> {
    let key = query.idempotency_key.filter(|key| gate::usable_key(key));
    let key = key.ok_or_else(|| Problem::parameter("idempotency_key", "1 to 255 printable ASCII characters."))?;
    let (merchant, request) = (caller.key.merchant, gate::request_id(&key));
    let found = merchant::transaction_of(&api.storage, merchant, request).await?;
    let data = match found.filter(|found| visible(&caller, found).is_ok()) {
        Some(transaction) => vec![recorded(&api, &caller, &transaction).await?],
        None => match idempotency::order(&api.storage, merchant, request).await? {
            Some(order) => {
                let order = merchant::order(&api.storage, caller.reach(), order).await?;
                let open = order.filter(|order| order.order.attempt == Some(request));
                open.iter().map(|order| Payment::unknown(order.order.total.0, Some(order))).collect()
            }
            None if api.flights.holds(merchant, request) => vec![Payment::unknown(0, None)],
            None => Vec::new(),
        },
    };
    Ok(axum::Json(List::all(data)))
}
