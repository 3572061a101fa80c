//! Jobs of the real program, which is killed again and again while it does them: an import is checked, goes live and is
//! taken back as if nothing had happened, and a roll is checked, written and taken back, each row once.

#[path = "program/mod.rs"]
#[expect(dead_code, reason = "it serves other tests as well")]
mod program;

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use domain::ids::{EditionId, ListId, MerchantId, PersonId};
use domain::time::Timestamp;
use engine::clock::Clock;
use program::{Instance, webpos};
use storage::audit::Entry;
use storage::catalogue::{self, Item, Keeper};
use storage::edition::{self, Released};
use storage::import::{self, Absent, ImportKind, ImportStatus};
use storage::job::{self, JobKind, JobStatus};
use storage::product_list::Lists;
use storage::roll::{self, Confirmed, RollKind, RollStatus};
use storage::{Storage, StorageError};

const SHOP: MerchantId = MerchantId(250_100);

/// Rows of the file: so many that a job of a program built for tests is killed several times.
const ROWS: i64 = 2_500;

/// The operator of the demo.
const OPERATOR: PersonId = PersonId(9_001);

fn serve(folder: &Path) -> Instance {
    let mut command = webpos();
    command.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder);
    Instance::start(command)
}

fn open(folder: &Path) -> Storage {
    Storage::open(&folder.join("webpos.db")).expect("opens")
}

fn now() -> Timestamp {
    Clock::system().now()
}

fn entry() -> Entry {
    Entry {
        at: now(),
        person: Some(OPERATOR),
        merchant: Some(SHOP),
        terminal: None,
        action: "file_imported",
        subject: String::new(),
        detail: String::new(),
        address: String::new(),
    }
}

async fn goods(db: &Storage) -> Vec<Item> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let found = catalogue::page(db, ListId::of(SHOP), after.clone(), 1_000).await.expect("reads");
        let Some(last) = found.last() else { return all };
        after.clone_from(&last.item.code);
        all.extend(found.into_iter().map(|one| one.item));
    }
}

/// Runs the program and kills it, until the job is over; how often that was before the end.
async fn through_kills(folder: &Path, kind: JobKind, subject: i64) -> Result<u32, StorageError> {
    for kills in 0..200 {
        let db = open(folder);
        let progress = job::progress(&db, kind, subject).await?.expect("a job");
        drop(db);
        match progress.status {
            JobStatus::Done => return Ok(kills),
            JobStatus::Waiting => {}
            other => panic!("the job is {other:?}: {}", progress.failure),
        }
        let running = serve(folder);
        // Longer and longer, so that every job ends.
        tokio::time::sleep(Duration::from_millis(u64::from(60 + 40 * kills))).await;
        // SIGKILL, at whatever it does.
        drop(running);
    }
    panic!("the job does not end");
}

#[tokio::test]
async fn an_import_survives_being_killed_at_any_moment() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    drop(serve(folder));
    let db = open(folder);
    let before = goods(&db).await;
    let mut file = "code,name,category,class,price\n600233,new name,new category,OTC-A,16.00\n".to_owned();
    for n in 0..ROWS {
        let _ = writeln!(file, "K{n:05},product {n},category {},NONE,{}.50", n % 7, 1 + n % 90);
    }
    let import = import::begin(&db, ListId::of(SHOP), "k.csv".to_owned(), entry()).await.expect("writes");
    let size = file.len();
    for (at, piece) in file.as_bytes().chunks(import::PIECE).enumerate() {
        import::take_piece(&db, import, at * import::PIECE, piece.to_vec()).await.expect("writes");
    }
    let sent = import::Sent { kind: ImportKind::Products, absent: Absent::Keep, size, digest: [1; 32] };
    import::sent(&db, import, sent, now()).await.expect("writes");
    drop(db);

    let checked = through_kills(folder, JobKind::Check, import).await.expect("reads");
    let db = open(folder);
    assert_eq!(goods(&db).await, before, "a check changes nothing");
    let found = import::find(&db, import).await.expect("reads").expect("there");
    assert_eq!((found.status, found.lines), (ImportStatus::Checked, ROWS + 1));
    let edition = edition::find(&db, found.edition).await.expect("reads").expect("there");
    assert_eq!((edition.counts.added, edition.counts.changed), (ROWS, 1));
    let released = edition::publish(&db, (Keeper::Company, edition.id), None, entry()).await.expect("writes");
    assert_eq!(released, Released::Done);
    drop(db);

    let published = through_kills(folder, JobKind::Publish, edition.id.0).await.expect("reads");
    let db = open(folder);
    let after = goods(&db).await;
    assert_eq!(after.len(), before.len() + 2_500);
    let one = after.iter().find(|item| item.code == "600233").expect("there");
    assert_eq!((one.name.as_str(), one.price), ("new name", Some(1_600)));
    for word in ["product 2499", "new name", "K00017"] {
        let hits = storage::product::search(&db, Lists::alone(ListId::of(SHOP)), word, "", 5).await.expect("reads");
        assert_eq!(hits.total, 1, "{word}");
    }
    let undo: EditionId = edition::undo(&db, edition.id, entry()).await.expect("writes").expect("is live");
    drop(db);

    let undone = through_kills(folder, JobKind::Undo, undo.0).await.expect("reads");
    let taken_back = through_kills(folder, JobKind::Publish, undo.0).await.expect("reads");
    let db = open(folder);
    assert_eq!(goods(&db).await, before);
    assert_eq!(
        storage::product::search(&db, Lists::alone(ListId::of(SHOP)), "K00017", "", 5).await.expect("reads").total,
        0
    );
    assert!(checked + published + undone + taken_back >= 4, "{checked} {published} {undone} {taken_back}");
}

/// The administrator of the demo.
const ADMIN: PersonId = PersonId(9_005);

fn by_admin(action: &'static str) -> Entry {
    Entry { person: Some(ADMIN), merchant: None, action, ..entry() }
}

/// Sends a roll; its number.
async fn send_roll(folder: &Path, kind: RollKind, file: &str) -> i64 {
    let db = open(folder);
    let id = roll::begin(&db, "r.csv".to_owned(), by_admin("file_imported")).await.expect("writes");
    for (at, piece) in file.as_bytes().chunks(import::PIECE).enumerate() {
        import::take_piece(&db, id, at * import::PIECE, piece.to_vec()).await.expect("writes");
    }
    roll::sent(&db, id, kind, (file.len(), [2; 32]), now()).await.expect("writes");
    id
}

/// Has a roll checked and written; how often the program was killed meanwhile.
async fn enter_roll(folder: &Path, id: i64, rows: i64) -> u32 {
    let checked = through_kills(folder, JobKind::Check, id).await.expect("reads");
    let db = open(folder);
    let found = roll::find(&db, id).await.expect("reads").expect("there");
    assert_eq!((found.status, found.findings.lines), (RollStatus::Checked, rows), "{found:?}");
    assert_eq!(roll::counts(&db, id).await.expect("reads").added, rows);
    assert_eq!(roll::confirm(&db, id, by_admin("import_entered")).await.expect("writes"), Confirmed::Done);
    drop(db);
    let entered = through_kills(folder, JobKind::Enter, id).await.expect("reads");
    let db = open(folder);
    assert_eq!(roll::find(&db, id).await.expect("reads").expect("there").status, RollStatus::Entered);
    assert_eq!(roll::counts(&db, id).await.expect("reads").left, 0);
    checked + entered
}

async fn number(folder: &Path, sql: &'static str) -> i64 {
    let db = open(folder);
    db.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?)).await.expect("reads")
}

#[tokio::test]
async fn rolls_survive_being_killed_at_any_moment() {
    const OUTLETS: &str = "SELECT COUNT(*) FROM outlet WHERE name LIKE 'Kill %' AND status = 'draft'";
    const TILLS: &str =
        "SELECT COUNT(*) FROM terminal t JOIN outlet o ON o.id = t.outlet_id WHERE o.name LIKE 'Kill %'";
    const PROPOSALS: &str =
        "SELECT COUNT(*) FROM proposal WHERE act = 'outlet_opening' AND maker_id = 9005 AND status = 'open'";
    const PEOPLE: &str = "SELECT COUNT(*) FROM person WHERE login LIKE 'kill%' AND status = 'invited'";
    const ROLES: &str =
        "SELECT COUNT(*) FROM person_role r JOIN person p ON p.id = r.person_id WHERE p.login LIKE 'kill%'";
    const INVITED: &str = "SELECT COUNT(*) FROM audit WHERE action = 'person_invited' AND subject LIKE 'kill%'";
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    drop(serve(folder));
    let mut file = "merchant,name,tills\n".to_owned();
    for n in 0..300 {
        let _ = writeln!(file, "898320159120001,Kill {n},2");
    }
    let outlets = send_roll(folder, RollKind::Outlets, &file).await;
    let mut kills = enter_roll(folder, outlets, 300).await;
    assert_eq!((number(folder, OUTLETS).await, number(folder, TILLS).await), (300, 600));
    assert_eq!(number(folder, PROPOSALS).await, 300, "one for each, whatever happened meanwhile");

    let mut file = "login,name,roles,outlet\n".to_owned();
    for n in 0..1_000 {
        let _ = writeln!(file, "kill{n:04},Person {n},\"cashier,store manager\",2501001");
    }
    let people = send_roll(folder, RollKind::People, &file).await;
    kills += enter_roll(folder, people, 1_000).await;
    assert_eq!((number(folder, PEOPLE).await, number(folder, ROLES).await), (1_000, 2_000));
    assert_eq!(number(folder, INVITED).await, 1_000);

    for id in [people, outlets] {
        assert!(roll::retract(&open(folder), id, by_admin("import_retracted")).await.expect("writes"));
        kills += through_kills(folder, JobKind::Retract, id).await.expect("reads");
        let found = roll::find(&open(folder), id).await.expect("reads").expect("there");
        assert_eq!(found.status, RollStatus::Retracted);
    }
    assert_eq!((number(folder, OUTLETS).await, number(folder, PEOPLE).await), (0, 0));
    assert!(kills > 6, "{kills}: not once in the middle of a job");
}
