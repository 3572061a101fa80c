//! Price lists above one another: what a till sells is what the rule says, whoever reads it and in whatever order it came to
//! be. The rule: the uppermost list that has a product down decides what it is; each list below decides its price, its limit
//! and whether it is on sale, as far as it says so itself.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::{ListId, OutletId};
use domain::order::line_terms;
use domain::recall::{Announced, MatchKind};
use domain::time::BusinessDate;
use proptest::prelude::*;
use storage::catalogue::{self, Item, Keeper, Kept};
use storage::draft::{self, NewLine, Scope};
use storage::product_list::{self, Changed, Own};
use storage::{price, product, recall};

use super::model::initials;
use super::{LIST, Shop, at, entry, item};
use crate::builders::MERCHANT;

on_both! {
    an_open_order_knows_what_the_lists_above_say,
    a_list_goes_under_the_company_and_an_outlet_sells_from_its_merchants_lists,
    what_a_product_cost_is_known_through_the_lists,
}

/// The card company's list, and one under the merchant's own.
async fn two_more(shop: &Shop) -> (ListId, ListId) {
    let db = shop.db();
    let company = product_list::create(db, None, "company".to_owned(), entry(at(0))).await.expect("writes");
    let outlet = product_list::create(db, Some(MERCHANT), "east".to_owned(), entry(at(0))).await.expect("writes");
    let (Changed::Done(company), Changed::Done(outlet)) = (company, outlet) else { panic!("{company:?} {outlet:?}") };
    (company, outlet)
}

async fn put_under(shop: &Shop, parent: Option<ListId>) {
    let own = product_list::find(shop.db(), LIST).await.expect("reads").expect("there");
    let done = product_list::put_under(shop.db(), MERCHANT, own.version, parent, entry(at(0))).await;
    assert_eq!(done.expect("writes"), Changed::Done(LIST));
}

/// What one list has down about a product.
type Rows = BTreeMap<(usize, usize), Item>;

const CODES: usize = 3;

fn code(number: usize) -> String {
    format!("P{number}")
}

/// What is done to a product in one of the lists: 0 the outlet's, 1 the merchant's, 2 the company's.
#[derive(Clone, Debug)]
enum Step {
    Price(usize, usize, i64),
    Sale(usize, usize, bool),
    Limit(usize, usize, Option<i64>),
    Name(usize, usize, u8),
    Barcode(usize, usize, u8),
    Category(usize, usize, u8),
    Pays(usize, usize, bool),
    Follow(usize, usize),
    Under(bool),
}

fn any_step() -> impl Strategy<Value = Step> {
    let place = || (0..3_usize, 0..CODES);
    prop_oneof![
        3 => (place(), 0..3_i64).prop_map(|((list, code), n)| Step::Price(list, code, 1_000 + n * 100)),
        3 => (place(), any::<bool>()).prop_map(|((list, code), sale)| Step::Sale(list, code, sale)),
        2 => (place(), prop::option::of(1..4_i64)).prop_map(|((list, code), most)| Step::Limit(list, code, most)),
        2 => (place(), 0..3_u8).prop_map(|((list, code), n)| Step::Name(list, code, n)),
        2 => (place(), 0..3_u8).prop_map(|((list, code), n)| Step::Barcode(list, code, n)),
        2 => (place(), 0..2_u8).prop_map(|((list, code), n)| Step::Category(list, code, n)),
        1 => (place(), any::<bool>()).prop_map(|((list, code), pays)| Step::Pays(list, code, pays)),
        2 => place().prop_map(|(list, code)| Step::Follow(list, code)),
        1 => any::<bool>().prop_map(Step::Under),
    ]
}

/// Three lists, and what each has down.
struct Play<'s> {
    shop: &'s Shop,
    lists: [ListId; 3],
    under: bool,
    rows: Rows,
}

impl Play<'_> {
    /// The lists above one, from the uppermost down, with itself.
    fn downwards(&self, list: usize) -> Vec<usize> {
        (list..if self.under { 3 } else { 2 }.max(list + 1)).rev().collect()
    }

    /// What the rule says that a list sells, and whether a list above says what it is.
    fn sold(&self, list: usize, code: usize) -> Option<(Item, bool)> {
        let found = self.downwards(list).into_iter().filter_map(|at| Some((at, self.rows.get(&(at, code))?)));
        let mut found = found.skip_while(|(_, row)| row.own != Own::ALL);
        let (top, first) = found.next()?;
        let mut item = first.clone();
        for (_, row) in found {
            if row.own.prices {
                item.price = row.price;
            }
            if row.own.sale {
                item.active = row.active;
            }
            if row.own.limit {
                item.sale_max = row.sale_max;
            }
        }
        item.own = self.rows.get(&(list, code)).map_or(Own::NONE, |row| row.own);
        Some((item, top != list))
    }

    async fn step(&mut self, step: &Step) {
        let (list, number) = match *step {
            Step::Under(under) => {
                put_under(self.shop, under.then_some(self.lists[2])).await;
                self.under = under;
                return;
            }
            Step::Follow(list, number) => return self.follow(list, number).await,
            Step::Price(list, number, _)
            | Step::Sale(list, number, _)
            | Step::Limit(list, number, _)
            | Step::Name(list, number, _)
            | Step::Barcode(list, number, _)
            | Step::Category(list, number, _)
            | Step::Pays(list, number, _) => (list, number),
        };
        let (db, id) = (self.shop.db(), self.lists[list]);
        let before = self.sold(list, number);
        let version = catalogue::sheet(db, id, code(number)).await.expect("reads").map(|sheet| sheet.version);
        assert_eq!(version.is_some(), before.is_some());
        let plain = Item { pinyin: String::new(), price_low: None, price_high: None, ..item(&code(number)) };
        let mut after = before.as_ref().map_or(plain, |(item, _)| item.clone());
        match *step {
            Step::Price(_, _, price) => after.price = Some(price),
            Step::Sale(_, _, sale) => after.active = sale,
            Step::Limit(_, _, most) => after.sale_max = most,
            Step::Name(_, _, n) => after.name = format!("Name {n}"),
            Step::Barcode(_, _, n) => after.barcode = if n == 0 { String::new() } else { format!("b{number}-{n}") },
            Step::Category(_, _, n) => after.category = format!("c{n}"),
            Step::Pays(_, _, pays) => after.card_payable = pays,
            Step::Follow(..) | Step::Under(..) => {}
        }
        let kept =
            catalogue::keep(db, (Keeper::Company, id), version, after.clone(), entry(at(1))).await.expect("writes");
        match before {
            None => {
                let taken = matches!(kept, Kept::Taken(_));
                assert!(kept == Kept::Done || taken, "{kept:?}");
                if kept == Kept::Done {
                    let own = Item { own: Own::ALL, pinyin: initials(&after.name), ..after };
                    self.rows.insert((list, number), own);
                }
            }
            Some((before, above)) => {
                let same = (&before.name, &before.barcode, &before.category, before.card_payable)
                    == (&after.name, &after.barcode, &after.category, after.card_payable);
                let expected = if above && !same { Kept::FromAbove } else { Kept::Done };
                assert_eq!(kept, expected, "{step:?}");
                if kept == Kept::Done && before != after {
                    let own = Own {
                        prices: before.own.prices || before.price != after.price,
                        sale: before.own.sale || before.active != after.active,
                        limit: before.own.limit || before.sale_max != after.sale_max,
                    };
                    let pinyin = initials(&after.name);
                    self.rows.insert((list, number), Item { own, pinyin, ..after });
                }
            }
        }
    }

    async fn follow(&mut self, list: usize, number: usize) {
        let (db, id) = (self.shop.db(), self.lists[list]);
        let Some(sheet) = catalogue::sheet(db, id, code(number)).await.expect("reads") else { return };
        let done =
            catalogue::follow_above(db, (Keeper::Company, id), (code(number), sheet.version), entry(at(1))).await;
        match self.sold(list, number) {
            Some((_, true)) => {
                assert_eq!(done.expect("writes"), Kept::Done);
                if let Some(row) = self.rows.get_mut(&(list, number)) {
                    row.own = Own::NONE;
                }
            }
            _ => assert_eq!(done.expect("reads"), Kept::Gone),
        }
    }

    /// Whether every list has each product down in the same category.
    fn same_categories(&self) -> bool {
        let categories: BTreeSet<_> = self.rows.iter().map(|((_, code), row)| (code, &row.category)).collect();
        let codes: BTreeSet<_> = self.rows.keys().map(|(_, code)| code).collect();
        categories.len() == codes.len()
    }

    /// Every reader of every list says what the rule says.
    async fn check(&self) {
        let db = self.shop.db();
        for (list, id) in self.lists.into_iter().enumerate() {
            let lists = product_list::with_above(db, id).await.expect("reads");
            let expected: BTreeMap<String, (Item, bool)> =
                (0..CODES).filter_map(|number| Some((code(number), self.sold(list, number)?))).collect();
            for limit in [1, 2, 10] {
                let (mut found, mut after) = (BTreeMap::new(), String::new());
                loop {
                    let page = catalogue::list(db, id, after.clone(), limit).await.expect("reads");
                    let Some(last) = page.last() else { break };
                    after.clone_from(&last.item.code);
                    found.extend(page.into_iter().map(|one| (one.item.code.clone(), (one.item, one.above))));
                }
                assert_eq!(found, expected, "list {list}, pages of {limit}");
            }
            for number in 0..CODES {
                let (code, sold) = (code(number), expected.get(&code(number)));
                let item = catalogue::item(db, lists, code.clone()).await.expect("reads");
                assert_eq!(item.as_ref(), sold.map(|(item, _)| item));
                let listed = product::find(db, lists, &code).await.expect("reads").pop();
                let shown =
                    listed.map(|one| (one.product.price.map(|fen| fen.0), one.product.active, one.product.name));
                assert_eq!(shown, sold.map(|(item, _)| (item.price, item.active, item.name.clone())));
                for barcode in [format!("b{number}-1"), format!("b{number}-2")] {
                    let found = product::find(db, lists, &barcode).await.expect("reads");
                    let has = sold.is_some_and(|(item, _)| item.barcode == barcode);
                    assert_eq!(found.len(), usize::from(has), "{barcode} in list {list}");
                }
            }
            for category in ["", "c0", "c1"] {
                let fits = |item: &Item| item.active && (category.is_empty() || item.category == category);
                let on_sale: Vec<&String> =
                    expected.iter().filter(|(_, (item, _))| fits(item)).map(|(code, _)| code).collect();
                let hits = product::search(db, lists, "", category, 50).await.expect("reads");
                let mut found: Vec<&String> = hits.rows.iter().map(|one| &one.product.code).collect();
                found.sort_unstable();
                if !category.is_empty() && !self.same_categories() {
                    assert!(found.iter().all(|code| on_sale.contains(code)), "list {list}, category {category:?}");
                    continue;
                }
                assert_eq!(found, on_sale, "list {list}, category {category:?}");
                assert_eq!(hits.total, on_sale.len());
                let categories = product::categories(db, lists).await.expect("reads");
                assert!(on_sale.is_empty() || category.is_empty() || categories.contains(&category.to_owned()));
            }
        }
    }
}

fn play(shop: impl Future<Output = Shop>, steps: &[Step]) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let shop = shop.await;
        let (company, outlet) = two_more(&shop).await;
        put_under(&shop, Some(company)).await;
        let mut play = Play { shop: &shop, lists: [outlet, LIST, company], under: true, rows: BTreeMap::new() };
        for step in steps {
            play.step(step).await;
            play.check().await;
        }
        shop.in_order().await;
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_till_sells_what_the_lists_say_in_the_file(steps in prop::collection::vec(any_step(), 1..25)) {
        play(Shop::sqlite(), &steps);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_till_sells_what_the_lists_say_on_a_server(steps in prop::collection::vec(any_step(), 1..25)) {
        play(Shop::postgres(), &steps);
    }
}

/// Changes one product of a list.
async fn change(shop: &Shop, list: ListId, code: &str, seconds: i64, change: impl FnOnce(&mut Item)) {
    let sheet = catalogue::sheet(shop.db(), list, code.to_owned()).await.expect("reads").expect("there");
    let mut item = sheet.item;
    change(&mut item);
    let kept = catalogue::keep(shop.db(), (Keeper::Company, list), Some(sheet.version), item, entry(at(seconds))).await;
    assert_eq!(kept.expect("writes"), Kept::Done, "{code}");
}

async fn add(shop: &Shop, list: ListId, new: Item) {
    assert_eq!(
        catalogue::keep(shop.db(), (Keeper::Company, list), None, new, entry(at(1))).await.expect("writes"),
        Kept::Done
    );
}

async fn an_open_order_knows_what_the_lists_above_say(shop: &Shop) {
    let (company, outlet) = two_more(shop).await;
    put_under(shop, Some(company)).await;
    for code in ["A", "B"] {
        add(shop, company, Item { barcode: format!("69{code}"), price_low: None, price_high: None, ..item(code) })
            .await;
    }
    change(shop, outlet, "B", 2, |item| item.price = Some(900)).await;
    let db = shop.db();
    let lists = product_list::with_above(db, outlet).await.expect("reads");
    let scope = Scope { lists, ..Shop::scope() };
    let mut order = None;
    for code in ["A", "B"] {
        let listed = product::find(db, lists, code).await.expect("reads").remove(0);
        let terms = line_terms(&listed.product, "", "1").expect("sold");
        let line = NewLine { listed, terms, confirmed_by: None, scan: None };
        order = Some(draft::line_add(db, &scope, order, line, at(3)).await.expect("adds"));
    }
    let order = order.expect("opened");
    for code in ["A", "B"] {
        change(shop, company, code, 4, |item| (item.price, item.sale_max) = (Some(1_100), Some(2))).await;
    }
    let lines = draft::fetch(db, &scope, order).await.expect("reads").expect("there").lines;
    let now: Vec<_> = lines.iter().map(|line| (line.updated_price().map(|fen| fen.0), line.sale_max)).collect();
    assert_eq!(now, [(Some(1_100), Some(2)), (None, Some(2))], "B has its own price");
    let over = draft::line_quantity(db, &scope, order, 3, current(shop, &scope).await, at(5)).await;
    assert!(matches!(over, Err(draft::DraftError::Refused(draft::Refused::OverLimit { most: 2 }))), "{over:?}");
    draft::line_quantity(db, &scope, order, 2, current(shop, &scope).await, at(5)).await.expect("fits");

    // The barcode is the company's; a recall by it stops the line at the outlet.
    let announced = Announced {
        matches: vec![(MatchKind::Barcode, "69B".to_owned())],
        reason: "lot 7".to_owned(),
        text: "do not sell".to_owned(),
        since: BusinessDate(20_261_101),
    };
    recall::start(db, announced, entry(at(6))).await.expect("starts");
    let lines = draft::fetch(db, &scope, order).await.expect("reads").expect("there").lines;
    let stopped: Vec<bool> = lines.iter().map(|line| line.recalled.is_some()).collect();
    assert_eq!(stopped, [false, true]);
}

async fn current(shop: &Shop, scope: &Scope) -> domain::time::Timestamp {
    draft::current(shop.db(), scope).await.expect("reads").expect("open").changed_at
}

async fn a_list_goes_under_the_company_and_an_outlet_sells_from_its_merchants_lists(shop: &Shop) {
    let db = shop.db();
    let (company, outlet_list) = two_more(shop).await;
    let own = product_list::find(db, LIST).await.expect("reads").expect("there");
    let under = |version, parent| product_list::put_under(db, MERCHANT, version, parent, entry(at(1)));
    assert_eq!(under(own.version, Some(outlet_list)).await.expect("reads"), Changed::Gone, "not a company's list");
    assert_eq!(under(own.version, Some(LIST)).await.expect("reads"), Changed::Gone);
    assert_eq!(under(own.version + 1, Some(company)).await.expect("reads"), Changed::Stale);
    assert_eq!(under(own.version, Some(company)).await.expect("writes"), Changed::Done(LIST));
    assert_eq!(under(own.version, Some(company)).await.expect("a second press"), Changed::Done(LIST));
    assert_eq!(under(own.version, None).await.expect("reads"), Changed::Stale);

    let outlet = OutletId(Shop::actor().outlet.0);
    let sells = |list| product_list::sell_from(db, outlet, list, entry(at(2)));
    assert_eq!(sells(company).await.expect("reads"), Changed::Gone, "not its merchant's");
    assert_eq!(sells(ListId(9_999_999)).await.expect("reads"), Changed::Gone);
    for list in [outlet_list, outlet_list, LIST, outlet_list] {
        assert_eq!(sells(list).await.expect("writes"), Changed::Done(list));
        let all = product_list::outlets(db, MERCHANT, None, 500).await.expect("reads");
        assert_eq!(all.iter().find(|one| one.id == outlet).expect("there").list.0, list);
    }
    let again = product_list::create(db, Some(MERCHANT), "east".to_owned(), entry(at(3))).await;
    assert_eq!(again.expect("reads"), Changed::NameTaken);
    let lists: Vec<_> = product_list::page(db, None, 9).await.expect("reads");
    let shown: Vec<_> = lists.iter().map(|one| (one.id, one.parent.as_ref().map(|(id, _)| *id), one.outlets)).collect();
    assert_eq!(shown, [(company, None, 0), (outlet_list, Some(LIST), 1)]);
}

async fn what_a_product_cost_is_known_through_the_lists(shop: &Shop) {
    let (company, outlet) = two_more(shop).await;
    put_under(shop, Some(company)).await;
    add(shop, company, Item { price_low: None, price_high: None, ..item("A") }).await;
    change(shop, company, "A", 10, |item| item.price = Some(1_100)).await;
    change(shop, outlet, "A", 20, |item| item.price = Some(1_050)).await;
    change(shop, company, "A", 30, |item| item.price = Some(1_200)).await;
    change(shop, LIST, "A", 40, |item| item.active = false).await;
    let cost = async |list: ListId, seconds: i64| {
        let then = price::price_at(shop.db(), list, "A".to_owned(), at(seconds)).await.expect("reads");
        then.map(|then| (then.prices.price.expect("a price").0, then.active))
    };
    for (list, seconds, expected) in [
        (outlet, 0, None),
        (outlet, 5, Some((1_000, true))),
        (outlet, 15, Some((1_100, true))),
        (outlet, 25, Some((1_050, true))),
        (outlet, 35, Some((1_050, true))),
        (LIST, 35, Some((1_200, true))),
        (outlet, 45, Some((1_050, false))),
        (LIST, 45, Some((1_200, false))),
        (company, 45, Some((1_200, true))),
    ] {
        assert_eq!(cost(list, seconds).await, expected, "list {list} after {seconds} s");
    }
    let since = price::prices(shop.db(), outlet, "A".to_owned(), 9).await.expect("reads");
    let since: Vec<_> = since.iter().map(|one| (one.prices.price.expect("a price").0, one.above)).collect();
    assert_eq!(
        since,
        [(1_200, Some(LIST)), (1_200, Some(company)), (1_050, None), (1_100, Some(company)), (1_000, Some(company))]
    );
}
