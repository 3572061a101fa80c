//! State: all rows that the commands of one group read, loaded before the first decision.
//!
//! "Loaded and absent" differs from "not loaded": asking for a row that was never loaded is a bug and stops the group.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use crate::acts::Programme;
use crate::acts::{ActRows, Loaded, Payload};
use crate::batch::Batch;
use crate::card::{Card, CardKey};
use crate::card_code::CardCode;
use crate::changes::Changes;
use crate::command::{Command, Envelope};
use crate::direct_sale::OutletDay;
use crate::human::Logins;
use crate::ids::{
    CardId, CustomerId, MerchantId, OrderId, OutletId, PersonId, ProgrammeId, RequestId, TerminalId, TransactionId,
};
use crate::ledger::{ChainKey, Head, Kind, Transaction};
use crate::limits::Limits;
use crate::money::Fen;
use crate::order::Order;
use crate::pin::PinTries;
use crate::proposal::{self, Proposal};
use crate::refund::SoldLine;
use crate::settlement::{Payable, Settlement};
use crate::sold::Sold;
use crate::sweep::{Sweep, Watch};
use crate::time::Timestamp;
use crate::{dispute, refund};

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

    /// The row, if it was loaded and the store has one; for readers that must never stop a group.
    pub(crate) fn if_loaded(&self, key: &K) -> Option<&V> {
        self.0.get(key).and_then(Option::as_ref)
    }

    /// Whether it was loaded.
    fn has(&self, key: &K) -> bool {
        self.0.contains_key(key)
    }

    /// Every row that the store has.
    pub fn present(&self) -> impl Iterator<Item = &V> {
        self.0.values().filter_map(Option::as_ref)
    }

    /// Every row that the store has, for a change.
    pub(crate) fn present_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.0.iter_mut().filter_map(|(key, row)| Some((key, row.as_mut()?)))
    }

    /// The row for a change, if it was loaded and the store has one.
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.0.get_mut(key).and_then(Option::as_mut)
    }
}

/// What the money path knows about an outlet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlet {
    /// Which.
    pub id: OutletId,
    /// Its merchant.
    pub merchant: MerchantId,
    /// The merchant may trade.
    pub merchant_active: bool,
    /// The outlet may trade.
    pub outlet_active: bool,
    /// The merchant takes drugs back for any reason.
    pub drug_returns: bool,
}

/// What the money path knows about a till.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Till {
    /// Its outlet.
    pub outlet: Outlet,
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
    /// Activation codes of cards that one is made for or tried on.
    pub codes: Rows<CardKey, CardCode>,
    /// Who had the whole numbers of those cards shown.
    pub number_seen: Rows<CardKey, Vec<PersonId>>,
    /// Whether those cards are where a holder can have them: cards of no batch, and those that were handed out.
    pub handed_out: Rows<CardKey, bool>,
    /// What watches wrong PINs.
    pub sweeps: Rows<Watch, Sweep>,
    /// Limits to guessing.
    pub limits: Limits,
    /// Requests that something else than the money path was asked under.
    pub claims: Rows<RequestKey, ()>,
    /// The latest order's id, 0 when there is none; loaded for new orders.
    pub last_order: i64,
    /// How many orders an outlet has had on a day.
    pub numbers: Rows<OutletDay, i64>,
    /// Sales that a command of this group takes back, which may be sales of this group.
    pub reversed: BTreeSet<RequestKey>,
    /// Tills.
    pub tills: Rows<TerminalId, Till>,
    /// Outlets of people who act away from a till.
    pub outlets: Rows<OutletId, Outlet>,
    /// Paid orders, for refunds, voids and reversals. The cards that get the money are in `cards`.
    pub sold: Rows<OrderId, Sold>,
    /// Lines of those orders that were not voided, paid or not.
    pub lines: Rows<OrderId, Vec<SoldLine>>,
    /// Running batches of the tills that close theirs.
    pub batches: Rows<TerminalId, Batch>,
    /// Open payment attempts of those tills.
    pub attempts: Rows<TerminalId, i64>,
    /// What the merchants are owed that are settled with.
    pub payables: Rows<MerchantId, Payable>,
    /// Settlements that are decided on.
    pub settlements: Rows<TransactionId, Settlement>,
    /// Who stands behind the people of decisions that need two.
    pub logins: Logins,
    /// The people and keys that can review refunds of an outlet, and until when.
    pub reviewers: Rows<(MerchantId, OutletId), BTreeMap<PersonId, Timestamp>>,
    /// Proposals that are decided on.
    pub proposals: Rows<TransactionId, Proposal>,
    /// Rows that proposed acts are about.
    pub acts: ActRows,
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
            codes: Rows::default(),
            number_seen: Rows::default(),
            handed_out: Rows::default(),
            sweeps: Rows::default(),
            limits: Limits::default(),
            claims: Rows::default(),
            last_order: 0,
            numbers: Rows::default(),
            reversed: BTreeSet::new(),
            tills: Rows::default(),
            outlets: Rows::default(),
            sold: Rows::default(),
            lines: Rows::default(),
            batches: Rows::default(),
            attempts: Rows::default(),
            payables: Rows::default(),
            settlements: Rows::default(),
            logins: Logins::default(),
            reviewers: Rows::default(),
            proposals: Rows::default(),
            acts: ActRows::default(),
        }
    }

    /// Whether one human may be behind both, so that a decision of the one on the other's is not two persons'.
    pub(crate) fn same_human(&self, one: PersonId, other: PersonId, at: Timestamp) -> bool {
        invariant!([one, other].iter().all(|person| self.logins.has(*person)), "{one} or {other} was not loaded");
        self.logins.same_human(one, other, at)
    }

    /// The last stage: people whose entry is still missing. Load until there are none.
    ///
    /// `named` are those that the commands name, the others made what is to be decided.
    pub fn people_missing(&self, named: &BTreeSet<PersonId>) -> BTreeSet<PersonId> {
        let refunds = self.sold.present().flat_map(|sold| &sold.refunds);
        let refunds = refunds.filter(|refund| refund.status.is_open()).map(|refund| refund.applicant);
        let disputes = self.sold.present().flat_map(|sold| &sold.disputes);
        let disputes = disputes.filter(|dispute| dispute.status.is_open()).map(|dispute| dispute.opener);
        let settlements = self.settlements.present().map(|settlement| settlement.maker);
        let proposals = self.proposals.present().map(|proposal| proposal.maker);
        let reviewers = self.reviewers.present().flat_map(BTreeMap::keys).copied();
        let seen = self.number_seen.present().flatten().copied();
        let makers = refunds.chain(disputes).chain(settlements).chain(proposals).chain(seen);
        let all = named.iter().copied().chain(makers).chain(reviewers);
        let all = all.filter(|person| !self.logins.has(*person));
        all.chain(self.logins.givers_missing()).collect()
    }

    /// Takes one command's changes in, so that the next command of the group sees them.
    pub fn apply(&mut self, changes: &Changes) {
        for new in &changes.new_orders {
            self.last_order = new.order.id.0;
            // What comes after a sale may have been asked for before there was one.
            if self.lines.has(&new.order.id) {
                self.lines.loaded(new.order.id, Some(new.sale.sold_lines()));
            }
            self.orders.loaded(new.order.id, Some(new.order.clone()));
            self.numbers.loaded((new.order.outlet, new.at.business_date()), Some(new.count));
        }
        for transaction in &changes.transactions {
            self.head = Head::after(transaction);
            self.requests.loaded((transaction.request_id, transaction.actor.merchant), Some(transaction.clone()));
            if let Some(batch) = self.batches.get_mut(&transaction.actor.terminal) {
                batch.add(transaction);
            }
            self.note_sale(transaction, changes);
            self.note_load(transaction, changes);
            self.note_payable(transaction, changes);
        }
        for settlement in changes.settlements.values() {
            if let Some(payable) = self.payables.get_mut(&settlement.merchant) {
                payable.follow(settlement);
            }
            self.settlements.loaded(settlement.id, Some(settlement.clone()));
        }
        for proposal in changes.proposals.values() {
            self.proposals.loaded(proposal.id, Some(proposal.clone()));
            self.acts.note_proposal(proposal);
        }
        for act in &changes.acts {
            self.note_act(act);
        }
        for (id, written) in &changes.programmes {
            self.note_programme(*id, &written.one);
        }
        for (id, deposit) in &changes.deposits {
            if let Some(customer) = self.acts.customers.get_mut(id) {
                customer.deposit = *deposit;
            }
        }
        self.note_moves(changes);
        self.note_pins(changes);
        self.note_after_sale(changes);
        for (id, till) in &changes.tills {
            self.tills.loaded(*id, Some(till.clone()));
        }
        for closed in &changes.batches {
            let batch = &closed.batch;
            let number = batch.number.saturating_add(1);
            let next = Batch::open(batch.terminal, number, closed.closed_at, batch.logged);
            self.batches.loaded(batch.terminal, Some(next));
        }
        for (id, order) in &changes.orders {
            let had = self.orders.get(id).is_some_and(|before| before.attempt.is_some());
            if let Some(open) = self.attempts.get_mut(&order.terminal).filter(|_| had && order.attempt.is_none()) {
                *open = open.saturating_sub(1);
            }
            self.orders.loaded(*id, Some(order.clone()));
        }
        for (key, card) in &changes.cards {
            self.cards.loaded(*key, Some(card.clone()));
        }
        for (key, tries) in &changes.tries {
            self.tries.loaded(*key, Some(tries.clone()));
        }
        for (watch, sweep) in &changes.sweeps {
            self.sweeps.loaded(watch.clone(), Some(sweep.clone()));
        }
    }
}

impl State {
    /// Codes and PINs that later commands of this group may look at.
    fn note_pins(&mut self, changes: &Changes) {
        for (key, code) in &changes.codes {
            self.codes.loaded(*key, Some(code.clone()));
        }
        let changed = changes.pins.iter().filter_map(|key| changes.cards.get(key));
        for card in changed {
            if let Some(shown) = self.acts.cards.get_mut(&card.id) {
                (shown.status, shown.pin) = (card.status, card.pin.state());
            }
        }
    }

    /// Refunds and disputes that later commands of this group may decide on.
    fn note_after_sale(&mut self, changes: &Changes) {
        for refund in changes.refunds.values() {
            let Some(sold) = self.sold.get_mut(&refund.order) else { continue };
            match sold.refunds.iter_mut().find(|known| known.id == refund.id) {
                Some(known) => *known = refund.clone(),
                None => sold.refunds.push(refund.clone()),
            }
        }
        for dispute in changes.disputes.values() {
            let Some(sold) = self.sold.get_mut(&dispute.order) else { continue };
            match sold.disputes.iter_mut().find(|known| known.id == dispute.id) {
                Some(known) => *known = dispute.clone(),
                None => sold.disputes.push(dispute.clone()),
            }
        }
    }

    /// Moves of cards that later commands of this group may rest on.
    fn note_moves(&mut self, changes: &Changes) {
        for moved in &changes.card_moves {
            if let Some(card) = self.acts.cards.get_mut(&moved.card) {
                card.status = moved.to;
            }
            let made = changes.transactions.iter().find(|transaction| transaction.id == moved.id);
            if let (Some(past), Some(by)) = (self.acts.pasts.get_mut(&moved.card), made) {
                past.follow(moved.made, by.actor.person, by.at);
            }
        }
    }

    /// An act that later commands of this group may rest on.
    fn note_act(&mut self, act: &Payload) {
        act.apply(&mut self.acts);
        if let Payload::MerchantFee { merchant, fee_bp } = act
            && let Some(payable) = self.payables.get_mut(merchant)
        {
            payable.fee_bp = Some(*fee_bp);
        }
        if let Payload::GuessingLimit { setting, value } = act {
            self.limits.set(*setting, i64::from(*value));
        }
        if let Payload::LoginParting { person } = act {
            self.logins.part(*person);
        }
    }

    /// A programme that the cards of later commands follow.
    fn note_programme(&mut self, id: ProgrammeId, one: &Programme) {
        self.acts.programmes.loaded(id, Some(one.clone()));
        for (_, card) in self.cards.present_mut().filter(|(_, card)| card.programme.id == id) {
            card.programme.follow(one.status, &one.terms);
        }
        for (_, batch) in self.acts.card_batches.present_mut().filter(|(_, batch)| batch.programme.0 == id) {
            batch.programme_active = one.status.issues();
        }
        for (_, sold) in self.sold.present_mut().filter(|(_, sold)| sold.programme == id) {
            sold.window = one.terms.refund_window;
        }
    }

    /// What moved that later commands of this group may settle.
    fn note_payable(&mut self, transaction: &Transaction, changes: &Changes) {
        for (merchant, payable) in self.payables.present_mut() {
            let own = changes.transfers.iter().filter(|transfer| transfer.transaction == transaction.id);
            own.for_each(|transfer| payable.unsettled.note(*merchant, transaction, transfer));
        }
    }

    /// A load that later commands of this group may take back.
    fn note_load(&mut self, transaction: &Transaction, changes: &Changes) {
        let asked = self.acts.loads.has(&transaction.id);
        if !asked || transaction.kind != Kind::Load || !transaction.approved() {
            return;
        }
        let leg = changes.transfers.iter().find(|leg| leg.transaction == transaction.id);
        if let (Some(leg), Some(card)) = (leg, transaction.card) {
            let (customer, amount) = (CustomerId(leg.debit.0), transaction.amount);
            self.acts.loads.loaded(transaction.id, Some(Loaded { customer, card, amount, taken_back: Fen::ZERO }));
        }
    }

    /// A sale that later commands of this group may refund, void or reverse.
    fn note_sale(&mut self, transaction: &Transaction, changes: &Changes) {
        let Some(order) = transaction.order else { return };
        let request = (transaction.request_id, transaction.actor.merchant);
        if !self.lines.has(&order) && !self.reversed.contains(&request) {
            return;
        }
        if transaction.kind != Kind::Sale || !transaction.approved() {
            return;
        }
        let own = |card: &&Card| Some(card.id) == transaction.card;
        let Some(card) = changes.cards.values().find(own) else { return };
        let sold = Sold {
            sale: transaction.clone(),
            card: card.key,
            payee: card.key,
            programme: card.programme.id,
            window: card.programme.refund_window,
            refunds: Vec::new(),
            disputes: Vec::new(),
        };
        self.sold.loaded(order, Some(sold));
    }
}

/// What one group has to load, sorted so that rows are locked in one order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// Requests.
    pub requests: BTreeSet<RequestKey>,
    /// Orders.
    pub orders: BTreeSet<OrderId>,
    /// Cards.
    pub cards: BTreeSet<CardKey>,
    /// Cards whose PIN is to be proved: their tries.
    pub pins: BTreeSet<CardKey>,
    /// Cards whose activation code is tried or made.
    pub codes: BTreeSet<CardKey>,
    /// What would count those PINs and codes.
    pub watches: BTreeSet<Watch>,
    /// Tills.
    pub tills: BTreeSet<TerminalId>,
    /// Outlets of people who act away from a till.
    pub outlets: BTreeSet<OutletId>,
    /// Orders that are needed with sale, lines, refunds and the card that gets the money.
    pub sold: BTreeSet<OrderId>,
    /// Tills that close their batch.
    pub batches: BTreeSet<TerminalId>,
    /// Merchants that are settled with.
    pub payables: BTreeSet<MerchantId>,
    /// Settlements that are decided on.
    pub settlements: BTreeSet<TransactionId>,
    /// Proposals that are decided on.
    pub proposals: BTreeSet<TransactionId>,
    /// Programmes that one person changes.
    pub programmes: BTreeSet<ProgrammeId>,
    /// Acts that are proposed or decided on: the rows that they are about.
    pub acts: BTreeSet<Payload>,
    /// Cards that one person moves.
    pub moved: BTreeSet<CardId>,
    /// Sales that are taken back by their request ids.
    pub reversed: BTreeSet<RequestKey>,
    /// Requests that nothing else may have been asked under.
    pub claims: BTreeSet<RequestKey>,
    /// Outlets and days that may get new orders.
    pub numbers: BTreeSet<OutletDay>,
    /// People of decisions that need two.
    pub people: BTreeSet<PersonId>,
    /// Outlets whose reviewers matter.
    pub reviewers: BTreeSet<(MerchantId, OutletId)>,
}

impl Keys {
    /// Whether a limit to guessing may matter: a PIN, an activation code, or a card in the review of a refund.
    pub fn guesses(&self) -> bool {
        !self.watches.is_empty() || !self.sold.is_empty()
    }

    /// The second stage: orders that the recorded requests in `state` lead to and that were not named.
    pub fn found(&self, state: &State) -> BTreeSet<OrderId> {
        let recorded = self.reversed.iter().filter_map(|request| state.requests.if_loaded(request)?.order);
        recorded.filter(|order| !self.sold.contains(order)).collect()
    }

    fn act(&mut self, proposal: Option<TransactionId>, payload: &Payload) {
        self.proposals.extend(proposal);
        self.acts.insert(payload.clone());
    }

    /// What `envelopes` name.
    pub fn of(envelopes: &[Envelope]) -> Self {
        let mut keys = Self::default();
        for envelope in envelopes {
            keys.requests.insert((envelope.request_id, envelope.actor.merchant));
            keys.tills.insert(envelope.actor.terminal);
            if envelope.actor.is_away() {
                keys.outlets.insert(envelope.actor.outlet);
            }
            if let Some((card, _)) = envelope.command.pin() {
                keys.pins.insert(card.key);
            }
            keys.watches.extend(envelope.command.watches(envelope.actor));
            keys.name_people(envelope);
            match &envelope.command {
                Command::Inquiry { card, .. } => drop(keys.cards.insert(card.key)),
                Command::SaleCheck { order, card, .. } | Command::Sale { order, card, .. } => {
                    keys.orders.insert(*order);
                    keys.cards.insert(card.key);
                }
                Command::DirectSale(sale) => {
                    keys.claims.insert((envelope.request_id, envelope.actor.merchant));
                    keys.cards.insert(sale.card.key);
                    keys.numbers.insert((envelope.actor.outlet, envelope.at.business_date()));
                }
                Command::Withdraw { order, .. } => drop(keys.orders.insert(*order)),
                Command::RefundRequest(refund::Request { order, .. })
                | Command::RefundReview(refund::Review { order, .. })
                | Command::DisputeOpen(dispute::Opening { order, .. })
                | Command::DisputeAnswer(dispute::Answer { order, .. })
                | Command::DisputeReview(dispute::Verdict { order, .. })
                | Command::Void { order, .. } => {
                    keys.orders.insert(*order);
                    keys.sold.insert(*order);
                }
                Command::Reverse(reversed) => {
                    let sale = (reversed.request_id, envelope.actor.merchant);
                    keys.requests.insert(sale);
                    keys.reversed.insert(sale);
                    if let Some((order, _)) = reversed.sale {
                        keys.orders.insert(order);
                        keys.sold.insert(order);
                    }
                }
                Command::BatchClose => drop(keys.batches.insert(envelope.actor.terminal)),
                Command::SettlementPrepare(asked) => drop(keys.payables.insert(asked.merchant)),
                Command::SettlementReview(verdict) => {
                    keys.payables.insert(verdict.merchant);
                    keys.settlements.insert(verdict.settlement);
                }
                Command::Proposal(proposal::Draft { payload, .. }) => keys.act(None, payload),
                Command::ProposalApproval(proposal::Verdict { proposal, payload, .. })
                | Command::ProposalRejection(proposal::Verdict { proposal, payload, .. }) => {
                    keys.act(Some(*proposal), payload);
                }
                Command::ProposalWithdrawal { proposal } => drop(keys.proposals.insert(*proposal)),
                Command::CardMove(asked) => drop(keys.moved.insert(asked.card)),
                Command::ProgrammeChange(change) => drop(keys.programmes.insert(change.programme)),
                Command::PinIssue(issue) => {
                    keys.code(issue.card.key);
                    keys.proposals.extend(issue.reset);
                }
                Command::FirstUse(asked) => keys.code(asked.card.key),
            }
        }
        keys
    }

    /// A card whose activation code is made or used.
    fn code(&mut self, card: CardKey) {
        self.cards.insert(card);
        self.codes.insert(card);
    }

    /// Whoever makes or decides something that needs two persons, and the reviewers of a store's request.
    fn name_people(&mut self, envelope: &Envelope) {
        let actor = envelope.actor;
        match &envelope.command {
            Command::RefundRequest(_) => {
                self.people.insert(actor.person);
                if !actor.is_issuer() {
                    self.reviewers.insert((actor.merchant, actor.outlet));
                }
            }
            Command::RefundReview(_)
            | Command::DisputeOpen(_)
            | Command::DisputeReview(_)
            | Command::SettlementPrepare(_)
            | Command::SettlementReview(_)
            | Command::PinIssue(_)
            | Command::Proposal(_) => {
                self.people.insert(actor.person);
            }
            Command::ProposalApproval(verdict) | Command::ProposalRejection(verdict) => {
                self.people.insert(actor.person);
                self.people.extend(verdict.payload.person());
            }
            Command::Void { checker, .. } => self.people.extend([actor.person, *checker]),
            Command::Inquiry { .. }
            | Command::SaleCheck { .. }
            | Command::Sale { .. }
            | Command::DirectSale(_)
            | Command::Withdraw { .. }
            | Command::DisputeAnswer(_)
            | Command::Reverse(_)
            | Command::BatchClose
            | Command::CardMove(_)
            | Command::ProposalWithdrawal { .. }
            | Command::ProgrammeChange(_)
            | Command::FirstUse(_) => {}
        }
    }
}
