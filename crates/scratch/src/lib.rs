//! Throw-away PostgreSQL servers for tests: no network, no durability, gone with the test that started them.
//!
//! `postgres` refuses to run as root, so as root it is started as the user `postgres`, or `nobody`. The server ends when
//! its standard input closes, which happens also when the test is killed.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The oldest version that the product supports.
const VERSION_MIN: u32 = 15;

const START_WITHIN: Duration = Duration::from_secs(60);

/// Runs `postgres` until the standard input closes, then stops it at once.
const KEEPER: &str =
    r#"exec 3<&0; "$@" </dev/null 3<&- >server.log 2>&1 & P=$!; cat <&3 >/dev/null; kill -QUIT $P; wait $P"#;

/// A server of its own, with one database.
#[derive(Debug)]
pub struct Cluster {
    folder: TempDir,
    keeper: Child,
}

/// A server, if the tests are to run on PostgreSQL: `WEBPOS_TEST_DATABASE=postgres`.
pub fn wanted() -> Option<Cluster> {
    std::env::var_os("WEBPOS_TEST_DATABASE").filter(|wanted| wanted == "postgres").map(|_| Cluster::start())
}

impl Cluster {
    /// Starts a server on an empty database.
    pub fn start() -> Self {
        let (server, owner) = (Server::find(), owner());
        let folder = tempfile::tempdir().expect("a folder");
        hand_over(folder.path(), owner);
        let template = server.template(owner);
        copy(&template, &folder.path().join("data"));
        let mut keeper = run_as(Command::new("sh"), owner, folder.path());
        keeper.args(["-c", KEEPER, "keeper"]).arg(server.program("postgres")).args(["-D", "data", "-k"]);
        keeper.arg(folder.path()).args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off"]);
        keeper.args(["-c", "shared_buffers=32MB", "-c", "max_connections=120", "-c", "log_min_messages=warning"]);
        let keeper = keeper.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the server starts");
        let cluster = Self { folder, keeper };
        cluster.wait_until_ready();
        cluster
    }

    /// The address of its database.
    pub fn url(&self) -> String {
        let socket = self.folder.path().to_string_lossy().replace('/', "%2F");
        format!("postgres://webpos@{socket}/postgres")
    }

    /// What the server has to say.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default()
    }

    /// The server writes its state into the last line of its lock file.
    fn wait_until_ready(&self) {
        let (file, begun) = (self.folder.path().join("data/postmaster.pid"), Instant::now());
        while !fs::read_to_string(&file).is_ok_and(|text| text.trim_end().ends_with("ready")) {
            assert!(begun.elapsed() < START_WITHIN, "the server does not start: {}", self.log());
            sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // It stops within moments; a folder that is removed under it would fill the log with complaints.
        let _ = self.keeper.wait();
    }
}

/// The programs of one version.
struct Server {
    folder: PathBuf,
    version: u32,
}

impl Server {
    /// The newest one of Debian's places, else whatever `PATH` has.
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

    /// An initialised data folder, made once per build folder, because making one takes a second and copying it does not.
    fn template(&self, owner: Option<(u32, u32)>) -> PathBuf {
        let program = std::env::current_exe().expect("a program has a place");
        let build = program.ancestors().nth(2).expect("a program is built into a folder");
        let template = build.join(format!("scratch-postgres-{}-small", self.version));
        if template.exists() {
            return template;
        }
        let folder = tempfile::tempdir().expect("a folder");
        hand_over(folder.path(), owner);
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
            // Another test was first.
            fs::remove_dir_all(&beside).expect("what was made can be removed");
        }
        template
    }
}

/// Whom the server runs as: nobody else when this is not root.
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
}
