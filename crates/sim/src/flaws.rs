//! A host with planted faults: the negative control. Each flaw is a mistake that somebody could make in the money path;
//! the auditor has to find every one, or it proves nothing about the real host.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::card::{Card, CardKey};
use domain::changes::Changes;
use domain::command::{Command, Envelope, Proof};
use domain::decide::{Decision, decide, keys};
use domain::ids::{OrderId, RequestId};
use domain::ledger::{Head, Kind, Transaction, Transfer};
use domain::money::Fen;
use domain::order::Order;
use domain::outcome::{Decline, Outcome};
use domain::pin::{PinTries, PinValue};
use domain::state::State;
use domain::time::Timestamp;
use domain::verify::{Audit, Finding};
use tokio::sync::{mpsc, oneshot};

use crate::shop::{ACTOR, CardTerms, OrderTerms, Shop, chain_key, till};

/// A mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// No mistake: this host has to pass.
    None,
    /// Wrong PINs are not counted.
    SkipTryCounter,
    /// Numbers that are nobody's card are not counted, so a guesser can tell them apart.
    UnknownCardsUncounted,
    /// The count of wrong PINs never ends with the day.
    TriesNeverEnd,
    /// Any PIN is right.
    AnyPin,
    /// A confirmation is good for ever.
    ConfirmedForEver,
    /// Answers leave before the commit.
    AnswerBeforeCommit,
    /// A group that is not the first of its kind is answered and not written, now and then.
    LostCommit,
    /// Request ids are not looked up.
    ForgetRequests,
    /// A withdrawn request id is not remembered.
    ForgetWithdrawals,
    /// A paid order stays a draft.
    ForgetOrderStatus,
    /// The commands of a group do not see one another's balances.
    StaleGroup,
    /// One decline takes its neighbours' effects away.
    SharedFate,
    /// Two answers of a group go to the wrong callers.
    SwappedAnswers,
    /// A load counts twice.
    DoubleLoad,
    /// A sale is recorded but no money moves to the merchant.
    NoTransfer,
    /// What a card spent today is forgotten.
    ForgetSpent,
    /// A balance inquiry answers from before the last commit.
    StaleRead,
}

impl Flaw {
    /// Every mistake.
    pub const ALL: [Self; 17] = [
        Self::SkipTryCounter,
        Self::UnknownCardsUncounted,
        Self::TriesNeverEnd,
        Self::AnyPin,
        Self::ConfirmedForEver,
        Self::AnswerBeforeCommit,
        Self::LostCommit,
        Self::ForgetRequests,
        Self::ForgetWithdrawals,
        Self::ForgetOrderStatus,
        Self::StaleGroup,
        Self::SharedFate,
        Self::SwappedAnswers,
        Self::DoubleLoad,
        Self::NoTransfer,
        Self::ForgetSpent,
        Self::StaleRead,
    ];
}

/// What a flawed host keeps over a restart.
#[derive(Clone)]
pub struct FlawedBooks(Arc<Mutex<World>>);

struct World {
    flaw: Flaw,
    groups: u64,
    head: Head,
    transactions: Vec<Transaction>,
    transfers: Vec<Transfer>,
    requests: BTreeMap<RequestId, Transaction>,
    cards: BTreeMap<CardKey, Card>,
    /// Balances before the last group.
    before: BTreeMap<CardKey, Fen>,
    orders: BTreeMap<OrderId, Order>,
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

    /// Checks the ledger that the flawed host wrote.
    pub fn verify(&self) -> Vec<Finding> {
        self.world(|world| {
            let mut audit = Audit::new(chain_key());
            for transaction in &world.transactions {
                let legs = world.transfers.iter().filter(|leg| leg.transaction == transaction.id).copied();
                audit.transaction(transaction, &legs.collect::<Vec<_>>());
            }
            world.cards.values().for_each(|card| audit.card(card.id, card.balance));
            for order in world.orders.values() {
                audit.order(order.id, order.status, order.total, order.paid_by);
            }
            audit.finish(&[ACTOR.merchant])
        })
    }
}

impl FlawedHost {
    /// As the engine's.
    pub async fn submit(&self, request_id: RequestId, at: Timestamp, command: Command) -> Option<Outcome> {
        let (answer, outcome) = oneshot::channel();
        self.0.send((Envelope { request_id, actor: ACTOR, at, entropy: 0, command }, answer)).ok()?;
        outcome.await.ok()
    }
}

impl World {
    fn load(&self, group: &[Envelope]) -> State {
        let needed = keys(group);
        let mut state = State::new(chain_key(), self.head);
        for key in needed.requests {
            let row = self.requests.get(&key.0).filter(|_| self.flaw != Flaw::ForgetRequests);
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
        needed.tills.into_iter().for_each(|id| state.tills.loaded(id, Some(till())));
        state
    }

    fn decide(&mut self, group: &[Envelope]) -> (Vec<Outcome>, Head, Changes) {
        let mut state = self.load(group);
        let (mut outcomes, mut all) = (Vec::new(), Changes::default());
        let mut declined = false;
        for envelope in group {
            let Decision { mut outcome, mut changes } = decide(&state, &self.asked(envelope));
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
        for transaction in &changes.transactions {
            let withdrawn = transaction.decline == Some(Decline::Withdrawn) && transaction.kind == Kind::Sale;
            if !(withdrawn && self.flaw == Flaw::ForgetWithdrawals) {
                self.requests.insert(transaction.request_id, transaction.clone());
            }
        }
        self.transactions.extend(changes.transactions.iter().cloned());
        self.transfers.extend(changes.transfers.iter().copied());
        self.cards.extend(changes.cards.clone());
        self.orders.extend(changes.orders.clone());
        self.tries.extend(changes.tries.clone());
    }
}
