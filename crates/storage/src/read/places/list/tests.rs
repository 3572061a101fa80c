use super::*;
use crate::fixture;
use domain::time::BusinessDate;

const USED: [Option<Used>; 5] = [None, Some(Used::Today), Some(Used::Silent), Some(Used::Idle), Some(Used::Never)];
const LEVELS: [Level; 3] = [Level::Merchants, Level::Outlets, Level::Terminals];
const OPEN: &str = "Mo-Su 08:00-21:00";
const CLOSED: &str = "Mo-Su 01:00-02:00";

/// Half past two in the afternoon.
fn now() -> Timestamp {
    BusinessDate(20_261_123).start().expect("a day").plus(29 * HOUR / 2)
}

/// Every filter, without and with what is looked for.
fn filters(level: Level, find: &'static str) -> impl Iterator<Item = Filter> {
    let states: &[Option<&'static str>] =
        if level == Level::Terminals { &[None, Some("active"), Some("new")] } else { &[None, Some("active")] };
    USED.into_iter().flat_map(move |used| {
        ["", "3201", "3211"].into_iter().flat_map(move |region| {
            let filter = move |status: Option<&'static str>| Filter {
                find: find.to_owned(),
                status,
                region: region.to_owned(),
                used,
            };
            states.iter().copied().map(filter)
        })
    })
}

/// What each question may begin with.
fn bases(asked: &Asked<'_>) -> Vec<Option<Base>> {
    std::iter::once(None).chain(asked.bases().into_iter().map(Some)).collect()
}

/// No list walks through its table or sorts what it may find a lot of, whatever is asked.
#[tokio::test]
async fn lists_are_found_by_index() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Storage::open(&folder.path().join("webpos.db")).expect("opens");
    let plans = db.read(|connection| {
        let plan = |text: &str, values: &[&dyn ToSql]| -> sql::Result<Vec<String>> {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {text}"))?;
            statement.query_map(values, |row| row.get(3))?.collect()
        };
        let mut plans = Vec::new();
        for level in LEVELS {
            for filter in filters(level, "").chain(filters(level, "n")) {
                let asked = Asked::new(&filter, vec![OPEN.to_owned(), CLOSED.to_owned()], (0, 50), now());
                for base in bases(&asked) {
                    let ask = asked.question(level, base);
                    plans.push((format!("{level:?} {filter:?} {base:?}"), plan(&ask.text, &ask.values)?));
                }
            }
        }
        for text in [REGIONS, HOURS] {
            plans.push((text.to_owned(), plan(text, &[&1_i64])?));
        }
        Ok(plans)
    });
    let plans = plans.await.expect("reads");
    assert!(plans.len() > 200, "{}", plans.len());
    for (what, plan) in plans {
        let walks = |step: &&String| {
            let walks = step.starts_with("SCAN")
                && !["SCAN other", "SCAN few"].contains(&step.as_str())
                && !step.starts_with("SCAN CONSTANT");
            walks || step.contains("TEMP B-TREE FOR ORDER")
        };
        assert_eq!(plan.iter().find(walks), None, "{what}: {plan:#?}");
    }
}

struct Place {
    id: i64,
    of: i64,
    status: &'static str,
    region: &'static str,
    hours: &'static str,
    seen: Option<i64>,
}

/// Merchants, outlets and terminals in every mixture of state, region, hours and last use.
struct World {
    merchants: Vec<Place>,
    outlets: Vec<Place>,
    terminals: Vec<Place>,
}

impl World {
    fn new() -> Self {
        let place = |id, of, status| Place { id, of, status, region: "", hours: "", seen: None };
        let merchants = (1..=24).map(|id| place(id, 0, if id % 6 == 0 { "suspended" } else { "active" }));
        let outlets = (1..=48).map(|id| Place {
            region: if (id / 3) % 3 == 0 { "3211" } else { "3201" },
            hours: [OPEN, CLOSED, ""][usize::try_from(id % 3).expect("small")],
            ..place(id, 1 + id % 24, if id % 5 == 0 { "draft" } else { "active" })
        });
        let ago = [Some(HOUR / 2), Some(2 * HOUR), Some(20 * HOUR), Some(8 * 24 * HOUR), None];
        let terminals = (1..=110_usize).map(|n| {
            let id = i64::try_from(n).expect("small");
            // Half of the merchants have terminals of one kind only.
            let merchant = 1 + (1 + n % 48) % 24;
            let kind = if merchant > 12 { merchant } else { n };
            let seen = ago[kind % ago.len()].map(|ago| now().plus(-ago).0);
            let status = ["active", "active", "new", "disabled"][n % 4];
            Place { seen, ..place(10_000_000 + id, 1 + id % 48, status) }
        });
        Self { merchants: merchants.collect(), outlets: outlets.collect(), terminals: terminals.collect() }
    }

    fn one(places: &[Place], id: i64) -> &Place {
        places.iter().find(|one| one.id == id).expect("there")
    }

    /// Whether a terminal is what is asked for.
    fn fits(&self, terminal: &Place, used: Used) -> bool {
        let outlet = Self::one(&self.outlets, terminal.of);
        let merchant = Self::one(&self.merchants, outlet.of);
        let trades = outlet.status == "active" && merchant.status == "active";
        let in_service = ["new", "active"].contains(&terminal.status);
        match (used, terminal.seen.map(Timestamp)) {
            (Used::Today, Some(seen)) => seen.business_date() == now().business_date(),
            (Used::Silent, Some(seen)) => {
                terminal.status == "active" && trades && directory::is_silent(outlet.hours, seen, now())
            }
            (Used::Idle, Some(seen)) => in_service && now().since(seen) > IDLE,
            (Used::Never, None) => in_service,
            _ => false,
        }
    }

    /// Whether one of these terminals is, and no other one speaks against it.
    fn one_fits(&self, terminals: &[&Place], used: Used) -> bool {
        let against = |one: &&Place| match used {
            Used::Today | Used::Silent => false,
            Used::Idle => one.seen.is_some_and(|seen| now().since(Timestamp(seen)) <= IDLE),
            Used::Never => one.seen.is_some(),
        };
        terminals.iter().any(|one| self.fits(one, used)) && !terminals.iter().any(against)
    }

    fn expected(&self, level: Level, filter: &Filter) -> Vec<i64> {
        let Filter { status, region, used, .. } = filter;
        let in_region = |outlet: &Place| region.is_empty() || outlet.region == region;
        let of = |outlets: &[&Place]| -> Vec<&Place> {
            self.terminals.iter().filter(|one| outlets.iter().any(|outlet| outlet.id == one.of)).collect()
        };
        let fits = |one: &&Place| {
            let below = match level {
                Level::Terminals => {
                    let outlet = Self::one(&self.outlets, one.of);
                    return in_region(outlet) && used.is_none_or(|used| self.fits(one, used));
                }
                Level::Outlets => vec![*one],
                Level::Merchants => self.outlets.iter().filter(|outlet| outlet.of == one.id).collect(),
            };
            let below: Vec<&Place> = below.into_iter().filter(|outlet| in_region(outlet)).collect();
            !below.is_empty() && used.is_none_or(|used| self.one_fits(&of(&below), used))
        };
        let places = match level {
            Level::Merchants => &self.merchants,
            Level::Outlets => &self.outlets,
            Level::Terminals => &self.terminals,
        };
        let stated = |one: &&Place| status.is_none_or(|status| one.status == status);
        places.iter().filter(fits).filter(stated).map(|one| one.id).collect()
    }

    fn save(&self, connection: &Connection) -> sql::Result<()> {
        for one in &self.merchants {
            connection.execute(
                "INSERT INTO merchant (id, mid, name, short_name, licence, contact, phone, bank_name, bank_account,
                    bank_holder, status, moved_at, reason, drug_returns, decides_payable, created_at, changed_at, version)
                VALUES (?1, ?2, 'm', '', '', '', '', '', '', '', ?3, 0, '', 1, 1, 0, 0, 1)",
                params![one.id, format!("{:015}", one.id), one.status],
            )?;
        }
        for one in &self.outlets {
            connection.execute(
                "INSERT INTO outlet (id, merchant_id, name, address, region, phone, hours, status, moved_at, reason,
                    created_at, changed_at, version, enrolment)
                VALUES (?1, ?2, 'u', '', ?3, '', ?4, ?5, 0, '', 0, 0, 1, 'off')",
                params![one.id, one.of, one.region, one.hours, one.status],
            )?;
        }
        for one in &self.terminals {
            connection.execute(
                "INSERT INTO terminal (id, outlet_id, label, status, moved_at, reason, batch_no, paper, scan_gap_ms,
                    seen_at, created_at, changed_at, version)
                VALUES (?1, ?2, '', ?3, 0, '', 1, 'p80', 50, ?4, 0, 0, 1)",
                params![one.id, one.of, one.status, one.seen],
            )?;
        }
        Ok(())
    }
}

/// Every filter finds the rows that fit, whatever its question begins with, and pages together are the list.
#[tokio::test]
async fn a_list_is_what_fits_whatever_it_begins_with() {
    let (_fixture, db) = fixture::open().await;
    let world = World::new();
    db.write(move |connection| Ok(World::new().save(connection)?)).await.expect("saves");
    let found = db.read(|connection| {
        let hours = open_hours(connection, now())?;
        assert_eq!(hours, ["", OPEN]);
        let mut found = Vec::new();
        for level in LEVELS {
            for filter in filters(level, "") {
                let run = |base: Option<Base>, page| -> sql::Result<Vec<i64>> {
                    let asked = Asked::new(&filter, hours.clone(), page, now());
                    let ask = asked.question(level, base);
                    connection.prepare(&ask.text)?.query_map(ask.values.as_slice(), |row| row.get(0))?.collect()
                };
                let asked = Asked::new(&filter, hours.clone(), (0, 1_000), now());
                for base in bases(&asked) {
                    let mut paged = Vec::new();
                    loop {
                        let page = run(base, (paged.last().copied().unwrap_or(0), 7))?;
                        let full = page.len() == 7;
                        paged.extend(page);
                        if !full {
                            break;
                        }
                    }
                    found.push((level, filter.clone(), base, run(base, (0, 1_000))?, paged));
                }
            }
        }
        Ok(found)
    });
    let mut filled = 0;
    for (level, filter, base, found, paged) in found.await.expect("reads") {
        let expected = world.expected(level, &filter);
        assert_eq!(found, expected, "{level:?} {filter:?} {base:?}");
        assert_eq!(paged, expected, "{level:?} {filter:?} {base:?}, paged");
        filled += usize::from(!expected.is_empty());
    }
    assert!(filled > 150, "{filled} filters find something");
    for used in USED.into_iter().flatten() {
        let filter = Filter { used: Some(used), ..Filter::default() };
        for level in LEVELS {
            assert!(!world.expected(level, &filter).is_empty(), "{level:?} {used}");
        }
    }
}

#[tokio::test]
async fn regions_are_listed_once_each() {
    let (_fixture, db) = fixture::open().await;
    assert_eq!(regions(&db).await.expect("reads"), Vec::<String>::new());
    db.write(move |connection| Ok(World::new().save(connection)?)).await.expect("saves");
    assert_eq!(regions(&db).await.expect("reads"), ["3201", "3211"]);
}
