//! A database for one unit test: a file, or one on the server of the tests with `WEBPOS_TEST_DATABASE=postgres`.

use crate::{Storage, postgres};

/// What goes when the test is done.
pub(crate) struct Fixture {
    _folder: tempfile::TempDir,
    _database: Option<scratch::Database>,
}

/// An empty database.
pub(crate) async fn open() -> (Fixture, Storage) {
    let folder = tempfile::tempdir().expect("a folder");
    if !scratch::wanted() {
        let db = Storage::open(&folder.path().join("test.db")).expect("opens");
        return (Fixture { _folder: folder, _database: None }, db);
    }
    let database = migrated();
    let db = Storage::connect(&database.url()).await.expect("connects");
    (Fixture { _folder: folder, _database: Some(database) }, db)
}

/// An empty database with the schema, on the server of the tests.
pub(crate) fn migrated() -> scratch::Database {
    scratch::Database::of("schema", |url| {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(postgres::migrate(url)).expect("migrates");
    })
}
