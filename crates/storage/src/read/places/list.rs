//! Lists of merchants, outlets and terminals, fifty at a time.
//!
//! What must stay true: a page goes on after the last row that it showed. Where few rows fit one of the conditions, the list
//! begins with those, found by index; where many do, it walks along the numbers and soon has a page.

use domain::directory::{self, Standing};
use domain::ids::{MerchantId, OutletId};
use domain::time::{HOUR, Timestamp};

use super::{TERMINAL, TERMINALS, TerminalSheet, alive_since, read_terminal};
use crate::books::rows::word;
use crate::sql::{self, Connection, Question, Row, ToSql, params};
use crate::{Storage, StorageError};

/// Up to so many rows a list begins with what a condition finds; of more, one in 200 of a million, a walk has a page soon.
const FEW_MAX: i64 = 5_000;
/// Regions, and different opening hours, that are told apart.
const DIFFERENT_MAX: i64 = 500;

domain::words! {
    /// When a terminal was used: itself, or one of a merchant's or an outlet's.
    pub enum Used {
        /// On this day.
        Today = "today",
        /// In use, and silent while its store trades and is open: [`directory::is_silent`].
        Silent = "silent",
        /// In service, and not for seven days; no other one of the merchant or the outlet was.
        Idle = "idle",
        /// In service, and never; no other one of the merchant or the outlet was.
        Never = "never",
    }
}

/// Of [`Used::Idle`]: seven days.
const IDLE: i64 = 7 * 24 * HOUR;

/// What a list looks for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The whole number or the beginning of the name; empty for everything.
    pub find: String,
    /// The word of a state, of what is listed; none for every one.
    pub status: Option<&'static str>,
    /// Region of the outlets, four digits; empty for every one.
    pub region: String,
    /// Last use.
    pub used: Option<Used>,
}

/// A line of the list of merchants.
#[derive(Clone, Debug)]
pub struct MerchantRow {
    /// Number.
    pub id: MerchantId,
    /// Merchant number.
    pub mid: String,
    /// Name.
    pub name: String,
    /// State.
    pub status: Standing,
    /// The agreed fee.
    pub fee_bp: Option<i64>,
    /// Its outlets and terminals.
    pub count: (i64, i64),
    /// The last use of one of its terminals.
    pub seen_at: Option<Timestamp>,
}

/// A line of the list of outlets.
#[derive(Clone, Debug)]
pub struct OutletRow {
    /// Number.
    pub id: OutletId,
    /// Its merchant.
    pub merchant: MerchantId,
    /// The merchant's name.
    pub merchant_name: String,
    /// The merchant's state.
    pub merchant_status: Standing,
    /// Name.
    pub name: String,
    /// State.
    pub status: Standing,
    /// Its terminals.
    pub terminals: i64,
    /// The last use of one of them.
    pub seen_at: Option<Timestamp>,
}

const MERCHANT_ROW: &str = "m.id, m.mid, m.name, m.status, m.fee_bp, \
     (SELECT COUNT(*) FROM outlet o WHERE o.merchant_id = m.id), \
     (SELECT COUNT(*) FROM outlet o JOIN terminal t ON t.outlet_id = o.id WHERE o.merchant_id = m.id), \
     (SELECT MAX(t.seen_at) FROM outlet o JOIN terminal t ON t.outlet_id = o.id WHERE o.merchant_id = m.id)";

fn read_merchant_row(row: &Row<'_>) -> sql::Result<MerchantRow> {
    Ok(MerchantRow {
        id: MerchantId(row.get(0)?),
        mid: row.get(1)?,
        name: row.get(2)?,
        status: word(row, 3, Standing::from_word)?,
        fee_bp: row.get(4)?,
        count: (row.get(5)?, row.get(6)?),
        seen_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
    })
}

const OUTLET_ROW: &str = "o.id, m.id, m.name, m.status, o.name, o.status, \
     (SELECT COUNT(*) FROM terminal t WHERE t.outlet_id = o.id), \
     (SELECT MAX(t.seen_at) FROM terminal t WHERE t.outlet_id = o.id)";
const OUTLETS: &str = "outlet o JOIN merchant m ON m.id = o.merchant_id";

fn read_outlet_row(row: &Row<'_>) -> sql::Result<OutletRow> {
    Ok(OutletRow {
        id: OutletId(row.get(0)?),
        merchant: MerchantId(row.get(1)?),
        merchant_name: row.get(2)?,
        merchant_status: word(row, 3, Standing::from_word)?,
        name: row.get(4)?,
        status: word(row, 5, Standing::from_word)?,
        terminals: row.get(6)?,
        seen_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
    })
}

/// What is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Merchants,
    Outlets,
    Terminals,
}

/// A condition that an index finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Base {
    /// Terminals by their last use.
    Used(Used),
    /// Outlets that are open.
    Open,
    /// Outlets of the region.
    Region,
}

/// A question with the values that its texts name.
struct Asked<'f> {
    filter: &'f Filter,
    /// What was looked for: as text, the end of the texts that begin with it, and as a number.
    found: (&'f str, String, i64),
    after: i64,
    limit: u32,
    /// Sessions that began after it are alive.
    since: i64,
    /// The beginning of the day; an hour and seven days ago.
    day: i64,
    hour: i64,
    week: i64,
    /// Opening hours of stores that are open, for long enough that a terminal there could be silent.
    hours: Vec<String>,
}

impl<'f> Asked<'f> {
    fn new(filter: &'f Filter, hours: Vec<String>, (after, limit): (i64, u32), now: Timestamp) -> Self {
        let find = filter.find.as_str();
        Self {
            filter,
            found: (find, format!("{find}\u{10ffff}"), find.parse().unwrap_or(-1)),
            after,
            limit,
            since: alive_since(now),
            day: now.business_date().start().unwrap_or(now).0,
            hour: now.plus(-directory::SILENT).0,
            week: now.plus(-IDLE).0,
            hours,
        }
    }

    /// Adds `text` with the opening hours of the stores that are open in place of `{}`.
    fn put_hours<'q>(&'q self, ask: &mut Question<'q>, text: &str) {
        let hours: Vec<&dyn ToSql> = self.hours.iter().map(|one| one as _).collect();
        ask.put(&text.replace("{}", &vec!["?"; hours.len()].join(", ")), &hours);
    }

    /// What this question can begin with.
    fn bases(&self) -> Vec<Base> {
        let mut bases = Vec::new();
        bases.extend(self.filter.used.map(Base::Used));
        if self.filter.used == Some(Used::Silent) {
            bases.push(Base::Open);
        }
        if !self.filter.region.is_empty() {
            bases.push(Base::Region);
        }
        bases
    }

    /// Adds the rows that a base finds: terminals `k` or outlets `u`.
    fn put_base<'q>(&'q self, ask: &mut Question<'q>, base: Base) {
        match base {
            Base::Used(Used::Today) => ask.put("k.seen_at >= ?", &[&self.day]),
            Base::Used(Used::Silent) => ask.put("k.seen_at < ?", &[&self.hour]),
            Base::Used(Used::Idle) => ask.put("k.seen_at < ?", &[&self.week]),
            Base::Used(Used::Never) => ask.put("k.seen_at IS NULL", &[]),
            Base::Open => self.put_hours(ask, "u.hours IN ({})"),
            Base::Region => ask.put("u.region = ?", &[&self.filter.region]),
        }
    }

    /// Adds what a terminal `k` of an outlet `u` of a merchant `m` has to be for the last use that is asked for. A
    /// condition as `NOT (a <> b)` keeps SQLite from an index on it, which would walk more rows than the one that the
    /// question begins with, and still tells PostgreSQL's planner how many rows fit.
    fn put_used<'q>(&'q self, ask: &mut Question<'q>, used: Used, [k, u, m]: [&str; 3]) {
        let in_service = format!(" AND {k}.status NOT IN ('disabled', 'retired')");
        match used {
            Used::Today => ask.put(&format!(" AND NOT ({k}.seen_at < ?)"), &[&self.day]),
            Used::Silent => {
                let active = [k, u, m].map(|one| format!(" AND NOT ({one}.status <> 'active')")).concat();
                ask.put(&format!("{active} AND NOT ({k}.seen_at >= ?)"), &[&self.hour]);
                self.put_hours(ask, &format!(" AND NOT ({u}.hours NOT IN ({{}}))"));
            }
            Used::Idle => ask.put(&format!("{in_service} AND NOT ({k}.seen_at >= ?)"), &[&self.week]),
            Used::Never => ask.put(&format!("{in_service} AND +{k}.seen_at IS NULL"), &[]),
        }
    }

    /// Adds the condition of the last use, and of the region, for a row of the list.
    fn put_conditions<'q>(&'q self, ask: &mut Question<'q>, level: Level, base: Option<Base>) {
        let Filter { region, used, .. } = self.filter;
        let of_region = |ask: &mut Question<'q>, is: &str| {
            if !region.is_empty() {
                ask.put(&format!(" AND {is}"), &[region]);
            }
        };
        let below = match level {
            Level::Terminals => {
                of_region(ask, "NOT (o.region <> ?)");
                if let Some(used) = used {
                    self.put_used(ask, *used, ["t", "o", "m"]);
                }
                return;
            }
            Level::Outlets => {
                let by_index = matches!(base, None | Some(Base::Region));
                of_region(ask, if by_index { "o.region = ?" } else { "NOT (o.region <> ?)" });
                "FROM terminal k WHERE k.outlet_id = o.id"
            }
            Level::Merchants if used.is_none() => {
                if !region.is_empty() {
                    ask.put(" AND EXISTS (SELECT 1 FROM outlet u WHERE u.merchant_id = m.id", &[]);
                    of_region(ask, "NOT (u.region <> ?)");
                    ask.put(")", &[]);
                }
                return;
            }
            Level::Merchants => "FROM outlet u JOIN terminal k ON k.outlet_id = u.id WHERE u.merchant_id = m.id",
        };
        let Some(used) = *used else { return };
        let outlet = if level == Level::Outlets { "o" } else { "u" };
        let begin = |ask: &mut Question<'q>, is: &str| {
            ask.put(&format!(" AND {is} (SELECT 1 {below}"), &[]);
            if level == Level::Merchants {
                of_region(ask, "NOT (u.region <> ?)");
            }
        };
        begin(ask, "EXISTS");
        self.put_used(ask, used, ["k", outlet, "m"]);
        ask.put(")", &[]);
        let later = match used {
            Used::Today | Used::Silent => return,
            Used::Idle => (" AND NOT (k.seen_at < ?))", &[&self.week as &dyn ToSql] as &[_]),
            Used::Never => (" AND +k.seen_at IS NOT NULL)", &[] as &[_]),
        };
        begin(ask, "NOT EXISTS");
        ask.put(later.0, later.1);
    }

    /// Adds the numbers of what the text finds, in parentheses.
    fn put_found<'q>(&'q self, ask: &mut Question<'q>, level: Level) {
        let (a, z, n): (&dyn ToSql, &dyn ToSql, &dyn ToSql) = (&self.found.0, &self.found.1, &self.found.2);
        match level {
            Level::Merchants => ask.put(
                "(SELECT n.id FROM merchant n WHERE n.name >= ? AND n.name < ?
                UNION ALL SELECT n.id FROM merchant n WHERE n.mid >= ? AND n.mid < ?
                UNION ALL SELECT n.id FROM merchant n WHERE n.id = ?
                UNION ALL SELECT u.merchant_id FROM outlet u WHERE u.name >= ? AND u.name < ?
                UNION ALL SELECT u.merchant_id FROM outlet u WHERE u.id = ?
                UNION ALL SELECT u.merchant_id FROM terminal k JOIN outlet u ON u.id = k.outlet_id WHERE k.id = ?)",
                &[a, z, a, z, n, a, z, n, n],
            ),
            Level::Outlets => ask.put(
                "(SELECT u.id FROM outlet u WHERE u.name >= ? AND u.name < ?
                UNION ALL SELECT u.id FROM outlet u WHERE u.id = ?
                UNION ALL SELECT k.outlet_id FROM terminal k WHERE k.id = ?
                UNION ALL SELECT u.id FROM merchant n JOIN outlet u ON u.merchant_id = n.id WHERE n.name >= ? AND n.name < ?
                UNION ALL SELECT u.id FROM merchant n JOIN outlet u ON u.merchant_id = n.id WHERE n.mid >= ? AND n.mid < ?)",
                &[a, z, n, n, a, z, a, z],
            ),
            Level::Terminals => ask.put(
                "(SELECT k.id FROM terminal k WHERE k.id = ?
                UNION ALL SELECT k.id FROM terminal k WHERE k.outlet_id = ?
                UNION ALL SELECT k.id FROM outlet u JOIN terminal k ON k.outlet_id = u.id WHERE u.name >= ? AND u.name < ?)",
                &[n, n, a, z],
            ),
        }
    }

    /// The question of a list that begins with what the text finds, or else with a base, or with every row.
    fn question(&self, level: Level, base: Option<Base>) -> Question<'_> {
        let mut ask = Question::default();
        let (columns, tables, id) = match level {
            Level::Merchants => (MERCHANT_ROW, "merchant m", "m.id"),
            Level::Outlets => (OUTLET_ROW, OUTLETS, "o.id"),
            Level::Terminals => {
                // Its columns name it.
                ask.values.push(&self.since);
                (TERMINAL, TERMINALS, "t.id")
            }
        };
        ask.text = format!("SELECT {columns} FROM {tables}");
        ask.put(&format!(" WHERE {id} > ?"), &[&self.after]);
        if let Some(status) = &self.filter.status {
            ask.put(&format!(" AND {}.status = ?", &id[..1]), &[status]);
        }
        self.put_conditions(&mut ask, level, base);
        if !self.found.0.is_empty() {
            ask.put(&format!(" AND {id} IN "), &[]);
            self.put_found(&mut ask, level);
        } else if let Some(base) = base.filter(|base| (*base, level) != (Base::Region, Level::Outlets)) {
            // Terminals `k` or outlets `u` are found first, and lead to the rows of the list.
            let (found, lead, join) = match (base, level) {
                (Base::Used(_), Level::Merchants) => {
                    ("k.outlet_id AS id FROM terminal k", "u.merchant_id", " JOIN outlet u ON u.id = few.id")
                }
                (Base::Used(_), Level::Outlets) => ("k.outlet_id AS id FROM terminal k", "few.id", ""),
                (Base::Used(_), Level::Terminals) => ("k.id AS id FROM terminal k", "few.id", ""),
                (Base::Open | Base::Region, Level::Merchants) => ("u.merchant_id AS id FROM outlet u", "few.id", ""),
                (Base::Open | Base::Region, Level::Outlets) => ("u.id AS id FROM outlet u", "few.id", ""),
                (Base::Open | Base::Region, Level::Terminals) => {
                    ("u.id AS id FROM outlet u", "k.id", " JOIN terminal k ON k.outlet_id = few.id")
                }
            };
            ask.put(&format!(" AND {id} IN (SELECT {lead} FROM (SELECT {found} WHERE "), &[]);
            self.put_base(&mut ask, base);
            // They were counted; the limit tells a server's planner that they are few.
            ask.put(&format!(" LIMIT {}) AS few{join})", 2 * FEW_MAX), &[]);
        }
        ask.put(&format!(" ORDER BY {id} LIMIT ?"), &[&self.limit]);
        ask
    }

    /// How many rows of its own table a base finds, up to one above [`FEW_MAX`].
    fn count(&self, connection: &Connection, base: Base) -> sql::Result<i64> {
        let table = if matches!(base, Base::Used(_)) { "terminal k" } else { "outlet u" };
        let mut ask = Question::default();
        ask.put(&format!("SELECT COUNT(*) FROM (SELECT 1 FROM {table} WHERE "), &[]);
        self.put_base(&mut ask, base);
        ask.put(" LIMIT ?) AS few", &[&(FEW_MAX + 1)]);
        connection.prepare_cached(&ask.text)?.query_row(ask.values.as_slice(), |row| row.get(0))
    }

    /// The base that finds the fewest rows, if these are few.
    fn fewest(&self, connection: &Connection) -> sql::Result<Option<Base>> {
        let mut fewest = None;
        for base in self.bases() {
            let count = self.count(connection, base)?;
            if count <= FEW_MAX && fewest.is_none_or(|(least, _)| count < least) {
                fewest = Some((count, base));
            }
        }
        Ok(fewest.map(|(_, base)| base))
    }
}

async fn listed<T: Send + 'static>(
    db: &Storage,
    level: Level,
    filter: Filter,
    page: (i64, u32),
    now: Timestamp,
    read: fn(&Row<'_>) -> sql::Result<T>,
) -> Result<Vec<T>, StorageError> {
    db.read(move |connection| {
        let hours = if filter.used == Some(Used::Silent) { open_hours(connection, now)? } else { Vec::new() };
        if filter.used == Some(Used::Silent) && hours.is_empty() {
            return Ok(Vec::new());
        }
        let asked = Asked::new(&filter, hours, page, now);
        let base = if filter.find.is_empty() { asked.fewest(connection)? } else { None };
        let ask = asked.question(level, base);
        let mut statement = connection.prepare_cached(&ask.text)?;
        Ok(statement.query_map(ask.values.as_slice(), read)?.collect::<sql::Result<_>>()?)
    })
    .await
}

/// Merchants after `after` by number that a filter finds: by merchant number, the beginning of the name, or the number of an
/// outlet or a terminal. Region and last use are those of its outlets and their terminals.
pub async fn merchants(
    db: &Storage,
    filter: Filter,
    after: i64,
    limit: u32,
    now: Timestamp,
) -> Result<Vec<MerchantRow>, StorageError> {
    listed(db, Level::Merchants, filter, (after, limit), now, read_merchant_row).await
}

/// Outlets of all merchants after `after` by number that a filter finds.
pub async fn outlets(
    db: &Storage,
    filter: Filter,
    after: i64,
    limit: u32,
    now: Timestamp,
) -> Result<Vec<OutletRow>, StorageError> {
    listed(db, Level::Outlets, filter, (after, limit), now, read_outlet_row).await
}

/// Terminals of all merchants after `after` by number that a filter finds: by number, the outlet's number or the beginning of
/// its name.
pub async fn terminals(
    db: &Storage,
    filter: Filter,
    after: i64,
    limit: u32,
    now: Timestamp,
) -> Result<Vec<TerminalSheet>, StorageError> {
    listed(db, Level::Terminals, filter, (after, limit), now, read_terminal).await
}

/// The outlets of a merchant after `after` by number; of one region, if that is not empty.
pub async fn outlets_of(
    db: &Storage,
    merchant: MerchantId,
    region: String,
    after: i64,
    limit: u32,
) -> Result<Vec<OutletRow>, StorageError> {
    db.read_by_key(move |connection| {
        let sql = format!(
            "SELECT {OUTLET_ROW} FROM {OUTLETS} WHERE o.merchant_id = ?1 AND o.id > ?2 AND (?4 = '' OR o.region || '' = ?4)
            ORDER BY o.id LIMIT ?3"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_map(params![merchant.0, after, limit, region], read_outlet_row)?;
        Ok(found.collect::<sql::Result<_>>()?)
    })
    .await
}

/// The regions that outlets are in, in their order.
pub async fn regions(db: &Storage) -> Result<Vec<String>, StorageError> {
    db.read(|connection| Ok(different(connection, REGIONS)?)).await
}

/// Opening hours of outlets that have been open for so long that a terminal there could be silent.
fn open_hours(connection: &Connection, now: Timestamp) -> sql::Result<Vec<String>> {
    let open = |hours: &String| directory::open_for(hours, now).is_some_and(|open| open > directory::SILENT);
    Ok(different(connection, HOURS)?.into_iter().filter(open).collect())
}

/// Every region once: one step of the index each.
const REGIONS: &str = "WITH RECURSIVE other (v) AS (SELECT MIN(region) FROM outlet
        UNION ALL SELECT (SELECT MIN(n.region) FROM outlet n WHERE n.region > other.v) FROM other WHERE other.v IS NOT NULL)
    SELECT v FROM other WHERE v IS NOT NULL LIMIT ?1";
/// The same of opening hours.
const HOURS: &str = "WITH RECURSIVE other (v) AS (SELECT MIN(hours) FROM outlet
        UNION ALL SELECT (SELECT MIN(n.hours) FROM outlet n WHERE n.hours > other.v) FROM other WHERE other.v IS NOT NULL)
    SELECT v FROM other WHERE v IS NOT NULL LIMIT ?1";

fn different(connection: &Connection, sql: &str) -> sql::Result<Vec<String>> {
    connection.prepare_cached(sql)?.query_map([DIFFERENT_MAX], |row| row.get(0))?.collect()
}

#[cfg(test)]
mod tests;
