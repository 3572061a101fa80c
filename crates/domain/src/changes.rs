//! Changes: what a decision writes. Rows are given as they are afterwards, so a group writes each row once.

use std::collections::BTreeMap;

use crate::card::{Card, CardKey};
use crate::ids::OrderId;
use crate::ledger::{Transaction, Transfer};
use crate::order::Order;
use crate::pin::PinTries;

/// What to write.
#[derive(Clone, Default)]
pub struct Changes {
    /// New transactions, in order.
    pub transactions: Vec<Transaction>,
    /// Their transfers, in order.
    pub transfers: Vec<Transfer>,
    /// Cards as they are afterwards.
    pub cards: BTreeMap<CardKey, Card>,
    /// Orders as they are afterwards.
    pub orders: BTreeMap<OrderId, Order>,
    /// PIN tries as they are afterwards.
    pub tries: BTreeMap<CardKey, PinTries>,
}

impl Changes {
    /// Adds what the next command of the group writes.
    pub fn merge(&mut self, next: Self) {
        self.transactions.extend(next.transactions);
        self.transfers.extend(next.transfers);
        self.cards.extend(next.cards);
        self.orders.extend(next.orders);
        self.tries.extend(next.tries);
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.transactions.is_empty()
            && self.transfers.is_empty()
            && self.cards.is_empty()
            && self.orders.is_empty()
            && self.tries.is_empty()
    }
}
