//! One person: what is known of the login, the form that changes it, what can be done to it, and what was.
//!
//! What must stay true: an act shows first what it leaves behind; it carries the version that was shown.

use askama::Template;
use axum::response::{IntoResponse, Response};
use domain::acts::Payload;
use domain::ids::{PersonId, RequestId};
use domain::person::{Giving, Held, Move, PersonStatus, granting, initial_password};
use domain::place::Place;
use domain::role::{Action, Role};
use domain::time::Timestamp;
use serde::Deserialize;
use storage::people::keep::{self, Change, NotChanged};
use storage::people::list::{self, LeftBehind, Line, Person};
use storage::people::normal_login;

use super::form::{self, At, Fields, Form, Wrong, value};
use super::{Desk, Said, helps, invite, keeper, keeps, place_words, roles_words, standing};
use crate::badge::Badge;
use crate::cookies;
use crate::flash::Flash;
use crate::page::{Shell, render};
use crate::problem::Problem;
use crate::proposal;
use crate::step;
use crate::text::{Text, fill};
use crate::visit::Visit;

domain::words! {
    /// What can be done to a login.
    enum Do {
        /// Change the details.
        Save = "save",
        /// A new initial password.
        Reset = "reset",
        /// Stop it.
        Disable = "disable",
        /// Let it return.
        Enable = "enable",
        /// End it.
        Leave = "leave",
        /// Lift locks.
        Unlock = "unlock",
        /// End sessions.
        Sessions = "sessions",
        /// Join it with another login of the same human.
        Join = "join",
        /// Take the second factor away.
        Factor = "factor",
        /// Count it as another human than the logins that it was joined with.
        Part = "part",
    }
}

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Params {
    /// The act whose question is shown.
    ask: String,
}

#[derive(Template)]
#[template(path = "people/one.html")]
struct View {
    shell: Shell,
    path: &'static str,
    link: String,
    /// The request id of what its forms propose.
    request: String,
    one: Person,
    state: Badge,
    until: String,
    place: String,
    roles: String,
    password: String,
    last_login: String,
    created: String,
    behind: LeftBehind,
    keeps: bool,
    /// What can be done now: word, name, whether it asks first, whether it takes something away.
    acts: Vec<Act>,
    form: Option<Form>,
    ask: Option<Ask>,
    others: Vec<(String, String)>,
    join_wrong: Option<&'static str>,
    problem: Option<&'static str>,
    log: Vec<LogRow>,
}

struct Act {
    word: &'static str,
    name: &'static str,
    asks: bool,
    stops: bool,
}

struct Ask {
    word: &'static str,
    title: String,
    what: String,
    button: &'static str,
    behind: Vec<String>,
    stops: bool,
}

struct LogRow {
    at: String,
    by: String,
    action: String,
    detail: String,
    address: String,
}

async fn find(visit: &Visit, desk: &Desk, id: i64) -> Result<Person, Problem> {
    list::find(visit.db(), PersonId(id), desk.reach, visit.session.now).await?.ok_or(Problem::NotFound)
}

/// The page.
pub async fn show(visit: &Visit, desk: &Desk, id: i64, params: Params) -> Result<Response, Problem> {
    let one = find(visit, desk, id).await?;
    let ask = Do::from_word(&params.ask);
    view(visit, desk, one, Shown { ask, ..Shown::default() }).await
}

/// What a page shows beside the person.
#[derive(Default)]
struct Shown {
    ask: Option<Do>,
    problem: Option<&'static str>,
    join_wrong: Option<&'static str>,
    filled: Option<(Fields, Wrong)>,
}

async fn view(visit: &Visit, desk: &Desk, one: Person, shown: Shown) -> Result<Response, Problem> {
    let (db, session, text) = (visit.db(), &visit.session, visit.text());
    let (keeps, helps) = (keeps(session, &one), helps(session, &one));
    let behind = list::left_behind(db, &one, session.now).await?;
    let (state, until) = standing(&one, session.now, text);
    let others = list::other_logins(db, &one, session.now).await?;
    let proposes = keeps && session.can(Action::ManagePeople);
    let proposed = [(Do::Factor, one.has_factor), (Do::Part, !others.is_empty())];
    let proposed: Vec<Do> = proposed.into_iter().filter(|(_, open)| proposes && *open).map(|(act, _)| act).collect();
    let acts = acts(&one, keeps, helps, &proposed, text);
    let asked = shown.ask.filter(|ask| acts.iter().any(|act| act.word == ask.word()));
    let form = if keeps && one.status != PersonStatus::Left {
        let places = list::work_places(db, desk.reach).await?;
        let (typed, wrong) = shown.filled.unwrap_or_else(|| (typed(&one), Wrong::default()));
        Some(Form::new(session, At::of(one.place), &places, (typed, wrong, &one.held), text))
    } else {
        None
    };
    let log = list::audit(db, &one).await?;
    let view = View {
        path: desk.path,
        link: desk.address(&one),
        request: visit.new_request().to_string(),
        state,
        until,
        place: place_words(&one, text),
        roles: roles_words(&one.held, text),
        password: password_words(&one, text),
        last_login: one.last_login_at.map_or_else(|| text.people.never.to_owned(), Timestamp::date_time_text),
        created: one.created_at.date_time_text(),
        behind,
        keeps,
        ask: asked.and_then(|ask| question(ask, &one, &behind, text)),
        acts,
        form,
        // Logins out of reach are not named.
        others: others
            .iter()
            .filter(|other| desk.reach.is_none() || other.place.merchant() == one.place.merchant())
            .map(|other| (desk.address(other), fill(text.shell.person_name, &[&other.name, &other.login])))
            .collect(),
        join_wrong: shown.join_wrong,
        problem: shown.problem,
        log: log.into_iter().map(|line| log_row(line, text)).collect(),
        one,
        shell: visit.shell(desk.path),
    };
    Ok(render(&view).into_response())
}

fn acts(one: &Person, keeps: bool, helps: bool, proposed: &[Do], text: &'static Text) -> Vec<Act> {
    let words = &text.people;
    let status = one.status;
    let reset = if one.waits_for_password() {
        words.first_password
    } else if one.has_initial_password() {
        words.resend
    } else {
        words.reset
    };
    let leave = if status == PersonStatus::Invited { words.take_back } else { words.leave };
    let can = |step| keeps && status.after(step, true).is_some();
    [
        (Do::Unlock, words.unlock, helps && one.locked_until.is_some(), false, false),
        (Do::Reset, reset, helps && status.signs_in(), true, false),
        (Do::Factor, words.reset_factor, proposed.contains(&Do::Factor), true, false),
        (Do::Part, words.part, proposed.contains(&Do::Part), true, false),
        (Do::Sessions, words.end_sessions, helps && status.signs_in(), false, false),
        (Do::Enable, words.enable, can(Move::Enable), false, false),
        (Do::Disable, words.disable, can(Move::Disable), true, true),
        (Do::Leave, leave, can(Move::Leave), true, true),
    ]
    .into_iter()
    .filter(|(_, _, open, _, _)| *open)
    .map(|(act, name, _, asks, stops)| Act { word: act.word(), name, asks, stops })
    .collect()
}

fn question(ask: Do, one: &Person, behind: &LeftBehind, text: &'static Text) -> Option<Ask> {
    let words = &text.people;
    let (title, what, button, stops) = match ask {
        Do::Reset if one.place == Place::Company && !one.has_initial_password() => {
            (words.ask_reset, words.ask_reset_two, words.reset, false)
        }
        Do::Reset => (words.ask_reset, words.ask_reset_what, words.reset, false),
        Do::Factor => (words.ask_factor, words.ask_factor_what, words.reset_factor, false),
        Do::Part => (words.ask_part, words.ask_part_what, words.part, false),
        Do::Disable => (words.ask_disable, words.ask_disable_what, words.disable, true),
        Do::Leave => (words.ask_leave, words.ask_leave_what, words.leave, true),
        _ => return None,
    };
    let of = |title: &str| fill(title, &[&one.name]);
    let behind = if ask == Do::Disable { behind_words(behind, text) } else { Vec::new() };
    Some(Ask { word: ask.word(), title: of(title), what: of(what), button, behind, stops })
}

fn behind_words(behind: &LeftBehind, text: &'static Text) -> Vec<String> {
    let words = &text.people;
    let lines = [
        (behind.sessions, words.behind_sessions),
        (behind.drafts, words.behind_drafts),
        (behind.keys, words.behind_keys),
        (behind.refunds, words.behind_refunds),
        (behind.proposals, words.behind_proposals),
    ];
    let lines = lines.into_iter().filter(|(count, _)| *count > 0);
    let lines: Vec<String> = lines.map(|(count, line)| fill(line, &[&count.to_string()])).collect();
    if lines.is_empty() { vec![words.behind_nothing.to_owned()] } else { lines }
}

fn password_words(one: &Person, text: &'static Text) -> String {
    match one.password_expires_at {
        Some(_) if one.waits_for_password() => text.people.no_password.to_owned(),
        Some(until) => fill(text.people.password_initial, &[&until.date_time_text()]),
        None if one.must_change => text.people.password_must_change.to_owned(),
        None => text.people.password_own.to_owned(),
    }
}

fn log_row(line: Line, text: &'static Text) -> LogRow {
    let words = &text.people;
    let action = match line.action.as_str() {
        "person_invited" => words.a_person_invited,
        "person_created" => words.a_person_created,
        "person_changed" => words.a_person_changed,
        "person_disabled" => words.a_person_disabled,
        "person_enabled" => words.a_person_enabled,
        "person_left" => words.a_person_left,
        "password_reset" => words.a_password_reset,
        "login_unlocked" => words.a_login_unlocked,
        "sessions_ended" => words.a_sessions_ended,
        "human_joined" => words.a_human_joined,
        "factor_reset" => words.a_factor_reset,
        "factor_set" => words.a_factor_set,
        other => other,
    };
    let by = if line.by.is_empty() { words.log_command_line.to_owned() } else { line.by };
    LogRow { at: line.at.date_time_text(), by, action: action.to_owned(), detail: line.detail, address: line.address }
}

/// The form as the rows are.
fn typed(one: &Person) -> Fields {
    let plain = [
        ("name", one.name.clone()),
        ("number", one.number.clone()),
        ("phone", one.phone.clone().unwrap_or_default()),
        ("language", one.language.clone().unwrap_or_default()),
        ("place", form::place_value(one.place, one.terminal)),
    ];
    let roles = one.held.iter().map(|held| (format!("role_{}", held.role), String::new()));
    plain.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(roles).collect()
}

/// Does what a button of the page says.
pub async fn act(visit: &Visit, desk: &Desk, id: i64, host: &str, fields: Fields) -> Result<Response, Problem> {
    let one = find(visit, desk, id).await?;
    let version = value(&fields, "version").parse().map_err(|_| Problem::BadForm)?;
    let act = Do::from_word(value(&fields, "do")).ok_or(Problem::BadForm)?;
    let session = &visit.session;
    let helping = matches!(act, Do::Reset | Do::Unlock | Do::Sessions);
    let open = if helping { helps(session, &one) } else { keeps(session, &one) };
    if !open {
        return Err(Problem::Forbidden(Box::new(session.entry("denied", &one.login, act.word()))));
    }
    let target = (one.id, version);
    let entry = |action| session.entry(action, &one.login, "");
    let (changed, said) = match act {
        Do::Save => return save(visit, desk, one, version, fields).await,
        Do::Join => return join(visit, desk, one, &fields).await,
        Do::Reset if one.place == Place::Company && !one.has_initial_password() => {
            return send(visit, Payload::PersonReset { person: one.id }, &fields).await;
        }
        Do::Factor | Do::Part if !session.can(Action::ManagePeople) => {
            return Err(Problem::Forbidden(Box::new(session.entry("denied", &one.login, act.word()))));
        }
        Do::Factor => return send(visit, Payload::FactorReset { person: one.id }, &fields).await,
        Do::Part => return send(visit, Payload::LoginParting { person: one.id }, &fields).await,
        Do::Enable if one.place == Place::Company => {
            let payload = Payload::CompanyRoles { person: one.id, roles: one.held };
            return send(visit, payload, &fields).await;
        }
        Do::Reset => {
            let password = initial_password(cookies::random());
            let hash = visit.web.passwords.hash(password.clone()).await?;
            match keep::reset(visit.db(), target, hash, entry("password_reset")).await? {
                Ok(()) => return invite::sheet(visit, desk, one.id, host, &password).await,
                Err(refused) => (Err(refused), Said::Changed),
            }
        }
        Do::Unlock => {
            keep::unlock(visit.db(), one.login.clone(), entry("login_unlocked")).await?;
            (Ok(()), Said::Unlocked)
        }
        Do::Sessions => {
            keep::end_sessions(visit.db(), one.id, one.login.clone(), entry("sessions_ended")).await?;
            (Ok(()), Said::Sessions)
        }
        Do::Disable => (keep::step(visit.db(), target, Move::Disable, entry("person_disabled")).await?, Said::Disabled),
        Do::Enable => (keep::step(visit.db(), target, Move::Enable, entry("person_enabled")).await?, Said::Enabled),
        Do::Leave => (keep::step(visit.db(), target, Move::Leave, entry("person_left")).await?, Said::Left),
    };
    match changed {
        Ok(()) => Ok(Flash::new(said, &[]).redirect(&visit.web, &desk.address(&one))),
        Err(refused) => refuse(visit, desk, id, refused).await,
    }
}

/// Proposes it, and leads to where it is decided.
async fn send(visit: &Visit, payload: Payload, fields: &Fields) -> Result<Response, Problem> {
    let request = RequestId::parse(value(fields, "request")).ok_or(Problem::BadForm)?;
    let step = proposal::propose(visit, payload, request).await?.ok_or(Problem::NotFound)?;
    let path = proposal::after(&step, proposal::TODO);
    step.redirect(visit, &step::address(&path, &[], request), &[])
}

/// The page as it is now, with why nothing was done.
async fn refuse(visit: &Visit, desk: &Desk, id: i64, refused: NotChanged) -> Result<Response, Problem> {
    let words = &visit.text().people;
    let problem = match refused {
        NotChanged::Stale => words.stale,
        NotChanged::NotPossible => words.not_possible,
        NotChanged::Terminal => words.terminal_wrong,
    };
    let one = find(visit, desk, id).await?;
    view(visit, desk, one, Shown { problem: Some(problem), ..Shown::default() }).await
}

async fn save(visit: &Visit, desk: &Desk, one: Person, version: i64, fields: Fields) -> Result<Response, Problem> {
    let (session, text) = (&visit.session, visit.text());
    let places = list::work_places(visit.db(), desk.reach).await?;
    let mut wrong = Wrong::default();
    let Some(said) = form::read(session, At::of(one.place), &places, &fields, &mut wrong, text) else {
        let filled = Some((fields, wrong));
        return view(visit, desk, one, Shown { filled, problem: Some(text.people.failed), ..Shown::default() }).await;
    };
    let wanted = roles_after(&one.held, &said.roles, said.ends_on);
    let proposed = granting(keeper(session), one.place, &one.held, &wanted) == Ok(Giving::Proposed);
    let roles = if proposed { one.held.clone() } else { wanted.clone() };
    let number = if said.number.is_empty() { one.number.clone() } else { said.number };
    let change = Change {
        number,
        name: said.name,
        phone: said.phone,
        language: said.language,
        place: said.place,
        terminal: said.terminal,
        roles,
    };
    let entry = session.entry("person_changed", &one.login, "");
    match keep::change(visit.db(), (one.id, version), change, entry).await? {
        Ok(()) if proposed => send(visit, Payload::CompanyRoles { person: one.id, roles: wanted }, &fields).await,
        Ok(()) => Ok(Flash::new(Said::Changed, &[]).redirect(&visit.web, &desk.address(&one))),
        Err(refused) => refuse(visit, desk, one.id.0, refused).await,
    }
}

/// The roles after a form: those that are new, or that end already, end on the day that it says.
fn roles_after(held: &[Held], roles: &[Role], ends_on: Option<domain::time::BusinessDate>) -> Vec<Held> {
    let after = |role: &Role| match held.iter().find(|held| held.role == *role) {
        Some(old) if old.ends_on.is_none() || ends_on.is_none() => *old,
        _ => Held { role: *role, ends_on },
    };
    let mut after: Vec<Held> = roles.iter().map(after).collect();
    after.sort_unstable();
    after
}

async fn join(visit: &Visit, desk: &Desk, one: Person, fields: &Fields) -> Result<Response, Problem> {
    let wrong = || Shown { join_wrong: Some(visit.text().people.join_wrong), ..Shown::default() };
    let login = normal_login(value(fields, "login"));
    let other = match storage::people::account(visit.db(), &login).await? {
        Some(account) => list::find(visit.db(), account.person, desk.reach, visit.session.now).await?,
        None => None,
    };
    let Some(other) = other.filter(|other| other.id != one.id) else { return view(visit, desk, one, wrong()).await };
    let entry = visit.session.entry("human_joined", &one.login, &other.login);
    keep::join(visit.db(), one.id, other.human, entry).await?;
    Ok(Flash::new(Said::Joined, &[]).redirect(&visit.web, &desk.address(&one)))
}
