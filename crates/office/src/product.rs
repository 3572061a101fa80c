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
use domain::ids::{MerchantId, RequestId};
use domain::money::{Fen, TYPED_MAX};
use domain::product::{Prices, is_code};
use domain::role::Action;
use domain::time::{BusinessDate, HOUR, Timestamp};
use serde::Deserialize;
use storage::catalogue::{self, Item, Kept, OTC_CLASSES, PriceSince, Sheet, Taken};
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
    PRODUCTS, band_words, class_words, coming_words, entry, goods_link, merchant_name, price_words, product_link,
};
use crate::text::{Said, Text};
use crate::{Shell, Visit};

/// Changes of price on the page.
const HISTORY: u32 = 50;

#[derive(Template)]
#[template(path = "product.html")]
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
pub(crate) async fn ask(visit: Visit, Path(merchant): Path<i64>) -> Result<Response, Problem> {
    let typed = Typed::from([("unit".to_owned(), visit.text().products.piece.to_owned())]);
    let form = Entered::of(typed, visit.text());
    new_view(&visit, merchant, &form).await
}

async fn new_view(visit: &Visit, merchant: i64, form: &Entered) -> Result<Response, Problem> {
    let merchant_name = merchant_name(visit, merchant).await?;
    let inputs = inputs(form, visit.text(), true);
    let page = View {
        title: fill(visit.text().products.new_of, &[&merchant_name]),
        merchant: merchant_name,
        list: goods_link(merchant),
        path: format!("{}/new", goods_link(merchant)),
        version: None,
        code: String::new(),
        recalled: None,
        told: None,
        waits: None,
        coming: None,
        can: true,
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
pub(crate) async fn make(
    visit: Visit,
    Path(merchant): Path<i64>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let mut form = Entered::of(typed, visit.text());
    let item = new_item(&mut form, visit.text());
    if !form.is_sound() {
        return new_view(&visit, merchant, &form).await;
    }
    let link = product_link(merchant, &item.code);
    let entry = entry(&visit, "product_written", &item.code, MerchantId(merchant));
    match catalogue::keep(visit.db(), MerchantId(merchant), None, item, entry).await? {
        Kept::Done => Ok(Flash::new(Said::Saved, &[]).redirect(&visit.web, &link)),
        kept => {
            refuse(&mut form, kept, visit.text())?;
            new_view(&visit, merchant, &form).await
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
        Kept::Done | Kept::PricesWait | Kept::Stale | Kept::Gone => return Err(Problem::NotFound),
    }
    Ok(())
}

async fn find(visit: &Visit, merchant: i64, code: &str) -> Result<Sheet, Problem> {
    catalogue::sheet(visit.db(), MerchantId(merchant), code.to_owned()).await?.ok_or(Problem::NotFound)
}

/// The product.
pub(crate) async fn show(
    visit: Visit,
    Path((merchant, code)): Path<(i64, String)>,
    Query(params): Query<Params>,
) -> Result<Response, Problem> {
    let one = find(&visit, merchant, &code).await?;
    let form = Entered::of(typed_of(&one.item), visit.text());
    view(&visit, merchant, one, &form, &params, false).await
}

async fn view(
    visit: &Visit,
    merchant: i64,
    one: Sheet,
    form: &Entered,
    params: &Params,
    stale: bool,
) -> Result<Response, Problem> {
    let text = visit.text();
    let code = one.item.code.clone();
    let history = catalogue::prices(visit.db(), MerchantId(merchant), code.clone(), None, HISTORY).await?;
    let inputs = inputs(form, text, false);
    let coming = edition::coming(visit.db(), MerchantId(merchant), vec![code.clone()]).await?;
    let coming = coming
        .get(&code)
        .and_then(|coming| Some((edition_link(coming.edition), coming_words(&one.item, coming, text)?)));
    let page = View {
        coming,
        title: format!("{code} {}", one.item.name),
        merchant: merchant_name(visit, merchant).await?,
        list: goods_link(merchant),
        path: product_link(merchant, &code),
        version: Some(one.version),
        recalled: one.recalled.as_ref().map(|said| fill(text.products.recalled_note, &[said])),
        told: places::told(visit, &params.a).await?,
        waits: waiting(visit, merchant, &code).await?.filter(|_| visit.session.can(Action::ViewProposals)),
        can: visit.session.can(Action::ManageProducts),
        wrong: wrong_count(&inputs, text),
        inputs,
        stale,
        request: visit.new_request(),
        history_cut: history.len() >= HISTORY as usize,
        history: history.iter().map(|row| line(row, text)).collect(),
        at: params.at.clone(),
        at_says: at_words(visit, merchant, &one, params.at.trim()).await?,
        code,
        shell: visit.shell(PRODUCTS),
    };
    Ok(render(&page).into_response())
}

/// Where a proposal about the price of this product waits, if one does.
async fn waiting(visit: &Visit, merchant: i64, code: &str) -> Result<Option<String>, Problem> {
    let waiting = proposal::waiting_about(visit.db(), Act::ProductPrice, merchant, visit.session.now).await?;
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
    }
}

/// What the product cost at the moment that was typed.
async fn at_words(visit: &Visit, merchant: i64, one: &Sheet, typed: &str) -> Result<Option<String>, Problem> {
    let (text, words) = (visit.text(), &visit.text().products);
    if typed.is_empty() {
        return Ok(None);
    }
    let Some(at) = moment(typed).filter(|at| *at <= visit.session.now) else {
        return Ok(Some(words.at_wrong.to_owned()));
    };
    let ask = |at| catalogue::prices(visit.db(), MerchantId(merchant), one.item.code.clone(), at, 1);
    let line = match ask(Some(at)).await?.first() {
        Some(row) => line(row, text),
        // Nobody has changed it yet, or it was made later.
        None if ask(None).await?.is_empty() => {
            let Item { card_payable, active, .. } = one.item;
            line(&PriceSince { since: None, prices: one.item.prices(), card_payable, active, by: None }, text)
        }
        None => return Ok(Some(fill(words.at_none, &[typed]))),
    };
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
    Path((merchant, code)): Path<(i64, String)>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let text = visit.text();
    let version = typed.get("version").and_then(|one| one.parse().ok()).ok_or(Problem::BadForm)?;
    let request = typed.get("request").and_then(|one| RequestId::parse(one)).ok_or(Problem::BadForm)?;
    let one = find(&visit, merchant, &code).await?;
    let mut form = Entered::of(typed, text);
    let item = Item { code: code.clone(), pinyin: one.item.pinyin.clone(), ..item(&mut form, text) };
    let prices = item.prices();
    if one.item.prices().needs_two(prices) && waiting(&visit, merchant, &code).await?.is_some() {
        form.refuse("product_price", text.products.price_waits.to_owned());
    }
    let none = Params::default();
    if !form.is_sound() {
        return view(&visit, merchant, Sheet { version, ..one }, &form, &none, false).await;
    }
    let link = product_link(merchant, &code);
    let entry = entry(&visit, "product_changed", &code, MerchantId(merchant));
    match catalogue::keep(visit.db(), MerchantId(merchant), Some(version), item, entry).await? {
        Kept::Done => Ok(Flash::new(Said::Saved, &[]).redirect(&visit.web, &link)),
        Kept::PricesWait => {
            let payload = Payload::ProductPrice { merchant: MerchantId(merchant), code, prices };
            places::propose(&visit, payload, request, &link).await
        }
        Kept::Stale => {
            let now = find(&visit, merchant, &code).await?;
            let form = Entered::of(typed_of(&now.item), text);
            view(&visit, merchant, now, &form, &none, true).await
        }
        kept => {
            refuse(&mut form, kept, text)?;
            view(&visit, merchant, Sheet { version, ..one }, &form, &none, false).await
        }
    }
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
    ];
    fields.map(|(name, value)| (name.to_owned(), value)).into()
}

/// The inputs of a product. A new one has a code to be typed, and is on sale.
pub(crate) fn inputs(form: &Entered, text: &'static Text, new: bool) -> Vec<Input> {
    let words = &text.products;
    let choice = |all: &[(&str, &str)]| {
        let all = new.then_some(("", words.choose)).into_iter().chain(all.iter().copied());
        all.map(|(word, name)| (word.to_owned(), name.to_owned())).collect::<Vec<_>>()
    };
    let classes = OTC_CLASSES.map(|word| (word, class_words(word, text)));
    let payable = [("yes", words.payable_yes), ("no", words.payable_no)];
    let active = [("yes", words.on_sale), ("no", words.stopped)];
    let code = new.then(|| form.input("product_code", words.code).more(words.code_more));
    let sale = (!new).then(|| form.input("active", words.active).options(choice(&active)));
    let rest = [
        form.input("name", words.name),
        form.input("barcode", words.barcode).number().optional(),
        form.input("spec", words.spec).optional(),
        form.input("maker", words.maker).optional(),
        form.input("approval_no", words.approval).optional(),
        form.input("category", words.category).optional(),
        form.input("otc_class", words.class).options(choice(&classes)),
        form.input("unit", words.unit),
        form.input("product_price", words.price).more(words.price_more).number().optional(),
        form.input("price_low", words.low).number().optional(),
        form.input("price_high", words.high).more(words.band_more).number().optional(),
        form.input("card_payable", words.payable).options(choice(&payable)),
    ];
    code.into_iter().chain(rest).chain(sale).collect()
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
    let prices = prices(form, text);
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
