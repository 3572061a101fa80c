//! Jobs of the real program, which is killed again and again while it does them: an import is checked, goes live and is
//! taken back as if nothing had happened.

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
use storage::catalogue::{self, Item};
use storage::edition::{self, Released};
use storage::import::{self, Absent, ImportKind, ImportStatus};
use storage::job::{self, JobKind, JobStatus};
use storage::product_list::Lists;
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
    let released = edition::publish(&db, edition.id, None, entry()).await.expect("writes");
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
