//! What a line of a roll says of an outlet or a person, as it is stored until it is written, and as a page shows what changes.
//!
//! What must stay true: a value has one text, the one that files of this program have in that column.

use domain::ids::{MerchantId, OutletId, TerminalId};
use domain::person::{Held, read_roles, roles_text};
use domain::place::Place;

domain::words! {
    /// A column of a roll.
    pub enum Field {
        /// The merchant's number, 15 digits.
        Merchant = "merchant",
        /// Number of an outlet.
        Outlet = "outlet",
        /// Name of an outlet.
        OutletName = "outlet_name",
        /// Its address.
        Address = "address",
        /// Its region.
        Region = "region",
        /// Phone of an outlet or a person.
        Phone = "phone",
        /// Opening hours.
        Hours = "hours",
        /// How many terminals that are not retired.
        Tills = "tills",
        /// Login name.
        Login = "login",
        /// Name of a person.
        Name = "name",
        /// Roles, in order.
        Roles = "roles",
        /// The terminal that a person works at.
        Terminal = "terminal",
        /// A person's number.
        Number = "number",
        /// The login name of the same human, or that it is another one.
        Same = "same",
    }
}

/// An outlet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutletLine {
    /// The merchant's number, 15 digits.
    pub mid: String,
    /// Its number; none for a new one.
    pub id: Option<OutletId>,
    /// Name.
    pub name: String,
    /// Address.
    pub address: String,
    /// Region, four digits.
    pub region: String,
    /// Phone.
    pub phone: String,
    /// Opening hours, as they are stored.
    pub hours: String,
    /// Terminals that are not retired.
    pub tills: usize,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonLine {
    /// Login name.
    pub login: String,
    /// Name.
    pub name: String,
    /// What the person holds.
    pub held: Vec<Held>,
    /// Where the person belongs.
    pub place: Place,
    /// The number of the merchant there, 15 digits; empty for the company.
    pub mid: String,
    /// The till that the person works at.
    pub terminal: Option<TerminalId>,
    /// Number; empty for a new one that gets its id.
    pub number: String,
    /// Phone, digits only.
    pub phone: String,
    /// Of a new person with the phone of another one: that one's login name for the same human, else `other`.
    pub same: String,
}

/// The word of [`PersonLine::same`] for another human.
pub const OTHER: &str = "other";

fn text<T: ToString>(one: Option<T>) -> String {
    one.map_or_else(String::new, |one| one.to_string())
}

impl OutletLine {
    /// Its fields in the order of the columns.
    pub fn fields(&self) -> Vec<(Field, String)> {
        vec![
            (Field::Merchant, self.mid.clone()),
            (Field::Outlet, text(self.id)),
            (Field::OutletName, self.name.clone()),
            (Field::Address, self.address.clone()),
            (Field::Region, self.region.clone()),
            (Field::Phone, self.phone.clone()),
            (Field::Hours, self.hours.clone()),
            (Field::Tills, self.tills.to_string()),
        ]
    }

    fn read(fields: &[&str]) -> Option<Self> {
        let [mid, id, name, address, region, phone, hours, tills] = *fields else { return None };
        Some(Self {
            mid: mid.to_owned(),
            id: number(id).ok()?.map(OutletId),
            name: name.to_owned(),
            address: address.to_owned(),
            region: region.to_owned(),
            phone: phone.to_owned(),
            hours: hours.to_owned(),
            tills: tills.parse().ok()?,
        })
    }
}

impl PersonLine {
    /// Its fields in the order of the columns.
    pub fn fields(&self) -> Vec<(Field, String)> {
        vec![
            (Field::Login, self.login.clone()),
            (Field::Name, self.name.clone()),
            (Field::Roles, roles_text(&self.held)),
            (Field::Merchant, self.mid.clone()),
            (Field::Outlet, text(self.place.outlet())),
            (Field::Terminal, text(self.terminal)),
            (Field::Number, self.number.clone()),
            (Field::Phone, self.phone.clone()),
            (Field::Same, self.same.clone()),
        ]
    }

    fn read(fields: &[&str], merchant: &str) -> Option<Self> {
        let [login, name, roles, mid, outlet, terminal, own_number, phone, same] = *fields else { return None };
        let place = match (number(merchant).ok()?.map(MerchantId), number(outlet).ok()?.map(OutletId)) {
            (None, None) => Place::Company,
            (Some(merchant), None) => Place::Merchant(merchant),
            (Some(merchant), Some(outlet)) => Place::Outlet(merchant, outlet),
            (None, Some(_)) => return None,
        };
        Some(Self {
            login: login.to_owned(),
            name: name.to_owned(),
            held: read_roles(roles)?,
            place,
            mid: mid.to_owned(),
            terminal: number(terminal).ok()?.map(TerminalId),
            number: own_number.to_owned(),
            phone: phone.to_owned(),
            same: same.to_owned(),
        })
    }
}

/// A number where one is written; `Err` for another text.
fn number(text: &str) -> Result<Option<i64>, std::num::ParseIntError> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// An outlet.
    Outlet(OutletLine),
    /// A person.
    Person(PersonLine),
}

impl Line {
    /// Its fields in the order of the columns.
    pub fn fields(&self) -> Vec<(Field, String)> {
        match self {
            Self::Outlet(one) => one.fields(),
            Self::Person(one) => one.fields(),
        }
    }

    /// The login name of a person; empty for an outlet.
    pub fn login(&self) -> &str {
        match self {
            Self::Outlet(_) => "",
            Self::Person(one) => &one.login,
        }
    }

    /// The text that is stored: what it is, then a line for each field.
    pub(super) fn text(&self) -> String {
        let head = match self {
            Self::Outlet(_) => "outlet".to_owned(),
            Self::Person(one) => format!("person {}", text(one.place.merchant())),
        };
        let plain = |text: String| text.replace(char::is_control, " ");
        self.fields().into_iter().fold(head, |all, (_, value)| all + "\n" + &plain(value))
    }

    /// What [`Line::text`] wrote.
    pub(super) fn read(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split('\n').collect();
        let (head, fields) = fields.split_first()?;
        match head.split_once(' ') {
            None if *head == "outlet" => OutletLine::read(fields).map(Self::Outlet),
            Some(("person", merchant)) => PersonLine::read(fields, merchant).map(Self::Person),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::role::Role;

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let outlet = OutletLine {
            mid: "898320159120001".to_owned(),
            id: Some(OutletId(2_501_001)),
            name: "Shop".to_owned(),
            hours: "Mo-Su 08:00-21:00".to_owned(),
            tills: 3,
            ..OutletLine::default()
        };
        let person = |place| PersonLine {
            login: "wang".to_owned(),
            name: "Wang".to_owned(),
            held: vec![Held::always(Role::Cashier), Held::always(Role::StoreManager)],
            place,
            mid: String::new(),
            terminal: None,
            number: "7".to_owned(),
            phone: "13800006021".to_owned(),
            same: OTHER.to_owned(),
        };
        let merchant = MerchantId(250_100);
        for line in [
            Line::Outlet(outlet),
            Line::Outlet(OutletLine::default()),
            Line::Person(person(Place::Company)),
            Line::Person(person(Place::Merchant(merchant))),
            Line::Person(person(Place::Outlet(merchant, OutletId(2_501_001)))),
        ] {
            assert_eq!(Line::read(&line.text()), Some(line));
        }
        for text in ["", "outlet", "person \n", "outlet\n\nx\n\n\n\n\n\n1"] {
            assert_eq!(Line::read(text), None, "{text:?}");
        }
    }
}
