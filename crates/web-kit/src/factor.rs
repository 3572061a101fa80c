//! Asking for the second factor: at sign-in, and again before what takes it.
//!
//! What must stay true: wrong codes are counted by the person, so that another session does not begin anew; somebody
//! without a factor types the password instead; nothing takes effect before the proof.

use askama::Template;
use axum::extract::FromRequestParts as _;
use axum::response::{IntoResponse, Response};
use domain::factor as rules;
use storage::login::{self, PASSWORD_TRIES, Tries};
use storage::{audit, factor};

use crate::Web;
use crate::credentials::{Checked, check_own_password, clock_text};
use crate::page::{Page, local_address, render};
use crate::problem::Problem;
use crate::sent::Sent;
use crate::session::Session;
use crate::text::{Words, fill};
use crate::visit::Visit;

/// Where the proof before a file is sent to.
pub const BEFORE_FILE: &str = "/me/proof";

/// What asks the card company's people to prove it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// An approval: a form that was sent with the button `ok`.
    Approval,
    /// Every form, or every file.
    Always,
}

#[derive(Template)]
#[template(path = "proof.html")]
struct Question {
    page: Page,
    who: String,
    /// Where the form goes, with what the person sent before.
    action: String,
    fields: Vec<(String, String)>,
    /// Where the person goes who does not prove it.
    back: String,
    /// Why it is asked.
    why: &'static str,
    /// What the button says.
    button: &'static str,
    has_factor: bool,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "proof_file.html")]
struct Downloading {
    page: Page,
    file: String,
    back: String,
}

/// Lets a request of the card company's people through if they proved it a short while ago, or do so with it. Otherwise a
/// page asks, and sends the same form again.
pub(crate) async fn ask(web: &Web, proof: Proof, sent: &mut Sent) -> Result<(), Response> {
    let session = sent.parts.extensions.get::<Session>().expect("the page's access asks for a session").clone();
    let asks = proof == Proof::Always || sent.field("do") == Some("ok");
    if !asks || !session.of_company() || rules::is_fresh(session.proved_at, session.now) {
        return Ok(());
    }
    let Ok(page) = Page::from_request_parts(&mut sent.parts, web).await;
    let error = match sent.field("proof").filter(|_| !sent.reads()) {
        Some(typed) => match refused(web, &session, typed.to_owned(), &page).await {
            Ok(None) => return Ok(()),
            Ok(error) => error,
            Err(problem) => return Err(problem.into_response()),
        },
        None => None,
    };
    let path = sent.parts.uri.path().to_owned();
    // The page would send it again from a hidden field, and the browser would keep it.
    crate::stray_card::refuse_repeated(web, sent).await?;
    Err(if sent.reads() {
        let address = sent.parts.uri.path_and_query().map_or(path.clone(), |whole| whole.as_str().to_owned());
        before_file(page, &session, &address, error)
    } else {
        let fields = sent.fields.iter().filter(|(name, _)| name != "proof").cloned().collect();
        let words = match proof {
            Proof::Approval => (page.text.factor.again_act, page.text.factor.again_submit),
            Proof::Always => (page.text.factor.again_form, page.text.factor.again_go_on),
        };
        question(page, &session, Asked { action: path.clone(), fields, back: path, words }, error)
    })
}

/// The proof before a file: a page that loads the file, or the question again. A second press of the button needs no second
/// proof.
pub async fn prove_before_file<T: Words>(visit: &Visit<T>, file: &str, typed: String) -> Result<Response, Problem> {
    let page = visit.page.shared();
    let file = local_address(file);
    let fresh = rules::is_fresh(visit.session.proved_at, visit.session.now);
    let error = if fresh { None } else { refused(&visit.web, &visit.session, typed, &page).await? };
    if error.is_some() {
        return Ok(before_file(page, &visit.session, file, error));
    }
    Ok(render(&Downloading { page, file: file.to_owned(), back: list_of(file) }).into_response())
}

/// The page that a file belongs to.
fn list_of(file: &str) -> String {
    let path = file.split('?').next().unwrap_or_default();
    path.rsplit_once('/').map_or("/", |(list, _)| list).to_owned()
}

fn before_file(page: Page, session: &Session, file: &str, error: Option<String>) -> Response {
    let fields = vec![("file".to_owned(), file.to_owned())];
    let words = (page.text.factor.again_file, page.text.factor.again_download);
    question(page, session, Asked { action: BEFORE_FILE.to_owned(), fields, back: list_of(file), words }, error)
}

struct Asked {
    action: String,
    fields: Vec<(String, String)>,
    back: String,
    words: (&'static str, &'static str),
}

fn question(page: Page, session: &Session, asked: Asked, error: Option<String>) -> Response {
    let Asked { action, fields, back, words: (why, button) } = asked;
    let who = fill(page.text.shell.person_name, &[&session.name, &session.number]);
    let has_factor = session.has_factor();
    render(&Question { page, who, action, fields, back, why, button, has_factor, error }).into_response()
}

/// Why what was typed is no proof; nothing if it is one.
async fn refused(web: &Web, session: &Session, typed: String, page: &Page) -> Result<Option<String>, Problem> {
    let words = &page.text.factor;
    Ok(match prove(web, session, typed).await? {
        Checked::Right => None,
        Checked::Wrong(left) => Some(fill(words.again_wrong, &[&left.to_string()])),
        Checked::Locked(until) => Some(fill(words.again_locked, &[&until])),
    })
}

/// Checks what was typed as a proof: a code of the app or a recovery code, or the password of somebody without a factor.
pub async fn prove(web: &Web, session: &Session, typed: String) -> Result<Checked, Problem> {
    let db = &web.storage;
    let checked = if session.has_factor() {
        check_code(web, session, &typed).await?
    } else {
        check_own_password(web, session, typed, "proof_failed").await?
    };
    if matches!(checked, Checked::Right) {
        factor::proved(db, session.id, session.entry("proved", "", "")).await?;
    }
    Ok(checked)
}

async fn check_code(web: &Web, session: &Session, typed: &str) -> Result<Checked, Problem> {
    let (db, person) = (&web.storage, session.person);
    let key = login::factor_key(person);
    let (left, blocked_until) = match login::count_try(db, key.clone(), PASSWORD_TRIES, session.now).await? {
        Tries::Blocked(until) => return Ok(Checked::Locked(clock_text(until))),
        Tries::Go { left, blocked_until } => (left, blocked_until),
    };
    let right = match rules::code(typed) {
        Some(code) => factor::take_code(db, &web.vault, person, code, session.now).await?,
        None => take_recovery(web, session, typed).await?,
    };
    if right {
        login::forgive(db, key).await?;
        return Ok(Checked::Right);
    }
    audit::append(db, session.entry("factor_failed", "", "")).await?;
    Ok(blocked_until.map_or(Checked::Wrong(left), |until| Checked::Locked(clock_text(until))))
}

async fn take_recovery(web: &Web, session: &Session, typed: &str) -> Result<bool, Problem> {
    let typed = rules::recovery_code(typed);
    if typed.len() != rules::RECOVERY_LENGTH {
        return Ok(false);
    }
    for (number, hash) in factor::recovery_codes(&web.storage, session.person).await? {
        if web.passwords.verify(typed.clone(), Some(hash)).await? {
            let taken = factor::take_recovery(&web.storage, session.person, number, session.now).await?;
            if taken {
                audit::append(&web.storage, session.entry("recovery_code_used", "", "")).await?;
            }
            return Ok(taken);
        }
    }
    Ok(false)
}
