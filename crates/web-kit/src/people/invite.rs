//! 邀请: a new login, and the sheet with its initial password.
//!
//! What must stay true: the initial password is shown in the answer that makes it and never again.

use askama::Template;
use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::response::{IntoResponse, Response};
use domain::acts::Payload;
use domain::ids::PersonId;
use domain::person::{Held, initial_password, initial_until, login_fits};
use domain::place::Place;
use domain::role::{Action, Role};
use serde::Deserialize;
use storage::people::keep::{self, NotInvited};
use storage::people::list::{self, Person};
use storage::people::{NewPerson, normal_login};

use super::form::{self, At, Fields, Form, Said, Wrong, value};
use super::{Desk, place_words, roles_words};
use crate::cookies;
use crate::page::{Shell, render};
use crate::problem::Problem;
use crate::proposal;
use crate::session::Session;
use crate::text::fill;
use crate::visit::Visit;

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Params {
    /// Kind of place.
    at: String,
    /// The outlet that is chosen already.
    outlet: String,
}

#[derive(Template)]
#[template(path = "people/new.html")]
struct View {
    shell: Shell,
    path: &'static str,
    at: &'static str,
    /// The kinds of place: word, name, chosen.
    kinds: Vec<(&'static str, &'static str, bool)>,
    form: Form,
    same: Option<(String, String)>,
    problem: Option<&'static str>,
    hint: &'static str,
}

/// Whether the reader invites anybody.
pub(super) fn open_to(session: &Session) -> bool {
    session.can(Action::ManagePeople) || session.can(Action::ManageOwnPeople)
}

/// The kinds of place that the reader invites people to.
fn kinds(session: &Session) -> Vec<At> {
    if session.can(Action::ManagePeople) { vec![At::Outlet, At::Merchant, At::Company] } else { vec![At::Outlet] }
}

fn kind(session: &Session, word: &str) -> At {
    At::from_word(word).filter(|at| kinds(session).contains(at)).unwrap_or(At::Outlet)
}

/// The address at which the browser found us, for the sheet.
pub fn host(headers: &HeaderMap) -> &str {
    headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()
}

/// The empty form.
pub async fn show(visit: &Visit, desk: &Desk, params: Params) -> Result<Response, Problem> {
    let at = kind(&visit.session, &params.at);
    let mut typed = Fields::new();
    if !params.outlet.is_empty() {
        typed.insert("place".to_owned(), format!("{}.", params.outlet));
    }
    if at == At::Merchant {
        typed.insert(format!("role_{}", Role::ChainManager), String::new());
    }
    view(visit, desk, at, typed, Wrong::default(), None).await
}

async fn view(
    visit: &Visit,
    desk: &Desk,
    at: At,
    typed: Fields,
    wrong: Wrong,
    same: Option<(String, String)>,
) -> Result<Response, Problem> {
    let text = visit.text();
    let places = list::work_places(visit.db(), desk.reach).await?;
    let problem = (!wrong.is_empty()).then_some(text.people.failed);
    let view = View {
        path: desk.path,
        at: at.word(),
        kinds: kinds(&visit.session).into_iter().map(|one| (one.word(), one.name(text), one == at)).collect(),
        form: Form::new(&visit.session, at, &places, (typed, wrong, &[]), text),
        same,
        problem,
        hint: if at == At::Company { text.people.invite_two } else { text.people.invite_alone },
        shell: visit.shell(desk.path),
    };
    Ok(render(&view).into_response())
}

/// Invites, and shows the sheet.
pub async fn make(visit: &Visit, desk: &Desk, host: &str, fields: Fields) -> Result<Response, Problem> {
    let (session, text) = (&visit.session, visit.text());
    let at = kind(session, value(&fields, "at"));
    let places = list::work_places(visit.db(), desk.reach).await?;
    let mut wrong = Wrong::default();
    let login = normal_login(value(&fields, "login"));
    if !login_fits(&login) {
        wrong.login = Some(text.people.login_wrong.to_owned());
    }
    let Some(said) = form::read(session, at, &places, &fields, &mut wrong, text) else {
        return view(visit, desk, at, fields, wrong, None).await;
    };
    let human = same_human(visit, desk, &fields, said.phone.as_deref()).await?;
    let password = initial_password(cookies::random());
    let hash = visit.web.passwords.hash(password.clone()).await?;
    let held: Vec<Held> = said.roles.iter().map(|role| Held { role: *role, ends_on: said.ends_on }).collect();
    let new = new_person(session, said, login, hash, human);
    let asked = !value(&fields, "same").is_empty();
    let entry = session.entry("person_invited", "", "");
    match keep::invite(visit.db(), new, (desk.reach, asked), entry).await? {
        Ok(id) => {
            // The sheet is shown whatever became of the proposal; the person's page offers to propose the roles again.
            if at == At::Company {
                let payload = Payload::CompanyRoles { person: id, roles: held };
                proposal::propose(visit, payload, visit.new_request()).await?;
            }
            sheet(visit, desk, id, host, &password).await
        }
        Err(NotInvited::Login(free)) => {
            wrong.login = Some(fill(text.people.login_taken, &[&free]));
            view(visit, desk, at, fields, wrong, None).await
        }
        Err(NotInvited::Terminal) => {
            wrong.place = Some(text.people.terminal_wrong);
            view(visit, desk, at, fields, wrong, None).await
        }
        Err(NotInvited::Phone { person, name, login }) => {
            wrong.same = Some(text.people.phone_asked);
            let same = (person.to_string(), fill(text.people.phone_taken, &[&name, &login]));
            view(visit, desk, at, fields, wrong, Some(same)).await
        }
    }
}

fn new_person(session: &Session, said: Said, login: String, hash: String, human: Option<PersonId>) -> NewPerson {
    NewPerson {
        number: said.number,
        name: said.name,
        login,
        password_hash: hash,
        must_change: true,
        // Those of the company wait for another person.
        roles: if said.place == Place::Company { Vec::new() } else { said.roles },
        place: said.place,
        terminal: said.terminal,
        human,
        given_by: Some(session.person),
        phone: said.phone,
        language: said.language,
        ends_on: said.ends_on,
    }
}

/// The human that the form names: the one of a person within reach who has the same phone.
async fn same_human(
    visit: &Visit,
    desk: &Desk,
    fields: &Fields,
    phone: Option<&str>,
) -> Result<Option<PersonId>, Problem> {
    let Ok(id) = value(fields, "same").parse().map(PersonId) else { return Ok(None) };
    let found = list::find(visit.db(), id, desk.reach, visit.session.now).await?;
    let found = found.filter(|other| phone.is_some() && other.phone.as_deref() == phone);
    found.map(|other| Some(other.human)).ok_or(Problem::BadForm)
}

#[derive(Template)]
#[template(path = "people/sheet.html")]
struct Printed {
    shell: Shell,
    back: String,
    sheets: Vec<Sheet>,
    /// One of them opens nothing before another person approved the roles.
    waits: bool,
}

struct Sheet {
    one: Person,
    place: String,
    /// The word for where: store, or who the person works for.
    place_word: &'static str,
    terminal: Option<String>,
    roles: String,
    until: String,
    made: String,
    host: String,
    password: String,
    help: String,
}

/// The sheet with an initial password, once.
pub(super) async fn sheet(
    visit: &Visit,
    desk: &Desk,
    id: PersonId,
    host: &str,
    password: &str,
) -> Result<Response, Problem> {
    let back = format!("{}/{id}", desk.path);
    sheets(visit, desk, back, vec![(id, password.to_owned())], host).await
}

/// Sheets with the initial passwords of people within reach of the desk, once. `back` is where the reader goes then.
pub async fn sheets(
    visit: &Visit,
    desk: &Desk,
    back: String,
    people: Vec<(PersonId, String)>,
    host: &str,
) -> Result<Response, Problem> {
    let (session, text) = (&visit.session, visit.text());
    let words = &text.people;
    let mut sheets = Vec::with_capacity(people.len());
    for (id, password) in people {
        let one = list::find(visit.db(), id, desk.reach, session.now).await?.ok_or(Problem::NotFound)?;
        sheets.push(Sheet {
            place: place_words(&one, text),
            place_word: if one.place == Place::Company { text.shell.works_for } else { words.place_outlet },
            terminal: one.terminal.map(|id| id.to_string()),
            roles: roles_words(&one.held, text),
            until: initial_until(session.now).date_time_text(),
            made: fill(words.made_by, &[&session.now.date_time_text(), &session.name]),
            host: host.to_owned(),
            password,
            help: fill(words.how_help, &[&session.name, &visit.page.hotline]),
            one,
        });
    }
    let waits = sheets.iter().any(|sheet| sheet.one.held.is_empty());
    Ok(render(&Printed { back, sheets, waits, shell: visit.shell(desk.path) }).into_response())
}
