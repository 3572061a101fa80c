//! An installation: a database server and instances of `webpos`, all stopped with the test.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::program::{Instance, PATIENCE, ask, webpos};

/// Interval of polling.
pub(crate) const POLL_EVERY: Duration = Duration::from_millis(20);

/// Polls until `done` is true.
#[track_caller]
pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        sleep(POLL_EVERY);
    }
}

/// What the instances share: the address of the database and a data folder with the keys.
pub(crate) struct Installation {
    pub(crate) url: String,
    pub(crate) data: PathBuf,
    _folder: TempDir,
}

impl Installation {
    /// Sets up the demo shop in the database at `url`, with cards without daily limits, so that they can be used for
    /// load.
    pub(crate) fn set_up(url: String, sql: impl Fn(&str) -> String) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let installation = Self { url, data: folder.path().join("data"), _folder: folder };
        assert!(installation.run(&["migrate"]).success());
        drop(installation.start(&[]));
        sql("UPDATE programme SET daily_max = 1000000000, daily_count_max = 1000000000");
        installation
    }

    /// The program with this data.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.command_at(&self.url, arguments)
    }

    fn command_at(&self, url: &str, arguments: &[&str]) -> Command {
        let mut command = webpos();
        command.args(arguments).args(["--database", url, "--data-dir"]).arg(&self.data);
        command
    }

    fn run(&self, arguments: &[&str]) -> std::process::ExitStatus {
        self.command(arguments).stdout(Stdio::null()).status().expect("runs")
    }

    /// Starts another instance on a free port and waits until it is ready.
    pub(crate) fn start(&self, options: &[&str]) -> Instance {
        self.start_at("127.0.0.1:0", options)
    }

    /// Starts another instance on `address` and waits until it is ready.
    pub(crate) fn start_at(&self, address: &str, options: &[&str]) -> Instance {
        let mut command = self.command(&["serve", "--demo", "--test-captcha", "abcd", "--listen", address]);
        command.args(options);
        Instance::start(command)
    }

    /// Asserts that the ledger verifies.
    #[track_caller]
    pub(crate) fn assert_in_order(&self) {
        self.assert_in_order_at(&self.url);
    }

    /// Asserts that the ledger in the database at `url` verifies with the same keys.
    #[track_caller]
    pub(crate) fn assert_in_order_at(&self, url: &str) {
        let verified = self.command_at(url, &["verify"]).output().expect("runs");
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    }
}

impl Instance {
    /// Sends the stop signal, as a service manager does.
    pub(crate) fn send_stop(&self) {
        let told = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(told.success());
    }

    /// Waits until it has exited successfully.
    pub(crate) fn wait(mut self) {
        until("the instance ends", || self.child.try_wait().expect("it is a child process").is_some());
        assert_eq!(self.child.wait().expect("it is a child process").code(), Some(0));
    }

    /// Whether `/readyz` reports ready.
    pub(crate) fn ready(&self) -> bool {
        ask(&self.address, "GET", "/readyz", &[], "").is_ok_and(|reply| reply.status == 200)
    }
}
