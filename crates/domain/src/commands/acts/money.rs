//! Acts that move a customer's deposit: money that the customer paid in, gets back, puts on a card, or takes back from one.
//!
//! What must stay true:
//! - A person is shown who the money is of and where it goes. Balances are not in what was shown, because they move with every
//!   sale: they are judged when the act is proposed and again when it is approved ([`crate::deposit`]).
//! - A proposal that spends a deposit holds its amount until it is decided or over, so nothing is promised twice.

use std::collections::BTreeMap;

use super::{Act, ActRows, Bank, Field, Payload, Shown};
use crate::card::{CardKey, CardStatus};
use crate::card_number::MaskedCard;
use crate::directory::{self, NAME_MAX, Standing};
use crate::ids::{CardId, CustomerId, TransactionId};
use crate::ledger::Kind;
use crate::money::Fen;
use crate::outcome::Decline;
use crate::pin::PinState;
use crate::proposal::{Proposal, ProposalStatus};
use crate::time::{BusinessDate, Timestamp};

/// An act that moves a deposit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Money {
    /// Money of this customer arrived at the bank.
    Funding {
        /// The customer.
        customer: CustomerId,
        /// How much, more than zero.
        amount: Fen,
        /// The bank's number of the payment, as [`directory::reference`] makes it; counts once.
        reference: String,
        /// The day on which it arrived.
        received_on: BusinessDate,
        /// What the customer wrote, at most [`NAME_MAX`] characters.
        note: String,
    },
    /// Pay this much of the deposit back to the customer's account.
    FundingReturn {
        /// The customer.
        customer: CustomerId,
        /// How much, more than zero.
        amount: Fen,
        /// Why, [`crate::refund::TEXT_LENGTH`] characters.
        reason: String,
    },
    /// Put this much of the deposit on a card.
    Load {
        /// The customer.
        customer: CustomerId,
        /// The card.
        card: CardId,
        /// How much, more than zero.
        amount: Fen,
        /// What it is for, at most [`NAME_MAX`] characters.
        note: String,
    },
    /// Take some or all of a wrong load back from its card.
    Adjustment {
        /// The load.
        load: TransactionId,
        /// The customer whose deposit it came from.
        customer: CustomerId,
        /// The card that it went to.
        card: CardId,
        /// How much, more than zero.
        amount: Fen,
        /// Why, [`crate::refund::TEXT_LENGTH`] characters.
        reason: String,
    },
}

/// A customer as a decision sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Name.
    pub name: String,
    /// State.
    pub status: Standing,
    /// Why it was moved there.
    pub reason: String,
    /// The account that it pays from, and is paid back to.
    pub bank: Bank,
    /// The deposit: what it paid in and neither got back nor put on cards.
    pub deposit: Fen,
    /// What waiting proposals would spend of it.
    pub held: BTreeMap<TransactionId, Held>,
}

/// What a waiting proposal would spend of a deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// How much.
    pub amount: Fen,
    /// From then on the proposal cannot be approved, and holds nothing.
    pub until: Timestamp,
}

impl Customer {
    /// What a person is shown of it.
    pub(super) fn shown(&self) -> Shown {
        Shown::of([
            (Field::Customer, self.name.clone()),
            (Field::Standing, self.status.word().to_owned()),
            (Field::Reason, self.reason.clone()),
        ])
    }

    /// It pays in and loads cards again.
    pub(crate) fn resume(&mut self) {
        (self.status, self.reason) = (Standing::Active, String::new());
    }

    /// What can be spent at `at`, not counting what the proposal `own` holds itself.
    pub fn free(&self, at: Timestamp, own: Option<TransactionId>) -> Fen {
        let others = self.held.iter().filter(|(id, held)| Some(**id) != own && at < held.until);
        Fen(others.fold(self.deposit.0, |free, (_, held)| free.saturating_sub(held.amount.0)))
    }
}

/// A card as a decision shows it. Its money is in [`crate::state::State::cards`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Its look-up value.
    pub key: CardKey,
    /// Its number as it may be seen.
    pub masked: MaskedCard,
    /// Holder's name, masked.
    pub holder: String,
    /// State.
    pub status: CardStatus,
    /// Whose its PIN is.
    pub pin: PinState,
    /// Its programme's name.
    pub programme: String,
}

impl Card {
    /// What a person is shown of it, whatever the act.
    pub(super) fn shown(&self) -> Shown {
        Shown::of([
            (Field::CardMasked, self.masked.0.clone()),
            (Field::CardHolder, self.holder.clone()),
            (Field::CardStatus, self.status.word().to_owned()),
            (Field::CardProgramme, self.programme.clone()),
        ])
    }
}

/// A load as a decision sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The customer whose deposit it came from.
    pub customer: CustomerId,
    /// The card.
    pub card: CardId,
    /// How much it put on the card.
    pub amount: Fen,
    /// What was taken back of it.
    pub taken_back: Fen,
}

impl ActRows {
    /// A proposal that holds money of a deposit, or cards of a batch, from now on, or no longer.
    pub(crate) fn note_proposal(&mut self, proposal: &Proposal) {
        if let Payload::Batch(batch) = &proposal.payload {
            self.note_batch(batch, proposal);
        }
        let Some(money) = proposal.payload.money().filter(|money| money.spends()) else { return };
        if let Some(customer) = self.customers.get_mut(&money.customer()) {
            match proposal.status {
                ProposalStatus::Open => {
                    let held = Held { amount: money.amount(), until: proposal.expires_at };
                    customer.held.insert(proposal.id, held);
                }
                _ => drop(customer.held.remove(&proposal.id)),
            }
        }
    }
}

impl Money {
    /// What it is.
    pub fn act(&self) -> Act {
        match self {
            Self::Funding { .. } => Act::Funding,
            Self::FundingReturn { .. } => Act::FundingReturn,
            Self::Load { .. } => Act::Load,
            Self::Adjustment { .. } => Act::Adjustment,
        }
    }

    /// The kind of the approval, which moves the money.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Funding { .. } => Kind::Funding,
            Self::FundingReturn { .. } => Kind::FundingReturn,
            Self::Load { .. } => Kind::Load,
            Self::Adjustment { .. } => Kind::Adjustment,
        }
    }

    /// Whose deposit moves.
    pub fn customer(&self) -> CustomerId {
        match self {
            Self::Funding { customer, .. }
            | Self::FundingReturn { customer, .. }
            | Self::Load { customer, .. }
            | Self::Adjustment { customer, .. } => *customer,
        }
    }

    /// The card that money goes to or comes from.
    pub fn card(&self) -> Option<CardId> {
        match self {
            Self::Funding { .. } | Self::FundingReturn { .. } => None,
            Self::Load { card, .. } | Self::Adjustment { card, .. } => Some(*card),
        }
    }

    /// How much.
    pub fn amount(&self) -> Fen {
        match self {
            Self::Funding { amount, .. }
            | Self::FundingReturn { amount, .. }
            | Self::Load { amount, .. }
            | Self::Adjustment { amount, .. } => *amount,
        }
    }

    /// Whether it takes something from the deposit.
    pub fn spends(&self) -> bool {
        matches!(self, Self::FundingReturn { .. } | Self::Load { .. })
    }

    pub(super) fn subject(&self) -> i64 {
        match self {
            Self::Adjustment { load, .. } => load.0,
            other => other.customer().0,
        }
    }

    pub(super) fn fields(&self) -> Shown {
        let mut fields = self.said();
        if let Some(card) = self.card() {
            fields.put(Field::Card, &card.to_string());
        }
        if let Self::Adjustment { customer, .. } = self {
            fields.put(Field::CustomerId, &customer.to_string());
        }
        fields
    }

    /// What a person says of it, besides what it is about.
    fn said(&self) -> Shown {
        let mut said = Shown::of([(Field::Amount, self.amount().0.to_string())]);
        match self {
            Self::Funding { reference, received_on, note, .. } => {
                said.put(Field::Reference, reference);
                said.put(Field::ReceivedOn, &received_on.0.to_string());
                said.put(Field::Note, note);
            }
            Self::Load { note, .. } => said.put(Field::Note, note),
            Self::FundingReturn { reason, .. } | Self::Adjustment { reason, .. } => said.put(Field::Because, reason),
        }
        said
    }

    pub(super) fn read(act: Act, subject: i64, fields: &Shown) -> Option<Self> {
        let text = |field| fields.get(field).to_owned();
        let (customer, amount) = (CustomerId(subject), Fen(fields.get(Field::Amount).parse().ok()?));
        let card = || fields.get(Field::Card).parse().ok().map(CardId);
        Some(match act {
            Act::Funding => Self::Funding {
                customer,
                amount,
                reference: text(Field::Reference),
                received_on: BusinessDate(fields.get(Field::ReceivedOn).parse().ok()?),
                note: text(Field::Note),
            },
            Act::FundingReturn => Self::FundingReturn { customer, amount, reason: text(Field::Because) },
            Act::Load => Self::Load { customer, card: card()?, amount, note: text(Field::Note) },
            Act::Adjustment => Self::Adjustment {
                load: TransactionId(subject),
                customer: CustomerId(fields.get(Field::CustomerId).parse().ok()?),
                card: card()?,
                amount,
                reason: text(Field::Because),
            },
            _ => return None,
        })
    }

    pub(super) fn now(&self, rows: &ActRows) -> Option<Shown> {
        let customer = rows.customers.get(&self.customer())?;
        let mut shown =
            Shown::of([(Field::Customer, customer.name.clone()), (Field::Standing, customer.status.word().to_owned())]);
        if let Self::FundingReturn { .. } = self {
            shown.0.extend(Shown::of(customer.bank.fields()).0);
        }
        if let Some(card) = self.card() {
            shown.0.extend(rows.cards.get(&card)?.shown().0);
        }
        if let Self::Adjustment { load, .. } = self {
            let loaded = rows.loads.get(load)?;
            shown.put(Field::Load, &load.rrn());
            shown.put(Field::LoadAmount, &loaded.amount.0.to_string());
        }
        Some(shown)
    }

    pub(super) fn after(&self, now: &Shown) -> Shown {
        let mut after = now.clone();
        after.0.extend(self.said().0);
        after
    }

    /// Whether it is possible but for the balances.
    pub(super) fn judge(&self, rows: &ActRows, at: Timestamp) -> Result<(), Decline> {
        let customer = rows.customers.get(&self.customer()).ok_or(Decline::NoSuchCustomer)?;
        let returns = matches!(self, Self::FundingReturn { .. } | Self::Adjustment { .. });
        if customer.status != Standing::Active && !returns {
            return Err(Decline::CustomerSuspended);
        }
        if let Some(card) = self.card() {
            match rows.cards.get(&card).ok_or(Decline::InvalidCardNumber)?.status {
                CardStatus::Closed => return Err(Decline::CardClosed),
                CardStatus::Replaced => return Err(Decline::CardReplaced),
                _ => {}
            }
        }
        if !self.amount().is_positive() {
            return Err(Decline::InvalidAmount);
        }
        let same = |checked: directory::Checked, own: &str| checked.as_deref() == Ok(own);
        let is_note = |note: &str| same(directory::text(note, NAME_MAX), note);
        let worded = match self {
            Self::Funding { reference, note, .. } => same(directory::reference(reference), reference) && is_note(note),
            Self::Load { note, .. } => is_note(note),
            Self::FundingReturn { reason, .. } | Self::Adjustment { reason, .. } => {
                same(directory::reason(reason), reason)
            }
        };
        if !worded {
            return Err(Decline::TextLength);
        }
        match self {
            Self::Funding { reference, received_on, .. } => {
                if rows.references.get(reference).is_some() {
                    return Err(Decline::FundingReferenceUsed);
                }
                let arrived = *received_on <= at.business_date();
                if arrived { Ok(()) } else { Err(Decline::DayNotOver { on: *received_on }) }
            }
            Self::FundingReturn { .. } if !customer.bank.is_sound() => Err(Decline::NothingToChange),
            Self::Adjustment { load, customer, card, amount, .. } => {
                let own = |one: &&Loaded| (one.customer, one.card) == (*customer, *card);
                let loaded = rows.loads.get(load).filter(own).ok_or(Decline::NoSuchLoad)?;
                let left = Fen(loaded.amount.0.saturating_sub(loaded.taken_back.0));
                if *amount > left { Err(Decline::NothingLeft { left }) } else { Ok(()) }
            }
            Self::FundingReturn { .. } | Self::Load { .. } => Ok(()),
        }
    }

    /// Its effect on the rows in memory but for the balances.
    pub(super) fn apply(&self, rows: &mut ActRows) {
        match self {
            Self::Funding { reference, .. } => rows.references.loaded(reference.clone(), Some(())),
            Self::Adjustment { load, amount, .. } => {
                if let Some(loaded) = rows.loads.get_mut(load) {
                    loaded.taken_back = Fen(loaded.taken_back.0.saturating_add(amount.0));
                }
            }
            Self::FundingReturn { .. } | Self::Load { .. } => {}
        }
    }
}
