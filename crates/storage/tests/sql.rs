//! Every SQL text of this crate is prepared on a new database, so that a column that was renamed is noticed in all of
//! them and not by the one customer whose page uses it.

mod texts;

use storage::sql::Connection;
use storage::{Storage, postgres};
use texts::{FILE_ONLY, SERVER_ONLY, TEXTS_MIN, Text, texts};

/// Prepares every text; answers how many it knows, and what is wrong.
fn prepare(connection: &Connection, texts: &[Text]) -> (usize, Vec<String>) {
    let (mut prepared, mut wrong) = (0, Vec::new());
    for (file, text, assembled) in texts {
        match connection.prepare(text) {
            Ok(_) => prepared += 1,
            // A text that the program puts together is for the tests of its own module.
            Err(_) if *assembled => {}
            Err(error) => wrong.push(format!("{}: {error}: {text}", file.display())),
        }
    }
    (prepared, wrong)
}

#[tokio::test]
async fn every_text_prepares_in_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let storage = Storage::open(&folder.path().join("webpos.db")).expect("opens");
    let (texts, tables) = texts(&SERVER_ONLY);
    let done = storage.write(move |connection| {
        tables.iter().try_for_each(|table| connection.execute_batch(table))?;
        Ok(prepare(connection, &texts))
    });
    let (prepared, wrong) = done.await.expect("runs");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(prepared >= TEXTS_MIN, "only {prepared} texts found");
}

#[tokio::test]
async fn every_text_prepares_on_the_server() {
    let server = scratch::Database::create();
    postgres::migrate(&server.url()).await.expect("migrates");
    let storage = Storage::connect(&server.url()).await.expect("connects");
    let (texts, _) = texts(&FILE_ONLY);
    let (prepared, wrong) = storage.read(move |connection| Ok(prepare(connection, &texts))).await.expect("runs");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(prepared >= TEXTS_MIN, "only {prepared} texts found");
}
