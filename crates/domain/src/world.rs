//! The books in memory: load, decide, save and verify without a store.
//!
//! What a database keeps in tables stands here in maps, and a command goes through the same steps: [`World::load`],
//! [`decide_all`], [`World::save`]. The memory store, the simulator's flawed host and the tests of the rules wrap it, so
//! that the steps are written once. It keeps everything and looks rows up by walking: it is for small books.

use std::collections::{BTreeMap, BTreeSet};

use crate::acts::{
    self, ActRows, Customer, Edition, Key, KeyState, Loaded, Merchant, Money, Outlet, Payload, Person, Product,
    Programme, Recall,
};
use crate::batch::{Batch, ClosedBatch};
use crate::card::{Card, CardKey, CardStatus, masked_name};
use crate::card_code::CardCode;
use crate::card_move::{Moved, Past};
use crate::card_number::MaskedCard;
use crate::changes::{Changes, WrittenProgramme};
use crate::command::Envelope;
use crate::decide::decide_all;
use crate::direct_sale::OutletDay;
use crate::directory::Standing;
use crate::dispute::Dispute;
use crate::human::Logins;
use crate::ids::{
    CardBatchId, CardId, CustomerId, EditionId, KeyId, ListId, MerchantId, OrderId, OutletId, PersonId, ProgrammeId,
    RecallId, TerminalId, TransactionId,
};
use crate::ledger::{ChainKey, Head, Kind, Transaction, Transfer};
use crate::limits::Limits;
use crate::money::Fen;
use crate::order::Order;
use crate::outcome::Outcome;
use crate::pin::PinTries;
use crate::programme_change::Changed;
use crate::proof::Alarm;
use crate::proposal::{Proposal, ProposalStatus};
use crate::refund::{Refund, SoldLine};
use crate::settlement::{Payable, Settlement};
use crate::sold::Sold;
use crate::state::{Keys, RequestKey, State, Till};
use crate::sweep::{SWEEP_LIFE, Sweep, Watch};
use crate::time::Timestamp;
use crate::verify::{Audit, Finding};

mod card_batch;

pub use card_batch::StoredCardBatch;

/// All rows, by key or in order.
#[derive(Clone, PartialEq)]
pub struct World {
    /// Secret of the chain.
    pub key: ChainKey,
    /// Where the chain ends.
    pub head: Head,
    /// Every transaction, in order.
    pub transactions: Vec<Transaction>,
    /// Every transfer, in the order of the transactions and their legs.
    pub transfers: Vec<Transfer>,
    /// The transaction of each request.
    pub requests: BTreeMap<RequestKey, TransactionId>,
    /// Cards. A new one starts at zero; money arrives by a load.
    pub cards: BTreeMap<CardKey, Card>,
    /// The card that took a card's place.
    pub replaced: BTreeMap<CardKey, CardKey>,
    /// Wrong PINs.
    pub tries: BTreeMap<CardKey, PinTries>,
    /// Who had the whole number of a card shown; only a store shows numbers.
    pub numbers_seen: BTreeMap<CardKey, Vec<PersonId>>,
    /// Activation codes.
    pub codes: BTreeMap<CardKey, CardCode>,
    /// What watches wrong PINs.
    pub sweeps: BTreeMap<Watch, Sweep>,
    /// Limits to guessing.
    pub limits: Limits,
    /// What went to the audit log.
    pub alarms: Vec<Alarm>,
    /// Orders.
    pub orders: BTreeMap<OrderId, Order>,
    /// Their lines, without those that were voided.
    pub lines: BTreeMap<OrderId, Vec<SoldLine>>,
    /// How many orders an outlet has had on a day.
    pub numbers: BTreeMap<OutletDay, i64>,
    /// Requests that something else than the money path was asked under.
    pub claims: BTreeSet<RequestKey>,
    /// Refunds.
    pub refunds: BTreeMap<TransactionId, Refund>,
    /// Disputes.
    pub disputes: BTreeMap<TransactionId, Dispute>,
    /// Tills.
    pub tills: BTreeMap<TerminalId, Till>,
    /// Closed batches, in the order in which they were closed.
    pub batches: Vec<ClosedBatch>,
    /// The agreed fee of each merchant that is settled with, in basis points.
    pub fees: BTreeMap<MerchantId, Option<i64>>,
    /// Settlements.
    pub settlements: BTreeMap<TransactionId, Settlement>,
    /// Who stands behind a login or key, where that is not the person alone.
    pub logins: Logins,
    /// The people and keys that can review refunds of an outlet, and until when.
    pub reviewers: BTreeMap<(MerchantId, OutletId), BTreeMap<PersonId, Timestamp>>,
    /// Merchants that an act is about.
    pub merchants: BTreeMap<MerchantId, Merchant>,
    /// Outlets that an act is about.
    pub outlets: BTreeMap<OutletId, Outlet>,
    /// Whether the card company's people need a second factor.
    pub factor_required: bool,
    /// People of the card company.
    pub people: BTreeMap<PersonId, Person>,
    /// Recalls of goods.
    pub recalls: BTreeMap<RecallId, Recall>,
    /// Products whose prices change by proposal, by merchant and code.
    pub products: BTreeMap<(ListId, String), Product>,
    /// Editions of products.
    pub editions: BTreeMap<EditionId, Edition>,
    /// Moves of cards, in order.
    pub card_moves: Vec<Moved>,
    /// Customers. What waiting proposals hold of their deposits is not kept here: the proposals say it.
    pub customers: BTreeMap<CustomerId, Customer>,
    /// Programmes that acts are about; a card has its own copy of what the money path needs.
    pub programmes: BTreeMap<ProgrammeId, Programme>,
    /// What one person did to them, in order.
    pub narrowings: Vec<Changed>,
    /// Bank references of money that was received, with the approvals.
    pub references: BTreeMap<String, TransactionId>,
    /// Card batches.
    pub card_batches: BTreeMap<CardBatchId, StoredCardBatch>,
    /// Cards of batches by the number of their serial, and whether they were activated.
    pub serials: BTreeMap<i64, (CardKey, bool)>,
    /// API keys.
    pub keys: BTreeMap<KeyId, Key>,
    /// Proposals.
    pub proposals: BTreeMap<TransactionId, Proposal>,
}

impl World {
    /// Empty books, written in `slot`.
    pub fn new(key: ChainKey, slot: u8) -> Self {
        Self {
            key,
            head: Head::empty(slot),
            transactions: Vec::new(),
            transfers: Vec::new(),
            requests: BTreeMap::new(),
            cards: BTreeMap::new(),
            replaced: BTreeMap::new(),
            tries: BTreeMap::new(),
            numbers_seen: BTreeMap::new(),
            codes: BTreeMap::new(),
            sweeps: BTreeMap::new(),
            limits: Limits::default(),
            alarms: Vec::new(),
            orders: BTreeMap::new(),
            lines: BTreeMap::new(),
            numbers: BTreeMap::new(),
            claims: BTreeSet::new(),
            refunds: BTreeMap::new(),
            disputes: BTreeMap::new(),
            tills: BTreeMap::new(),
            batches: Vec::new(),
            fees: BTreeMap::new(),
            settlements: BTreeMap::new(),
            logins: Logins::default(),
            reviewers: BTreeMap::new(),
            merchants: BTreeMap::new(),
            outlets: BTreeMap::new(),
            factor_required: true,
            people: BTreeMap::new(),
            recalls: BTreeMap::new(),
            products: BTreeMap::new(),
            editions: BTreeMap::new(),
            card_moves: Vec::new(),
            customers: BTreeMap::new(),
            programmes: BTreeMap::new(),
            narrowings: Vec::new(),
            references: BTreeMap::new(),
            card_batches: BTreeMap::new(),
            serials: BTreeMap::new(),
            keys: BTreeMap::new(),
            proposals: BTreeMap::new(),
        }
    }

    /// Adds or replaces a card.
    pub fn put_card(&mut self, card: Card) {
        self.cards.insert(card.key, card);
    }

    /// Adds or replaces an order.
    pub fn put_order(&mut self, order: Order) {
        self.orders.insert(order.id, order);
    }

    /// Decides one group and keeps what it writes.
    pub fn post(&mut self, group: &[Envelope]) -> Vec<Outcome> {
        let mut state = self.load(group);
        let (outcomes, changes) = decide_all(&mut state, group);
        let clash = self.clash(&changes);
        invariant!(clash.is_none(), "{clash:?}");
        self.save(state.head, changes);
        outcomes
    }

    /// Everything that the commands of `group` may look at.
    pub fn load(&self, group: &[Envelope]) -> State {
        let keys = Keys::of(group);
        let mut state = State::new(self.key.clone(), self.head);
        for till in &keys.tills {
            state.tills.loaded(*till, self.tills.get(till).cloned());
        }
        for id in &keys.outlets {
            let outlet = self.tills.values().map(|till| &till.outlet).find(|outlet| outlet.id == *id);
            state.outlets.loaded(*id, outlet.cloned());
        }
        for request in &keys.requests {
            let transaction = self.requests.get(request).and_then(|id| self.transaction(*id));
            state.requests.loaded(*request, transaction.cloned());
        }
        let found = keys.found(&state);
        state.reversed = keys.reversed;
        for request in keys.claims {
            state.claims.loaded(request, self.claims.contains(&request).then_some(()));
        }
        state.last_order = self.orders.keys().next_back().map_or(0, |id| id.0);
        for day in keys.numbers {
            state.numbers.loaded(day, self.numbers.get(&day).copied());
        }
        for order in keys.orders.iter().chain(&found) {
            state.orders.loaded(*order, self.orders.get(order).cloned());
        }
        keys.cards.iter().for_each(|card| state.cards.loaded(*card, self.cards.get(card).cloned()));
        keys.pins.iter().for_each(|card| state.tries.loaded(*card, self.tries.get(card).cloned()));
        keys.codes.iter().for_each(|card| self.load_code(&mut state, *card));
        state.limits = self.limits.clone();
        for watch in keys.watches {
            let sweep = self.sweeps.get(&watch).cloned();
            state.sweeps.loaded(watch, sweep);
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
        for id in keys.proposals {
            state.proposals.loaded(id, self.proposals.get(&id).cloned());
        }
        keys.moved.iter().for_each(|card| self.load_card(&mut state.acts, *card));
        self.load_acts(&mut state, &keys.acts);
        for id in keys.programmes {
            state.acts.programmes.loaded(id, self.programmes.get(&id).cloned());
        }
        for outlet in keys.reviewers {
            state.reviewers.loaded(outlet, self.reviewers.get(&outlet).cloned());
        }
        loop {
            let missing = state.people_missing(&keys.people);
            if missing.is_empty() {
                return state;
            }
            for person in missing {
                state.logins.put(person, self.logins.get(person));
            }
        }
    }

    /// The activation code of a card, and what a first use of it depends on.
    fn load_code(&self, state: &mut State, card: CardKey) {
        state.codes.loaded(card, self.codes.get(&card).cloned());
        state.number_seen.loaded(card, self.numbers_seen.get(&card).cloned());
        state.handed_out.loaded(card, Some(self.handed_out(card)));
        if let Some(card) = self.cards.get(&card) {
            self.load_card(&mut state.acts, card.id);
        }
    }

    /// The rows that acts are about, and the cards that their money goes to or comes from.
    fn load_acts(&self, state: &mut State, acts: &BTreeSet<Payload>) {
        for act in acts {
            self.load_act(&mut state.acts, act);
        }
        for shown in state.acts.cards.present() {
            state.cards.loaded(shown.key, self.cards.get(&shown.key).cloned());
        }
    }

    /// The rows that an act is about.
    pub fn load_act(&self, rows: &mut ActRows, act: &Payload) {
        match act {
            Payload::Money(money) => self.load_money(rows, money),
            Payload::Card(card) => self.load_card(rows, card.card()),
            Payload::Programme(act) => {
                rows.programmes.loaded(act.programme(), self.programmes.get(&act.programme()).cloned());
            }
            Payload::Batch(batch) => self.load_batch(rows, batch),
            Payload::Pin(reset) => self.load_card(rows, reset.card),
            Payload::CustomerResuming { customer } => rows.customers.loaded(*customer, self.customer(*customer)),
            Payload::MerchantFee { merchant, .. } => rows.fees.loaded(*merchant, self.fees.get(merchant).copied()),
            Payload::CompanyKey { key } => rows.keys.loaded(*key, self.keys.get(key).cloned()),
            Payload::MerchantOpening { merchant, .. } => {
                rows.fees.loaded(*merchant, self.fees.get(merchant).copied());
                rows.merchants.loaded(*merchant, self.merchants.get(merchant).cloned());
            }
            Payload::MerchantBank { merchant, .. }
            | Payload::MerchantPayable { merchant, .. }
            | Payload::MerchantResuming { merchant } => {
                rows.merchants.loaded(*merchant, self.merchants.get(merchant).cloned());
            }
            Payload::OutletOpening { outlet } | Payload::OutletResuming { outlet } => {
                rows.outlets.loaded(*outlet, self.outlets.get(outlet).cloned());
            }
            Payload::FactorRule { .. } => rows.factor.loaded((), Some(self.factor_required)),
            Payload::RecallEnding { recall } => rows.recalls.loaded(*recall, self.recalls.get(recall).cloned()),
            Payload::ProductPrice { list, code, .. } => {
                let key = (*list, code.clone());
                let found = self.products.get(&key).cloned();
                rows.products.loaded(key, found);
            }
            Payload::ProductEdition { edition, .. } => {
                rows.editions.loaded(*edition, self.editions.get(edition).cloned());
            }
            Payload::GuessingLimit { .. } => rows.limits.loaded((), Some(self.limits.clone())),
            Payload::CompanyRoles { person, .. }
            | Payload::PersonReset { person }
            | Payload::FactorReset { person }
            | Payload::LoginParting { person } => {
                rows.people.loaded(*person, self.people.get(person).cloned());
            }
        }
    }

    fn load_money(&self, rows: &mut ActRows, money: &Money) {
        rows.customers.loaded(money.customer(), self.customer(money.customer()));
        if let Some(id) = money.card() {
            self.load_card(rows, id);
        }
        match money {
            Money::Funding { reference, .. } => {
                rows.references.loaded(reference.clone(), self.references.get(reference).map(drop));
            }
            Money::Adjustment { load, .. } => rows.loads.loaded(*load, self.loaded(*load)),
            Money::FundingReturn { .. } | Money::Load { .. } => {}
        }
    }

    /// A card as a person is shown it, with what moved it before.
    fn load_card(&self, rows: &mut ActRows, id: CardId) {
        let shown = self.card(id).map(|card| acts::Card {
            key: card.key,
            // No number is kept here, not even a masked one, and no programme has a name.
            masked: MaskedCard(String::new()),
            holder: masked_name(&card.holder),
            status: card.status,
            pin: card.pin.state(),
            programme: String::new(),
        });
        rows.cards.loaded(id, shown);
        let mut past = Past::default();
        for moved in self.card_moves.iter().filter(|moved| moved.card == id) {
            if let Some(by) = self.transaction(moved.id) {
                past.follow(moved.made, by.actor.person, by.at);
            }
        }
        rows.pasts.loaded(id, Some(past));
    }

    fn customer(&self, id: CustomerId) -> Option<Customer> {
        let mut found = ActRows::default();
        found.customers.loaded(id, self.customers.get(&id).cloned());
        let open = self.proposals.values().filter(|one| one.status == ProposalStatus::Open);
        open.for_each(|one| found.note_proposal(one));
        found.customers.get(&id).cloned()
    }

    fn loaded(&self, load: TransactionId) -> Option<Loaded> {
        let own = self.transaction(load).filter(|own| own.kind == Kind::Load && own.approved())?;
        let leg = self.legs(load).first()?;
        let approved = self.proposals.values().filter(|one| one.status == ProposalStatus::Approved);
        let back = approved.filter_map(|one| match one.payload.money() {
            Some(Money::Adjustment { load: of, amount, .. }) if *of == load => Some(*amount),
            _ => None,
        });
        let taken_back = Fen::sum(back).unwrap_or(Fen(i64::MAX));
        Some(Loaded { customer: CustomerId(leg.debit.0), card: own.card?, amount: own.amount, taken_back })
    }

    /// Keeps what an approved act changed.
    fn save_act(&mut self, act: &Payload, approval: TransactionId) {
        match act {
            Payload::Money(Money::Funding { reference, .. }) => {
                self.references.insert(reference.clone(), approval);
            }
            // What it changes is in `Changes` as it is afterwards.
            Payload::Money(_) | Payload::Card(_) | Payload::Programme(_) | Payload::Pin(_) => {}
            Payload::Batch(batch) => self.save_batch(batch, approval),
            Payload::CustomerResuming { customer } => self.customers.get_mut(customer).map_or((), Customer::resume),
            Payload::MerchantFee { merchant, fee_bp } => drop(self.fees.insert(*merchant, Some(*fee_bp))),
            Payload::CompanyKey { key } => {
                if let Some(key) = self.keys.get_mut(key) {
                    key.state = KeyState::Awake;
                }
            }
            Payload::MerchantOpening { merchant, fee_bp, bank } => {
                self.fees.insert(*merchant, Some(*fee_bp));
                let Some(one) = self.merchants.get_mut(merchant) else { return };
                let drafts = one.drafts.clone();
                one.open(bank.clone());
                self.tills_of(|till| till.outlet.merchant == *merchant, |till| till.outlet.merchant_active = true);
                for (outlet, _) in drafts {
                    self.open_outlet(outlet);
                }
            }
            Payload::MerchantBank { merchant, bank } => {
                if let Some(one) = self.merchants.get_mut(merchant) {
                    one.bank = bank.clone();
                }
            }
            Payload::MerchantPayable { merchant, decides } => {
                if let Some(one) = self.merchants.get_mut(merchant) {
                    one.decides_payable = *decides;
                }
            }
            Payload::MerchantResuming { merchant } => {
                if let Some(one) = self.merchants.get_mut(merchant) {
                    (one.status, one.reason) = (Standing::Active, String::new());
                }
                self.tills_of(|till| till.outlet.merchant == *merchant, |till| till.outlet.merchant_active = true);
            }
            Payload::OutletOpening { outlet } | Payload::OutletResuming { outlet } => self.open_outlet(*outlet),
            Payload::FactorRule { required } => self.factor_required = *required,
            Payload::RecallEnding { recall } => {
                if let Some(one) = self.recalls.get_mut(recall) {
                    one.open = false;
                }
            }
            Payload::ProductPrice { list, code, prices } => {
                if let Some(one) = self.products.get_mut(&(*list, code.clone())) {
                    one.prices = *prices;
                }
            }
            Payload::ProductEdition { edition, .. } => self.editions.get_mut(edition).map_or((), Edition::release),
            Payload::GuessingLimit { setting, value } => {
                self.limits.set(*setting, i64::from(*value));
            }
            Payload::CompanyRoles { person, .. }
            | Payload::PersonReset { person }
            | Payload::FactorReset { person } => {
                if let Some(one) = self.people.get_mut(person) {
                    act.change(one);
                }
            }
            Payload::LoginParting { person } => {
                self.logins.part(*person);
                let parted = self.people.get_mut(person).map(Person::part);
                self.people.values_mut().for_each(|other| other.leave(parted.as_deref()));
            }
        }
    }

    fn open_outlet(&mut self, outlet: OutletId) {
        if let Some(one) = self.outlets.get_mut(&outlet) {
            (one.status, one.reason) = (Standing::Active, String::new());
        }
        self.tills_of(|till| till.outlet.id == outlet, |till| till.outlet.outlet_active = true);
    }

    fn tills_of(&mut self, wanted: impl Fn(&Till) -> bool, change: impl Fn(&mut Till)) {
        self.tills.values_mut().filter(|till| wanted(till)).for_each(change);
    }

    /// A paid order with its lines and the card that gets money back.
    fn load_sold(&self, state: &mut State, order: OrderId) {
        state.lines.loaded(order, Some(self.lines.get(&order).cloned().unwrap_or_default()));
        let sale = self.orders.get(&order).and_then(|order| order.paid_by).and_then(|id| self.transaction(id));
        let sold = sale.and_then(|sale| Some((sale, self.card(sale.card?)?))).map(|(sale, card)| {
            let payee = self.payee(card.key);
            for key in [card.key, payee] {
                state.cards.loaded(key, self.cards.get(&key).cloned());
            }
            let refunds = self.refunds.values().filter(|refund| refund.order == order).cloned().collect();
            let disputes = self.disputes.values().filter(|dispute| dispute.order == order).cloned().collect();
            let (programme, window) = (card.programme.id, card.programme.refund_window);
            Sold { sale: sale.clone(), card: card.key, payee, programme, window, refunds, disputes }
        });
        state.sold.loaded(order, sold);
    }

    /// The last of the cards that replaced one another, which has the money.
    fn payee(&self, card: CardKey) -> CardKey {
        let mut payee = card;
        while let Some(next) = self.replaced.get(&payee) {
            payee = *next;
        }
        payee
    }

    fn card(&self, id: CardId) -> Option<&Card> {
        self.cards.values().find(|card| card.id == id)
    }

    /// The transaction of this number.
    pub fn transaction(&self, id: TransactionId) -> Option<&Transaction> {
        let at = self.transactions.binary_search_by_key(&id, |transaction| transaction.id).ok()?;
        self.transactions.get(at)
    }

    /// The transfers of a transaction, by leg.
    fn legs(&self, id: TransactionId) -> &[Transfer] {
        let from = self.transfers.partition_point(|leg| leg.transaction < id);
        let to = self.transfers.partition_point(|leg| leg.transaction <= id);
        self.transfers.get(from..to).unwrap_or_default()
    }

    /// What a merchant is owed, if it is settled with.
    pub fn payable(&self, merchant: MerchantId) -> Option<Payable> {
        let fee = *self.fees.get(&merchant)?;
        let moved = self.transfers.iter().filter_map(|leg| Some((self.transaction(leg.transaction)?, leg)));
        Some(Payable::of(merchant, fee, self.settlements.values(), moved))
    }

    fn running_batch(&self, terminal: TerminalId) -> Option<Batch> {
        let number = self.tills.get(&terminal)?.batch;
        let last = self.batches.iter().rev().find(|closed| closed.batch.terminal == terminal);
        let opened_at = last.map_or(Timestamp(0), |closed| closed.closed_at);
        let mut batch = Batch::open(terminal, number, opened_at, 0);
        let own = |t: &&Transaction| t.actor.terminal == terminal && t.batch == number;
        self.transactions.iter().filter(own).for_each(|transaction| batch.add(transaction));
        Some(batch)
    }

    /// What a database would refuse by an index: the first row of `changes` that is there already.
    pub fn clash(&self, changes: &Changes) -> Option<String> {
        let written = |one: &&Transaction| {
            self.requests.contains_key(&(one.request_id, one.actor.merchant)) || self.transaction(one.id).is_some()
        };
        let transaction = changes.transactions.iter().find(written);
        let order = changes.new_orders.iter().find(|new| self.orders.contains_key(&new.order.id));
        let transaction = transaction.map(|one| format!("transaction {} exists", one.id.rrn()));
        transaction.or_else(|| order.map(|new| format!("order {} exists", new.order.id)))
    }

    /// Keeps what a group wrote and where the chain ends after it.
    pub fn save(&mut self, head: Head, changes: Changes) {
        self.numbers.extend(changes.numbers());
        for transaction in changes.transactions {
            self.requests.insert((transaction.request_id, transaction.actor.merchant), transaction.id);
            self.transactions.push(transaction);
        }
        self.transfers.extend(changes.transfers);
        self.cards.extend(changes.cards);
        self.orders.extend(changes.orders);
        for new in changes.new_orders {
            self.lines.insert(new.order.id, new.sale.sold_lines());
            self.orders.insert(new.order.id, new.order);
        }
        self.tries.extend(changes.tries);
        for (key, code) in &changes.codes {
            if code.used_at.is_some() && self.cards.get(key).is_some_and(|card| card.status == CardStatus::Active) {
                self.activated_by_holder(*key);
            }
        }
        self.codes.extend(changes.codes);
        let last = |sweep: &Sweep| sweep.seen.last().map_or(Timestamp(0), |seen| seen.at);
        if let Some(newest) = changes.sweeps.values().map(last).max() {
            self.sweeps.extend(changes.sweeps);
            let kept_from = newest.plus(-SWEEP_LIFE);
            self.sweeps.retain(|_, sweep| sweep.stopped_at.is_some() || last(sweep) >= kept_from);
        }
        self.alarms.extend(changes.alarms);
        self.card_moves.extend(changes.card_moves);
        self.refunds.extend(changes.refunds);
        self.disputes.extend(changes.disputes);
        self.tills.extend(changes.tills);
        self.batches.extend(changes.batches);
        self.settlements.extend(changes.settlements);
        for act in &changes.acts {
            // The same may have been proposed twice, and turned down once.
            let own = |one: &&Proposal| one.payload == *act && one.status == ProposalStatus::Approved;
            let ending = changes.proposals.values().find(own).and_then(|one| one.ending.as_ref());
            self.save_act(act, ending.map_or(TransactionId(0), |ending| ending.transaction));
        }
        self.proposals.extend(changes.proposals);
        self.save_programmes(changes.programmes);
        self.narrowings.extend(changes.narrowings);
        for (id, deposit) in changes.deposits {
            if let Some(customer) = self.customers.get_mut(&id) {
                customer.deposit = deposit;
            }
        }
        self.head = head;
    }

    /// Keeps programmes as they are afterwards; their cards follow.
    fn save_programmes(&mut self, written: BTreeMap<ProgrammeId, WrittenProgramme>) {
        for (id, WrittenProgramme { one, .. }) in written {
            for card in self.cards.values_mut().filter(|card| card.programme.id == id) {
                card.programme.follow(one.status, &one.terms);
            }
            self.programmes.insert(id, one);
        }
    }

    /// Checks every invariant over the whole ledger.
    pub fn verify(&self) -> Vec<Finding> {
        let mut audit = Audit::new(self.key.clone());
        audit.logins(self.logins.clone());
        audit.settlements(self.settlements.values().cloned());
        for transaction in &self.transactions {
            audit.transaction(transaction, self.legs(transaction.id));
        }
        let read = audit.read_head();
        audit.head(self.head, &self.head.seal(&self.key), Some(&read).filter(|_| !self.transactions.is_empty()));
        self.card_moves.iter().for_each(|moved| audit.moved(moved));
        for card in self.cards.values() {
            audit.card(card.id, card.status, card.balance, card.last);
            audit.card_pin(card.id, card.key, &card.pin, card.pin_by);
        }
        self.codes.iter().for_each(|(key, code)| audit.card_code(*key, code));
        for order in self.orders.values() {
            audit.order(order.id, order.status, order.total, order.paid_by);
        }
        for refund in self.refunds.values() {
            audit.refund(refund);
        }
        for dispute in self.disputes.values() {
            audit.dispute(dispute);
        }
        for proposal in self.proposals.values() {
            audit.proposal(proposal);
        }
        self.narrowings.iter().for_each(|changed| audit.programme_change(changed));
        self.programmes.iter().for_each(|(id, one)| audit.programme(*id, one, false));
        self.fees.iter().for_each(|(merchant, fee_bp)| audit.fee(*merchant, *fee_bp));
        self.merchants.iter().for_each(|(id, one)| audit.merchant(*id, &one.bank, one.status));
        self.outlets.iter().for_each(|(id, one)| audit.outlet(*id, one.status));
        self.recalls.iter().for_each(|(id, one)| audit.recall(*id, one.open));
        self.customers.iter().for_each(|(id, one)| audit.customer(*id, one.deposit));
        self.references.iter().for_each(|(reference, by)| audit.funding(reference, *by));
        self.verify_batches(&mut audit);
        self.keys.values().for_each(|key| audit.key(key));
        self.batches.iter().for_each(|closed| audit.batch(closed));
        self.tills.iter().for_each(|(id, till)| audit.till(*id, till.batch));
        let merchants: Vec<MerchantId> = self.tills.values().map(|till| till.outlet.merchant).collect();
        audit.finish(&merchants)
    }
}
