//! A file with goods against the catalogue as it is: what it changes, row by row, and what is wrong with it.
//!
//! What must stay true:
//! - What a file says as the catalogue has it is never wrong and changes nothing, however it came to be stored: a file that
//!   was written here comes back without a difference.
//! - A column that a file does not have changes nothing. A new product that lacks one gets what a careful person would
//!   choose: no card pays for it.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use domain::money::Fen;
use domain::product::{OTHER_CODE, Prices};
use domain::scan::Gtin;
use spreadsheet::{Cell, Damage, Head, Limits, Row, Unreadable, looks_like_date};
use storage::catalogue::{Item, Sheet};
use storage::edition::{Move, Staged};
use storage::import::{Absent, Findings, ImportKind, Note};
use storage::product_list::Own;

use crate::cell::{self, Fault, Wrongly};
use crate::column::{self, Column};

/// The goods of a list by code.
pub type Goods = HashMap<String, Sheet>;

/// What came of a file that could be read.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// How it was written, and how many rows.
    pub findings: Findings,
    /// What is wrong, and what was left out of account, by line.
    pub notes: Vec<Note>,
    /// What it changes, in the order of its lines; then what it stops.
    pub rows: Vec<Staged>,
}

/// Why nothing of a file can be used: a word, and what goes with it.
pub type Problem = String;

/// Most of the goods on sale that a file may stop by not naming them, percent.
const STOPPED_MAX: usize = 20;

/// Checks a file: what to do with goods that it does not name, and whether it may let cards pay for more than they do.
pub fn check(
    kind: ImportKind,
    (absent, decides): (Absent, bool),
    bytes: &[u8],
    goods: Goods,
) -> Result<Checked, Problem> {
    let mut read =
        Read { kind, decides, zeros: zeros(&goods), goods, lines: HashMap::new(), checked: Checked::default() };
    // A list that grows is in memory twice while it does.
    let lines = bytes.split(|byte| *byte == b'\n').count();
    read.checked.rows.reserve(lines.min(Limits::default().rows as usize));
    let mut columns: Option<Result<Places, Problem>> = None;
    let head = spreadsheet::read(bytes, &Limits::default(), column::is_heading, |head, row| {
        match columns.get_or_insert_with(|| places(kind, head)) {
            Ok(columns) => {
                read.row(&columns.known, &row);
                ControlFlow::Continue(())
            }
            Err(_) => ControlFlow::Break(()),
        }
    });
    let head = head.map_err(|unreadable| problem(&unreadable))?;
    let columns = columns.unwrap_or_else(|| places(kind, &head.cells))?;
    read.finish(&head, columns.unknown, absent)
}

/// A file that cannot be read, as a word with what the page names.
pub(crate) fn problem(unreadable: &Unreadable) -> Problem {
    match unreadable {
        Unreadable::Empty => "empty".to_owned(),
        Unreadable::TooLarge => "too_large".to_owned(),
        Unreadable::NoHead { seen } => {
            let seen: String = seen.join("\u{3001}").chars().take(120).collect();
            format!("no_head {seen}")
        }
        Unreadable::TooManyRows => "too_many_rows".to_owned(),
        Unreadable::TooManyColumns => "too_many_columns".to_owned(),
        Unreadable::CellTooLong { line, .. } => format!("cell_too_long {line}"),
        Unreadable::NotText { line } => format!("not_text {line}"),
        Unreadable::Encrypted => "encrypted".to_owned(),
        Unreadable::OldExcel => "old_excel".to_owned(),
        Unreadable::Markup => "markup".to_owned(),
        _ => "broken".to_owned(),
    }
}

/// Where which column is, and the headings that none has.
struct Places {
    known: HashMap<Column, usize>,
    unknown: Vec<String>,
}

/// Where which column is. One that is needed and missing, or there twice, ends it.
fn places(kind: ImportKind, head: &[String]) -> Result<Places, Problem> {
    let (mut known, mut unknown) = (HashMap::new(), Vec::new());
    for (place, heading) in head.iter().enumerate() {
        match Column::of(heading).filter(|column| column::columns(kind).contains(column)) {
            Some(column) => {
                if known.insert(column, place).is_some() {
                    return Err(format!("column_twice {}", column.word()));
                }
            }
            None if heading.is_empty() => {}
            None => unknown.push(heading.chars().take(40).collect()),
        }
    }
    let missing: Vec<&str> = column::required(kind)
        .iter()
        .filter(|column| !known.contains_key(column))
        .map(|column| column.word())
        .collect();
    if missing.is_empty() { Ok(Places { known, unknown }) } else { Err(format!("missing {}", missing.join(" "))) }
}

/// Codes that begin with zeros, by what is left of them when a spreadsheet program takes these off.
fn zeros(goods: &Goods) -> HashMap<String, String> {
    let begun = goods.keys().filter(|code| code.starts_with('0') && code.bytes().all(|byte| byte.is_ascii_digit()));
    begun.map(|code| (code.trim_start_matches('0').to_owned(), code.clone())).collect()
}

struct Read {
    kind: ImportKind,
    /// Whether it may let cards pay for more than they do.
    decides: bool,
    goods: Goods,
    zeros: HashMap<String, String>,
    /// The line of each code.
    lines: HashMap<String, u32>,
    checked: Checked,
}

impl Read {
    /// What is seen once all rows were: barcodes that two products would have, and what is to be stopped.
    fn finish(mut self, head: &Head, unknown: Vec<String>, absent: Absent) -> Result<Checked, Problem> {
        self.barcodes();
        if absent == Absent::Stop {
            self.stop()?;
        }
        let Checked { findings, mut notes, rows } = self.checked;
        let wrong = i64::try_from(notes.len()).unwrap_or(i64::MAX);
        notes.extend(unknown.into_iter().map(|field| Note {
            line: i64::from(head.line),
            field,
            value: String::new(),
            fault: Fault::Heading.word().to_owned(),
            hint: String::new(),
        }));
        notes.sort_by_key(|note| note.line);
        Ok(Checked { findings: Findings { coding: head.coding.name().to_owned(), wrong, ..findings }, notes, rows })
    }

    fn row(&mut self, places: &HashMap<Column, usize>, row: &Row) {
        self.checked.findings.lines += 1;
        let empty = Cell::default();
        let cell = |column: Column| places.get(&column).map(|place| row.cells.get(*place).unwrap_or(&empty));
        let Some(code_cell) = cell(Column::Code) else { return };
        let code = match self.code(code_cell, row.line) {
            Ok(code) => code,
            Err((fault, hint)) => return self.note(row.line, Column::Code, &code_cell.text, fault, hint),
        };
        let stored = self.goods.get(&code).cloned();
        if stored.is_none() && self.kind == ImportKind::Prices {
            return self.note(row.line, Column::Code, &code_cell.text, Fault::Unknown, String::new());
        }
        let mut one = OneRow {
            before: stored.as_ref().map(|sheet| &sheet.item),
            above: stored.as_ref().is_some_and(|sheet| sheet.above),
            item: stored.as_ref().map_or_else(|| new_item(&code), |sheet| sheet.item.clone()),
            kind: self.kind,
            decides: self.decides,
            faults: Vec::new(),
        };
        for column in column::columns(self.kind) {
            if let Some(cell) = cell(*column) {
                one.set(*column, cell);
            }
        }
        one.fit(|column| cell(column).map_or_else(String::new, |cell| cell.text.clone()));
        let OneRow { item, faults, .. } = one;
        if !faults.is_empty() {
            for (column, value, fault, hint) in faults {
                self.note(row.line, column, &value, fault, hint);
            }
            return;
        }
        match stored {
            Some(Sheet { item: before, .. }) if before == item => self.checked.findings.same += 1,
            Some(Sheet { item: before, row: version, .. }) => {
                let goes = if before.active && !item.active { Move::Stop } else { Move::Change };
                self.checked.rows.push(Staged { before: Some(before), version, after: item, goes });
            }
            None => self.checked.rows.push(Staged { before: None, version: 0, after: item, goes: Move::Add }),
        }
    }

    /// The code of a row, which no other row has.
    fn code(&mut self, cell: &Cell, line: u32) -> Wrongly<String> {
        whole(cell, true)?;
        let code = cell::code(&cell.text)?;
        if let (false, Some(meant)) = (self.goods.contains_key(&code), self.zeros.get(&code)) {
            return Err((Fault::Zeros, meant.clone()));
        }
        match self.lines.insert(code.clone(), line) {
            Some(other) => Err((Fault::Taken, format!("line {other}"))),
            None => Ok(code),
        }
    }

    fn note(&mut self, line: u32, column: Column, value: &str, fault: Fault, hint: String) {
        self.checked.notes.push(Note {
            line: i64::from(line),
            field: column.word().to_owned(),
            value: value.chars().take(120).collect(),
            fault: fault.word().to_owned(),
            hint,
        });
    }

    /// Two products that a till would find by one barcode. Only those that get their barcode by this file are wrong.
    fn barcodes(&mut self) {
        let mut owners: HashMap<String, Vec<&str>> = HashMap::new();
        let changed: HashMap<&str, &Item> =
            self.checked.rows.iter().map(|row| (row.after.code.as_str(), &row.after)).collect();
        let stored =
            self.goods.values().map(|sheet| &sheet.item).filter(|item| !changed.contains_key(item.code.as_str()));
        for item in stored.chain(changed.values().copied()) {
            for text in [&item.code, &item.barcode].into_iter().filter(|text| !text.is_empty()) {
                let codes = owners.entry(shortest(text)).or_default();
                if codes.last() != Some(&item.code.as_str()) {
                    codes.push(&item.code);
                }
            }
        }
        let mut found = Vec::new();
        for row in &self.checked.rows {
            let (before, after) = (row.before.as_ref(), &row.after);
            let new_barcode = before.is_none_or(|before| before.barcode != after.barcode) && !after.barcode.is_empty();
            let texts = [(new_barcode, &after.barcode, Column::Barcode), (before.is_none(), &after.code, Column::Code)];
            for (_, text, column) in texts.into_iter().filter(|(new, ..)| *new) {
                let others = owners.get(&shortest(text)).into_iter().flatten();
                if let Some(other) = others.copied().find(|other| *other != after.code) {
                    let line = self.lines.get(&after.code).copied().unwrap_or_default();
                    found.push((line, column, text.clone(), other.to_owned()));
                }
            }
        }
        for (line, column, text, other) in found {
            self.note(line, column, &text, Fault::Taken, other);
        }
    }

    /// Stops what is on sale and not in the file.
    fn stop(&mut self) -> Result<(), Problem> {
        let on_sale = self.goods.values().filter(|one| one.item.active && one.item.code != OTHER_CODE);
        let named: HashSet<&str> = self.lines.keys().map(String::as_str).collect();
        let (mut all, mut stopped) = (0_usize, Vec::new());
        for Sheet { item, row: version, .. } in on_sale {
            all += 1;
            if !named.contains(item.code.as_str()) {
                stopped.push(Staged {
                    before: Some(item.clone()),
                    version: *version,
                    after: Item { active: false, ..item.clone() },
                    goes: Move::Stop,
                });
            }
        }
        if stopped.len().saturating_mul(100) > all.saturating_mul(STOPPED_MAX) {
            return Err(format!("too_many_absent {} {all}", stopped.len()));
        }
        stopped.sort_by(|one, other| one.after.code.cmp(&other.after.code));
        self.checked.rows.extend(stopped);
        Ok(())
    }
}

/// A barcode or code in the form that every other form of it has as well.
fn shortest(text: &str) -> String {
    Gtin::parse(text).and_then(|gtin| gtin.forms().last()).unwrap_or_else(|| text.to_owned())
}

/// What a careful person would choose where a file says nothing.
fn new_item(code: &str) -> Item {
    Item {
        code: code.to_owned(),
        barcode: String::new(),
        name: String::new(),
        pinyin: String::new(),
        spec: String::new(),
        maker: String::new(),
        approval_no: String::new(),
        category: String::new(),
        otc_class: "NONE".to_owned(),
        unit: "\u{4ef6}".to_owned(),
        price: None,
        price_low: None,
        price_high: None,
        card_payable: false,
        active: true,
        sale_max: None,
        id_check: false,
        own: Own::ALL,
    }
}

/// Refuses what a spreadsheet program made something else of; `number` says that the column never holds a date.
pub(crate) fn whole(cell: &Cell, number: bool) -> Wrongly<()> {
    let fault = match cell.damage {
        Some(Damage::Scientific) => Fault::Scientific,
        Some(Damage::Date) => Fault::Date,
        Some(Damage::Error) => Fault::Error,
        None if number && looks_like_date(&cell.text) => Fault::Date,
        None => return Ok(()),
    };
    Err((fault, String::new()))
}

struct OneRow<'a> {
    before: Option<&'a Item>,
    /// A list above says what it is.
    above: bool,
    item: Item,
    kind: ImportKind,
    decides: bool,
    faults: Vec<(Column, String, Fault, String)>,
}

impl OneRow<'_> {
    /// Takes a cell over. One that says what is stored already is right, however that came about.
    fn set(&mut self, column: Column, cell: &Cell) {
        if column == Column::Code || self.kind == ImportKind::Prices && column == Column::Name {
            return;
        }
        if self.before.is_some_and(|before| one_line(&stored(before, column)) == one_line(&cell.text)) {
            return;
        }
        let said = self.before.map(|before| stored(before, column)).filter(|_| self.above && !column.is_own());
        let wrong = match (self.read(column, cell), said) {
            (Err(wrong), _) => wrong,
            (Ok(()), Some(said)) if stored(&self.item, column) != said => (Fault::Above, said),
            (Ok(()), _) => return,
        };
        self.faults.push((column, cell.text.clone(), wrong.0, wrong.1));
    }

    fn read(&mut self, column: Column, cell: &Cell) -> Wrongly<()> {
        let number = matches!(
            column,
            Column::Barcode
                | Column::ApprovalNo
                | Column::Spec
                | Column::Price
                | Column::Low
                | Column::High
                | Column::SaleMax
        );
        whole(cell, number)?;
        let typed = cell.text.as_str();
        let item = &mut self.item;
        match column {
            // A file of prices is about the prices that it has; only one of products says that there is none.
            Column::Low | Column::High if self.kind == ImportKind::Prices && typed.is_empty() => {}
            Column::Code => {}
            Column::Name => item.name = cell::text(typed, 120, true)?,
            Column::Barcode => item.barcode = cell::barcode(typed)?,
            Column::Spec => item.spec = cell::text(typed, 60, false)?,
            Column::Maker => item.maker = cell::text(typed, 120, false)?,
            Column::ApprovalNo => item.approval_no = cell::text(typed, 60, false)?,
            Column::Category => item.category = cell::text(typed, 60, true)?,
            Column::OtcClass => item.otc_class = cell::class(typed)?,
            Column::Unit => item.unit = cell::text(typed, 20, true)?,
            Column::Price => {
                item.price = cell::price(typed)?;
                if item.price.is_none() && self.kind == ImportKind::Prices {
                    return Err((Fault::Required, String::new()));
                }
            }
            Column::Low => item.price_low = cell::price(typed)?,
            Column::High => item.price_high = cell::price(typed)?,
            Column::Payable => {
                item.card_payable = cell::yes(typed)?.unwrap_or(item.card_payable);
                if item.card_payable && !self.decides && !self.before.is_some_and(|before| before.card_payable) {
                    return Err((Fault::Company, String::new()));
                }
            }
            Column::Active => item.active = cell::yes(typed)?.unwrap_or(item.active),
            Column::SaleMax => item.sale_max = cell::limit(typed)?,
            Column::IdCheck => item.id_check = cell::yes(typed)?.unwrap_or(item.id_check),
            Column::Pinyin => {
                item.pinyin = cell::text(typed, 60, false)?.to_lowercase();
            }
        }
        Ok(())
    }

    /// What of a product does not go together. What did not before is nobody's fault here.
    fn fit(&mut self, typed: impl Fn(Column) -> String) {
        if !self.faults.is_empty() || self.before == Some(&self.item) {
            return;
        }
        let item = &self.item;
        let prices = item.prices();
        if self.before.is_none_or(|before| before.prices() != prices) && !prices.fit() {
            let Prices { low, high, .. } = prices;
            let band = [low, high].map(|price| price.map_or_else(String::new, Fen::plain)).join("-");
            self.faults.push((Column::Price, typed(Column::Price), Fault::Band, band));
        }
        let plain = prices == Prices::default() && item.barcode.is_empty() && item.approval_no.is_empty();
        if item.code == OTHER_CODE && !plain {
            self.faults.push((Column::Code, item.code.clone(), Fault::Other, String::new()));
        }
    }
}

/// What a column of a file that was written here says of a product.
fn stored(item: &Item, column: Column) -> String {
    let fen = |price: Option<i64>| price.map_or_else(String::new, |price| Fen(price).plain());
    let yes = |it_is: bool| if it_is { "\u{662f}" } else { "\u{5426}" }.to_owned();
    match column {
        Column::Code => item.code.clone(),
        Column::Name => item.name.clone(),
        Column::Barcode => item.barcode.clone(),
        Column::Spec => item.spec.clone(),
        Column::Maker => item.maker.clone(),
        Column::ApprovalNo => item.approval_no.clone(),
        Column::Category => item.category.clone(),
        Column::OtcClass => item.otc_class.clone(),
        Column::Unit => item.unit.clone(),
        Column::Price => fen(item.price),
        Column::Low => fen(item.price_low),
        Column::High => fen(item.price_high),
        Column::Payable => yes(item.card_payable),
        Column::Active => yes(item.active),
        Column::SaleMax => item.sale_max.map_or_else(String::new, |most| most.to_string()),
        Column::IdCheck => yes(item.id_check),
        Column::Pinyin => item.pinyin.clone(),
    }
}

/// The cells of a product for a file of this kind: what [`check`] reads as no difference.
pub fn cells(kind: ImportKind, item: &Item) -> Vec<String> {
    column::columns(kind).iter().map(|column| stored(item, *column)).collect()
}

/// A text as a cell gives it back: blanks and line ends are one blank.
pub(crate) fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A file as it is.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The headings.
    pub head: Vec<String>,
    /// The rows with their lines.
    pub rows: Vec<(u32, Vec<String>)>,
}

/// The table of a file with goods, if it has one.
pub fn table(bytes: &[u8]) -> Option<Table> {
    table_of(bytes, column::is_heading)
}

pub(crate) fn table_of(bytes: &[u8], is_head: impl Fn(&[String]) -> bool) -> Option<Table> {
    let mut rows = Vec::new();
    let head = spreadsheet::read(bytes, &Limits::default(), is_head, |_, row| {
        rows.push((row.line, row.cells.into_iter().map(|cell| cell.text).collect()));
        ControlFlow::Continue(())
    });
    Some(Table { head: head.ok()?.cells, rows })
}
