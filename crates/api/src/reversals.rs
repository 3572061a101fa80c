//! Reversals of payments whose outcome the caller does not know or no longer wants.

use axum::extract::State;
use axum::response::Response;
use domain::command::{Actor, Command};
use domain::ids::{OutletId, RequestId, TerminalId};
use domain::ledger::Kind;
use domain::reversal::Reversed;
use storage::idempotency::{self, Claim, PriorUse};
use storage::merchant;

use crate::Api;
use crate::caller::{Caller, Json, Path};
use crate::flight::{self, Done};
use crate::gate;
use crate::model::payment::{NewPaymentReversal, NewReversal, Reversal};
use crate::payments::{answer, sale};
use crate::problem::{Code, Problem};

/// `POST /payments/{id}/reversal`
pub(crate) async fn of_payment(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Json(NewPaymentReversal {}): Json<NewPaymentReversal>,
) -> Result<Response, Problem> {
    let sale = sale(&api, &caller, &id).await?;
    let claim = caller.claim("reversePayment", &sale.id.0)?;
    submit_reversal(&api, &caller, claim, sale.request_id).await
}

/// `POST /reversals`
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    Json(body): Json<NewReversal>,
) -> Result<Response, Problem> {
    let key = body.payment_idempotency_key.as_str();
    if !gate::usable_key(key) {
        return Err(Problem::invalid("payment_idempotency_key", "1 to 255 printable ASCII characters."));
    }
    let payment = gate::request_id(key);
    if payment == caller.request()? {
        return Err(Problem::invalid("payment_idempotency_key", "The reversal needs its own Idempotency-Key."));
    }
    let claim = caller.claim("createReversal", &payment.0)?;
    submit_reversal(&api, &caller, claim, payment).await
}

async fn submit_reversal(api: &Api, caller: &Caller, claim: Claim, payment: RequestId) -> Result<Response, Problem> {
    let work = {
        let (api, caller) = (api.clone(), caller.clone());
        async move { reverse(&api, &caller, claim, payment).await }
    };
    let done = flight::once(api, caller, work);
    Ok(match done.await? {
        Done::Known(transaction) => answer(true, Reversal::of(Some(&transaction))),
        Done::Unknown => answer(false, Reversal::of(None)),
    })
}

async fn reverse(api: &Api, caller: &Caller, claim: Claim, payment: RequestId) -> Result<Done, Problem> {
    let request = claim.request;
    let sold = merchant::transaction_of(&api.storage, caller.key.merchant, payment).await?;
    if let Some(sold) = &sold
        && (sold.kind != Kind::Sale || caller.key.outlet.is_some_and(|own| own != sold.actor.outlet))
        && sold.actor.outlet.0 != 0
    {
        return Err(Problem::invalid(
            "payment_idempotency_key",
            "This key was not used for a payment that your API key has access to.",
        ));
    }
    // A key bound to a terminal takes back that terminal's payments only, whatever else it may read.
    if sold.as_ref().is_some_and(|sold| caller.key.terminal.is_some_and(|own| own != sold.actor.terminal)) {
        return Err(Problem::not_found("Your API key has no access to this payment's terminal."));
    }
    match idempotency::claim(&api.storage, claim, caller.now).await? {
        PriorUse::New | PriorUse::Same { .. } => {}
        PriorUse::Other => return Err(Problem::new(Code::IdempotencyConflict, "")),
    }
    let actor = match sold {
        Some(sold) => caller.at(sold.actor.outlet, sold.actor.terminal),
        None => anywhere(api, caller).await?,
    };
    flight::submit(api, actor, request, Command::Reverse(Reversed { request_id: payment, sale: None })).await
}

/// The terminal that reverses a payment which has not arrived.
async fn anywhere(api: &Api, caller: &Caller) -> Result<Actor, Problem> {
    let terminals = merchant::terminals(&api.storage, caller.reach(), None, caller.key.terminal).await?;
    let (outlet, terminal) = terminals.first().map_or((OutletId(0), TerminalId(0)), |first| (first.outlet, first.id));
    Ok(caller.at(outlet, terminal))
}
