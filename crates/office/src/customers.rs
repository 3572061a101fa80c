//! 客户: who pays for cards in advance, with what of each deposit is free; and a new one.

use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use domain::acts::Bank;
use domain::directory::{self, NAME_MAX};
use domain::ids::CustomerId;
use domain::role::Action;
use serde::Deserialize;
use storage::customer::{self, Facts, NewCustomer};
use storage::deposit::{self, Line};
use web_kit::badge::Badge;
use web_kit::flash::Flash;
use web_kit::link::link;
use web_kit::page::render;
use web_kit::problem::Problem;

use crate::card_tabs::{Tab, tabs};
use crate::entry::{Entered, Input, Typed, wrong_count};
use crate::places::standing_of_customer;
use crate::text::{Said, Text};
use crate::{Shell, Visit};

/// The page.
pub(crate) const CUSTOMERS: &str = "/office/customers";

/// Rows of a page.
const ROWS: u32 = 50;

/// The page of a customer.
pub(crate) fn customer_link(id: CustomerId) -> String {
    format!("{CUSTOMERS}/{id}")
}

#[derive(Template)]
#[template(path = "customers.html")]
struct View {
    shell: Shell,
    tabs: Vec<Tab>,
    path: &'static str,
    find: String,
    may: bool,
    rows: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
}

struct Row {
    link: String,
    name: String,
    state: Badge,
    one: Line,
}

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// What names begin with, or a number.
    q: String,
    /// The last row of the page before: number, then name.
    after: String,
}

/// The list.
pub(crate) async fn show(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    let (find, now) = (params.q.trim().to_owned(), visit.session.now);
    let after =
        params.after.split_once(' ').and_then(|(id, name)| Some((name.to_owned(), CustomerId(id.parse().ok()?))));
    let numbered = match find.parse() {
        Ok(id) => deposit::by_number(visit.db(), CustomerId(id), now).await?,
        Err(_) => None,
    };
    let mut found = match numbered {
        Some(one) => vec![one],
        None => deposit::list(visit.db(), find.clone(), after, now, ROWS + 1).await?,
    };
    let more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let next = found.last().filter(|_| more).map(|last| {
        let after = format!("{} {}", last.id, last.name);
        link(CUSTOMERS, &[("q", &find), ("after", &after)])
    });
    let page = View {
        shell: visit.shell(CUSTOMERS),
        tabs: tabs(&visit, CUSTOMERS),
        path: CUSTOMERS,
        first: (!params.after.is_empty()).then(|| link(CUSTOMERS, &[("q", &find)])),
        find,
        may: visit.session.can(Action::ManageCustomers),
        rows: found.into_iter().map(|one| row(one, visit.text())).collect(),
        next,
    };
    Ok(render(&page).into_response())
}

fn row(one: Line, text: &'static Text) -> Row {
    Row { link: customer_link(one.id), name: one.name.clone(), state: standing_of_customer(one.status, text), one }
}

#[derive(Template)]
#[template(path = "customer_edit.html")]
pub(crate) struct EditView {
    shell: Shell,
    title: String,
    path: String,
    back: String,
    /// `None` for a new one.
    version: Option<i64>,
    inputs: Vec<Input>,
    wrong: Option<String>,
    stale: bool,
}

impl EditView {
    /// The form of what is on file of a customer, which is sent to `path`.
    pub(crate) fn of(
        visit: &Visit,
        (title, path, back): (String, String, String),
        version: Option<i64>,
        form: &Entered,
        stale: bool,
    ) -> Response {
        let inputs = inputs(form, visit.text());
        let wrong = wrong_count(&inputs, visit.text());
        let page = Self { shell: visit.shell(CUSTOMERS), title, path, back, version, inputs, wrong, stale };
        render(&page).into_response()
    }
}

fn inputs(form: &Entered, text: &'static Text) -> Vec<Input> {
    let (words, own) = (&text.directory, &text.customers);
    vec![
        form.input("name", own.name).most(NAME_MAX),
        form.input("licence", words.licence).number().optional(),
        form.input("contact", words.contact).most(NAME_MAX).optional(),
        form.input("phone", words.phone).number().optional(),
        form.input("bank_name", words.bank_name).most(NAME_MAX).optional(),
        form.input("bank_account", own.account).number().optional(),
        form.input("bank_holder", words.bank_holder).most(NAME_MAX).optional(),
    ]
}

/// What a form says of a customer: a bank is complete or absent.
pub(crate) fn facts_of(form: &mut Entered, text: &'static Text) -> Facts {
    let bank = Bank {
        name: form.take_optional("bank_name", |typed| directory::name(typed, NAME_MAX)),
        account: form.take_optional("bank_account", directory::bank_account),
        holder: form.take_optional("bank_holder", |typed| directory::name(typed, NAME_MAX)),
    };
    let parts = [("bank_name", &bank.name), ("bank_account", &bank.account), ("bank_holder", &bank.holder)];
    if bank != Bank::default() {
        for (name, _) in parts.iter().filter(|(_, part)| part.is_empty()) {
            form.refuse(name, text.customers.bank_whole.to_owned());
        }
    }
    Facts {
        name: form.take("name", |typed| directory::name(typed, NAME_MAX)),
        licence: form.take_optional("licence", directory::credit_code),
        contact: form.take_optional("contact", |typed| directory::text(typed, NAME_MAX)),
        phone: form.take_optional("phone", directory::phone),
        bank,
    }
}

/// The form of a new customer.
pub(crate) async fn ask(visit: Visit) -> Result<Response, Problem> {
    Ok(new_view(&visit, &Entered::of(Typed::new(), visit.text())))
}

fn new_view(visit: &Visit, form: &Entered) -> Response {
    let at = (visit.text().customers.new.to_owned(), format!("{CUSTOMERS}/new"), CUSTOMERS.to_owned());
    EditView::of(visit, at, None, form, false)
}

/// Enters a customer.
pub(crate) async fn make(visit: Visit, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let mut form = Entered::of(typed, visit.text());
    let facts = facts_of(&mut form, visit.text());
    if !form.is_sound() {
        return Ok(new_view(&visit, &form));
    }
    let entry = visit.session.entry("customer_created", "", &facts.name);
    let new = NewCustomer { id: None, facts };
    let made = customer::create(visit.db(), new, Some(entry), visit.session.now).await?;
    if let Some(id) = made {
        return Ok(Flash::new(Said::Saved, &[]).redirect(&visit.web, &customer_link(id)));
    }
    form.refuse("name", visit.text().customers.no_number.to_owned());
    Ok(new_view(&visit, &form))
}
