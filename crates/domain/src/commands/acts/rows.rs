//! The rows that acts are about, and what a person is shown of each.

use super::{Card, CardBatch, CardsAsked, Customer, Field, Loaded, Programme, Shown};
use crate::card_move::Past;
use crate::directory::{self, NAME_MAX, Standing};
use crate::edition::{self, Counts, EditionStatus};
use crate::ids::{
    CardBatchId, CardId, CustomerId, EditionId, KeyId, ListId, MerchantId, OutletId, PersonId, ProgrammeId, RecallId,
    TransactionId,
};
use crate::limits::Limits;
use crate::person::{Held, Move, PersonStatus, roles_text};
use crate::product::Prices;
use crate::state::Rows;
use crate::time::Timestamp;

/// The rows that acts are about.
#[derive(Clone, Debug, Default)]
pub struct ActRows {
    /// Merchants' agreed fees in basis points.
    pub fees: Rows<MerchantId, Option<i64>>,
    /// Merchants.
    pub merchants: Rows<MerchantId, Merchant>,
    /// Outlets.
    pub outlets: Rows<OutletId, Outlet>,
    /// Whether the card company's people need a second factor; there is one row.
    pub factor: Rows<(), bool>,
    /// Limits to guessing; there is one row.
    pub limits: Rows<(), Limits>,
    /// Recalls of goods.
    pub recalls: Rows<RecallId, Recall>,
    /// Products, by merchant and code.
    pub products: Rows<(ListId, String), Product>,
    /// Editions of products.
    pub editions: Rows<EditionId, Edition>,
    /// Customers.
    pub customers: Rows<CustomerId, Customer>,
    /// Programmes.
    pub programmes: Rows<ProgrammeId, Programme>,
    /// Cards that deposits go to or come from, or whose PIN is taken away.
    pub cards: Rows<CardId, Card>,
    /// What moved those cards before.
    pub pasts: Rows<CardId, Past>,
    /// Bank references of money that was received.
    pub references: Rows<String, ()>,
    /// Loads that something is taken back of.
    pub loads: Rows<TransactionId, Loaded>,
    /// Card batches.
    pub card_batches: Rows<CardBatchId, CardBatch>,
    /// The first place of cards of a batch whose card is not new any more.
    pub cards_in_use: Rows<CardsAsked, i64>,
    /// API keys.
    pub keys: Rows<KeyId, Key>,
    /// People, API keys' excepted.
    pub people: Rows<PersonId, Person>,
}

/// Where a merchant is paid to; all empty while nothing is agreed.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bank {
    /// The bank.
    pub name: String,
    /// The account, digits.
    pub account: String,
    /// Whose account it is.
    pub holder: String,
}

impl Bank {
    /// Whether the account and the names are such as can be paid to.
    pub fn is_sound(&self) -> bool {
        let same = |checked: directory::Checked, own: &str| checked.as_deref() == Ok(own);
        same(directory::name(&self.name, NAME_MAX), &self.name)
            && same(directory::bank_account(&self.account), &self.account)
            && same(directory::name(&self.holder, NAME_MAX), &self.holder)
    }

    pub(super) fn fields(&self) -> [(Field, String); 3] {
        [
            (Field::BankName, self.name.clone()),
            (Field::BankAccount, self.account.clone()),
            (Field::BankHolder, self.holder.clone()),
        ]
    }
}

/// A merchant as a decision sees it; its fee is in [`ActRows::fees`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merchant {
    /// Merchant number.
    pub mid: String,
    /// Name.
    pub name: String,
    /// Credit code.
    pub licence: String,
    /// State.
    pub status: Standing,
    /// Why it was moved there.
    pub reason: String,
    /// Where it is paid to.
    pub bank: Bank,
    /// It decides which of its products a card may pay for.
    pub decides_payable: bool,
    /// Numbers and names of its outlets that open with it.
    pub drafts: Vec<(OutletId, String)>,
}

/// Outlets that are named to a person at most; of more, their number is told.
pub(super) const NAMED_MAX: usize = 20;

impl Merchant {
    pub(super) fn shown(&self) -> Shown {
        Shown::of([
            (Field::Mid, self.mid.clone()),
            (Field::MerchantName, self.name.clone()),
            (Field::Licence, self.licence.clone()),
            (Field::Standing, self.status.word().to_owned()),
        ])
    }

    /// It trades, with its outlets, and is paid there.
    pub(crate) fn open(&mut self, bank: Bank) {
        (self.status, self.bank) = (Standing::Active, bank);
        self.drafts.clear();
    }

    pub(super) fn drafts_text(&self) -> String {
        let named = self.drafts.iter().take(NAMED_MAX).map(|(id, name)| format!("{id} {name}"));
        let more = self.drafts.len().saturating_sub(NAMED_MAX);
        named.chain((more > 0).then(|| format!("+{more}"))).collect::<Vec<_>>().join("; ")
    }
}

/// An outlet as a decision sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlet {
    /// Its merchant's name.
    pub merchant: String,
    /// Its merchant's state.
    pub merchant_status: Standing,
    /// Name.
    pub name: String,
    /// Address.
    pub address: String,
    /// State.
    pub status: Standing,
    /// Why it was moved there.
    pub reason: String,
}

impl Outlet {
    pub(super) fn shown(&self) -> Shown {
        Shown::of([
            (Field::MerchantName, self.merchant.clone()),
            (Field::OutletName, self.name.clone()),
            (Field::Address, self.address.clone()),
            (Field::Standing, self.status.word().to_owned()),
        ])
    }
}

words! {
    /// Whether an API key opens anything.
    pub enum KeyState {
        /// It waits for a second person's approval.
        Asleep = "asleep",
        /// It opens what its scopes say.
        Awake = "awake",
        /// It was ended.
        Ended = "ended",
    }
}

/// An API key as a decision sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its number.
    pub id: KeyId,
    /// What people call it.
    pub name: String,
    /// Whose it is.
    pub merchant: MerchantId,
    /// Outlet and terminal that it is bound to; empty for none.
    pub bound: String,
    /// The words of its scopes, with a blank between.
    pub scopes: String,
    /// Every request has to be signed.
    pub signed: bool,
    /// Requests per minute.
    pub rate_max: i64,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// Whether it opens anything.
    pub state: KeyState,
    /// Whether a person of the card company made it.
    pub by_company: bool,
}

/// Scopes without power over money or goods.
pub const HARMLESS_SCOPES: [&str; 2] = ["read", "webhooks"];

impl Key {
    /// Whether it has power over money or goods.
    pub fn has_power(&self) -> bool {
        self.scopes.split(' ').any(|scope| !HARMLESS_SCOPES.contains(&scope))
    }

    /// What a person is shown of it.
    pub fn shown(&self) -> Shown {
        let signed = if self.signed { "yes" } else { "no" };
        Shown::of([
            (Field::KeyName, self.name.clone()),
            (Field::Merchant, self.merchant.to_string()),
            (Field::KeyBound, self.bound.clone()),
            (Field::KeyScopes, self.scopes.clone()),
            (Field::KeySigned, signed.to_owned()),
            (Field::KeyRate, self.rate_max.to_string()),
            (Field::KeyExpires, self.expires_at.0.to_string()),
            (Field::KeyState, self.state.word().to_owned()),
        ])
    }
}

/// A recall as a decision sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recall {
    /// What it covers, in words.
    pub goods: String,
    /// What the tills say.
    pub text: String,
    /// Why it was started.
    pub reason: String,
    /// It stops sales.
    pub open: bool,
}

impl Recall {
    /// What a person is shown of it.
    pub(crate) fn shown(&self) -> Shown {
        Shown::of([
            (Field::RecallGoods, self.goods.clone()),
            (Field::RecallText, self.text.clone()),
            (Field::RecallReason, self.reason.clone()),
            (Field::RecallOpen, super::yes(self.open)),
        ])
    }
}

/// A product as a decision sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// The name of its list.
    pub list: String,
    /// Name.
    pub name: String,
    /// Prices.
    pub prices: Prices,
}

/// An edition as a decision sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// The name of its list.
    pub list: String,
    /// The name of the file that it comes from, or what it takes back.
    pub source: String,
    /// How many products it changes.
    pub counts: Counts,
    /// Digest of all its rows, hex: a checker approves these rows and no others.
    pub digest: String,
    /// Where it stands.
    pub status: EditionStatus,
}

impl Edition {
    /// Whether its rows are all there and change anything, and it is not released for too far a moment.
    pub(super) fn can_be_released(&self, effective_at: Option<Timestamp>, now: Timestamp) -> bool {
        self.status == EditionStatus::Staged && self.counts.all() > 0 && edition::can_be_for(effective_at, now)
    }

    /// It waits for its moment from now on.
    pub(crate) fn release(&mut self) {
        self.status = EditionStatus::Scheduled;
    }

    /// What a person is shown of it. Before it is released it has no moment.
    pub fn shown(&self) -> Shown {
        let Counts { added, changed, stopped, removed, far } = self.counts;
        Shown::of([
            (Field::MerchantName, self.list.clone()),
            (Field::EditionSource, self.source.clone()),
            (Field::EditionAdded, added.to_string()),
            (Field::EditionChanged, changed.to_string()),
            (Field::EditionStopped, stopped.to_string()),
            (Field::EditionRemoved, removed.to_string()),
            (Field::EditionFar, far.to_string()),
            (Field::EditionDigest, self.digest.clone()),
            (Field::EditionStatus, self.status.word().to_owned()),
            (Field::EditionEffective, String::new()),
        ])
    }
}

/// What stands between [`Person::others`].
pub const OTHERS_APART: &str = "; ";

/// A login as a person is shown it.
pub fn login_label(name: &str, login: &str) -> String {
    format!("{name} ({login})")
}

/// A person as a decision sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// They work for the card company, not for a merchant.
    pub at_company: bool,
    /// Display name.
    pub name: String,
    /// Login name.
    pub login: String,
    /// What they hold, in the order of the roles.
    pub roles: Vec<Held>,
    /// Where the login stands.
    pub status: PersonStatus,
    /// The password is their own, not one that somebody else gave.
    pub own_password: bool,
    /// They have a second factor.
    pub has_factor: bool,
    /// The other logins of the same human as [`login_label`] writes them, with [`OTHERS_APART`] between; empty for none.
    pub others: String,
}

impl Person {
    /// Whether the login is one that can sign in, now or again.
    pub(super) fn keeps_login(&self) -> bool {
        matches!(self.status, PersonStatus::Invited | PersonStatus::Active | PersonStatus::Disabled)
    }

    /// Where a stopped login stands once it may return.
    pub fn enabled(own_password: bool) -> PersonStatus {
        PersonStatus::Disabled.after(Move::Enable, own_password).unwrap_or(PersonStatus::Disabled)
    }

    /// Gives exactly these roles; a stopped login returns.
    pub fn give(&mut self, roles: &[Held]) {
        self.roles = roles.to_vec();
        if self.status == PersonStatus::Disabled {
            self.status = Self::enabled(self.own_password);
        }
    }

    /// Takes password and second factor away, until somebody gives an initial password.
    pub fn reset(&mut self) {
        (self.has_factor, self.own_password) = (false, false);
    }

    /// Parts the login from the others of its human, which lose the label that is returned.
    pub fn part(&mut self) -> String {
        self.others.clear();
        self.label()
    }

    /// Takes a login that was parted off the others.
    pub fn leave(&mut self, parted: Option<&str>) {
        let others = self.others.split(OTHERS_APART).filter(|other| Some(*other) != parted);
        self.others = others.collect::<Vec<_>>().join(OTHERS_APART);
    }

    fn label(&self) -> String {
        login_label(&self.name, &self.login)
    }

    /// What a person is shown of them.
    pub fn shown(&self) -> Shown {
        let password = if self.own_password { "own" } else { super::INITIAL };
        Shown::of([
            (Field::PersonName, self.label()),
            (Field::PersonRoles, roles_text(&self.roles)),
            (Field::PersonState, self.status.word().to_owned()),
            (Field::PersonPassword, password.to_owned()),
        ])
    }
}
