//! The program under test as a separate process, and its cost.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::Failure;

/// `webpos serve`, running.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Its address.
    pub address: SocketAddr,
}

impl Server {
    /// Starts the program from the same build folder.
    pub fn start(database: &str, folder: &Path) -> Result<Self, Failure> {
        let program = std::env::current_exe()?.with_file_name("webpos");
        let log = fs::File::options().create(true).append(true).open(folder.join("server.log"))?;
        let mut child = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--database", database, "--data-dir"])
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let said = child.stdout.take().ok_or("no output")?;
        for line in BufReader::new(said).lines() {
            let line = line?;
            if let Some((_, rest)) = line.split_once("is ready on http://") {
                let address = rest.split(|c: char| !(c.is_ascii_digit() || ".:".contains(c))).next();
                let address = address.unwrap_or_default().parse()?;
                return Ok(Self { child, address });
            }
        }
        Err(format!("the server does not start: {}", fs::read_to_string(folder.join("server.log"))?).into())
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory, MiB: current and peak.
    pub fn memory(&self) -> (u64, u64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let figure = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        };
        (figure("VmRSS:").unwrap_or(0) / 1_024, figure("VmHWM:").unwrap_or(0) / 1_024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// CPU seconds so far of a process and its descendants, including those that have ended.
pub fn processor_seconds(process: u32) -> f64 {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let all: Vec<(u32, u32, f64)> = processes
        .filter_map(|one| {
            let stat = fs::read_to_string(one.path().join("stat")).ok()?;
            let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
            let ticks = (11..15).filter_map(|at| fields.get(at)?.parse::<f64>().ok()).sum::<f64>();
            // The kernel reports hundredths of a second, independent of its own tick.
            Some((one.file_name().to_str()?.parse().ok()?, fields.get(1)?.parse().ok()?, ticks / 100.0))
        })
        .collect();
    let (mut family, mut at) = (vec![process], 0);
    while let Some(parent) = family.get(at).copied() {
        family.extend(all.iter().filter(|(_, its_parent, _)| *its_parent == parent).map(|(id, ..)| *id));
        at += 1;
    }
    all.iter().filter(|(id, ..)| family.contains(id)).map(|(.., seconds)| seconds).sum()
}
