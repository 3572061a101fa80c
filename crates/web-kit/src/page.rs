//! What every page starts with: language, addresses of assets, the frame of top bar and menu.

use std::convert::Infallible;
use std::sync::Arc;

use askama::Template;
use askama::filters::Safe;
use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::Html;
use domain::role::Action;
use domain::scan::Bin;
use storage::directory::Company;
use storage::payment::OpenAttempt;
use storage::session::IDLE;

use crate::Web;
use crate::assets::asset;
use crate::cookies;
use crate::flash::Flash;
use crate::indentation::cut;
use crate::people;
use crate::session::Session;
use crate::table::{Count, Menu, MenuEntry};
use crate::text::{Lang, Text, Words, fill};

/// Nearly every page fits, so that it is not copied while it grows.
const SIZE: usize = 16 * 1024;

/// Renders a template to a page.
pub fn render(template: &impl Template) -> Html<String> {
    let mut page = String::with_capacity(SIZE);
    template.render_into(&mut page).expect("writing a template to memory cannot fail");
    Html(cut(&page))
}

crate::said! {
    /// What the frame of any page can say.
    pub enum Said {
        /// The password is changed; the start page says so.
        PasswordChanged = "password_changed",
        /// A settlement has more transactions than a file can hold.
        SettlementTooLong = "settlement_too_many",
    }
}

/// The words and settings of one answer. Templates hold it as `page`.
pub struct Page<T: Words = Text> {
    /// The reader's language.
    pub lang: Lang,
    /// The audience's words in it.
    pub text: &'static T,
    /// Customer-service phone: the company's, or the one that the program was started with.
    pub hotline: String,
    /// The card company's own facts.
    pub company: Arc<Company>,
    /// What every page says of a demo that strangers can use.
    pub public_demo: Option<&'static str>,
    /// Where a switch of language comes back to.
    back: String,
    menu: Arc<Menu>,
}

impl<T: Words> Clone for Page<T> {
    fn clone(&self) -> Self {
        let (hotline, company) = (self.hotline.clone(), self.company.clone());
        let (back, menu) = (self.back.clone(), self.menu.clone());
        Self { lang: self.lang, text: self.text, hotline, company, public_demo: self.public_demo, back, menu }
    }
}

impl<T: Words> Page<T> {
    /// The address of a file in `static/`.
    pub fn asset(&self, name: &str) -> &'static str {
        asset(name)
    }

    /// The same with the shared words only, for the pages and pieces of this crate.
    pub fn shared(&self) -> Page {
        let (hotline, company) = (self.hotline.clone(), self.company.clone());
        let (back, menu) = (self.back.clone(), self.menu.clone());
        let (lang, text, public_demo) = (self.lang, self.text.shared(), self.public_demo);
        Page { lang, text, hotline, company, public_demo, back, menu }
    }

    /// The other language's name in that language, and its switch.
    pub fn switch(&self) -> (&'static str, &'static str, String) {
        match self.lang {
            Lang::Zh => ("English", "en", format!("/lang/en?back={}", self.back)),
            Lang::En => ("\u{4e2d}\u{6587}", "zh-CN", format!("/lang/zh?back={}", self.back)),
        }
    }

    /// The phone as a link's target.
    pub fn tel(&self) -> String {
        self.hotline.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
    }

    /// `text` with `{phone}` as a link that calls the customer service.
    pub fn with_phone(&self, text: &str) -> Safe<String> {
        let link = PhoneLink { tel: self.tel(), hotline: &self.hotline }.render();
        let parts: Vec<String> = text.split("{phone}").map(escaped).collect();
        Safe(parts.join(&link.expect("writing a template to memory cannot fail")))
    }

    /// The title with the mark of a page that reports an error.
    pub fn error_title(&self, title: &str) -> String {
        fill(self.text.shared().shell.title_error, &[title])
    }

    /// The frame for a signed-in person, with the menu's entry for `place` marked as the present one.
    pub fn shell(self, session: &Session, flash: &Flash, place: &'static str) -> Shell<T> {
        let shared = self.text.shared();
        let text = &shared.shell;
        let said = flash.said().map(|said| match said {
            Said::PasswordChanged => text.said_password_changed,
            Said::SettlementTooLong => shared.settlement.said_too_many,
        });
        let outlet = session.store.as_ref().map_or_else(
            || session.merchant_name.clone().unwrap_or_else(|| text.company.to_owned()),
            |store| fill(text.outlet_name, &[&store.merchant_name, &store.outlet_name]),
        );
        let till = session.till.as_ref().ok();
        let pinned = |one: &OpenAttempt| Pinned {
            text: fill(shared.pay.unresolved, &[&one.number, &one.amount.to_string()]),
            // At the till that has it, where it is paid; anywhere else in the store, where it is looked up.
            link: match till {
                Some(till) if till.terminal == one.actor.terminal => format!("/sale?order={}", one.order),
                _ => format!("/orders/{}", one.order),
            },
        };
        let frame = Frame {
            unresolved: session.unresolved.iter().map(pinned).collect(),
            outlet,
            terminal: till.map(|till| till.terminal.to_string()),
            person: fill(text.person_name, &[&session.name, &session.number]),
            scan_gap_ms: till.map_or(50, |till| till.scan_gap_ms),
            bins: session.bins.iter().map(Bin::as_str).collect::<Vec<_>>().join(" "),
            idle_seconds: IDLE / 1_000_000,
            sells: session.can(Action::Sell),
            free: session.is_free(),
            menu: self
                .menu
                .open_to(&session.roles, session.post())
                .map(|entry| self.menu_link(entry, session))
                .collect(),
            said: said
                .or_else(|| flash.said().map(|said: people::Said| said.words(&shared.people)))
                .or_else(|| self.text.said(flash)),
            page: self.shared(),
            place,
        };
        Shell { page: self, frame }
    }

    fn menu_link(&self, entry: &MenuEntry, session: &Session) -> MenuLink {
        let count = entry.count.map_or(0, |count| match count {
            Count::ToReview => session.to_review,
            Count::ToAnswer => session.to_answer,
            Count::ToDecide => session.to_decide,
            Count::Requested => session.requested,
        });
        let label = || fill(self.text.shared().refund.open_label, &[&count.to_string()]);
        let (path, icon, word) = (entry.path, entry.icon, (entry.word)(self.lang));
        MenuLink { path, icon, word, count: (count > 0).then(|| (count, label())) }
    }
}

impl<T: Words> FromRequestParts<Web> for Page<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Infallible> {
        let said = |name| cookies::value(web, &parts.headers, name);
        let lang = Lang::parse(&said(cookies::OWN_LANG).or_else(|| said(cookies::LANG)).unwrap_or_default());
        // Only an address that can be read again is a place to come back to.
        let back = if parts.method == Method::GET { parts.uri.path().to_owned() } else { "/".to_owned() };
        let text = T::of(lang);
        let public_demo = web.settings.public_demo.then_some(text.shared().shell.public_demo);
        // A page that says that the database does not answer has no other facts.
        let company = web.house.get(&web.storage, web.clock.now()).await.unwrap_or_default();
        let hotline = if company.hotline.is_empty() { &web.settings.hotline } else { &company.hotline };
        let (hotline, menu) = (hotline.clone(), web.menu.clone());
        Ok(Self { lang, text, hotline, company, public_demo, back, menu })
    }
}

#[derive(Template)]
#[template(source = r#"<a href="tel:{{ tel }}">{{ hotline }}</a>"#, ext = "html")]
struct PhoneLink<'a> {
    tel: String,
    hotline: &'a str,
}

/// `text` as HTML text.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A place of the menu, as the frame shows it.
#[derive(Clone, Debug)]
pub struct MenuLink {
    /// Its address.
    pub path: &'static str,
    /// Its icon.
    pub icon: &'static str,
    /// Its name.
    pub word: &'static str,
    /// What waits there, and a sentence that says so.
    pub count: Option<(i64, String)>,
}

/// A note about a payment whose outcome is not known.
#[derive(Clone, Debug)]
pub struct Pinned {
    /// What it says.
    pub text: String,
    /// Its order.
    pub link: String,
}

/// Language, words and frame of a page. Templates that extend `shell.html` hold it as `shell`.
pub struct Shell<T: Words = Text> {
    /// Language and the audience's words.
    pub page: Page<T>,
    /// What surrounds the page's own content.
    pub frame: Frame,
}

/// The frame of a page: top bar and menu. Its parts are templates of their own, so that they are compiled here, once,
/// and not into every page.
pub struct Frame {
    page: Page,
    place: &'static str,
    outlet: String,
    terminal: Option<String>,
    person: String,
    /// Longest time between two characters of a scanner.
    pub scan_gap_ms: u32,
    /// How the numbers of our cards begin, with spaces between.
    pub bins: String,
    /// After so long without use the screen locks.
    pub idle_seconds: i64,
    /// The person is named as the cashier.
    sells: bool,
    /// The menu is shown: the person has changed the initial password.
    free: bool,
    menu: Vec<MenuLink>,
    /// Payments of the store whose outcome is not known, on every page until they are.
    pub unresolved: Vec<Pinned>,
    said: Option<&'static str>,
}

impl Frame {
    /// Top bar and menu.
    pub fn top(&self) -> impl Template {
        Top { frame: self }
    }

    /// What stands above a page's own content.
    pub fn notes(&self) -> impl Template {
        Notes { frame: self }
    }

    /// What the script shows and says.
    pub fn end(&self) -> impl Template {
        End { frame: self }
    }
}

#[derive(Template)]
#[template(path = "frame/top.html")]
struct Top<'a> {
    frame: &'a Frame,
}

#[derive(Template)]
#[template(path = "frame/notes.html")]
struct Notes<'a> {
    frame: &'a Frame,
}

#[derive(Template)]
#[template(path = "frame/end.html")]
struct End<'a> {
    frame: &'a Frame,
}

/// `path` if it is a place on this site, else the start page. Never leads elsewhere.
pub fn local_path(path: &str) -> &str {
    let plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte));
    if plain && path.starts_with('/') && !path.starts_with("//") { path } else { "/" }
}

/// The same with a query.
pub(crate) fn local_address(address: &str) -> &str {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let plain = query.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"&=%+-_.~*".contains(&byte));
    if plain && local_path(path) == path { address } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_with_a_query_leads_to_another_site() {
        for address in ["//evil.example?a", "/a?b=\nc", "/a?//c", "https://evil?a=b", "/a?b?c", "/a#b"] {
            assert_eq!(local_address(address), "/", "{address}");
        }
        for address in ["/office/people/export.csv?q=%E5%BC%A0&r=", "/office/people/export.csv"] {
            assert_eq!(local_address(address), address);
        }
    }

    #[test]
    fn no_path_leads_to_another_site() {
        for path in ["//evil.example", "/\\evil", "https://evil", "/a?b=//c", "", "javascript:alert(1)", "/a\nb"] {
            assert_eq!(local_path(path), "/", "{path}");
        }
        assert_eq!(local_path("/orders/2611230017"), "/orders/2611230017");
    }
}
