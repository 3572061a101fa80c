//! A host with planted faults: the negative control. Each flaw is a mistake that somebody could make in the money path;
//! the auditor has to find every one, or it proves nothing about the real host.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::batch::{Batch, ClosedBatch, Tally};
use domain::card::{Card, CardKey};
use domain::changes::Changes;
use domain::command::{Actor, Command, Envelope, Proof};
use domain::decide::{Decision, decide, keys};
use domain::dispute::{Dispute, DisputeStatus};
use domain::ids::{MerchantId, OrderId, PersonId, RequestId, TransactionId};
use domain::ledger::{AccountId, Head, Kind, Transaction, Transfer};
use domain::money::Fen;
use domain::order::{Order, OrderStatus};
use domain::outcome::{Decline, Outcome};
use domain::pin::{PinTries, PinValue};
use domain::refund::{Refund, RefundStatus, SoldLine};
use domain::settlement::{Payable, Settlement, SettlementStatus};
use domain::state::{RequestKey, Sold, State, Till};
use domain::time::Timestamp;
use domain::verify::{Audit, Finding};
use tokio::sync::{mpsc, oneshot};

use crate::auditor::{Closed, Disputed, Paid, Seen};
use crate::host::{balance, out, returned};
use crate::shop::{ACTOR, CardTerms, FEE_BP, FIRST_CARD, OrderTerms, REFUND_WINDOW, Shop, chain_key, till};

mod flaw;

pub use flaw::Flaw;

/// What a flawed host keeps over a restart.
#[derive(Clone)]
pub struct FlawedBooks(Arc<Mutex<World>>);

struct World {
    flaw: Flaw,
    groups: u64,
    head: Head,
    transactions: Vec<Transaction>,
    transfers: Vec<Transfer>,
    requests: BTreeMap<RequestKey, Transaction>,
    cards: BTreeMap<CardKey, Card>,
    /// Balances before the last group.
    before: BTreeMap<CardKey, Fen>,
    orders: BTreeMap<OrderId, Order>,
    lines: BTreeMap<OrderId, Vec<SoldLine>>,
    refunds: BTreeMap<TransactionId, Refund>,
    till: Till,
    batches: Vec<ClosedBatch>,
    settlements: BTreeMap<TransactionId, Settlement>,
    disputes: BTreeMap<TransactionId, Dispute>,
    tries: BTreeMap<CardKey, PinTries>,
}

/// A running flawed host.
#[derive(Clone)]
pub struct FlawedHost(mpsc::UnboundedSender<(Envelope, oneshot::Sender<Outcome>)>);

impl FlawedBooks {
    /// The shop, kept by a host with `flaw`.
    pub fn new(shop: &Shop, flaw: Flaw) -> Self {
        Self(Arc::new(Mutex::new(World {
            flaw,
            groups: 0,
            head: Head::empty(1),
            transactions: Vec::new(),
            transfers: Vec::new(),
            requests: BTreeMap::new(),
            cards: shop.cards.iter().map(CardTerms::card).map(|card| (card.key, card)).collect(),
            before: BTreeMap::new(),
            orders: shop.orders.iter().map(OrderTerms::order).map(|order| (order.id, order)).collect(),
            lines: shop.orders.iter().map(|order| (OrderId(order.id), order.lines())).collect(),
            refunds: BTreeMap::new(),
            till: till(),
            batches: Vec::new(),
            settlements: BTreeMap::new(),
            disputes: BTreeMap::new(),
            tries: BTreeMap::new(),
        })))
    }

    fn world<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
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
                let (mut outcomes, head, changes) = books.world(|world| world.decide(&envelopes));
                let early = books.world(|world| world.flaw == Flaw::AnswerBeforeCommit);
                if !early {
                    books.world(|world| world.save(head, &changes));
                } else if outcomes.is_empty() {
                    continue;
                }
                if books.world(|world| world.flaw == Flaw::SwappedAnswers) && outcomes.len() > 1 {
                    outcomes.swap(0, 1);
                }
                for (answer, outcome) in answers.into_iter().zip(outcomes) {
                    let _ = answer.send(outcome);
                }
                if early {
                    tokio::task::yield_now().await;
                    tokio::task::yield_now().await;
                    books.world(|world| world.save(head, &changes));
                }
            }
        });
        FlawedHost(queue)
    }

    /// What the flawed host's books say.
    pub(crate) fn look(&self) -> Seen {
        self.world(|world| Seen {
            cards: world.cards.values().map(|card| (card.id.0 - FIRST_CARD, card.balance.0)).collect(),
            payable: balance(&world.transfers, AccountId::merchant_payable(ACTOR.merchant)),
            orders: world.orders.iter().map(|(id, order)| (id.0, order.status.word())).collect(),
            refunds: world.refunds.values().map(returned).collect(),
            batches: world.batches.iter().map(Closed::from).collect(),
            paid: world.settlements.values().map(Paid::from).collect(),
            disputes: world.disputes.values().map(Disputed::from).collect(),
            out: out(&world.transfers),
        })
    }

    /// Checks the ledger that the flawed host wrote.
    pub fn verify(&self) -> Vec<Finding> {
        self.world(|world| {
            let mut audit = Audit::new(chain_key());
            audit.settlements(world.settlements.values().cloned());
            for transaction in &world.transactions {
                let legs = world.transfers.iter().filter(|leg| leg.transaction == transaction.id).copied();
                audit.transaction(transaction, &legs.collect::<Vec<_>>());
            }
            world.cards.values().for_each(|card| audit.card(card.id, card.balance));
            for order in world.orders.values() {
                audit.order(order.id, order.status, order.total, order.paid_by);
            }
            world.refunds.values().for_each(|refund| audit.refund(refund));
            world.disputes.values().for_each(|dispute| audit.dispute(dispute));
            world.batches.iter().for_each(|closed| audit.batch(closed));
            audit.till(ACTOR.terminal, world.till.batch);
            audit.finish(&[ACTOR.merchant])
        })
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

impl World {
    fn load(&self, group: &[Envelope]) -> State {
        let needed = keys(group);
        let mut state = State::new(chain_key(), self.head);
        for key in needed.requests {
            let row = self.requests.get(&key).filter(|_| self.flaw != Flaw::ForgetRequests);
            state.requests.loaded(key, row.cloned());
        }
        needed.orders.iter().for_each(|id| state.orders.loaded(*id, self.orders.get(id).cloned()));
        needed.cards.iter().for_each(|key| state.cards.loaded(*key, self.cards.get(key).cloned()));
        for key in needed.cards {
            let mut tries = self.tries.get(&key).copied();
            if let (Flaw::TriesNeverEnd, Some(tries)) = (self.flaw, &mut tries) {
                tries.on = group.first().map_or(tries.on, |envelope| envelope.at.business_date());
            }
            state.tries.loaded(key, tries);
        }
        for id in needed.tills {
            state.tills.loaded(id, Some(self.till.clone()).filter(|_| id == ACTOR.terminal));
        }
        needed.sold.into_iter().for_each(|order| self.load_sold(&mut state, order));
        for id in needed.batches {
            let open = self.orders.values().filter(|order| order.attempt.is_some()).count();
            state.attempts.loaded(id, i64::try_from(open).ok());
            state.batches.loaded(id, Some(self.running_batch()).filter(|_| id == ACTOR.terminal));
        }
        needed.payables.iter().for_each(|id| state.payables.loaded(*id, Some(self.payable(*id))));
        needed.settlements.iter().for_each(|id| state.settlements.loaded(*id, self.settlements.get(id).cloned()));
        state
    }

    fn payable(&self, merchant: MerchantId) -> Payable {
        // What a flawed host does not know of, it settles again, or never.
        let known = self.settlements.values().filter(|one| match self.flaw {
            Flaw::SettlesAgain => one.status != SettlementStatus::Confirmed,
            _ => true,
        });
        let moved = self.transfers.iter().filter_map(|leg| {
            let own = self.transactions.iter().find(|own| own.id == leg.transaction)?;
            (self.flaw != Flaw::SettlesWithoutRefunds || own.kind != Kind::Refund).then_some((own, leg))
        });
        Payable::of(merchant, Some(FEE_BP), known, moved)
    }

    fn load_sold(&self, state: &mut State, order: OrderId) {
        state.lines.loaded(order, Some(self.lines.get(&order).cloned().unwrap_or_default()));
        let sale = self.orders.get(&order).and_then(|order| order.paid_by);
        let sale = self.transactions.iter().find(|transaction| Some(transaction.id) == sale);
        let card = self.cards.values().find(|card| sale.is_some_and(|sale| sale.card == Some(card.id)));
        let sold = sale.zip(card).map(|(sale, card)| {
            state.cards.loaded(card.key, Some(card.clone()));
            let refunds = self.refunds.values().filter(|refund| refund.order == order).cloned().collect();
            let disputes = self.disputes.values().filter(|dispute| dispute.order == order).cloned().collect();
            let (sale, card) = (sale.clone(), card.key);
            Sold { sale, card, payee: card, window: REFUND_WINDOW, refunds, disputes }
        });
        state.sold.loaded(order, sold);
    }

    fn running_batch(&self) -> Batch {
        let number = self.till.batch;
        let opened_at = self.batches.last().map_or(Timestamp(0), |closed| closed.closed_at);
        let mut batch = Batch::open(ACTOR.terminal, number, opened_at, 0);
        let own = self.transactions.iter().filter(|one| one.actor.terminal == ACTOR.terminal && one.batch == number);
        own.for_each(|transaction| batch.add(transaction));
        batch
    }

    /// Shows `state` to one command as the flawed host believes it; what was there is put back by the caller.
    fn bend(&self, state: &mut State, envelope: &Envelope) {
        if let (Flaw::SettlesAlone, Command::SettlementReview(verdict)) = (self.flaw, &envelope.command)
            && let Some(one) = state.settlements.get(&verdict.settlement).cloned()
        {
            state.settlements.loaded(one.id, Some(Settlement { maker: PersonId(0), ..one }));
        }
        let (order, asks) = match &envelope.command {
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
            Flaw::OpenRefundsUncounted if asks => sold.refunds.retain(|refund| !refund.status.is_open()),
            Flaw::RejectedRefundsCounted if asks => {
                sold.refunds.iter_mut().for_each(|refund| refund.status = RefundStatus::Approved);
            }
            Flaw::MakerIsChecker => sold.refunds.iter_mut().for_each(|refund| refund.applicant = PersonId(0)),
            Flaw::DisputePaysTwice if rules => {
                let decided = sold.disputes.iter_mut().filter(|dispute| dispute.status == DisputeStatus::Upheld);
                decided.for_each(|dispute| dispute.status = DisputeStatus::Answered);
            }
            Flaw::RefundInDispute if asks => sold.disputes.retain(|dispute| !dispute.status.is_open()),
            Flaw::RulesUnheard if rules => {
                let open = sold.disputes.iter_mut().filter(|dispute| dispute.status == DisputeStatus::Opened);
                open.for_each(|dispute| dispute.status = DisputeStatus::Answered);
            }
            Flaw::DecideAgain if !undoes && !asks => {
                let decided = sold.refunds.iter_mut().filter(|refund| !refund.status.is_open());
                decided.for_each(|refund| refund.status = RefundStatus::Requested);
            }
            Flaw::AnyCardInReview => {
                if let Command::RefundReview(domain::refund::Review { card: Some(card), .. }) = &envelope.command {
                    sold.card = card.key;
                }
            }
            Flaw::RefundForEver => sold.window = i64::MAX / 4,
            Flaw::VoidAfterRefund if undoes => sold.refunds.clear(),
            Flaw::UndoTwice if undoes => {
                if let Some(order) = state.orders.get(&order).cloned() {
                    state.orders.loaded(order.id, Some(Order { status: OrderStatus::Paid, ..order }));
                }
            }
            _ => return,
        }
        state.sold.loaded(order, Some(sold));
    }

    fn decide(&mut self, group: &[Envelope]) -> (Vec<Outcome>, Head, Changes) {
        let mut state = self.load(group);
        let (mut outcomes, mut all) = (Vec::new(), Changes::default());
        let mut declined = false;
        for envelope in group {
            let (sold, orders, settlements) = (state.sold.clone(), state.orders.clone(), state.settlements.clone());
            self.bend(&mut state, envelope);
            let Decision { mut outcome, mut changes } = decide(&state, &self.asked(envelope));
            (state.sold, state.orders, state.settlements) = (sold, orders, settlements);
            self.spoil(envelope, &mut outcome, &mut changes);
            declined |= outcome.transaction().is_some_and(|transaction| !transaction.approved());
            outcomes.push(outcome);
            if self.flaw == Flaw::StaleGroup {
                let cards = std::mem::take(&mut changes.cards);
                state.apply(&changes);
                changes.cards = cards;
            } else {
                state.apply(&changes);
            }
            all.merge(changes);
        }
        if self.flaw == Flaw::SharedFate && declined {
            (all.cards, all.orders) = Default::default();
        }
        self.groups += 1;
        if self.flaw == Flaw::LostCommit && self.groups.is_multiple_of(20) {
            return (outcomes, self.head, Changes::default());
        }
        (outcomes, state.head, all)
    }

    /// What the flawed host believes was asked.
    fn asked(&self, envelope: &Envelope) -> Envelope {
        let mut asked = envelope.clone();
        match (self.flaw, &mut asked.command) {
            (Flaw::AnyPin, Command::Inquiry { card, pin } | Command::SaleCheck { card, pin, .. }) => {
                *pin = self.cards.get(&card.key).map_or(PinValue([0; 32]), |card| card.pin.clone());
            }
            (Flaw::ConfirmedForEver, Command::Sale { proof: Proof::Confirmed { until }, .. }) => {
                *until = Timestamp(i64::MAX);
            }
            _ => {}
        }
        asked
    }

    fn spoil(&self, envelope: &Envelope, outcome: &mut Outcome, changes: &mut Changes) {
        match self.flaw {
            Flaw::SkipTryCounter => changes.tries.clear(),
            Flaw::UnknownCardsUncounted => changes.tries.retain(|key, _| self.cards.contains_key(key)),
            Flaw::ForgetOrderStatus => changes.orders.clear(),
            Flaw::NoTransfer if matches!(envelope.command, Command::Sale { .. }) => changes.transfers.clear(),
            Flaw::ForgetSpent => changes.cards.values_mut().for_each(|card| card.spent.amount = Fen::ZERO),
            Flaw::DoubleLoad => {
                if let Command::Load { amount, .. } = envelope.command {
                    changes.cards.values_mut().for_each(|card| card.balance = Fen(card.balance.0 + amount.0));
                }
            }
            Flaw::RefundForgetsOrder if matches!(envelope.command, Command::RefundReview(_)) => changes.orders.clear(),
            Flaw::VoidKeepsSpent if matches!(envelope.command, Command::Void { .. }) => {
                for (key, card) in &mut changes.cards {
                    card.spent = self.cards.get(key).map_or(card.spent, |before| before.spent);
                }
            }
            Flaw::BatchWithoutVoids => {
                let people = changes.batches.iter_mut().flat_map(|closed| closed.batch.people.values_mut());
                people.for_each(|totals| totals.voids = Tally::default());
            }
            Flaw::FeeRoundedDown => {
                for one in changes.settlements.values_mut() {
                    one.fee = Fen(one.net.0 * one.fee_bp / 10_000);
                    one.payout = Fen(one.net.0 - one.fee.0);
                }
            }
            Flaw::StaleRead => {
                if let (Command::Inquiry { card, .. }, Outcome::Recorded(transaction)) = (&envelope.command, outcome)
                    && let (Some(balance), true) = (self.before.get(&card.key), transaction.approved())
                {
                    transaction.balance = Some(*balance);
                }
            }
            _ => {}
        }
    }

    fn save(&mut self, head: Head, changes: &Changes) {
        self.before = self.cards.iter().map(|(key, card)| (*key, card.balance)).collect();
        self.head = head;
        for (at, transaction) in changes.transactions.iter().enumerate() {
            let withdrawn = transaction.decline == Some(Decline::Withdrawn) && transaction.kind == Kind::Sale;
            let next = changes.transactions.get(at + 1).and_then(|next| next.original);
            let forgotten = match self.flaw {
                Flaw::ForgetWithdrawals => withdrawn,
                Flaw::ReversalBlocksNothing => withdrawn && next == Some(transaction.id),
                _ => false,
            };
            if !forgotten {
                self.requests.insert((transaction.request_id, transaction.actor.merchant), transaction.clone());
            }
        }
        self.transactions.extend(changes.transactions.iter().cloned());
        self.transfers.extend(changes.transfers.iter().copied());
        self.cards.extend(changes.cards.clone());
        self.orders.extend(changes.orders.clone());
        self.tries.extend(changes.tries.clone());
        self.refunds.extend(changes.refunds.clone());
        self.batches.extend(changes.batches.iter().cloned());
        self.settlements.extend(changes.settlements.clone());
        self.disputes.extend(changes.disputes.clone());
        self.till = changes.tills.get(&ACTOR.terminal).unwrap_or(&self.till).clone();
    }
}
