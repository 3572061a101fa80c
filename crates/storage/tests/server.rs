//! The way to a PostgreSQL server: TLS that checks whom it talks to, and limits that no copy of the program exceeds.

use std::sync::mpsc::channel;

use scratch::{Cluster, TlsCluster};
use storage::{Storage, StorageError};
use tokio::task::JoinSet;

#[tokio::test]
async fn tls_needs_the_right_authority_and_the_right_name() {
    let (server, other) = (TlsCluster::start(), TlsCluster::start());
    let to = |host: &str, trusting: &TlsCluster| {
        let (port, file) = (server.port(), trusting.authority());
        format!("postgres://webpos@{host}:{port}/postgres?sslmode=require&sslrootcert={}", file.display())
    };
    storage::postgres::migrate(&to("localhost", &server)).await.expect("trusted");
    let storage = Storage::connect(&to("localhost", &server)).await.expect("trusted");
    let sql = "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let version = storage.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get::<_, String>(0))?));
    assert_eq!(version.await.expect("reads"), "TLSv1.3");
    for (wrong, url) in [("another authority", to("localhost", &other)), ("another name", to("127.0.0.1", &server))] {
        let refused = Storage::connect(&url).await.expect_err(wrong).to_string();
        assert!(refused.contains("certificate"), "{wrong}: {refused}");
    }
}

#[tokio::test]
async fn a_copy_has_sixteen_connections_at_most() {
    let server = Cluster::start();
    storage::postgres::migrate(&server.url()).await.expect("migrates");
    let storage = Storage::connect(&server.url()).await.expect("connects");
    let mut asked = JoinSet::new();
    for _ in 0..100 {
        let storage = storage.clone();
        asked.spawn(async move {
            let sql =
                "SELECT (SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'webpos'), pg_sleep(0.01)";
            let read = storage.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get::<_, i64>(0))?));
            read.await.expect("every one gets its turn")
        });
    }
    let most = asked.join_all().await.into_iter().max().expect("a hundred");
    assert!((2..=16).contains(&most), "{most}");
}

#[tokio::test]
async fn who_waits_too_long_for_a_row_has_written_nothing() {
    let server = Cluster::start();
    storage::postgres::migrate(&server.url()).await.expect("migrates");
    let storage = Storage::connect(&server.url()).await.expect("connects");
    let make = "CREATE TABLE trial (id BIGINT PRIMARY KEY, n BIGINT NOT NULL); INSERT INTO trial VALUES (1, 0)";
    storage.write(move |connection| Ok(connection.execute_batch(make)?)).await.expect("made");
    let add = "UPDATE trial SET n = n + 1 WHERE id = 1";
    let ((holds, held), (let_go, wait)) = (channel(), channel::<()>());
    let wait = std::sync::Arc::new(std::sync::Mutex::new(wait));
    let first = tokio::spawn({
        let storage = storage.clone();
        async move {
            let change = storage.write(move |connection| {
                connection.execute(add, [])?;
                holds.send(()).expect("somebody listens");
                wait.lock().expect("one only").recv().expect("told to go on");
                Ok(())
            });
            change.await
        }
    });
    tokio::task::spawn_blocking(move || held.recv().expect("holds the row")).await.expect("runs");
    let second = storage.write(move |connection| Ok(connection.execute(add, [])?)).await;
    assert!(matches!(&second, Err(StorageError::NotWritten(text)) if text.contains("55P03")), "{second:?}");
    let_go.send(()).expect("it waits");
    first.await.expect("runs").expect("writes");
    let read = |sql: &'static str| {
        let storage = storage.clone();
        async move { storage.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get::<_, i64>(0))?)).await }
    };
    assert_eq!(read("SELECT n FROM trial").await.expect("reads"), 1);
    let limit = "SELECT CAST(extract(epoch FROM CAST(current_setting('statement_timeout') AS interval)) AS bigint)";
    assert_eq!(read(limit).await.expect("reads"), 15);
}
