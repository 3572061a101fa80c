//! Who reaches what: every method of every page as a stranger and as every role. The pages come from their table; what
//! they ask for is held to the list in ARCHITECTURE.md, and who has it to `domain::role`.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::role::{Role, may};
use web::Access::{AnySession, AtTill, Either, InStore, May, Public};
use web::{Line, pages};

use crate::shop::{Shop, Visitor};

/// Logins of the demo shop, one for each role.
const PEOPLE: &[(&str, Role)] = &[
    ("cashier", Role::Cashier),
    ("manager", Role::StoreManager),
    ("chain", Role::ChainManager),
    ("agent", Role::Agent),
    ("operator", Role::Operator),
    ("checker", Role::Checker),
    ("finance", Role::Finance),
    ("auditor", Role::Auditor),
    ("admin", Role::Admin),
];

/// The list of addresses as it stands in ARCHITECTURE.md, where a changed access is seen in review.
fn listed(lines: &[Line]) -> String {
    let mut rows: Vec<(&str, [String; 2])> = Vec::new();
    for line in lines {
        if rows.last().is_none_or(|(path, _)| *path != line.path) {
            rows.push((line.path, Default::default()));
        }
        let (_, accesses) = rows.last_mut().expect("there is one now");
        let place = usize::from(line.method != "GET");
        assert_eq!(accesses[place], "", "{} {} stands twice", line.method, line.path);
        accesses[place] = line.access.to_string() + if line.proof.is_some() { ", proved" } else { "" };
    }
    let rows = rows.iter().map(|(path, [get, post])| format!("| `{path}` | {get} | {post} |\n"));
    rows.collect::<String>().replace("|  |", "| |")
}

#[test]
fn the_list_of_addresses_is_the_one_in_the_architecture() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ARCHITECTURE.md");
    let document = std::fs::read_to_string(path).expect("the document");
    let head = "| address | GET | POST |\n| --- | --- | --- |\n";
    let (before, rest) = document.split_once(head).expect("the list");
    let after = rest.find("\n\n").map_or("", |end| &rest[end + 1..]);
    let expected = [before, head, &listed(&pages().lines()), after].concat();
    if std::env::var_os("POS_UPDATE").is_some() {
        return std::fs::write(path, expected).expect("written");
    }
    assert!(document == expected, "POS_UPDATE=1 cargo test -p web addresses writes the list of ARCHITECTURE.md anew");
}

async fn ask(visitor: &mut Visitor, method: &str, path: &str) -> (StatusCode, String) {
    let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    for part in parts.iter_mut().filter(|part| part.starts_with('{')) {
        let sent = match part.as_str() {
            "{lang}" => "zh",
            "{*name}" => "none",
            "{rrn}" | "{settlement}" | "{dispute}" => "010000000001",
            _ => "1",
        };
        sent.clone_into(part);
    }
    let path = parts.join("/");
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
    for Line { method, path, access, .. } in pages().lines() {
        let (status, location) = ask(&mut shop.visitor(), method, path).await;
        if access == Public {
            assert!(status != StatusCode::FORBIDDEN && !status.is_server_error(), "{method} {path}: {status}");
            assert!(location != "/login" || path.starts_with("/log"), "{method} {path} is not public");
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
        let lines = pages().lines().into_iter();
        for Line { method, path, access, .. } in
            lines.filter(|line| line.path != "/logout" && !line.path.starts_with("/lock"))
        {
            let mut person = shop.same(&person);
            let (status, _) = ask(&mut person, method, path).await;
            match access {
                May(action) | InStore(action) | AtTill(action) if !may(&[*role], action) => {
                    assert_eq!(status, StatusCode::FORBIDDEN, "{login}: {method} {path}");
                }
                Either(one, other) if !may(&[*role], one) && !may(&[*role], other) => {
                    assert_eq!(status, StatusCode::FORBIDDEN, "{login}: {method} {path}");
                }
                // Of a merchant, but of no store.
                InStore(_) | AtTill(_) if *role == Role::ChainManager => {
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
    locked.post("/lock/now", &[]).await;
    let newhire = shop.signed_in("newhire").await;
    let lines = pages().lines().into_iter();
    for Line { method, path, access, .. } in lines.filter(|line| line.access != Public && line.access != AnySession) {
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

#[tokio::test]
async fn a_page_in_the_frame_marks_its_place_in_the_menu() {
    let shop = Shop::open().await;
    let mut framed = 0;
    for login in ["manager", "operator", "finance", "admin"] {
        let mut person = shop.signed_in(login).await;
        let lines = pages().lines().into_iter().filter(|line| line.method == "GET" && !line.path.contains('{'));
        for line in lines.filter(|line| line.path != "/lock") {
            let answer = person.get(line.path).await;
            // A page that says what went wrong has no place of its own.
            if !answer.status.is_success() {
                continue;
            }
            let text = answer.text();
            let menu = text.split_once("<nav class=\"side\"").and_then(|(_, rest)| rest.split_once("</nav>"));
            let Some((menu, _)) = menu else { continue };
            assert_eq!(menu.matches("aria-current=\"page\"").count(), 1, "{login}: {}", line.path);
            framed += 1;
        }
    }
    assert!(framed > 20, "{framed}");
}
