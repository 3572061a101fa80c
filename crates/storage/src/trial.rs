//! A database for one unit test: a file, or a server of its own with `WEBPOS_TEST_DATABASE=postgres`.

use crate::{Storage, postgres};

/// What goes when the test is done.
pub(crate) struct Trial {
    _folder: tempfile::TempDir,
    _server: Option<scratch::Cluster>,
}

/// An empty database.
pub(crate) async fn open() -> (Trial, Storage) {
    let (folder, server) = (tempfile::tempdir().expect("a folder"), scratch::wanted());
    let db = match &server {
        Some(server) => {
            postgres::migrate(&server.url()).await.expect("migrates");
            Storage::connect(&server.url()).await.expect("connects")
        }
        None => Storage::open(&folder.path().join("test.db")).expect("opens"),
    };
    (Trial { _folder: folder, _server: server }, db)
}
