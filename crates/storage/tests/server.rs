//! The way to a PostgreSQL server: TLS that checks whom it talks to, and limits that no instance exceeds.

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

/// A storage on a server of its own with `trial (id, n)`, which holds (1, 0).
async fn with_trial() -> (scratch::Database, Storage) {
    let server = scratch::Database::create();
    storage::postgres::migrate(&server.url()).await.expect("migrates");
    let storage = Storage::connect(&server.url()).await.expect("connects");
    let make = "CREATE TABLE trial (id BIGINT PRIMARY KEY, n BIGINT NOT NULL); INSERT INTO trial VALUES (1, 0)";
    storage.write(move |connection| Ok(connection.execute_batch(make)?)).await.expect("made");
    (server, storage)
}

async fn rows(storage: &Storage) -> i64 {
    let sql = "SELECT COUNT(*) FROM trial";
    storage.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?)).await.expect("reads")
}

#[tokio::test]
async fn what_is_put_off_is_there_for_what_comes_after_it_and_at_the_commit() {
    let (_server, storage) = with_trial().await;
    let insert = "INSERT INTO trial (id, n) VALUES (?1, 0)";
    let seen = storage.write(move |connection| {
        connection.execute_later(insert, [2])?;
        let seen = connection.query_row("SELECT COUNT(*) FROM trial", [], |row| row.get::<_, i64>(0))?;
        connection.execute_later(insert, [3])?;
        Ok(seen)
    });
    assert_eq!(seen.await.expect("writes"), 2);
    assert_eq!(rows(&storage).await, 3);
    // Nothing at all but what is put off.
    storage.write(move |connection| Ok(connection.execute_later(insert, [4])?)).await.expect("writes");
    assert_eq!(rows(&storage).await, 4);
}

#[tokio::test]
async fn what_was_put_off_and_fails_leaves_nothing_and_says_so() {
    let (_server, storage) = with_trial().await;
    for (values, why) in [((2, None), "23502"), ((1, Some(7)), "23505")] {
        let failed = storage.write(move |connection| {
            connection.execute_later("INSERT INTO trial (id, n) VALUES (7, 7)", [])?;
            connection.query_row("SELECT 1 FROM trial", [], |_| Ok(()))?;
            connection.execute_later("INSERT INTO trial (id, n) VALUES (?1, ?2)", values)?;
            Ok(connection.execute_later("INSERT INTO trial (id, n) VALUES (8, 8)", [])?)
        });
        let failed = failed.await;
        assert!(matches!(&failed, Err(StorageError::NotWritten(text)) if text.contains(why)), "{failed:?}");
        assert_eq!(rows(&storage).await, 1, "{why}");
    }
    // It cannot even be sent; what can must not be committed without it.
    let failed = storage.write(|connection| {
        connection.execute_later("INSERT INTO trial (id, n) VALUES (7, 7)", [])?;
        connection.query_row("SELECT 1 FROM trial", [], |_| Ok(()))?;
        Ok(connection.execute_later("INSERT INTO trial (id, n) VALUES (8, ?1)", ["no number"])?)
    });
    let failed = failed.await;
    assert!(matches!(failed, Err(StorageError::NotWritten(_))), "{failed:?}");
    assert_eq!(rows(&storage).await, 1);
}

#[tokio::test]
async fn questions_that_are_put_together_are_answered_each_and_in_any_order() {
    let (_server, storage) = with_trial().await;
    let read = storage.read(|connection| {
        let asked: Vec<_> = (1_i64..=4)
            .map(|n| connection.query_later("SELECT ?1 + n, n FROM trial WHERE id = 1", [n]))
            .collect::<Result<_, _>>()?;
        let none = connection.query_later("SELECT n FROM trial WHERE id = ?1", [9])?;
        let mut asked = asked.into_iter();
        let first = asked.next();
        // The last is never read; it is in nobody's way.
        let _ = asked.next_back();
        let mut sums = Vec::new();
        for one in asked.rev().chain(first) {
            sums.extend(one.rows(|row| row.get::<_, i64>(0))?);
        }
        Ok((sums, none.first(|row| row.get::<_, i64>(0))?))
    });
    assert_eq!(read.await.expect("reads"), (vec![3, 2, 1], None));
    assert_eq!(rows(&storage).await, 1);
}
