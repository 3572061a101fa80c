//! A house: a database server and copies of `webpos` in front of it, all ended with the test.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::outside::{Copy, PATIENCE, ask, webpos};

/// Between two looks at something that takes a while.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Waits until `done`.
#[track_caller]
pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        sleep(LOOK_EVERY);
    }
}

/// What every copy is given: the address of the database and a data folder with the keys.
pub(crate) struct House {
    pub(crate) url: String,
    pub(crate) data: PathBuf,
    _folder: TempDir,
}

impl House {
    /// The demo shop in the database at `url`, its cards without daily limits, so that they serve for load.
    pub(crate) fn lay(url: String, sql: impl Fn(&str) -> String) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let house = Self { url, data: folder.path().join("data"), _folder: folder };
        assert!(house.run(&["migrate"]).success());
        drop(house.copy(&[]));
        sql("UPDATE programme SET daily_max = 1000000000, daily_count_max = 1000000000");
        house
    }

    /// The program with its data.
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

    /// Another copy, ready, on a free port.
    pub(crate) fn copy(&self, options: &[&str]) -> Copy {
        self.copy_at("127.0.0.1:0", options)
    }

    /// Another copy, ready, on `address`.
    pub(crate) fn copy_at(&self, address: &str, options: &[&str]) -> Copy {
        let mut command = self.command(&["serve", "--demo", "--test-captcha", "abcd", "--listen", address]);
        command.args(options);
        Copy::start(command)
    }

    /// Nothing is wrong with the ledger.
    #[track_caller]
    pub(crate) fn assert_in_order(&self) {
        self.assert_in_order_at(&self.url);
    }

    /// Nothing is wrong with the ledger in the database at `url`, which has the same keys.
    #[track_caller]
    pub(crate) fn assert_in_order_at(&self, url: &str) {
        let verified = self.command_at(url, &["verify"]).output().expect("runs");
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    }
}

impl Copy {
    /// Tells it to stop, as a service manager does.
    pub(crate) fn tell_to_stop(&self) {
        let told = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(told.success());
    }

    /// Waits until it ended in good order.
    pub(crate) fn wait(mut self) {
        until("the copy ends", || self.child.try_wait().expect("it is ours").is_some());
        assert_eq!(self.child.wait().expect("it is ours").code(), Some(0));
    }

    /// What `/readyz` says.
    pub(crate) fn ready(&self) -> bool {
        ask(&self.address, "GET", "/readyz", &[], "").is_ok_and(|reply| reply.status == 200)
    }
}
