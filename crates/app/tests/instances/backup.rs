//! Backups during payments: they finish, they are complete, and they contain every payment that was acknowledged before
//! they began.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Instant;

use scratch::Cluster;
use storage::Storage;
use tokio::runtime::Runtime;

use crate::installation::{Installation, POLL_EVERY, until};
use crate::load::{Load, Seen};
use crate::program::{PATIENCE, webpos};

/// The keys of the payments acknowledged so far.
fn acknowledged(load: &Load) -> BTreeSet<String> {
    load.seen().acknowledged.keys().cloned().collect()
}

/// Repeats `take` until payments were acknowledged while it ran. Returns those acknowledged before its last run.
fn under_load(load: &Load, mut take: impl FnMut()) -> BTreeSet<String> {
    let mut before = BTreeSet::new();
    until("a backup with payments in the middle of it", || {
        load.wait_for(20);
        before = acknowledged(load);
        take();
        acknowledged(load).len() > before.len()
    });
    before
}

/// Asserts that `charged`, one request id per line, has everything acknowledged before, and nothing that was not sent.
#[track_caller]
fn check(charged: &str, before: &BTreeSet<String>, seen: &Seen) {
    let charged: BTreeSet<String> = charged.lines().map(str::to_lowercase).collect();
    assert_eq!(before.difference(&charged).collect::<Vec<_>>(), Vec::<&String>::new(), "acknowledged and not restored");
    // It may contain later payments; each of those was acknowledged in the end, because it is sent until it is.
    assert!(charged.iter().all(|key| seen.acknowledged.contains_key(key)));
}

/// Runs one statement on the database file.
pub(crate) fn on_file(file: &Path, statement: &str) -> String {
    let (file, statement) = (file.to_owned(), statement.to_owned());
    Runtime::new().expect("a runtime").block_on(async {
        let storage = Storage::open(&file).expect("opens");
        let rows = storage.write(move |connection| {
            let mut rows = Vec::new();
            for part in statement.split(';') {
                let mut prepared = connection.prepare(part)?;
                let found = prepared.query_map([], |row| row.get::<_, String>(0))?;
                rows.extend(found.collect::<Result<Vec<_>, _>>()?);
            }
            Ok(rows.join("\n"))
        });
        rows.await.expect("runs")
    })
}

fn mode(file: &Path) -> u32 {
    fs::metadata(file).expect("is there").permissions().mode() & 0o777
}

#[test]
fn a_file_is_backed_up_while_people_pay() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("shop.db");
    // Large enough that a copy takes longer than a payment.
    let ballast = "CREATE TABLE ballast (bytes BLOB NOT NULL) STRICT;
        INSERT INTO ballast WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 64)
        SELECT randomblob(1000000) FROM n";
    let installation =
        Installation::set_up(format!("sqlite:{}", file.display()), |sql| on_file(&file, &format!("{sql};{ballast}")));
    let instance = installation.start(&[]);
    let load = Load::start(vec![instance.address.clone()]);
    let backup = folder.path().join("shop.backup");
    let before = under_load(&load, || {
        let _ = fs::remove_file(&backup);
        let mut running = installation.command(&["backup"]).arg(&backup).stdout(Stdio::null()).spawn().expect("starts");
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE && running.try_wait().expect("it is ours").is_none() {
            sleep(POLL_EVERY);
        }
        let _ = running.kill();
        assert!(running.wait().expect("it is ours").success(), "it ends while people pay");
    });
    load.wait_for(20);
    let seen = load.finish();
    assert_eq!(mode(&backup), 0o600);

    let again = folder.path().join("again");
    let on_again = |arguments: &[&str]| {
        let mut command = webpos();
        command.args(arguments).arg("--data-dir").arg(&again);
        command.output().expect("runs")
    };
    let restored = on_again(&["restore", backup.to_str().expect("text")]);
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    for (name, wanted) in [("", 0o700), ("webpos.db", 0o600), ("webpos.keys", 0o600)] {
        assert_eq!(mode(&again.join(name)), wanted, "{name}");
    }
    let verified = on_again(&["verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    let charged = "SELECT hex(request_id) FROM ledger_transaction WHERE kind = 'sale' AND decline IS NULL";
    check(&on_file(&again.join("webpos.db"), charged), &before, &seen);
}

/// Follows docs/operations.md.
#[test]
fn a_server_is_dumped_and_copied_while_people_pay() {
    let server = Cluster::start();
    let installation = Installation::set_up(server.url(), |sql| server.sql(sql));
    let instances = [installation.start(&[]), installation.start(&[])];
    let load = Load::start(instances.iter().map(|instance| instance.address.clone()).collect());
    let folder = tempfile::tempdir().expect("a folder");
    let dump = folder.path().join("webpos.dump");
    let run = |program: &str, arguments: &[&str]| {
        let said = Command::new(Cluster::programs().join(program)).args(arguments).arg(&dump).output().expect("runs");
        assert!(said.status.success(), "{program}: {}", String::from_utf8_lossy(&said.stderr));
    };
    let before_dump = under_load(&load, || run("pg_dump", &["-d", &server.url(), "--format=custom", "--file"]));
    let mut copied = None;
    let before_copy = under_load(&load, || copied = Some(server.restored()));
    load.wait_for(20);
    let seen = load.finish();

    let charged = "SELECT encode(request_id, 'hex') FROM ledger_transaction WHERE kind = 'sale' AND decline IS NULL";
    let copied = copied.expect("one was made");
    installation.assert_in_order_at(&copied.url());
    check(&copied.sql(charged), &before_copy, &seen);

    let other = Cluster::start();
    run("pg_restore", &["-d", &other.url(), "--exit-on-error", "--single-transaction", "--no-owner"]);
    installation.assert_in_order_at(&other.url());
    check(&other.sql(charged), &before_dump, &seen);
}

#[test]
fn a_backup_file_is_not_for_a_server() {
    let folder = tempfile::tempdir().expect("a folder");
    for (arguments, told) in
        [(&["backup", "x.backup"][..], "pg_basebackup"), (&["restore", "x.backup"], "nothing was restored")]
    {
        let mut command = webpos();
        command.env("WEBPOS_DATABASE", "postgres://webpos:secret@db1,db2/webpos").current_dir(folder.path());
        let said = command.args(arguments).stdin(Stdio::null()).output().expect("runs");
        let words = String::from_utf8(said.stderr).expect("text");
        assert_eq!((said.status.code(), words.lines().count()), (Some(2), 1), "{words}");
        assert!(words.contains(told) && !words.contains("secret"), "{words}");
        assert_eq!(fs::read_dir(folder.path()).expect("there").count(), 0);
    }
}
