//! A file with people against those who are there.
//!
//! What must stay true:
//! - A person is found by the login name. One that was ever given is never given to somebody else.
//! - The sender of a file does by it only what they could do by the form, as `domain::person` says.
//! - A phone that somebody has is asked about: the file answers in the column for the same human.

use std::collections::{HashMap, HashSet};

use domain::directory;
use domain::ids::{MerchantId, OutletId, PersonId, TerminalId};
use domain::person::{self, Giving, Held, NAME_MAX, PersonStatus, RolesWrong, Who, granting, login_fits, masked_phone};
use domain::place::Place;
use domain::role::Role;
use domain::scan::normal_form;
use domain::time::BusinessDate;
use spreadsheet::Row;
use storage::people::normal_login;
use storage::roll::{Field, Found, KnownMerchant, KnownPerson, Line, Namesake, OTHER, PersonLine};

use super::{CheckedRoll, Faults, Sheet, phone, with_zeros};
use crate::cell::{self, Fault, Wrongly};
use crate::check::{one_line, whole};
use crate::words;

/// What a check asks.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// Login names.
    pub logins: Vec<String>,
    /// Merchant numbers and numbers of merchants.
    pub merchants: Vec<String>,
    /// Numbers of outlets.
    pub outlets: Vec<i64>,
    /// Numbers of terminals.
    pub terminals: Vec<i64>,
    /// Phones.
    pub phones: Vec<String>,
}

/// What it is told.
#[derive(Clone, Debug)]
pub struct Staff {
    /// The sender of the file, their place, and their roles that count today.
    pub keeper: (PersonId, Place, Vec<Role>),
    /// Today.
    pub today: BusinessDate,
    /// By login name.
    pub people: HashMap<String, KnownPerson>,
    /// By what the file calls them.
    pub merchants: HashMap<String, KnownMerchant>,
    /// The merchants of outlets.
    pub outlets: HashMap<i64, (MerchantId, String)>,
    /// The outlets of terminals.
    pub terminals: HashMap<i64, OutletId>,
    /// The people of each phone.
    pub phones: HashMap<String, Vec<Namesake>>,
}

/// Zeros that are looked for in front of a login name of digits.
const ZEROS: usize = 8;

/// A login name as it is compared: as an input method of this country writes it, too.
fn login_of(typed: &str) -> String {
    normal_login(&normal_form(typed))
}

/// The login names that a cell may mean: as it is, and in half width.
fn logins_of(typed: &str) -> [String; 2] {
    [normal_login(&one_line(typed)), login_of(typed)]
}

/// What a file names.
pub fn keys(sheet: &Sheet) -> Keys {
    let all = |field: Field, read: &dyn Fn(&str) -> Vec<String>| -> Vec<String> {
        let found: HashSet<String> = sheet.rows.iter().flat_map(|row| read(sheet.text(row, field))).collect();
        found.into_iter().filter(|one| !one.is_empty()).collect()
    };
    let numbers =
        |field| all(field, &|text| vec![directory::plain(text)]).iter().filter_map(|one| one.parse().ok()).collect();
    Keys {
        logins: all(Field::Login, &|text| {
            let logins = logins_of(text);
            with_zeros(&logins[1], ZEROS).chain(logins).collect()
        }),
        merchants: all(Field::Merchant, &|text| vec![directory::plain(text)]),
        outlets: numbers(Field::Outlet),
        terminals: numbers(Field::Terminal),
        phones: all(Field::Phone, &|text| person::phone(text).into_iter().collect()),
    }
}

/// Checks a file.
pub fn check(sheet: Sheet, staff: &Staff) -> CheckedRoll {
    let mut seen = Seen::default();
    sheet.check(|faults, row| one(faults, row, staff, &mut seen))
}

/// What earlier lines say.
#[derive(Default)]
struct Seen {
    lines: HashMap<String, u32>,
    phones: HashMap<String, Vec<Namesake>>,
}

fn one(faults: &mut Faults<'_>, row: &Row, staff: &Staff, seen: &mut Seen) -> Option<Found> {
    let login = login(faults, row, staff)?;
    if let Some(other) = seen.lines.insert(login.clone(), row.line) {
        faults.put(Field::Login, Fault::Taken, format!("line {other}"));
        return None;
    }
    let known = staff.people.get(&login);
    if known.is_some_and(|known| known.status == PersonStatus::Key) {
        faults.put(Field::Login, Fault::Taken, login);
        return None;
    }
    let before = known.map(|known| &known.line);
    let after = fields(faults, row, staff, login, before);
    if faults.found.is_empty() && before != Some(&after) {
        rules(faults, staff, known, &after);
    }
    let after = if known.is_none() { asked(faults, row, staff, seen, after) } else { after };
    let before = known.map(|known| (known.id.0, known.version, Line::Person(known.line.clone())));
    Some(Found { line: row.line, before, after: Line::Person(after) })
}

fn login(faults: &mut Faults<'_>, row: &Row, staff: &Staff) -> Option<String> {
    let cell = faults.sheet.cell(row, Field::Login)?;
    if let Err((fault, hint)) = whole(cell, false) {
        faults.put(Field::Login, fault, hint);
        return None;
    }
    let logins = logins_of(&cell.text);
    if let Some(known) = logins.iter().find(|login| staff.people.contains_key(*login)) {
        return Some(known.clone());
    }
    let [_, login] = logins;
    if login.is_empty() {
        faults.put(Field::Login, Fault::Required, "");
        return None;
    }
    if let Some(whole) = with_zeros(&login, ZEROS).find(|whole| staff.people.contains_key(whole)) {
        faults.put(Field::Login, Fault::Zeros, whole);
        return None;
    }
    if !login_fits(&login) {
        faults.put(Field::Login, Fault::Form, "");
        return None;
    }
    Some(login)
}

fn fields(faults: &mut Faults<'_>, row: &Row, staff: &Staff, login: String, before: Option<&PersonLine>) -> PersonLine {
    let name =
        faults.read(Field::Name, before.map(|one| one.name.as_str()), "", |typed| cell::text(typed, NAME_MAX, true));
    let held = roles(faults, row, staff, before);
    let (place, mid) = place(faults, row, staff, before);
    let terminal = terminal(faults, row, staff, place, before);
    let number = faults.read(Field::Number, before.map(|one| one.number.as_str()), "", |typed| number(typed, before));
    let stored = before.map(|one| one.phone.as_str());
    let phone = faults.read(Field::Phone, stored, "", |typed| match stored {
        // As files show it.
        Some(stored) if !stored.is_empty() && masked_phone(stored) == typed => Ok(stored.to_owned()),
        _ => phone(typed, person::phone),
    });
    PersonLine { login, name, held, place, mid, terminal, number, phone, same: String::new() }
}

/// A person's number; an empty one stays as it is.
fn number(typed: &str, before: Option<&PersonLine>) -> Wrongly<String> {
    let number = person::number(typed).ok_or((Fault::Form, String::new()))?;
    let stored = before.map_or("", |one| one.number.as_str());
    match () {
        () if number.is_empty() => Ok(stored.to_owned()),
        () if stored.len() > number.len() && with_zeros(&number, stored.len()).any(|whole| whole == stored) => {
            Err((Fault::Zeros, stored.to_owned()))
        }
        () => Ok(number),
    }
}

/// What the person is to hold: roles with commas between, each perhaps with its last day in brackets.
fn roles(faults: &mut Faults<'_>, row: &Row, staff: &Staff, before: Option<&PersonLine>) -> Vec<Held> {
    let typed = faults.sheet.text(row, Field::Roles);
    let stored = before.map_or(&[][..], |one| &one.held);
    let Some(held) = read_roles(typed) else {
        faults.put(Field::Roles, Fault::Word, "");
        return Vec::new();
    };
    let new = held.iter().filter(|one| !stored.contains(one));
    let past = new.clone().any(|one| one.ends_on.is_some_and(|day| day < staff.today));
    // A form gives one last day for all.
    let days: HashSet<Option<BusinessDate>> = held.iter().map(|one| one.ends_on).collect();
    if past || before.is_none() && days.len() > 1 {
        faults.put(Field::Roles, Fault::Form, "");
    }
    held
}

/// Roles in order, each once.
fn read_roles(typed: &str) -> Option<Vec<Held>> {
    let plain = normal_form(typed).to_lowercase();
    let mut held = Vec::new();
    let (mut depth, mut part) = (0_u8, String::new());
    let mut parts = Vec::new();
    for c in plain.chars() {
        match c {
            '(' => depth = depth.saturating_add(1),
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && matches!(c, ',' | '\u{3001}' | ';' | '/' | '+') {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(c);
        }
    }
    parts.push(part);
    for part in parts {
        let (word, more) = part.split_once('(').map_or((part.as_str(), None), |(word, more)| (word, Some(more)));
        let ends_on = match more {
            None => None,
            Some(more) => {
                let day: String = more.chars().filter(|c| c.is_ascii_digit() || *c == '-').collect();
                Some(BusinessDate::parse(&day)?)
            }
        };
        let bare: String = word.chars().filter(|c| !c.is_whitespace()).collect();
        if bare.is_empty() {
            continue;
        }
        held.push(Held { role: words::role(&bare)?, ends_on });
    }
    held.sort_unstable();
    let once = held.iter().zip(held.iter().skip(1)).all(|(one, next)| one.role != next.role);
    once.then_some(held)
}

/// Where the person is to belong: at an outlet, at a merchant, or at the card company where the file names neither.
fn place(faults: &mut Faults<'_>, row: &Row, staff: &Staff, before: Option<&PersonLine>) -> (Place, String) {
    let cells = [Field::Merchant, Field::Outlet].map(|field| faults.sheet.cell(row, field));
    let stored = before.map(|one| (one.place, one.mid.clone()));
    if let ([None, None], Some(stored)) = (cells, stored.clone()) {
        return stored;
    }
    let company = (Place::Company, String::new());
    for (field, cell) in [Field::Merchant, Field::Outlet].into_iter().zip(cells) {
        if let Some(Err((fault, hint))) = cell.map(|cell| whole(cell, true)) {
            faults.put(field, fault, hint);
            return company;
        }
    }
    let [merchant, outlet] = cells.map(|cell| cell.map_or(String::new(), |cell| directory::plain(&cell.text)));
    let named = staff.merchants.get(&merchant);
    if !merchant.is_empty() && named.is_none() {
        faults.put(Field::Merchant, Fault::Unknown, "");
        return company;
    }
    if outlet.is_empty() {
        // A file without the column says nothing about the outlet.
        if let (None, Some((Place::Outlet(own, _), _))) = (cells[1], &stored)
            && named.is_none_or(|named| named.id == *own)
        {
            return stored.unwrap_or(company);
        }
        return named.map_or(company, |named| (Place::Merchant(named.id), named.mid.clone()));
    }
    let found =
        outlet.parse::<i64>().ok().and_then(|id| staff.outlets.get(&id).map(|(merchant, mid)| (id, merchant, mid)));
    match found {
        Some((id, own, mid)) if named.is_none_or(|named| named.id == *own) => {
            (Place::Outlet(*own, OutletId(id)), mid.clone())
        }
        _ => {
            faults.put(Field::Outlet, Fault::Unknown, "");
            company
        }
    }
}

/// The till that the person works at, of the outlet. A person who moves to another outlet leaves the till.
fn terminal(
    faults: &mut Faults<'_>,
    row: &Row,
    staff: &Staff,
    place: Place,
    before: Option<&PersonLine>,
) -> Option<TerminalId> {
    let kept = before.filter(|one| one.place == place).and_then(|one| one.terminal);
    let Some(cell) = faults.sheet.cell(row, Field::Terminal) else { return kept };
    if let Err((fault, hint)) = whole(cell, true) {
        faults.put(Field::Terminal, fault, hint);
        return None;
    }
    let plain = directory::plain(&cell.text);
    if plain.is_empty() || kept.is_some_and(|kept| kept.to_string() == plain) {
        return kept.filter(|_| !plain.is_empty());
    }
    let id = plain.parse::<i64>().ok();
    let found = id.filter(|id| staff.terminals.get(id).is_some_and(|outlet| place.outlet() == Some(*outlet)));
    if found.is_none() {
        faults.put(Field::Terminal, Fault::Unknown, "");
    }
    found.map(TerminalId)
}

/// What the form would refuse.
fn rules(faults: &mut Faults<'_>, staff: &Staff, known: Option<&KnownPerson>, after: &PersonLine) {
    let (own, place, roles) = &staff.keeper;
    let keeper = Who { place: *place, roles };
    if let Some(known) = known {
        let before = &known.line;
        let held: Vec<Role> = before.held.iter().map(|one| one.role).collect();
        if known.status == PersonStatus::Left {
            return faults.put(Field::Login, Fault::State, "");
        }
        if known.id == *own || !person::keeps(keeper, Who { place: before.place, roles: &held }) {
            return faults.put(Field::Login, Fault::Right, "");
        }
        if before.place.word() != after.place.word() {
            return faults.put(Field::Outlet, Fault::Form, "");
        }
    }
    let held = known.map_or(&[][..], |known| &known.line.held);
    match granting(keeper, after.place, held, &after.held) {
        Ok(Giving::Alone | Giving::Proposed) => {}
        Ok(Giving::No) => faults.put(Field::Roles, Fault::Right, ""),
        Err(RolesWrong::None) => faults.put(Field::Roles, Fault::Required, ""),
        Err(RolesWrong::Place(_)) => faults.put(Field::Roles, Fault::Form, "place"),
        Err(RolesWrong::Auditor) => faults.put(Field::Roles, Fault::Form, "auditor"),
    }
}

/// Reads whether a new person with the phone of another one is the same human.
fn asked(faults: &mut Faults<'_>, row: &Row, staff: &Staff, seen: &mut Seen, after: PersonLine) -> PersonLine {
    if after.phone.is_empty() {
        if !faults.sheet.text(row, Field::Same).is_empty() {
            faults.put(Field::Same, Fault::Unknown, "");
        }
        return after;
    }
    let earlier = seen.phones.entry(after.phone.clone()).or_default();
    let stored = staff.phones.get(&after.phone).map_or(&[][..], Vec::as_slice);
    let others: Vec<Namesake> = stored.iter().chain(earlier.iter()).cloned().collect();
    earlier.push(Namesake { login: after.login.clone(), name: after.name.clone() });
    let typed = one_line(faults.sheet.text(row, Field::Same));
    let same = match (typed.as_str(), others.first()) {
        ("", None) => String::new(),
        ("", Some(other)) => {
            faults.put(Field::Phone, Fault::Same, format!("{} {}", other.login, other.name));
            String::new()
        }
        (typed, _) if typed == OTHER || cell::yes(typed) == Ok(Some(false)) => OTHER.to_owned(),
        (typed, _) => {
            let login = login_of(typed);
            if !others.iter().any(|other| other.login == login) {
                faults.put(Field::Same, Fault::Unknown, "");
            }
            login
        }
    };
    PersonLine { same, ..after }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_as_people_and_files_write_them() {
        let held = |roles: &[Role]| Some(roles.iter().copied().map(Held::always).collect::<Vec<_>>());
        let deputy = |day| Some(vec![Held { role: Role::Checker, ends_on: Some(BusinessDate(day)) }]);
        for (typed, expected) in [
            ("cashier", held(&[Role::Cashier])),
            (" Store Manager ,Cashier", held(&[Role::Cashier, Role::StoreManager])),
            ("operator;checker/agent", held(&[Role::Agent, Role::Operator, Role::Checker])),
            ("Checker (deputy until 2026-12-15)", deputy(20_261_215)),
            ("checker（2026-12-15）", deputy(20_261_215)),
            ("checker (soon)", None),
            ("cashier, cashier", None),
            ("boss", None),
            ("", Some(Vec::new())),
        ] {
            assert_eq!(read_roles(typed), expected, "{typed}");
        }
    }
}
