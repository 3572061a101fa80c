//! The repository's own checks. `cargo xtask tidy` prints one line per finding, `path:line: what`, and fails if any.
//!
//! It covers what the compiler, clippy and rustfmt cannot check: dependencies between crates, sizes of files, words
//! that belong in certain places. A rule without a check does not hold.

mod budgets;
mod contents;
mod dependencies;
mod glossary;
mod hooks;

mod licences;
mod links;
mod places;
mod repo;
mod rust_source;
mod words;

use std::io::Write as _;
use std::process::{Command, ExitCode};

use repo::{Finding, Repo};

/// A rule that reads only the text of files.
type Rule = fn(&Repo) -> Vec<Finding>;

const RULES: [Rule; 7] =
    [budgets::check, words::check, places::check, links::check, contents::check, glossary::check, hooks::check];

fn main() -> ExitCode {
    let outcome = match std::env::args().nth(1).as_deref() {
        Some("tidy") => tidy(),
        Some("bench") => bench(std::env::args().skip(2).collect()),
        _ => Err("usage: cargo xtask tidy | bench (engine | sqlite | postgres) [options]".to_owned()),
    };
    match outcome {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::from(2)
        }
    }
}

/// Builds and runs a benchmark: the engine in process, or the program over HTTP. The comparison with cala-ledger needs
/// a program from a separate workspace.
fn bench(arguments: Vec<String>) -> Result<usize, String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let (package, bin, mut arguments) = match arguments.split_first() {
        Some((first, rest)) if first == "engine" => ("sim", "bench-engine", rest.to_vec()),
        _ => ("bench", "bench", arguments),
    };
    let run = |words: &[&str], more: &[String]| {
        let status = Command::new(&cargo).args(words).args(more).status().map_err(|e| format!("cargo: {e}"))?;
        if status.success() { Ok(()) } else { Err(format!("cargo {}: {status}", words.join(" "))) }
    };
    run(&["build", "--release", "-p", "app", "-p", package, "--bins"], &[])?;
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if words.first() == Some(&"postgres") && !words.contains(&"--alone") {
        let target = "target/cala";
        run(&["build", "--release", "--manifest-path", "crates/bench/cala/Cargo.toml", "--target-dir", target], &[])?;
        arguments.extend(["--cala".to_owned(), format!("{target}/release/cala-baseline")]);
    }
    run(&["run", "--release", "--quiet", "-p", package, "--bin", bin, "--"], &arguments)?;
    Ok(0)
}

/// Prints the findings and returns their number.
fn tidy() -> Result<usize, String> {
    let repo = Repo::open()?;
    let packages = dependencies::metadata()?;
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(&repo)).collect();
    findings.extend(dependencies::check(&packages));
    findings.extend(licences::check(&packages, repo.text("deny.toml").unwrap_or_default()));
    findings.sort();
    let mut out = std::io::stdout().lock();
    for finding in &findings {
        writeln!(out, "{finding}").map_err(|e| e.to_string())?;
    }
    writeln!(out, "{}; {} findings", budgets::summary(&repo), findings.len()).map_err(|e| e.to_string())?;
    Ok(findings.len())
}
