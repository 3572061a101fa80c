//! The files in `deploy/` match the program: they use only options and commands that it has.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use program::{Instance, PATIENCE, ask, webpos};

#[path = "program/mod.rs"]
#[expect(dead_code, reason = "it serves other tests as well")]
mod program;

fn files() -> BTreeMap<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    let (mut folders, mut found) = (vec![root], BTreeMap::new());
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().expect("is there").map(|entry| entry.expect("readable").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if let Ok(text) = fs::read_to_string(&entry) {
                found.insert(entry, text);
            }
        }
    }
    found
}

fn file(name: &str) -> String {
    let found = files().into_iter().find(|(path, _)| path.ends_with(name));
    found.unwrap_or_else(|| panic!("no {name}")).1
}

/// The number after `name` in `text`.
fn number(text: &str, name: &str) -> u64 {
    let (_, rest) = text.split_once(name).unwrap_or_else(|| panic!("no {name}"));
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().expect("a number")
}

fn help(subcommand: &str) -> String {
    let said = webpos().args([subcommand, "--help"]).output().expect("runs");
    assert!(said.status.success(), "the program has no {subcommand}");
    String::from_utf8(said.stdout).expect("text")
}

/// The settings of `deploy/webpos.env`; with `all` also those that are commented out.
fn settings(all: bool) -> Vec<(String, String)> {
    let text = file("webpos.env");
    let lines = text.lines().map(|line| if all { line.trim_start_matches('#') } else { line });
    let pairs = lines.filter(|line| line.starts_with("WEBPOS_")).filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn every_variable_is_one_of_the_program() {
    let options = help("serve");
    let mut seen = 0;
    for (path, text) in files() {
        let ends = |c: char| !c.is_ascii_uppercase() && c != '_';
        for (at, _) in text.match_indices("WEBPOS_") {
            let name = text[at..].split(ends).next().expect("a word");
            // The log filter is read before the options are parsed.
            let known = name == "WEBPOS_LOG" || options.contains(&format!("[env: {name}="));
            assert!(known, "{}: {name}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn every_command_is_one_of_the_program() {
    let mut seen = Vec::new();
    for (path, text) in files().into_iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "service")) {
        let (_, rest) = text.split_once("/usr/local/bin/webpos ").unwrap_or_else(|| panic!("{}", path.display()));
        let mut words = rest.lines().next().expect("a line").split([' ', '\'']);
        let subcommand = words.next().expect("a word").to_owned();
        let options = help(&subcommand);
        for option in words.filter(|word| word.starts_with("--")) {
            assert!(options.contains(&format!("{option} ")), "{}: {option}", path.display());
        }
        seen.push(subcommand);
    }
    seen.sort();
    assert_eq!(seen, ["backup", "serve", "verify"]);
}

#[test]
fn the_program_starts_and_stops_under_the_service_manager() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = webpos();
    command.arg("serve").envs(settings(false)).env("WEBPOS_DATA_DIR", folder.path().join("data"));
    let manager = UnixDatagram::bind(folder.path().join("notify")).expect("bound");
    manager.set_read_timeout(Some(PATIENCE)).expect("set");
    let instance = Instance::start({
        command.env("NOTIFY_SOCKET", folder.path().join("notify"));
        // Free ports instead of the file's.
        command.env("WEBPOS_LISTEN", "127.0.0.1:0").env("WEBPOS_METRICS_LISTEN", "127.0.0.1:0").stderr(Stdio::null());
        command
    });
    assert_eq!(ask(&instance.address, "GET", "/readyz", &[], "").expect("answers").status, 200);
    let (unit, env) = (file("webpos.service"), file("webpos.env"));
    let mut word = [0; 32];
    let length = manager.recv(&mut word).expect("the manager is told");
    assert!(unit.contains("\nType=notify\n") && word[..length] == *b"READY=1");
    // Requests in progress have 10 seconds.
    assert!(number(&unit, "TimeoutStopSec=") > number(&env, "WEBPOS_STOP_DELAY=") + 10);
    assert!(number(&unit, "LimitNOFILE=") >= 8_192 + 256);
}

#[test]
fn nginx_retries_an_instance_before_the_next_one_stops() {
    // nginx counts whole seconds.
    let left_alone = number(&file("webpos.conf"), "fail_timeout=") + 1;
    assert!(left_alone < number(&file("webpos.env"), "WEBPOS_STOP_DELAY="), "{left_alone}");
}

#[test]
fn the_commented_out_database_is_a_valid_address() {
    let (_, url) = settings(true).into_iter().find(|(name, _)| name == "WEBPOS_DATABASE").expect("an example");
    let said = webpos().args(["migrate", "--database", &url]).output().expect("runs");
    let words = String::from_utf8(said.stderr).expect("text");
    // Parsed up to the authority's file, which this machine does not have.
    assert!(words.contains("sslrootcert /etc/webpos/db-ca.pem"), "{words}");
}

#[test]
fn the_containers_health_check_works() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = webpos();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder.path());
    let instance = Instance::start(command);
    let text = file("Containerfile");
    let line = text.lines().find_map(|line| line.trim().strip_prefix("CMD [\"bash\", ")).expect("a question");
    let words: Vec<String> = serde_json::from_str(&format!("[{line}")).expect("JSON");
    let (host, port) = instance.address.rsplit_once(':').expect("a port");
    assert_eq!(host, "127.0.0.1");
    let healthy = |port: &str| {
        let question = words[1].replace("/8080", &format!("/{port}"));
        let asked = Command::new("bash").args([&words[0], &question]).stderr(Stdio::null()).status();
        asked.expect("bash is installed").success()
    };
    assert!(healthy(port));
    drop(instance);
    assert!(!healthy("1"));
}
