//! Runs the client library's example against the real program: a sale whose response is lost, looked up, and refunded.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

#[path = "../../client/examples/sell.rs"]
#[expect(dead_code, reason = "the example's own main")]
mod sell;

#[tokio::test]
async fn a_sale_whose_answer_is_lost_is_found_and_refunded() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = Command::new(env!("CARGO_BIN_EXE_webpos"))
        .args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.path().join("data"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines().map_while(Result::ok);
    let ready = lines.find(|line| line.contains("is ready on")).expect("reports that it is ready");
    std::thread::spawn(move || lines.for_each(drop));
    let told = sell::sell(ready.rsplit(' ').next().expect("an address")).await.map_err(|error| error.to_string());
    child.kill().expect("runs");
    child.wait().expect("ends");
    let told = told.expect("the example succeeds");
    assert!(told[0].starts_with("lost: "), "{told:?}");
    assert!(told[1].contains("Approved, 3100 fen"), "{told:?}");
    assert_eq!(told[2], "repeated: the same payment, true");
    assert!(told[3].ends_with("Requested") && told[4] == "decided: Approved", "{told:?}");
}
