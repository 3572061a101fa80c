//! 价目: the price lists of the card company and of merchants, what is above which, and which outlets sell from one.
//!
//! What must stay true: which list is under which, and what an outlet sells from, is shown before it is changed and counts
//! from the next look of a till on.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use domain::directory::{self, SHORT_MAX};
use domain::ids::{ListId, OutletId};
use domain::role::Action;
use serde::Deserialize;
use storage::places;
use storage::product_list::{self, Changed, PriceList, SellingOutlet};
use web_kit::flash::Flash;
use web_kit::link::link;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::text::fill;

use crate::entry::{Entered, Input, Typed, wrong_count};
use crate::products::{PRODUCTS, entry, goods_link, list_of};
use crate::text::{Said, Text};
use crate::{Shell, Visit};

/// The page.
pub(crate) const LISTS: &str = "/office/lists";

/// Rows of a page.
const ROWS: u32 = 50;

/// Outlets of a page.
const OUTLETS: u32 = 100;

/// The page of a list.
pub(crate) fn list_link(list: ListId) -> String {
    format!("{LISTS}/{list}")
}

#[derive(Template)]
#[template(path = "lists.html")]
struct Lists {
    shell: Shell,
    path: &'static str,
    goods: &'static str,
    rows: Vec<Row>,
    can: bool,
    inputs: Vec<Input>,
    wrong: Option<String>,
    first: Option<String>,
    next: Option<String>,
}

struct Row {
    link: String,
    goods: String,
    name: String,
    whose: String,
    above: String,
    below: String,
    outlets: String,
}

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// The last row of the page before.
    after: String,
}

fn row(one: &PriceList, text: &'static Text) -> Row {
    Row {
        link: list_link(one.id),
        goods: goods_link(one.id.0),
        name: one.name.clone(),
        whose: whose(one, text),
        above: one.parent.as_ref().map_or_else(String::new, |(_, name)| name.clone()),
        below: one.below.to_string(),
        outlets: one.outlets.to_string(),
    }
}

fn whose(one: &PriceList, text: &'static Text) -> String {
    one.merchant.as_ref().map_or_else(|| text.lists.company.to_owned(), |(_, name)| name.clone())
}

/// The lists that are no merchant's own, and the form of a new one.
pub(crate) async fn show(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    view(&visit, &params, &Entered::of(Typed::new(), visit.text())).await
}

async fn view(visit: &Visit, params: &Params, form: &Entered) -> Result<Response, Problem> {
    let (text, words) = (visit.text(), &visit.text().lists);
    let after = params.after.parse().ok().map(ListId);
    let mut found = product_list::page(visit.db(), after, ROWS.saturating_add(1)).await?;
    let more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let next = found.last().filter(|_| more).map(|last| link(LISTS, &[("after", &last.id.to_string())]));
    let inputs = vec![
        form.input("list_name", words.name).more(words.name_more).most(SHORT_MAX),
        form.input("merchant", words.whose).more(words.whose_more).most(15).number().optional(),
    ];
    let page = Lists {
        path: LISTS,
        goods: PRODUCTS,
        rows: found.iter().map(|one| row(one, text)).collect(),
        can: visit.session.can(Action::ManageProducts),
        wrong: wrong_count(&inputs, text),
        inputs,
        first: after.is_some().then(|| LISTS.to_owned()),
        next,
        shell: visit.shell(PRODUCTS),
    };
    Ok(render(&page).into_response())
}

/// Makes a list.
pub(crate) async fn make(visit: Visit, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let words = &visit.text().lists;
    let mut form = Entered::of(typed, visit.text());
    let name = form.take("list_name", |typed| directory::name(typed, SHORT_MAX));
    let typed = form.get("merchant").trim().to_owned();
    let merchant = if typed.is_empty() { None } else { places::by_number(visit.db(), typed.clone()).await? };
    if !typed.is_empty() && merchant.is_none() {
        form.refuse("merchant", words.no_merchant.to_owned());
    }
    if form.is_sound() {
        let entry = visit.session.entry("list_made", "", "");
        match product_list::create(visit.db(), merchant, name, entry).await? {
            Changed::Done(list) => return Ok(Flash::new(Said::Saved, &[]).redirect(&visit.web, &list_link(list))),
            Changed::NameTaken => form.refuse("list_name", words.name_taken.to_owned()),
            Changed::Gone | Changed::Stale => form.refuse("merchant", words.no_merchant.to_owned()),
        }
    }
    view(&visit, &Params::default(), &form).await
}

#[derive(Template)]
#[template(path = "list.html")]
struct View {
    shell: Shell,
    path: String,
    lists: &'static str,
    goods: String,
    one: PriceList,
    whose: String,
    /// The list above, with the address of its page.
    above: Option<(String, String)>,
    can: bool,
    stale: bool,
    /// What a merchant's own list may be under: number, name, chosen.
    parents: Option<Vec<(String, String, bool)>>,
    outlets: Vec<Outlet>,
    count: String,
    next: Option<String>,
}

impl View {
    /// Whether an outlet sells from another list.
    fn any_other(&self) -> bool {
        self.outlets.iter().any(|outlet| outlet.other)
    }
}

struct Outlet {
    id: OutletId,
    name: String,
    sells: String,
    /// It sells from another list.
    other: bool,
}

/// A list: what is above it, and the outlets of its merchant.
pub(crate) async fn one(
    visit: Visit,
    Path(list): Path<i64>,
    Query(params): Query<Params>,
) -> Result<Response, Problem> {
    list_view(&visit, list, &params, false).await
}

async fn list_view(visit: &Visit, list: i64, params: &Params, stale: bool) -> Result<Response, Problem> {
    let words = &visit.text().lists;
    let one = list_of(visit, list).await?;
    let own = one.id.merchant();
    let parents = match own {
        Some(_) => Some(parents(visit, &one).await?),
        None => None,
    };
    let after = params.after.parse().ok().map(OutletId);
    let mut outlets = match &one.merchant {
        Some((merchant, _)) => product_list::outlets(visit.db(), *merchant, after, OUTLETS.saturating_add(1)).await?,
        None => Vec::new(),
    };
    let more = outlets.len() > OUTLETS as usize;
    outlets.truncate(OUTLETS as usize);
    let path = list_link(one.id);
    let next = outlets.last().filter(|_| more).map(|last| link(&path, &[("after", &last.id.to_string())]));
    let outlet = |outlet: SellingOutlet| Outlet {
        id: outlet.id,
        name: outlet.name,
        other: outlet.list.0 != one.id,
        sells: outlet.list.1,
    };
    let page = View {
        lists: LISTS,
        goods: goods_link(list),
        whose: whose(&one, visit.text()),
        above: one.parent.as_ref().map(|(id, name)| (list_link(*id), name.clone())),
        can: visit.session.can(Action::ManageProducts),
        stale,
        parents,
        count: fill(words.selling, &[&one.outlets.to_string()]),
        outlets: outlets.into_iter().map(outlet).collect(),
        next,
        one,
        path,
        shell: visit.shell(PRODUCTS),
    };
    Ok(render(&page).into_response())
}

/// What a merchant's own list may be under.
async fn parents(visit: &Visit, one: &PriceList) -> Result<Vec<(String, String, bool)>, Problem> {
    let chosen = one.parent.as_ref().map(|(id, _)| *id);
    let none = ("0".to_owned(), visit.text().lists.none_above.to_owned(), chosen.is_none());
    let all = product_list::of(visit.db(), None).await?;
    let all = all.into_iter().map(|list| (list.id.to_string(), list.name, chosen == Some(list.id)));
    Ok([none].into_iter().chain(all).collect())
}

/// Puts a merchant's own list under another one, or lets outlets sell from a list.
pub(crate) async fn act(visit: Visit, Path(list): Path<i64>, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let one = list_of(&visit, list).await?;
    match typed.get("do").map(String::as_str) {
        Some("under") => under(&visit, &one, &typed).await,
        Some("sell") => sell(&visit, &one, &typed).await,
        _ => Err(Problem::BadForm),
    }
}

async fn under(visit: &Visit, one: &PriceList, typed: &Typed) -> Result<Response, Problem> {
    let number = |name: &str| typed.get(name).and_then(|typed| typed.parse::<i64>().ok()).ok_or(Problem::BadForm);
    let (version, parent) = (number("version")?, number("parent")?);
    let merchant = one.id.merchant().ok_or(Problem::BadForm)?;
    let parent = (parent != 0).then_some(ListId(parent));
    let entry = entry(visit, "list_put_under", "", one.id).await?;
    match product_list::put_under(visit.db(), merchant, version, parent, entry).await? {
        Changed::Done(list) => Ok(Flash::new(Said::Saved, &[]).redirect(&visit.web, &list_link(list))),
        Changed::Stale => list_view(visit, one.id.0, &Params::default(), true).await,
        Changed::NameTaken | Changed::Gone => Err(Problem::NotFound),
    }
}

/// The outlets that were ticked are in the names of their boxes.
async fn sell(visit: &Visit, one: &PriceList, typed: &Typed) -> Result<Response, Problem> {
    let ticked = typed.keys().filter_map(|name| name.strip_prefix("o.")?.parse().ok().map(OutletId));
    for outlet in ticked {
        let entry = entry(visit, "outlet_list_changed", &outlet.to_string(), one.id).await?;
        if !matches!(product_list::sell_from(visit.db(), outlet, one.id, entry).await?, Changed::Done(_)) {
            return Err(Problem::NotFound);
        }
    }
    Ok(Flash::new(Said::Saved, &[]).redirect(&visit.web, &list_link(one.id)))
}
