//! Editions as anybody would say it who knows no database: a catalogue in memory, what waits to change it, what each product
//! has cost.

use std::collections::BTreeMap;

use domain::edition::{Counts, EditionStatus};
use domain::ids::EditionId;
use domain::product::Prices;
use domain::time::Timestamp;
use serde_json::{Map, Value};
use storage::catalogue::Item;
use storage::edition::Move;

use super::sold;

/// First letters of a name's words, of names in Latin letters.
pub(crate) fn initials(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).take(60).collect()
}

/// A product with its version.
pub(crate) type Versioned = (Item, i64);

/// A row of an edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) before: Option<Versioned>,
    pub(crate) after: Item,
    pub(crate) goes: Move,
}

impl Row {
    /// What takes a product from one state to another; `None` if it is there.
    pub(crate) fn of(before: Option<Versioned>, after: Item) -> Option<Self> {
        let after = with_initials(before.as_ref().map(|(item, _)| item), after);
        let goes = match &before {
            None => Move::Add,
            Some((before, _)) if *before == after => return None,
            Some((before, _)) if before.active && !after.active => Move::Stop,
            Some(_) => Move::Change,
        };
        Some(Self { before, after, goes })
    }

    fn version(&self) -> i64 {
        self.before.as_ref().map_or(0, |(_, version)| *version)
    }

    fn is_far(&self) -> bool {
        let moves = |(before, _): &Versioned| before.prices().needs_two(self.after.prices());
        self.goes != Move::Remove && self.before.as_ref().is_some_and(moves)
    }

    /// The same after its product became `now`: only what the row itself changes still differs.
    fn follow(&self, now: Option<&Versioned>) -> Option<Self> {
        if now.map_or(0, |(_, version)| *version) == self.version() {
            return Some(self.clone());
        }
        let (item, _) = now?;
        let after = match (&self.before, self.goes) {
            (_, Move::Remove) => Item { active: false, ..item.clone() },
            (None, _) => self.after.clone(),
            (Some((before, _)), _) => with(item, &changes(before, &self.after)),
        };
        Self::of(now.cloned(), after)
    }

    /// What takes it back, if nobody has changed it since.
    fn back(&self, now: Option<&Versioned>) -> Back {
        let row = |before: Option<Versioned>, after, goes| Back::Row(Box::new(Self { before, after, goes }));
        match (&self.before, now, self.goes) {
            (Some((before, _)), None, Move::Remove) => row(None, before.clone(), Move::Add),
            (_, Some(_), Move::Remove) | (Some(_), None, _) => Back::Kept,
            (None, None, _) => Back::Nothing,
            (None, Some(now), _) if now.0 == self.after => row(Some(now.clone()), now.0.clone(), Move::Remove),
            (None, Some(_), _) => Back::Kept,
            (Some((before, _)), Some(now), _) => {
                if with(&now.0, &changes(before, &self.after)) != now.0 {
                    return Back::Kept;
                }
                let after = with(&now.0, &changes(&self.after, before));
                let goes = if now.0.active && !after.active { Move::Stop } else { Move::Change };
                row(Some(now.clone()), after, goes)
            }
        }
    }
}

enum Back {
    Row(Box<Row>),
    Nothing,
    Kept,
}

fn fields(item: &Item) -> Map<String, Value> {
    match serde_json::to_value(item) {
        Ok(Value::Object(fields)) => fields,
        other => panic!("not a product: {other:?}"),
    }
}

/// The fields that are not as they were.
fn changes(from: &Item, to: &Item) -> Map<String, Value> {
    let from = fields(from);
    fields(to).into_iter().filter(|(field, value)| from[field] != *value).collect()
}

fn with(item: &Item, changes: &Map<String, Value>) -> Item {
    let mut all = fields(item);
    all.extend(changes.clone());
    serde_json::from_value(Value::Object(all)).expect("a product")
}

/// Initials follow the name where they had been made from it.
fn with_initials(before: Option<&Item>, item: Item) -> Item {
    let made = before.is_some_and(|one| one.pinyin == item.pinyin && one.pinyin == initials(&one.name));
    let pinyin = if made || item.pinyin.is_empty() { initials(&item.name) } else { item.pinyin };
    Item { pinyin, ..item }
}

/// An edition.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) status: EditionStatus,
    pub(crate) rows: BTreeMap<String, Row>,
    pub(crate) kept: i64,
    pub(crate) undoes: Option<EditionId>,
    /// What its file says, in pieces: products as they are to be.
    pub(crate) file: Vec<(String, Vec<(u8, u8)>)>,
}

impl Planned {
    pub(crate) fn counts(&self) -> Counts {
        let count = |fits: &dyn Fn(&Row) -> bool| {
            i64::try_from(self.rows.values().filter(|row| fits(row)).count()).expect("few")
        };
        let of = |goes| count(&|row| row.goes == goes);
        let [added, changed, stopped, removed] = [Move::Add, Move::Change, Move::Stop, Move::Remove].map(of);
        let far = count(&Row::is_far);
        Counts { added, changed, stopped, removed, far }
    }

    pub(crate) fn waits(&self) -> bool {
        matches!(self.status, EditionStatus::Gathering | EditionStatus::Staged | EditionStatus::Scheduled)
    }
}

/// How products were sold at a moment.
pub(crate) type Sold = BTreeMap<String, (Prices, bool, bool)>;

/// A merchant's goods.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) goods: BTreeMap<String, Versioned>,
    pub(crate) editions: BTreeMap<EditionId, Planned>,
    /// Those that were live, one after the other.
    pub(crate) live: Vec<EditionId>,
    pub(crate) sold: Vec<(Timestamp, Sold)>,
}

impl Model {
    /// One product is written.
    pub(crate) fn put(&mut self, item: Item) {
        let before = self.goods.get(&item.code);
        let item = with_initials(before.map(|(item, _)| item), item);
        if before.is_some_and(|(before, _)| *before == item) {
            return;
        }
        let version = before.map_or(1, |(_, version)| version + 1);
        let code = item.code.clone();
        self.goods.insert(code.clone(), (item, version));
        self.follow(&code);
    }

    fn follow(&mut self, code: &str) {
        let now = self.goods.get(code).cloned();
        for edition in self.editions.values_mut().filter(|edition| edition.waits()) {
            if let Some(row) = edition.rows.remove(code) {
                edition.rows.extend(row.follow(now.as_ref()).map(|row| (code.to_owned(), row)));
            }
        }
    }

    /// Rows of an edition that were put together before their products changed.
    pub(crate) fn catch_up(&mut self, id: EditionId) {
        let edition = self.editions.get_mut(&id).expect("an edition");
        let rows = std::mem::take(&mut edition.rows);
        let rows = rows.into_iter().filter_map(|(code, row)| Some((code.clone(), row.follow(self.goods.get(&code))?)));
        edition.rows = rows.collect();
    }

    /// All of an edition counts.
    pub(crate) fn go_live(&mut self, id: EditionId) {
        let edition = self.editions.get_mut(&id).expect("an edition");
        edition.status = EditionStatus::Live;
        self.live.push(id);
        let rows = edition.rows.clone();
        for (code, row) in &rows {
            match row.goes {
                Move::Remove => self.goods.remove(code),
                _ => self.goods.insert(code.clone(), (row.after.clone(), row.version() + 1)),
            };
        }
        for code in rows.keys() {
            self.follow(code);
        }
    }

    /// Puts together what takes an edition back.
    pub(crate) fn gather_back(&mut self, id: EditionId) {
        let undoes = self.editions[&id].undoes.expect("it takes one back");
        let (mut rows, mut kept) = (BTreeMap::new(), 0);
        for (code, row) in &self.editions[&undoes].rows {
            match row.back(self.goods.get(code)) {
                Back::Row(row) => drop(rows.insert(code.clone(), *row)),
                Back::Nothing => {}
                Back::Kept => kept += 1,
            }
        }
        let edition = self.editions.get_mut(&id).expect("an edition");
        (edition.rows, edition.kept) = (rows, kept);
    }

    /// What takes an edition back is together. It goes live by itself if it returns what was, all of it.
    pub(crate) fn staged_back(&mut self, id: EditionId) {
        let undoes = self.editions[&id].undoes;
        let returns = self.editions[&id].kept == 0 && self.live.last() == undoes.as_ref();
        let status = if returns { EditionStatus::Scheduled } else { EditionStatus::Staged };
        self.editions.get_mut(&id).expect("an edition").status = status;
    }

    /// Notes how everything is sold.
    pub(crate) fn remember(&mut self, now: Timestamp) {
        let sold = self.goods.iter().map(|(code, (item, _))| (code.clone(), sold(item))).collect();
        self.sold.push((now, sold));
    }
}
