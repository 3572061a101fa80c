//! Where a person or a key belongs: the card company, a merchant, or one of its outlets.
//!
//! A place is stored as a word and the ids that go with it, and is never inferred from an empty column. What must stay
//! true: a role counts only at the place it is for, so a row that lost its outlet gives nobody the company's reach.

use crate::ids::{MerchantId, OutletId};
use crate::role::Role;

/// The place of a person or a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The card company, with every merchant in reach.
    Company,
    /// A merchant with all its outlets.
    Merchant(MerchantId),
    /// One outlet of a merchant.
    Outlet(MerchantId, OutletId),
}

impl Place {
    /// The stored words, from the widest place to the narrowest.
    pub const WORDS: [&'static str; 3] = ["company", "merchant", "outlet"];

    /// The stored word.
    pub fn word(self) -> &'static str {
        let [company, merchant, outlet] = Self::WORDS;
        match self {
            Self::Company => company,
            Self::Merchant(_) => merchant,
            Self::Outlet(..) => outlet,
        }
    }

    /// The place that a stored word and its ids name; `None` if they do not fit together.
    pub fn read(word: &str, merchant: Option<MerchantId>, outlet: Option<OutletId>) -> Option<Self> {
        let place = match (merchant, outlet) {
            (None, None) => Self::Company,
            (Some(merchant), None) => Self::Merchant(merchant),
            (Some(merchant), Some(outlet)) => Self::Outlet(merchant, outlet),
            (None, Some(_)) => return None,
        };
        (place.word() == word).then_some(place)
    }

    /// The merchant; `None` for the company.
    pub fn merchant(self) -> Option<MerchantId> {
        match self {
            Self::Company => None,
            Self::Merchant(merchant) | Self::Outlet(merchant, _) => Some(merchant),
        }
    }

    /// The outlet, if the place is one.
    pub fn outlet(self) -> Option<OutletId> {
        match self {
            Self::Company | Self::Merchant(_) => None,
            Self::Outlet(_, outlet) => Some(outlet),
        }
    }

    /// Whether somebody at this place can hold `role`.
    pub fn fits(self, role: Role) -> bool {
        match role {
            Role::Cashier | Role::StoreManager => matches!(self, Self::Outlet(..)),
            Role::ChainManager => matches!(self, Self::Merchant(_)),
            Role::Agent | Role::Operator | Role::Checker | Role::Finance | Role::Auditor | Role::Admin => {
                self == Self::Company
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MERCHANT: MerchantId = MerchantId(250_100);
    const OUTLET: OutletId = OutletId(2_501_001);
    const PLACES: [Place; 3] = [Place::Company, Place::Merchant(MERCHANT), Place::Outlet(MERCHANT, OUTLET)];

    /// One row per role: whether it fits the company, a merchant, an outlet.
    const EXPECTED: &str = "
        cashier       ..+
        store_manager ..+
        chain_manager .+.
        agent         +..
        operator      +..
        checker       +..
        finance       +..
        auditor       +..
        admin         +..
    ";

    #[test]
    fn every_role_fits_exactly_the_place_that_the_table_says() {
        let rows = Role::ALL.iter().map(|role| {
            let marks: String = PLACES.iter().map(|place| if place.fits(*role) { '+' } else { '.' }).collect();
            format!("{} {marks}", role.word())
        });
        let expected = EXPECTED.lines().filter(|line| !line.trim().is_empty());
        let expected = expected.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        assert_eq!(rows.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }

    #[test]
    fn a_place_is_read_from_a_word_and_the_ids_that_belong_to_it_and_from_nothing_else() {
        for place in PLACES {
            assert_eq!(Place::read(place.word(), place.merchant(), place.outlet()), Some(place));
        }
        for word in ["", "shop", "Company"].into_iter().chain(Place::WORDS) {
            for merchant in [None, Some(MERCHANT)] {
                for outlet in [None, Some(OUTLET)] {
                    let read = Place::read(word, merchant, outlet);
                    let written = PLACES
                        .into_iter()
                        .find(|place| place.word() == word && place.merchant() == merchant && place.outlet() == outlet);
                    assert_eq!(read, written, "{word} {merchant:?} {outlet:?}");
                }
            }
        }
    }
}
