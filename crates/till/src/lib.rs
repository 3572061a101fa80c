//! The till: ring up goods, take payment, print; orders, refunds and the shift of a store.
//!
//! [`pages()`] is the table of the pages; `web-kit` has what all audiences share. A page is a file, its template has the same
//! place in `templates/`, its words are in `text/`.

mod batch;
mod consent;
mod orders;
mod refunds;
mod sale;
mod slip;
mod text;

use domain::role::Action::{CloseBatch, RequestRefund, ReviewRefund, Sell, ViewOrders};

use web_kit::table::Access::{AtTill, InStore, May, Public, Session};
use web_kit::table::{Count, PageEntry, page};
use web_kit::text::{Lang, Text, Words as _};

use batch::{print, shift};
use orders::{detail, export, list};
use refunds::{request, review, void};
use sale::{attempt, hold, lines, pay, picker, price, request as product_request, screen};

pub use sale::attempt::follow_up;

type Page = web_kit::page::Page<text::Text>;
type Shell = web_kit::page::Shell<text::Text>;
type Visit = web_kit::visit::Visit<text::Text>;

/// The words of this crate's messages about the last step; a test shows each of them.
pub fn said() -> Vec<&'static str> {
    [
        batch::print::Said::ALL.map(batch::print::Said::word).as_slice(),
        batch::shift::Said::ALL.map(batch::shift::Said::word).as_slice(),
        consent::Said::ALL.map(consent::Said::word).as_slice(),
        orders::list::Said::ALL.map(orders::list::Said::word).as_slice(),
        sale::hold::Said::ALL.map(sale::hold::Said::word).as_slice(),
        sale::trouble::Trouble::ALL.map(sale::trouble::Trouble::word).as_slice(),
    ]
    .concat()
}

/// The till's pages.
pub fn pages() -> Vec<PageEntry> {
    let mut all = sale_pages();
    all.extend(vec![
        page("/orders").get(InStore(ViewOrders), list::show).menu(20, "list", |lang| frame(lang).orders),
        page("/orders/export.csv").get(InStore(ViewOrders), export::csv),
        page("/orders/export.xlsx").get(InStore(ViewOrders), export::excel),
        page("/orders/{order}").get(InStore(ViewOrders), detail::show),
        page("/orders/{order}/query").post(InStore(Sell), detail::query),
        page("/slip/{rrn}").get(InStore(ViewOrders), slip::show),
        page("/slip/{rrn}/print").post(InStore(ViewOrders), slip::print),
        page("/slip/{rrn}/skip").post(InStore(Sell), slip::skip),
        page("/slip/pending/{order}").get(InStore(Sell), slip::pending),
        page("/slip/paper").post(AtTill(ViewOrders), slip::paper),
        page("/slip/page.css").get(Public, slip::sheet),
        page("/refunds")
            .get(May(ReviewRefund), review::show)
            .post(May(ReviewRefund), review::decide)
            .menu(30, "check", |lang| frame(lang).refunds)
            .count(Count::ToReview),
        page("/refunds/new").get(InStore(RequestRefund), request::show).post(InStore(RequestRefund), request::submit),
        page("/void").get(AtTill(RequestRefund), void::ask).post(AtTill(RequestRefund), void::confirm),
        page("/batch").get(AtTill(CloseBatch), shift::show).menu(70, "chart", |lang| frame(lang).batch),
        page("/batch/close").get(AtTill(CloseBatch), shift::ask).post(AtTill(CloseBatch), shift::close),
        page("/batch/now").get(AtTill(CloseBatch), print::now),
        page("/batch/{number}").get(AtTill(CloseBatch), print::show),
        page("/batch/{number}/print").post(AtTill(CloseBatch), print::print),
    ]);
    all
}

/// The sale page and what its forms lead to. An address that takes a form only is sometimes read all the same, by a
/// reload or after signing in again: it leads back to the page.
fn sale_pages() -> Vec<PageEntry> {
    let form = |path| page(path).get(Session, screen::back);
    vec![
        page("/sale").get(AtTill(Sell), screen::show).menu(10, "card", |lang| frame(lang).sale).landing(10),
        form("/sale/lines").post(AtTill(Sell), lines::add),
        form("/sale/lines/void").post(AtTill(Sell), lines::void),
        form("/sale/lines/undo").post(AtTill(Sell), lines::undo),
        page("/sale/picker").get(AtTill(Sell), picker::show),
        page("/sale/price").get(AtTill(Sell), price::ask).post(AtTill(Sell), price::confirm),
        page("/sale/request").get(AtTill(Sell), product_request::ask).post(AtTill(Sell), product_request::send),
        form("/sale/request/seen").post(AtTill(Sell), product_request::put_away),
        form("/sale/hold").post(AtTill(Sell), hold::hold),
        form("/sale/resume").post(AtTill(Sell), hold::resume),
        page("/sale/abandon").get(AtTill(Sell), hold::ask).post(AtTill(Sell), hold::abandon),
        form("/sale/pay").post(AtTill(Sell), pay::pay),
        form("/sale/confirm").post(AtTill(Sell), attempt::confirm),
        form("/sale/query").post(AtTill(Sell), attempt::query),
    ]
}

fn frame(lang: Lang) -> &'static web_kit::text::shell::Shell {
    &Text::of(lang).shell
}
