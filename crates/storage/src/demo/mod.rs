//! The demo shop: fixed people and places, so that manuals, screenshots and tests agree.

pub mod cards;
mod catalogue;
pub mod keys;

use crate::sql::Connection;
use domain::ids::{MerchantId, OutletId, PersonId, TerminalId};
use domain::place::Place;
use domain::role::Role;
use domain::time::Timestamp;

use crate::people::{NewPerson, insert_person};
use crate::{Storage, StorageError, password};

/// The password of every demo person.
pub const PASSWORD: &str = "Demo-pass-2026";

/// Number, name, login, roles, terminal (none: card company).
type DemoPerson = (i64, &'static str, &'static str, &'static [Role], Option<i64>);

const PEOPLE: &[DemoPerson] = &[
    (1002, "李强", "manager", &[Role::StoreManager], Some(25_010_007)),
    (1003, "王敏", "cashier", &[Role::Cashier], Some(25_010_007)),
    (1004, "赵晓", "newhire", &[Role::Cashier], Some(25_010_007)),
    (1005, "孙丽", "cashier2", &[Role::Cashier], Some(25_010_008)),
    (1006, "周涛", "other", &[Role::Cashier, Role::StoreManager], Some(25_020_001)),
    (9001, "陈静", "operator", &[Role::Operator], None),
    (9002, "刘洋", "checker", &[Role::Checker], None),
    (9003, "吴芳", "finance", &[Role::Finance], None),
    (9004, "郑凯", "auditor", &[Role::Auditor], None),
    (9005, "何平", "admin", &[Role::Admin], None),
];

/// Merchant id, merchant number, name, fee in basis points.
const MERCHANTS: &[(i64, &str, &str, i64)] =
    &[(250_100, "898320159120001", "示例大药房", 60), (250_200, "898320159120002", "康宁药房", 38)];

/// Outlet id, merchant, name.
const OUTLETS: &[(i64, i64, &str)] =
    &[(2_501_001, 250_100, "中山路店"), (2_501_002, 250_100, "鼓楼店"), (2_502_001, 250_200, "新街口店")];

/// Terminal number, outlet.
const TERMINALS: &[(i64, i64)] = &[(25_010_007, 2_501_001), (25_010_008, 2_501_002), (25_020_001, 2_502_001)];

/// Fills an empty database with the demo shop. Answers `false`, and touches nothing, when there are people already.
pub async fn seed_people(db: &Storage, now: Timestamp) -> Result<bool, StorageError> {
    if crate::people::anybody(db).await? {
        return Ok(false);
    }
    // One password, one salt: ten slow hashes would be most of the start-up time. Only demo data may do this.
    let hash = password::hash(PASSWORD)?;
    db.write(move |connection| {
        insert_places(connection)?;
        for (merchant, ..) in MERCHANTS {
            catalogue::insert_catalogue(connection, MerchantId(*merchant))?;
        }
        for (id, name, login, roles, terminal) in PEOPLE {
            let person = NewPerson {
                number: id.to_string(),
                name: (*name).to_owned(),
                login: (*login).to_owned(),
                password_hash: hash.clone(),
                must_change: *login == "newhire",
                roles: roles.to_vec(),
                place: terminal.and_then(place_of).unwrap_or(Place::Company),
                terminal: terminal.map(TerminalId),
                human: None,
            };
            insert_person(connection, PersonId(*id), &person, now)?;
        }
        Ok(true)
    })
    .await
}

fn place_of(terminal: i64) -> Option<Place> {
    let (_, outlet) = TERMINALS.iter().find(|(id, _)| *id == terminal)?;
    let (_, merchant, _) = OUTLETS.iter().find(|(id, _, _)| id == outlet)?;
    Some(Place::Outlet(MerchantId(*merchant), OutletId(*outlet)))
}

fn insert_places(connection: &Connection) -> Result<(), StorageError> {
    for row in MERCHANTS {
        connection.execute(
            "INSERT INTO merchant (id, mid, name, status, drug_returns, fee_bp) VALUES (?1, ?2, ?3, 'active', 0, ?4)",
            *row,
        )?;
    }
    for row in OUTLETS {
        connection.execute("INSERT INTO outlet (id, merchant_id, name, status) VALUES (?1, ?2, ?3, 'active')", *row)?;
    }
    for row in TERMINALS {
        connection.execute(
            "INSERT INTO terminal (id, outlet_id, status, batch_no, paper, scan_gap_ms)
             VALUES (?1, ?2, 'active', 1, 'p80', 50)",
            *row,
        )?;
    }
    Ok(())
}

/// What a person needs to try the demo: login and place of each demo person, for the console.
pub fn logins() -> Vec<(&'static str, String)> {
    PEOPLE
        .iter()
        .map(|(_, name, login, roles, terminal)| {
            let roles: Vec<_> = roles.iter().map(|role| role.word()).collect();
            let terminal = terminal.map_or(String::new(), |id| format!(", terminal {id}"));
            (*login, format!("{name}, {}{terminal}", roles.join(" + ")))
        })
        .collect()
}
