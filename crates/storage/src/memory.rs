//! The books in memory: the same load, decide, save without a disk, for the simulator and for tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::card::{Card, CardKey};
use domain::command::Envelope;
use domain::decide::{decide_all, keys};
use domain::ids::{MerchantId, OrderId, TerminalId, TransactionId};
use domain::ledger::{ChainKey, Head, Transaction, Transfer};
use domain::order::Order;
use domain::outcome::Outcome;
use domain::pin::PinTries;
use domain::state::{RequestKey, State, Till};
use domain::verify::{Audit, Finding};

use crate::books::EMBEDDED_SLOT;
use crate::error::StorageError;

/// A shared world in memory. Clones share it.
#[derive(Clone)]
pub struct Memory(Arc<Mutex<World>>);

struct World {
    key: ChainKey,
    head: Head,
    transactions: BTreeMap<TransactionId, Transaction>,
    transfers: BTreeMap<(TransactionId, i64), Transfer>,
    requests: BTreeMap<RequestKey, TransactionId>,
    cards: BTreeMap<CardKey, Card>,
    tries: BTreeMap<CardKey, PinTries>,
    orders: BTreeMap<OrderId, Order>,
    tills: BTreeMap<TerminalId, Till>,
}

impl Memory {
    /// An empty world.
    pub fn new(key: ChainKey) -> Self {
        Self(Arc::new(Mutex::new(World {
            key,
            head: Head::empty(EMBEDDED_SLOT),
            transactions: BTreeMap::new(),
            transfers: BTreeMap::new(),
            requests: BTreeMap::new(),
            cards: BTreeMap::new(),
            tries: BTreeMap::new(),
            orders: BTreeMap::new(),
            tills: BTreeMap::new(),
        })))
    }

    fn world<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds or replaces a till.
    pub fn put_till(&self, id: TerminalId, till: Till) {
        self.world(|world| world.tills.insert(id, till));
    }

    /// Adds or replaces a card. A new card starts at zero; money arrives by a load.
    pub fn put_card(&self, card: Card) {
        self.world(|world| world.cards.insert(card.key, card));
    }

    /// Adds or replaces an order.
    pub fn put_order(&self, order: Order) {
        self.world(|world| world.orders.insert(order.id, order));
    }

    /// An order as it stands.
    pub fn order(&self, id: OrderId) -> Option<Order> {
        self.world(|world| world.orders.get(&id).cloned())
    }

    /// A card as it stands.
    pub fn card(&self, key: CardKey) -> Option<Card> {
        self.world(|world| world.cards.get(&key).cloned())
    }

    /// Every transaction, in order.
    pub fn transactions(&self) -> Vec<Transaction> {
        self.world(|world| world.transactions.values().cloned().collect())
    }

    pub(crate) fn post(&self, group: &[Envelope]) -> Result<Vec<Outcome>, StorageError> {
        self.world(|world| {
            let mut state = world.load(group);
            let (outcomes, changes) = decide_all(&mut state, group);
            world.save(state.head, changes)?;
            Ok(outcomes)
        })
    }

    pub(crate) fn verify(&self) -> Vec<Finding> {
        self.world(|world| world.verify())
    }
}

impl World {
    fn load(&self, group: &[Envelope]) -> State {
        let keys = keys(group);
        let mut state = State::new(self.key.clone(), self.head);
        for till in keys.tills {
            state.tills.loaded(till, self.tills.get(&till).cloned());
        }
        for request in keys.requests {
            let transaction = self.requests.get(&request).and_then(|id| self.transactions.get(id));
            state.requests.loaded(request, transaction.cloned());
        }
        for order in keys.orders {
            state.orders.loaded(order, self.orders.get(&order).cloned());
        }
        for card in keys.cards {
            state.cards.loaded(card, self.cards.get(&card).cloned());
            state.tries.loaded(card, self.tries.get(&card).copied());
        }
        state
    }

    /// Keeps the uniqueness that the databases keep by index.
    fn save(&mut self, head: Head, changes: domain::changes::Changes) -> Result<(), StorageError> {
        for transaction in &changes.transactions {
            let request = (transaction.request_id, transaction.actor.merchant);
            if self.transactions.contains_key(&transaction.id) || self.requests.contains_key(&request) {
                return Err(StorageError::NotWritten(format!("transaction {} exists", transaction.id.rrn())));
            }
        }
        for transaction in changes.transactions {
            self.requests.insert((transaction.request_id, transaction.actor.merchant), transaction.id);
            self.transactions.insert(transaction.id, transaction);
        }
        self.transfers.extend(changes.transfers.into_iter().map(|t| ((t.transaction, t.leg), t)));
        self.cards.extend(changes.cards);
        self.orders.extend(changes.orders);
        self.tries.extend(changes.tries);
        self.head = head;
        Ok(())
    }

    fn verify(&self) -> Vec<Finding> {
        let mut audit = Audit::new(self.key.clone());
        for transaction in self.transactions.values() {
            let legs = self.transfers.range((transaction.id, i64::MIN)..=(transaction.id, i64::MAX));
            let legs: Vec<Transfer> = legs.map(|(_, leg)| *leg).collect();
            audit.transaction(transaction, &legs);
        }
        if !self.transactions.is_empty() {
            let read = audit.read_head();
            audit.head(self.head, &self.head.seal(&self.key), Some(&read));
        }
        for card in self.cards.values() {
            audit.card(card.id, card.balance);
        }
        for order in self.orders.values() {
            audit.order(order.id, order.status, order.total, order.paid_by);
        }
        let merchants: Vec<MerchantId> = self.tills.values().map(|till| till.merchant).collect();
        audit.finish(&merchants)
    }
}
