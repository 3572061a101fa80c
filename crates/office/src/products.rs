//! 商品: the merchants, whose goods are kept apart, and the goods of one of them as a list and a file.
//!
//! What must stay true: a file is in the audit log before it leaves.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use domain::ids::ListId;
use domain::money::Fen;
use domain::product::Prices;
use domain::role::Action;
use domain::time::Timestamp;
use serde::Deserialize;
use storage::catalogue::{self, Item, Keeper, Sheet};
use storage::edition::{self, Coming};
use storage::import::ImportKind;
use storage::places::list::{Filter, merchants};
use storage::product_list::{self, Own, PriceList};
use storage::{Storage, StorageError, audit, product};
use web_kit::badge::Badge;
use web_kit::export::{self, Kind, PIECE, ROWS_MAX};
use web_kit::flash::Flash;
use web_kit::link::link;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::text::fill;

use crate::editions::{self, edition_link};
use crate::imports;
use crate::lists::{LISTS, list_link};
use crate::places::standing;
use crate::text::{Said, Text};
use crate::{Shell, Visit};

/// The page.
pub(crate) const PRODUCTS: &str = "/office/products";

/// Rows of a page.
const ROWS: u32 = 50;

/// The list of a merchant's goods.
pub(crate) fn goods_link(list: i64) -> String {
    format!("{PRODUCTS}/{list}")
}

/// The page of a product. Codes are letters, digits and hyphens.
pub(crate) fn product_link(list: i64, code: &str) -> String {
    format!("{PRODUCTS}/{list}/code/{code}")
}

/// A list, or that there is none for this person: people of a merchant have those of their merchant.
pub(crate) async fn list_of(visit: &Visit, list: i64) -> Result<PriceList, Problem> {
    let found = product_list::find(visit.db(), ListId(list)).await?.ok_or(Problem::NotFound)?;
    let own = visit.session.place.merchant();
    let theirs = own.is_none() || found.merchant.as_ref().map(|(id, _)| *id) == own;
    if theirs { Ok(found) } else { Err(Problem::NotFound) }
}

/// Whether the person changes goods, all or those of the own merchant.
pub(crate) fn may_change(visit: &Visit) -> bool {
    visit.session.can(Action::ManageProducts) || visit.session.can(Action::ManageOwnProducts)
}

/// For whom the person changes goods.
pub(crate) fn keeper(visit: &Visit) -> Keeper {
    if visit.session.of_company() { Keeper::Company } else { Keeper::Merchant }
}

/// What is done to the goods of a list, for the audit log.
pub(crate) async fn entry(
    visit: &Visit,
    action: &'static str,
    subject: &str,
    list: ListId,
) -> Result<audit::Entry, Problem> {
    let merchant = list_of(visit, list.0).await?.merchant.map(|(id, _)| id);
    Ok(audit::Entry { merchant, ..visit.session.entry(action, subject, "") })
}

/// A price as a list shows it.
pub(crate) fn price_words(price: Option<Fen>, text: &'static Text) -> String {
    price.map_or_else(|| text.products.open_price.to_owned(), |price| price.to_string())
}

/// What a cashier may take without asking.
pub(crate) fn band_words(prices: Prices, text: &'static Text) -> String {
    match (prices.low, prices.high) {
        (Some(low), Some(high)) => fill(text.products.band, &[&low.to_string(), &high.to_string()]),
        _ => text.products.any_price.to_owned(),
    }
}

/// A class of drugs, in words.
pub(crate) fn class_words(class: &str, text: &'static Text) -> &'static str {
    let words = &text.products;
    match class {
        "RX" => words.rx,
        "OTC-A" => words.otc_a,
        "OTC-B" => words.otc_b,
        _ => words.no_drug,
    }
}

/// How a product stands.
fn state(one: &Sheet, text: &'static Text) -> Badge {
    let words = &text.products;
    match (&one.recalled, one.item.active) {
        (Some(_), _) => Badge::new("bad", "pause", words.recalled),
        (None, true) => Badge::new("ok", "ok", words.on_sale),
        (None, false) => Badge::new("off", "pause", words.stopped),
    }
}

#[derive(Template)]
#[template(path = "products_of.html")]
struct Merchants {
    shell: Shell,
    path: &'static str,
    lists: &'static str,
    find: String,
    rows: Vec<MerchantLine>,
    first: Option<String>,
    next: Option<String>,
}

struct MerchantLine {
    link: String,
    name: String,
    mid: String,
    state: Badge,
}

/// What the address says.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// What is looked for.
    q: String,
    /// The last row of the page before.
    after: String,
}

/// The merchants, to choose one.
pub(crate) async fn choose(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    // Whoever has one merchant is shown its goods.
    if let Some(own) = visit.session.place.merchant() {
        return show(visit, Path(own.0), Query(params)).await;
    }
    let find = params.q.trim().to_owned();
    let filter = Filter { find: find.clone(), ..Filter::default() };
    let after = params.after.parse().unwrap_or(0);
    let mut found = merchants(visit.db(), filter, after, ROWS.saturating_add(1), visit.session.now).await?;
    let more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let last = found.last().filter(|_| more).map(|last| last.id.to_string());
    let page = Merchants {
        path: PRODUCTS,
        lists: LISTS,
        rows: found
            .into_iter()
            .map(|one| MerchantLine {
                link: goods_link(one.id.0),
                name: one.name,
                mid: one.mid,
                state: standing(one.status, visit.text()),
            })
            .collect(),
        first: (after > 0).then(|| link(PRODUCTS, &[("q", &find)])),
        next: last.map(|last| link(PRODUCTS, &[("q", &find), ("after", &last)])),
        find,
        shell: visit.shell(PRODUCTS),
    };
    Ok(render(&page).into_response())
}

#[derive(Template)]
#[template(path = "products.html")]
struct View {
    shell: Shell,
    title: String,
    path: String,
    merchants: Option<&'static str>,
    /// The merchant's other lists, for its own people.
    others: Vec<(String, String)>,
    /// The page of the list, and what is above it.
    list: Option<String>,
    above: Option<String>,
    find: String,
    rows: Vec<Row>,
    count: String,
    /// Address of the form for a new one, for those who may.
    new: Option<String>,
    import: String,
    editions: Vec<Edition>,
    csv: String,
    xlsx: String,
    first: Option<String>,
    next: Option<String>,
}

/// An edition of these goods.
struct Edition {
    link: String,
    name: String,
    state: Badge,
    when: String,
    count: String,
}

/// Editions beside the goods.
const EDITIONS: u32 = 5;

struct Row {
    link: String,
    code: String,
    name: String,
    more: String,
    price: String,
    band: String,
    payable: Badge,
    state: Badge,
    /// What it will cost from when on.
    coming: Option<String>,
    /// Whether a list above has it, and whether this one says something itself.
    from: Option<&'static str>,
}

/// What a product will cost from when on, if that is something else.
pub(crate) fn coming_words(item: &Item, coming: &Coming, text: &'static Text) -> Option<String> {
    let words = &text.products;
    let at = coming.at.date_time_text();
    match (item.prices() != coming.item.prices(), item.active && !coming.item.active) {
        (_, true) => Some(fill(words.coming_stop, &[&at])),
        (true, _) => Some(fill(words.coming, &[&at, &price_words(coming.item.prices().price, text)])),
        _ => None,
    }
}

fn row(list: i64, one: &Sheet, coming: Option<&Coming>, text: &'static Text) -> Row {
    let (words, item) = (&text.products, &one.item);
    let more = [class_words(&item.otc_class, text), &item.spec];
    Row {
        link: product_link(list, &item.code),
        code: item.code.clone(),
        name: item.name.clone(),
        more: more.join(" ").trim().to_owned(),
        price: price_words(item.prices().price, text),
        band: band_words(item.prices(), text),
        payable: if item.card_payable {
            Badge::new("ok", "ok", words.payable_yes)
        } else {
            Badge::new("off", "close", words.payable_no)
        },
        state: state(one, text),
        coming: coming.and_then(|coming| coming_words(item, coming, text)),
        from: match (one.above, item.own == Own::NONE) {
            (true, true) => Some(words.inherited),
            (true, false) => Some(words.overridden),
            (false, _) => None,
        },
    }
}

/// A merchant's goods: page by page, or what a search finds.
pub(crate) async fn show(
    visit: Visit,
    Path(list): Path<i64>,
    Query(params): Query<Params>,
) -> Result<Response, Problem> {
    let (text, words) = (visit.text(), &visit.text().products);
    let own = list_of(&visit, list).await?;
    let others = match visit.session.place.merchant() {
        Some(merchant) => product_list::of(visit.db(), Some(merchant)).await?,
        None => Vec::new(),
    };
    let others =
        others.into_iter().filter(|one| one.id != own.id).map(|one| (goods_link(one.id.0), one.name)).collect();
    let find = params.q.trim().to_owned();
    let path = goods_link(list);
    let (found, count, next) = if find.is_empty() {
        let after = params.after.clone();
        let mut found = catalogue::list(visit.db(), ListId(list), after, ROWS.saturating_add(1)).await?;
        let more = found.len() > ROWS as usize;
        found.truncate(ROWS as usize);
        let last = found.last().filter(|_| more).map(|last| link(&path, &[("after", &last.item.code)]));
        let count = fill(words.rows, &[&found.len().to_string()]);
        (found, count, last)
    } else {
        let (found, total) = search(&visit, list, &find).await?;
        let (shown, total) = (found.len().to_string(), total.to_string());
        let count = if shown == total { fill(words.hits, &[&total]) } else { fill(words.hits_best, &[&total, &shown]) };
        (found, count, None)
    };
    let codes = found.iter().map(|one| one.item.code.clone()).collect();
    let coming = edition::coming(visit.db(), ListId(list), codes).await?;
    let editions = edition::page(visit.db(), ListId(list), None, EDITIONS).await?;
    let editions = editions.iter().map(|one| Edition {
        link: edition_link(one.id),
        name: one
            .number
            .map_or_else(|| one.source.clone(), |number| fill(text.imports.edition, &[&number.to_string()])),
        state: editions::state(one, text),
        when: one
            .live_at
            .or(one.effective_at.filter(|at| at.0 > 0))
            .map_or_else(String::new, Timestamp::date_time_text),
        count: fill(text.imports.edition_more, &[&one.counts.all().to_string()]),
    });
    let page = View {
        import: imports::upload_link(list),
        editions: editions.collect(),
        title: fill(words.of, &[&own.name]),
        merchants: visit.session.of_company().then_some(PRODUCTS),
        others,
        list: visit.session.of_company().then(|| list_link(own.id)),
        above: own.parent.as_ref().map(|(_, name)| fill(text.lists.from_above, &[name])),
        rows: found.iter().map(|one| row(list, one, coming.get(&one.item.code), text)).collect(),
        count,
        new: may_change(&visit).then(|| format!("{path}/new")),
        csv: format!("{path}/export.csv"),
        xlsx: format!("{path}/export.xlsx"),
        first: (!params.after.is_empty()).then(|| path.clone()),
        next,
        find,
        path,
        shell: visit.shell(PRODUCTS),
    };
    Ok(render(&page).into_response())
}

/// The product with that code or barcode, on sale or not; else what is on sale and fits best, and how many there are.
async fn search(visit: &Visit, list: i64, find: &str) -> Result<(Vec<Sheet>, usize), Problem> {
    let lists = product_list::with_above(visit.db(), ListId(list)).await?;
    let exact = product::find_first(visit.db(), lists, visit.session.scan(find).candidates()).await?;
    let codes: Vec<String> = exact.into_iter().map(|one| one.product.code).collect();
    if !codes.is_empty() {
        let found = catalogue::sheets(visit.db(), ListId(list), codes).await?;
        let total = found.len();
        return Ok((found, total));
    }
    let hits = product::search(visit.db(), lists, find, "", ROWS as usize).await?;
    let codes = hits.rows.into_iter().map(|one| one.product.code).collect();
    Ok((catalogue::sheets(visit.db(), ListId(list), codes).await?, hits.total))
}

/// All of them as CSV.
pub(crate) async fn csv(visit: Visit, Path(list): Path<i64>) -> Result<Response, Problem> {
    file(&visit, list, Kind::Csv).await
}

/// The same as an Excel sheet.
pub(crate) async fn xlsx(visit: Visit, Path(list): Path<i64>) -> Result<Response, Problem> {
    file(&visit, list, Kind::Excel).await
}

async fn file(visit: &Visit, list: i64, kind: Kind) -> Result<Response, Problem> {
    let (text, words) = (visit.text(), &visit.text().products);
    // A list that does not exist has no file.
    list_of(visit, list).await?;
    let columns = jobs::columns(ImportKind::Products);
    let head: Vec<&str> = columns.iter().map(|column| imports::heading(*column, text)).collect();
    let entry = entry(visit, "products_exported", &list.to_string(), ListId(list)).await?;
    audit::append(visit.db(), audit::Entry { detail: kind.word().to_owned(), ..entry }).await?;
    let file = format!("products-{list}-{}", visit.session.now.business_date());
    let (db, list) = (visit.db().clone(), ListId(list));
    match kind {
        // As long as the list is: whoever imports it again misses nothing.
        Kind::Csv => Ok(export::long_csv(&file, &head, String::new(), move |after| piece(db.clone(), list, after))),
        Kind::Excel => {
            let (mut rows, mut after) = (Vec::new(), String::new());
            while let Some((found, last)) = piece(db.clone(), list, after).await? {
                rows.extend(found);
                if rows.len() > ROWS_MAX {
                    return Ok(Flash::new(Said::ListTooLong, &[]).redirect(&visit.web, &goods_link(list.0)));
                }
                after = last;
            }
            export::table(kind, &file, words.title, &head, rows).await
        }
    }
}

/// The next rows of the file behind a code, and the code of the last one.
async fn piece(db: Storage, list: ListId, after: String) -> Result<Option<(Vec<Vec<String>>, String)>, StorageError> {
    let found = catalogue::page(&db, list, after, u32::try_from(PIECE).unwrap_or(ROWS)).await?;
    let last = found.last().map(|last| last.item.code.clone());
    let rows = found.iter().map(|one| jobs::cells(ImportKind::Products, &one.item)).collect();
    Ok(last.map(|last| (rows, last)))
}
