//! Who reaches what: every route as a stranger and as every role. A new route without a line here fails.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::role::{Action, Role, may};

use crate::shop::{Shop, Visitor};

/// What a route asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Access {
    /// Nothing.
    Public,
    /// A session that may be locked or have the initial password.
    AnySession,
    /// A session.
    Session,
    /// A session whose person may do this.
    May(Action),
}
use Access::{AnySession, May, Public, Session};

const SELL: Access = May(Action::Sell);
const ORDERS: Access = May(Action::ViewOrders);
const BATCH: Access = May(Action::CloseBatch);
const KEYS: Access = May(Action::ManageApiKeys);

const ROUTES: &[(&str, &str, Access)] = &[
    ("GET", "/", Session),
    ("GET", "/login", Public),
    ("POST", "/login", Public),
    ("POST", "/login/again", Public),
    ("GET", "/login/captcha.png", Public),
    ("GET", "/login/captcha.wav", Public),
    ("GET", "/logout", Session),
    ("POST", "/logout", Public),
    ("GET", "/lock", AnySession),
    ("POST", "/lock", AnySession),
    ("GET", "/password", AnySession),
    ("POST", "/password", AnySession),
    ("POST", "/password/sessions", Session),
    ("POST", "/session/ping", Session),
    ("GET", "/lang/{lang}", Public),
    ("GET", "/batch", BATCH),
    ("GET", "/batch/close", BATCH),
    ("POST", "/batch/close", BATCH),
    ("GET", "/batch/now", BATCH),
    ("GET", "/batch/{number}", BATCH),
    ("POST", "/batch/{number}/print", BATCH),
    ("GET", "/sale", SELL),
    ("GET", "/sale/lines", Public),
    ("POST", "/sale/lines", SELL),
    ("GET", "/sale/lines/void", Public),
    ("POST", "/sale/lines/void", SELL),
    ("GET", "/sale/lines/undo", Public),
    ("POST", "/sale/lines/undo", SELL),
    ("GET", "/sale/picker", SELL),
    ("GET", "/sale/price", SELL),
    ("POST", "/sale/price", SELL),
    ("GET", "/sale/hold", Public),
    ("POST", "/sale/hold", SELL),
    ("GET", "/sale/resume", Public),
    ("POST", "/sale/resume", SELL),
    ("GET", "/sale/abandon", SELL),
    ("POST", "/sale/abandon", SELL),
    ("GET", "/sale/pay", Public),
    ("POST", "/sale/pay", SELL),
    ("GET", "/sale/confirm", Public),
    ("POST", "/sale/confirm", SELL),
    ("GET", "/sale/query", Public),
    ("POST", "/sale/query", SELL),
    ("GET", "/slip/{rrn}", ORDERS),
    ("POST", "/slip/{rrn}/print", ORDERS),
    ("POST", "/slip/{rrn}/skip", SELL),
    ("GET", "/slip/pending/{order}", ORDERS),
    ("POST", "/slip/paper", SELL),
    ("GET", "/slip/page.css", Public),
    ("GET", "/orders", ORDERS),
    ("GET", "/orders/export.csv", ORDERS),
    ("GET", "/orders/export.xlsx", ORDERS),
    ("GET", "/orders/{order}", ORDERS),
    ("POST", "/orders/{order}/query", SELL),
    ("GET", "/refunds", May(Action::ReviewRefund)),
    ("POST", "/refunds", May(Action::ReviewRefund)),
    ("GET", "/refunds/new", May(Action::RequestRefund)),
    ("POST", "/refunds/new", May(Action::RequestRefund)),
    ("GET", "/void", May(Action::RequestRefund)),
    ("POST", "/void", May(Action::RequestRefund)),
    ("GET", "/office/refunds", May(Action::LateRefund)),
    ("POST", "/office/refunds", May(Action::LateRefund)),
    ("GET", "/office/disputes", May(Action::ViewDisputes)),
    ("POST", "/office/disputes", May(Action::OpenDispute)),
    ("GET", "/office/disputes/{dispute}", May(Action::ViewDisputes)),
    ("POST", "/office/disputes/{dispute}", May(Action::DecideDispute)),
    ("GET", "/disputes", May(Action::AnswerDispute)),
    ("GET", "/disputes/{dispute}", May(Action::AnswerDispute)),
    ("POST", "/disputes/{dispute}", May(Action::AnswerDispute)),
    ("GET", "/office/settlements", May(Action::ViewSettlement)),
    ("POST", "/office/settlements", May(Action::PrepareSettlement)),
    ("GET", "/office/settlements/rate", May(Action::ViewSettlement)),
    ("POST", "/office/settlements/rate", May(Action::ManageMerchants)),
    ("GET", "/office/settlements/{settlement}", May(Action::ViewSettlement)),
    ("POST", "/office/settlements/{settlement}", May(Action::ReleaseSettlement)),
    ("GET", "/office/settlements/{settlement}/export.csv", May(Action::ViewSettlement)),
    ("GET", "/settlements", May(Action::ViewOwnSettlement)),
    ("GET", "/settlements/{settlement}", May(Action::ViewOwnSettlement)),
    ("GET", "/settlements/{settlement}/export.csv", May(Action::ViewOwnSettlement)),
    ("GET", "/keys", KEYS),
    ("POST", "/keys", KEYS),
    ("GET", "/keys/revoke", KEYS),
    ("POST", "/keys/revoke", KEYS),
    ("GET", "/webhooks", KEYS),
    ("POST", "/webhooks", KEYS),
    ("GET", "/webhooks/{endpoint}", KEYS),
    ("POST", "/webhooks/{endpoint}", KEYS),
    ("GET", "/static/{*name}", Public),
    ("GET", "/healthz", Public),
    ("GET", "/readyz", Public),
];

/// Logins of the demo shop, one for each role.
const PEOPLE: &[(&str, Role)] = &[
    ("cashier", Role::Cashier),
    ("manager", Role::StoreManager),
    ("operator", Role::Operator),
    ("checker", Role::Checker),
    ("finance", Role::Finance),
    ("auditor", Role::Auditor),
    ("admin", Role::Admin),
];

#[test]
fn every_route_is_listed() {
    let mut found = Vec::new();
    for route in include_str!("../../src/lib.rs").split(".route(\"").skip(1) {
        let (path, handlers) = route.split_once('"').expect("a path");
        let handlers = handlers.split('\n').next().unwrap_or_default();
        for (method, call) in [("GET", "get("), ("POST", "post(")] {
            if handlers.contains(call) {
                found.push((method, path));
            }
        }
    }
    let listed: Vec<_> = ROUTES.iter().map(|(method, path, _)| (*method, *path)).collect();
    let missing: Vec<_> = found.iter().filter(|one| !listed.contains(one)).collect();
    let gone: Vec<_> = listed.iter().filter(|one| !found.contains(one)).collect();
    assert!(missing.is_empty() && gone.is_empty(), "not listed: {missing:?}; not routed: {gone:?}");
}

async fn ask(visitor: &mut Visitor, method: &str, path: &str) -> (StatusCode, String) {
    let path = path
        .replace("{lang}", "zh")
        .replace("{*name}", "none")
        .replace("{rrn}", "010000000001")
        .replace("{number}", "1")
        .replace("{endpoint}", "1")
        .replace("{settlement}", "010000000001")
        .replace("{dispute}", "010000000001")
        .replace("{order}", "1");
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded");
    let answer = visitor.send(request.body(Body::empty()).expect("a request")).await;
    (answer.status, answer.location().to_owned())
}

#[tokio::test]
async fn strangers_reach_public_pages_only() {
    let shop = Shop::open().await;
    for (method, path, access) in ROUTES {
        let (status, location) = ask(&mut shop.visitor(), method, path).await;
        if *access == Public {
            assert!(status != StatusCode::FORBIDDEN && !status.is_server_error(), "{method} {path}: {status}");
        } else {
            assert_eq!((status, location.as_str()), (StatusCode::SEE_OTHER, "/login"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn every_role_reaches_what_its_table_row_grants() {
    let shop = Shop::open().await;
    for (login, role) in PEOPLE {
        let person = shop.signed_in(login).await;
        for (method, path, access) in ROUTES.iter().filter(|(_, path, _)| *path != "/logout" && *path != "/lock") {
            let mut person = shop.same(&person);
            let (status, _) = ask(&mut person, method, path).await;
            match access {
                May(action) if !may(&[*role], *action) => {
                    assert_eq!(status, StatusCode::FORBIDDEN, "{login}: {method} {path}");
                }
                _ => assert!(
                    status != StatusCode::FORBIDDEN && !status.is_server_error(),
                    "{login}: {method} {path}: {status}"
                ),
            }
        }
    }
}

#[tokio::test]
async fn a_locked_screen_and_an_initial_password_open_nothing_else() {
    let shop = Shop::open().await;
    let mut locked = shop.signed_in("cashier").await;
    locked.get("/lock").await;
    let newhire = shop.signed_in("newhire").await;
    for (method, path, access) in ROUTES.iter().filter(|(_, _, access)| *access != Public && *access != AnySession) {
        let (status, location) = ask(&mut shop.same(&locked), method, path).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "locked: {method} {path} ({access:?})");
        assert!(location.starts_with("/lock"), "locked: {method} {path} leads to {location}");
        let (status, location) = ask(&mut shop.same(&newhire), method, path).await;
        assert_eq!((status, location.as_str()), (StatusCode::SEE_OTHER, "/password"), "newhire: {method} {path}");
    }
    for path in ["/password", "/password/sessions"] {
        let (status, location) = ask(&mut shop.same(&locked), "POST", path).await;
        assert!(status == StatusCode::SEE_OTHER && location.starts_with("/lock"), "locked: POST {path}");
    }
}
