//! What a person is shown of the rows that an act is about: a value per field, with one text that is digested.

use std::collections::BTreeMap;

words! {
    /// A field of what a person is shown.
    pub enum Field {
        /// A fee in basis points; empty for none.
        FeeBp = "fee_bp",
        /// A merchant's id.
        Merchant = "merchant",
        /// A key's name.
        KeyName = "key_name",
        /// Outlet and terminal of a key.
        KeyBound = "key_bound",
        /// Scopes of a key.
        KeyScopes = "key_scopes",
        /// Whether a key's requests are signed: `yes` or `no`.
        KeySigned = "key_signed",
        /// A key's requests per minute.
        KeyRate = "key_rate",
        /// When a key ends, microseconds.
        KeyExpires = "key_expires",
        /// Whether a key opens anything, [`super::KeyState`].
        KeyState = "key_state",
        /// A merchant number.
        Mid = "mid",
        /// A merchant's name.
        MerchantName = "merchant_name",
        /// A merchant's credit code.
        Licence = "licence",
        /// An outlet's name.
        OutletName = "outlet_name",
        /// An outlet's address.
        Address = "address",
        /// The outlets that open with their merchant.
        Drafts = "drafts",
        /// A state of a merchant or outlet, [`crate::directory::Standing`].
        Standing = "standing",
        /// Why it was suspended.
        Reason = "reason",
        /// The bank that a merchant is paid at.
        BankName = "bank_name",
        /// The account that it is paid to.
        BankAccount = "bank_account",
        /// Whose account that is.
        BankHolder = "bank_holder",
        /// Whether the card company's people need a second factor: `yes` or `no`.
        FactorRequired = "factor_required",
        /// Name and login name of a person.
        PersonName = "person_name",
        /// What a person may do, as `domain::person::roles_text` writes it.
        PersonRoles = "person_roles",
        /// Where a person's login stands, [`crate::person::PersonStatus`].
        PersonState = "person_state",
        /// Whose a person's password is: `own` or `initial`.
        PersonPassword = "person_password",
        /// Whether a person has a second factor: `yes` or `no`.
        PersonFactor = "person_factor",
        /// Names of the other logins of the same human.
        PersonOthers = "person_others",
        /// A limit to guessing, [`crate::limits::Setting`].
        Limit = "limit",
        /// Its value.
        LimitValue = "limit_value",
        /// Whether a merchant decides what cards pay for: `yes` or `no`.
        DecidesPayable = "decides_payable",
        /// What a recall covers.
        RecallGoods = "recall_goods",
        /// What the tills say of it.
        RecallText = "recall_text",
        /// Why it was started.
        RecallReason = "recall_reason",
        /// Whether it stops sales: `yes` or `no`.
        RecallOpen = "recall_open",
        /// A product's code.
        ProductCode = "product_code",
        /// A product's name.
        ProductName = "product_name",
        /// A price in fen; empty when the cashier sets it.
        Price = "price",
        /// The lowest price that needs no consent, fen; empty when none does.
        PriceLow = "price_low",
        /// The highest.
        PriceHigh = "price_high",
        /// The file that an edition comes from.
        EditionSource = "edition_source",
        /// How many products it adds.
        EditionAdded = "edition_added",
        /// How many it changes.
        EditionChanged = "edition_changed",
        /// How many it stops.
        EditionStopped = "edition_stopped",
        /// How many it takes out that another edition added.
        EditionRemoved = "edition_removed",
        /// How many of them take two persons each.
        EditionFar = "edition_far",
        /// Digest of its rows, hex.
        EditionDigest = "edition_digest",
        /// Where it stands, [`crate::edition::EditionStatus`].
        EditionStatus = "edition_status",
        /// When it is to be live, microseconds; empty as soon as it is approved.
        EditionEffective = "edition_effective",
        /// A customer's name.
        Customer = "customer",
        /// A customer's id.
        CustomerId = "customer_id",
        /// Money, fen.
        Amount = "amount",
        /// The bank's number of a payment.
        Reference = "reference",
        /// The day on which money arrived, yyyymmdd.
        ReceivedOn = "received_on",
        /// What money is for.
        Note = "note",
        /// Why money goes back.
        Because = "because",
        /// A card's id.
        Card = "card",
        /// A card's number as it may be seen.
        CardMasked = "card_masked",
        /// A holder's name, masked.
        CardHolder = "card_holder",
        /// A card's state, [`crate::card::CardStatus`].
        CardStatus = "card_status",
        /// A card's programme.
        CardProgramme = "card_programme",
        /// Whose a card's PIN is, [`crate::pin::PinState`].
        CardPin = "card_pin",
        /// The reference number of a load.
        Load = "load",
        /// How much it put on its card, fen.
        LoadAmount = "load_amount",
        /// A programme's name.
        ProgrammeName = "programme_name",
        /// What the numbers of its cards begin with.
        ProgrammePrefix = "programme_prefix",
        /// Digits of those numbers.
        NumberLength = "number_length",
        /// Its template, [`crate::programme::Template`].
        Template = "template",
        /// Its state, [`crate::programme::ProgrammeStatus`].
        ProgrammeStatus = "programme_status",
        /// Most on a card, fen.
        BalanceMax = "balance_max",
        /// Most of one load, fen.
        LoadMax = "load_max",
        /// Most of one sale, fen.
        SaleMax = "sale_max",
        /// Most in a day, fen.
        DailyMax = "daily_max",
        /// Most sales in a day.
        DailyCountMax = "daily_count_max",
        /// Most in a month, fen; empty for no limit.
        MonthMax = "month_max",
        /// Months that a card is valid; empty if it never expires.
        ValidityMonths = "validity_months",
        /// Hours in which a merchant may refund.
        RefundWindow = "refund_window",
        /// Whether a loss can be reported: `yes` or `no`.
        LossReport = "loss_report",
        /// Whether money is paid out to the holder: `yes` or `no`.
        Redeem = "redeem",
        /// Days until then.
        RedeemWait = "redeem_wait",
        /// How a card gets its PIN, [`crate::programme::PinMode`].
        PinMode = "pin_mode",
        /// Ids of the merchants that take its cards, with a blank between; empty for all.
        Merchants = "merchants",
        /// Whom holders call.
        Hotline = "hotline",
        /// What the company's counsel wrote.
        Basis = "basis",
        /// A programme's id.
        ProgrammeId = "programme_id",
        /// How many cards a batch has.
        BatchQuantity = "batch_quantity",
        /// What is printed on the cards of a batch.
        BatchText = "batch_text",
        /// What the maker of a batch noted.
        BatchNote = "batch_note",
        /// Where a batch stands, [`crate::card_batch::CardBatchStatus`].
        BatchStatus = "batch_status",
        /// The first place of cards of a batch.
        FirstPlace = "first_place",
        /// The last place of cards of a batch.
        LastPlace = "last_place",
        /// The serial of the first of some cards.
        FirstSerial = "first_serial",
        /// The serial of the last of some cards.
        LastSerial = "last_serial",
        /// Where cards of a batch are: words of [`crate::card_batch::Keeper`], with a blank between.
        CardKeeper = "card_keeper",
        /// The names of who keeps them.
        CardKeeperName = "card_keeper_name",
    }
}

/// What a person is shown of the rows that an act is about: a value per field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown(pub(super) BTreeMap<Field, String>);

impl Shown {
    pub(super) fn of<const N: usize>(fields: [(Field, String); N]) -> Self {
        let mut shown = Self::default();
        for (field, value) in fields {
            shown.put(field, &value);
        }
        shown
    }

    /// A value is one line of the text.
    pub(crate) fn put(&mut self, field: Field, value: &str) {
        self.0.insert(field, value.chars().filter(|c| !c.is_control()).collect());
    }

    /// It with one more line.
    pub(super) fn with(mut self, field: Field, value: &str) -> Self {
        self.put(field, value);
        self
    }

    /// Takes over the fields of `other`.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.0.extend(other.0.iter().map(|(field, value)| (*field, value.clone())));
    }

    /// The value of a field, empty if there is none.
    pub fn get(&self, field: Field) -> &str {
        self.0.get(&field).map_or("", String::as_str)
    }

    /// Every field with its value.
    pub fn rows(&self) -> impl Iterator<Item = (Field, &str)> {
        self.0.iter().map(|(field, value)| (*field, value.as_str()))
    }

    /// The text that is stored and digested: a line per field.
    pub fn text(&self) -> String {
        self.rows().fold(String::new(), |text, (field, value)| text + field.word() + "=" + value + "\n")
    }

    /// What a stored text says. Only what [`Shown::text`] writes is read.
    pub fn read(text: &str) -> Option<Self> {
        let mut shown = Self::default();
        for line in text.lines() {
            let (field, value) = line.split_once('=')?;
            shown.put(Field::from_word(field)?, value);
        }
        (shown.text() == text).then_some(shown)
    }
}
