//! Sessions: who is signed in where. The browser holds a random token; the table holds its SHA-256.

use std::collections::BTreeSet;

use crate::human;
use crate::sql::{self, Connection, OptionalExtension, PendingRows, Row, params};
use domain::acts::Act;
use domain::ids::{MerchantId, OutletId, PersonId, TerminalId};
use domain::place::Place;
use domain::role::Role;
use domain::time::{HOUR, Timestamp};
use sha2::{Digest, Sha256};

use crate::audit::{self, Entry};
use crate::merchant::Reach;
use crate::payment::{self, OpenAttempt};
use crate::product_list::{LISTS, Lists};
use crate::refund::{self, Desk};
use crate::{Storage, StorageError, dispute, people, product_request, proposal};

/// Without use for so long, the session asks for the password again (it locks).
pub const IDLE: i64 = HOUR / 4;
/// After so long it ends, whatever happens.
pub const LIFE: i64 = 12 * HOUR;
/// Use is written down at most this often, so that not every page view costs a write.
const SEEN_EVERY: i64 = HOUR / 60;

/// A session's name in the database: SHA-256 of the browser's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionId([u8; 32]);

impl SessionId {
    /// The id of the session that `token` opens.
    pub fn of_token(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// The stored name.
    pub(crate) fn name(self) -> [u8; 32] {
        self.0
    }

    /// The beginning of the id, enough to tell a person's sessions apart on a page.
    pub fn short(self) -> String {
        use std::fmt::Write as _;
        self.0.iter().take(8).fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// An enrolled browser's name in the database: SHA-256 of the token in its cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceId(pub(crate) [u8; 32]);

impl DeviceId {
    /// The id of the browser that holds `token`.
    pub fn of_token(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }
}

/// The store that a person works in.
#[derive(Clone, Debug)]
pub struct Store {
    /// Merchant: the tenant. Every query about orders is scoped by it.
    pub merchant: MerchantId,
    /// Merchant's name, as printed on slips.
    pub merchant_name: String,
    /// Merchant number, 15 digits.
    pub mid: String,
    /// Outlet.
    pub outlet: OutletId,
    /// Outlet's name.
    pub outlet_name: String,
    /// The price lists that it sells from.
    pub lists: Lists,
}

/// The till that a person works at.
#[derive(Clone, Debug)]
pub struct Till {
    /// Terminal.
    pub terminal: TerminalId,
    /// Receipt paper of the terminal: `p80`, `p58` or `pa4`.
    pub paper: String,
    /// Longest pause between two characters of the terminal's scanner, milliseconds.
    pub scan_gap_ms: u32,
}

/// Why a person of a store has no till here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTill {
    /// The browser is not enrolled, and the outlet asks for that or the person has no till of their own.
    NotEnrolled,
    /// The browser is the till of another outlet.
    Elsewhere(TerminalId),
    /// The till is out of service.
    OutOfService(TerminalId),
}

/// A live session and its person, as of now: roles, disabling and place take effect with the next request.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session.
    pub id: SessionId,
    /// Who.
    pub person: PersonId,
    /// Number on slips.
    pub number: String,
    /// Display name.
    pub name: String,
    /// Login name.
    pub login: String,
    /// What the person may do; ask with [`domain::role::may`].
    pub roles: Vec<Role>,
    /// Must choose a password before anything else.
    pub must_change: bool,
    /// Asks for the password before anything else.
    pub locked: bool,
    /// Where the person belongs.
    pub place: Place,
    /// The name of the merchant there; none for the card company.
    pub merchant_name: Option<String>,
    /// The store that the person works in; people of a whole merchant and of the card company have none.
    pub store: Option<Store>,
    /// The till that the person works at: the one that this browser is, else the person's own where the outlet allows it.
    pub till: Result<Till, NoTill>,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// Last use, to the minute.
    pub seen_at: Timestamp,
    /// The person's second factor.
    pub factor: FactorState,
    /// When the factor was last proved here, or the password again by somebody without one.
    pub proved_at: Option<Timestamp>,
}

/// Whether a person has a second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorState {
    /// None, and none is needed.
    Optional,
    /// None yet, and one is needed.
    Needed,
    /// One is set.
    Set,
}

impl SignedIn {
    /// Whether the person has to set up a second factor before anything else.
    pub fn needs_factor(&self) -> bool {
        self.factor == FactorState::Needed
    }

    /// Whether the person has a second factor.
    pub fn has_factor(&self) -> bool {
        self.factor == FactorState::Set
    }

    /// Whether the person may work: nothing has to be typed, changed or set up first.
    pub fn is_free(&self) -> bool {
        let proved = !self.has_factor() || self.proved_at.is_some();
        !self.locked && !self.must_change && proved && !self.needs_factor()
    }
}

/// Opens a session for `entry`'s person and writes `entry` to the audit log. `previous` ends: a browser has one. For
/// somebody without a second factor, the password that was just typed is the proof.
pub async fn open(
    db: &Storage,
    id: SessionId,
    previous: Option<SessionId>,
    agent: String,
    entry: Entry,
) -> Result<(), StorageError> {
    db.write(move |connection| {
        connection
            .prepare_cached("DELETE FROM session WHERE created_at BETWEEN 0 AND ?1")?
            .execute([entry.at.plus(-LIFE).0])?;
        if let Some(previous) = previous {
            connection.prepare_cached("DELETE FROM session WHERE id_hash = ?1")?.execute([previous.0])?;
        }
        connection
            .prepare_cached(
                "INSERT INTO session (id_hash, person_id, created_at, seen_at, locked, address, agent, proved_at)
                 VALUES (?1, ?2, ?3, ?3, 0, ?4, ?5,
                    CASE WHEN EXISTS (SELECT 1 FROM factor f WHERE f.person_id = ?2) THEN NULL
                        ELSE CAST(?3 AS BIGINT) END)",
            )?
            .execute((id.0, entry.person.map(|id| id.0), entry.at.0, &entry.address, audit::printable(&agent)))?;
        connection
            .prepare_cached("UPDATE person SET last_login_at = ?2 WHERE id = ?1")?
            .execute((entry.person.map(|id| id.0), entry.at.0))?;
        Ok(audit::insert(connection, &entry)?)
    })
    .await
}

/// What a page tells besides: of whom depends on the person.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Payments of this outlet without a known outcome that were sent before this moment.
    pub attempts: Option<(OutletId, Timestamp)>,
    /// Refunds that wait at this desk.
    pub refunds: Option<Desk>,
    /// Disputes that wait for an answer of this merchant or outlet, or `Some(None)`: for the card company.
    pub disputes: Option<Option<Reach>>,
    /// Proposals of these acts, and settlements if the person may release them.
    pub decides: Option<(Vec<Act>, bool)>,
    /// Product requests that wait.
    pub requested: bool,
}

/// What was found of it.
#[derive(Clone, Debug, Default)]
pub struct News {
    /// Payments without a known outcome, oldest first.
    pub attempts: Vec<OpenAttempt>,
    /// How many refunds wait.
    pub refunds: i64,
    /// How many disputes wait.
    pub disputes: i64,
    /// How many proposals and settlements wait.
    pub decides: i64,
    /// How many product requests wait, as far as they are counted.
    pub requested: i64,
}

/// The session, if it is alive and its person may sign in, with what is `wanted` for this person, in the browser that is
/// `device`. Counts as use; idle for too long, it comes back locked.
pub async fn find<W>(
    db: &Storage,
    id: SessionId,
    device: Option<DeviceId>,
    now: Timestamp,
    wanted: W,
) -> Result<Option<(SignedIn, News)>, StorageError>
where
    W: FnOnce(&SignedIn) -> Wanted + Clone + Send + 'static,
{
    let found = db
        .read_by_key(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT p.id, p.number, p.name, p.login, p.must_change, s.locked, s.created_at, s.seen_at,
                        (SELECT string_agg(role, ',') FROM person_role r
                            WHERE r.person_id = p.id AND (r.ends_on IS NULL OR r.ends_on >= ?4)),
                        m.name, m.mid, o.name, t.id, t.paper, t.scan_gap_ms, t.outlet_id, t.status = 'active',
                        p.place, p.merchant_id, p.outlet_id,
                        EXISTS (SELECT 1 FROM factor f WHERE f.person_id = p.id), s.proved_at,
                        COALESCE((SELECT c.factor_required FROM company c), 1), s.terminal_id, {LISTS}
                 FROM session s
                 JOIN person p ON p.id = s.person_id
                 LEFT JOIN merchant m ON m.id = p.merchant_id
                 LEFT JOIN outlet o ON o.id = p.outlet_id
                 LEFT JOIN product_list l ON l.id = COALESCE(o.list_id, o.merchant_id)
                 LEFT JOIN product_list a ON a.id = l.parent_id
                 LEFT JOIN device d ON d.id_hash = ?3
                 LEFT JOIN terminal t
                    ON t.id = COALESCE(d.terminal_id, CASE WHEN o.enrolment = 'off' THEN p.default_terminal END)
                 WHERE s.id_hash = ?1 AND p.status IN ('active', 'invited') AND s.created_at > ?2
                    AND COALESCE(m.status, '') NOT IN ('suspended', 'closed')
                    AND COALESCE(o.status, '') NOT IN ('suspended', 'closed')",
            ))?;
            let parameters = params![id.0, now.plus(-LIFE).0, device.map(|device| device.0), now.business_date().0];
            let read = |row: &Row<'_>| Ok((read_signed_in(row, id)?, row.get::<_, Option<i64>>(23)?));
            let Some((signed_in, used_at)) = statement.query_row(parameters, read).optional()? else { return Ok(None) };
            let news = news(connection, signed_in.person, wanted(&signed_in), now)?;
            Ok(Some((signed_in, used_at, news)))
        })
        .await?;
    let Some((mut session, used_at, news)) = found else { return Ok(None) };
    let idle = now.since(session.seen_at);
    let terminal = session.till.as_ref().ok().map(|till| till.terminal.0);
    if !session.locked && idle >= IDLE {
        set_locked(db, id).await?;
        session.locked = true;
    } else if !session.locked && (idle >= SEEN_EVERY || terminal != used_at) {
        db.write(move |connection| {
            connection
                .prepare_cached(
                    "UPDATE session SET seen_at = ?2, terminal_id = ?3 WHERE id_hash = ?1 AND seen_at <= ?2",
                )?
                .execute(params![id.0, now.0, terminal])?;
            if let Some(terminal) = terminal {
                connection
                    .prepare_cached("UPDATE terminal SET seen_at = ?2 WHERE id = ?1")?
                    .execute([terminal, now.0])?;
            }
            Ok(())
        })
        .await?;
    }
    Ok(Some((session, news)))
}

fn news(connection: &Connection, person: PersonId, wanted: Wanted, now: Timestamp) -> sql::Result<News> {
    let attempts = wanted.attempts.map(|(outlet, before)| payment::query_open(connection, Some(outlet), before));
    let refunds = wanted.refunds.map(|desk| refund::query_waiting(connection, desk, now)).transpose()?;
    let disputes = wanted.disputes.map(|reach| dispute::query_waiting(connection, reach, now)).transpose()?;
    let decides = wanted.decides.map(|what| proposal::query_waiting(connection, &what, now)).transpose()?;
    let requests = wanted.requested.then(|| product_request::query_open(connection)).transpose()?;
    let mut news = News::default();
    if let Some(asked) = requests {
        news.requested = asked.first(|row| row.get(0))?.unwrap_or(0);
    }
    if let Some(asked) = attempts.transpose()? {
        news.attempts = asked.rows(payment::open_attempt)?;
    }
    let makers = |asked: Option<PendingRows<'_>>| {
        asked.map_or(Ok(Vec::new()), |asked| asked.rows(|row| Ok((PersonId(row.get(0)?), row.get(1)?))))
    };
    let waiting: [Vec<(PersonId, i64)>; 3] = [makers(refunds)?, makers(disputes)?, makers(decides)?];
    let others = waiting.iter().flatten().map(|(maker, _)| *maker).filter(|maker| *maker != person);
    let mut people: BTreeSet<PersonId> = others.collect();
    if !people.is_empty() {
        people.insert(person);
        // What one human made waits for another one, whichever login looks.
        let logins = human::with_givers(connection, people)?;
        let counted = waiting.map(|makers| {
            let others = makers.into_iter().filter(|(maker, _)| !logins.same_human(*maker, person, now));
            others.map(|(_, count)| count).sum()
        });
        [news.refunds, news.disputes, news.decides] = counted;
    }
    Ok(news)
}

fn read_signed_in(row: &Row<'_>, id: SessionId) -> sql::Result<SignedIn> {
    let roles: Option<String> = row.get(8)?;
    let place = people::read_place(row, 17)?;
    let store = read_store(row, place)?;
    Ok(SignedIn {
        id,
        person: PersonId(row.get(0)?),
        number: row.get(1)?,
        name: row.get(2)?,
        login: row.get(3)?,
        must_change: row.get(4)?,
        locked: row.get(5)?,
        created_at: Timestamp(row.get(6)?),
        seen_at: Timestamp(row.get(7)?),
        // A role that does not fit the place grants nothing.
        roles: roles
            .unwrap_or_default()
            .split(',')
            .filter_map(Role::from_word)
            .filter(|role| place.fits(*role))
            .collect(),
        till: read_till(row, store.as_ref())?,
        store,
        merchant_name: row.get(9)?,
        factor: match (row.get(20)?, row.get(22)?) {
            (true, _) => FactorState::Set,
            (false, true) if place == Place::Company => FactorState::Needed,
            (false, _) => FactorState::Optional,
        },
        proved_at: row.get::<_, Option<i64>>(21)?.map(Timestamp),
        place,
    })
}

fn read_store(row: &Row<'_>, place: Place) -> sql::Result<Option<Store>> {
    let Place::Outlet(merchant, outlet) = place else { return Ok(None) };
    let (merchant_name, mid, outlet_name) = (row.get(9)?, row.get(10)?, row.get(11)?);
    Ok(Some(Store { merchant, merchant_name, mid, outlet, outlet_name, lists: Lists::read(row, 24)? }))
}

fn read_till(row: &Row<'_>, store: Option<&Store>) -> sql::Result<Result<Till, NoTill>> {
    let (Some(store), Some(terminal)) = (store, row.get(12)?) else { return Ok(Err(NoTill::NotEnrolled)) };
    let terminal = TerminalId(terminal);
    if row.get::<_, i64>(15)? != store.outlet.0 {
        return Ok(Err(NoTill::Elsewhere(terminal)));
    }
    if !row.get(16)? {
        return Ok(Err(NoTill::OutOfService(terminal)));
    }
    Ok(Ok(Till { terminal, paper: row.get(13)?, scan_gap_ms: row.get(14)? }))
}

/// Asks for the password before the session's next use.
pub async fn set_locked(db: &Storage, id: SessionId) -> Result<(), StorageError> {
    db.write(move |connection| {
        connection.prepare_cached("UPDATE session SET locked = 1 WHERE id_hash = ?1")?.execute([id.0])?;
        Ok(())
    })
    .await
}

/// Lets the session be used again, after its person gave the password.
pub async fn unlock(db: &Storage, id: SessionId, entry: Entry) -> Result<(), StorageError> {
    db.write(move |connection| {
        connection
            .prepare_cached("UPDATE session SET locked = 0, seen_at = ?2 WHERE id_hash = ?1")?
            .execute((id.0, entry.at.0))?;
        Ok(audit::insert(connection, &entry)?)
    })
    .await
}

/// Ends the session.
pub async fn close(db: &Storage, id: SessionId, entry: Entry) -> Result<(), StorageError> {
    db.write(move |connection| {
        connection.prepare_cached("DELETE FROM session WHERE id_hash = ?1")?.execute([id.0])?;
        Ok(audit::insert(connection, &entry)?)
    })
    .await
}

/// One of a person's sessions, for the list they can end them from.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The session.
    pub id: SessionId,
    /// When it began.
    pub created_at: Timestamp,
    /// Last use, to the minute.
    pub seen_at: Timestamp,
    /// Network address at sign-in.
    pub address: String,
    /// The browser's own description.
    pub agent: String,
}

/// The live sessions of a person, newest first.
pub async fn list(db: &Storage, person: PersonId, now: Timestamp) -> Result<Vec<Listed>, StorageError> {
    db.read(move |connection| {
        let mut statement = connection.prepare_cached(
            "SELECT id_hash, created_at, seen_at, address, agent FROM session
             WHERE person_id = ?1 AND created_at > ?2 ORDER BY created_at DESC",
        )?;
        let rows = statement.query_map((person.0, now.plus(-LIFE).0), |row| {
            Ok(Listed {
                id: SessionId(row.get(0)?),
                created_at: Timestamp(row.get(1)?),
                seen_at: Timestamp(row.get(2)?),
                address: row.get(3)?,
                agent: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<sql::Result<_>>()?)
    })
    .await
}

/// Ends those of `entry`'s person's own sessions whose [`SessionId::short`] is `short`. Answers how many.
pub async fn end_own(db: &Storage, short: String, entry: Entry) -> Result<usize, StorageError> {
    let person = entry.person.map(|id| id.0);
    db.write(move |connection| {
        let mut own = connection.prepare_cached("SELECT id_hash FROM session WHERE person_id = ?1")?;
        let own = own.query_map([person], |row| row.get(0).map(SessionId))?;
        let own: Vec<SessionId> = own.collect::<sql::Result<_>>()?;
        let mut ended = 0;
        for id in own.into_iter().filter(|id| id.short() == short) {
            ended += connection.execute("DELETE FROM session WHERE id_hash = ?1", [id.0])?;
        }
        if ended > 0 {
            audit::insert(connection, &entry)?;
        }
        Ok(ended)
    })
    .await
}

/// Whether the database answers; for the readiness probe.
pub async fn probe(db: &Storage) -> Result<(), StorageError> {
    db.read(|connection| {
        connection.query_row("SELECT EXISTS (SELECT 1 FROM session)", [], |_| Ok(()))?;
        Ok(())
    })
    .await
}
