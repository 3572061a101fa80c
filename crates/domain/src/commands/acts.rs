//! Acts: what a proposal can be about. An act is a variant of [`Payload`] with what it needs, its line in [`Act`], what a
//! person is shown of it, the checks, and its effect.
//!
//! What must stay true:
//! - A payload and what was shown have one text each (`read` of a text gives what `text` wrote), because digests cover them.
//! - An act is judged by the rows in [`ActRows`] alone, the same when it is proposed and when it is decided.
//! - The effect of an approved act is [`Payload::apply`], for the rows in memory, and what the stores write for the payload.

use std::collections::BTreeMap;

use crate::ids::{KeyId, MerchantId};
use crate::money::Fen;
use crate::outcome::Decline;
use crate::role::Action;
use crate::settlement::FEE_BP_MAX;
use crate::state::Rows;
use crate::time::Timestamp;

words! {
    /// What can be proposed.
    pub enum Act {
        /// A merchant's fee.
        MerchantFee = "merchant_fee",
        /// Power over money or goods for an API key that the company made.
        CompanyKey = "company_key",
    }
}

impl Act {
    /// The right to propose it.
    pub fn proposed_with(self) -> Action {
        match self {
            Self::MerchantFee => Action::ProposeFee,
            Self::CompanyKey => Action::ManageApiKeys,
        }
    }

    /// The right to decide on it.
    pub fn decided_with(self) -> Action {
        match self {
            Self::MerchantFee => Action::ReleaseMerchants,
            Self::CompanyKey => Action::ReleaseApiKeys,
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
}

/// Bytes of a payload, or of what was shown, as text.
pub const TEXT_BYTES_MAX: usize = 4096;

impl Payload {
    /// What it is.
    pub fn act(&self) -> Act {
        match self {
            Self::MerchantFee { .. } => Act::MerchantFee,
            Self::CompanyKey { .. } => Act::CompanyKey,
        }
    }

    /// The number of what it is about, by which the proposals about one thing are found.
    pub fn subject(&self) -> i64 {
        match self {
            Self::MerchantFee { merchant, .. } => merchant.0,
            Self::CompanyKey { key } => key.0,
        }
    }

    /// The money that it moves; zero for an act that moves none.
    pub fn amount(&self) -> Fen {
        match self {
            Self::MerchantFee { .. } | Self::CompanyKey { .. } => Fen::ZERO,
        }
    }

    /// How many things it changes.
    pub fn count(&self) -> i64 {
        match self {
            Self::MerchantFee { .. } | Self::CompanyKey { .. } => 1,
        }
    }

    /// Its fields but the subject.
    fn fields(&self) -> Shown {
        match self {
            Self::MerchantFee { fee_bp, .. } => Shown::of([(Field::FeeBp, fee_bp.to_string())]),
            Self::CompanyKey { .. } => Shown::default(),
        }
    }

    /// The text that is stored and digested, besides the act and the subject.
    pub fn text(&self) -> String {
        self.fields().text()
    }

    /// The payload of a stored text. Only what [`Payload::text`] writes is read.
    pub fn read(act: Act, subject: i64, text: &str) -> Option<Self> {
        let fields = Shown::read(text)?;
        let number = |field| fields.get(field).parse::<i64>().ok();
        let payload = match act {
            Act::MerchantFee => Self::MerchantFee { merchant: MerchantId(subject), fee_bp: number(Field::FeeBp)? },
            Act::CompanyKey => Self::CompanyKey { key: KeyId(subject) },
        };
        (payload.text() == text).then_some(payload)
    }

    /// What the rows show now; `None` if what it is about does not exist.
    pub fn now(&self, rows: &ActRows) -> Option<Shown> {
        match self {
            Self::MerchantFee { merchant, .. } => {
                let fee = rows.fees.get(merchant)?;
                Some(Shown::of([(Field::FeeBp, fee.map_or_else(String::new, |fee| fee.to_string()))]))
            }
            Self::CompanyKey { key } => Some(rows.keys.get(key)?.shown()),
        }
    }

    /// What the rows would show after it.
    pub fn after(&self, now: &Shown) -> Shown {
        let mut after = now.clone();
        match self {
            Self::MerchantFee { .. } => after.0.extend(self.fields().0),
            Self::CompanyKey { .. } => after.put(Field::KeyState, KeyState::Awake.word()),
        }
        after
    }

    /// Whether it is possible, by the rows as they are.
    pub fn judge(&self, rows: &ActRows, at: Timestamp) -> Result<(), Decline> {
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
        }
    }

    /// Its effect on the rows in memory.
    pub fn apply(&self, rows: &mut ActRows) {
        match self {
            Self::MerchantFee { merchant, fee_bp } => rows.fees.loaded(*merchant, Some(Some(*fee_bp))),
            Self::CompanyKey { key } => {
                if let Some(key) = rows.keys.get_mut(key) {
                    key.state = KeyState::Awake;
                }
            }
        }
    }
}

/// The rows that acts are about.
#[derive(Clone, Debug, Default)]
pub struct ActRows {
    /// Merchants' agreed fees in basis points.
    pub fees: Rows<MerchantId, Option<i64>>,
    /// API keys.
    pub keys: Rows<KeyId, Key>,
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
        /// Whether a key opens anything, [`KeyState`].
        KeyState = "key_state",
    }
}

/// What a person is shown of the rows that an act is about: a value per field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown(BTreeMap<Field, String>);

impl Shown {
    fn of<const N: usize>(fields: [(Field, String); N]) -> Self {
        let mut shown = Self::default();
        for (field, value) in fields {
            shown.put(field, &value);
        }
        shown
    }

    /// A value is one line of the text.
    fn put(&mut self, field: Field, value: &str) {
        self.0.insert(field, value.chars().filter(|c| !c.is_control()).collect());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_and_what_was_shown_have_one_text() {
        let payloads = [
            Payload::MerchantFee { merchant: MerchantId(250_100), fee_bp: 38 },
            Payload::CompanyKey { key: KeyId(1_001) },
        ];
        assert_eq!(payloads.each_ref().map(Payload::act), Act::ALL);
        for payload in payloads {
            let (act, subject, text) = (payload.act(), payload.subject(), payload.text());
            assert_eq!(Payload::read(act, subject, &text), Some(payload));
            assert!(text.len() <= TEXT_BYTES_MAX);
            for other in [format!("{text} "), format!("{text}\n"), format!("{text}fee_bp=1\n"), format!(" {text}")] {
                assert_eq!(Payload::read(act, subject, &other), None, "{other:?}");
            }
        }
        for bad in ["fee_bp=038\n", "fee_bp=38", "fee_bp=\n", "fee=38\n", "", "fee_bp=38\nfee_bp=38\n", "fee_bp=+38\n"]
        {
            assert_eq!(Payload::read(Act::MerchantFee, 250_100, bad), None, "{bad:?}");
        }
        let name = Shown::of([(Field::KeyName, "a=b\nc".to_owned())]);
        assert_eq!(name.get(Field::KeyName), "a=bc");
        assert_eq!(Shown::read(&name.text()), Some(name));
    }
}
