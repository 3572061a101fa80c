//! A host with planted faults: the negative control. Each flaw is a mistake that could be made in the money path;
//! the auditor has to find every one, or it proves nothing about the real host.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::acts::{Customer, Field, Loaded, Money, Payload};
use domain::batch::Tally;
use domain::card::CardKey;
use domain::changes::Changes;
use domain::command::{Actor, Command, Envelope, Proof};
use domain::decide::{Decision, decide, keys};
use domain::dispute::DisputeStatus;
use domain::ids::{MerchantId, PersonId, RequestId};
use domain::ledger::{Head, Kind, Transaction};
use domain::money::Fen;
use domain::order::{Order, OrderStatus};
use domain::outcome::{Decline, Outcome};
use domain::pin::{CardPin, PinTries, PinValue};
use domain::proposal::{ProposalStatus, shown_digest};
use domain::refund::{RefundCard, RefundStatus};
use domain::settlement::{Payable, Settlement, SettlementStatus};
use domain::state::State;
use domain::time::Timestamp;
use domain::verify::Finding;
use domain::world::World;
use tokio::sync::{mpsc, oneshot};

use crate::auditor::Seen;
use crate::host::seen;
use crate::shop::Shop;

mod flaw;

pub use flaw::Flaw;

/// The money of an act that a command approves.
fn approved_money(envelope: &Envelope) -> Option<&Money> {
    match &envelope.command {
        Command::ProposalApproval(verdict) => verdict.payload.money(),
        _ => None,
    }
}

/// What a flawed host keeps over a restart.
#[derive(Clone)]
pub struct FlawedBooks(Arc<Mutex<Flawed>>);

struct Flawed {
    /// `None` has to pass.
    flaw: Option<Flaw>,
    groups: u64,
    world: World,
    /// Balances before the last group.
    before: BTreeMap<CardKey, Fen>,
}

/// A running flawed host.
#[derive(Clone)]
pub struct FlawedHost(mpsc::UnboundedSender<(Envelope, oneshot::Sender<Outcome>)>);

impl FlawedBooks {
    /// The shop, kept by a host with `flaw`.
    pub fn new(shop: &Shop, flaw: Option<Flaw>) -> Self {
        Self(Arc::new(Mutex::new(Flawed { flaw, groups: 0, world: shop.world(), before: BTreeMap::new() })))
    }

    fn locked<T>(&self, act: impl FnOnce(&mut Flawed) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Starts the host.
    pub fn start(&self) -> FlawedHost {
        let (queue, mut waiting) = mpsc::unbounded_channel::<(Envelope, oneshot::Sender<Outcome>)>();
        let books = self.clone();
        tokio::spawn(async move {
            let mut group = Vec::new();
            while waiting.recv_many(&mut group, 256).await > 0 {
                let (envelopes, answers): (Vec<_>, Vec<_>) = group.drain(..).unzip();
                let (mut outcomes, head, changes) = books.locked(|books| books.decide(&envelopes));
                let early = books.locked(|books| books.flaw == Some(Flaw::AnswerBeforeCommit));
                if !early {
                    books.locked(|books| books.save(head, changes.clone()));
                } else if outcomes.is_empty() {
                    continue;
                }
                if books.locked(|books| books.flaw == Some(Flaw::SwappedAnswers)) && outcomes.len() > 1 {
                    outcomes.swap(0, 1);
                }
                for (answer, outcome) in answers.into_iter().zip(outcomes) {
                    let _ = answer.send(outcome);
                }
                if early {
                    tokio::task::yield_now().await;
                    tokio::task::yield_now().await;
                    books.locked(|books| books.save(head, changes));
                }
            }
        });
        FlawedHost(queue)
    }

    /// What the flawed host's books say.
    pub(crate) fn seen(&self) -> Seen {
        self.locked(|books| seen(&books.world))
    }

    /// Checks the ledger that the flawed host wrote.
    pub fn verify(&self) -> Vec<Finding> {
        self.locked(|books| books.world.verify())
    }
}

impl FlawedHost {
    /// As the engine's.
    pub async fn submit(
        &self,
        request_id: RequestId,
        actor: Actor,
        at: Timestamp,
        command: Command,
    ) -> Option<Outcome> {
        let (answer, outcome) = oneshot::channel();
        self.0.send((Envelope { request_id, actor, at, entropy: 0, command }, answer)).ok()?;
        outcome.await.ok()
    }
}

impl Flawed {
    fn load(&self, group: &[Envelope]) -> State {
        let mut state = self.world.load(group);
        let keys = keys(group);
        match self.flaw {
            Some(Flaw::ForgetRequests) => keys.requests.iter().for_each(|key| state.requests.loaded(*key, None)),
            Some(Flaw::TriesNeverEnd) => {
                for (key, tries) in keys.pins.iter().filter_map(|key| Some((key, self.world.tries.get(key)?))) {
                    let on = group.first().map_or(tries.on, |envelope| envelope.at.business_date());
                    state.tries.loaded(*key, Some(PinTries { on, ..tries.clone() }));
                }
            }
            Some(Flaw::SettlesAgain | Flaw::SettlesWithoutRefunds) => {
                keys.payables.iter().for_each(|id| state.payables.loaded(*id, Some(self.payable(*id))));
            }
            _ => {}
        }
        state
    }

    fn payable(&self, merchant: MerchantId) -> Payable {
        // What a flawed host does not know of, it settles again, or never.
        let known = self.world.settlements.values().filter(|one| match self.flaw {
            Some(Flaw::SettlesAgain) => one.status != SettlementStatus::Confirmed,
            _ => true,
        });
        let moved = self.world.transfers.iter().filter_map(|leg| {
            let own = self.world.transaction(leg.transaction)?;
            (self.flaw != Some(Flaw::SettlesWithoutRefunds) || own.kind != Kind::Refund).then_some((own, leg))
        });
        Payable::of(merchant, self.world.fees.get(&merchant).copied().flatten(), known, moved)
    }

    /// Shows `state` to one command as the flawed host believes it; what was there is put back by the caller.
    fn bend(&self, state: &mut State, envelope: &Envelope) {
        if let (Some(Flaw::SettlesAlone), Command::SettlementReview(verdict)) = (self.flaw, &envelope.command)
            && let Some(one) = state.settlements.get(&verdict.settlement).cloned()
        {
            state.settlements.loaded(one.id, Some(Settlement { maker: PersonId(0), ..one }));
        }
        if let (Some(Flaw::LastFenOfDay), Command::Sale { amount, card, .. }) = (self.flaw, &envelope.command)
            && let Some(mut card) = state.cards.get(&card.key).cloned()
            && card.spent_today(envelope.at.business_date()).amount.plus(*amount) == Some(card.programme.daily_max)
        {
            card.programme.daily_max = Fen(card.programme.daily_max.0 - 1);
            state.cards.loaded(card.key, Some(card));
        }
        if let (Some(Flaw::RaisesAlone), Command::ProgrammeChange(change)) = (self.flaw, &envelope.command)
            && let Some(mut one) = state.acts.programmes.get(&change.programme).cloned()
        {
            one.terms.sale_max = domain::programme::LIMIT_MAX;
            state.acts.programmes.loaded(change.programme, Some(one));
        }
        self.bend_proposal(state, envelope);
        self.bend_deposit(state, envelope);
        let (order, requests) = match &envelope.command {
            Command::RefundRequest(request) => (request.order, true),
            Command::RefundReview(review) => (review.order, false),
            Command::Void { order, .. } => (*order, false),
            Command::DisputeReview(verdict) => (verdict.order, false),
            Command::Reverse(reversed) => match reversed.sale {
                Some((order, _)) => (order, false),
                None => return,
            },
            _ => return,
        };
        let Some(mut sold) = state.sold.get(&order).cloned() else { return };
        let undoes = matches!(envelope.command, Command::Void { .. } | Command::Reverse(_));
        let rules = matches!(envelope.command, Command::DisputeReview(_));
        match self.flaw {
            Some(Flaw::OpenRefundsUncounted) if requests => sold.refunds.retain(|refund| !refund.status.is_open()),
            Some(Flaw::RejectedRefundsCounted) if requests => {
                sold.refunds.iter_mut().for_each(|refund| refund.status = RefundStatus::Approved);
            }
            Some(Flaw::MakerIsChecker) => sold.refunds.iter_mut().for_each(|refund| refund.applicant = PersonId(0)),
            Some(Flaw::DisputePaysTwice) if rules => {
                let decided = sold.disputes.iter_mut().filter(|dispute| dispute.status == DisputeStatus::Upheld);
                decided.for_each(|dispute| dispute.status = DisputeStatus::Answered);
            }
            Some(Flaw::RefundInDispute) if requests => sold.disputes.retain(|dispute| !dispute.status.is_open()),
            Some(Flaw::RulesUnheard) if rules => {
                let open = sold.disputes.iter_mut().filter(|dispute| dispute.status == DisputeStatus::Opened);
                open.for_each(|dispute| dispute.status = DisputeStatus::Answered);
            }
            Some(Flaw::DecideAgain) if !undoes && !requests => {
                let decided = sold.refunds.iter_mut().filter(|refund| !refund.status.is_open());
                decided.for_each(|refund| refund.status = RefundStatus::Requested);
            }
            Some(Flaw::AnyCardInReview) => {
                if let Command::RefundReview(domain::refund::Review { card: Some(RefundCard::Whole(card)), .. }) =
                    &envelope.command
                {
                    sold.card = card.key;
                }
            }
            Some(Flaw::RefundForEver) => sold.window = i64::MAX / 4,
            Some(Flaw::VoidAfterRefund) if undoes => sold.refunds.clear(),
            Some(Flaw::UndoTwice) if undoes => {
                if let Some(order) = state.orders.get(&order).cloned() {
                    state.orders.loaded(order.id, Some(Order { status: OrderStatus::Paid, ..order }));
                }
            }
            _ => return,
        }
        state.sold.loaded(order, Some(sold));
    }

    /// What a programme would show with the highest limit of a sale.
    fn raised(&self, programme: domain::ids::ProgrammeId) -> Option<domain::acts::Shown> {
        let mut one = self.world.programmes.get(&programme)?.clone();
        one.terms.sale_max = domain::programme::LIMIT_MAX;
        Some(one.shown())
    }

    fn bend_deposit(&self, state: &mut State, envelope: &Envelope) {
        let payload = match &envelope.command {
            Command::Proposal(draft) => &draft.payload,
            Command::ProposalApproval(verdict) => &verdict.payload,
            _ => return,
        };
        let Some(money) = payload.money() else { return };
        let change = |state: &mut State, change: fn(&mut Customer)| {
            if let Some(mut customer) = state.acts.customers.get(&money.customer()).cloned() {
                change(&mut customer);
                state.acts.customers.loaded(money.customer(), Some(customer));
            }
        };
        match (self.flaw, money) {
            (Some(Flaw::LoadsUnpaid), Money::Load { .. }) => change(state, |customer| customer.deposit.0 += 100_000),
            (Some(Flaw::PromisesTwice), _) => change(state, |customer| customer.held.clear()),
            (Some(Flaw::CountsPaymentTwice), Money::Funding { reference, .. }) => {
                state.acts.references.loaded(reference.clone(), None);
            }
            (Some(Flaw::TakesBackTwice), Money::Adjustment { load, .. }) => {
                if let Some(loaded) = state.acts.loads.get(load).copied() {
                    state.acts.loads.loaded(*load, Some(Loaded { taken_back: Fen::ZERO, ..loaded }));
                }
            }
            (Some(Flaw::LoadsOverLimit), Money::Load { card, .. }) => {
                let key = state.acts.cards.get(card).map(|card| card.key);
                if let Some(mut card) = key.and_then(|key| state.cards.get(&key).cloned()) {
                    card.programme.balance_max = Fen(i64::MAX);
                    state.cards.loaded(card.key, Some(card));
                }
            }
            _ => {}
        }
    }

    fn bend_proposal(&self, state: &mut State, envelope: &Envelope) {
        let id = match &envelope.command {
            Command::ProposalApproval(verdict) | Command::ProposalRejection(verdict) => verdict.proposal,
            Command::ProposalWithdrawal { proposal } => *proposal,
            _ => return,
        };
        let Some(mut one) = state.proposals.get(&id).cloned() else { return };
        match self.flaw {
            Some(Flaw::DecidesProposalAgain) => one.status = ProposalStatus::Open,
            Some(Flaw::ProposalForEver) => one.expires_at = Timestamp(i64::MAX),
            Some(Flaw::ApprovesStale) => match (&one.payload, &envelope.command) {
                (Payload::MerchantFee { merchant, .. }, Command::ProposalApproval(_)) => {
                    state.acts.fees.loaded(*merchant, Some(one.seen.get(Field::FeeBp).parse().ok()));
                }
                (Payload::FactorRule { .. }, Command::ProposalApproval(_)) => {
                    state.acts.factor.loaded((), Some(one.seen.get(Field::FactorRequired) == "yes"));
                }
                _ => {}
            },
            _ => return,
        }
        state.proposals.loaded(id, Some(one));
    }

    fn decide(&mut self, group: &[Envelope]) -> (Vec<Outcome>, Head, Changes) {
        let mut state = self.load(group);
        let (mut outcomes, mut all) = (Vec::new(), Changes::default());
        let mut declined = false;
        for envelope in group {
            let (sold, orders, settlements) = (state.sold.clone(), state.orders.clone(), state.settlements.clone());
            let (cards, proposals, acts) = (state.cards.clone(), state.proposals.clone(), state.acts.clone());
            self.bend(&mut state, envelope);
            let Decision { mut outcome, mut changes } = decide(&state, &self.believed(envelope));
            (state.sold, state.orders, state.settlements, state.cards) = (sold, orders, settlements, cards);
            (state.proposals, state.acts) = (proposals, acts);
            self.spoil(envelope, &mut outcome, &mut changes);
            declined |= outcome.transaction().is_some_and(|transaction| !transaction.approved());
            outcomes.push(outcome);
            if self.flaw == Some(Flaw::LimitLate) {
                let programmes = std::mem::take(&mut changes.programmes);
                state.apply(&changes);
                changes.programmes = programmes;
            } else if self.flaw == Some(Flaw::StaleGroup) {
                let cards = std::mem::take(&mut changes.cards);
                state.apply(&changes);
                changes.cards = cards;
            } else {
                state.apply(&changes);
            }
            all.merge(changes);
        }
        if self.flaw == Some(Flaw::SharedFate) && declined {
            (all.cards, all.orders) = Default::default();
        }
        self.groups += 1;
        if self.flaw == Some(Flaw::LostCommit) && self.groups.is_multiple_of(20) {
            return (outcomes, self.world.head, Changes::default());
        }
        (outcomes, state.head, all)
    }

    /// What the flawed host believes was asked.
    fn believed(&self, envelope: &Envelope) -> Envelope {
        let mut believed = envelope.clone();
        match (self.flaw, &mut believed.command) {
            (Some(Flaw::AnyPin), Command::Inquiry { card, pin } | Command::SaleCheck { card, pin, .. }) => {
                pin.value = self
                    .world
                    .cards
                    .get(&card.key)
                    .and_then(|card| card.pin.value().cloned())
                    .unwrap_or(PinValue([0; 32]));
            }
            (Some(Flaw::RaisesAlone), Command::ProgrammeChange(change)) => {
                // It believes that the limit was as high as can be, and that the person saw that.
                if let Some(raised) = self.raised(change.programme) {
                    change.seen = raised;
                }
            }
            (Some(Flaw::ApprovesAlone), Command::ProposalApproval(_)) => {
                believed.actor = Actor::issuer(PersonId(9_999));
            }
            (Some(Flaw::ApprovesUnseen), Command::ProposalApproval(verdict)) => {
                if let Some(one) = self.world.proposals.get(&verdict.proposal) {
                    verdict.shown = shown_digest(one, &one.seen);
                }
            }
            (Some(Flaw::ConfirmedForEver), Command::Sale { proof: Proof::Confirmed { until }, .. }) => {
                *until = Timestamp(i64::MAX);
            }
            _ => {}
        }
        believed
    }

    fn spoil(&self, envelope: &Envelope, outcome: &mut Outcome, changes: &mut Changes) {
        match self.flaw {
            Some(Flaw::LimitForgotten) => changes.programmes.clear(),
            Some(Flaw::ActForgotten) => changes.acts.clear(),
            Some(Flaw::OldPinLives) => {
                let reset = outcome.transaction().is_some_and(|one| one.kind == Kind::PinReset);
                for (key, card) in changes.cards.iter_mut().filter(|_| reset) {
                    card.pin = self.world.cards.get(key).map_or(CardPin::Unset, |before| before.pin.clone());
                }
            }
            Some(Flaw::CodeUsedTwice) => {
                changes.codes.values_mut().for_each(|code| code.used_at = None);
                if let Command::FirstUse(first) = &envelope.command {
                    let before = self.world.cards.get(&first.card.key).and_then(|card| card.pin_by);
                    changes.cards.values_mut().for_each(|card| card.pin_by = before);
                }
            }
            Some(Flaw::RuleForgotten) => changes.acts.retain(|act| !matches!(act, Payload::FactorRule { .. })),
            Some(Flaw::RejectionActs) => {
                if let (Command::ProposalRejection(verdict), true) =
                    (&envelope.command, outcome.transaction().is_some_and(Transaction::approved))
                {
                    changes.acts.push(verdict.payload.clone());
                }
            }
            Some(Flaw::DepositKept) if matches!(approved_money(envelope), Some(Money::Load { .. })) => {
                changes.deposits.clear();
            }
            Some(Flaw::SkipTryCounter) => changes.tries.clear(),
            Some(Flaw::SweepUncounted) => changes.sweeps.clear(),
            Some(Flaw::UnknownCardsUncounted) => changes.tries.retain(|key, _| self.world.cards.contains_key(key)),
            Some(Flaw::ForgetOrderStatus) => changes.orders.clear(),
            Some(Flaw::NoTransfer) if matches!(envelope.command, Command::Sale { .. }) => changes.transfers.clear(),
            Some(Flaw::ForgetSpent) => changes.cards.values_mut().for_each(|card| card.spent.amount = Fen::ZERO),
            Some(Flaw::DoubleLoad) => {
                if let Some(Money::Load { amount, .. }) = approved_money(envelope) {
                    changes.cards.values_mut().for_each(|card| card.balance = Fen(card.balance.0 + amount.0));
                }
            }
            Some(Flaw::RefundForgetsOrder) if matches!(envelope.command, Command::RefundReview(_)) => {
                changes.orders.clear();
            }
            Some(Flaw::VoidKeepsSpent) if matches!(envelope.command, Command::Void { .. }) => {
                for (key, card) in &mut changes.cards {
                    card.spent = self.world.cards.get(key).map_or(card.spent, |before| before.spent);
                }
            }
            Some(Flaw::BatchWithoutVoids) => {
                let people = changes.batches.iter_mut().flat_map(|closed| closed.batch.people.values_mut());
                people.for_each(|totals| totals.voids = Tally::default());
            }
            Some(Flaw::FeeRoundedDown) => {
                for one in changes.settlements.values_mut() {
                    one.fee = Fen(one.net.0 * one.fee_bp / 10_000);
                    one.payout = Fen(one.net.0 - one.fee.0);
                }
            }
            Some(Flaw::StaleRead) => {
                if let (Command::Inquiry { card, .. }, Outcome::Recorded(transaction)) = (&envelope.command, outcome)
                    && let (Some(balance), true) = (self.before.get(&card.key), transaction.approved())
                {
                    transaction.balance = Some(*balance);
                }
            }
            _ => {}
        }
    }

    fn save(&mut self, head: Head, changes: Changes) {
        self.before = self.world.cards.iter().map(|(key, card)| (*key, card.balance)).collect();
        let forgotten = |at: usize, transaction: &Transaction| {
            let withdrawn = transaction.decline == Some(Decline::Withdrawn) && transaction.kind == Kind::Sale;
            let next = changes.transactions.get(at + 1).and_then(|next| next.original);
            match self.flaw {
                Some(Flaw::ForgetWithdrawals) => withdrawn,
                Some(Flaw::ReversalBlocksNothing) => withdrawn && next == Some(transaction.id),
                _ => false,
            }
        };
        let written = changes.transactions.iter().enumerate();
        let forgotten = written.filter(|(at, transaction)| forgotten(*at, transaction));
        let forgotten: Vec<_> = forgotten.map(|(_, one)| (one.request_id, one.actor.merchant)).collect();
        self.world.save(head, changes);
        for request in forgotten {
            self.world.requests.remove(&request);
        }
    }
}
