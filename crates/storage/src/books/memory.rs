//! The books in memory: the same load, decide, save without a disk, for the simulator and for tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::batch::{Batch, ClosedBatch};
use domain::card::{Card, CardKey};
use domain::command::Envelope;
use domain::decide::{decide_all, keys};
use domain::direct_sale::OutletDay;
use domain::dispute::Dispute;
use domain::ids::{MerchantId, OrderId, TerminalId, TransactionId};
use domain::ledger::{ChainKey, Head, Transaction, Transfer};
use domain::order::Order;
use domain::outcome::Outcome;
use domain::pin::PinTries;
use domain::refund::{Refund, SoldLine};
use domain::settlement::{Payable, Settlement};
use domain::state::{RequestKey, Sold, State, Till};
use domain::time::Timestamp;
use domain::verify::{Audit, Finding};

use crate::books::SLOT;
use crate::error::StorageError;
use crate::outbox::{self, Message, Subscription};

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
    lines: BTreeMap<OrderId, Vec<SoldLine>>,
    refunds: BTreeMap<TransactionId, Refund>,
    disputes: BTreeMap<TransactionId, Dispute>,
    replaced: BTreeMap<CardKey, CardKey>,
    batches: Vec<ClosedBatch>,
    fees: BTreeMap<MerchantId, Option<i64>>,
    settlements: BTreeMap<TransactionId, Settlement>,
    numbers: BTreeMap<OutletDay, i64>,
    tills: BTreeMap<TerminalId, Till>,
    subscriptions: BTreeMap<MerchantId, Vec<Subscription>>,
    outbox: Vec<Message>,
}

impl Memory {
    /// An empty world.
    pub fn new(key: ChainKey) -> Self {
        Self(Arc::new(Mutex::new(World {
            key,
            head: Head::empty(SLOT),
            transactions: BTreeMap::new(),
            transfers: BTreeMap::new(),
            requests: BTreeMap::new(),
            cards: BTreeMap::new(),
            tries: BTreeMap::new(),
            orders: BTreeMap::new(),
            lines: BTreeMap::new(),
            refunds: BTreeMap::new(),
            disputes: BTreeMap::new(),
            replaced: BTreeMap::new(),
            batches: Vec::new(),
            fees: BTreeMap::new(),
            settlements: BTreeMap::new(),
            numbers: BTreeMap::new(),
            tills: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            outbox: Vec::new(),
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

    /// Sets the lines of an order.
    pub fn put_lines(&self, order: OrderId, lines: Vec<SoldLine>) {
        self.world(|world| world.lines.insert(order, lines));
    }

    /// Notes that `new` took the place of `old`; the cards themselves are put separately.
    pub fn put_replacement(&self, old: CardKey, new: CardKey) {
        self.world(|world| world.replaced.insert(old, new));
    }

    /// Adds or replaces a merchant that is settled with; the fee in basis points, if one is agreed.
    pub fn put_merchant(&self, merchant: MerchantId, fee_bp: Option<i64>) {
        self.world(|world| world.fees.insert(merchant, fee_bp));
    }

    /// Every settlement, in order.
    pub fn settlements(&self) -> Vec<Settlement> {
        self.world(|world| world.settlements.values().cloned().collect())
    }

    /// Every transfer, in order.
    pub fn transfers(&self) -> Vec<Transfer> {
        self.world(|world| world.transfers.values().copied().collect())
    }

    /// Adds an endpoint of a merchant's own system.
    pub fn put_subscription(&self, merchant: MerchantId, subscription: Subscription) {
        self.world(|world| world.subscriptions.entry(merchant).or_default().push(subscription));
    }

    /// Every event in the outbox, in order.
    pub fn outbox(&self) -> Vec<Message> {
        self.world(|world| world.outbox.clone())
    }

    /// Every dispute, in order.
    pub fn disputes(&self) -> Vec<Dispute> {
        self.world(|world| world.disputes.values().cloned().collect())
    }

    /// Every refund, in order.
    pub fn refunds(&self) -> Vec<Refund> {
        self.world(|world| world.refunds.values().cloned().collect())
    }

    /// Every closed batch, in order.
    pub fn batches(&self) -> Vec<ClosedBatch> {
        self.world(|world| world.batches.clone())
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
            let messages = world.messages(&state, &changes)?;
            world.save(state.head, changes)?;
            world.outbox.extend(messages);
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
        for till in keys.tills.iter().copied() {
            state.tills.loaded(till, self.tills.get(&till).cloned());
        }
        for request in keys.requests.iter().copied() {
            let transaction = self.requests.get(&request).and_then(|id| self.transactions.get(id));
            state.requests.loaded(request, transaction.cloned());
        }
        let found = keys.found(&state);
        state.reversed = keys.reversed;
        for request in keys.claims {
            state.claims.loaded(request, None);
        }
        state.last_order = self.orders.keys().next_back().map_or(0, |id| id.0);
        for day in keys.numbers {
            state.numbers.loaded(day, self.numbers.get(&day).copied());
        }
        for order in keys.orders.into_iter().chain(found.iter().copied()) {
            state.orders.loaded(order, self.orders.get(&order).cloned());
        }
        for card in keys.cards {
            state.cards.loaded(card, self.cards.get(&card).cloned());
        }
        for card in keys.pins {
            state.tries.loaded(card, self.tries.get(&card).copied());
        }
        for order in keys.sold.into_iter().chain(found) {
            self.load_sold(&mut state, order);
        }
        for till in keys.batches {
            let open = self.orders.values().filter(|order| order.terminal == till && order.attempt.is_some()).count();
            state.attempts.loaded(till, i64::try_from(open).ok());
            state.batches.loaded(till, self.running_batch(till));
        }
        for merchant in keys.payables {
            state.payables.loaded(merchant, self.payable(merchant));
        }
        for id in keys.settlements {
            state.settlements.loaded(id, self.settlements.get(&id).cloned());
        }
        state
    }

    fn payable(&self, merchant: MerchantId) -> Option<Payable> {
        let fee = *self.fees.get(&merchant)?;
        let moved = self.transfers.values().filter_map(|leg| Some((self.transactions.get(&leg.transaction)?, leg)));
        Some(Payable::of(merchant, fee, self.settlements.values(), moved))
    }

    fn load_sold(&self, state: &mut State, order: OrderId) {
        state.lines.loaded(order, Some(self.lines.get(&order).cloned().unwrap_or_default()));
        let sale = self.orders.get(&order).and_then(|order| order.paid_by).and_then(|id| self.transactions.get(&id));
        let card = sale.and_then(|sale| self.cards.values().find(|card| Some(card.id) == sale.card));
        let sold = sale.zip(card).map(|(sale, card)| {
            let mut payee = card.key;
            while let Some(next) = self.replaced.get(&payee) {
                payee = *next;
            }
            for key in [card.key, payee] {
                state.cards.loaded(key, self.cards.get(&key).cloned());
            }
            let refunds = self.refunds.values().filter(|refund| refund.order == order).cloned().collect();
            let disputes = self.disputes.values().filter(|dispute| dispute.order == order).cloned().collect();
            let window = card.programme.refund_window;
            Sold { sale: sale.clone(), card: card.key, payee, window, refunds, disputes }
        });
        state.sold.loaded(order, sold);
    }

    fn running_batch(&self, terminal: TerminalId) -> Option<Batch> {
        let number = self.tills.get(&terminal)?.batch;
        let last = self.batches.iter().rev().find(|closed| closed.batch.terminal == terminal);
        let opened_at = last.map_or(Timestamp(0), |closed| closed.closed_at);
        let mut batch = Batch::open(terminal, number, opened_at, 0);
        let own = |t: &&Transaction| t.actor.terminal == terminal && t.batch == number;
        self.transactions.values().filter(own).for_each(|transaction| batch.add(transaction));
        Some(batch)
    }

    fn messages(&self, state: &State, changes: &domain::changes::Changes) -> Result<Vec<Message>, StorageError> {
        let of = |merchant| Ok(self.subscriptions.get(&merchant).cloned().unwrap_or_default());
        outbox::messages(state, changes, of, || Ok(self.outbox.last().map_or(0, |message| message.id)))
    }

    /// Keeps the uniqueness that the databases keep by index.
    fn save(&mut self, head: Head, changes: domain::changes::Changes) -> Result<(), StorageError> {
        for transaction in &changes.transactions {
            let request = (transaction.request_id, transaction.actor.merchant);
            if self.transactions.contains_key(&transaction.id) || self.requests.contains_key(&request) {
                return Err(StorageError::NotWritten(format!("transaction {} exists", transaction.id.rrn())));
            }
        }
        if let Some(twice) = changes.new_orders.iter().find(|new| self.orders.contains_key(&new.order.id)) {
            return Err(StorageError::NotWritten(format!("order {} exists", twice.order.id)));
        }
        self.numbers.extend(changes.numbers());
        for transaction in changes.transactions {
            self.requests.insert((transaction.request_id, transaction.actor.merchant), transaction.id);
            self.transactions.insert(transaction.id, transaction);
        }
        self.transfers.extend(changes.transfers.into_iter().map(|t| ((t.transaction, t.leg), t)));
        self.cards.extend(changes.cards);
        self.orders.extend(changes.orders);
        for new in changes.new_orders {
            self.lines.insert(new.order.id, new.sale.sold_lines());
            self.orders.insert(new.order.id, new.order);
        }
        self.tries.extend(changes.tries);
        self.refunds.extend(changes.refunds);
        self.disputes.extend(changes.disputes);
        self.tills.extend(changes.tills);
        self.batches.extend(changes.batches);
        self.settlements.extend(changes.settlements);
        self.head = head;
        Ok(())
    }

    fn verify(&self) -> Vec<Finding> {
        let mut audit = Audit::new(self.key.clone());
        audit.settlements(self.settlements.values().cloned());
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
        for refund in self.refunds.values() {
            audit.refund(refund);
        }
        for dispute in self.disputes.values() {
            audit.dispute(dispute);
        }
        self.batches.iter().for_each(|closed| audit.batch(closed));
        self.tills.iter().for_each(|(id, till)| audit.till(*id, till.batch));
        let merchants: Vec<MerchantId> = self.tills.values().map(|till| till.merchant).collect();
        audit.finish(&merchants)
    }
}
