//! A merchant with goods, and what it takes to change many of them at once, as the worker of `jobs` does it.
#![expect(clippy::redundant_pub_crate, reason = "a module of a test")]

pub(crate) mod lists;
pub(crate) mod model;
pub(crate) mod random;

use domain::command::Actor;
use domain::edition::EditionStatus;
use domain::ids::{EditionId, ListId, OrderId, PersonId};
use domain::order::line_terms;
use domain::product::Prices;
use domain::time::Timestamp;
use storage::audit::Entry;
use storage::catalogue::{self, Item, Keeper, Kept};
use storage::draft::{self, FullOrder, NewLine, Scope};
use storage::edition::{self, Change, Edition, Flipped, Move, Released, Staged, Which};
use storage::import::{self, Absent, ImportKind, Sent};
use storage::job::{self, Holder, Job, JobKind, Line};
use storage::product_list::{Lists, Own};
use storage::{Storage, product, sql};

use crate::builders::{self, MERCHANT, MORNING, TILL};
use crate::fixture::Fixture;

pub(crate) const SECOND: i64 = 1_000_000;

/// Longer than a job is held by somebody who does not answer.
pub(crate) const LEASE: i64 = 31 * SECOND;

/// Two copies of the program.
pub(crate) const ONE: Holder = [1; 16];
pub(crate) const OTHER: Holder = [2; 16];

/// The merchant's own list.
pub(crate) const LIST: ListId = ListId::of(MERCHANT);

/// The lists that its till sells from.
pub(crate) fn lists() -> Lists {
    Lists::alone(LIST)
}

/// Who changes goods.
const BY: PersonId = PersonId(1_002);

/// The moment that many seconds after the morning.
pub(crate) fn at(seconds: i64) -> Timestamp {
    MORNING.plus(seconds * SECOND)
}

pub(crate) fn entry(at: Timestamp) -> Entry {
    Entry {
        at,
        person: Some(BY),
        merchant: Some(MERCHANT),
        terminal: None,
        action: "test",
        subject: String::new(),
        detail: String::new(),
        address: String::new(),
    }
}

/// A product on sale at 10.00.
pub(crate) fn item(code: &str) -> Item {
    Item {
        code: code.to_owned(),
        barcode: String::new(),
        name: format!("Name {code}"),
        pinyin: model::initials(&format!("Name {code}")),
        spec: "10g".to_owned(),
        maker: "Maker".to_owned(),
        approval_no: String::new(),
        category: "c0".to_owned(),
        otc_class: "NONE".to_owned(),
        unit: "box".to_owned(),
        price: Some(1_000),
        price_low: Some(500),
        price_high: Some(2_000),
        card_payable: true,
        active: true,
        sale_max: None,
        id_check: false,
        own: Own::ALL,
    }
}

/// What takes a product from `before` to `after`.
pub(crate) fn staged(before: Option<(Item, i64)>, after: Item) -> Staged {
    let (before, version) = before.unzip();
    let goes = match &before {
        None => Move::Add,
        Some(before) if before.active && !after.active => Move::Stop,
        Some(_) => Move::Change,
    };
    Staged { before, version: version.unwrap_or(0), after, goes }
}

/// A merchant's till and goods.
pub(crate) struct Shop {
    pub(crate) fixture: Fixture,
}

impl Shop {
    pub(crate) async fn sqlite() -> Self {
        Self { fixture: Fixture::sqlite(&builders::one_till()).await }
    }

    pub(crate) async fn postgres() -> Self {
        Self { fixture: Fixture::postgres(&builders::one_till()).await }
    }

    pub(crate) fn db(&self) -> &Storage {
        self.fixture.database()
    }

    /// Lays goods into the catalogue that nobody has changed yet.
    pub(crate) async fn stock(&self, items: &[Item]) {
        let items = items.to_vec();
        let stock = move |connection: &sql::Connection| {
            for one in &items {
                let sql =
                    "INSERT INTO product (list_id, code, barcode, name, pinyin, spec, maker, approval_no, category,
                        otc_class, unit, price, price_low, price_high, card_payable, active, sale_max, id_check, own, version)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
                        ?17, ?18, 7, 1)";
                connection.execute_later(
                    sql,
                    sql::params![
                        MERCHANT.0,
                        one.code,
                        one.barcode,
                        one.name,
                        one.pinyin,
                        one.spec,
                        one.maker,
                        one.approval_no,
                        one.category,
                        one.otc_class,
                        one.unit,
                        one.price,
                        one.price_low,
                        one.price_high,
                        one.card_payable,
                        one.active,
                        one.sale_max,
                        one.id_check,
                    ],
                )?;
            }
            product::index(connection, LIST)
        };
        self.db().write(stock).await.expect("the goods fit");
    }

    /// Everything that is stored of the goods.
    pub(crate) async fn goods(&self) -> Vec<Item> {
        let found = catalogue::page(self.db(), LIST, String::new(), 10_000).await.expect("reads");
        found.into_iter().map(|one| one.item).collect()
    }

    pub(crate) async fn versioned(&self, code: &str) -> Option<(Item, i64)> {
        let sheet = catalogue::sheet(self.db(), LIST, code.to_owned()).await.expect("reads");
        sheet.map(|sheet| (sheet.item, sheet.version))
    }

    pub(crate) async fn price(&self, code: &str) -> Option<i64> {
        self.versioned(code).await.and_then(|(item, _)| item.price)
    }

    /// Changes one product as a person does.
    pub(crate) async fn keep(&self, code: &str, now: Timestamp, change: impl FnOnce(&mut Item)) {
        let (mut item, version) = self.versioned(code).await.expect("there");
        change(&mut item);
        let kept =
            catalogue::keep(self.db(), (Keeper::Company, LIST), Some(version), item, entry(now)).await.expect("writes");
        assert_eq!(kept, Kept::Done, "{code}");
    }

    /// A file that was sent; its number.
    pub(crate) async fn send(&self, now: Timestamp) -> i64 {
        let id = import::begin(self.db(), LIST, "goods.csv".to_owned(), entry(now)).await.expect("writes");
        let file = Sent { kind: ImportKind::Products, absent: Absent::Keep, size: 0, digest: [0; 32] };
        import::sent(self.db(), id, file, now).await.expect("writes");
        id
    }

    pub(crate) async fn take(&self, holder: Holder, now: Timestamp) -> Option<Job> {
        match job::take(self.db(), Line::Publish, holder, now).await.expect("writes") {
            None => job::take(self.db(), Line::Prepare, holder, now).await.expect("writes"),
            job => job,
        }
    }

    /// A file that was sent, and the job to check it: the edition that it becomes.
    pub(crate) async fn begin(&self, now: Timestamp) -> (EditionId, Job) {
        let import = self.send(now).await;
        let job = self.take(ONE, now).await.expect("to be checked");
        assert_eq!((job.kind, job.subject), (JobKind::Check, import));
        (import::find(self.db(), import).await.expect("reads").expect("there").edition, job)
    }

    pub(crate) async fn gather(&self, edition: EditionId, job: &Job, rows: Vec<Staged>, now: Timestamp) -> bool {
        edition::gather(self.db(), job.clone(), edition, rows, 0, (0, 0), now).await.expect("writes")
    }

    pub(crate) async fn finish(&self, edition: EditionId, job: Job, now: Timestamp) -> bool {
        edition::catch_up(self.db(), edition).await.expect("writes");
        edition::finish(self.db(), job, edition, now).await.expect("writes")
    }

    /// An edition of these products as they are to be, which waits to be released.
    pub(crate) async fn staged(&self, items: Vec<Item>, now: Timestamp) -> EditionId {
        let (edition, job) = self.begin(now).await;
        for piece in items.chunks(200) {
            let mut rows = Vec::new();
            for after in piece {
                rows.push(staged(self.versioned(&after.code).await, after.clone()));
            }
            assert!(self.gather(edition, &job, rows, now).await);
        }
        assert!(self.finish(edition, job, now).await);
        edition
    }

    pub(crate) async fn publish(&self, edition: EditionId, then: Option<Timestamp>, now: Timestamp) -> Released {
        edition::publish(self.db(), (Keeper::Company, edition), then, entry(now)).await.expect("writes")
    }

    /// Lets it go live: the job that writes the rest.
    pub(crate) async fn live(&self, edition: EditionId, now: Timestamp) -> Job {
        assert_eq!(self.publish(edition, None, now).await, Released::Done);
        let job = self.take(ONE, now).await.expect("to be published");
        assert_eq!((job.kind, job.subject), (JobKind::Publish, edition.0));
        assert_eq!(self.go_live(&job, now).await, Flipped::Live);
        job
    }

    pub(crate) async fn go_live(&self, job: &Job, now: Timestamp) -> Flipped {
        edition::go_live(self.db(), job.clone(), EditionId(job.subject), now).await.expect("writes")
    }

    pub(crate) async fn settle(&self, job: Job, now: Timestamp) -> Option<Job> {
        let edition = EditionId(job.subject);
        edition::settle(self.db(), job, edition, now).await.expect("writes")
    }

    pub(crate) async fn settle_all(&self, job: Job, now: Timestamp) {
        let mut at = Some(job);
        while let Some(job) = at {
            at = self.settle(job, now).await;
        }
    }

    /// From the file to the catalogue.
    pub(crate) async fn put(&self, items: Vec<Item>, now: Timestamp) -> EditionId {
        let edition = self.staged(items, now).await;
        let job = self.live(edition, now).await;
        self.settle_all(job, now).await;
        edition
    }

    /// Begins to take an edition back: the one that does so, and the job.
    pub(crate) async fn undo(&self, edition: EditionId, now: Timestamp) -> (EditionId, Job) {
        let undo = edition::undo(self.db(), edition, entry(now)).await.expect("writes").expect("it is live");
        let job = self.take(ONE, now).await.expect("to be put together");
        assert_eq!((job.kind, job.subject), (JobKind::Undo, undo.0));
        (undo, job)
    }

    pub(crate) async fn undo_piece(&self, job: Job, now: Timestamp) -> Option<Job> {
        let edition = EditionId(job.subject);
        edition::undo_piece(self.db(), job, edition, now).await.expect("writes")
    }

    /// Puts together what takes an edition back.
    pub(crate) async fn undone(&self, edition: EditionId, now: Timestamp) -> EditionId {
        let (undo, mut job) = self.undo(edition, now).await;
        while let Some(next) = self.undo_piece(job.clone(), now).await {
            job = next;
        }
        assert!(self.finish(undo, job, now).await);
        undo
    }

    pub(crate) async fn find(&self, edition: EditionId) -> Edition {
        edition::find(self.db(), edition).await.expect("reads").expect("there")
    }

    pub(crate) async fn status(&self, edition: EditionId) -> EditionStatus {
        self.find(edition).await.status
    }

    /// All rows of an edition, as its page reads them one after the other.
    pub(crate) async fn changes(&self, edition: EditionId, which: Which) -> Vec<Change> {
        let (mut all, mut after) = (Vec::<Change>::new(), None);
        loop {
            let page = edition::changes(self.db(), edition, which, after, 7).await.expect("reads");
            let Some(last) = page.last() else { return all };
            after = Some((last.moved, last.row.after.code.clone()));
            all.extend(page);
        }
    }

    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        let read = self.db().read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?));
        read.await.expect("reads")
    }

    /// What `webpos verify` checks is in order.
    pub(crate) async fn in_order(&self) {
        assert_eq!(self.fixture.verify().await, []);
    }

    pub(crate) fn actor() -> Actor {
        builders::actor(MERCHANT, TILL)
    }

    pub(crate) fn scope() -> Scope {
        let Actor { merchant, outlet, terminal, person } = Self::actor();
        Scope { merchant, outlet, lists: lists(), terminal, person, address: String::new() }
    }

    /// Rings up one piece.
    pub(crate) async fn ring_up(&self, code: &str, now: Timestamp) -> OrderId {
        let listed = product::find(self.db(), lists(), code).await.expect("reads").remove(0);
        let terms = line_terms(&listed.product, "", "").expect("a good line");
        let line = NewLine { listed, terms, confirmed_by: None, scan: None };
        draft::line_add(self.db(), &Self::scope(), None, line, now).await.expect("adds")
    }

    pub(crate) async fn order(&self, order: OrderId) -> FullOrder {
        draft::fetch(self.db(), &Self::scope(), order).await.expect("reads").expect("there")
    }
}

/// What a product costs and how it is sold.
pub(crate) fn sold(item: &Item) -> (Prices, bool, bool) {
    (item.prices(), item.card_payable, item.active)
}
