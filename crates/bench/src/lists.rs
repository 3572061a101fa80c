//! Lists of the card company: how fast a page of a million rows, its search and its last part are answered.

use std::net::SocketAddr;
use std::time::Instant;

use domain::ids::PersonId;
use engine::clock::Clock;
use storage::audit::Entry;
use storage::session::{self, SessionId};
use storage::{Storage, api_key};

use crate::Failure;
use crate::load::at;
use crate::pages::Browser;

/// People of the lists.
pub const PEOPLE: i64 = 1_000_000;

/// Ids of those people begin here, beyond those of the demo.
const FIRST: i64 = 1_000_000_000_000;

/// Measured requests of a page, after a quarter as many for warm-up.
const LOOKS: usize = 60;

/// The demo's administrator.
const ADMIN: PersonId = PersonId(9005);

/// Adds a million cashiers to the demo's outlets, and signs the administrator in. Returns the session's cookie.
pub async fn fill(storage: &Storage) -> Result<String, Failure> {
    let now = Clock::system().now();
    let people = format!(
        "INSERT INTO person (id, number, name, login, password_hash, must_change, password_changed_at, status, phone,
            created_at, changed_at, version, place, merchant_id, outlet_id, human_id)
        WITH RECURSIVE n (i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {PEOPLE} - 1)
        SELECT {FIRST} + i, CAST(i AS TEXT), 'n' || CAST(i * 7919 % {PEOPLE} AS TEXT), 'l' || CAST(i AS TEXT), '', 0, {now},
            'active', CAST(13000000000 + i AS TEXT), {now}, {now}, 1, 'outlet', 250100, 2501001 + i % 2, {FIRST} + i FROM n",
        now = now.0
    );
    let roles =
        format!("INSERT INTO person_role (person_id, role) SELECT id, 'cashier' FROM person WHERE id >= {FIRST}");
    storage
        .write(move |connection| {
            for sql in [people.as_str(), &roles, "ANALYZE"] {
                connection.execute_batch(sql)?;
            }
            Ok(())
        })
        .await?;
    let cookie = api_key::secret();
    let entry = Entry {
        at: now,
        person: Some(ADMIN),
        merchant: None,
        terminal: None,
        action: "login",
        subject: String::new(),
        detail: String::new(),
        address: "benchmark".to_owned(),
    };
    session::open(storage, SessionId::of_token(&cookie), None, "benchmark".to_owned(), entry).await?;
    Ok(format!("session={cookie}"))
}

/// Milliseconds of each page: name, median, p95.
pub fn looks(server: SocketAddr, cookie: &str) -> Result<Vec<(&'static str, f64, f64)>, Failure> {
    let last = FIRST + PEOPLE - 25;
    let pages = [
        ("people: the first page", "/office/people".to_owned()),
        ("people: the last page", format!("/office/people?after={last}")),
        ("people: a name", "/office/people?q=n41".to_owned()),
        ("people: a phone", "/office/people?q=13000500000".to_owned()),
        ("people: a role", "/office/people?r=cashier".to_owned()),
        ("people: a few of a role", "/office/people?r=checker".to_owned()),
        ("people: disabled", "/office/people?s=disabled".to_owned()),
        ("people: not seen for long", "/office/people?f=unseen".to_owned()),
        ("merchants", "/office/merchants".to_owned()),
        ("help desk: a name", "/office/help?q=n41".to_owned()),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut browser = Browser::open(server, cookie).await?;
        let mut looks = Vec::new();
        for (name, path) in pages {
            let mut micros = Vec::with_capacity(LOOKS);
            for nth in 0..LOOKS + LOOKS / 4 {
                let begun = Instant::now();
                browser.get(&path).await?;
                if nth >= LOOKS / 4 {
                    micros.push(u32::try_from(begun.elapsed().as_micros())?);
                }
            }
            micros.sort_unstable();
            looks.push((name, at(&micros, 50), at(&micros, 95)));
        }
        Ok(looks)
    })
}
