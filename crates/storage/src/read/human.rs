//! Who stands behind logins and keys, for the books and for the pages that say why somebody may not decide.

use std::collections::{BTreeMap, BTreeSet};

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::human::{Given, Login, Logins};
use domain::ids::{MerchantId, OutletId, PersonId};
use domain::role::{Action, Role, may};
use domain::state::State;
use domain::time::{BusinessDate, HOUR, Timestamp};

use crate::{Storage, StorageError};

/// What is known of these people, and of everybody who gave them a password.
pub async fn logins(db: &Storage, people: Vec<PersonId>) -> Result<Logins, StorageError> {
    db.read_by_key(move |connection| Ok(with_givers(connection, people.iter().copied().collect())?)).await
}

/// The same of one person, inside the caller's transaction.
pub(crate) fn of(connection: &Connection, person: PersonId) -> sql::Result<Logins> {
    with_givers(connection, BTreeSet::from([person]))
}

pub(crate) fn with_givers(connection: &Connection, mut missing: BTreeSet<PersonId>) -> sql::Result<Logins> {
    let mut logins = Logins::default();
    while !missing.is_empty() {
        for person in missing {
            logins.put(person, login(connection, person)?);
        }
        missing = logins.givers_missing();
    }
    Ok(logins)
}

/// Whether an outlet's refunds can be reviewed by another human than `applicant` at `now`.
pub async fn has_other_reviewer(
    db: &Storage,
    outlet: (MerchantId, OutletId),
    applicant: PersonId,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let reviewers = db.read_by_key(move |connection| Ok(reviewers(connection, outlet)?)).await?;
    let people = reviewers.keys().copied().chain([applicant]).collect();
    let logins = logins(db, people).await?;
    Ok(reviewers.into_iter().any(|(other, until)| now < until && !logins.same_human(applicant, other, now)))
}

/// Loads into `state` who stands behind the decisions of a group: the people that it names, the reviewers of `outlets`,
/// and whoever made what is decided. Everything else has to be loaded before.
pub(crate) fn load(
    connection: &Connection,
    state: &mut State,
    named: &BTreeSet<PersonId>,
    outlets: BTreeSet<(MerchantId, OutletId)>,
) -> sql::Result<()> {
    for outlet in outlets {
        state.reviewers.loaded(outlet, Some(reviewers(connection, outlet)?));
    }
    loop {
        let missing = state.people_missing(named);
        if missing.is_empty() {
            return Ok(());
        }
        for person in missing {
            state.logins.put(person, login(connection, person)?);
        }
    }
}

const COLUMNS: &str = "human_id, joined_at, given_by, given_at, \
     CASE WHEN must_change = 0 AND password_changed_at > given_at THEN password_changed_at END";

fn login(connection: &Connection, person: PersonId) -> sql::Result<Login> {
    let sql = format!("SELECT {COLUMNS} FROM person WHERE id = ?1");
    let found = connection.prepare_cached(&sql)?.query_row([person.0], |row| read(row, 0)).optional()?;
    Ok(found.unwrap_or(Login::of(person)))
}

/// A login, from [`COLUMNS`] that begin at column `first`.
fn read(row: &Row<'_>, first: usize) -> sql::Result<Login> {
    let moment = |column| row.get::<_, Option<i64>>(column).map(|at| at.map(Timestamp));
    let by = row.get::<_, Option<i64>>(first + 2)?.map(PersonId);
    let own_since = moment(first + 4)?;
    Ok(Login {
        human: PersonId(row.get(first)?),
        joined_at: moment(first + 1)?,
        given: moment(first + 3)?.map(|at| Given { by, at, own_since }),
    })
}

/// Every login and key.
pub(crate) fn all(connection: &Connection) -> sql::Result<Logins> {
    let mut statement = connection.prepare(&format!("SELECT id, {COLUMNS} FROM person ORDER BY id"))?;
    let mut logins = Logins::default();
    for login in statement.query_map([], |row| Ok((PersonId(row.get(0)?), read(row, 1)?)))? {
        let (person, login) = login?;
        logins.put(person, login);
    }
    Ok(logins)
}

/// Who can review refunds of an outlet, and until when: people of the merchant with that right, and keys with that
/// scope. A key that is asleep counts, because its maker may be back before the request is too old for the store.
fn reviewers(
    connection: &Connection,
    (merchant, outlet): (MerchantId, OutletId),
) -> sql::Result<BTreeMap<PersonId, Timestamp>> {
    let roles = Role::ALL.into_iter().filter(|role| may(&[*role], Action::ReviewRefund));
    let roles: Vec<&str> = roles.map(Role::word).collect();
    let sql = "SELECT p.id, ?4, r.ends_on FROM person p JOIN person_role r ON r.person_id = p.id
        WHERE p.merchant_id = ?1 AND p.status IN ('active', 'invited') AND instr(?3, r.role) > 0
        UNION ALL SELECT k.person_id, k.expires_at, NULL FROM api_key k
        WHERE k.merchant_id = ?1 AND (k.outlet_id IS NULL OR k.outlet_id = ?2) AND k.may_refund = 1
            AND k.revoked_at IS NULL";
    let mut statement = connection.prepare_cached(sql)?;
    let values = params![merchant.0, outlet.0, roles.join(" "), i64::MAX];
    let rows = statement.query_map(values, |row| {
        // A deputy reviews until the last day is over.
        let last_day = row.get::<_, Option<i32>>(2)?.map(BusinessDate);
        let until = last_day.and_then(BusinessDate::start).map_or(Timestamp(row.get(1)?), |day| day.plus(24 * HOUR));
        Ok((PersonId(row.get(0)?), until))
    })?;
    let mut reviewers = BTreeMap::new();
    for row in rows {
        let (person, until) = row?;
        let known = reviewers.entry(person).or_insert(until);
        *known = until.max(*known);
    }
    Ok(reviewers)
}
