//! Card batch 卡批次: cards that are made together, and where each of them is.
//!
//! What must stay true:
//! - The last movement of a place says where its card is; a place that nobody moved is at the maker.
//! - One movement moves any number of cards, so the size of a batch costs nothing.

use std::collections::BTreeMap;

use crate::ids::{CustomerId, OutletId};
use crate::serial::Serial;

/// Most cards of a batch.
pub const QUANTITY_MAX: i64 = 200_000;

words! {
    /// Where a batch stands.
    pub enum CardBatchStatus {
        /// Nobody approved it.
        Draft = "draft",
        /// Its cards are being made.
        Approved = "approved",
        /// All its cards are made.
        Generated = "generated",
        /// All its cards arrived or are spoiled.
        Received = "received",
        /// None of its cards waits to be handed out.
        Closed = "closed",
        /// It was given up before a card arrived; its cards are closed.
        Cancelled = "cancelled",
    }
}

/// Who has a card that is in nobody's use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Keeper {
    /// The maker, until it arrives.
    Maker,
    /// The card company.
    Vault,
    /// An outlet.
    Outlet(OutletId),
    /// A customer.
    Customer(CustomerId),
    /// Nobody: it cannot be used.
    Spoiled,
}

impl Keeper {
    /// The stored word; no row says that a card is at the maker.
    pub fn word(self) -> &'static str {
        match self {
            Self::Maker => "maker",
            Self::Vault => "vault",
            Self::Outlet(_) => "outlet",
            Self::Customer(_) => "customer",
            Self::Spoiled => "spoiled",
        }
    }

    /// The keeper of a stored row.
    pub fn of_row(word: &str, outlet: Option<OutletId>, customer: Option<CustomerId>) -> Option<Self> {
        match (word, outlet, customer) {
            ("vault", None, None) => Some(Self::Vault),
            ("outlet", Some(outlet), None) => Some(Self::Outlet(outlet)),
            ("customer", None, Some(customer)) => Some(Self::Customer(customer)),
            ("spoiled", None, None) => Some(Self::Spoiled),
            _ => None,
        }
    }

    /// The outlet, if it is one.
    pub fn outlet(self) -> Option<OutletId> {
        if let Self::Outlet(outlet) = self { Some(outlet) } else { None }
    }

    /// The customer, if it is one.
    pub fn customer(self) -> Option<CustomerId> {
        if let Self::Customer(customer) = self { Some(customer) } else { None }
    }
}

/// Places of a batch that follow one another, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Places {
    /// The first.
    pub first: i64,
    /// The last, not before the first.
    pub last: i64,
}

impl Places {
    /// The places of a batch of `quantity` cards from `first` to `last`, if there are such.
    pub fn new(first: i64, last: i64, quantity: i64) -> Option<Self> {
        (1 <= first && first <= last && last <= quantity).then_some(Self { first, last })
    }

    /// How many.
    pub fn count(self) -> i64 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }

    /// Whether a place is in both.
    pub fn meets(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// What is in both.
    pub fn shared(self, other: Self) -> Option<Self> {
        self.meets(other).then(|| Self { first: self.first.max(other.first), last: self.last.min(other.last) })
    }

    /// The serials of both ends in a batch.
    pub fn serials(self, batch: i64) -> Option<(Serial, Serial)> {
        Some((Serial::new(batch, self.first)?, Serial::new(batch, self.last)?))
    }
}

/// Where some places of a batch are, by their last movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept<M> {
    /// Which.
    pub places: Places,
    /// Where.
    pub keeper: Keeper,
    /// That movement; none at the maker.
    pub by: Option<M>,
}

/// Where the cards of a batch are, in the order of their places: every place is in exactly one of them. `movements` are in
/// the order in which they were made, each with what the caller knows it by.
pub fn stock<M: Copy + PartialEq>(
    quantity: i64,
    movements: impl IntoIterator<Item = (Places, Keeper, M)>,
) -> Vec<Kept<M>> {
    let mut kept = BTreeMap::new();
    if let Some(all) = Places::new(1, quantity, quantity) {
        kept.insert(1, Kept { places: all, keeper: Keeper::Maker, by: None });
    }
    for (places, keeper, by) in movements {
        let Some(places) = Places::new(places.first, places.last.min(quantity), quantity) else { continue };
        // Whatever begins in it goes; what begins before it keeps its head, and the last of them its tail.
        let begins_before = kept.range(..places.first).next_back().map(|(first, one)| (*first, *one));
        let covered: Vec<i64> = kept.range(places.first..=places.last).map(|(first, _)| *first).collect();
        let mut tail = None;
        for one in covered.iter().filter_map(|first| kept.remove(first)) {
            tail = (one.places.last > places.last).then_some(one);
        }
        if let Some((first, before)) = begins_before.filter(|(_, before)| before.places.last >= places.first) {
            let head = Places { first, last: places.first.saturating_sub(1) };
            kept.insert(first, Kept { places: head, ..before });
            if before.places.last > places.last {
                tail = Some(before);
            }
        }
        kept.insert(places.first, Kept { places, keeper, by: Some(by) });
        if let Some(tail) = tail {
            let first = places.last.saturating_add(1);
            kept.insert(first, Kept { places: Places { first, last: tail.places.last }, ..tail });
        }
    }
    kept.into_values().collect()
}

/// The parts of a stock that lie in `places`.
pub fn within<M: Copy>(stock: &[Kept<M>], places: Places) -> Vec<Kept<M>> {
    stock.iter().filter_map(|one| Some(Kept { places: one.places.shared(places)?, ..*one })).collect()
}

/// What a count of cards shows that the ledger does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Cards that the counted keeper should have, but that were not counted.
    pub missing: Vec<Places>,
    /// Cards that were counted, but that somebody else should have.
    pub unexpected: Vec<(Places, Keeper)>,
    /// Cards that were counted more than once.
    pub twice: Vec<Places>,
}

/// Compares what was counted at a keeper with a stock.
pub fn count<M: Copy>(stock: &[Kept<M>], at: Keeper, counted: &[Places]) -> Difference {
    let mut sorted = counted.to_vec();
    sorted.sort_unstable();
    let (mut seen, mut twice): (Vec<Places>, Vec<Places>) = (Vec::new(), Vec::new());
    for one in sorted {
        match seen.last_mut() {
            Some(last) if one.first <= last.last => {
                twice.extend(one.shared(*last));
                last.last = last.last.max(one.last);
            }
            _ => seen.push(one),
        }
    }
    let mut difference = Difference { twice, ..Difference::default() };
    for one in stock {
        let found: Vec<Places> = seen.iter().filter_map(|seen| seen.shared(one.places)).collect();
        if one.keeper != at {
            difference.unexpected.extend(found.into_iter().map(|places| (places, one.keeper)));
            continue;
        }
        let mut next = one.places.first;
        for places in found {
            difference.missing.extend(Places::new(next, places.first.saturating_sub(1), i64::MAX));
            next = places.last.saturating_add(1);
        }
        difference.missing.extend(Places::new(next, one.places.last, i64::MAX));
    }
    difference
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEEPERS: [Keeper; 4] =
        [Keeper::Vault, Keeper::Outlet(OutletId(7)), Keeper::Customer(CustomerId(1_000_001)), Keeper::Spoiled];

    fn places(first: i64, last: i64) -> Places {
        Places { first, last }
    }

    /// Each place by itself.
    fn model(quantity: i64, movements: &[(Places, Keeper, usize)]) -> Vec<(Keeper, Option<usize>)> {
        (1..=quantity)
            .map(|place| {
                let last = movements.iter().rev().find(|(at, ..)| (at.first..=at.last).contains(&place));
                last.map_or((Keeper::Maker, None), |(_, keeper, by)| (*keeper, Some(*by)))
            })
            .collect()
    }

    proptest! {
        #[test]
        fn the_last_movement_of_a_place_says_where_its_card_is(
            moves in proptest::collection::vec((1_i64..=12, 0_i64..12, 0_usize..4), 0..12),
            counted in proptest::collection::vec((1_i64..=12, 0_i64..6), 0..5),
            at in 0_usize..4,
        ) {
            let quantity = 12;
            let moves: Vec<(Places, Keeper, usize)> = moves
                .into_iter()
                .enumerate()
                .map(|(id, (first, more, keeper))| (places(first, (first + more).min(quantity)), KEEPERS[keeper], id))
                .collect();
            let found = stock(quantity, moves.iter().copied());
            let model = model(quantity, &moves);
            let each: Vec<(i64, Keeper, Option<usize>)> = found
                .iter()
                .flat_map(|one| (one.places.first..=one.places.last).map(move |place| (place, one.keeper, one.by)))
                .collect();
            let expected: Vec<(i64, Keeper, Option<usize>)> =
                (1..).zip(model.clone()).map(|(place, (keeper, by))| (place, keeper, by)).collect();
            prop_assert_eq!(each, expected);

            let counted: Vec<Places> =
                counted.into_iter().map(|(first, more)| places(first, (first + more).min(quantity))).collect();
            let difference = count(&found, KEEPERS[at], &counted);
            for (place, (keeper, _)) in (1..).zip(model) {
                let times = counted.iter().filter(|one| (one.first..=one.last).contains(&place)).count();
                let has = |all: &[Places]| all.iter().any(|one| (one.first..=one.last).contains(&place));
                let should = keeper == KEEPERS[at];
                prop_assert_eq!(has(&difference.missing), should && times == 0, "{}", place);
                let elsewhere: Vec<Places> = difference.unexpected.iter().map(|(places, _)| *places).collect();
                prop_assert_eq!(has(&elsewhere), !should && times > 0, "{}", place);
                prop_assert_eq!(has(&difference.twice), times > 1, "{}", place);
            }
        }
    }

    #[test]
    fn a_keeper_is_read_as_it_is_written() {
        for keeper in KEEPERS {
            assert_eq!(Keeper::of_row(keeper.word(), keeper.outlet(), keeper.customer()), Some(keeper));
        }
        assert_eq!(Keeper::of_row("maker", None, None), None);
        assert_eq!(Keeper::of_row("outlet", None, None), None);
        assert_eq!(Keeper::of_row("vault", Some(OutletId(1)), None), None);
        assert_eq!(Places::new(1, 5, 4), None);
        assert_eq!(Places::new(0, 1, 4), None);
        assert_eq!(Places::new(3, 2, 4), None);
    }
}
