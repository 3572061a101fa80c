//! One product of a merchant: its form, what it cost when, and a new one.
//!
//! What must stay true: a price that moves far is proposed, everything else is stored at once; nobody saves over a change
//! that was made meanwhile.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use domain::acts::{Act, Payload};
use domain::directory::{self, Wrong};
use domain::ids::{ListId, RequestId};
use domain::money::{Fen, TYPED_MAX};
use domain::order::QUANTITY_MAX;
use domain::product::{Prices, is_code};
use domain::role::Action;
use domain::time::{BusinessDate, HOUR, Timestamp};
use serde::Deserialize;
use storage::catalogue::{self, Item, Kept, OTC_CLASSES, Sheet, Taken};
use storage::price::{self, PriceSince};
use storage::product_list::{self, Own};
use storage::{edition, proposal};
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::step::Told;
use web_kit::text::fill;

use crate::editions::edition_link;
use crate::entry::{Entered, Input, Typed, wrong_count};
use crate::places;
use crate::products::{
    PRODUCTS, band_words, class_words, coming_words, entry, goods_link, keeper, list_of, may_change, price_words,
    product_link,
};
use crate::text::{Said, Text};
use crate::{Shell, Visit};

/// Changes of price on the page.
const HISTORY: u32 = 50;

#[derive(Template)]
#[template(path = "product.html")]
#[expect(clippy::struct_excessive_bools, reason = "each shows or hides something")]
struct View {
    shell: Shell,
    title: String,
    merchant: String,
    list: String,
    path: String,
    /// `None` for a new one.
    version: Option<i64>,
    code: String,
    recalled: Option<String>,
    told: Option<Told>,
    waits: Option<String>,
    /// What an edition will make of it, and where that is.
    coming: Option<(String, String)>,
    can: bool,
    inputs: Vec<Input>,
    /// What a list above says of it: labels and values.
    facts: Vec<(&'static str, String)>,
    /// It says something itself that it need not.
    follows: bool,
    wrong: Option<String>,
    stale: bool,
    request: RequestId,
    history: Vec<Line>,
    /// There may be more.
    history_cut: bool,
    at: String,
    at_says: Option<String>,
}

/// What a product cost from a moment on.
struct Line {
    since: String,
    price: String,
    band: String,
    payable: &'static str,
    active: &'static str,
    by: String,
    /// The list that said so, if it is one above.
    list: String,
}

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// The request of the last step.
    a: String,
    /// The moment that is asked about.
    at: String,
}

/// The form of a new product.
pub(crate) async fn ask(visit: Visit, Path(list): Path<i64>) -> Result<Response, Problem> {
    let typed = Typed::from([("unit".to_owned(), visit.text().products.piece.to_owned())]);
    let form = Entered::of(typed, visit.text());
    new_view(&visit, list, &form).await
}

async fn new_view(visit: &Visit, list: i64, form: &Entered) -> Result<Response, Problem> {
    let own = list_of(visit, list).await?;
    let inputs = inputs(form, visit.text(), Fields::New);
    let page = View {
        title: fill(visit.text().products.new_of, &[&own.name]),
        merchant: own.name,
        list: goods_link(list),
        path: format!("{}/new", goods_link(list)),
        version: None,
        code: String::new(),
        recalled: None,
        told: None,
        waits: None,
        coming: None,
        can: true,
        facts: Vec::new(),
        follows: false,
        wrong: wrong_count(&inputs, visit.text()),
        inputs,
        stale: false,
        request: visit.new_request(),
        history_cut: false,
        history: Vec::new(),
        at: String::new(),
        at_says: None,
        shell: visit.shell(PRODUCTS),
    };
    Ok(render(&page).into_response())
}

/// Makes a product.
pub(crate) async fn make(visit: Visit, Path(list): Path<i64>, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let mut form = Entered::of(typed, visit.text());
    let item = new_item(&mut form, visit.text());
    if !form.is_sound() {
        return new_view(&visit, list, &form).await;
    }
    let link = product_link(list, &item.code);
    let entry = entry(&visit, "product_written", &item.code, ListId(list)).await?;
    match catalogue::keep(visit.db(), (keeper(&visit), ListId(list)), None, item, entry).await? {
        Kept::Done => Ok(Flash::new(Said::Saved, &[]).redirect(&visit.web, &link)),
        kept => {
            refuse(&mut form, kept, visit.text())?;
            new_view(&visit, list, &form).await
        }
    }
}

/// Puts why a product was not kept beside the field that it is about.
fn refuse(form: &mut Entered, kept: Kept, text: &'static Text) -> Result<(), Problem> {
    let words = &text.products;
    match kept {
        Kept::Taken(Taken::Code(name)) => form.refuse("product_code", fill(words.code_taken, &[&name])),
        Kept::Taken(Taken::Barcode(code, name)) => form.refuse("barcode", fill(words.barcode_taken, &[&code, &name])),
        Kept::Recalled => form.refuse("barcode", words.covered.to_owned()),
        Kept::PricesApart => form.refuse("product_price", words.price_apart.to_owned()),
        Kept::Other => form.refuse("product_price", words.other.to_owned()),
        Kept::CompanyDecides => form.refuse("card_payable", words.company_decides.to_owned()),
        Kept::FromAbove => form.refuse("name", words.from_above_only.to_owned()),
        Kept::Done | Kept::PricesWait | Kept::Stale | Kept::Gone => return Err(Problem::NotFound),
    }
    Ok(())
}

async fn find(visit: &Visit, list: i64, code: &str) -> Result<Sheet, Problem> {
    list_of(visit, list).await?;
    catalogue::sheet(visit.db(), ListId(list), code.to_owned()).await?.ok_or(Problem::NotFound)
}

/// The product.
pub(crate) async fn show(
    visit: Visit,
    Path((list, code)): Path<(i64, String)>,
    Query(params): Query<Params>,
) -> Result<Response, Problem> {
    let one = find(&visit, list, &code).await?;
    let form = Entered::of(typed_of(&one.item), visit.text());
    view(&visit, list, one, &form, &params, false).await
}

async fn view(
    visit: &Visit,
    list: i64,
    one: Sheet,
    form: &Entered,
    params: &Params,
    stale: bool,
) -> Result<Response, Problem> {
    let text = visit.text();
    let code = one.item.code.clone();
    let own = list_of(visit, list).await?;
    let mut names: Vec<(ListId, String)> = own.parent.clone().into_iter().collect();
    if let Some((above, _)) = &own.parent {
        names.extend(product_list::find(visit.db(), *above).await?.and_then(|above| above.parent));
    }
    let history = price::prices(visit.db(), ListId(list), code.clone(), HISTORY).await?;
    let inputs = inputs(form, text, if one.above { Fields::Own } else { Fields::All });
    let coming = edition::coming(visit.db(), ListId(list), vec![code.clone()]).await?;
    let coming = coming
        .get(&code)
        .and_then(|coming| Some((edition_link(coming.edition), coming_words(&one.item, coming, text)?)));
    let page = View {
        coming,
        title: format!("{code} {}", one.item.name),
        merchant: own.name,
        list: goods_link(list),
        path: product_link(list, &code),
        version: Some(one.version),
        recalled: one.recalled.as_ref().map(|said| fill(text.products.recalled_note, &[said])),
        told: places::told(visit, &params.a).await?,
        waits: waiting(visit, list, &code).await?.filter(|_| visit.session.can(Action::ViewProposals)),
        can: may_change(visit),
        facts: if one.above { facts(&one.item, text) } else { Vec::new() },
        follows: one.above && one.item.own != Own::NONE,
        wrong: wrong_count(&inputs, text),
        inputs,
        stale,
        request: visit.new_request(),
        history_cut: history.len() >= HISTORY as usize,
        history: history.iter().map(|row| Line { list: above_name(row, &names), ..line(row, text) }).collect(),
        at: params.at.clone(),
        at_says: at_words(visit, list, &one, params.at.trim()).await?,
        code,
        shell: visit.shell(PRODUCTS),
    };
    Ok(render(&page).into_response())
}

/// Where a proposal about the price of this product waits, if one does.
async fn waiting(visit: &Visit, list: i64, code: &str) -> Result<Option<String>, Problem> {
    let waiting = proposal::waiting_about(visit.db(), Act::ProductPrice, list, visit.session.now).await?;
    let of = |payload: &Payload| matches!(payload, Payload::ProductPrice { code: own, .. } if own == code);
    let waits = waiting.iter().find(|one| of(&one.payload));
    Ok(waits.map(|one| web_kit::proposal::address(one.id)))
}

fn line(row: &PriceSince, text: &'static Text) -> Line {
    let words = &text.products;
    Line {
        since: row.since.map_or_else(|| words.before.to_owned(), Timestamp::date_time_text),
        price: price_words(row.prices.price, text),
        band: band_words(row.prices, text),
        payable: if row.card_payable { words.payable_yes } else { words.payable_no },
        active: if row.active { words.on_sale } else { words.stopped },
        by: row.by.clone().unwrap_or_default(),
        list: String::new(),
    }
}

/// The name of the list above that said a price.
fn above_name(row: &PriceSince, names: &[(ListId, String)]) -> String {
    let named = names.iter().find(|(id, _)| Some(*id) == row.above);
    named.map_or_else(String::new, |(_, name)| name.clone())
}

/// What a list above says of a product, for a form that cannot change it.
fn facts(item: &Item, text: &'static Text) -> Vec<(&'static str, String)> {
    let words = &text.products;
    let yes = |it_is: bool, yes: &str, no: &str| if it_is { yes } else { no }.to_owned();
    vec![
        (words.name, item.name.clone()),
        (words.barcode, item.barcode.clone()),
        (words.spec, item.spec.clone()),
        (words.maker, item.maker.clone()),
        (words.approval, item.approval_no.clone()),
        (words.category, item.category.clone()),
        (words.class, class_words(&item.otc_class, text).to_owned()),
        (words.unit, item.unit.clone()),
        (words.payable, yes(item.card_payable, words.payable_yes, words.payable_no)),
        (words.id_check, yes(item.id_check, words.id_check_yes, words.id_check_no)),
    ]
}

/// What the product cost at the moment that was typed.
async fn at_words(visit: &Visit, list: i64, one: &Sheet, typed: &str) -> Result<Option<String>, Problem> {
    let (text, words) = (visit.text(), &visit.text().products);
    if typed.is_empty() {
        return Ok(None);
    }
    let Some(at) = moment(typed).filter(|at| *at <= visit.session.now) else {
        return Ok(Some(words.at_wrong.to_owned()));
    };
    let Some(then) = price::price_at(visit.db(), ListId(list), one.item.code.clone(), at).await? else {
        return Ok(Some(fill(words.at_none, &[typed])));
    };
    let line = line(&then, text);
    let price = if line.price == words.open_price { line.price } else { fill(words.yuan, &[&line.price]) };
    let band = format!("{} {}", words.th_band, line.band);
    let payable = format!("{} {}", words.payable, line.payable);
    let what = [price, band, payable, line.active.to_owned()].join("; ");
    Ok(Some(fill(words.at_was, &[typed, &what])))
}

/// A date and a time of day, as people type them.
pub(crate) fn moment(typed: &str) -> Option<Timestamp> {
    let (date, time) = typed.split_once([' ', 'T'])?;
    let (hours, minutes) = time.trim().split_once(':')?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let fits = (0..24).contains(&hours) && (0..60).contains(&minutes);
    let start = BusinessDate::parse(date.trim()).filter(|_| fits)?.start()?;
    Some(start.plus(hours * HOUR + minutes * (HOUR / 60)))
}

/// Saves it; a price that moves far is proposed.
pub(crate) async fn save(
    visit: Visit,
    Path((list, code)): Path<(i64, String)>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let text = visit.text();
    let version = typed.get("version").and_then(|one| one.parse().ok()).ok_or(Problem::BadForm)?;
    if typed.get("do").is_some_and(|what| what == "follow") {
        return follow(&visit, list, code, version).await;
    }
    let request = typed.get("request").and_then(|one| RequestId::parse(one)).ok_or(Problem::BadForm)?;
    let one = find(&visit, list, &code).await?;
    let mut form = Entered::of(typed, text);
    let item = if one.above {
        own_terms(&one.item, &mut form, text)
    } else {
        Item { code: code.clone(), pinyin: one.item.pinyin.clone(), ..item(&mut form, text) }
    };
    let prices = item.prices();
    let company = visit.session.of_company();
    if company && one.item.prices().needs_two(prices) && waiting(&visit, list, &code).await?.is_some() {
        form.refuse("product_price", text.products.price_waits.to_owned());
    }
    let none = Params::default();
    if !form.is_sound() {
        return view(&visit, list, Sheet { version, ..one }, &form, &none, false).await;
    }
    let link = product_link(list, &code);
    let entry = entry(&visit, "product_changed", &code, ListId(list)).await?;
    match catalogue::keep(visit.db(), (keeper(&visit), ListId(list)), Some(version), item, entry).await? {
        Kept::Done => Ok(Flash::new(Said::Saved, &[]).redirect(&visit.web, &link)),
        Kept::PricesWait => {
            let payload = Payload::ProductPrice { list: ListId(list), code, prices };
            places::propose(&visit, payload, request, &link).await
        }
        Kept::Stale => {
            let now = find(&visit, list, &code).await?;
            let form = Entered::of(typed_of(&now.item), text);
            view(&visit, list, now, &form, &none, true).await
        }
        kept => {
            refuse(&mut form, kept, text)?;
            view(&visit, list, Sheet { version, ..one }, &form, &none, false).await
        }
    }
}

/// Lets the list say nothing itself of it any more.
async fn follow(visit: &Visit, list: i64, code: String, version: i64) -> Result<Response, Problem> {
    let entry = entry(visit, "product_follows", &code, ListId(list)).await?;
    let kept =
        catalogue::follow_above(visit.db(), (keeper(visit), ListId(list)), (code.clone(), version), entry).await?;
    if kept == Kept::Done {
        return Ok(Flash::new(Said::Saved, &[]).redirect(&visit.web, &product_link(list, &code)));
    }
    let now = find(visit, list, &code).await?;
    let mut form = Entered::of(typed_of(&now.item), visit.text());
    if kept == Kept::PricesApart {
        form.refuse("product_price", visit.text().products.follow_far.to_owned());
    }
    view(visit, list, now, &form, &Params::default(), kept == Kept::Stale).await
}

fn typed_of(item: &Item) -> Typed {
    let prices = item.prices();
    let price = |price: Option<Fen>| price.map_or_else(String::new, Fen::plain);
    let yes = |it_is: bool| if it_is { "yes" } else { "no" }.to_owned();
    let fields = [
        ("name", item.name.clone()),
        ("barcode", item.barcode.clone()),
        ("spec", item.spec.clone()),
        ("maker", item.maker.clone()),
        ("approval_no", item.approval_no.clone()),
        ("category", item.category.clone()),
        ("otc_class", item.otc_class.clone()),
        ("unit", item.unit.clone()),
        ("product_price", price(prices.price)),
        ("price_low", price(prices.low)),
        ("price_high", price(prices.high)),
        ("card_payable", yes(item.card_payable)),
        ("active", yes(item.active)),
        ("sale_max", item.sale_max.map_or_else(String::new, |most| most.to_string())),
        ("id_check", yes(item.id_check)),
    ];
    fields.map(|(name, value)| (name.to_owned(), value)).into()
}

/// Which inputs a form of a product has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fields {
    /// Those of a new one, which has a code to be typed, and is on sale.
    New,
    /// All but the code.
    All,
    /// What a list says itself of a product that a list above has.
    Own,
}

/// The inputs of a product.
pub(crate) fn inputs(form: &Entered, text: &'static Text, which: Fields) -> Vec<Input> {
    let words = &text.products;
    let new = which == Fields::New;
    let choice = |all: &[(&str, &str)]| {
        let all = new.then_some(("", words.choose)).into_iter().chain(all.iter().copied());
        all.map(|(word, name)| (word.to_owned(), name.to_owned())).collect::<Vec<_>>()
    };
    let classes = OTC_CLASSES.map(|word| (word, class_words(word, text)));
    let payable = [("yes", words.payable_yes), ("no", words.payable_no)];
    let active = [("yes", words.on_sale), ("no", words.stopped)];
    let id_check =
        [("no", words.id_check_no), ("yes", words.id_check_yes)].map(|(word, name)| (word.to_owned(), name.to_owned()));
    let code = new.then(|| form.input("product_code", words.code).more(words.code_more));
    let sale = (!new).then(|| form.input("active", words.active).options(choice(&active)));
    let about = [
        form.input("name", words.name),
        form.input("barcode", words.barcode).number().optional(),
        form.input("spec", words.spec).optional(),
        form.input("maker", words.maker).optional(),
        form.input("approval_no", words.approval).optional(),
        form.input("category", words.category).optional(),
        form.input("otc_class", words.class).options(choice(&classes)),
        form.input("unit", words.unit),
    ];
    let prices = [
        form.input("product_price", words.price).more(words.price_more).number().optional(),
        form.input("price_low", words.low).number().optional(),
        form.input("price_high", words.high).more(words.band_more).number().optional(),
    ];
    let pays = form.input("card_payable", words.payable).options(choice(&payable));
    let limit = form.input("sale_max", words.limit).more(words.limit_more).most(3).number().optional();
    let id_check = form.input("id_check", words.id_check).options(id_check);
    if which == Fields::Own {
        return prices.into_iter().chain([limit]).chain(sale).collect();
    }
    code.into_iter().chain(about).chain(prices).chain([pays, limit, id_check]).chain(sale).collect()
}

/// A product that a list above has, as a form of this list says it.
fn own_terms(before: &Item, form: &mut Entered, text: &'static Text) -> Item {
    let (prices, sale_max) = (prices(form, text), limit(form, text));
    Item { active: form.get("active") == "yes", sale_max, ..before.clone().at(prices) }
}

/// The most pieces on one order; empty for any number.
fn limit(form: &mut Entered, text: &'static Text) -> Option<i64> {
    let typed = form.get("sale_max").trim().to_owned();
    let most = typed.parse().ok().filter(|most| (1..=QUANTITY_MAX).contains(most));
    if !typed.is_empty() && most.is_none() {
        form.refuse("sale_max", text.products.wrong_limit.to_owned());
    }
    most
}

/// The new product that a form describes, on sale; what cannot be is refused at its field.
pub(crate) fn new_item(form: &mut Entered, text: &'static Text) -> Item {
    let code = form.take("product_code", |typed| {
        let code = directory::name(typed, 20)?;
        if is_code(&code) { Ok(code) } else { Err(Wrong::Form) }
    });
    Item { code, active: true, ..item(form, text) }
}

/// What a form says of a product, without its code.
fn item(form: &mut Entered, text: &'static Text) -> Item {
    let words = &text.products;
    let mut chosen = |name: &'static str, among: &[&str]| {
        let typed = form.get(name).to_owned();
        if !among.contains(&typed.as_str()) {
            form.refuse(name, words.wrong_choice.to_owned());
        }
        typed
    };
    let class = chosen("otc_class", &OTC_CLASSES);
    let payable = chosen("card_payable", &["yes", "no"]);
    let (prices, sale_max) = (prices(form, text), limit(form, text));
    let graphic = |typed: &str| typed.bytes().all(|byte| byte.is_ascii_graphic());
    let item = Item {
        code: String::new(),
        barcode: form.take_optional("barcode", |typed| {
            let barcode = directory::name(typed, 32)?;
            if graphic(&barcode) { Ok(barcode) } else { Err(Wrong::Form) }
        }),
        name: form.take("name", |typed| directory::name(typed, 120)),
        pinyin: String::new(),
        spec: form.take("spec", |typed| directory::text(typed, 60)),
        maker: form.take("maker", |typed| directory::text(typed, 120)),
        approval_no: form.take("approval_no", |typed| directory::text(typed, 60)),
        category: form.take("category", |typed| directory::text(typed, 60)),
        otc_class: class,
        unit: form.take("unit", |typed| directory::name(typed, 20)),
        price: None,
        price_low: None,
        price_high: None,
        card_payable: payable == "yes",
        active: form.get("active") == "yes",
        sale_max,
        id_check: form.get("id_check") == "yes",
        own: Own::ALL,
    };
    item.at(prices)
}

fn prices(form: &mut Entered, text: &'static Text) -> Prices {
    let words = &text.products;
    let mut price = |name: &'static str| {
        let typed = form.get(name).trim().to_owned();
        let price = Fen::parse_yuan(&typed).ok().filter(|price| price.is_positive() && *price <= TYPED_MAX);
        if !typed.is_empty() && price.is_none() {
            form.refuse(name, words.wrong_price.to_owned());
        }
        price
    };
    let prices = Prices { price: price("product_price"), low: price("price_low"), high: price("price_high") };
    if !prices.fit() {
        form.refuse("price_low", words.wrong_band.to_owned());
    }
    prices
}
