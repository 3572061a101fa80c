//! Runs every shell block of `docs/api.md` with curl against the demo shop.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// Separates the outputs of two blocks.
const CUT: &str = "---- cut ----";

/// The server, stopped with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The demo on a free port, and its address.
fn serve(folder: &Path) -> (Server, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_webpos"))
        .args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.join("data"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let out = child.stdout.take().expect("its output");
    let mut lines = BufReader::new(out).lines().map_while(Result::ok);
    let ready = lines.find(|line| line.contains("is ready on")).expect("reports that it is ready");
    // Keep reading, so that the program never blocks on a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    (Server(child), ready.rsplit(' ').next().expect("an address").to_owned())
}

/// The blocks of `text` in order: language and content.
fn blocks(text: &str) -> Vec<(&str, &str)> {
    let mut parts = text.split("```").skip(1).step_by(2);
    std::iter::from_fn(|| parts.next()).filter_map(|block| block.split_once('\n')).collect()
}

/// Everything in `expected` is in `found`, with the same value.
fn holds(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            expected.iter().all(|(name, value)| found.get(name).is_some_and(|found| holds(found, value)))
        }
        _ => found == expected,
    }
}

#[test]
fn the_quick_start_does_what_it_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, address) = serve(folder.path());
    let text = include_str!("../../../docs/api.md");
    let blocks = blocks(text);
    let typed: Vec<&str> = blocks.iter().filter(|(kind, _)| *kind == "sh").map(|(_, block)| *block).collect();
    let told: Vec<&str> = blocks.iter().filter(|(kind, _)| *kind == "json").map(|(_, block)| *block).collect();
    assert!(typed.len() > 10 && typed.len() == told.len(), "{} commands, {} answers", typed.len(), told.len());
    let script = typed.join(&format!("\necho\necho '{CUT}'\n")).replace("http://127.0.0.1:8080", &address);
    let run = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script])
        .current_dir(folder.path())
        .output()
        .expect("bash and curl are there");
    let answers = String::from_utf8(run.stdout).expect("text");
    assert!(run.status.success(), "{answers}\n{}", String::from_utf8_lossy(&run.stderr));
    let answers: Vec<&str> = answers.split(CUT).collect();
    assert_eq!(answers.len(), typed.len());
    for ((command, told), answer) in typed.iter().zip(told).zip(answers) {
        let expected: Value = serde_json::from_str(told).expect("the page shows JSON");
        let found: Value = serde_json::from_str(answer.trim()).unwrap_or(Value::Null);
        assert!(holds(&found, &expected), "{command}\nanswered {answer}\nnot as the page says: {told}");
    }
}
