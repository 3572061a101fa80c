//! The list of people, and the same as a file.

use askama::Template;
use axum::response::{IntoResponse, Response};
use domain::ids::PersonId;
use domain::person::{PersonStatus, masked_phone};
use domain::place::Place;
use domain::role::{Action, Role};
use domain::time::Timestamp;
use serde::Deserialize;
use storage::audit;
use storage::people::list::{self, COUNT_MAX, Figure, Filter, Person};

use super::{Desk, helps, place_words, role_words, roles_words, standing, status_words};
use crate::badge::Badge;
use crate::export::{self, Kind, ROWS_MAX};
use crate::link::link;
use crate::page::{Shell, render};
use crate::problem::Problem;
use crate::session::Session;
use crate::text::{Text, fill};
use crate::visit::Visit;

/// People on a page.
const ROWS: usize = 50;

/// What the address asks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Params {
    q: String,
    /// Place.
    p: String,
    /// Role.
    r: String,
    /// State.
    s: String,
    /// Figure.
    f: String,
    /// The last person on the page before.
    after: String,
}

type Choice = (&'static str, &'static str, bool);

#[derive(Template)]
#[template(path = "people/list.html")]
struct View {
    shell: Shell,
    path: &'static str,
    company: bool,
    may_invite: bool,
    /// Where files with people are sent.
    import: Option<&'static str>,
    params: Params,
    places: Vec<Choice>,
    roles: Vec<Choice>,
    states: Vec<Choice>,
    figures: Vec<(String, &'static str, String, bool)>,
    rows: Vec<Row>,
    count: String,
    filtered: bool,
    first: Option<String>,
    next: Option<String>,
    csv: String,
    excel: String,
}

struct Row {
    link: String,
    name: String,
    label: String,
    number: String,
    login: String,
    place: String,
    roles: String,
    state: Badge,
    until: String,
    last_login: String,
    factor: Badge,
    unlock: bool,
}

impl Params {
    fn filter(&self, desk: &Desk) -> Filter {
        Filter {
            reach: desk.reach,
            text: self.q.trim().to_owned(),
            place: Place::WORDS.into_iter().find(|word| *word == self.p),
            role: Role::from_word(&self.r),
            status: PersonStatus::from_word(&self.s).filter(|status| *status != PersonStatus::Key),
            figure: Figure::from_word(&self.f),
        }
    }

    fn address(&self, path: &str, after: &str) -> String {
        let Self { q, p, r, s, f, .. } = self;
        link(path, &[("q", q), ("p", p), ("r", r), ("s", s), ("f", f), ("after", after)])
    }
}

/// The page.
pub async fn show(visit: &Visit, desk: &Desk, params: Params) -> Result<Response, Problem> {
    let (db, now, text) = (visit.db(), visit.session.now, visit.text());
    let words = &text.people;
    let filter = params.filter(desk);
    let after = params.after.parse().ok().map(PersonId);
    let mut people = list::page(db, filter.clone(), after, ROWS + 1, now).await?;
    let more = people.len() > ROWS;
    people.truncate(ROWS);
    let next = people.last().filter(|_| more).map(|last| params.address(desk.path, &last.id.to_string()));
    let mut figures = Vec::new();
    for figure in Figure::ALL {
        let asked = Filter { figure: Some(figure), reach: desk.reach, ..Filter::default() };
        let word = match figure {
            Figure::NoFactor if desk.reach.is_some() => continue,
            Figure::Locked => words.locked,
            Figure::Unseen => words.unseen,
            Figure::NoFactor => words.no_factor,
        };
        let on = params.f == figure.word();
        let to = if on { desk.path.to_owned() } else { link(desk.path, &[("f", figure.word())]) };
        figures.push((to, word, count_words(list::count(db, asked, now).await?, text), on));
    }
    let total = list::count(db, filter.clone(), now).await?;
    let filtered = !params.address("", "").is_empty();
    let view = View {
        path: desk.path,
        company: desk.reach.is_none(),
        may_invite: super::invite::open_to(&visit.session),
        import: desk.import.filter(|_| visit.session.can(Action::ManagePeople)),
        places: [words.place_company, words.place_merchant, words.place_outlet]
            .into_iter()
            .zip(Place::WORDS)
            .map(|(name, word)| (word, name, params.p == word))
            .collect(),
        roles: Role::ALL
            .into_iter()
            .map(|role| (role.word(), role_words(role, text), params.r == role.word()))
            .collect(),
        states: PersonStatus::ALL
            .into_iter()
            .filter(|status| *status != PersonStatus::Key)
            .map(|status| (status.word(), status_words(status, text), params.s == status.word()))
            .collect(),
        figures,
        rows: people.iter().map(|one| row(&visit.session, desk, one, text)).collect(),
        count: fill(words.count, &[&count_words(total, text)]),
        filtered,
        first: after.map(|_| params.address(desk.path, "")),
        next,
        csv: params.address(&format!("{}/export.csv", desk.path), ""),
        excel: params.address(&format!("{}/export.xlsx", desk.path), ""),
        params,
        shell: visit.shell(desk.path),
    };
    Ok(render(&view).into_response())
}

fn count_words(count: usize, text: &Text) -> String {
    let shown = count.min(COUNT_MAX).to_string();
    if count > COUNT_MAX { fill(text.people.more_than, &[&shown]) } else { shown }
}

fn row(session: &Session, desk: &Desk, one: &Person, text: &'static Text) -> Row {
    let (state, until) = standing(one, session.now, text);
    Row {
        link: desk.address(one),
        label: fill(text.people.open_label, &[&one.name]),
        name: one.name.clone(),
        number: one.number.clone(),
        login: one.login.clone(),
        place: place_words(one, text),
        roles: roles_words(&one.held, text),
        state,
        until,
        last_login: one.last_login_at.map_or_else(|| "\u{2014}".to_owned(), Timestamp::date_time_text),
        factor: factor_badge(one, text),
        unlock: one.locked_until.is_some() && helps(session, one),
    }
}

fn factor_badge(one: &Person, text: &'static Text) -> Badge {
    let words = &text.people;
    match (one.has_factor, one.place) {
        (true, _) => Badge::new("ok", "ok", words.factor_set),
        (false, Place::Company) => Badge::new("bad", "bad", words.factor_none),
        (false, _) => Badge::new("off", "info", words.factor_optional),
    }
}

/// The question's people as a file, which `jobs::roll` reads without a difference.
pub async fn file(visit: &Visit, desk: &Desk, params: Params, kind: Kind) -> Result<Response, Problem> {
    let (db, now, text) = (visit.db(), visit.session.now, visit.text());
    let words = &text.people;
    let people = list::page(db, params.filter(desk), None, ROWS_MAX, now).await?;
    let detail = format!("{}, {} rows", kind.word(), people.len());
    audit::append(db, visit.session.entry("people_exported", "", &detail)).await?;
    let head = [
        words.number,
        words.who,
        words.login,
        words.phone,
        words.place,
        words.mid,
        words.outlet_no,
        words.terminal,
        words.roles,
        words.state,
        words.last_login,
        words.factor,
    ];
    let rows = people.iter().map(|one| {
        vec![
            one.number.clone(),
            one.name.clone(),
            one.login.clone(),
            one.phone.as_deref().map_or_else(String::new, masked_phone),
            place_words(one, text),
            one.mid.clone(),
            one.place.outlet().map_or_else(String::new, |id| id.to_string()),
            one.terminal.map_or_else(String::new, |id| id.to_string()),
            roles_words(&one.held, text),
            standing(one, now, text).0.word.to_owned(),
            one.last_login_at.map_or_else(String::new, Timestamp::date_time_text),
            factor_badge(one, text).word.to_owned(),
        ]
    });
    let moment = now.in_china().strftime("%Y%m%d-%H%M%S");
    export::table(kind, &format!("people-{moment}"), words.sheet, &head, rows.collect()).await
}
