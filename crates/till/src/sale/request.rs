//! 商品登记申请: the till asks the card company for goods that the catalogue lacks, and puts its answers away.

use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use domain::order::{Typed, parse_typed};
use domain::product_request;
use domain::scan::Scan;
use serde::Deserialize;
use storage::product;
use storage::product_request::{self as requests, Asked};

use crate::sale::hold::Said;
use crate::sale::screen::{self, SaleView, Wanted, scope};
use crate::sale::trouble::Trouble;
use crate::{Shell, Visit};
use web_kit::flash::Flash;
use web_kit::link::link;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::text::fill;

const REQUEST: &str = "/sale/request";

/// Where the card company is asked for what was typed into the code field; none if no product can have that code.
pub(crate) fn address(visit: &Visit, typed: &str, order: &str) -> Option<String> {
    let Ok(Typed::Product { code, .. }) = parse_typed(typed) else { return None };
    let code = product_request::code(&visit.session.scan(&code))?;
    Some(link(REQUEST, &[("barcode", &code), ("order", order)]))
}

#[derive(Template)]
#[template(path = "sale/request.html")]
struct View {
    shell: Shell,
    sale: SaleView,
    form: RequestFields,
    ask: String,
    error: Option<&'static str>,
    /// Back to the sale.
    close: String,
}

/// What the form sends. Neither field may hold a card.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RequestFields {
    order: String,
    barcode: String,
    name: String,
}

impl RequestFields {
    fn refuse(&self, visit: &Visit, trouble: Trouble) -> Response {
        let address = Wanted::parse(&self.order).address();
        Flash::new(trouble, &[&self.barcode, "", "", ""]).redirect(&visit.web, &address)
    }
}

/// Asks for the name.
pub(crate) async fn ask(visit: Visit, Query(form): Query<RequestFields>) -> Result<Response, Problem> {
    let form = RequestFields { name: String::new(), ..form };
    view(&visit, form, None).await
}

async fn view(visit: &Visit, form: RequestFields, error: Option<&'static str>) -> Result<Response, Problem> {
    let wanted = Wanted::parse(&form.order);
    let Some(code) = product_request::code(&visit.session.scan(&form.barcode)) else {
        return Ok(Redirect::to(&wanted.address()).into_response());
    };
    if requests::waits(visit.db(), scope(&visit.session)?.outlet, code.clone()).await? {
        return Ok(form.refuse(visit, Trouble::RequestWaits));
    }
    let Ok(mut sale) = screen::load(visit, wanted).await? else {
        return Ok(Redirect::to("/sale").into_response());
    };
    sale.focus = None;
    let (ask, close) = (fill(visit.text().sale.request_ask, &[&code]), wanted.address());
    Ok(render(&View { shell: visit.shell("/sale"), sale, form, ask, error, close }).into_response())
}

/// Asks the card company.
pub(crate) async fn send(visit: Visit, Form(form): Form<RequestFields>) -> Result<Response, Problem> {
    let is_card = |text: &str| matches!(visit.session.scan(text), Scan::Card(_) | Scan::ForeignCard | Scan::Misread);
    if is_card(&form.barcode) || is_card(&form.name) {
        return Err(Problem::CardNumber);
    }
    let scan = visit.session.scan(&form.barcode);
    let code = product_request::code(&scan).ok_or(Problem::BadForm)?;
    let Ok(name) = product_request::name(&form.name) else {
        return view(&visit, form, Some(visit.text().sale.request_name_wrong)).await;
    };
    let scope = scope(&visit.session)?;
    // Somebody may have added it meanwhile.
    if let Some(found) = product::find_first(visit.db(), scope.lists, scan.candidates()).await?.first() {
        let fields = [("order", form.order.as_str()), ("pick", &found.product.code)];
        return Ok(Redirect::to(&link("/sale", &fields)).into_response());
    }
    let entry = visit.session.entry("product_requested", &code, &name);
    Ok(match requests::ask(visit.db(), scope, code, name, entry).await? {
        Asked::Done => Flash::new(Said::Requested, &[]).redirect(&visit.web, &Wanted::parse(&form.order).address()),
        Asked::Waits => form.refuse(&visit, Trouble::RequestWaits),
        Asked::Full => form.refuse(&visit, Trouble::RequestsFull),
    })
}

/// The answer that is put away.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SeenFields {
    order: String,
    request: String,
}

/// Puts an answer away.
pub(crate) async fn put_away(visit: Visit, Form(form): Form<SeenFields>) -> Result<Response, Problem> {
    let id = form.request.parse().unwrap_or(0);
    requests::put_away(visit.db(), scope(&visit.session)?.terminal, id).await?;
    Ok(Redirect::to(&Wanted::parse(&form.order).address()).into_response())
}
