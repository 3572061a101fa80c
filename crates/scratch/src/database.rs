//! Databases on a server that all tests of a run share: starting a server takes a second, creating a database moments.
//!
//! A run is everything that one parent process starts: `cargo nextest`, `cargo test`, a shell. The first test starts
//! the server. It stops and removes its folder when the parent process ends for any reason.

use std::fs::{self, File};
use std::os::unix::net::UnixStream;
use std::os::unix::process::parent_id;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use crate::{Server, hand_over, owner, run_as};

/// Runs `postgres` while the process `$1` exists, then stops it at once and removes its working folder.
const KEEPER: &str = r#"RUN=$1; shift; "$@" </dev/null >server.log 2>&1 & P=$!
    while [ -e "/proc/$RUN" ] && kill -0 $P 2>/dev/null; do sleep 0.2; done
    kill -QUIT $P 2>/dev/null; wait $P; HERE=$PWD; cd /; rm -rf "$HERE""#;

/// The database of one test. It is removed when this is dropped, or with the server.
#[derive(Debug)]
pub struct Database {
    run: Run,
    name: String,
}

impl Database {
    /// An empty database.
    pub fn create() -> Self {
        let run = Run::join();
        run.create("template0")
    }

    /// A copy of the database `template`. `prepare` fills the template on its first use in this run, on a separate
    /// thread, and must close its connections before it returns.
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
    /// Starts it unless another test has.
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

    /// A lock among all processes of the run.
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

/// The folder of this run, named after its parent process and that process's start time.
fn place() -> PathBuf {
    let parent = parent_id();
    let status = fs::read_to_string(format!("/proc/{parent}/stat")).unwrap_or_default();
    // After the name, which may contain anything, the 20th field is the start time in ticks.
    let begun = status.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(19)).unwrap_or("0").to_owned();
    Path::new(&std::env::temp_dir()).join(format!("webpos-tests-{parent}-{begun}"))
}
