//! A house: a database server and copies of `webpos` in front of it, all ended with the test.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Longer than anything takes on a machine that does other things as well.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

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
    url: String,
    data: PathBuf,
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

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_webpos"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("WEBPOS_")) {
            command.env_remove(name);
        }
        command.args(arguments).args(["--database", &self.url, "--data-dir"]).arg(&self.data);
        command
    }

    fn run(&self, arguments: &[&str]) -> std::process::ExitStatus {
        self.command(arguments).stdout(Stdio::null()).status().expect("runs")
    }

    /// Another copy, ready, on a free port.
    pub(crate) fn copy(&self, options: &[&str]) -> Copy {
        let mut command = self.command(&["serve", "--demo", "--test-captcha", "abcd", "--listen", "127.0.0.1:0"]);
        let mut child = command.args(options).stdout(Stdio::piped()).spawn().expect("starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let ready = lines.find(|line| line.contains("is ready on")).expect("says that it is ready");
        // The rest is read, so that the program never waits for somebody to read it.
        std::thread::spawn(move || lines.for_each(drop));
        Copy { child, address: ready.rsplit("http://").next().expect("an address").to_owned() }
    }

    /// Nothing is wrong with the ledger.
    #[track_caller]
    pub(crate) fn assert_in_order(&self) {
        let verified = self.command(&["verify"]).output().expect("runs");
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    }
}

/// A running copy.
pub(crate) struct Copy {
    child: Child,
    pub(crate) address: String,
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

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer, whole.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }
}

/// One request on a connection of its own. An answer that is cut off is an error.
pub(crate) fn ask(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> io::Result<Reply> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    let named: String = headers.iter().flat_map(|(name, value)| [name, ": ", value, "\r\n"]).collect();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{named}");
    write!(connection, "{head}Content-Length: {}\r\n\r\n{body}", body.len())?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    read(&answer).ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "the answer was cut off"))
}

fn read(answer: &str) -> Option<Reply> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let reply = Reply { status, headers, body: body.to_owned() };
    let length = reply.header("content-length").parse().ok();
    length.is_none_or(|length: usize| length == body.len()).then_some(reply)
}
