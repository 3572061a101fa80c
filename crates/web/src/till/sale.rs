//! The sale page: ring up goods, take the card payment.

use askama::Template;
use axum::response::Html;
use domain::role::Action;

use crate::flash::Flash;
use crate::page::{Menu, Page, Shell, render};
use crate::problem::Problem;
use crate::session::Session;

#[derive(Template)]
#[template(path = "till/sale.html")]
struct View {
    shell: Shell,
}

/// The page with the person's current order.
pub(crate) async fn show(session: Session, page: Page, flash: Flash) -> Result<Html<String>, Problem> {
    session.may(Action::Sell)?;
    session.shop()?;
    Ok(render(&View { shell: page.shell(&session, &flash, Menu::Sale) }))
}
