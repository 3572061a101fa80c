//! The memory store: the same books without a disk, for the simulator and for tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::changes::Changes;
use domain::command::Envelope;
use domain::decide::decide_all;
use domain::ids::MerchantId;
use domain::outcome::Outcome;
use domain::state::State;
use domain::verify::Finding;
use domain::world::World;

use crate::error::StorageError;
use crate::outbox::{self, Message, Subscription};

/// A world that many tasks share, with its outbox. Clones share it.
#[derive(Clone)]
pub struct Memory(Arc<Mutex<Kept>>);

struct Kept {
    world: World,
    subscriptions: BTreeMap<MerchantId, Vec<Subscription>>,
    outbox: Vec<Message>,
}

impl Memory {
    /// A store of `world`.
    pub fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(Kept { world, subscriptions: BTreeMap::new(), outbox: Vec::new() })))
    }

    fn locked<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads or changes the rows themselves.
    pub fn world<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        self.locked(|kept| act(&mut kept.world))
    }

    /// Adds an endpoint of a merchant's own system.
    pub fn put_subscription(&self, merchant: MerchantId, subscription: Subscription) {
        self.locked(|kept| kept.subscriptions.entry(merchant).or_default().push(subscription));
    }

    /// Every event in the outbox, in order.
    pub fn outbox(&self) -> Vec<Message> {
        self.locked(|kept| kept.outbox.clone())
    }

    pub(crate) fn post(&self, group: &[Envelope]) -> Result<Vec<Outcome>, StorageError> {
        self.locked(|kept| {
            let mut state = kept.world.load(group);
            let (outcomes, changes) = decide_all(&mut state, group);
            let messages = kept.messages(&state, &changes)?;
            if let Some(clash) = kept.world.clash(&changes) {
                return Err(StorageError::NotWritten(clash));
            }
            kept.world.save(state.head, changes);
            kept.outbox.extend(messages);
            Ok(outcomes)
        })
    }

    pub(crate) fn verify(&self) -> Vec<Finding> {
        self.world(|world| world.verify())
    }
}

impl Kept {
    fn messages(&self, state: &State, changes: &Changes) -> Result<Vec<Message>, StorageError> {
        let of = |merchant| Ok(self.subscriptions.get(&merchant).cloned().unwrap_or_default());
        outbox::messages(state, changes, of, || Ok(self.outbox.last().map_or(0, |message| message.id)))
    }
}
