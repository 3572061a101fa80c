//! 店长确认改价: a price outside the product's band is added once a manager of the same merchant has agreed.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::ids::PersonId;
use domain::order::{LineTerms, line_terms};
use domain::role::{Action, may};
use serde::Deserialize;
use storage::audit::Entry;
use storage::draft::NewLine;
use storage::product::{self, Listed};
use storage::{audit, people};

use crate::Web;
use crate::flash::Flash;
use crate::link::link;
use crate::page::{Page, Shell, render};
use crate::problem::Problem;
use crate::session::Session;
use crate::text::{Text, fill};
use crate::till::lines::AddForm;
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
    let words = &page.text.sale;
    let error = refusal(&flash, page.text);
    let band =
        listed.product.band.map_or(<[String; 2]>::default(), |band| [band.low.to_string(), band.high.to_string()]);
    let ask = fill(words.confirm_ask, &[&listed.product.name, &terms.price.to_string(), &band[0], &band[1]]);
    let close = link("/sale", &[("order", form.order.as_str()), ("pick", &form.code), ("qty", &form.qty)]);
    let user = if error.is_some() { flash.value(0).to_owned() } else { String::new() };
    Ok(render(&View { shell: page.shell(&session, &flash, "/sale"), sale, form, ask, user, error, close })
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
    let denied = session.entry("price_denied", &form.price, &form.code);
    let asked = Consent { user: &form.user, password: &form.password, action: Action::ConfirmPrice, denied };
    let manager = match consent(&web, &session, asked).await? {
        Ok(manager) => manager,
        Err(flash) => return Ok(flash.redirect(&web, &form.address())),
    };
    let line = NewLine { listed, terms, confirmed_by: Some(manager).filter(|_| terms.needs_manager), scan: None };
    let add = AddForm { order: form.order, code: form.code, price: form.price, qty: form.qty, ..AddForm::default() };
    add.add(&web, &scope, line, session.now).await
}

/// Who consents: user name and password of a manager, as a form brings them.
pub(crate) struct Consent<'a> {
    /// User name as typed.
    pub(crate) user: &'a str,
    /// Password as typed.
    pub(crate) password: &'a str,
    /// The right that it takes.
    pub(crate) action: Action,
    /// Written down when somebody without the right tries.
    pub(crate) denied: Entry,
}

/// The manager of this merchant, or the message that [`refusal`] reads. Tries count like those at login.
pub(crate) async fn consent(
    web: &Web,
    session: &Session,
    asked: Consent<'_>,
) -> Result<Result<PersonId, Flash>, Problem> {
    let user = asked.user.trim();
    let refuse = |word: &str, value: &str| Ok(Err(Flash::new(word, &[user, value])));
    if user.is_empty() || asked.password.is_empty() {
        return refuse("consent_empty", "");
    }
    let account = match check_password(web, &session.client, user, asked.password.to_owned()).await? {
        Ok(account) => account,
        Err(Refusal::Locked(until)) => return refuse("consent_locked", &crate::till::login::clock_text(until)),
        Err(Refusal::Wrong(left)) => return refuse("consent_wrong", &left.to_string()),
        Err(_) => return refuse("consent_disabled", ""),
    };
    let roles = people::roles(&web.storage, account.person).await?;
    let here = account.merchant.is_some() && account.merchant == session.shop()?.merchant.into();
    if !here || account.must_change || !may(&roles, asked.action) {
        let detail = format!("{} by {}", asked.denied.detail, account.name);
        audit::append(&web.storage, Entry { detail, ..asked.denied }).await?;
        return refuse("consent_not_manager", "");
    }
    Ok(Ok(account.person))
}

/// Why a manager's consent was not taken.
pub(crate) fn refusal(flash: &Flash, text: &Text) -> Option<String> {
    let (words, login) = (&text.sale, &text.login);
    match flash.word.as_str() {
        "consent_wrong" => Some(fill(login.wrong, &[flash.value(1)])),
        "consent_locked" => Some(fill(login.locked, &[flash.value(1)])),
        "consent_disabled" => Some(login.disabled.to_owned()),
        "consent_not_manager" => Some(words.confirm_not_manager.to_owned()),
        "consent_empty" => Some(words.confirm_empty.to_owned()),
        _ => None,
    }
}
