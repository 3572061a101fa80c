//! A file with outlets against the directory.
//!
//! What must stay true: an outlet is found by its number, or by its merchant and name; what a form would not take is a fault.

use std::collections::{HashMap, HashSet};

use domain::directory::{self, ADDRESS_MAX, Checked, NAME_MAX, Standing, TERMINALS_MAX, Wrong};
use domain::ids::{MerchantId, OutletId};
use spreadsheet::Row;
use storage::roll::{Field, Found, KnownMerchant, KnownOutlet, Line, OutletLine};

use super::{CheckedRoll, Faults, Sheet, phone, with_zeros};
use crate::cell::{Fault, Wrongly};
use crate::check::{one_line, whole};
use crate::words;

/// What a check asks of the directory.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// Merchant numbers and numbers of merchants.
    pub merchants: Vec<String>,
}

/// What the directory answers.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// By what the file calls them.
    pub merchants: HashMap<String, KnownMerchant>,
    /// Their outlets.
    pub outlets: HashMap<MerchantId, Vec<KnownOutlet>>,
}

/// Digits of a merchant number.
const MID: usize = 15;

/// The merchant of a row as it is asked for: as it is, and with the zeros that may be lost.
fn asked(typed: &str) -> impl Iterator<Item = String> {
    let plain = directory::plain(typed);
    let missing = MID.saturating_sub(plain.len());
    let lost = with_zeros(&plain, missing).filter(|number| number.len() == MID);
    std::iter::once(plain.clone()).chain(lost).filter(|number| !number.is_empty() && number.len() <= MID)
}

/// What a file names.
pub fn keys(sheet: &Sheet) -> Keys {
    let merchants: HashSet<String> =
        sheet.rows.iter().flat_map(|row| asked(sheet.text(row, Field::Merchant))).collect();
    Keys { merchants: merchants.into_iter().collect() }
}

/// Checks a file.
pub fn check(sheet: Sheet, directory: &Directory) -> CheckedRoll {
    let mut lines = Lines::default();
    sheet.check(|faults, row| one(faults, row, directory, &mut lines))
}

/// The line of each outlet that the file names, by number and by name.
#[derive(Default)]
struct Lines {
    ids: HashMap<OutletId, u32>,
    names: HashMap<(MerchantId, String), u32>,
}

fn one(faults: &mut Faults<'_>, row: &Row, directory: &Directory, lines: &mut Lines) -> Option<Found> {
    let merchant = merchant(faults, row, directory)?;
    let none = Vec::new();
    let own = directory.outlets.get(&merchant.id).unwrap_or(&none);
    let known = known(faults, row, own).ok()?;
    let before = known.map(|known| &known.line);
    let after = fields(faults, merchant, before);
    let other = match before.and_then(|before| before.id) {
        Some(id) => lines.ids.insert(id, row.line),
        None => lines.names.insert((merchant.id, after.name.clone()), row.line),
    };
    if let Some(other) = other {
        let field = if before.is_some() { Field::Outlet } else { Field::OutletName };
        faults.put(field, Fault::Taken, format!("line {other}"));
    }
    let changes = before != Some(&after);
    let closed = merchant.status == Standing::Closed;
    if changes && (closed || known.is_some_and(|known| known.status == Standing::Closed)) {
        faults.put(if closed { Field::Merchant } else { Field::OutletName }, Fault::State, "");
    }
    let subject = |known: &KnownOutlet| known.line.id.map(|id| (id.0, known.version, Line::Outlet(known.line.clone())));
    Some(Found { line: row.line, before: known.and_then(subject), after: Line::Outlet(after) })
}

fn merchant<'d>(faults: &mut Faults<'_>, row: &Row, directory: &'d Directory) -> Option<&'d KnownMerchant> {
    let cell = faults.sheet.cell(row, Field::Merchant)?;
    if let Err((fault, hint)) = whole(cell, true) {
        faults.put(Field::Merchant, fault, hint);
        return None;
    }
    let mut asked = asked(&cell.text);
    let Some(number) = asked.next() else {
        faults.put(Field::Merchant, if cell.text.is_empty() { Fault::Required } else { Fault::Unknown }, "");
        return None;
    };
    if let Some(found) = directory.merchants.get(&number) {
        return Some(found);
    }
    match asked.find(|number| directory.merchants.contains_key(number)) {
        Some(whole) => faults.put(Field::Merchant, Fault::Zeros, whole),
        None => faults.put(Field::Merchant, Fault::Unknown, ""),
    }
    None
}

/// The outlet that a row is about, if it is there; `Err` after a fault was noted.
fn known<'d>(faults: &mut Faults<'_>, row: &Row, own: &'d [KnownOutlet]) -> Result<Option<&'d KnownOutlet>, ()> {
    let cell = faults.sheet.cell(row, Field::Outlet).filter(|cell| !cell.text.is_empty());
    if let Some(cell) = cell {
        if let Err((fault, hint)) = whole(cell, true) {
            faults.put(Field::Outlet, fault, hint);
            return Err(());
        }
        let id = directory::plain(&cell.text).parse().ok().map(OutletId);
        let found = own.iter().find(|one| id.is_some() && one.line.id == id);
        if found.is_none() {
            faults.put(Field::Outlet, Fault::Unknown, "");
        }
        return found.map(Some).ok_or(());
    }
    let name = one_line(faults.sheet.text(row, Field::OutletName));
    let mut named = own.iter().filter(|one| one.status != Standing::Closed && one_line(&one.line.name) == name);
    let found = named.next();
    if named.next().is_some() {
        faults.put(Field::OutletName, Fault::Taken, "");
        return Err(());
    }
    Ok(found)
}

fn fields(faults: &mut Faults<'_>, merchant: &KnownMerchant, before: Option<&OutletLine>) -> OutletLine {
    let region = merchant.mid.get(3..7).unwrap_or_default();
    let text = |checked: Checked| checked.map_err(wrong);
    let name = faults.read(Field::OutletName, before.map(|one| one.name.as_str()), "", |typed| {
        text(directory::name(typed, NAME_MAX))
    });
    let address = faults.read(Field::Address, before.map(|one| one.address.as_str()), "", |typed| {
        text(directory::text(typed, ADDRESS_MAX))
    });
    let region = faults.read(Field::Region, before.map(|one| one.region.as_str()), region, |typed| {
        if typed.is_empty() { Ok(region.to_owned()) } else { text(directory::region(typed)) }
    });
    let phone = faults.read(Field::Phone, before.map(|one| one.phone.as_str()), "", |typed| {
        phone(typed, |typed| directory::phone(typed).ok())
    });
    let hours = faults.read(Field::Hours, before.map(|one| one.hours.as_str()), "", |typed| {
        let stored = words::hours(typed);
        // Many write the time alone.
        directory::hours(&stored).or_else(|_| directory::hours(&format!("Mo-Su {stored}"))).map_err(wrong)
    });
    let tills = before.map(|one| one.tills);
    let shown = tills.map(|tills| tills.to_string());
    let count = faults.read(Field::Tills, shown.as_deref(), "1", |typed| terminals(typed, tills));
    OutletLine {
        mid: merchant.mid.clone(),
        id: before.and_then(|one| one.id),
        name,
        address,
        region,
        phone,
        hours,
        tills: count.parse().unwrap_or_default(),
    }
}

fn wrong(wrong: Wrong) -> (Fault, String) {
    match wrong {
        Wrong::Empty => (Fault::Required, String::new()),
        Wrong::TooLong(max) => (Fault::Length, max.to_string()),
        Wrong::Form | Wrong::Check(_) | Wrong::Range => (Fault::Form, String::new()),
    }
}

/// How many terminals: of an outlet that has `there` of them, as many or more.
fn terminals(typed: &str, there: Option<usize>) -> Wrongly<String> {
    let (least, most) = (there.unwrap_or(1), there.unwrap_or_default().saturating_add(TERMINALS_MAX));
    let plain = directory::plain(typed);
    if plain.is_empty() {
        return Ok(least.to_string());
    }
    match plain.parse::<usize>() {
        Ok(count) if (least..=most).contains(&count) => Ok(count.to_string()),
        Ok(count) if count < least && there.is_some() => Err((Fault::Fewer, least.to_string())),
        _ => Err((Fault::Range, format!("{least}-{most}"))),
    }
}
