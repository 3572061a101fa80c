//! The text of a payload: what is stored, digested and read again.

use super::{Act, Bank, Batch, CardAct, Field, Money, Payload, PinReset, ProgrammeAct, Shown, yes};
use crate::ids::{CustomerId, EditionId, KeyId, ListId, MerchantId, OutletId, PersonId, RecallId};
use crate::limits::Setting;
use crate::money::Fen;
use crate::person::{read_roles, roles_text};
use crate::product::Prices;
use crate::time::Timestamp;

/// Bytes of a payload, or of what was shown, as text.
pub const TEXT_BYTES_MAX: usize = 4096;

impl Payload {
    /// Its fields but the subject.
    pub(super) fn fields(&self) -> Shown {
        match self {
            Self::MerchantFee { fee_bp, .. } => Shown::of([(Field::FeeBp, fee_bp.to_string())]),
            Self::MerchantOpening { fee_bp, bank, .. } => {
                let mut fields = Shown::of(bank.fields());
                fields.put(Field::FeeBp, &fee_bp.to_string());
                fields
            }
            Self::MerchantBank { bank, .. } => Shown::of(bank.fields()),
            Self::FactorRule { required } => Shown::of([(Field::FactorRequired, yes(*required))]),
            Self::CompanyRoles { roles, .. } => Shown::of([(Field::PersonRoles, roles_text(roles))]),
            Self::GuessingLimit { setting, value } => limit(*setting, *value),
            Self::MerchantPayable { decides, .. } => Shown::of([(Field::DecidesPayable, yes(*decides))]),
            Self::ProductPrice { code, prices, .. } => {
                let mut fields = Shown::of(price_fields(*prices));
                fields.put(Field::ProductCode, code);
                fields
            }
            Self::ProductEdition { effective_at, .. } => {
                let at = effective_at.map_or_else(String::new, |at| at.0.to_string());
                Shown::of([(Field::EditionEffective, at)])
            }
            Self::Money(money) => money.fields(),
            Self::Card(card) => card.fields(),
            Self::Programme(act) => act.fields(),
            Self::Batch(batch) => batch.fields(),
            Self::Pin(reset) => reset.fields(),
            Self::CompanyKey { .. }
            | Self::CustomerResuming { .. }
            | Self::PersonReset { .. }
            | Self::FactorReset { .. }
            | Self::LoginParting { .. }
            | Self::RecallEnding { .. }
            | Self::MerchantResuming { .. }
            | Self::OutletOpening { .. }
            | Self::OutletResuming { .. } => Shown::default(),
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
        let text_of = |field| fields.get(field).to_owned();
        let bank = || Bank {
            name: text_of(Field::BankName),
            account: text_of(Field::BankAccount),
            holder: text_of(Field::BankHolder),
        };
        let (merchant, outlet, person) = (MerchantId(subject), OutletId(subject), PersonId(subject));
        let payload = match act {
            Act::MerchantFee => Self::MerchantFee { merchant, fee_bp: number(Field::FeeBp)? },
            Act::CompanyKey => Self::CompanyKey { key: KeyId(subject) },
            Act::MerchantOpening => Self::MerchantOpening { merchant, fee_bp: number(Field::FeeBp)?, bank: bank() },
            Act::MerchantBank => Self::MerchantBank { merchant, bank: bank() },
            Act::MerchantResuming => Self::MerchantResuming { merchant },
            Act::OutletOpening => Self::OutletOpening { outlet },
            Act::OutletResuming => Self::OutletResuming { outlet },
            Act::FactorRule => Self::FactorRule { required: fields.get(Field::FactorRequired) == "yes" },
            Act::CompanyRoles => Self::CompanyRoles { person, roles: read_roles(fields.get(Field::PersonRoles))? },
            Act::PersonReset => Self::PersonReset { person },
            Act::FactorReset => Self::FactorReset { person },
            Act::LoginParting => Self::LoginParting { person },
            Act::RecallEnding => Self::RecallEnding { recall: RecallId(subject) },
            Act::MerchantPayable => {
                Self::MerchantPayable { merchant, decides: fields.get(Field::DecidesPayable) == "yes" }
            }
            Act::ProductPrice => {
                let price = |field| match fields.get(field) {
                    "" => Some(None),
                    fen => fen.parse().ok().map(|fen| Some(Fen(fen))),
                };
                let (low, high) = (price(Field::PriceLow)?, price(Field::PriceHigh)?);
                let prices = Prices { price: price(Field::Price)?, low, high };
                Self::ProductPrice { list: ListId(subject), code: text_of(Field::ProductCode), prices }
            }
            Act::ProductEdition => {
                let effective_at = match fields.get(Field::EditionEffective) {
                    "" => None,
                    at => Some(Timestamp(at.parse().ok()?)),
                };
                Self::ProductEdition { edition: EditionId(subject), effective_at }
            }
            Act::GuessingLimit => {
                let value = fields.get(Field::LimitValue).parse().ok()?;
                Self::GuessingLimit { setting: Setting::from_word(fields.get(Field::Limit))?, value }
            }
            Act::Funding | Act::FundingReturn | Act::Load | Act::Adjustment => {
                Self::Money(Money::read(act, subject, &fields)?)
            }
            Act::CardReopening | Act::CardUnlocking | Act::CardClosing => {
                Self::Card(CardAct::read(act, subject, &fields)?)
            }
            Act::CardBatch | Act::CardActivation => Self::Batch(Batch::read(act, subject, &fields)?),
            Act::CustomerResuming => Self::CustomerResuming { customer: CustomerId(subject) },
            Act::ProgrammeOpening | Act::ProgrammeTerms | Act::ProgrammeResuming => {
                Self::Programme(ProgrammeAct::read(act, subject, &fields)?)
            }
            Act::CardPin => Self::Pin(PinReset::read(subject, &fields)),
        };
        (payload.text() == text && payload.subject() == subject).then_some(payload)
    }
}

/// Prices as a person is shown them; empty for none.
pub(super) fn price_fields(prices: Prices) -> [(Field, String); 3] {
    let text = |price: Option<Fen>| price.map_or_else(String::new, |price| price.0.to_string());
    [(Field::Price, text(prices.price)), (Field::PriceLow, text(prices.low)), (Field::PriceHigh, text(prices.high))]
}

pub(super) fn limit(setting: Setting, value: u16) -> Shown {
    Shown::of([(Field::Limit, setting.word().to_owned()), (Field::LimitValue, value.to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card_batch::Places;
    use crate::card_move::{CardMove, Request};
    use crate::ids::{CardBatchId, CardId, ProgrammeId, TransactionId};
    use crate::programme::{Template, Terms};
    use crate::time::BusinessDate;

    fn moved(made: CardMove) -> Payload {
        let request = Request { card: CardId(80_000_001), made, reason: "it was found".to_owned() };
        Payload::Card(CardAct::of(request).expect("two persons'"))
    }

    fn bank() -> Bank {
        Bank { name: "Bank".to_owned(), account: "6200000000003391".to_owned(), holder: "Shop Ltd".to_owned() }
    }

    fn money() -> [Payload; 4] {
        [
            Payload::Money(Money::Funding {
                customer: CustomerId(1_000_042),
                amount: Fen(500_000),
                reference: "SL20261130-0021".to_owned(),
                received_on: BusinessDate(20_261_130),
                note: "December".to_owned(),
            }),
            Payload::Money(Money::FundingReturn {
                customer: CustomerId(1_000_042),
                amount: Fen(500),
                reason: "not needed".to_owned(),
            }),
            Payload::Money(Money::Load {
                customer: CustomerId(1_000_042),
                card: CardId(80_000_001),
                amount: Fen(50_000),
                note: String::new(),
            }),
            Payload::Money(Money::Adjustment {
                load: TransactionId(10_000_000_042),
                customer: CustomerId(1_000_042),
                card: CardId(80_000_001),
                amount: Fen(50_000),
                reason: "the wrong card".to_owned(),
            }),
        ]
    }

    fn programmes() -> [Payload; 3] {
        let programme = ProgrammeId(7);
        let terms = Terms {
            month_max: Some(Fen(2_000_000)),
            merchants: vec![MerchantId(250_100), MerchantId(250_200)],
            hotline: "400-000-0000".to_owned(),
            basis: "as counsel wrote".to_owned(),
            ..Template::Benefit.usual()
        };
        [
            Payload::Programme(ProgrammeAct::Opening { programme, terms: Template::Anonymous.usual() }),
            Payload::Programme(ProgrammeAct::Terms { programme, terms }),
            Payload::Programme(ProgrammeAct::Resuming { programme }),
        ]
    }

    fn batches() -> [Payload; 2] {
        [
            Payload::Batch(Batch::Making {
                batch: CardBatchId(131),
                programme: ProgrammeId(2),
                customer: Some(CustomerId(1_000_042)),
                quantity: 20_000,
                printed_text: "Health".to_owned(),
            }),
            Payload::Batch(Batch::Activation {
                batch: CardBatchId(131),
                places: Places { first: 1, last: 19_999 },
                note: "handed over".to_owned(),
            }),
        ]
    }

    #[test]
    fn a_payload_and_what_was_shown_have_one_text() {
        let [funding, back, load, adjustment] = money();
        let [opening, terms, resuming] = programmes();
        let [making, activation] = batches();
        let payloads = [
            Payload::MerchantFee { merchant: MerchantId(250_100), fee_bp: 38 },
            Payload::CompanyKey { key: KeyId(1_001) },
            Payload::MerchantOpening { merchant: MerchantId(250_101), fee_bp: 38, bank: bank() },
            Payload::MerchantBank { merchant: MerchantId(250_101), bank: bank() },
            Payload::MerchantResuming { merchant: MerchantId(250_101) },
            Payload::OutletOpening { outlet: OutletId(2_501_003) },
            Payload::OutletResuming { outlet: OutletId(2_501_003) },
            Payload::FactorRule { required: false },
            Payload::CompanyRoles {
                person: PersonId(9_001),
                roles: read_roles("operator checker:20261215").expect("roles"),
            },
            Payload::PersonReset { person: PersonId(9_001) },
            Payload::FactorReset { person: PersonId(1_003) },
            Payload::LoginParting { person: PersonId(1_003) },
            Payload::GuessingLimit { setting: Setting::TillPauseCards, value: 4 },
            Payload::MerchantPayable { merchant: MerchantId(250_101), decides: true },
            Payload::RecallEnding { recall: RecallId(3) },
            Payload::ProductPrice {
                list: ListId(250_101),
                code: "600233".to_owned(),
                prices: Prices { price: Some(Fen(1_550)), low: None, high: None },
            },
            Payload::ProductEdition { edition: EditionId(7), effective_at: Some(Timestamp(1_795_392_000_000_000)) },
            funding,
            back,
            load,
            adjustment,
            Payload::CustomerResuming { customer: CustomerId(1_000_042) },
            moved(CardMove::Reopen),
            moved(CardMove::Unlock),
            moved(CardMove::Close),
            opening,
            terms,
            resuming,
            making,
            activation,
            Payload::Pin(PinReset { card: CardId(80_000_001), reason: "forgotten".to_owned() }),
        ];
        assert_eq!(payloads.each_ref().map(Payload::act), Act::ALL);
        for payload in payloads {
            let (act, subject, text) = (payload.act(), payload.subject(), payload.text());
            assert!(payload.approval().ends_proposal(), "{act}");
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
        let at_once = Payload::ProductEdition { edition: EditionId(7), effective_at: None };
        assert_eq!(Payload::read(Act::ProductEdition, 7, "edition_effective=\n"), Some(at_once));
        for bad in ["", "edition_effective=now\n", "edition_effective=+1\n", "edition_effective=01\n"] {
            assert_eq!(Payload::read(Act::ProductEdition, 7, bad), None, "{bad:?}");
        }
        let name = Shown::of([(Field::KeyName, "a=b\nc".to_owned())]);
        assert_eq!(name.get(Field::KeyName), "a=bc");
        assert_eq!(Shown::read(&name.text()), Some(name));
    }
}
