//! The slip 签购单 of a sale, a refund or a void, in two copies, and the note for a payment whose outcome is not known.
//!
//! What must stay true:
//! - Every print is counted before it is made; from the second on the slip says that it is a duplicate.
//! - A payment without an approved record never gets a slip, only a note that says it is none.
//! - On a roll each copy is one page, so the page's height follows from what is printed ([`height`]).

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use domain::card_number::MaskedCard;
use domain::ids::{OrderId, TransactionId};
use domain::ledger::Kind;
use domain::money::Fen;
use domain::role::Action;
use serde::Deserialize;
use storage::draft;
use storage::refund::{self, BackSlip};
use storage::slip::{self, Item, Slip};

use crate::sale::screen::{Wanted, scope};
use crate::{Page, Visit};
use web_kit::code128;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::text::fill;

/// The issuer on slips while the company has none on file: what the card is called.
const ISSUER: &str = "\u{6167}\u{533b}\u{5361}";

/// Papers a terminal can have: stored word, label.
const PAPERS: [(&str, &str); 3] = [("p58", "58mm"), ("p80", "80mm"), ("pa4", "A4")];

/// Heights of a roll's page that a style sheet may ask for, in millimetres. PDF and drivers end at five metres.
const HEIGHTS: std::ops::RangeInclusive<u32> = 50..=5_000;

#[derive(Template)]
#[template(path = "slip/slip.html")]
struct View {
    page: Page,
    paper: String,
    height: u32,
    /// Whose card it is.
    issuer: String,
    slip: Slip,
    /// What a refund or void prints besides.
    back: Option<BackSlip>,
    title: &'static str,
    /// Where the next step is.
    done: String,
    rrn: String,
    /// Which duplicate this is; none on the first print.
    duplicate: Option<i64>,
    /// The print is counted and can be made now.
    counted: bool,
    /// The slip was printed before; a sentence that says how often.
    printed: Option<String>,
    /// Store's copy, holder's copy.
    copies: [bool; 2],
    /// The reference as a barcode: its path and its width in modules.
    bars: Option<(String, u32)>,
}

#[derive(Template)]
#[template(path = "slip/pending.html")]
struct Pending {
    page: Page,
    paper: String,
    order: OrderId,
    number: String,
    merchant: String,
    outlet: String,
    mid: String,
    terminal: String,
    person: String,
    card: String,
    amount: Fen,
    sent: String,
}

/// Which print the page shows.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// The print counted just now, from 1.
    n: i64,
}

fn sale_id(rrn: &str) -> Result<TransactionId, Problem> {
    let digits = rrn.len() == 12 && rrn.bytes().all(|byte| byte.is_ascii_digit());
    rrn.parse().ok().filter(|_| digits).map(TransactionId).ok_or(Problem::NotFound)
}

/// The slip on the screen, as it would be printed next, or as the print counted just now.
pub(crate) async fn show(
    visit: Visit,
    Path(rrn): Path<String>,
    Query(params): Query<Params>,
) -> Result<Response, Problem> {
    let shop = visit.session.store()?;
    let paper = visit.session.till.as_ref().map_or_else(|_| "p80".to_owned(), |till| till.paper.clone());
    let id = sale_id(&rrn)?;
    let (slip, back) = if let Some(slip) = slip::slip(visit.db(), shop.outlet, id).await? {
        (slip, None)
    } else {
        let back = refund::back_slip(visit.db(), shop.outlet, id).await?.ok_or(Problem::NotFound)?;
        (back.slip.clone(), Some(back))
    };
    let words = &visit.text().refund;
    let (title, done) = match slip.transaction.kind {
        Kind::Refund if visit.session.can(Action::ReviewRefund) => (words.slip_refund, "/refunds"),
        Kind::Refund => (words.slip_refund, "/orders"),
        Kind::Void => (words.slip_void, "/orders"),
        _ => (visit.text().slip.title, ""),
    };
    let done = if done.is_empty() { next_customer(&visit, &slip).await? } else { done.to_owned() };
    let counted = params.n >= 1 && params.n == slip.prints;
    let duplicate = if counted { slip.prints.saturating_sub(1) } else { slip.prints };
    let printed = (!counted && slip.prints > 0).then(|| fill(visit.text().slip.reprint, &[&slip.prints.to_string()]));
    let duplicate = (duplicate > 0).then_some(duplicate);
    let company = &visit.page.company;
    let issuer = if company.slip_issuer.is_empty() { ISSUER.to_owned() } else { company.slip_issuer.clone() };
    let height = height(&slip, &issuer, back.as_ref(), &paper, duplicate.is_some());
    let copies = [false, true];
    let bars = code128::path(&rrn);
    let view = View {
        page: visit.page,
        paper,
        height,
        issuer,
        slip,
        back,
        title,
        done,
        rrn,
        duplicate,
        counted,
        printed,
        copies,
        bars,
    };
    Ok(render(&view).into_response())
}

/// Where the till goes after the slip of a sale: to the order that was begun since, else to an empty one. An order that
/// was begun before is another customer's and waits in the list.
async fn next_customer(visit: &Visit, slip: &Slip) -> Result<String, Problem> {
    let at_hand = draft::current(visit.db(), &scope(&visit.session)?).await?;
    let begun_since = at_hand.filter(|order| order.opened_at > slip.transaction.at);
    Ok(begun_since.map_or(Wanted::New, |order| Wanted::Id(order.order.id)).address())
}

/// Counts a print and shows what to print.
pub(crate) async fn print(visit: Visit, Path(rrn): Path<String>) -> Result<Response, Problem> {
    let entry = visit.session.entry("slip_reprinted", &rrn, "");
    let (outlet, id) = (visit.session.store()?.outlet, sale_id(&rrn)?);
    let nth = match slip::print_count(visit.db(), outlet, id, entry.clone()).await? {
        Some(nth) => nth,
        None => refund::back_print_count(visit.db(), outlet, id, entry).await?.ok_or(Problem::NotFound)?,
    };
    Ok(Redirect::to(&format!("/slip/{rrn}?n={nth}")).into_response())
}

/// What 不打印 sends.
#[derive(Default, Deserialize)]
pub(crate) struct Skipped {
    /// The order at hand, where the slip was another one's.
    #[serde(default)]
    order: String,
}

/// The customer wants no slip: the order is done.
pub(crate) async fn skip(
    visit: Visit,
    Path(rrn): Path<String>,
    Form(skipped): Form<Skipped>,
) -> Result<Response, Problem> {
    let outlet = visit.session.store()?.outlet;
    let slip = slip::slip(visit.db(), outlet, sale_id(&rrn)?).await?.ok_or(Problem::NotFound)?;
    slip::close_unprinted(visit.db(), outlet, slip.order, visit.session.entry("slip_skipped", "", "")).await?;
    let next = if skipped.order.is_empty() { Wanted::New } else { Wanted::parse(&skipped.order) };
    Ok(Redirect::to(&next.address()).into_response())
}

/// The choice of paper.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    paper: String,
    back: String,
}

/// Sets the terminal's paper and returns to the slip.
pub(crate) async fn paper(visit: Visit, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    let (word, _) = PAPERS.into_iter().find(|(word, _)| *word == fields.paper).ok_or(Problem::BadForm)?;
    slip::paper_set(visit.db(), visit.session.till()?.terminal, word).await?;
    Ok(Redirect::to(web_kit::page::local_path(&fields.back)).into_response())
}

/// The note for a payment whose outcome is not known: says what it is not.
pub(crate) async fn pending(visit: Visit, Path(order): Path<i64>) -> Result<Response, Problem> {
    let (shop, till) = (visit.session.store()?.clone(), visit.session.till()?.clone());
    let scope = scope(&visit.session)?;
    let order = draft::fetch(visit.db(), &scope, OrderId(order)).await?.ok_or(Problem::NotFound)?;
    let Some(sent) = order.attempt_at.filter(|_| order.order.attempt.is_some()) else {
        return Ok(Redirect::to(&format!("/sale?order={}", order.order.id)).into_response());
    };
    let view = Pending {
        page: visit.page,
        paper: till.paper,
        order: order.order.id,
        number: order.number,
        merchant: shop.merchant_name,
        outlet: shop.outlet_name,
        mid: shop.mid,
        terminal: till.terminal.to_string(),
        person: visit.session.number.clone(),
        card: order.attempt_masked.map_or_else(String::new, |card| MaskedCard(card).grouped()),
        amount: order.order.total,
        sent: sent.date_time_text(),
    };
    Ok(render(&view).into_response())
}

/// What a page box is asked for.
#[derive(Deserialize)]
pub(crate) struct SheetParams {
    paper: String,
    #[serde(default)]
    mm: u32,
}

/// The page box as a style sheet of its own: pages may carry no style inline, and its height differs by slip.
pub(crate) async fn sheet(Query(sheet): Query<SheetParams>) -> Response {
    let mm = sheet.mm.clamp(*HEIGHTS.start(), *HEIGHTS.end());
    let text = match sheet.paper.as_str() {
        "p58" => format!("@page{{size:58mm {mm}mm;margin:0}}"),
        "p80" => format!("@page{{size:80mm {mm}mm;margin:0}}"),
        _ => "@page{size:A4 portrait;margin:10mm}".to_owned(),
    };
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], text).into_response()
}

/// What `receipt.css` makes of a roll, in millimetres.
struct Roll {
    /// Width of the text.
    width: f64,
    /// Width that a label and its gap take from a row of label and value.
    label: f64,
    /// Letter size of the rows.
    em: f64,
    /// A row of label and value.
    row: f64,
    /// The amount.
    amount: f64,
    /// Everything whose height does not depend on the sale.
    fixed: f64,
    /// The item's name has the whole width and its figures a row of their own.
    stacked: bool,
}

const P80: Roll = Roll { width: 68.0, label: 29.0, em: 3.36, row: 4.7, amount: 7.3, fixed: 58.0, stacked: false };
const P58: Roll = Roll { width: 48.0, label: 15.0, em: 3.0, row: 4.25, amount: 6.0, fixed: 64.0, stacked: true };

/// Letter size and row height of the items, and of the small print.
const ITEM_EM: f64 = 3.18;
const ITEM_ROW: f64 = 4.46;
const ITEM_GAP: f64 = 0.75;
const FINE_EM: f64 = 2.83;
const FINE_ROW: f64 = 3.85;

/// The barcode and the gap above it.
const BARS: f64 = 11.5;

/// Blank paper below, for the cutter.
const TAIL: f64 = 6.0;

/// Height of one copy on a roll, in millimetres: that of the store's copy, which is the longer one. Estimated from the
/// letters, each a little wider than it is, because a page too short would tear a copy in two.
fn height(slip: &Slip, issuer: &str, back: Option<&BackSlip>, paper: &str, duplicate: bool) -> u32 {
    let roll = if paper == "p58" { P58 } else { P80 };
    let value = |text: &str| rows(text, roll.width - roll.label, roll.em) * roll.row;
    let header = &slip.header;
    let card = format!("{} / S", slip.transaction.masked);
    let named = value(&format!("{}({})", header.merchant_name, header.outlet_name)) + value(&card) + value(issuer);
    // Number, terminal, operator; type, batch, voucher, approval, reference, time, order; response code.
    let plain = 11.0 * roll.row;
    let words = rows(&format!("({})", slip.transaction.amount.in_words()), roll.width, FINE_EM) * FINE_ROW;
    let items = items_height(&slip.items, &roll);
    let mark = if duplicate { roll.row + 3.2 } else { 0.0 };
    // Voucher, reference and day of the sale; reason, reviewer.
    let more = back.map_or(0.0, |back| {
        3.0 * roll.row + value(&back.reason) + value(&format!("{}({})", back.checker.0, back.checker.1))
    });
    let sum = roll.fixed + named + plain + roll.amount + words + items + mark + more + BARS + TAIL;
    HEIGHTS.clone().find(|mm| f64::from(*mm) >= sum).unwrap_or(*HEIGHTS.end())
}

/// Height of the list of items.
fn items_height(items: &[Item], roll: &Roll) -> f64 {
    // The columns of figures are as wide as their widest figure, and at least as their heading of two letters.
    let column = |text: &dyn Fn(&Item) -> String| {
        items.iter().map(|item| width(&text(item), ITEM_EM)).fold(2.0 * ITEM_EM, f64::max) + 1.5
    };
    let figures = column(&|item| item.quantity.to_string())
        + column(&|item| item.price.to_string())
        + column(&|item| item.amount.to_string());
    let (room, own_row, gap) =
        if roll.stacked { (roll.width, 1.0, 2.0 * ITEM_GAP) } else { (roll.width - figures, 0.0, ITEM_GAP) };
    let height =
        |item: &Item| (rows(&format!("{} {}", item.name, item.spec), room, ITEM_EM) + own_row) * ITEM_ROW + gap;
    items.iter().map(height).sum()
}

/// How wide a letter is at most, in its size: Chinese is square, the rest narrower.
fn letter(c: char) -> f64 {
    match c {
        '.' | ',' | ' ' | 'i' | 'l' => 0.36,
        '0'..='9' => 0.58,
        'a'..='l' | 'n'..='v' | 'x'..='z' | '-' | '*' => 0.63,
        'A'..='L' | 'N'..='V' | 'X'..='Z' => 0.76,
        _ => 1.0,
    }
}

fn width(text: &str, em: f64) -> f64 {
    text.chars().map(|c| letter(c) * em).sum()
}

/// Rows that `text` takes when it may break anywhere.
fn rows(text: &str, room: f64, em: f64) -> f64 {
    let (mut rows, mut used) = (1.0, 0.0);
    for c in text.chars() {
        let wide = letter(c) * em;
        if used + wide > room {
            rows += 1.0;
            used = 0.0;
        }
        used += wide;
    }
    rows
}

#[cfg(test)]
mod tests {
    use domain::card_number::MaskedCard;
    use domain::command::Actor;
    use domain::ids::{MerchantId, OutletId, PersonId, RequestId, TerminalId};
    use domain::ledger::Transaction;
    use domain::time::Timestamp;
    use storage::slip::SlipHeader;

    use super::*;

    fn slip(names: &[&str], price: i64) -> Slip {
        let actor = Actor {
            merchant: MerchantId(1),
            outlet: OutletId(1),
            terminal: TerminalId(25_010_007),
            person: PersonId(1),
        };
        let sale = Transaction::bare(TransactionId::new(1, 1), Kind::Sale, RequestId([0; 16]), actor, Timestamp(0));
        let transaction = Transaction {
            order: Some(OrderId(1)),
            masked: MaskedCard("608625******0012".to_owned()),
            amount: Fen(price),
            batch: 1,
            ..sale
        };
        let header = SlipHeader {
            merchant_name: "\u{836f}".repeat(5),
            mid: "898320159120001".to_owned(),
            outlet_name: "\u{836f}".repeat(4),
            person: "1003".to_owned(),
        };
        let item = |name: &&str| Item {
            name: (*name).to_owned(),
            spec: "10g".to_owned(),
            price: Fen(price),
            quantity: 1,
            amount: Fen(price),
        };
        let items = names.iter().map(item).collect();
        Slip { transaction, header, order: OrderId(1), number: "2611230001".to_owned(), prints: 0, items }
    }

    /// Measured in Chromium: the store's copy with such items, in millimetres.
    #[test]
    fn a_page_is_a_little_longer_than_what_is_printed() {
        let short = "\u{836f}".repeat(5);
        let long = "\u{836f}".repeat(28);
        for (paper, name, count, measured) in [
            ("p80", &short, 1, 160),
            ("p80", &short, 3, 170),
            ("p80", &short, 30, 307),
            ("p80", &long, 30, 573),
            ("p58", &short, 1, 163),
            ("p58", &short, 3, 183),
            ("p58", &short, 30, 456),
            ("p58", &long, 30, 722),
        ] {
            let mm = height(&slip(&vec![name.as_str(); count], 1_550), ISSUER, None, paper, false);
            let spare = i64::from(mm) - measured;
            assert!((2..=25).contains(&spare), "{paper} {count}: {mm} for {measured}");
        }
    }

    #[test]
    fn a_longer_slip_never_gets_a_shorter_page() {
        let mut before = 0;
        for count in 1..200 {
            let mm = height(&slip(&vec!["Omega-3 Fish Oil"; count], 9_999_999), ISSUER, None, "p80", count % 2 == 0);
            assert!(mm + 9 >= before && HEIGHTS.contains(&mm), "{count}: {mm} after {before}");
            before = mm;
        }
        assert!(
            height(&slip(&["x"], 1), ISSUER, None, "p58", true) > height(&slip(&["x"], 1), ISSUER, None, "p58", false)
        );
    }

    #[test]
    fn a_reference_is_twelve_digits() {
        assert_eq!(sale_id("010000000042").ok(), Some(TransactionId::new(1, 42)));
        for text in ["", "42", "01000000004x", "+10000000042", "0100000000420", "\u{ff10}10000000042"] {
            assert!(sale_id(text).is_err(), "{text}");
        }
    }
}
