//! Acts: what a proposal can be about. An act is a variant of [`Payload`] with what it needs, its line in [`Act`], what a
//! person is shown of it, the checks, and its effect.
//!
//! What must stay true:
//! - A payload and what was shown have one text each (`read` of a text gives what `text` wrote), because digests cover them.
//! - An act is judged by the rows in [`ActRows`] alone, the same when it is proposed and when it is decided.
//! - The effect of an approved act is [`Payload::apply`], for the rows in memory, and what the stores write for the payload.

mod batch;
mod card;
mod money;
mod pin;
mod programme;
mod rows;
mod shown;
mod text;

use crate::directory::{Move, Standing};
use crate::edition::EditionStatus;
use crate::ids::{CustomerId, EditionId, KeyId, ListId, MerchantId, OutletId, PersonId, RecallId, TransactionId};
use crate::ledger::Kind;
use crate::limits::{SETTING_MAX, Setting};
use crate::money::Fen;
use crate::outcome::Decline;
use crate::person::{self, Held, PersonStatus, roles_text};
use crate::pin::PinState;
use crate::place::Place;
use crate::product::Prices;
use crate::role::{Action, Role};
use crate::settlement::FEE_BP_MAX;
use crate::time::Timestamp;

use text::{limit, price_fields};

pub use batch::{Batch, CardBatch, CardsAsked};
pub use card::CardAct;
pub use money::{Card, Customer, Held as HeldDeposit, Loaded, Money};
pub use pin::PinReset;
pub use programme::{Programme, ProgrammeAct};
pub use rows::{
    ActRows, Bank, Edition, HARMLESS_SCOPES, Key, KeyState, Merchant, OTHERS_APART, Outlet, Person, Product, Recall,
    login_label,
};
pub use shown::{Field, Shown};
pub use text::TEXT_BYTES_MAX;

words! {
    /// What can be proposed.
    pub enum Act {
        /// A merchant's fee.
        MerchantFee = "merchant_fee",
        /// Power over money or goods for an API key that the company made.
        CompanyKey = "company_key",
        /// A merchant trades for the first time, with its fee and its bank.
        MerchantOpening = "merchant_opening",
        /// Where a merchant is paid to.
        MerchantBank = "merchant_bank",
        /// A suspended merchant trades again.
        MerchantResuming = "merchant_resuming",
        /// An outlet of a merchant that trades does so for the first time.
        OutletOpening = "outlet_opening",
        /// A suspended outlet trades again.
        OutletResuming = "outlet_resuming",
        /// Whether the card company's people need a second factor.
        FactorRule = "factor_rule",
        /// What a person of the card company may do.
        CompanyRoles = "company_roles",
        /// A person of the card company gets a new initial password.
        PersonReset = "person_reset",
        /// A person's second factor is taken away.
        FactorReset = "factor_reset",
        /// A login that was joined with others is of a human of its own again.
        LoginParting = "login_parting",
        /// How often a guess may be wrong.
        GuessingLimit = "guessing_limit",
        /// Whether a merchant itself decides which of its products a card may pay for.
        MerchantPayable = "merchant_payable",
        /// Recalled goods are sold again.
        RecallEnding = "recall_ending",
        /// A product's price moves far, or what a cashier may take without asking.
        ProductPrice = "product_price",
        /// Many products of a list change at one moment.
        ProductEdition = "product_edition",
        /// Money of a customer arrived.
        Funding = "funding",
        /// Money of a deposit goes back to the customer.
        FundingReturn = "funding_return",
        /// Money of a deposit goes on a card.
        Load = "load",
        /// Money of a wrong load goes back to the deposit.
        Adjustment = "adjustment",
        /// A suspended customer pays in and loads cards again.
        CustomerResuming = "customer_resuming",
        /// A stopped card pays again.
        CardReopening = "card_reopening",
        /// A card's wrong PINs of today are forgotten once more.
        CardUnlocking = "card_unlocking",
        /// A card is closed.
        CardClosing = "card_closing",
        /// Cards are issued on a programme for the first time.
        ProgrammeOpening = "programme_opening",
        /// The terms of a programme change.
        ProgrammeTerms = "programme_terms",
        /// A suspended programme goes on.
        ProgrammeResuming = "programme_resuming",
        /// Cards of a batch are made.
        CardBatch = "card_batch",
        /// Cards of a batch pay from now on.
        CardActivation = "card_activation",
        /// A card's PIN is taken away, so that its holder can set another.
        CardPin = "card_pin",
    }
}

impl Act {
    /// The right to propose it.
    pub fn proposed_with(self) -> Action {
        match self {
            Self::MerchantFee => Action::ProposeFee,
            Self::CompanyKey => Action::ManageApiKeys,
            Self::MerchantOpening | Self::MerchantBank | Self::OutletOpening | Self::MerchantPayable => {
                Action::ManageMerchants
            }
            // Whoever may stop one may ask to have it go on.
            Self::MerchantResuming | Self::OutletResuming => Action::Suspend,
            Self::FactorRule | Self::GuessingLimit => Action::ManageSettings,
            Self::RecallEnding => Action::RecallProduct,
            Self::ProductPrice | Self::ProductEdition => Action::ManageProducts,
            Self::CompanyRoles | Self::PersonReset | Self::FactorReset | Self::LoginParting => Action::ManagePeople,
            Self::Funding | Self::FundingReturn => Action::PrepareMoney,
            Self::Load | Self::Adjustment | Self::CardBatch | Self::CardActivation => Action::PrepareCards,
            Self::CustomerResuming => Action::ManageCustomers,
            Self::ProgrammeOpening | Self::ProgrammeTerms | Self::ProgrammeResuming => Action::ManageProgrammes,
            Self::CardReopening | Self::CardUnlocking | Self::CardClosing | Self::CardPin => Action::ProposeCardMove,
        }
    }

    /// The right to decide on it.
    pub fn decided_with(self) -> Action {
        match self {
            Self::MerchantFee
            | Self::MerchantOpening
            | Self::MerchantBank
            | Self::MerchantResuming
            | Self::MerchantPayable
            | Self::ProductPrice
            | Self::ProductEdition
            | Self::OutletOpening
            | Self::OutletResuming => Action::ReleaseMerchants,
            Self::CompanyKey => Action::ReleaseApiKeys,
            Self::FactorRule | Self::GuessingLimit => Action::ReleaseSettings,
            Self::RecallEnding => Action::RecallProduct,
            Self::CompanyRoles | Self::PersonReset | Self::FactorReset | Self::LoginParting => Action::ReleasePeople,
            Self::Funding | Self::FundingReturn | Self::CustomerResuming => Action::ReleaseMoney,
            Self::ProgrammeOpening | Self::ProgrammeTerms | Self::ProgrammeResuming => Action::ReleaseProgrammes,
            Self::Load
            | Self::Adjustment
            | Self::CardReopening
            | Self::CardUnlocking
            | Self::CardClosing
            | Self::CardBatch
            | Self::CardActivation
            | Self::CardPin => Action::ReleaseCards,
        }
    }
}

/// An act with everything it needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Payload {
    /// Agree this fee with this merchant.
    MerchantFee {
        /// Whose fee.
        merchant: MerchantId,
        /// Basis points, 0..=[`FEE_BP_MAX`].
        fee_bp: i64,
    },
    /// Wake this key, which exists and sleeps.
    CompanyKey {
        /// The key.
        key: KeyId,
    },
    /// Let this merchant trade, with the outlets that it has, on these terms.
    MerchantOpening {
        /// The merchant.
        merchant: MerchantId,
        /// Basis points, 0..=[`FEE_BP_MAX`].
        fee_bp: i64,
        /// Where it is paid to.
        bank: Bank,
    },
    /// Pay this merchant there from now on.
    MerchantBank {
        /// The merchant.
        merchant: MerchantId,
        /// Where it is paid to.
        bank: Bank,
    },
    /// Let this merchant trade again.
    MerchantResuming {
        /// The merchant.
        merchant: MerchantId,
    },
    /// Let this outlet trade.
    OutletOpening {
        /// The outlet.
        outlet: OutletId,
    },
    /// Let this outlet trade again.
    OutletResuming {
        /// The outlet.
        outlet: OutletId,
    },
    /// Require a second factor of the card company's people, or no longer.
    FactorRule {
        /// Whether it is required.
        required: bool,
    },
    /// Give this person of the card company exactly these roles, and let them sign in.
    CompanyRoles {
        /// The person.
        person: PersonId,
        /// The roles, in order.
        roles: Vec<Held>,
    },
    /// Take this person's own password away, so that an initial one can be given.
    PersonReset {
        /// The person.
        person: PersonId,
    },
    /// Take this person's second factor away; the next sign-in asks for another password.
    FactorReset {
        /// The person.
        person: PersonId,
    },
    /// Count this login, with its keys, as a human of its own from now on.
    LoginParting {
        /// The login.
        person: PersonId,
    },
    /// Change this limit to guessing.
    GuessingLimit {
        /// Which.
        setting: Setting,
        /// Its value, 1..=[`SETTING_MAX`].
        value: u16,
    },
    /// Let this merchant decide which of its products a card may pay for, or no longer.
    MerchantPayable {
        /// The merchant.
        merchant: MerchantId,
        /// Whether it decides.
        decides: bool,
    },
    /// Sell the goods of this recall again.
    RecallEnding {
        /// The recall.
        recall: RecallId,
    },
    /// Sell this product at these prices from now on.
    ProductPrice {
        /// The list that it is in.
        list: ListId,
        /// Its code.
        code: String,
        /// Its prices.
        prices: Prices,
    },
    /// Release this edition, whose rows are all there.
    ProductEdition {
        /// The edition.
        edition: EditionId,
        /// When it is to be live; `None` as soon as this is approved.
        effective_at: Option<Timestamp>,
    },
    /// Move this money of a customer's deposit.
    Money(Money),
    /// Move this card.
    Card(CardAct),
    /// Issue cards on this programme, on these terms.
    Programme(ProgrammeAct),
    /// Take this card's PIN away.
    Pin(PinReset),
    /// Let this customer pay in and load cards again.
    CustomerResuming {
        /// The customer.
        customer: CustomerId,
    },
    /// Make or activate cards of a batch.
    Batch(Batch),
}

/// The word for a password that somebody else gave.
const INITIAL: &str = "initial";

/// The subject of what is about the card company itself.
const COMPANY: i64 = 1;

impl Payload {
    /// What it is.
    pub fn act(&self) -> Act {
        match self {
            Self::MerchantFee { .. } => Act::MerchantFee,
            Self::CompanyKey { .. } => Act::CompanyKey,
            Self::MerchantOpening { .. } => Act::MerchantOpening,
            Self::MerchantBank { .. } => Act::MerchantBank,
            Self::MerchantResuming { .. } => Act::MerchantResuming,
            Self::OutletOpening { .. } => Act::OutletOpening,
            Self::OutletResuming { .. } => Act::OutletResuming,
            Self::FactorRule { .. } => Act::FactorRule,
            Self::CompanyRoles { .. } => Act::CompanyRoles,
            Self::PersonReset { .. } => Act::PersonReset,
            Self::FactorReset { .. } => Act::FactorReset,
            Self::LoginParting { .. } => Act::LoginParting,
            Self::GuessingLimit { .. } => Act::GuessingLimit,
            Self::MerchantPayable { .. } => Act::MerchantPayable,
            Self::RecallEnding { .. } => Act::RecallEnding,
            Self::ProductPrice { .. } => Act::ProductPrice,
            Self::ProductEdition { .. } => Act::ProductEdition,
            Self::Money(money) => money.act(),
            Self::Card(card) => card.act(),
            Self::Programme(act) => act.act(),
            Self::CustomerResuming { .. } => Act::CustomerResuming,
            Self::Batch(batch) => batch.act(),
            Self::Pin(_) => Act::CardPin,
        }
    }

    /// The money that it moves, if it does.
    pub fn money(&self) -> Option<&Money> {
        match self {
            Self::Money(money) => Some(money),
            _ => None,
        }
    }

    /// The card that it moves, if it does.
    pub fn card(&self) -> Option<&CardAct> {
        match self {
            Self::Card(card) => Some(card),
            _ => None,
        }
    }

    /// The kind of its approval.
    pub fn approval(&self) -> Kind {
        match self {
            Self::Money(money) => money.kind(),
            Self::Card(_) => Kind::CardMove,
            Self::Pin(_) => Kind::PinReset,
            _ => Kind::ProposalApproval,
        }
    }

    /// The number of what it is about, by which the proposals about one thing are found.
    pub fn subject(&self) -> i64 {
        match self {
            Self::MerchantFee { merchant, .. }
            | Self::MerchantOpening { merchant, .. }
            | Self::MerchantBank { merchant, .. }
            | Self::MerchantPayable { merchant, .. }
            | Self::MerchantResuming { merchant } => merchant.0,
            Self::ProductPrice { list, .. } => list.0,
            Self::OutletOpening { outlet } | Self::OutletResuming { outlet } => outlet.0,
            Self::CompanyKey { key } => key.0,
            Self::RecallEnding { recall } => recall.0,
            Self::ProductEdition { edition, .. } => edition.0,
            Self::Money(money) => money.subject(),
            Self::Card(card) => card.card().0,
            Self::Programme(act) => act.programme().0,
            Self::Batch(batch) => batch.batch().0,
            Self::Pin(reset) => reset.card.0,
            Self::CustomerResuming { customer } => customer.0,
            Self::FactorRule { .. } | Self::GuessingLimit { .. } => COMPANY,
            Self::CompanyRoles { person, .. }
            | Self::PersonReset { person }
            | Self::FactorReset { person }
            | Self::LoginParting { person } => person.0,
        }
    }

    /// The person that it is about, who cannot decide on it.
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Self::CompanyRoles { person, .. }
            | Self::PersonReset { person }
            | Self::FactorReset { person }
            | Self::LoginParting { person } => Some(*person),
            _ => None,
        }
    }

    /// How much money it moves.
    pub fn amount(&self) -> Fen {
        self.money().map_or(Fen::ZERO, Money::amount)
    }

    /// How many things it changes.
    pub fn count(&self) -> i64 {
        if let Self::Batch(batch) = self { batch.count() } else { 1 }
    }

    /// What the rows show now; `None` if what it is about does not exist.
    pub fn now(&self, rows: &ActRows) -> Option<Shown> {
        match self {
            Self::MerchantFee { merchant, .. } => {
                let fee = rows.fees.get(merchant)?;
                Some(Shown::of([(Field::FeeBp, fee.map_or_else(String::new, |fee| fee.to_string()))]))
            }
            Self::CompanyKey { key } => Some(rows.keys.get(key)?.shown()),
            Self::MerchantOpening { merchant, .. } => {
                let (one, fee) = (rows.merchants.get(merchant)?, rows.fees.get(merchant)?);
                let mut shown = one.shown();
                shown.0.extend(Shown::of(one.bank.fields()).0);
                shown.put(Field::FeeBp, &fee.map_or_else(String::new, |fee| fee.to_string()));
                shown.put(Field::Drafts, &one.drafts_text());
                Some(shown)
            }
            Self::MerchantBank { merchant, .. } => {
                let one = rows.merchants.get(merchant)?;
                let mut shown = one.shown();
                shown.0.extend(Shown::of(one.bank.fields()).0);
                Some(shown)
            }
            Self::RecallEnding { recall } => Some(rows.recalls.get(recall)?.shown()),
            Self::ProductEdition { edition, .. } => Some(rows.editions.get(edition)?.shown()),
            Self::ProductPrice { list, code, .. } => {
                let one = rows.products.get(&(*list, code.clone()))?;
                let mut shown = Shown::of(price_fields(one.prices));
                shown.put(Field::MerchantName, &one.list);
                shown.put(Field::ProductCode, code);
                shown.put(Field::ProductName, &one.name);
                Some(shown)
            }
            Self::MerchantPayable { merchant, .. } => rows
                .merchants
                .get(merchant)
                .map(|one| one.shown().with(Field::DecidesPayable, &yes(one.decides_payable))),
            Self::MerchantResuming { merchant } => {
                rows.merchants.get(merchant).map(|one| one.shown().with(Field::Reason, &one.reason))
            }
            Self::Money(money) => money.now(rows),
            Self::Card(card) => card.now(rows),
            Self::Programme(act) => act.now(rows),
            Self::Batch(batch) => batch.now(rows),
            Self::Pin(reset) => reset.now(rows),
            Self::CustomerResuming { customer } => Some(rows.customers.get(customer)?.shown()),
            Self::OutletOpening { outlet } => Some(rows.outlets.get(outlet)?.shown()),
            Self::OutletResuming { outlet } => {
                rows.outlets.get(outlet).map(|one| one.shown().with(Field::Reason, &one.reason))
            }
            Self::CompanyRoles { person, .. } | Self::PersonReset { person } => Some(rows.people.get(person)?.shown()),
            Self::FactorReset { person } => {
                rows.people.get(person).map(|one| one.shown().with(Field::PersonFactor, &yes(one.has_factor)))
            }
            Self::LoginParting { person } => {
                rows.people.get(person).map(|one| one.shown().with(Field::PersonOthers, &one.others))
            }
            Self::FactorRule { .. } => Some(Shown::of([(Field::FactorRequired, yes(*rows.factor.get(&())?))])),
            Self::GuessingLimit { setting, .. } => Some(limit(*setting, rows.limits.get(&())?.get(*setting))),
        }
    }

    /// What the rows would show after it.
    pub fn after(&self, now: &Shown) -> Shown {
        let mut after = now.clone();
        match self {
            Self::Money(money) => return money.after(now),
            Self::Card(card) => return card.after(now),
            Self::Programme(act) => return act.after(now),
            Self::Batch(batch) => return batch.after(now),
            Self::Pin(_) => after.put(Field::CardPin, PinState::Unset.word()),
            Self::MerchantFee { .. }
            | Self::MerchantBank { .. }
            | Self::FactorRule { .. }
            | Self::MerchantPayable { .. }
            | Self::ProductPrice { .. }
            | Self::GuessingLimit { .. } => {
                after.0.extend(self.fields().0);
            }
            Self::CompanyRoles { roles, .. } => {
                after.put(Field::PersonRoles, &roles_text(roles));
                if now.get(Field::PersonState) == PersonStatus::Disabled.word() {
                    let initial = now.get(Field::PersonPassword) == INITIAL;
                    after.put(Field::PersonState, Person::enabled(!initial).word());
                }
            }
            Self::RecallEnding { .. } => after.put(Field::RecallOpen, &yes(false)),
            Self::ProductEdition { .. } => {
                after.0.extend(self.fields().0);
                after.put(Field::EditionStatus, EditionStatus::Scheduled.word());
            }
            Self::PersonReset { .. } => after.put(Field::PersonPassword, INITIAL),
            Self::FactorReset { .. } => after.put(Field::PersonFactor, &yes(false)),
            Self::LoginParting { .. } => after.put(Field::PersonOthers, ""),
            Self::CompanyKey { .. } => after.put(Field::KeyState, KeyState::Awake.word()),
            Self::MerchantOpening { .. } => {
                after.0.extend(self.fields().0);
                after.put(Field::Standing, Standing::Active.word());
            }
            Self::MerchantResuming { .. }
            | Self::CustomerResuming { .. }
            | Self::OutletOpening { .. }
            | Self::OutletResuming { .. } => {
                after.put(Field::Standing, Standing::Active.word());
            }
        }
        after
    }

    /// Whether it is possible, by the rows as they are. What balances allow is [`crate::deposit`]'s to say.
    /// `own` is its proposal, once there is one.
    pub fn judge(&self, rows: &ActRows, at: Timestamp, own: Option<TransactionId>) -> Result<(), Decline> {
        match self {
            Self::MerchantFee { merchant, fee_bp } => {
                let fee = rows.fees.get(merchant).ok_or(Decline::NoSuchMerchant)?;
                let sound = (0..=FEE_BP_MAX).contains(fee_bp) && *fee != Some(*fee_bp);
                if sound { Ok(()) } else { Err(Decline::NothingToChange) }
            }
            Self::CompanyKey { key } => {
                let key = rows.keys.get(key).ok_or(Decline::NoSuchKey)?;
                let sleeps = key.state == KeyState::Asleep && key.by_company && key.has_power();
                if sleeps && at < key.expires_at { Ok(()) } else { Err(Decline::NothingToChange) }
            }
            Self::MerchantOpening { merchant, fee_bp, bank } => {
                let one = rows.merchants.get(merchant).ok_or(Decline::NoSuchMerchant)?;
                let sound = (0..=FEE_BP_MAX).contains(fee_bp) && bank.is_sound();
                moves(one.status, Move::Open, sound)
            }
            Self::MerchantBank { merchant, bank } => {
                let one = rows.merchants.get(merchant).ok_or(Decline::NoSuchMerchant)?;
                let trades = matches!(one.status, Standing::Active | Standing::Suspended);
                let sound = trades && bank.is_sound() && one.bank != *bank;
                if sound { Ok(()) } else { Err(Decline::NothingToChange) }
            }
            Self::RecallEnding { .. } | Self::ProductPrice { .. } | Self::ProductEdition { .. } => {
                if self.changes_goods(rows, at) { Ok(()) } else { Err(Decline::NothingToChange) }
            }
            Self::MerchantPayable { merchant, decides } => {
                let one = rows.merchants.get(merchant).ok_or(Decline::NoSuchMerchant)?;
                let sound = one.status != Standing::Closed && one.decides_payable != *decides;
                if sound { Ok(()) } else { Err(Decline::NothingToChange) }
            }
            Self::MerchantResuming { merchant } => {
                let one = rows.merchants.get(merchant).ok_or(Decline::NoSuchMerchant)?;
                moves(one.status, Move::Resume, true)
            }
            Self::Money(money) => money.judge(rows, at),
            Self::Card(card) => card.judge(rows),
            Self::Programme(act) => act.judge(rows),
            Self::Batch(batch) => batch.judge(rows, at, own),
            Self::Pin(reset) => reset.judge(rows),
            Self::CustomerResuming { customer } => {
                let one = rows.customers.get(customer).ok_or(Decline::NoSuchCustomer)?;
                moves(one.status, Move::Resume, true)
            }
            Self::OutletOpening { outlet } => {
                let one = rows.outlets.get(outlet).ok_or(Decline::NoSuchMerchant)?;
                // Before its merchant does, it opens with it.
                let trades = matches!(one.merchant_status, Standing::Active | Standing::Suspended);
                moves(one.status, Move::Open, trades)
            }
            Self::OutletResuming { outlet } => {
                let one = rows.outlets.get(outlet).ok_or(Decline::NoSuchMerchant)?;
                moves(one.status, Move::Resume, one.merchant_status != Standing::Closed)
            }
            Self::CompanyRoles { person, .. }
            | Self::PersonReset { person }
            | Self::FactorReset { person }
            | Self::LoginParting { person } => {
                let one = rows.people.get(person).ok_or(Decline::NothingToChange)?;
                if self.fits(one, at) { Ok(()) } else { Err(Decline::NothingToChange) }
            }
            Self::FactorRule { .. } | Self::GuessingLimit { .. } => {
                if self.changes_setting(rows) {
                    Ok(())
                } else {
                    Err(Decline::NothingToChange)
                }
            }
        }
    }

    /// Whether it changes what is sold, soundly.
    fn changes_goods(&self, rows: &ActRows, at: Timestamp) -> bool {
        match self {
            Self::RecallEnding { recall } => rows.recalls.get(recall).is_some_and(|recall| recall.open),
            Self::ProductPrice { list, code, prices } => {
                let now = rows.products.get(&(*list, code.clone())).map(|one| one.prices);
                prices.fit() && now.is_some_and(|now| now != *prices)
            }
            Self::ProductEdition { edition, effective_at } => {
                rows.editions.get(edition).is_some_and(|one| one.can_be_released(*effective_at, at))
            }
            _ => false,
        }
    }

    /// Whether it sets a setting to another value that is sound.
    fn changes_setting(&self, rows: &ActRows) -> bool {
        match self {
            Self::FactorRule { required } => rows.factor.get(&()) != Some(required),
            Self::GuessingLimit { setting, value } => {
                let now = rows.limits.get(&()).map(|limits| limits.get(*setting));
                (1..=SETTING_MAX).contains(value) && now != Some(*value)
            }
            _ => false,
        }
    }

    /// Whether an act about a person is possible as the person stands.
    fn fits(&self, one: &Person, at: Timestamp) -> bool {
        match self {
            Self::CompanyRoles { roles, .. } => {
                let plain: Vec<Role> = roles.iter().map(|held| held.role).collect();
                let lasting = roles.iter().all(|held| held.counts(at.business_date()));
                let changes = one.roles != *roles || one.status == PersonStatus::Disabled;
                let fit = person::roles_fit(Place::Company, &plain).is_ok();
                one.at_company && one.keeps_login() && fit && lasting && changes
            }
            Self::PersonReset { .. } => one.at_company && one.status.signs_in() && one.own_password,
            Self::FactorReset { .. } => one.has_factor && one.keeps_login(),
            Self::LoginParting { .. } => !one.others.is_empty(),
            _ => false,
        }
    }

    /// Its effect on the rows in memory.
    pub fn apply(&self, rows: &mut ActRows) {
        match self {
            Self::Money(money) => money.apply(rows),
            // `State::apply` takes it in with the moves that one person makes.
            // Written as it is afterwards, beside what one person changes.
            Self::Card(_) | Self::Programme(_) => {}
            Self::Batch(batch) => batch.apply(rows),
            Self::Pin(reset) => reset.apply(rows),
            Self::CustomerResuming { customer } => rows.customers.get_mut(customer).map_or((), Customer::resume),
            Self::MerchantFee { merchant, fee_bp } => rows.fees.loaded(*merchant, Some(Some(*fee_bp))),
            Self::CompanyKey { key } => {
                if let Some(key) = rows.keys.get_mut(key) {
                    key.state = KeyState::Awake;
                }
            }
            Self::MerchantOpening { merchant, fee_bp, bank } => {
                rows.fees.loaded(*merchant, Some(Some(*fee_bp)));
                if let Some(one) = rows.merchants.get_mut(merchant) {
                    one.open(bank.clone());
                }
            }
            Self::MerchantBank { merchant, bank } => {
                if let Some(one) = rows.merchants.get_mut(merchant) {
                    one.bank = bank.clone();
                }
            }
            Self::RecallEnding { recall } => {
                if let Some(one) = rows.recalls.get_mut(recall) {
                    one.open = false;
                }
            }
            Self::ProductPrice { list, code, prices } => {
                if let Some(one) = rows.products.get_mut(&(*list, code.clone())) {
                    one.prices = *prices;
                }
            }
            Self::ProductEdition { edition, .. } => rows.editions.get_mut(edition).map_or((), Edition::release),
            Self::MerchantPayable { merchant, decides } => {
                if let Some(one) = rows.merchants.get_mut(merchant) {
                    one.decides_payable = *decides;
                }
            }
            Self::MerchantResuming { merchant } => {
                if let Some(one) = rows.merchants.get_mut(merchant) {
                    (one.status, one.reason) = (Standing::Active, String::new());
                }
            }
            Self::OutletOpening { outlet } | Self::OutletResuming { outlet } => {
                if let Some(one) = rows.outlets.get_mut(outlet) {
                    (one.status, one.reason) = (Standing::Active, String::new());
                }
            }
            Self::FactorRule { required } => rows.factor.loaded((), Some(*required)),
            Self::GuessingLimit { setting, value } => {
                if let Some(limits) = rows.limits.get_mut(&()) {
                    limits.set(*setting, i64::from(*value));
                }
            }
            Self::CompanyRoles { person, .. } | Self::PersonReset { person } | Self::FactorReset { person } => {
                if let Some(one) = rows.people.get_mut(person) {
                    self.change(one);
                }
            }
            Self::LoginParting { person } => {
                let parted = rows.people.get_mut(person).map(Person::part);
                rows.people.present_mut().for_each(|(_, other)| other.leave(parted.as_deref()));
            }
        }
    }
}

impl Payload {
    /// What an act about one login does to it.
    pub(crate) fn change(&self, one: &mut Person) {
        match self {
            Self::CompanyRoles { roles, .. } => one.give(roles),
            Self::PersonReset { .. } => one.reset(),
            Self::FactorReset { .. } => one.has_factor = false,
            _ => {}
        }
    }
}

/// Whether a move is possible, given that everything else of the act is `sound`.
fn moves(status: Standing, made: Move, sound: bool) -> Result<(), Decline> {
    if sound && status.after(made).is_some() { Ok(()) } else { Err(Decline::NothingToChange) }
}

fn yes(it_is: bool) -> String {
    if it_is { "yes" } else { "no" }.to_owned()
}
