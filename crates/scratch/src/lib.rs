//! Throw-away PostgreSQL for tests: no network except for TLS, no durability. Each test gets a database ([`Database`])
//! on a server that all tests of a run share. A test that breaks servers gets its own server ([`Cluster`]), removed
//! with the test.
//!
//! `postgres` refuses to run as root, so root starts it as the user `postgres` or `nobody`. The server stops when its
//! standard input closes, which also happens when the test is killed.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

mod database;
mod tls;

pub use database::Database;
pub use tls::TlsCluster;

/// The oldest version that the product supports.
const VERSION_MIN: u32 = 15;

const START_WITHIN: Duration = Duration::from_secs(60);

const SETTINGS: [&str; 7] = [
    "listen_addresses=",
    "fsync=off",
    "full_page_writes=off",
    // Shared memory in a file is removed with the folder even if the server is killed.
    "dynamic_shared_memory_type=mmap",
    "shared_buffers=32MB",
    "max_connections=400",
    "log_min_messages=warning",
];

/// Runs `postgres` until standard input closes, then stops it at once.
const KEEPER: &str = r#"exec 3<&0; "$@" </dev/null 3<&- >server.log 2>&1 & P=$!; cat <&3 >/dev/null; kill -QUIT $P; kill -CONT $P; wait $P"#;

/// A server for one test, with one database.
#[derive(Debug)]
pub struct Cluster {
    folder: TempDir,
    keeper: Child,
}

/// Whether the tests run on PostgreSQL: `WEBPOS_TEST_DATABASE=postgres`.
pub fn wanted() -> bool {
    std::env::var_os("WEBPOS_TEST_DATABASE").is_some_and(|wanted| wanted == "postgres")
}

impl Cluster {
    /// Starts a server on an empty database.
    pub fn start() -> Self {
        let (server, owner, folder) = (Server::find(), owner(), folder());
        server.copy_template(folder.path(), owner);
        Self::serve(&server, folder, &[])
    }

    /// Starts a durable server with the memory of a small machine, for benchmarks.
    pub fn durable() -> Self {
        let (server, folder) = (Server::find(), folder());
        server.copy_template(folder.path(), owner());
        let keeps =
            ["fsync=on", "full_page_writes=on", "shared_buffers=1GB", "max_wal_size=8GB", "checkpoint_timeout=15min"];
        Self::serve(&server, folder, &keeps)
    }

    /// A second server, restored from a base backup of this one.
    #[must_use]
    pub fn restored(&self) -> Self {
        Self::serve(&Server::find(), self.base_backup(&[]), &[])
    }

    fn base_backup(&self, options: &[&str]) -> TempDir {
        let folder = folder();
        let mut copy = run_as(Command::new(Server::find().program("pg_basebackup")), owner(), folder.path());
        copy.args(["-U", "webpos", "-D", "data", "-X", "stream", "-c", "fast", "--no-sync", "-h"]);
        let copied = copy.arg(self.folder.path()).args(options).status().expect("pg_basebackup is installed");
        assert!(copied.success(), "no base backup was made");
        folder
    }

    /// Starts the server with the data in `folder` and these additional settings.
    fn serve(server: &Server, folder: TempDir, settings: &[&str]) -> Self {
        let mut keeper = run_as(Command::new("sh"), owner(), folder.path());
        keeper.args(["-c", KEEPER, "keeper"]);
        server.add_arguments(&mut keeper, folder.path());
        // The last value of a setting wins.
        keeper.args(settings.iter().flat_map(|setting| ["-c", setting]));
        let keeper = keeper.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the server starts");
        wait_until_ready(folder.path());
        Self { folder, keeper }
    }

    /// The address of its database.
    pub fn url(&self) -> String {
        url(self.folder.path(), "postgres")
    }

    /// Its main process.
    pub fn id(&self) -> u32 {
        self.keeper.id()
    }

    /// The folder of its socket.
    pub fn socket(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of the PostgreSQL programs.
    pub fn programs() -> PathBuf {
        Server::find().folder
    }

    /// Its host for an address: a folder with a socket.
    fn host(&self) -> String {
        host(self.folder.path())
    }

    /// Runs one statement and returns the output of `psql`: the values, unaligned.
    pub fn sql(&self, statement: &str) -> String {
        let mut psql = Command::new(Server::find().program("psql"));
        psql.args(["-XAtq", "-U", "webpos", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-c", statement, "-h"]);
        let said = psql.arg(self.folder.path()).stdin(Stdio::null()).output().expect("psql is installed");
        assert!(said.status.success(), "{statement}: {}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8_lossy(&said.stdout).trim_end().to_owned()
    }

    fn control(&self, words: &[&str]) {
        let mut control = run_as(Command::new(Server::find().program("pg_ctl")), owner(), self.folder.path());
        let said = control.args(words).args(["-s", "-D", "data"]).output().expect("pg_ctl is installed");
        assert!(said.status.success(), "{words:?}: {}", self.log());
    }

    /// Halts all of its processes, as a hanging disk does: connections stay open and nothing answers. Returns the
    /// processes.
    pub fn freeze(&self) -> Vec<String> {
        let first = self.lock_file().lines().next().expect("its number").to_owned();
        // The main process would start new ones, or clean up after the others.
        signal("-STOP", std::slice::from_ref(&first));
        let mut all = children(&first);
        all.push(first);
        signal("-STOP", &all);
        all
    }

    fn lock_file(&self) -> String {
        fs::read_to_string(self.folder.path().join("data/postmaster.pid")).expect("it runs")
    }

    /// Kills all of its processes at once, like a power failure.
    pub fn kill(&mut self) {
        let file = self.lock_file();
        signal("-KILL", &self.freeze());
        // Nothing is left except shared memory that the system does not release by itself.
        self.keeper.kill().expect("it is ours");
        let shared = file.lines().nth(6).and_then(|line| line.split_whitespace().nth(1)).expect("a segment");
        let removed = Command::new("ipcrm").args(["-m", shared]).status();
        assert!(removed.is_ok_and(|status| status.success()), "segment {shared} stays");
    }

    /// The server's log.
    pub fn log(&self) -> String {
        log(self.folder.path())
    }
}

fn url(folder: &Path, database: &str) -> String {
    format!("postgres://webpos@{}/{database}", host(folder))
}

/// A folder with a socket, encoded as a host of an address.
fn host(folder: &Path) -> String {
    folder.to_string_lossy().replace('/', "%2F")
}

fn log(folder: &Path) -> String {
    fs::read_to_string(folder.join("server.log")).unwrap_or_default()
}

/// The server writes its state into the last line of its lock file.
fn wait_until_ready(folder: &Path) {
    let (file, begun) = (folder.join("data/postmaster.pid"), Instant::now());
    while !fs::read_to_string(&file).is_ok_and(|text| text.trim_end().ends_with("ready")) {
        assert!(begun.elapsed() < START_WITHIN, "the server does not start: {}", log(folder));
        sleep(Duration::from_millis(5));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // It stops within moments; removing the folder earlier would fill the log with errors.
        let _ = self.keeper.wait();
    }
}

/// Two servers with synchronous replication: the first acknowledges a commit only when the second has it on disk.
#[derive(Debug)]
pub struct Pair {
    /// Accepts writes, until it is killed.
    pub primary: Cluster,
    /// Follows it.
    pub standby: Cluster,
}

impl Pair {
    /// Starts both, and waits until the standby is synchronous.
    pub fn start() -> Self {
        let primary = Cluster::start();
        let standby = Cluster::serve(&Server::find(), primary.base_backup(&["-R"]), &[]);
        primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
        primary.control(&["reload"]);
        let begun = Instant::now();
        while !primary.sql("TABLE pg_stat_replication").contains("|sync|") {
            assert!(begun.elapsed() < START_WITHIN, "the standby does not follow: {}", standby.log());
            sleep(Duration::from_millis(20));
        }
        Self { primary, standby }
    }

    /// The address of both; the one that accepts writes is used.
    pub fn url(&self) -> String {
        let (first, second) = (self.primary.host(), self.standby.host());
        format!("postgres://webpos@{first},{second}/postgres?target_session_attrs=read-write")
    }

    /// Promotes the standby and waits until it accepts writes.
    pub fn promote(&self) {
        self.standby.control(&["promote", "-w"]);
    }
}

/// The programs of one PostgreSQL version.
struct Server {
    folder: PathBuf,
    version: u32,
}

impl Server {
    /// The newest version in Debian's folders, otherwise the one on `PATH`.
    fn find() -> Self {
        let places = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let versions = places.filter_map(|place| {
            let version = place.file_name().to_str()?.parse().ok()?;
            Some(Self { folder: place.path().join("bin"), version })
        });
        let newest = versions.filter(|one| one.version >= VERSION_MIN).max_by_key(|one| one.version);
        newest.unwrap_or(Self { folder: PathBuf::new(), version: 0 })
    }

    fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn copy_template(&self, folder: &Path, owner: Option<(u32, u32)>) {
        copy(&self.template(owner), &folder.join("data"));
    }

    /// The command that runs `postgres` for the data in `folder`.
    fn add_arguments(&self, command: &mut Command, folder: &Path) {
        command.arg(self.program("postgres")).args(["-D", "data", "-k"]).arg(folder);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
    }

    /// An initialised data folder. It is created once per build folder, because that takes a second and copying it does
    /// not.
    fn template(&self, owner: Option<(u32, u32)>) -> PathBuf {
        let program = std::env::current_exe().expect("a program has a place");
        let build = program.ancestors().nth(2).expect("a program is built into a folder");
        let template = build.join(format!("scratch-postgres-{}-small", self.version));
        if template.exists() {
            return template;
        }
        let folder = folder();
        let mut initdb = run_as(Command::new(self.program("initdb")), owner, folder.path());
        initdb.args([
            "-D",
            "data",
            "-U",
            "webpos",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
            "--wal-segsize=1",
        ]);
        let made = initdb.stdout(Stdio::null()).status().expect("PostgreSQL 15 or newer is installed");
        assert!(made.success(), "initdb failed");
        let beside = build.join(format!("scratch-postgres-{}", std::process::id()));
        copy(&folder.path().join("data"), &beside);
        if fs::rename(&beside, &template).is_err() {
            // Another test has created it.
            fs::remove_dir_all(&beside).expect("what was made can be removed");
        }
        template
    }
}

/// The user that runs the server, if this process is root.
fn owner() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").is_ok_and(|this| this.uid() != 0) {
        return None;
    }
    let people = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let of = |name: &str| {
        let line = people.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    of("postgres").or_else(|| of("nobody"))
}

/// An empty folder of the server's user.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    hand_over(folder.path(), owner());
    folder
}

/// The processes that `parent` started.
fn children(parent: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").expect("Linux").flatten();
    let of = |process: fs::DirEntry| {
        let stat = fs::read_to_string(process.path().join("stat")).ok()?;
        // The program's name, in brackets, may contain anything.
        let ours = stat.rsplit_once(')')?.1.split_whitespace().nth(1)? == parent;
        ours.then(|| process.file_name().to_string_lossy().into_owned())
    };
    processes.filter_map(of).collect()
}

fn signal(what: &str, processes: &[String]) {
    let sent = Command::new("kill").arg(what).args(processes).status();
    assert!(sent.is_ok_and(|status| status.success()), "{what} {processes:?}");
}

fn hand_over(folder: &Path, owner: Option<(u32, u32)>) {
    if let Some((user, group)) = owner {
        chown(folder, Some(user), Some(group)).expect("root may give folders away");
    }
}

fn run_as(mut command: Command, owner: Option<(u32, u32)>, folder: &Path) -> Command {
    command.current_dir(folder).env("LC_ALL", "C");
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command
}

fn copy(from: &Path, to: &Path) {
    let copied: io::Result<_> = Command::new("cp").arg("-a").args([from, to]).status();
    assert!(copied.is_ok_and(|status| status.success()), "the data folder was not copied");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_starts_and_leaves_nothing() {
        let cluster = Cluster::start();
        let folder = cluster.folder.path().to_owned();
        assert!(folder.join(".s.PGSQL.5432").exists(), "{}", cluster.log());
        drop(cluster);
        assert!(!folder.exists());
    }

    #[test]
    fn a_standby_has_what_was_committed_when_the_primary_dies() {
        let mut pair = Pair::start();
        pair.primary.sql("CREATE TABLE kept AS SELECT 7 AS n");
        pair.primary.kill();
        pair.promote();
        assert_eq!(pair.standby.sql("INSERT INTO kept SELECT n FROM kept RETURNING n"), "7");
    }

    #[test]
    fn databases_of_a_run_are_apart_and_start_from_a_template() {
        let [one, other] = [Database::create(), Database::create()];
        assert_ne!(one.url(), other.url());
        let (server, _) =
            one.url().rsplit_once('/').map(|(server, name)| (server.to_owned(), name.to_owned())).expect("a name");
        assert!(other.url().starts_with(&server), "one server");
    }
}
