//! People as lists and pages show them: by place, role, state and name, fifty at a time.
//!
//! What must stay true: everything takes a [`Reach`], so that a manager sees the own place only. A page goes on after the
//! last person it showed, never by counting.

use crate::sql::{self, Connection, OptionalExtension as _, Question, Row, ToSql, params};
use domain::ids::{MerchantId, PersonId, TerminalId};
use domain::person::{Held, PersonStatus};
use domain::place::Place;
use domain::role::Role;
use domain::time::{HOUR, Timestamp};

use super::{held, normal_login, read_place};
use crate::books::rows::word;
use crate::merchant::Reach;
use crate::{Storage, StorageError, login};

/// Without a sign-in for so long, a login is worth a look: 90 days.
const UNSEEN_FOR: i64 = 90 * 24 * HOUR;

/// No list counts further.
pub const COUNT_MAX: usize = 10_000;

domain::words! {
    /// Lists of people that are worth a look.
    pub enum Figure {
        /// Locked after wrong passwords.
        Locked = "locked",
        /// Has not signed in for long.
        Unseen = "unseen",
        /// Works for the card company without a second factor.
        NoFactor = "no_factor",
    }
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// People of this reach; `None` is everybody.
    pub reach: Option<Reach>,
    /// Beginning of a name or login name, or a number or phone.
    pub text: String,
    /// The word of a place.
    pub place: Option<&'static str>,
    /// Holds this role.
    pub role: Option<Role>,
    /// State; without one, everybody who has not left.
    pub status: Option<PersonStatus>,
    /// One of the figures.
    pub figure: Option<Figure>,
}

/// Somebody.
#[derive(Clone, Debug)]
pub struct Person {
    /// Id.
    pub id: PersonId,
    /// Number on slips.
    pub number: String,
    /// Display name.
    pub name: String,
    /// Login name.
    pub login: String,
    /// Phone.
    pub phone: Option<String>,
    /// Language of the pages.
    pub language: Option<String>,
    /// Where the person belongs.
    pub place: Place,
    /// Names of merchant and outlet, empty for none.
    pub place_names: (String, String),
    /// The merchant's number, 15 digits; empty for none.
    pub mid: String,
    /// The till that the person works at.
    pub terminal: Option<TerminalId>,
    /// What the person holds, ended roles too.
    pub held: Vec<Held>,
    /// Where the login stands.
    pub status: PersonStatus,
    /// Has to choose another password at the next sign-in.
    pub must_change: bool,
    /// Until when an initial password opens anything; none for a password of the person's own.
    pub password_expires_at: Option<Timestamp>,
    /// Until when the login is locked somewhere.
    pub locked_until: Option<Timestamp>,
    /// Last sign-in.
    pub last_login_at: Option<Timestamp>,
    /// When the login was made.
    pub created_at: Timestamp,
    /// Has a second factor.
    pub has_factor: bool,
    /// Of what a form shows.
    pub version: i64,
    /// The human, named by their first login.
    pub human: PersonId,
}

impl Person {
    /// Whether the password is one that somebody else gave.
    pub fn has_initial_password(&self) -> bool {
        self.password_expires_at.is_some()
    }

    /// Whether nobody has given a first password yet.
    pub fn waits_for_password(&self) -> bool {
        self.password_expires_at.is_some_and(|end| end <= self.created_at)
    }

    /// The roles that count at `now`.
    pub fn roles_at(&self, now: Timestamp) -> Vec<Role> {
        super::counting(&self.held, self.place, now.business_date())
    }
}

/// Somebody, unless it is an API key's person.
const SELECT: &str = "SELECT p.id, p.number, p.name, p.login, p.phone, p.language, p.place, p.merchant_id, \
     p.outlet_id, COALESCE(m.name, ''), COALESCE(o.name, ''), p.default_terminal, p.status, p.must_change, \
     p.password_expires_at, p.last_login_at, p.created_at, p.version, p.human_id, \
     (SELECT MAX(t.blocked_until) FROM throttle t \
        WHERE t.key >= 'login:' || p.login || '@' AND t.key < 'login:' || p.login || 'A'), \
     (SELECT t.blocked_until FROM throttle t WHERE t.key = 'name:' || p.login), \
     EXISTS (SELECT 1 FROM factor f WHERE f.person_id = p.id), COALESCE(m.mid, '') \
     FROM person p LEFT JOIN merchant m ON m.id = p.merchant_id LEFT JOIN outlet o ON o.id = p.outlet_id \
     WHERE p.id = ?1 AND p.status <> 'key'";

fn read(row: &Row<'_>, now: Timestamp) -> sql::Result<Person> {
    let moment = |column| row.get::<_, Option<i64>>(column).map(|at| at.map(Timestamp));
    let locked = moment(19)?.max(moment(20)?).filter(|until| *until > now);
    Ok(Person {
        id: PersonId(row.get(0)?),
        number: row.get(1)?,
        name: row.get(2)?,
        login: row.get(3)?,
        phone: row.get(4)?,
        language: row.get(5)?,
        place: read_place(row, 6)?,
        place_names: (row.get(9)?, row.get(10)?),
        mid: row.get(22)?,
        terminal: row.get::<_, Option<i64>>(11)?.map(TerminalId),
        held: Vec::new(),
        status: word(row, 12, PersonStatus::from_word)?,
        must_change: row.get(13)?,
        password_expires_at: moment(14)?,
        last_login_at: moment(15)?,
        created_at: Timestamp(row.get(16)?),
        version: row.get(17)?,
        human: PersonId(row.get(18)?),
        locked_until: locked,
        has_factor: row.get(21)?,
    })
}

/// Somebody within reach. API keys' people are nobody.
pub async fn find(
    db: &Storage,
    id: PersonId,
    reach: Option<Reach>,
    now: Timestamp,
) -> Result<Option<Person>, StorageError> {
    db.read_by_key(move |connection| Ok(one(connection, id, now)?.filter(|one| covers(reach, one.place)))).await
}

fn one(connection: &Connection, id: PersonId, now: Timestamp) -> sql::Result<Option<Person>> {
    let found = connection.prepare_cached(SELECT)?.query_row([id.0], |row| read(row, now)).optional()?;
    found.map(|one| with_roles(connection, one)).transpose()
}

fn with_roles(connection: &Connection, one: Person) -> sql::Result<Person> {
    Ok(Person { held: held(connection, one.id)?, ..one })
}

fn covers(reach: Option<Reach>, place: Place) -> bool {
    let own = |reach: Reach| {
        place.merchant() == Some(reach.merchant) && reach.outlet.is_none_or(|outlet| place.outlet() == Some(outlet))
    };
    reach.is_none_or(own)
}

/// The next `count` people after `after`, by id.
pub async fn page(
    db: &Storage,
    filter: Filter,
    after: Option<PersonId>,
    count: usize,
    now: Timestamp,
) -> Result<Vec<Person>, StorageError> {
    db.read(move |connection| {
        let ids = ids(connection, &filter, Part::Page(after, count), now)?;
        let people = ids.into_iter().map(|id| one(connection, id, now));
        Ok(people.filter_map(sql::Result::transpose).collect::<sql::Result<_>>()?)
    })
    .await
}

/// How many there are, up to [`COUNT_MAX`] and one more.
pub async fn count(db: &Storage, filter: Filter, now: Timestamp) -> Result<usize, StorageError> {
    db.read(move |connection| Ok(ids(connection, &filter, Part::Some(COUNT_MAX.saturating_add(1)), now)?.len())).await
}

/// Which of those that a filter asks for.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// The next ones after an id, in the order of ids.
    Page(Option<PersonId>, usize),
    /// So many at most, in any order.
    Some(usize),
}

impl Part {
    /// The id that they come after, and how many there are at most.
    fn bounds(self) -> (i64, usize) {
        match self {
            Part::Page(after, most) => (after.map_or(0, |id| id.0), most),
            Part::Some(most) => (0, most),
        }
    }
}

/// What is not asked for is not in the text, so that each kind of question walks along its index: name, login, number and
/// phone, role, state, place, time of the last sign-in.
fn ids(connection: &Connection, filter: &Filter, part: Part, now: Timestamp) -> sql::Result<Vec<PersonId>> {
    if let (Some(Figure::Locked), true) = (filter.figure, filter.text.trim().is_empty()) {
        return locked(connection, filter, part, now);
    }
    let since = now.plus(-UNSEEN_FOR);
    // Where many fit, a page is found at once along the ids; the index of times would sort them all.
    let by_id =
        matches!(part, Part::Page(..)) && filter.figure == Some(Figure::Unseen) && many_unseen(connection, since)?;
    let asked = Asked::new(filter, part, since, by_id);
    let ask = asked.question();
    let mut statement = connection.prepare_cached(&ask.text)?;
    statement.query_map(ask.values.as_slice(), |row| row.get(0).map(PersonId))?.collect()
}

/// What is asked for, with the values that the texts of the question name.
struct Asked<'f> {
    filter: &'f Filter,
    part: Part,
    /// What was looked for, and the end of the texts that begin with it; the same as a login name.
    text: (&'f str, String),
    login: (String, String),
    merchant: Option<i64>,
    outlet: Option<i64>,
    role: Option<&'static str>,
    status: Option<&'static str>,
    after: i64,
    most: i64,
    /// People that have not signed in since are unseen; a page of them is found along the ids.
    since: Timestamp,
    unseen_by_id: bool,
}

impl<'f> Asked<'f> {
    fn new(filter: &'f Filter, part: Part, since: Timestamp, unseen_by_id: bool) -> Self {
        let (after, most) = part.bounds();
        let (text, login) = (filter.text.trim(), normal_login(filter.text.trim()));
        Self {
            filter,
            part,
            text: (text, format!("{text}\u{10ffff}")),
            login: (login.clone(), format!("{login}\u{10ffff}")),
            merchant: filter.reach.map(|reach| reach.merchant.0),
            outlet: filter.reach.and_then(Reach::outlet),
            role: filter.role.map(Role::word),
            status: filter.status.map(PersonStatus::word),
            after,
            most: i64::try_from(most).unwrap_or(i64::MAX),
            since,
            unseen_by_id,
        }
    }

    /// The column that has the number of a person.
    fn id(&self) -> &'static str {
        if self.role.is_some() { "f.person_id" } else { "p.id" }
    }

    /// Everybody whom all conditions fit.
    fn put_people<'q>(&'q self, ask: &mut Question<'q>) {
        let id = self.id();
        match &self.role {
            Some(role) => ask.put(
                &format!("SELECT {id} AS id FROM person_role f JOIN person p ON p.id = f.person_id AND f.role = ?"),
                &[role],
            ),
            None => ask.put(&format!("SELECT {id} AS id FROM person p"), &[]),
        }
        match &self.status {
            Some(status) => ask.put(" WHERE p.status <> 'key' AND p.status = ?", &[status]),
            None => ask.put(" WHERE p.status NOT IN ('key', 'left')", &[]),
        }
        if let Part::Page(..) = self.part {
            // `+` keeps a text from an index, here from that of ids where another one finds fewer.
            let unseen_first = self.filter.figure == Some(Figure::Unseen) && !self.unseen_by_id;
            let kept = if unseen_first || !self.text.0.is_empty() { "+" } else { "" };
            ask.put(&format!(" AND {kept}{id} > ?"), &[&self.after]);
        }
        if let Some(merchant) = &self.merchant {
            ask.put(" AND p.merchant_id = ?", &[merchant]);
        }
        if let Some(outlet) = &self.outlet {
            ask.put(" AND p.outlet_id = ?", &[outlet]);
        }
        // The index of the few who belong to no outlet is used where the text says so.
        match &self.filter.place {
            Some("outlet") => ask.put(" AND p.place = 'outlet'", &[]),
            Some(place) => ask.put(" AND p.place = ? AND p.place <> 'outlet'", &[place]),
            None => {}
        }
        match self.filter.figure {
            Some(Figure::Unseen) => {
                let kept = if self.unseen_by_id { "+" } else { "" };
                let last = format!(" AND p.status = 'active' AND COALESCE({kept}p.last_login_at, p.created_at) < ?");
                ask.put(&last, &[&self.since.0]);
            }
            // The company's people are few, the active ones are not: `||` keeps the state from its index.
            Some(Figure::NoFactor) => ask.put(
                " AND p.status || '' = 'active' AND p.place = 'company' AND p.place <> 'outlet'
                    AND NOT EXISTS (SELECT 1 FROM factor s WHERE s.person_id = p.id)",
                &[],
            ),
            Some(Figure::Locked) | None => {}
        }
    }

    fn question(&self) -> Question<'_> {
        let mut ask = Question::default();
        if self.text.0.is_empty() {
            self.put_people(&mut ask);
        } else {
            // A text is looked for along each of its indexes. Each part has every condition, so that what it finds is not
            // joined to everybody again.
            let (text, login) = (&self.text, &self.login);
            let parts: [(&str, &[&dyn ToSql]); 4] = [
                (" AND p.name >= ? AND p.name < ?", &[&text.0, &text.1]),
                (" AND p.login >= ? AND p.login < ?", &[&login.0, &login.1]),
                (" AND p.number = ?", &[&text.0]),
                (" AND p.phone = ?", &[&text.0]),
            ];
            for (nth, (found, values)) in parts.into_iter().enumerate() {
                ask.put(if nth == 0 { "" } else { " UNION " }, &[]);
                self.put_people(&mut ask);
                ask.put(found, values);
            }
        }
        if let Part::Page(..) = self.part {
            let id = if self.text.0.is_empty() { self.id() } else { "id" };
            let unseen_first = self.filter.figure == Some(Figure::Unseen) && !self.unseen_by_id;
            let kept = if unseen_first && self.text.0.is_empty() { "+" } else { "" };
            ask.put(&format!(" ORDER BY {kept}{id}"), &[]);
        }
        ask.put(" LIMIT ?", &[&self.most]);
        ask
    }
}

/// Whether more people than a list counts have not signed in since a moment.
fn many_unseen(connection: &Connection, since: Timestamp) -> sql::Result<bool> {
    let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM person p
        WHERE p.status = 'active' AND COALESCE(p.last_login_at, p.created_at) < ?1 LIMIT ?2) AS these";
    let most = i64::try_from(COUNT_MAX).unwrap_or(i64::MAX).saturating_add(1);
    let found: i64 = connection.prepare_cached(sql)?.query_row([since.0, most], |row| row.get(0))?;
    Ok(found == most)
}

/// Those whose login name is blocked somewhere now.
fn locked(connection: &Connection, filter: &Filter, part: Part, now: Timestamp) -> sql::Result<Vec<PersonId>> {
    let sql = "SELECT key FROM throttle WHERE blocked_until > ?1 LIMIT 10000";
    let mut statement = connection.prepare_cached(sql)?;
    let keys: Vec<String> = statement.query_map([now.0], |row| row.get(0))?.collect::<sql::Result<_>>()?;
    let sql = "SELECT id, place, merchant_id, outlet_id FROM person
        WHERE login = ?1 AND status IN ('active', 'invited')";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = std::collections::BTreeSet::new();
    for name in keys.iter().filter_map(|key| login::login_of_key(key)) {
        let read = |row: &Row<'_>| Ok((PersonId(row.get(0)?), read_place(row, 1)?));
        let person = statement.query_row([name], read).optional()?;
        found.extend(person.filter(|(_, place)| covers(filter.reach, *place)).map(|(id, _)| id));
    }
    let (after, most) = part.bounds();
    Ok(found.into_iter().filter(|id| id.0 > after).take(most).collect())
}

/// The other logins of the person's human.
pub async fn other_logins(db: &Storage, person: &Person, now: Timestamp) -> Result<Vec<Person>, StorageError> {
    let (id, human) = (person.id, person.human);
    db.read(move |connection| {
        let sql = "SELECT id FROM person WHERE human_id = ?1 AND id <> ?2 AND status <> 'key' ORDER BY id LIMIT 50";
        let mut statement = connection.prepare_cached(sql)?;
        let ids: Vec<i64> = statement.query_map([human.0, id.0], |row| row.get(0))?.collect::<sql::Result<_>>()?;
        let people = ids.into_iter().map(|id| one(connection, PersonId(id), now));
        Ok(people.filter_map(sql::Result::transpose).collect::<sql::Result<_>>()?)
    })
    .await
}

/// What somebody has under way, which a stop leaves behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftBehind {
    /// Live sessions.
    pub sessions: i64,
    /// Open drafts at the tills of the own outlet.
    pub drafts: i64,
    /// API keys that this person made and that are good.
    pub keys: i64,
    /// Refund requests that wait.
    pub refunds: i64,
    /// Proposals that wait.
    pub proposals: i64,
}

/// What the person has under way.
pub async fn left_behind(db: &Storage, person: &Person, now: Timestamp) -> Result<LeftBehind, StorageError> {
    let (id, place) = (person.id.0, person.place);
    db.read(move |connection| {
        let count = |sql: &str, values: [i64; 2]| -> sql::Result<i64> {
            connection.prepare_cached(sql)?.query_row(values, |row| row.get(0))
        };
        let merchant = place.merchant().map_or(0, |id: MerchantId| id.0);
        let outlet = place.outlet().map_or(0, |id| id.0);
        Ok(LeftBehind {
            sessions: count(
                "SELECT COUNT(*) FROM session WHERE person_id = ?1 AND created_at > ?2",
                [id, now.plus(-crate::session::LIFE).0],
            )?,
            drafts: count(
                "SELECT COUNT(*) FROM terminal t JOIN orders o ON o.terminal_id = t.id AND o.open = 1
                 WHERE t.outlet_id = ?2 AND o.person_id = ?1 AND o.status = 'draft'",
                [id, outlet],
            )?,
            keys: count(
                "SELECT COUNT(*) FROM api_key WHERE created_by = ?1 AND revoked_at IS NULL AND expires_at > ?2",
                [id, now.0],
            )?,
            refunds: count(
                "SELECT COUNT(*) FROM refund WHERE status IN ('requested', 'escalated') AND merchant_id = ?2
                 AND applicant_id = ?1",
                [id, merchant],
            )?,
            proposals: count(
                "SELECT COUNT(*) FROM proposal WHERE status = 'open' AND maker_id = ?1 AND expires_at > ?2",
                [id, now.0],
            )?,
        })
    })
    .await
}

/// A line of the audit log about a login.
#[derive(Clone, Debug)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// Who did it; empty for the command line or somebody unknown.
    pub by: String,
    /// What was done.
    pub action: String,
    /// Old and new values, reasons.
    pub detail: String,
    /// Network address of the caller.
    pub address: String,
}

/// The latest lines about a person's login.
pub async fn audit(db: &Storage, person: &Person) -> Result<Vec<Line>, StorageError> {
    let login = person.login.clone();
    db.read(move |connection| {
        let sql = "SELECT a.at, COALESCE(p.name, ''), a.action, a.detail, a.address FROM audit a
            LEFT JOIN person p ON p.id = a.person_id WHERE a.subject = ?1 ORDER BY a.id DESC LIMIT 50";
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map([login], |row| {
            Ok(Line {
                at: Timestamp(row.get(0)?),
                by: row.get(1)?,
                action: row.get(2)?,
                detail: row.get(3)?,
                address: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<sql::Result<_>>()?)
    })
    .await
}

/// An outlet with one of its tills, or with none, where people can work.
#[derive(Clone, Debug)]
pub struct WorkPlace {
    /// The outlet.
    pub place: Place,
    /// Name of the merchant.
    pub merchant: String,
    /// Name of the outlet.
    pub outlet: String,
    /// The till.
    pub terminal: Option<TerminalId>,
}

/// Where people within reach can work, by merchant, outlet and till.
pub async fn work_places(db: &Storage, reach: Option<Reach>) -> Result<Vec<WorkPlace>, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT m.id, o.id, m.name, o.name, t.id FROM merchant m JOIN outlet o ON o.merchant_id = m.id
            LEFT JOIN terminal t ON t.outlet_id = o.id
            WHERE (?1 IS NULL OR m.id = ?1) AND (?2 IS NULL OR o.id = ?2) ORDER BY m.id, o.id, t.id LIMIT 5000";
        let mut statement = connection.prepare_cached(sql)?;
        let (merchant, outlet) = (reach.map(|reach| reach.merchant.0), reach.and_then(Reach::outlet));
        let found = statement.query_map(params![merchant, outlet], |row| {
            Ok(WorkPlace {
                place: Place::Outlet(MerchantId(row.get(0)?), domain::ids::OutletId(row.get(1)?)),
                merchant: row.get(2)?,
                outlet: row.get(3)?,
                terminal: row.get::<_, Option<i64>>(4)?.map(TerminalId),
            })
        })?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever is asked, no list reads every person, and only those that a search or a time found are sorted.
    #[test]
    fn every_list_walks_along_an_index() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("webpos.db");
        drop(Storage::open(&path).expect("opens"));
        let file = rusqlite::Connection::open(&path).expect("opens");
        let shop = Reach { merchant: MerchantId(1), outlet: Some(domain::ids::OutletId(2)) };
        let chain = Reach { merchant: MerchantId(1), outlet: None };
        let base = Filter::default;
        let filters = [
            (base(), "PRIMARY KEY", "COVERING INDEX"),
            (Filter { text: "\u{5f20}".to_owned(), ..base() }, "person_name", "person_name"),
            (Filter { role: Some(Role::Checker), ..base() }, "person_role_role", "person_role_role"),
            (Filter { status: Some(PersonStatus::Disabled), ..base() }, "person_status", "(status=?)"),
            (Filter { place: Some("company"), ..base() }, "person_office", "person_office"),
            (Filter { place: Some("merchant"), ..base() }, "person_office", "person_office"),
            (Filter { figure: Some(Figure::Unseen), ..base() }, "person_seen", "person_seen"),
            (Filter { figure: Some(Figure::NoFactor), ..base() }, "person_office", "person_office"),
        ];
        for reach in [None, Some(chain), Some(shop)] {
            for part in [Part::Page(Some(PersonId(7)), 50), Part::Some(COUNT_MAX)] {
                for (filter, of_page, of_count) in &filters {
                    let filter = Filter { reach, ..filter.clone() };
                    let asked = Asked::new(&filter, part, Timestamp(0), false);
                    let ask = asked.question();
                    let plan = {
                        let text = format!("EXPLAIN QUERY PLAN {}", ask.text);
                        let mut statement = file.prepare(&text).expect("prepares");
                        let values = vec![1; ask.values.len()];
                        let steps = statement.query_map(rusqlite::params_from_iter(values), |row| row.get(3));
                        steps.expect("explains").collect::<rusqlite::Result<Vec<String>>>().expect("texts")
                    };
                    let few = !filter.text.is_empty() || filter.figure == Some(Figure::Unseen);
                    // A count of everybody takes the first ones that it meets.
                    let fine =
                        |step: &str| step == "SCAN g" || (step.contains("COVERING") && *of_count == "COVERING INDEX");
                    let wrong = |step: &&String| {
                        (step.starts_with("SCAN") && !fine(step)) || (step.contains("FOR ORDER BY") && !few)
                    };
                    assert_eq!(plan.iter().find(wrong), None, "{filter:?} {part:?}: {plan:#?}");
                    let index = if matches!(part, Part::Page(..)) { of_page } else { of_count };
                    let found = reach.is_some() || plan.iter().any(|step| step.contains(index));
                    assert!(found, "{index}: {filter:?} {part:?}: {plan:#?}");
                }
            }
        }
    }
}
