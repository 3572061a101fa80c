//! The lists about cards stand beside each other under one entry of the menu: customers, cards, batches, programmes, letters.

use domain::role::Action::{PrintPins, ProposeCardMove, ViewCards, ViewCustomers, ViewProgrammes};

use crate::Visit;
use crate::batches::BATCHES;
use crate::cards::CARDS;
use crate::customers::CUSTOMERS;
use crate::pins::PINS;
use crate::programmes::PROGRAMMES;

/// A list of these: address, name, whether it is the page itself.
pub(crate) type Tab = (&'static str, &'static str, bool);

/// The lists that the person may look at.
pub(crate) fn tabs(visit: &Visit, here: &str) -> Vec<Tab> {
    let text = visit.text();
    let all = [
        (CUSTOMERS, text.customers.title, visit.session.can(ViewCustomers)),
        (CARDS, text.cards.title, visit.session.can(ViewCards)),
        (BATCHES, text.batches.title, visit.session.can(ViewCards)),
        (PROGRAMMES, text.programmes.title, visit.session.can(ViewProgrammes)),
        (PINS, text.pins.title, visit.session.can(PrintPins) || visit.session.can(ProposeCardMove)),
    ];
    all.into_iter().filter(|(_, _, may)| *may).map(|(link, name, _)| (link, name, link == here)).collect()
}
