//! Carts: put the order aside, take it up again, give it up.

use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use domain::ids::OrderId;
use domain::order::OrderStatus;
use serde::Deserialize;
use storage::draft::{self, DraftError};

use crate::sale::attempt;
use crate::sale::panel::result_url;
use crate::sale::screen::{self, SaleView, Wanted, scope};
use crate::sale::trouble::Trouble;
use crate::{Shell, Visit};
use web_kit::Web;
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::submit::actor;
use web_kit::text::fill;

web_kit::said! {
    /// What the sale page says about the last step. Value: the number of the order, or the code.
    pub(crate) enum Said {
        /// The order was put aside.
        Held = "held",
        /// It was given up.
        Abandoned = "abandoned",
        /// The card company was asked for a product.
        Requested = "product_requested",
    }
}

/// The order that a form or an address names.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct OrderFields {
    order: String,
    /// The confirmation, when its answer was lost: the server may never have heard of it.
    #[serde(default)]
    token: String,
}

impl OrderFields {
    fn id(&self) -> OrderId {
        OrderId(self.order.parse().unwrap_or(0))
    }

    fn refuse(&self, web: &Web, error: DraftError) -> Result<Response, Problem> {
        let (trouble, _) = Trouble::of(error)?;
        let wanted = match trouble {
            Trouble::NoOrder | Trouble::Abandoned => Wanted::Current,
            _ => Wanted::parse(&self.order),
        };
        Ok(Flash::new(trouble, &[]).redirect(web, &wanted.address()))
    }
}

/// Puts the order aside; the page is free for the next customer. A payment that was charged after all is shown instead.
pub(crate) async fn hold(visit: Visit, Form(form): Form<OrderFields>) -> Result<Response, Problem> {
    let scope = scope(&visit.session)?;
    let left = visit.web.vault.read_confirmation(&form.token).filter(|left| left.order == form.id());
    if let Some(left) = left
        && attempt::settle(&visit.web, (actor(&visit.session)?, scope.lists), &left).await?
    {
        return Ok(Redirect::to(&result_url(left.order, left.request_id)).into_response());
    }
    let number = draft::fetch(visit.db(), &scope, form.id()).await?.map(|order| order.number).unwrap_or_default();
    match draft::hold(visit.db(), &scope, form.id(), visit.session.now).await {
        Ok(()) => Ok(Flash::new(Said::Held, &[&number]).redirect(&visit.web, &Wanted::New.address())),
        Err(error) => form.refuse(&visit.web, error),
    }
}

/// Takes an order up again.
pub(crate) async fn resume(visit: Visit, Form(form): Form<OrderFields>) -> Result<Response, Problem> {
    let scope = scope(&visit.session)?;
    match draft::resume(visit.db(), &scope, form.id(), visit.session.now).await {
        Ok(()) => Ok(Redirect::to(&Wanted::Id(form.id()).address()).into_response()),
        Err(error) => form.refuse(&visit.web, error),
    }
}

#[derive(Template)]
#[template(path = "sale/abandon.html")]
struct View {
    shell: Shell,
    sale: SaleView,
    ask: String,
}

/// Asks whether to give the order up: it cannot be brought back.
pub(crate) async fn ask(visit: Visit, Query(form): Query<OrderFields>) -> Result<Response, Problem> {
    let scope = scope(&visit.session)?;
    let order = draft::fetch(visit.db(), &scope, form.id()).await?;
    let Some(order) = order.filter(|order| order.order.status == OrderStatus::Draft) else {
        return Ok(Redirect::to("/sale").into_response());
    };
    let Ok(mut sale) = screen::load(&visit, Wanted::Id(form.id())).await? else {
        return Ok(Redirect::to("/sale").into_response());
    };
    sale.focus = None;
    let values = [order.number.clone(), order.kinds().to_string()];
    let ask = fill(visit.text().sale.abandon_ask, &[&values[0], &values[1], &order.order.total.to_string()]);
    Ok(render(&View { shell: visit.shell("/sale"), sale, ask }).into_response())
}

/// Gives the order up.
pub(crate) async fn abandon(visit: Visit, Form(form): Form<OrderFields>) -> Result<Response, Problem> {
    let scope = scope(&visit.session)?;
    let number = draft::fetch(visit.db(), &scope, form.id()).await?.map(|order| order.number).unwrap_or_default();
    match draft::abandon(visit.db(), &scope, form.id(), visit.session.now).await {
        Ok(()) => Ok(Flash::new(Said::Abandoned, &[&number]).redirect(&visit.web, &Wanted::New.address())),
        Err(error) => form.refuse(&visit.web, error),
    }
}
