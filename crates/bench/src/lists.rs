//! Lists of the card company: how fast a page of a million rows, its search and its last part are answered.

use std::net::SocketAddr;
use std::time::Instant;

use domain::ids::PersonId;
use domain::time::{HOUR, Timestamp};
use engine::clock::Clock;
use storage::audit::Entry;
use storage::session::{self, SessionId};
use storage::{Storage, api_key};

use crate::Failure;
use crate::load::at;
use crate::pages::Browser;

/// People of the lists.
pub const PEOPLE: i64 = 1_000_000;

/// Stores of the lists, with two terminals each, ten to a merchant.
const OUTLETS: i64 = 500_000;

/// Merchants of the lists begin here, and their outlets and terminals.
const MERCHANT: i64 = 300_000;
const OUTLET: i64 = 3_000_000;
const TERMINAL: i64 = 30_000_000;

/// Ids of those people begin here, beyond those of the demo.
const FIRST: i64 = 1_000_000_000_000;

/// Measured requests of a page, after a quarter as many for warm-up.
const LOOKS: usize = 60;

/// The demo's administrator.
const ADMIN: PersonId = PersonId(9005);

/// Adds a million cashiers to the demo's outlets and a million terminals of other ones, and signs the administrator in. Returns the session's cookie.
pub async fn fill(storage: &Storage) -> Result<String, Failure> {
    let now = Clock::system().now();
    let mut texts = places(now);
    texts.extend(pieces(PEOPLE).map(|rows| {
        format!(
            "INSERT INTO person (id, number, name, login, password_hash, must_change, password_changed_at, status, phone,
                created_at, changed_at, version, place, merchant_id, outlet_id, human_id)
            {rows} SELECT {FIRST} + i, CAST(i AS TEXT), 'n' || CAST(i * 7919 % {PEOPLE} AS TEXT), 'l' || CAST(i AS TEXT), '', 0,
                {now}, 'active', CAST(13000000000 + i AS TEXT), {now}, {now}, 1, 'outlet', 250100, 2501001 + i % 2, {FIRST} + i
            FROM n",
            now = now.0
        )
    }));
    texts.extend(
        pieces(PEOPLE).map(|rows| {
            format!("INSERT INTO person_role (person_id, role) {rows} SELECT {FIRST} + i, 'cashier' FROM n")
        }),
    );
    texts.push("ANALYZE".to_owned());
    for text in texts {
        storage.write(move |connection| Ok(connection.execute_batch(&text)?)).await?;
    }
    sign_in(storage).await
}

/// Signs the demo's administrator in: the session's cookie.
pub async fn sign_in(storage: &Storage) -> Result<String, Failure> {
    let cookie = api_key::secret();
    let entry = Entry {
        at: Clock::system().now(),
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

/// Rows of one statement: more of them take a server longer than any statement of the program may.
const PIECE: i64 = 50_000;

/// The numbers below `count` as a table `n`, piece by piece.
fn pieces(count: i64) -> impl Iterator<Item = String> {
    (0..count).step_by(usize::try_from(PIECE).expect("small")).map(move |from| {
        let last = (from + PIECE).min(count) - 1;
        format!(
            "WITH RECURSIVE n (i) AS (SELECT CAST({from} AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
        )
    })
}

/// Merchants, outlets in 30 regions and one of a few, and their terminals: a few of them silent, out of use or never used.
fn places(now: Timestamp) -> Vec<String> {
    let ago = |hours: i64| now.plus(-hours * HOUR).0;
    let merchants = pieces(OUTLETS / 10).map(|rows| {
        format!(
            "INSERT INTO merchant (id, mid, name, short_name, licence, contact, phone, bank_name, bank_account, bank_holder,
                status, moved_at, reason, drug_returns, decides_payable, created_at, changed_at, version)
            {rows} SELECT {MERCHANT} + i, CAST(898330059120000 + i AS TEXT), 'm' || CAST(i AS TEXT), '', '', '', '', '', '', '',
                'active', 0, '', 1, 1, 0, 0, 1 FROM n"
        )
    });
    let outlets = pieces(OUTLETS).map(|rows| {
        format!(
            "INSERT INTO outlet (id, merchant_id, name, address, region, phone, hours, status, moved_at, reason, created_at,
                changed_at, version, enrolment)
            {rows} SELECT {OUTLET} + i, {MERCHANT} + i / 10, 'u' || CAST(i AS TEXT), '',
                CASE WHEN i % 100000 = 7 THEN '9999' ELSE CAST(3301 + i % 30 AS TEXT) END, '', 'Mo-Su 00:00-24:00', 'active',
                0, '', 0, 0, 1, 'off' FROM n"
        )
    });
    let terminals = pieces(OUTLETS * 2).map(|rows| {
        format!(
            "INSERT INTO terminal (id, outlet_id, label, status, moved_at, reason, batch_no, paper, scan_gap_ms, seen_at,
                created_at, changed_at, version)
            {rows} SELECT {TERMINAL} + i, {OUTLET} + i / 2, '', 'active', 0, '', 1, 'p80', 50, CASE WHEN i % 2000 = 3 THEN {}
                WHEN i % 1000 = 5 THEN {} WHEN i % 1000 = 7 THEN NULL ELSE {} END, 0, 0, 1 FROM n",
            ago(2),
            ago(9 * 24),
            ago(0)
        )
    });
    merchants.chain(outlets).chain(terminals).collect()
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
        ("merchants: of a region", "/office/merchants?r=3302".to_owned()),
        ("merchants: silent", "/office/merchants?l=silent".to_owned()),
        ("stores: of a few in a region", "/office/merchants?v=outlets&r=9999".to_owned()),
        ("stores: silent", "/office/merchants?v=outlets&l=silent".to_owned()),
        ("terminals: the last page", format!("/office/merchants?v=terminals&after={}", TERMINAL + OUTLETS * 2 - 25)),
        ("terminals: used today", "/office/merchants?v=terminals&l=today".to_owned()),
        ("terminals: silent", "/office/merchants?v=terminals&l=silent".to_owned()),
        ("terminals: not used for long", "/office/merchants?v=terminals&l=idle&r=3302".to_owned()),
        ("terminals: never used", "/office/merchants?v=terminals&l=never".to_owned()),
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
