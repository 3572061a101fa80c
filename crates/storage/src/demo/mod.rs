//! The demo shop: fixed people and places, so that manuals, screenshots and tests agree.

pub mod batches;
pub mod cards;
mod catalogue;
pub mod keys;
pub mod proposals;

use crate::sql::Connection;
use domain::ids::{ListId, MerchantId, OutletId, PersonId, TerminalId};
use domain::place::Place;
use domain::role::Role;
use domain::time::Timestamp;

use crate::directory::{self, Company, NewMerchant, NewOutlet, NewTerminal};
use crate::people::{NewPerson, insert_person};
use crate::{Storage, StorageError, password};

/// The password of every demo person.
pub const PASSWORD: &str = "Demo-pass-2026";

/// Where a demo person works.
enum At {
    Company,
    Merchant(i64),
    Till(i64),
}

/// Number, name, login, roles, place.
type DemoPerson = (i64, &'static str, &'static str, &'static [Role], At);

const PEOPLE: &[DemoPerson] = &[
    (1002, "李强", "manager", &[Role::StoreManager], At::Till(25_010_007)),
    (1003, "王敏", "cashier", &[Role::Cashier], At::Till(25_010_007)),
    (1004, "赵晓", "newhire", &[Role::Cashier], At::Till(25_010_007)),
    (1005, "孙丽", "cashier2", &[Role::Cashier], At::Till(25_010_008)),
    (1006, "周涛", "other", &[Role::Cashier, Role::StoreManager], At::Till(25_020_001)),
    (1007, "林岚", "chain", &[Role::ChainManager], At::Merchant(250_100)),
    (9001, "陈静", "operator", &[Role::Operator], At::Company),
    (9002, "刘洋", "checker", &[Role::Checker], At::Company),
    (9003, "吴芳", "finance", &[Role::Finance], At::Company),
    (9004, "郑凯", "auditor", &[Role::Auditor], At::Company),
    (9005, "何平", "admin", &[Role::Admin], At::Company),
    (9006, "许诺", "agent", &[Role::Agent], At::Company),
];

/// Merchant id, merchant number, name, credit code, fee in basis points.
const MERCHANTS: &[(i64, &str, &str, &str, i64)] = &[
    (250_100, "898320159120001", "示例大药房", "91320100MA0000001B", 60),
    (250_200, "898320159120002", "康宁药房", "91320100MA0000002E", 38),
];

/// Outlet id, merchant, name, address, phone.
const OUTLETS: &[(i64, i64, &str, &str, &str)] = &[
    (2_501_001, 250_100, "中山路店", "示例路 12 号", "025-0000 0012"),
    (2_501_002, 250_100, "鼓楼店", "示例街 5 号", "025-0000 0005"),
    (2_502_001, 250_200, "新街口店", "示例巷 31 号", "025-0000 0031"),
];

/// Region of the demo's outlets, and their opening hours.
const REGION: &str = "3201";
const HOURS: &str = "Mo-Su 08:00-21:00";

/// Terminal number, outlet.
const TERMINALS: &[(i64, i64)] = &[(25_010_007, 2_501_001), (25_010_008, 2_501_002), (25_020_001, 2_502_001)];

/// What each outlet calls its till.
const LABEL: &str = "1 号台";

/// Fills an empty database with the demo shop. Answers `false`, and touches nothing, when there are people already.
pub async fn seed_people(db: &Storage, now: Timestamp) -> Result<bool, StorageError> {
    if crate::people::anybody(db).await? {
        return Ok(false);
    }
    // One password, one salt: ten slow hashes would be most of the start-up time. Only demo data may do this.
    let hash = password::hash(PASSWORD)?;
    db.write(move |connection| {
        insert_places(connection, now)?;
        for (merchant, ..) in MERCHANTS {
            catalogue::insert_catalogue(connection, ListId(*merchant))?;
        }
        for (id, name, login, roles, at) in PEOPLE {
            let (place, terminal) = place_of(at).ok_or(StorageError::NotWritten(format!("no place for {login}")))?;
            let person = NewPerson {
                number: id.to_string(),
                name: (*name).to_owned(),
                login: (*login).to_owned(),
                password_hash: hash.clone(),
                must_change: *login == "newhire",
                roles: roles.to_vec(),
                place,
                terminal,
                human: None,
                given_by: None,
                phone: None,
                language: None,
                ends_on: None,
            };
            insert_person(connection, PersonId(*id), &person, now)?;
        }
        Ok(true)
    })
    .await
}

fn place_of(at: &At) -> Option<(Place, Option<TerminalId>)> {
    let terminal = match at {
        At::Company => return Some((Place::Company, None)),
        At::Merchant(merchant) => return Some((Place::Merchant(MerchantId(*merchant)), None)),
        At::Till(terminal) => terminal,
    };
    let (_, outlet) = TERMINALS.iter().find(|(id, _)| id == terminal)?;
    let (_, merchant, ..) = OUTLETS.iter().find(|(id, ..)| id == outlet)?;
    Some((Place::Outlet(MerchantId(*merchant), OutletId(*outlet)), Some(TerminalId(*terminal))))
}

fn insert_places(connection: &Connection, now: Timestamp) -> Result<(), StorageError> {
    let company = Company {
        name: "示例健康卡服务公司".to_owned(),
        institution: "898".to_owned(),
        region: REGION.to_owned(),
        bin: "608625".to_owned(),
        hotline: String::new(),
        slip_issuer: "慧医卡".to_owned(),
        factor_required: false,
        version: 1,
    };
    directory::put_company(connection, &company, None, now)?;
    for (id, mid, name, licence, _) in MERCHANTS {
        let one = NewMerchant::of(*id, mid, name);
        directory::insert_merchant(connection, &NewMerchant { licence: (*licence).to_owned(), at: now, ..one })?;
    }
    for (id, merchant, name, address, phone) in OUTLETS {
        let one = NewOutlet {
            address: (*address).to_owned(),
            region: REGION.to_owned(),
            phone: (*phone).to_owned(),
            hours: HOURS.to_owned(),
            enrolment: false,
            at: now,
            ..NewOutlet::of(*id, *merchant, name)
        };
        directory::insert_outlet(connection, &one)?;
    }
    for (id, outlet) in TERMINALS {
        let one = NewTerminal { label: LABEL.to_owned(), at: now, ..NewTerminal::of(*id, *outlet) };
        directory::insert_terminal(connection, &one)?;
    }
    Ok(())
}

/// What a person needs to try the demo: login and place of each demo person, for the console.
pub fn logins() -> Vec<(&'static str, String)> {
    PEOPLE
        .iter()
        .map(|(_, name, login, roles, at)| {
            let roles: Vec<_> = roles.iter().map(|role| role.word()).collect();
            let terminal = if let At::Till(id) = at { format!(", terminal {id}") } else { String::new() };
            (*login, format!("{name}, {}{terminal}", roles.join(" + ")))
        })
        .collect()
}
