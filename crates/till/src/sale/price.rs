//! 店长确认改价: a price outside the product's band is added once a manager of the same merchant has agreed.

use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use domain::order::{LineTerms, line_terms};
use domain::role::Action;
use serde::Deserialize;
use storage::draft::NewLine;
use storage::product::{self, Listed};

use crate::consent::{Consent, consent, refusal};
use crate::sale::lines::AddFields;
use crate::sale::screen::{self, SaleView, Wanted, scope};
use crate::{Shell, Visit};
use web_kit::link::link;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::text::fill;

#[derive(Template)]
#[template(path = "sale/price.html")]
struct View {
    shell: Shell,
    sale: SaleView,
    form: PriceFields,
    ask: String,
    user: String,
    error: Option<String>,
    /// Back to the sale, the product still in hand.
    close: String,
}

/// What the dialog is about, and the manager's answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PriceFields {
    order: String,
    code: String,
    price: String,
    qty: String,
    user: String,
    password: String,
}

impl PriceFields {
    fn address(&self) -> String {
        let fields = [("order", self.order.as_str()), ("code", &self.code), ("price", &self.price), ("qty", &self.qty)];
        link("/sale/price", &fields)
    }

    /// The sale with the product in hand, which says why it cannot be sold.
    fn in_hand(&self) -> String {
        link("/sale", &[("order", self.order.as_str()), ("pick", &self.code), ("qty", &self.qty)])
    }

    /// The product and the terms that need consent; nothing when this is no such question.
    async fn read(&self, visit: &Visit) -> Result<Option<(Listed, LineTerms)>, Problem> {
        let found = product::find(visit.db(), visit.session.store()?.lists, &self.code).await?;
        let Some(listed) = found.into_iter().next() else { return Ok(None) };
        let terms = line_terms(&listed.product, &self.price, &self.qty).ok();
        Ok(terms.map(|terms| (listed, terms)))
    }
}

/// Asks the manager.
pub(crate) async fn ask(visit: Visit, Query(form): Query<PriceFields>) -> Result<Response, Problem> {
    let wanted = Wanted::parse(&form.order);
    let question = form.read(&visit).await?;
    let (Some((listed, terms)), Ok(mut sale)) = (question, screen::load(&visit, wanted).await?) else {
        return Ok(Redirect::to(&form.in_hand()).into_response());
    };
    sale.focus = None;
    let words = &visit.text().sale;
    let error = refusal(&visit.flash, visit.text());
    let band =
        listed.product.band.map_or(<[String; 2]>::default(), |band| [band.low.to_string(), band.high.to_string()]);
    let ask = fill(words.confirm_ask, &[&listed.product.name, &terms.price.to_string(), &band[0], &band[1]]);
    let close = form.in_hand();
    let user = if error.is_some() { visit.flash.value(0).to_owned() } else { String::new() };
    Ok(render(&View { shell: visit.shell("/sale"), sale, form, ask, user, error, close }).into_response())
}

/// Adds the line if the manager agrees. Tries count like those at login.
pub(crate) async fn confirm(visit: Visit, Form(form): Form<PriceFields>) -> Result<Response, Problem> {
    let scope = scope(&visit.session)?;
    let Some((listed, terms)) = form.read(&visit).await? else {
        return Ok(Redirect::to(&form.in_hand()).into_response());
    };
    let denied = visit.session.entry("price_denied", &form.price, &form.code);
    let asked = Consent { user: &form.user, password: &form.password, action: Action::ConfirmPrice, denied };
    let manager = match consent(&visit, asked).await? {
        Ok(manager) => manager,
        Err(flash) => return Ok(flash.redirect(&visit.web, &form.address())),
    };
    let line = NewLine { listed, terms, confirmed_by: Some(manager).filter(|_| terms.needs_manager), scan: None };
    let add =
        AddFields { order: form.order, code: form.code, price: form.price, qty: form.qty, ..AddFields::default() };
    add.add(&visit, &scope, line).await
}
