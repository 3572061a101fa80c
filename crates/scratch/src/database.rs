//! Databases on a server that all tests of a run share: starting a server takes a second, a database on it moments.
//!
//! A run is what one parent process starts: `cargo nextest`, `cargo test`, a shell. Its first test starts the server,
//! which stops and removes its folder when the parent is gone, however it went.

use std::fs::{self, File};
use std::os::unix::net::UnixStream;
use std::os::unix::process::parent_id;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use crate::{Server, hand_over, owner, run_as};

/// Runs `postgres` while the process `$1` is there, then stops it at once and removes the folder that it runs in.
const KEEPER: &str = r#"RUN=$1; shift; "$@" </dev/null >server.log 2>&1 & P=$!
    while [ -e "/proc/$RUN" ] && kill -0 $P 2>/dev/null; do sleep 0.2; done
    kill -QUIT $P 2>/dev/null; wait $P; HERE=$PWD; cd /; rm -rf "$HERE""#;

/// A database of one test. It goes when this is dropped, or with the server.
#[derive(Debug)]
pub struct Database {
    run: Run,
    name: String,
}

impl Database {
    /// An empty one.
    pub fn create() -> Self {
        let run = Run::join();
        run.create("template0")
    }

    /// A copy of the database `template`, which `prepare` fills the first time in this run that somebody wants it, on a
    /// thread of its own. Its connections have to be closed when it returns.
    pub fn of(template: &str, prepare: impl FnOnce(&str) + Send) -> Self {
        let run = Run::join();
        let turn = run.lock();
        let ready = run.folder.join(format!("{template}.ready"));
        if !ready.exists() {
            run.program("createdb", &["-T", "template0", template]);
            let url = run.url(template);
            thread::scope(|scope| scope.spawn(|| prepare(&url)).join()).expect("the template is made");
            fs::write(&ready, "").expect("the folder can be written");
        }
        drop(turn);
        run.create(template)
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.run.url(&self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.run.program("dropdb", &["--force", &self.name]);
    }
}

/// The server of this run.
#[derive(Debug)]
struct Run {
    folder: PathBuf,
}

impl Run {
    /// Starts it if nobody has.
    fn join() -> Self {
        let owner = owner();
        let run = Self { folder: place() };
        if fs::create_dir(&run.folder).is_ok() {
            hand_over(&run.folder, owner);
        }
        let turn = run.lock();
        if UnixStream::connect(run.folder.join(".s.PGSQL.5432")).is_err() {
            let server = Server::find();
            let _ = fs::remove_dir_all(run.folder.join("data"));
            server.copy_template(&run.folder, owner);
            let mut keeper = run_as(Command::new("setsid"), owner, &run.folder);
            keeper.args(["--fork", "sh", "-c", KEEPER, "keeper"]).arg(parent_id().to_string());
            server.add_arguments(&mut keeper, &run.folder);
            keeper.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            assert!(keeper.status().is_ok_and(|status| status.success()), "the server starts");
            crate::wait_until_ready(&run.folder);
        }
        drop(turn);
        run
    }

    /// One at a time, among all processes of the run.
    fn lock(&self) -> File {
        let file = File::options().create(true).append(true).open(self.folder.join("turn")).expect("a file to lock");
        file.lock().expect("a lock");
        file
    }

    fn create(self, template: &str) -> Database {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}_{}", std::process::id(), LAST.fetch_add(1, Ordering::Relaxed));
        self.program("createdb", &["-T", template, &name]);
        Database { run: self, name }
    }

    fn url(&self, database: &str) -> String {
        crate::url(&self.folder, database)
    }

    fn program(&self, name: &str, arguments: &[&str]) {
        let mut command = Command::new(Server::find().program(name));
        let done = command.arg("-h").arg(&self.folder).args(["-U", "webpos"]).args(arguments).output();
        let done = done.expect("PostgreSQL's own programs are installed");

        assert!(
            done.status.success() || thread::panicking(),
            "{name}: {}{}",
            String::from_utf8_lossy(&done.stderr),
            crate::log(&self.folder)
        );
    }
}

/// A folder that only this run has: named after its parent process and when that began.
fn place() -> PathBuf {
    let parent = parent_id();
    let status = fs::read_to_string(format!("/proc/{parent}/stat")).unwrap_or_default();
    // After the name, which may hold anything, the 20th field is the start in ticks.
    let begun = status.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(19)).unwrap_or("0").to_owned();
    Path::new(&std::env::temp_dir()).join(format!("webpos-tests-{parent}-{begun}"))
}
