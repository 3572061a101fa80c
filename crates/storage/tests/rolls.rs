//! Rolls on both databases: rows about outlets and people that a job writes piece by piece, whatever happens meanwhile.

use domain::directory::Standing;
use domain::ids::{MerchantId, OutletId, PersonId};
use domain::person::{Held, Move, PersonStatus};
use domain::place::Place;
use domain::role::Role;
use domain::time::Timestamp;
use storage::audit::Entry;
use storage::directory::{self, NewOutlet};
use storage::import::Findings;
use storage::job::{self, Holder, Job, JobKind};
use storage::people::{keep, list};
use storage::roll::{
    self, Confirmed, Found, OutletLine, PersonLine, Piece, RollKind, RollStatus, RowState, Which, Why,
};
use storage::{Storage, demo, places};

/// Writes each test once per database.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $name() {
                let folder = tempfile::tempdir().expect("a folder");
                let db = storage::Storage::open(&folder.path().join("webpos.db")).expect("opens");
                super::$name(&super::filled(db).await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test] async fn $name() {
                let server = scratch::Database::create();
                storage::postgres::migrate(&server.url()).await.expect("migrates");
                let db = storage::Storage::connect(&server.url()).await.expect("connects");
                super::$name(&super::filled(db).await).await;
            })+
        }
    };
}

on_both! {
    each_row_is_written_once_whoever_goes_on,
    what_happened_after_the_check_is_left_and_named,
    who_lost_the_right_writes_nothing,
    who_lost_the_right_takes_nothing_back,
    what_waited_for_approval_does_not_keep_a_person_from_returning,
    terminals_are_as_many_as_the_file_says,
    what_was_used_since_is_kept,
    a_roll_that_was_given_up_or_confirmed_is_over,
}

/// Two copies of the program.
const ONE: Holder = [1; 16];
const OTHER: Holder = [2; 16];

const MID: &str = "898320159120001";
const ADMIN: PersonId = PersonId(9_005);
const SHOP: Place = Place::Outlet(MerchantId(250_100), OutletId(2_501_001));

fn at(seconds: i64) -> Timestamp {
    Timestamp(1_795_400_760_000_000).plus(seconds * 1_000_000)
}

async fn filled(db: Storage) -> Storage {
    demo::seed_people(&db, at(0)).await.expect("seeds");
    db
}

fn entry(action: &'static str, now: Timestamp) -> Entry {
    Entry { person: Some(ADMIN), ..storage::people::from_command_line(now, action, "test") }
}

fn new_outlet(name: &str) -> Found {
    let line = OutletLine {
        mid: MID.to_owned(),
        name: name.to_owned(),
        region: "3201".to_owned(),
        tills: 2,
        ..OutletLine::default()
    };
    Found { line: 2, before: None, after: roll::Line::Outlet(line) }
}

fn new_person(login: &str, role: Role, place: Place) -> Found {
    let line = PersonLine {
        login: login.to_owned(),
        name: login.to_owned(),
        held: vec![Held::always(role)],
        place,
        mid: String::new(),
        terminal: None,
        number: String::new(),
        phone: String::new(),
        same: String::new(),
    };
    Found { line: 2, before: None, after: roll::Line::Person(line) }
}

/// A person of the demo with another name.
async fn renamed(db: &Storage, login: &str) -> Found {
    let known = roll::people(db, vec![login.to_owned()]).await.expect("reads").remove(login).expect("there");
    let after = PersonLine { name: format!("new {login}"), ..known.line.clone() };
    let before = (known.id.0, known.version, roll::Line::Person(known.line));
    Found { line: 3, before: Some(before), after: roll::Line::Person(after) }
}

/// An outlet of the demo at another address.
async fn moved(db: &Storage, id: i64) -> Found {
    let known = roll::outlets(db, MerchantId(250_100)).await.expect("reads");
    let known = known.into_iter().find(|one| one.line.id == Some(OutletId(id))).expect("there");
    let after = OutletLine { address: "elsewhere".to_owned(), ..known.line.clone() };
    let before = (id, known.version, roll::Line::Outlet(known.line));
    Found { line: 3, before: Some(before), after: roll::Line::Outlet(after) }
}

async fn take(db: &Storage, holder: Holder, now: Timestamp) -> Job {
    job::take(db, job::Line::Prepare, holder, now).await.expect("reads").expect("due")
}

/// A roll with these rows, checked.
async fn checked(db: &Storage, kind: RollKind, rows: Vec<Found>) -> i64 {
    let id = roll::begin(db, "roll.csv".to_owned(), entry("file_imported", at(0))).await.expect("writes");
    roll::sent(db, id, kind, (1, [1; 32]), at(0)).await.expect("writes");
    let job = take(db, ONE, at(0)).await;
    let count = i64::try_from(rows.len()).expect("few");
    assert!(roll::keep(db, job.clone(), id, (0, rows), count, at(0)).await.expect("writes"));
    let end = (RollStatus::Checked, Findings { lines: count, ..Findings::default() }, String::new());
    assert!(roll::checked(db, job, id, end, count, at(0)).await.expect("writes"));
    id
}

async fn confirm(db: &Storage, id: i64) {
    assert_eq!(roll::confirm(db, id, entry("import_entered", at(1))).await.expect("writes"), Confirmed::Done);
}

async fn enter(db: &Storage, job: Job, now: Timestamp) -> Piece {
    roll::enter(db, job, "Till {0}", 1, now).await.expect("writes")
}

/// Does all that is left of a job.
async fn to_the_end(db: &Storage, mut job: Job, now: Timestamp) {
    loop {
        let piece = match job.kind {
            JobKind::Enter => enter(db, job, now).await,
            _ => roll::retract_piece(db, job, 1, now).await.expect("writes"),
        };
        match piece {
            Piece::More(next) => job = next,
            Piece::Last(last) => return assert!(roll::ended(db, last, now).await.expect("writes")),
            Piece::Gone => panic!("somebody else has the job"),
        }
    }
}

async fn write(db: &Storage, id: i64) {
    confirm(db, id).await;
    let job = take(db, ONE, at(1)).await;
    to_the_end(db, job, at(1)).await;
}

async fn retract(db: &Storage, id: i64, now: Timestamp) {
    assert!(roll::retract(db, id, entry("import_retracted", now)).await.expect("writes"));
    let job = take(db, ONE, now).await;
    to_the_end(db, job, now).await;
}

/// Where each row stands.
async fn rows(db: &Storage, id: i64) -> Vec<(RowState, Option<Why>)> {
    let rows = roll::rows(db, id, Which::All, -1, 1_000).await.expect("reads");
    rows.into_iter().map(|row| (row.state, row.why)).collect()
}

async fn outlets(db: &Storage) -> Vec<roll::KnownOutlet> {
    roll::outlets(db, MerchantId(250_100)).await.expect("reads")
}

async fn person(db: &Storage, login: &str) -> roll::KnownPerson {
    roll::people(db, vec![login.to_owned()]).await.expect("reads").remove(login).expect("there")
}

async fn each_row_is_written_once_whoever_goes_on(db: &Storage) {
    let before = outlets(db).await.len();
    let id = checked(db, RollKind::Outlets, (0..25).map(|n| new_outlet(&format!("Shop {n}"))).collect()).await;
    assert_eq!(outlets(db).await.len(), before, "a check changes nothing");
    confirm(db, id).await;
    let first = take(db, ONE, at(1)).await;
    let Piece::More(first) = enter(db, first, at(1)).await else { panic!("there is more") };
    let written = outlets(db).await;
    assert!(written.len() > before && written.len() < before + 25, "{}", written.len());
    // The copy that holds it is killed, and comes back late.
    let second = take(db, OTHER, at(40)).await;
    assert_eq!(second.done, first.done);
    let Piece::More(second) = enter(db, second, at(40)).await else { panic!("there is more") };
    assert_eq!(enter(db, first.clone(), at(41)).await, Piece::Gone);
    assert!(!roll::ended(db, first, at(41)).await.expect("writes"));
    to_the_end(db, second, at(41)).await;
    let all = outlets(db).await;
    assert_eq!(all.len(), before + 25);
    let new = all.iter().filter(|one| one.line.name.starts_with("Shop "));
    assert!(new.clone().all(|one| one.status == Standing::Draft && one.line.tills == 2 && one.version == 1));
    assert_eq!(rows(db, id).await, vec![(RowState::Written, None); 25]);
    let (acts, last) = roll::to_propose(db, id, -1).await.expect("reads").expect("rows");
    assert_eq!((acts.len(), last), (25, 24));
    assert_eq!(roll::to_propose(db, id, last).await.expect("reads"), None);
    let one =
        places::outlet(db, new.clone().next().and_then(|one| one.line.id).expect("a number")).await.expect("reads");
    assert_eq!(one.expect("there").region, "3201");
}

async fn what_happened_after_the_check_is_left_and_named(db: &Storage) {
    let people = vec![
        new_person("new1", Role::Cashier, SHOP),
        new_person("new2", Role::Cashier, SHOP),
        renamed(db, "cashier").await,
        renamed(db, "manager").await,
    ];
    let outlets = vec![new_outlet("Shop"), moved(db, 2_501_001).await];
    let (people, outlets) =
        (checked(db, RollKind::People, people).await, checked(db, RollKind::Outlets, outlets).await);
    for id in [people, outlets] {
        confirm(db, id).await;
    }
    // Between the confirmation and the job's turn.
    let other = storage::people::NewPerson {
        number: String::new(),
        name: "Other".to_owned(),
        login: "new1".to_owned(),
        password_hash: String::new(),
        must_change: true,
        roles: vec![],
        place: Place::Company,
        terminal: None,
        human: None,
        given_by: None,
        phone: None,
        language: None,
        ends_on: None,
    };
    storage::people::create(db, other, at(1)).await.expect("writes").expect("is free");
    let known = person(db, "cashier").await;
    let step = keep::step(db, (known.id, known.version), Move::Disable, entry("person_disabled", at(1)));
    step.await.expect("writes").expect("is possible");
    let new = NewOutlet { address: "there".to_owned(), ..NewOutlet::of(2_501_001, 250_100, "x") };
    directory::edit_outlet(db, 1, new, entry("outlet_changed", at(1))).await.expect("writes");
    for _ in 0..2 {
        let job = take(db, ONE, at(2)).await;
        to_the_end(db, job, at(2)).await;
    }
    let written = (RowState::Written, None);
    let left = |why| (RowState::Left, Some(why));
    assert_eq!(rows(db, people).await, [left(Why::Taken), written, left(Why::Changed), written]);
    assert_eq!(rows(db, outlets).await, [written, left(Why::Changed)]);
    assert_eq!(person(db, "new1").await.line.name, "Other");
    assert_eq!(person(db, "cashier").await.status, PersonStatus::Disabled);
    assert_eq!(roll::counts(db, people).await.expect("reads").left, 2);
    let one = places::outlet(db, OutletId(2_501_001)).await.expect("reads").expect("there");
    assert_eq!(one.address, "there");
}

async fn who_lost_the_right_writes_nothing(db: &Storage) {
    let admin = person(db, "admin").await;
    let rows_of = vec![new_person("new1", Role::Cashier, SHOP), renamed(db, "cashier").await];
    let people = checked(db, RollKind::People, rows_of).await;
    let places = checked(db, RollKind::Outlets, vec![new_outlet("Shop"), moved(db, 2_501_001).await]).await;
    for id in [people, places] {
        confirm(db, id).await;
    }
    let step = keep::step(db, (admin.id, admin.version), Move::Disable, entry("person_disabled", at(1)));
    step.await.expect("writes").expect("is possible");
    for _ in 0..2 {
        let job = take(db, ONE, at(2)).await;
        to_the_end(db, job, at(2)).await;
    }
    for id in [people, places] {
        assert_eq!(rows(db, id).await, vec![(RowState::Left, Some(Why::Right)); 2]);
    }
    assert!(roll::people(db, vec!["new1".to_owned()]).await.expect("reads").is_empty());
}

async fn who_lost_the_right_takes_nothing_back(db: &Storage) {
    let people = vec![new_person("new1", Role::Cashier, SHOP), renamed(db, "cashier").await];
    let people = checked(db, RollKind::People, people).await;
    let places = checked(db, RollKind::Outlets, vec![new_outlet("Shop"), moved(db, 2_501_001).await]).await;
    for id in [people, places] {
        write(db, id).await;
    }
    for id in [people, places] {
        assert!(roll::retract(db, id, entry("import_retracted", at(2))).await.expect("writes"));
    }
    let admin = person(db, "admin").await;
    let step = keep::step(db, (admin.id, admin.version), Move::Disable, entry("person_disabled", at(2)));
    step.await.expect("writes").expect("is possible");
    for _ in 0..2 {
        let job = take(db, ONE, at(3)).await;
        to_the_end(db, job, at(3)).await;
    }
    for id in [people, places] {
        assert_eq!(rows(db, id).await, vec![(RowState::Kept, Some(Why::Right)); 2]);
    }
    assert_eq!(person(db, "new1").await.status, PersonStatus::Invited);
    let shop = outlets(db).await.into_iter().find(|one| one.line.name == "Shop").expect("there");
    assert_eq!(shop.status, Standing::Draft);
    let one = places::outlet(db, OutletId(2_501_001)).await.expect("reads").expect("there");
    assert_eq!(one.address, "elsewhere");
}

async fn what_waited_for_approval_does_not_keep_a_person_from_returning(db: &Storage) {
    let mut row = renamed(db, "operator").await;
    let before = person(db, "operator").await.line;
    // Another role instead of their own takes two persons, the name does not.
    let roll::Line::Person(after) = &mut row.after else { panic!("a person") };
    after.held = vec![Held::always(Role::Agent)];
    let id = checked(db, RollKind::People, vec![row]).await;
    write(db, id).await;
    let written = person(db, "operator").await.line;
    assert_eq!((written.name.as_str(), &written.held), ("new operator", &before.held));
    retract(db, id, at(2)).await;
    assert_eq!(rows(db, id).await, [(RowState::Retracted, None)]);
    assert_eq!(person(db, "operator").await.line, before);
}

async fn terminals_are_as_many_as_the_file_says(db: &Storage) {
    let tills = async || {
        let found = outlets(db).await.into_iter().find(|one| one.line.id == Some(OutletId(2_501_001)));
        found.expect("there").line.tills
    };
    let before = tills().await;
    let more = |known: roll::KnownOutlet| {
        let after = OutletLine { tills: before + 2, ..known.line.clone() };
        let before = (2_501_001, known.version, roll::Line::Outlet(known.line));
        Found { line: 2, before: Some(before), after: roll::Line::Outlet(after) }
    };
    let known = outlets(db).await.into_iter().find(|one| one.line.id == Some(OutletId(2_501_001))).expect("there");
    let first = checked(db, RollKind::Outlets, vec![more(known.clone())]).await;
    let again = checked(db, RollKind::Outlets, vec![more(known)]).await;
    write(db, first).await;
    assert_eq!(tills().await, before + 2);
    // The other file was checked before; it asks for as many, not for two more.
    write(db, again).await;
    assert_eq!(tills().await, before + 2);
    let found = places::terminals(db, OutletId(2_501_001), at(2)).await.expect("reads");
    let labels: Vec<&str> = found.iter().rev().take(2).map(|one| one.label.as_str()).collect();
    assert_eq!(labels, [format!("Till {}", before + 2), format!("Till {}", before + 1)]);
}

async fn what_was_used_since_is_kept(db: &Storage) {
    let cashier = person(db, "cashier").await.line;
    let all = vec![
        new_person("new1", Role::Cashier, SHOP),
        new_person("new2", Role::Cashier, SHOP),
        renamed(db, "cashier").await,
        renamed(db, "manager").await,
    ];
    let id = checked(db, RollKind::People, all).await;
    write(db, id).await;
    let less = roll::password_less(db, id, 10).await.expect("reads");
    assert_eq!(less.len(), 2);
    let hashes = less.iter().map(|(person, version)| (*person, *version, "hash".to_owned())).collect();
    let given = roll::passwords(db, hashes, entry("password_reset", at(2))).await.expect("writes");
    assert_eq!(given, less.iter().map(|(person, _)| *person).collect::<Vec<_>>());
    assert_eq!(roll::password_less(db, id, 10).await.expect("reads"), []);
    // The first one sets a password of their own; somebody changes the manager.
    let own = Entry { person: Some(given[0]), ..entry("password_changed", at(3)) };
    storage::people::change_password(db, "own".to_owned(), own).await.expect("writes");
    let manager = person(db, "manager").await;
    let step = keep::step(db, (manager.id, manager.version), Move::Disable, entry("person_disabled", at(3)));
    step.await.expect("writes").expect("is possible");
    retract(db, id, at(4)).await;
    let (back, kept) = ((RowState::Retracted, None), |why| (RowState::Kept, Some(why)));
    assert_eq!(rows(db, id).await, [kept(Why::Used), back, back, kept(Why::Changed)]);
    assert_eq!(person(db, "new1").await.status, PersonStatus::Active);
    assert_eq!(person(db, "new2").await.status, PersonStatus::Disabled);
    assert_eq!(person(db, "cashier").await.line, cashier);
    assert_eq!(person(db, "manager").await.line.name, "new manager");

    let shop = places::outlet(db, OutletId(2_501_001)).await.expect("reads").expect("there");
    let roll = checked(db, RollKind::Outlets, vec![new_outlet("Shop"), new_outlet("Used"), moved(db, 2_501_001).await]);
    let roll = roll.await;
    write(db, roll).await;
    let used = outlets(db).await.into_iter().find(|one| one.line.name == "Used").and_then(|one| one.line.id);
    let place = Place::Outlet(MerchantId(250_100), used.expect("there"));
    write(db, checked(db, RollKind::People, vec![new_person("new3", Role::Cashier, place)]).await).await;
    retract(db, roll, at(5)).await;
    assert_eq!(rows(db, roll).await, [back, kept(Why::Used), back]);
    let status = |name: &'static str| async move {
        outlets(db).await.into_iter().find(|one| one.line.name == name).map(|one| one.status)
    };
    assert_eq!((status("Shop").await, status("Used").await), (Some(Standing::Closed), Some(Standing::Draft)));
    let after = places::outlet(db, OutletId(2_501_001)).await.expect("reads").expect("there");
    assert_eq!(after.address, shop.address);
    assert!(list::find(db, given[1], None, at(5)).await.expect("reads").is_some());
}

async fn a_roll_that_was_given_up_or_confirmed_is_over(db: &Storage) {
    let id = checked(db, RollKind::Outlets, vec![new_outlet("Shop")]).await;
    let none = checked(db, RollKind::Outlets, vec![]).await;
    let confirmed = async |id| roll::confirm(db, id, entry("import_entered", at(1))).await.expect("writes");
    assert_eq!(confirmed(none).await, Confirmed::Gone, "it changes nothing");
    assert!(roll::give_up(db, id, entry("import_given_up", at(1))).await.expect("writes"));
    assert!(!roll::give_up(db, id, entry("import_given_up", at(1))).await.expect("writes"));
    assert_eq!(confirmed(id).await, Confirmed::Gone);
    assert!(!roll::retract(db, id, entry("import_retracted", at(1))).await.expect("writes"));
    let id = checked(db, RollKind::Outlets, vec![new_outlet("Shop")]).await;
    confirm(db, id).await;
    assert_eq!(confirmed(id).await, Confirmed::Gone);
    assert!(!roll::give_up(db, id, entry("import_given_up", at(1))).await.expect("writes"));
    assert!(!roll::retract(db, id, entry("import_retracted", at(1))).await.expect("writes"), "not while it is written");
    assert_eq!(roll::page(db, None, 10).await.expect("reads").len(), 3);
    assert_eq!(roll::page(db, Some(id), 1).await.expect("reads").first().map(|one| one.id), Some(id - 1));
}
