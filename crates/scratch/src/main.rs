//! A throw-away server for tests that are not written in Rust: prints the address of its database, and lives until
//! standard input closes, which also happens when the test is killed.

use std::io::{self, Read as _, Write as _};

fn main() -> io::Result<()> {
    let cluster = scratch::Cluster::start();
    writeln!(io::stdout(), "{}", cluster.url())?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
