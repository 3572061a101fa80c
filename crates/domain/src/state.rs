//! State: everything that the commands of one group may look at, loaded before the first decision.
//!
//! "Loaded and absent" differs from "not loaded": asking for a row that was never loaded is a bug and stops the group.

use std::collections::BTreeMap;
use std::fmt::Debug;

use crate::card::{Card, CardKey};
use crate::changes::Changes;
use crate::command::{Command, Envelope};
use crate::ids::{MerchantId, OrderId, OutletId, RequestId, TerminalId};
use crate::ledger::{ChainKey, Head, Transaction};
use crate::order::Order;
use crate::pin::PinTries;

/// Rows of one kind, by key.
#[derive(Clone, Debug)]
pub struct Rows<K, V>(BTreeMap<K, Option<V>>);

impl<K, V> Default for Rows<K, V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Debug, V> Rows<K, V> {
    /// Notes what the store has under `key`.
    pub fn loaded(&mut self, key: K, row: Option<V>) {
        self.0.insert(key, row);
    }

    /// The row, if the store has one.
    pub fn get(&self, key: &K) -> Option<&V> {
        let entry = self.0.get(key);
        invariant!(entry.is_some(), "{key:?} was not loaded");
        entry.and_then(Option::as_ref)
    }
}

/// What the money path knows about a till.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Till {
    /// Its merchant.
    pub merchant: MerchantId,
    /// Its outlet.
    pub outlet: OutletId,
    /// The merchant may trade.
    pub merchant_active: bool,
    /// The outlet may trade.
    pub outlet_active: bool,
    /// The till may trade.
    pub terminal_active: bool,
    /// Its open batch.
    pub batch: i64,
}

/// A request id is unique within its merchant; the card company is merchant 0.
pub type RequestKey = (RequestId, MerchantId);

/// The loaded world of one group.
pub struct State {
    /// Secret of the chain.
    pub chain_key: ChainKey,
    /// Where the chain ends.
    pub head: Head,
    /// Recorded requests.
    pub requests: Rows<RequestKey, Transaction>,
    /// Orders.
    pub orders: Rows<OrderId, Order>,
    /// Cards.
    pub cards: Rows<CardKey, Card>,
    /// Wrong PINs, of known and unknown cards alike.
    pub tries: Rows<CardKey, PinTries>,
    /// Tills.
    pub tills: Rows<TerminalId, Till>,
}

impl State {
    /// Nothing loaded yet.
    pub fn new(chain_key: ChainKey, head: Head) -> Self {
        Self {
            chain_key,
            head,
            requests: Rows::default(),
            orders: Rows::default(),
            cards: Rows::default(),
            tries: Rows::default(),
            tills: Rows::default(),
        }
    }

    /// Takes one command's changes in, so that the next command of the group sees them.
    pub fn apply(&mut self, changes: &Changes) {
        for transaction in &changes.transactions {
            self.head = Head::after(transaction);
            self.requests.loaded((transaction.request_id, transaction.actor.merchant), Some(transaction.clone()));
        }
        for (id, order) in &changes.orders {
            self.orders.loaded(*id, Some(order.clone()));
        }
        for (key, card) in &changes.cards {
            self.cards.loaded(*key, Some(card.clone()));
        }
        for (key, tries) in &changes.tries {
            self.tries.loaded(*key, Some(*tries));
        }
    }
}

/// What one group has to load, sorted so that rows are locked in one order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// Requests.
    pub requests: std::collections::BTreeSet<RequestKey>,
    /// Orders.
    pub orders: std::collections::BTreeSet<OrderId>,
    /// Cards, and their PIN tries.
    pub cards: std::collections::BTreeSet<CardKey>,
    /// Tills.
    pub tills: std::collections::BTreeSet<TerminalId>,
}

impl Keys {
    /// What `envelopes` name.
    pub fn of(envelopes: &[Envelope]) -> Self {
        let mut keys = Self::default();
        for envelope in envelopes {
            keys.requests.insert((envelope.request_id, envelope.actor.merchant));
            keys.tills.insert(envelope.actor.terminal);
            match &envelope.command {
                Command::Inquiry { card, .. } | Command::Load { card, .. } => {
                    keys.cards.insert(card.key);
                }
                Command::SaleCheck { order, card, .. } | Command::Sale { order, card, .. } => {
                    keys.orders.insert(*order);
                    keys.cards.insert(card.key);
                }
                Command::Withdraw { order, .. } => {
                    keys.orders.insert(*order);
                }
            }
        }
        keys
    }
}
