//! The decision: one command against the loaded state, without IO, clock or error.
//!
//! What must stay true: each command of a group stands or falls alone, and a group decides exactly what the same
//! commands would decide one at a time in the same order.

use crate::card::Card;
use crate::changes::Changes;
use crate::command::{Actor, Command, Envelope, PresentedCard, Proof};
use crate::ledger::{Head, Kind, Transaction, Transfer, chain};
use crate::money::Fen;
use crate::outcome::{Decline, Outcome};
use crate::sale::Payment;
use crate::state::{Keys, Outlet, State, Till};
use crate::{
    batch, card_move, direct_sale, dispute, first_use, inquiry, pin_issue, programme_change, proof, proposal, refund,
    reversal, sale, settlement, void, withdrawal,
};

/// The result of one command and the rows that it writes.
pub struct Decision {
    /// Answer to the caller, once the changes are durable.
    pub outcome: Outcome,
    /// What to write.
    pub changes: Changes,
}

impl Decision {
    /// An answer that writes nothing.
    pub(crate) fn only(outcome: Outcome) -> Self {
        Self { outcome, changes: Changes::default() }
    }
}

/// Decides `envelope` against `state`.
pub fn decide(state: &State, envelope: &Envelope) -> Decision {
    if let Some(recorded) = state.requests.get(&(envelope.request_id, envelope.actor.merchant)) {
        return Decision::only(repeated(recorded, envelope));
    }
    if let Some(pause) = proof::pause(state, envelope) {
        return match envelope.command {
            Command::Sale { order, .. } => sale::paused(state, envelope, order, pause),
            _ => Decision::only(Outcome::Paused(pause)),
        };
    }
    match &envelope.command {
        Command::Inquiry { card, pin } => inquiry::decide(state, envelope, card, pin),
        Command::SaleCheck { order, amount, card, pin } => {
            let proof = &Proof::Pin(pin.clone());
            sale::check(state, envelope, *order, &Payment { amount: *amount, card, proof })
        }
        Command::Sale { order, amount, card, proof } => {
            sale::decide(state, envelope, *order, &Payment { amount: *amount, card, proof })
        }
        Command::DirectSale(sale) => direct_sale::decide(state, envelope, sale),
        Command::Withdraw { order, amount, masked } => {
            withdrawal::decide(state, envelope, Some(*order), *amount, masked)
        }
        Command::RefundRequest(request) => refund::request(state, envelope, request),
        Command::RefundReview(decided) => refund::review(state, envelope, decided),
        Command::Void { order, checker } => void::decide(state, envelope, *order, *checker),
        Command::Reverse(reversed) => reversal::decide(state, envelope, reversed),
        Command::BatchClose => batch::close(state, envelope),
        Command::SettlementPrepare(asked) => settlement::prepare(state, envelope, asked),
        Command::SettlementReview(verdict) => settlement::review(state, envelope, verdict),
        Command::DisputeOpen(opening) => dispute::open(state, envelope, opening),
        Command::DisputeAnswer(answer) => dispute::answer(state, envelope, answer),
        Command::DisputeReview(verdict) => dispute::review(state, envelope, verdict),
        Command::Proposal(draft) => proposal::make(state, envelope, draft),
        Command::ProposalApproval(verdict) => proposal::approve(state, envelope, verdict),
        Command::ProposalRejection(verdict) => proposal::reject(state, envelope, verdict),
        Command::ProposalWithdrawal { proposal } => proposal::withdraw(state, envelope, *proposal),
        Command::CardMove(asked) => card_move::decide(state, envelope, asked),
        Command::ProgrammeChange(change) => programme_change::decide(state, envelope, change),
        Command::PinIssue(issue) => pin_issue::decide(state, envelope, issue),
        Command::FirstUse(asked) => first_use::decide(state, envelope, asked),
    }
}

/// Decides a whole group in order; returns the outcomes and all that is to be written.
pub fn decide_all(state: &mut State, envelopes: &[Envelope]) -> (Vec<Outcome>, Changes) {
    let mut all = Changes::default();
    let outcomes = envelopes.iter().map(|envelope| {
        let Decision { outcome, changes } = decide(state, envelope);
        state.apply(&changes);
        all.merge(changes);
        outcome
    });
    let outcomes = outcomes.collect();
    (outcomes, all)
}

/// The keys that a group needs before [`decide_all`].
pub fn keys(envelopes: &[Envelope]) -> Keys {
    Keys::of(envelopes)
}

/// The record answers; asking what became of a request, or a request that was withdrawn, is never a conflict.
fn repeated(recorded: &Transaction, envelope: &Envelope) -> Outcome {
    let asks = matches!(envelope.command, Command::Withdraw { .. });
    let withdrawn = recorded.decline == Some(Decline::Withdrawn);
    if asks || withdrawn || recorded.content == envelope.command.content() {
        Outcome::Recorded(Box::new(recorded.clone()))
    } else {
        Outcome::Conflict(envelope.request_id)
    }
}

/// The till, if it may trade for this actor.
pub(crate) fn open_till<'a>(state: &'a State, envelope: &Envelope) -> Result<&'a Till, Decline> {
    let actor = envelope.actor;
    let till = state.tills.get(&actor.terminal).filter(|till| is_at(actor, &till.outlet));
    let till = till.ok_or(Decline::UnknownTerminal)?;
    trading(&till.outlet)?;
    if till.terminal_active { Ok(till) } else { Err(Decline::TerminalDisabled) }
}

/// The outlet, if it may trade for this actor: at its till, or away from one for what needs none.
pub(crate) fn open_outlet<'a>(state: &'a State, envelope: &Envelope) -> Result<&'a Outlet, Decline> {
    let actor = envelope.actor;
    if !actor.is_away() {
        return open_till(state, envelope).map(|till| &till.outlet);
    }
    let outlet = state.outlets.get(&actor.outlet).filter(|outlet| is_at(actor, outlet));
    let outlet = outlet.ok_or(Decline::UnknownTerminal)?;
    trading(outlet).map(|()| outlet)
}

fn is_at(actor: Actor, outlet: &Outlet) -> bool {
    (outlet.merchant, outlet.id) == (actor.merchant, actor.outlet)
}

fn trading(outlet: &Outlet) -> Result<(), Decline> {
    if !outlet.merchant_active {
        Err(Decline::MerchantSuspended)
    } else if !outlet.outlet_active {
        Err(Decline::OutletSuspended)
    } else {
        Ok(())
    }
}

/// A transaction row for this envelope, approved and without effects; the caller fills in what it knows.
pub(crate) fn record(state: &State, envelope: &Envelope, kind: Kind, amount: Fen) -> Transaction {
    Transaction {
        content: envelope.command.content(),
        amount,
        batch: state.tills.get(&envelope.actor.terminal).map_or(0, |till| till.batch),
        format: state.chain_key.newest(),
        ..Transaction::bare(state.head.next(), kind, envelope.request_id, envelope.actor, envelope.at)
    }
}

/// The same for a presented card.
pub(crate) fn record_card(
    state: &State,
    envelope: &Envelope,
    kind: Kind,
    amount: Fen,
    card: &PresentedCard,
) -> Transaction {
    Transaction {
        card: state.cards.get(&card.key).map(|card| card.id),
        masked: card.masked.clone(),
        entry: card.entry,
        ..record(state, envelope, kind, amount)
    }
}

/// Closes a decision: makes the transaction its card's latest and chains it with its transfers, after what `changes` has
/// already.
pub(crate) fn recorded(
    state: &State,
    mut transaction: Transaction,
    transfers: Vec<Transfer>,
    mut changes: Changes,
) -> Decision {
    invariant!(transaction.approved() || transfers.is_empty(), "a declined attempt moves no money");
    invariant!(transfers.iter().all(|transfer| transfer.amount.is_positive()), "a transfer moves more than nothing");
    let head = changes.transactions.last().map_or(state.head, Head::after);
    transaction.id = head.next();
    invariant!(transfers.iter().all(|transfer| transfer.transaction == transaction.id), "a transfer names its record");
    follow_card(state, &mut transaction, &mut changes);
    let hash = chain(&state.chain_key, &head.hash, &transaction, &transfers);
    invariant!(hash.is_some(), "the newest format is known");
    transaction.hash = hash.unwrap_or_default();
    changes.transactions.push(transaction.clone());
    changes.transfers.extend(transfers);
    Decision { outcome: Outcome::Recorded(Box::new(transaction)), changes }
}

/// Names the card's transaction before this one, and makes this one the card's latest.
fn follow_card(state: &State, transaction: &mut Transaction, changes: &mut Changes) {
    let Some(id) = transaction.card else { return };
    if let Some(card) = changes.cards.values_mut().find(|card| card.id == id) {
        transaction.card_previous = card.last.replace(transaction.id);
        return;
    }
    let card = state.cards.present().find(|card| card.id == id);
    invariant!(card.is_some(), "the card of a record was loaded");
    if let Some(card) = card {
        transaction.card_previous = card.last;
        changes.cards.insert(card.key, Card { last: Some(transaction.id), ..card.clone() });
    }
}

/// Six digits from the engine's random value.
pub(crate) fn approval_code(envelope: &Envelope) -> String {
    format!("{:06}", envelope.entropy.wrapping_rem(1_000_000))
}
