//! 店长确认改价: a price outside the product's band is added once a manager of the same merchant has agreed.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::ids::PersonId;
use domain::order::{LineTerms, line_terms};
use domain::role::{Action, may};
use serde::Deserialize;
use storage::draft::NewLine;
use storage::product::{self, Listed};
use storage::{audit, people};

use crate::Web;
use crate::flash::Flash;
use crate::page::{Menu, Page, Shell, render};
use crate::problem::Problem;
use crate::session::Session;
use crate::text::fill;
use crate::till::lines::AddForm;
use crate::till::link::link;
use crate::till::login::{Refusal, check_password};
use crate::till::sale::{self, SaleView, Wanted, scope};

#[derive(Template)]
#[template(path = "till/price.html")]
struct View {
    shell: Shell,
    sale: SaleView,
    form: PriceForm,
    ask: String,
    user: String,
    error: Option<String>,
    /// Back to the sale, the product still in hand.
    close: String,
}

/// What the dialog is about, and the manager's answer.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct PriceForm {
    #[serde(default)]
    order: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    price: String,
    #[serde(default)]
    qty: String,
    #[serde(default)]
    user: String,
    #[serde(default)]
    password: String,
}

impl PriceForm {
    fn address(&self) -> String {
        let fields = [("order", self.order.as_str()), ("code", &self.code), ("price", &self.price), ("qty", &self.qty)];
        link("/sale/price", &fields)
    }

    /// The product and the terms that need consent; nothing when this is no such question.
    async fn read(&self, web: &Web, session: &Session) -> Result<Option<(Listed, LineTerms)>, Problem> {
        let found = product::find(&web.storage, session.shop()?.merchant, &self.code).await?;
        let Some(listed) = found.into_iter().next() else { return Ok(None) };
        let terms = line_terms(&listed.product, &self.price, &self.qty).ok();
        Ok(terms.map(|terms| (listed, terms)))
    }
}

/// Asks the manager.
pub(crate) async fn ask(
    State(web): State<Web>,
    session: Session,
    page: Page,
    flash: Flash,
    Query(form): Query<PriceForm>,
) -> Result<Response, Problem> {
    let wanted = Wanted::parse(&form.order);
    let question = form.read(&web, &session).await?;
    let (Some((listed, terms)), Ok(mut sale)) = (question, sale::load(&web, &session, &page, &flash, wanted).await?)
    else {
        return Ok(Redirect::to("/sale").into_response());
    };
    sale.focus = None;
    let (words, login) = (&page.text.sale, &page.text.login);
    let error = match flash.word.as_str() {
        "price_wrong" => Some(fill(login.wrong, &[flash.value(1)])),
        "price_locked" => Some(fill(login.locked, &[flash.value(1)])),
        "price_disabled" => Some(login.disabled.to_owned()),
        "price_not_manager" => Some(words.confirm_not_manager.to_owned()),
        "price_empty" => Some(words.confirm_empty.to_owned()),
        _ => None,
    };
    let band =
        listed.product.band.map_or(<[String; 2]>::default(), |band| [band.low.to_string(), band.high.to_string()]);
    let ask = fill(words.confirm_ask, &[&listed.product.name, &terms.price.to_string(), &band[0], &band[1]]);
    let close = link("/sale", &[("order", form.order.as_str()), ("pick", &form.code), ("qty", &form.qty)]);
    let user = if error.is_some() { flash.value(0).to_owned() } else { String::new() };
    Ok(render(&View { shell: page.shell(&session, &flash, Menu::Sale), sale, form, ask, user, error, close })
        .into_response())
}

/// Adds the line if the manager agrees. Tries count like those at login.
pub(crate) async fn confirm(
    State(web): State<Web>,
    session: Session,
    Form(form): Form<PriceForm>,
) -> Result<Response, Problem> {
    let scope = scope(&session)?;
    let Some((listed, terms)) = form.read(&web, &session).await? else {
        return Ok(Redirect::to("/sale").into_response());
    };
    let manager = match check_manager(&web, &session, &form).await? {
        Ok(manager) => manager,
        Err(flash) => return Ok(flash.redirect(&web, &form.address())),
    };
    let line = NewLine { listed, terms, confirmed_by: Some(manager).filter(|_| terms.needs_manager), scan: None };
    let add = AddForm { order: form.order, code: form.code, price: form.price, qty: form.qty, ..AddForm::default() };
    add.add(&web, &scope, line, session.now).await
}

async fn check_manager(web: &Web, session: &Session, form: &PriceForm) -> Result<Result<PersonId, Flash>, Problem> {
    let user = form.user.trim();
    let refuse = |word: &str, value: &str| Ok(Err(Flash::new(word, &[user, value])));
    if user.is_empty() || form.password.is_empty() {
        return refuse("price_empty", "");
    }
    let account = match check_password(web, &session.client, user, form.password.clone()).await? {
        Ok(account) => account,
        Err(Refusal::Locked(until)) => return refuse("price_locked", &crate::till::login::clock_text(until)),
        Err(Refusal::Wrong(left)) => return refuse("price_wrong", &left.to_string()),
        Err(_) => return refuse("price_disabled", ""),
    };
    let roles = people::roles(&web.storage, account.person).await?;
    let here = account.merchant.is_some() && account.merchant == session.shop()?.merchant.into();
    if !here || account.must_change || !may(&roles, Action::ConfirmPrice) {
        let detail = format!("{} by {}", form.code, account.name);
        audit::append(&web.storage, session.entry("price_denied", &form.price, &detail)).await?;
        return refuse("price_not_manager", "");
    }
    Ok(Ok(account.person))
}
