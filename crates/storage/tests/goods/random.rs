//! Anything that people, programs and copies of the worker do to a merchant's goods, against the model.

use std::collections::{BTreeMap, BTreeSet};

use domain::edition::EditionStatus;
use domain::ids::{EditionId, RequestId};
use proptest::prelude::*;
use storage::catalogue::{self, Item, Keeper, Kept, Written};
use storage::edition::{self, Flipped, Released, Staged, Which};
use storage::idempotency::Claim;
use storage::job::{self, Holder, Job, JobKind};
use storage::{import, price, product};

use super::model::{Model, Planned, Row, initials};
use super::{LEASE, LIST, SECOND, Shop, at, entry, item, lists, sold};
use crate::builders::MERCHANT;

/// Fields and values, as numbers that [`edited`] reads.
pub(crate) type Edits = Vec<(u8, u8)>;

/// One product is written.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    code: u8,
    edits: Edits,
    by_program: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// A file is sent.
    File(Vec<(u8, Edits)>),
    /// A copy of the worker takes a job and does some pieces of it; then it lets go, or dies.
    Work {
        pieces: u8,
        dies: bool,
        meanwhile: Option<Write>,
    },
    Write(Write),
    Publish {
        which: u8,
        later: bool,
    },
    Undo(u8),
    GiveUp(u8),
}

pub(crate) fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(any_step(), 5..60)
}

fn any_step() -> impl Strategy<Value = Step> {
    let pieces = prop_oneof![1..6_u8, Just(40)];
    let work = (pieces, prop::bool::weighted(0.2), prop::option::weighted(0.3, any_write()));
    prop_oneof![
        3 => any_file().prop_map(Step::File),
        9 => work.prop_map(|(pieces, dies, meanwhile)| Step::Work { pieces, dies, meanwhile }),
        6 => any_write().prop_map(Step::Write),
        5 => (any::<u8>(), prop::bool::weighted(0.2)).prop_map(|(which, later)| Step::Publish { which, later }),
        3 => any::<u8>().prop_map(Step::Undo),
        1 => any::<u8>().prop_map(Step::GiveUp),
    ]
}

pub(crate) fn any_file() -> impl Strategy<Value = Vec<(u8, Edits)>> {
    prop::collection::vec((0..CODES, any_edits()), 1..10)
}

fn any_write() -> impl Strategy<Value = Write> {
    (0..CODES, any_edits(), any::<bool>()).prop_map(|(code, edits, by_program)| Write { code, edits, by_program })
}

fn any_edits() -> impl Strategy<Value = Edits> {
    prop::collection::vec((0..11_u8, any::<u8>()), 1..4)
}

/// Codes that are used; the first of them are there from the beginning.
const CODES: u8 = 12;
const STOCKED: u8 = 8;

/// Names, of which two have the same initials.
const NAMES: [&str; 4] = ["Alpha", "AL-pha", "Beta 2", "Gamma"];

fn code(number: u8) -> String {
    format!("{:03}", u32::from(number) * 37)
}

fn edited(mut item: Item, edits: &Edits) -> Item {
    for (field, value) in edits {
        let name = NAMES[usize::from(*value) % NAMES.len()];
        match field {
            0..3 => item.price = Some(if *value == 255 { 3_000 } else { 900 + i64::from(*value) % 200 }),
            3 => name.clone_into(&mut item.name),
            4 => item.pinyin = initials(name),
            5 => item.category = format!("c{}", value % 3),
            6 => item.barcode = if *value % 6 == 0 { String::new() } else { format!("BC{}", value % 6) },
            7 => item.approval_no = format!("Z{}", value % 4),
            8..10 => item.active = value % 3 > 0,
            _ => item.card_payable = value % 2 == 0,
        }
    }
    item
}

/// A shop and what it should be.
pub(crate) struct Play {
    shop: Shop,
    model: Model,
    second: i64,
    /// The copy that works; another one after it died.
    copy: u8,
    imports: BTreeMap<i64, EditionId>,
    settling: Option<EditionId>,
    writes: u8,
}

impl Play {
    pub(crate) async fn begin(shop: Shop) -> Self {
        let stocked: Vec<Item> = (0..STOCKED).map(|n| item(&code(n))).collect();
        shop.stock(&stocked).await;
        let goods = stocked.into_iter().map(|item| (item.code.clone(), (item, 1))).collect();
        let mut model = Model { goods, ..Model::default() };
        model.remember(at(0));
        Self { shop, model, second: 0, copy: 1, imports: BTreeMap::new(), settling: None, writes: 0 }
    }

    /// All steps, and then everything that waits.
    pub(crate) async fn run(mut self, steps: &[Step], last: &[(u8, Edits)]) {
        for step in steps {
            self.step(step).await;
        }
        self.drain().await;
        self.there_and_back(last).await;
        self.check_prices().await;
        self.shop.in_order().await;
    }

    async fn step(&mut self, step: &Step) {
        self.second += 1;
        match step {
            Step::File(file) => self.send(file).await,
            Step::Work { pieces, dies, meanwhile } => {
                self.work(*pieces, *dies, meanwhile.as_ref()).await;
            }
            Step::Write(write) => self.write(write).await,
            Step::Publish { which, later } => {
                if let Some(id) = self.nth(*which, Planned::waits) {
                    self.publish(id, *later).await;
                }
            }
            Step::Undo(which) => {
                if let Some(id) = self.nth(*which, |_| true) {
                    self.undo(id).await;
                }
            }
            Step::GiveUp(which) => {
                if let Some(id) = self.nth(*which, |_| true) {
                    self.give_up(id).await;
                }
            }
        }
        self.model.remember(at(self.second));
        self.check().await;
    }

    fn nth(&self, which: u8, fits: impl Fn(&Planned) -> bool) -> Option<EditionId> {
        let fitting: Vec<EditionId> =
            self.model.editions.iter().filter(|(_, edition)| fits(edition)).map(|(id, _)| *id).collect();
        fitting.get(usize::from(which) % fitting.len().max(1)).copied()
    }

    async fn send(&mut self, file: &[(u8, Edits)]) {
        let import = self.shop.send(at(self.second)).await;
        let edition = import::find(self.shop.db(), import).await.expect("reads").expect("there").edition;
        let lines: BTreeMap<String, Edits> = file.iter().map(|(n, edits)| (code(*n), edits.clone())).collect();
        let planned = Planned {
            status: EditionStatus::Gathering,
            rows: BTreeMap::new(),
            kept: 0,
            undoes: None,
            file: lines.into_iter().collect(),
        };
        self.model.editions.insert(edition, planned);
        self.imports.insert(import, edition);
    }

    /// Whether there was anything to do.
    async fn work(&mut self, pieces: u8, dies: bool, meanwhile: Option<&Write>) -> bool {
        let holder: Holder = [self.copy; 16];
        let Some(job) = self.shop.take(holder, at(self.second)).await else { return false };
        let rest = match job.kind {
            JobKind::Check => self.check_file(job, pieces, meanwhile).await,
            JobKind::Undo => self.take_back(job, pieces).await,
            JobKind::Publish => self.make_live(job, pieces).await,
            JobKind::Enter | JobKind::Retract => unreachable!("rolls are tested beside it"),
            JobKind::Make | JobKind::Activate | JobKind::Spoil => unreachable!("batches are tested beside it"),
        };
        match rest {
            Some(_) if dies => self.copy += 1,
            Some(job) => job::put_off(self.shop.db(), job, at(self.second)).await.expect("writes"),
            None => {}
        }
        true
    }

    async fn check_file(&mut self, mut job: Job, pieces: u8, mut meanwhile: Option<&Write>) -> Option<Job> {
        let (id, now) = (self.imports[&job.subject], at(self.second));
        for _ in 0..pieces {
            let file = self.model.editions[&id].file.clone();
            let (from, total) = (usize::try_from(job.done).expect("few"), file.len());
            let piece: Vec<_> = file.into_iter().skip(from).take(3).collect();
            if piece.is_empty() {
                assert!(self.shop.finish(id, job, now).await);
                self.model.catch_up(id);
                // A file that says what is there waits for nobody.
                let waits = self.shop.find(id).await.counts.all() > 0;
                self.status(id, if waits { EditionStatus::Staged } else { EditionStatus::Dropped });
                return None;
            }
            let to = |(code, edits): &(String, Edits)| {
                let now = self.model.goods.get(code).cloned();
                let after = edited(now.as_ref().map_or_else(|| item(code), |(item, _)| item.clone()), edits);
                Row::of(now, after).map(|row| (code.clone(), row))
            };
            let rows: Vec<(String, Row)> = piece.iter().filter_map(to).collect();
            if let Some(write) = meanwhile.take() {
                self.write(write).await;
            }
            let staged = rows.iter().map(|(_, row)| as_staged(row)).collect();
            let done = i64::try_from(from + piece.len()).expect("few");
            let counted = (done, i64::try_from(total).expect("few"));
            let gathered = edition::gather(self.shop.db(), job.clone(), id, staged, 0, counted, now).await;
            assert!(gathered.expect("writes"));
            self.model.editions.get_mut(&id).expect("there").rows.extend(rows);
            job.done = done;
        }
        Some(job)
    }

    async fn take_back(&mut self, mut job: Job, pieces: u8) -> Option<Job> {
        let (id, now) = (EditionId(job.subject), at(self.second));
        for _ in 0..pieces {
            let Some(next) = self.shop.undo_piece(job.clone(), now).await else {
                assert!(self.shop.finish(id, job, now).await);
                self.model.catch_up(id);
                self.model.staged_back(id);
                return None;
            };
            self.model.gather_back(id);
            job = next;
        }
        Some(job)
    }

    async fn make_live(&mut self, mut job: Job, pieces: u8) -> Option<Job> {
        let (id, now) = (EditionId(job.subject), at(self.second));
        let flipped = self.shop.go_live(&job, now).await;
        if self.settling.is_some_and(|other| other != id) {
            assert_eq!(flipped, Flipped::Later);
            return Some(job);
        }
        assert_eq!(flipped, Flipped::Live);
        if self.model.editions[&id].status == EditionStatus::Scheduled {
            self.model.go_live(id);
            self.settling = Some(id);
        }
        self.check().await;
        for _ in 0..pieces {
            let Some(next) = self.shop.settle(job, now).await else {
                self.settling = None;
                return None;
            };
            job = next;
        }
        Some(job)
    }

    fn status(&mut self, id: EditionId, status: EditionStatus) {
        self.model.editions.get_mut(&id).expect("there").status = status;
    }

    async fn write(&mut self, Write { code: number, edits, by_program }: &Write) {
        let code = code(*number);
        let before = self.model.goods.get(&code).cloned();
        let after = edited(before.as_ref().map_or_else(|| item(&code), |(item, _)| item.clone()), edits);
        if *by_program {
            self.write_by_program(&code, after).await;
            return;
        }
        let version = before.as_ref().map(|(_, version)| *version);
        let (db, entry) = (self.shop.db(), entry(at(self.second)));
        let kept = catalogue::keep(db, (Keeper::Company, LIST), version, after.clone(), entry).await.expect("writes");
        let same_barcode = before.as_ref().is_some_and(|(before, _)| before.barcode == after.barcode);
        let has_it = |(other, (item, _)): (&String, &(Item, i64))| *other != code && item.barcode == after.barcode;
        let taken = !after.barcode.is_empty() && !same_barcode && self.model.goods.iter().any(has_it);
        let far = before.as_ref().is_some_and(|(before, _)| before.prices().needs_two(after.prices()));
        match kept {
            Kept::Taken(_) => assert!(taken, "{after:?}"),
            Kept::PricesWait | Kept::PricesApart => assert!(far && !taken, "{after:?}"),
            Kept::Done => {
                assert!(!far && !taken, "{after:?}");
                if before.is_none_or(|(before, _)| before != after) {
                    self.model.put(after);
                }
            }
            other => panic!("{other:?}"),
        }
    }

    async fn write_by_program(&mut self, code: &str, after: Item) {
        self.writes += 1;
        let request = RequestId([self.writes; 16]);
        let claim = Claim { merchant: MERCHANT, request, operation: "product", content: [self.writes; 32] };
        let (seen, sent) = (self.model.goods.get(code).map(|(item, _)| item.clone()), after.clone());
        let change = move |before: Option<Item>, _| {
            assert_eq!(before, seen);
            Ok(sent)
        };
        let (db, entry) = (self.shop.db(), entry(at(self.second)));
        let written = catalogue::change(db, claim, (lists(), code.to_owned()), entry, change, |_| String::new()).await;
        assert!(matches!(written, Ok(Written::Done(..))), "{written:?}");
        self.model.put(after);
    }

    async fn publish(&mut self, id: EditionId, later: bool) {
        let now = at(self.second);
        let then = later.then_some(now.plus(3 * SECOND));
        let expected = match self.model.editions[&id].status {
            EditionStatus::Staged if self.shop.find(id).await.counts.all() == 0 => Released::Gone,
            EditionStatus::Staged if self.settling.is_some() => Released::Later,
            EditionStatus::Staged if self.shop.find(id).await.counts.needs_two() => Released::TakesTwo,
            EditionStatus::Staged => Released::Done,
            _ => Released::Gone,
        };
        assert_eq!(self.shop.publish(id, then, now).await, expected);
        if expected == Released::Done {
            self.status(id, EditionStatus::Scheduled);
        }
    }

    async fn undo(&mut self, id: EditionId) {
        let undo = edition::undo(self.shop.db(), id, entry(at(self.second))).await.expect("writes");
        if self.model.editions[&id].status != EditionStatus::Live {
            assert_eq!(undo, None);
            return;
        }
        let undo = undo.expect("it is live");
        let begun = self
            .model
            .editions
            .iter()
            .find(|(_, edition)| edition.undoes == Some(id) && edition.status != EditionStatus::Dropped);
        if let Some((begun, _)) = begun {
            assert_eq!(undo, *begun);
            return;
        }
        let planned = Planned {
            status: EditionStatus::Gathering,
            rows: BTreeMap::new(),
            kept: 0,
            undoes: Some(id),
            file: Vec::new(),
        };
        assert!(self.model.editions.insert(undo, planned).is_none());
    }

    async fn give_up(&mut self, id: EditionId) {
        let (db, entry) = (self.shop.db(), entry(at(self.second)));
        let import = self.imports.iter().find(|(_, edition)| **edition == id).map(|(import, _)| *import);
        let gone = match import {
            Some(import) => import::give_up(db, import, entry).await,
            None => edition::give_up(db, id, entry).await,
        };
        assert_eq!(gone.expect("writes"), self.model.editions[&id].waits());
        if self.model.editions[&id].waits() {
            self.status(id, EditionStatus::Dropped);
        }
    }

    /// Everything that waits is done.
    async fn drain(&mut self) {
        for _ in 0..100 {
            self.second += LEASE / SECOND;
            if !self.work(100, false, None).await {
                self.model.remember(at(self.second));
                self.check().await;
                assert_eq!(self.settling, None);
                return;
            }
        }
        panic!("work without an end");
    }

    /// A file goes live and is taken back: the goods are what they were.
    async fn there_and_back(&mut self, file: &[(u8, Edits)]) {
        let before = self.shop.goods().await;
        self.send(file).await;
        self.drain().await;
        let Some((id, _)) = self.model.editions.last_key_value().map(|(id, one)| (*id, one.clone())) else { return };
        self.publish(id, false).await;
        self.drain().await;
        if self.model.editions[&id].status != EditionStatus::Live {
            return;
        }
        self.undo(id).await;
        self.drain().await;
        let Some((back, _)) = self.model.editions.last_key_value().map(|(id, one)| (*id, one.clone())) else { return };
        assert_eq!(self.model.editions[&back].status, EditionStatus::Live);
        for (now, before) in self.shop.goods().await.iter().zip(&before) {
            assert_eq!(now, before);
        }
        assert_eq!(self.shop.goods().await.len(), before.len());
    }

    async fn check(&self) {
        self.check_goods().await;
        self.check_search().await;
        for (id, planned) in &self.model.editions {
            self.check_edition(*id, planned).await;
        }
    }

    /// Products as every page reads them.
    async fn check_goods(&self) {
        let (db, goods) = (self.shop.db(), &self.model.goods);
        let all = catalogue::page(db, LIST, String::new(), 1_000).await.expect("reads");
        assert_eq!(all.iter().map(|one| &one.item.code).collect::<Vec<_>>(), goods.keys().collect::<Vec<_>>());
        for (found, expected) in all.iter().zip(goods.values()) {
            assert_eq!((&found.item, found.version), (&expected.0, expected.1));
        }
        let listed = catalogue::list(db, LIST, String::new(), 1_000).await.expect("reads");
        assert_eq!(listed, all);
        let half = catalogue::page(db, LIST, code(CODES / 2), 3).await.expect("reads");
        let expected = goods.iter().filter(|(own, _)| **own > code(CODES / 2)).take(3);
        let half: Vec<Item> = half.into_iter().map(|one| one.item).collect();
        assert_eq!(half, expected.map(|(_, (item, _))| item.clone()).collect::<Vec<_>>());
        for code in (0..CODES).map(code) {
            let expected = goods.get(&code);
            let found = catalogue::item(db, lists(), code.clone()).await.expect("reads");
            assert_eq!(found.as_ref(), expected.map(|(item, _)| item));
            assert_eq!(self.shop.versioned(&code).await.as_ref(), expected);
            let listed = product::find_first(db, lists(), vec!["none".to_owned(), code]).await.expect("reads");
            assert_eq!(
                listed.iter().map(as_shown).collect::<Vec<_>>(),
                expected.map(|(item, _)| shown(item)).as_slice()
            );
        }
        for barcode in (1..6).map(|n| format!("BC{n}")) {
            let listed = product::find_first(db, lists(), vec![barcode.clone()]).await.expect("reads");
            let found: BTreeSet<_> = listed.iter().map(as_shown).collect();
            let own = goods.values().filter(|(item, _)| item.barcode == barcode);
            assert_eq!(found, own.map(|(item, _)| shown(item)).collect());
        }
    }

    /// What searches find: what is on sale, as it is now; and all of it, once it is in the catalogue.
    async fn check_search(&self) {
        let on_sale = |category: &str| -> BTreeSet<_> {
            let fits = |item: &&Item| item.active && (category.is_empty() || item.category == category);
            self.model.goods.values().map(|(item, _)| item).filter(fits).map(shown).collect()
        };
        for category in ["", "c0", "c1", "c2"] {
            let hits = product::search(self.shop.db(), lists(), "", category, 1_000).await.expect("reads");
            let found: BTreeSet<_> = hits.rows.iter().map(as_shown).collect();
            assert_eq!((found.len(), hits.rows.len()), (hits.rows.len(), hits.total));
            assert!(found.is_subset(&on_sale("")), "{found:?}");
            if self.settling.is_none() {
                assert_eq!(found, on_sale(category), "{category}");
            }
        }
        for code in (0..CODES).map(code) {
            let hits = product::search(self.shop.db(), lists(), &code, "", 1_000).await.expect("reads");
            let found = hits.rows.iter().any(|hit| hit.product.code == code);
            let expected = self.model.goods.get(&code).is_some_and(|(item, _)| item.active);
            assert!(!found || expected, "{code}");
            assert!(self.settling.is_some() || found == expected, "{code}");
        }
    }

    async fn check_edition(&self, id: EditionId, planned: &Planned) {
        let edition = self.shop.find(id).await;
        assert_eq!((edition.status, edition.kept, edition.undoes), (planned.status, planned.kept, planned.undoes));
        let counted = self.shop.db().read(move |connection| {
            let sql = "SELECT COALESCE(SUM(CASE WHEN move = 'add' THEN 1 ELSE 0 END), 0),
                    COALESCE(SUM(CASE WHEN move = 'change' THEN 1 ELSE 0 END), 0),
                    COALESCE(SUM(CASE WHEN move = 'stop' THEN 1 ELSE 0 END), 0),
                    COALESCE(SUM(CASE WHEN move = 'remove' THEN 1 ELSE 0 END), 0),
                    COALESCE(SUM(CASE WHEN far = 1 THEN 1 ELSE 0 END), 0) FROM edition_row WHERE edition_id = ?1";
            let read = |row: &storage::sql::Row<'_>| {
                let number = |column| row.get::<_, i64>(column);
                Ok([number(0)?, number(1)?, number(2)?, number(3)?, number(4)?])
            };
            Ok(connection.query_row(sql, [id.0], read)?)
        });
        let counts = edition.counts;
        let stored = [counts.added, counts.changed, counts.stopped, counts.removed, counts.far];
        assert_eq!(stored, counted.await.expect("reads"));
        // What waits follows with each piece; what was given up follows nothing.
        if self.settling.is_some() || planned.status == EditionStatus::Dropped {
            return;
        }
        assert_eq!(counts, planned.counts());
        let rows = self.shop.changes(id, Which::All).await;
        assert!(rows.is_sorted_by_key(|one| (std::cmp::Reverse(one.moved), one.row.after.code.clone())));
        let far = self.shop.changes(id, Which::Far).await.len();
        assert_eq!((rows.len(), far), (planned.rows.len(), usize::try_from(counts.far).expect("few")));
        for one in rows {
            assert_eq!(one.row, as_staged(&planned.rows[&one.row.after.code]));
        }
    }

    /// What every product has cost at every moment that the model remembers.
    async fn check_prices(&self) {
        let last = self.model.sold.last().expect("remembered");
        for (moment, then) in &self.model.sold {
            for code in (0..CODES).map(code) {
                let found = price::price_at(self.shop.db(), LIST, code.clone(), *moment).await;
                let found = found.expect("reads").map(|one| (one.prices, one.card_payable, one.active));
                match (found, then.get(&code)) {
                    (None, expected) => assert_eq!(expected, None, "{code} at {moment:?}"),
                    (Some(found), Some(expected)) => assert_eq!(found, *expected, "{code} at {moment:?}"),
                    (Some((_, _, active)), None) => assert!(!active, "{code} at {moment:?}"),
                }
            }
        }
        let now: BTreeMap<_, _> = self.model.goods.iter().map(|(code, (item, _))| (code.clone(), sold(item))).collect();
        assert_eq!(now, last.1);
    }
}

fn as_staged(row: &Row) -> Staged {
    let (before, version) = row.before.clone().unzip();
    Staged { before, version: version.unwrap_or(0), after: row.after.clone(), goes: row.goes }
}

/// What a till shows of a product.
type Shown = ([String; 8], Option<i64>, bool, bool);

fn shown(item: &Item) -> Shown {
    let own = item.clone();
    let texts = [own.code, own.barcode, own.name, own.pinyin, own.spec, own.category, own.unit, own.maker];
    (texts, item.price, item.card_payable, item.active)
}

fn as_shown(listed: &product::Listed) -> Shown {
    let own = listed.product.clone();
    let (unit, maker) = (listed.unit.clone(), listed.maker.clone());
    let texts = [own.code, own.barcode, own.name, own.pinyin, own.spec, own.category, unit, maker];
    (texts, own.price.map(|price| price.0), own.card_payable, own.active)
}
