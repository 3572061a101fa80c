//! The table of the till's pages, and of the pages that everybody has: signing in, the own password, the language.

use domain::role::Action::{CloseBatch, RequestRefund, ReviewRefund, Sell, ViewOrders};

use super::{
    attempt, batch, batch_print, hold, home, lines, lock, login, logout, order, order_export, orders, password, pay,
    picker, price, refund_request, refund_review, sale, slip, void,
};
use crate::table::Access::{AnySession, InStore, Public, Session};
use crate::table::{Count, PageEntry, page};

/// Everybody's pages.
pub(crate) fn account() -> Vec<PageEntry> {
    vec![
        page("/").get(Session, home::show),
        page("/login").get(Public, login::show).post(Public, login::enter),
        page("/login/again").post(Public, login::again),
        page("/login/captcha.png").get(Public, login::image),
        page("/login/captcha.wav").get(Public, login::sound),
        page("/logout").get(Session, logout::ask).post(Public, logout::leave),
        page("/lock").get(AnySession, lock::show).post(AnySession, lock::open),
        page("/password").get(AnySession, password::show).post(AnySession, password::change),
        page("/password/sessions").post(Session, password::end_session),
        page("/session/ping").post(Session, home::ping),
        page("/lang/{lang}").get(Public, home::language),
    ]
}

/// The till's pages.
pub(crate) fn pages() -> Vec<PageEntry> {
    let mut all = sale_pages();
    all.extend(vec![
        page("/orders").get(InStore(ViewOrders), orders::show).menu(20, "list", |text| text.shell.orders),
        page("/orders/export.csv").get(InStore(ViewOrders), order_export::csv),
        page("/orders/export.xlsx").get(InStore(ViewOrders), order_export::excel),
        page("/orders/{order}").get(InStore(ViewOrders), order::show),
        page("/orders/{order}/query").post(InStore(Sell), order::query),
        page("/slip/{rrn}").get(InStore(ViewOrders), slip::show),
        page("/slip/{rrn}/print").post(InStore(ViewOrders), slip::print),
        page("/slip/{rrn}/skip").post(InStore(Sell), slip::skip),
        page("/slip/pending/{order}").get(InStore(Sell), slip::pending),
        page("/slip/paper").post(InStore(ViewOrders), slip::paper),
        page("/slip/page.css").get(Public, slip::sheet),
        page("/refunds")
            .get(InStore(ReviewRefund), refund_review::show)
            .post(InStore(ReviewRefund), refund_review::decide)
            .menu(30, "check", |text| text.shell.refunds)
            .count(Count::ToReview),
        page("/refunds/new")
            .get(InStore(RequestRefund), refund_request::show)
            .post(InStore(RequestRefund), refund_request::ask),
        page("/void").get(InStore(RequestRefund), void::ask).post(InStore(RequestRefund), void::confirm),
        page("/batch").get(InStore(CloseBatch), batch::show).menu(70, "chart", |text| text.shell.batch),
        page("/batch/close").get(InStore(CloseBatch), batch::ask).post(InStore(CloseBatch), batch::close),
        page("/batch/now").get(InStore(CloseBatch), batch_print::now),
        page("/batch/{number}").get(InStore(CloseBatch), batch_print::show),
        page("/batch/{number}/print").post(InStore(CloseBatch), batch_print::print),
    ]);
    all
}

/// The sale page and what its forms lead to. An address that takes a form only is sometimes read all the same, by a
/// reload or after signing in again: it leads back to the page.
fn sale_pages() -> Vec<PageEntry> {
    let form = |path| page(path).get(Session, sale::back);
    vec![
        page("/sale").get(InStore(Sell), sale::show).menu(10, "card", |text| text.shell.sale).landing(10),
        form("/sale/lines").post(InStore(Sell), lines::add),
        form("/sale/lines/void").post(InStore(Sell), lines::void),
        form("/sale/lines/undo").post(InStore(Sell), lines::undo),
        page("/sale/picker").get(InStore(Sell), picker::show),
        page("/sale/price").get(InStore(Sell), price::ask).post(InStore(Sell), price::confirm),
        form("/sale/hold").post(InStore(Sell), hold::hold),
        form("/sale/resume").post(InStore(Sell), hold::resume),
        page("/sale/abandon").get(InStore(Sell), hold::ask).post(InStore(Sell), hold::abandon),
        form("/sale/pay").post(InStore(Sell), pay::pay),
        form("/sale/confirm").post(InStore(Sell), attempt::confirm),
        form("/sale/query").post(InStore(Sell), attempt::query),
    ]
}
