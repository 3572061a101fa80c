//! The form about a person: what it shows, and what it says.

use std::collections::BTreeMap;

use domain::directory;
use domain::ids::{MerchantId, TerminalId};
use domain::person::{self, Giving, Held, NAME_MAX, RolesWrong, giving, granting};
use domain::place::Place;
use domain::role::Role;
use domain::time::BusinessDate;
use storage::people::list::WorkPlace;

use super::{keeper, role_can, role_words};
use crate::session::Session;
use crate::text::{Text, fill};

/// What a form sends: a value per name.
pub(super) type Fields = BTreeMap<String, String>;

/// The value of a field, without white space around it.
pub(super) fn value<'f>(fields: &'f Fields, name: &str) -> &'f str {
    fields.get(name).map_or("", |value| value.trim())
}

domain::words! {
    /// The kind of place that a form is about.
    pub(super) enum At {
        /// One store.
        Outlet = "outlet",
        /// A merchant with all its stores.
        Merchant = "merchant",
        /// The card company.
        Company = "company",
    }
}

impl At {
    pub(super) fn of(place: Place) -> Self {
        match place {
            Place::Outlet(..) => Self::Outlet,
            Place::Merchant(_) => Self::Merchant,
            Place::Company => Self::Company,
        }
    }

    pub(super) fn name(self, text: &'static Text) -> &'static str {
        match self {
            Self::Outlet => text.people.place_outlet,
            Self::Merchant => text.people.place_merchant,
            Self::Company => text.people.place_company,
        }
    }
}

/// A choice of a list of places: its value and its name.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) place: Place,
    pub(super) terminal: Option<TerminalId>,
}

/// The places that a person can work at, under the name of the merchant.
pub(super) fn choices(at: At, places: &[WorkPlace], text: &Text) -> Vec<(String, Vec<Choice>)> {
    let words = &text.people;
    let mut groups: Vec<(String, Vec<Choice>)> = Vec::new();
    for one in places {
        let Some(merchant) = one.place.merchant() else { continue };
        let new = match at {
            At::Company => continue,
            At::Merchant => vec![Choice {
                value: merchant.to_string(),
                label: one.merchant.clone(),
                place: Place::Merchant(merchant),
                terminal: None,
            }],
            At::Outlet => outlet_choices(one, text),
        };
        match groups.last_mut().filter(|(_, own)| own.last().and_then(|last| last.place.merchant()) == Some(merchant)) {
            Some((_, own)) => {
                let fresh = new.into_iter().filter(|new| own.iter().all(|old| old.value != new.value));
                let fresh: Vec<Choice> = fresh.collect();
                own.extend(fresh);
            }
            None => groups
                .push((if at == At::Merchant { words.place_merchant.to_owned() } else { one.merchant.clone() }, new)),
        }
    }
    groups
}

fn outlet_choices(one: &WorkPlace, text: &Text) -> Vec<Choice> {
    let (words, outlet) = (&text.people, one.place.outlet().map_or_else(String::new, |id| id.to_string()));
    let mut all = vec![Choice {
        value: format!("{outlet}."),
        label: fill(words.no_till, &[&one.outlet]),
        place: one.place,
        terminal: None,
    }];
    all.extend(one.terminal.map(|terminal| Choice {
        value: format!("{outlet}.{terminal}"),
        label: fill(words.at_till, &[&one.outlet, &terminal.to_string()]),
        place: one.place,
        terminal: Some(terminal),
    }));
    all
}

/// A role to tick.
pub(super) struct Tick {
    pub(super) word: &'static str,
    pub(super) name: &'static str,
    pub(super) can: &'static str,
    pub(super) cannot: &'static str,
    /// The last day, if it has one.
    pub(super) until: String,
    pub(super) on: bool,
}

/// What is wrong with a form, by field.
#[derive(Default)]
pub(super) struct Wrong {
    pub(super) name: Option<&'static str>,
    pub(super) number: Option<&'static str>,
    pub(super) phone: Option<&'static str>,
    pub(super) login: Option<String>,
    pub(super) ends: Option<&'static str>,
    pub(super) place: Option<&'static str>,
    pub(super) roles: Option<&'static str>,
    pub(super) same: Option<&'static str>,
}

impl Wrong {
    pub(super) fn is_empty(&self) -> bool {
        let own = [self.name, self.number, self.phone, self.ends, self.place, self.roles, self.same];
        own.iter().all(Option::is_none) && self.login.is_none()
    }
}

/// The form as a page shows it.
pub(super) struct Form {
    pub(super) typed: Fields,
    pub(super) wrong: Wrong,
    pub(super) groups: Vec<(String, Vec<Choice>)>,
    pub(super) ticks: Vec<Tick>,
    pub(super) languages: [(&'static str, &'static str); 3],
}

impl Form {
    pub(super) fn new(
        session: &Session,
        at: At,
        places: &[WorkPlace],
        (typed, wrong, held): (Fields, Wrong, &[Held]),
        text: &'static Text,
    ) -> Self {
        let groups = choices(at, places, text);
        let place = match at {
            At::Company => Some(Place::Company),
            _ => groups.first().and_then(|(_, all)| all.first()).map(|choice| choice.place),
        };
        let open = Role::ALL
            .into_iter()
            .filter(|role| place.is_some_and(|place| giving(keeper(session), place, *role) != Giving::No));
        let ticks = open.map(|role| {
            let (can, cannot) = role_can(role, text);
            let own = held.iter().find(|held| held.role == role);
            Tick {
                word: role.word(),
                name: role_words(role, text),
                can,
                cannot,
                until: own.and_then(|held| held.ends_on).map_or_else(String::new, |day| day.to_string()),
                on: typed.contains_key(&format!("role_{role}")),
            }
        });
        let languages = [("", text.people.language_own), ("zh", "\u{4e2d}\u{6587}"), ("en", "English")];
        Self { ticks: ticks.collect(), typed, wrong, groups, languages }
    }

    pub(super) fn typed(&self, name: &str) -> &str {
        value(&self.typed, name)
    }
}

/// What a sound form says.
pub(super) struct Said {
    pub(super) name: String,
    pub(super) number: String,
    pub(super) phone: Option<String>,
    pub(super) language: Option<String>,
    pub(super) place: Place,
    pub(super) terminal: Option<TerminalId>,
    pub(super) roles: Vec<Role>,
    pub(super) ends_on: Option<BusinessDate>,
}

/// Reads a form about somebody at a place of the kind `at`. `None` where something is wrong, which `wrong` has.
pub(super) fn read(
    session: &Session,
    at: At,
    places: &[WorkPlace],
    fields: &Fields,
    wrong: &mut Wrong,
    text: &'static Text,
) -> Option<Said> {
    let words = &text.people;
    let name = directory::name(value(fields, "name"), NAME_MAX).unwrap_or_default();
    if name.is_empty() {
        wrong.name = Some(words.name_wrong);
    }
    let number = person::number(value(fields, "number"));
    if number.is_none() {
        wrong.number = Some(words.number_wrong);
    }
    let phone = match value(fields, "phone") {
        "" => None,
        typed => {
            let phone = person::phone(typed);
            wrong.phone = phone.is_none().then_some(words.phone_wrong);
            phone
        }
    };
    let ends_on = match value(fields, "ends") {
        "" => None,
        typed => {
            let day = BusinessDate::parse(typed).filter(|day| *day >= session.now.business_date());
            wrong.ends = day.is_none().then_some(words.ends_wrong);
            day
        }
    };
    let chosen = match at {
        At::Company => Some((Place::Company, None)),
        _ => choices(at, places, text)
            .into_iter()
            .flat_map(|(_, all)| all)
            .find(|choice| choice.value == value(fields, "place"))
            .map(|choice| (choice.place, choice.terminal)),
    };
    if chosen.is_none() {
        wrong.place = Some(words.place_wrong);
    }
    let roles: Vec<Role> = Role::ALL.into_iter().filter(|role| fields.contains_key(&format!("role_{role}"))).collect();
    if let Some((place, _)) = chosen {
        wrong.roles = roles_wrong(session, place, &roles, text);
    }
    let language = Some(value(fields, "language")).filter(|word| ["zh", "en"].contains(word)).map(str::to_owned);
    let (place, terminal) = chosen.filter(|_| wrong.is_empty())?;
    Some(Said { name, number: number.unwrap_or_default(), phone, language, place, terminal, roles, ends_on })
}

fn roles_wrong(session: &Session, place: Place, roles: &[Role], text: &'static Text) -> Option<&'static str> {
    let words = &text.people;
    let wanted: Vec<Held> = roles.iter().copied().map(Held::always).collect();
    match granting(keeper(session), place, &[], &wanted) {
        Err(RolesWrong::None) => Some(words.roles_none),
        Err(RolesWrong::Place(_)) | Ok(Giving::No) => Some(words.roles_wrong),
        Err(RolesWrong::Auditor) => Some(words.roles_auditor),
        Ok(Giving::Alone | Giving::Proposed) => None,
    }
}

/// The value of a list of places that is somebody's.
pub(super) fn place_value(place: Place, terminal: Option<TerminalId>) -> String {
    match (place, terminal) {
        (Place::Company, _) => String::new(),
        (Place::Merchant(merchant), _) => MerchantId::to_string(&merchant),
        (Place::Outlet(_, outlet), None) => format!("{outlet}."),
        (Place::Outlet(_, outlet), Some(terminal)) => format!("{outlet}.{terminal}"),
    }
}
