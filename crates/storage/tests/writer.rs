//! The one writer and the readers: each job stands or falls alone, a full disk is a definite "not written", and nothing
//! that a caller does takes the database away from the others.

#[path = "../../domain/tests/builders/mod.rs"]
mod builders;

mod fixture;

use std::sync::Arc;

use builders::{MORNING, card, envelope, order, sale_pin};
use fixture::{Fixture, not_written};
use storage::{Sqlite, StorageError};

async fn notes(folder: &tempfile::TempDir) -> Sqlite {
    let database = Sqlite::open(&folder.path().join("webpos.db")).expect("opens");
    let made = database.write(|c| Ok(c.execute_batch("CREATE TABLE note (n INTEGER PRIMARY KEY, text BLOB) STRICT")?));
    made.await.expect("made");
    database
}

async fn count(database: &Sqlite) -> i64 {
    let read = |c: &storage::sql::Connection| Ok(c.query_row("SELECT COUNT(*) FROM note", [], |row| row.get(0))?);
    database.read(read).await.expect("reads")
}

/// Jobs of every temper at once: those that keep the rules are written, the others are not and leave nothing.
#[tokio::test]
async fn a_job_that_errs_or_panics_rolls_back_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = notes(&folder).await;
    let mut jobs = tokio::task::JoinSet::new();
    for n in 0..400_i64 {
        let database = database.clone();
        jobs.spawn(async move {
            let done = database.write(move |connection| {
                connection.execute("INSERT INTO note (n) VALUES (?1)", [n])?;
                match n % 4 {
                    0 => Ok(()),
                    1 => Err(StorageError::NotWritten("changed its mind".to_owned())),
                    2 => panic!("a bug"),
                    _ => Ok(connection.execute("INSERT INTO note (n) VALUES (?1)", [n]).map(|_| ())?),
                }
            });
            (n, done.await)
        });
    }
    while let Some(done) = jobs.join_next().await {
        let (n, result) = done.expect("no task panics");
        match n % 4 {
            0 => result.expect("written"),
            1 => assert_eq!(not_written(result), "changed its mind"),
            2 => assert_eq!(not_written(result), "the change panicked"),
            _ => assert!(not_written(result).contains("UNIQUE")),
        }
    }
    assert_eq!(count(&database).await, 100);
    let strays = |c: &storage::sql::Connection| {
        Ok(c.query_row("SELECT COUNT(*) FROM note WHERE n % 4 <> 0", [], |row| row.get::<_, i64>(0))?)
    };
    assert_eq!(database.read(strays).await.expect("reads"), 0);
}

#[tokio::test]
async fn a_full_disk_is_a_definite_answer_and_passes() {
    let mut world = builders::one_till();
    world.put_card(card(1));
    (1..=2_000).for_each(|id| world.put_order(order(id, 100)));
    world.cards.values_mut().for_each(|card| card.programme.daily_count_max = 100_000);
    let fixture = Fixture::sqlite(&world).await;
    let pay = |n: u16| envelope(n, MORNING, sale_pin(i64::from(n), 100, 1, true));
    fixture.money(1, 1_000_000).await;
    let limit = |pages: i64| {
        fixture.database().write(move |connection| {
            let now: i64 =
                connection.sqlite().expect("a file").pragma_query_value(None, "page_count", |row| row.get(0))?;
            let set = format!("PRAGMA max_page_count = {}", if pages == 0 { now } else { pages });
            connection.query_row(&set, [], |row| row.get::<_, i64>(0))?;
            Ok(())
        })
    };
    limit(0).await.expect("limited");
    let (mut paid, mut refused) = (Vec::new(), Vec::new());
    for n in 1..=2_000_u16 {
        match fixture.books.post(vec![pay(n)]).await {
            Ok(outcomes) => {
                assert!(outcomes[0].approved());
                paid.push(n);
            }
            failed => {
                assert!(not_written(failed).contains("full"));
                refused.push(n);
                if refused.len() == 20 {
                    break;
                }
            }
        }
    }
    assert_eq!(refused.len(), 20, "the disk was to fill up; {} paid", paid.len());
    // Reading goes on, nothing is half there, and the same requests go through once there is room.
    assert_eq!(fixture.verify().await, []);
    limit(1_000_000).await.expect("room again");
    for n in refused.into_iter().chain(paid) {
        assert!(fixture.ask(&pay(n)).await.approved());
    }
    assert_eq!(fixture.verify().await, []);
}

#[tokio::test]
async fn a_full_disk_fails_a_whole_group_and_nothing_of_it_stays() {
    let mut world = builders::one_till();
    world.put_card(card(1));
    (1..=600).for_each(|id| world.put_order(order(id, 100)));
    world.cards.values_mut().for_each(|card| card.programme.daily_count_max = 100_000);
    let fixture = Fixture::sqlite(&world).await;
    fixture.money(1, 1_000_000).await;
    let shrink = fixture.database().write(|connection| {
        let now: i64 = connection.sqlite().expect("a file").pragma_query_value(None, "page_count", |row| row.get(0))?;
        connection.query_row(&format!("PRAGMA max_page_count = {now}"), [], |row| row.get::<_, i64>(0))?;
        Ok(())
    });
    shrink.await.expect("limited");
    let group: Vec<_> = (1..=600).map(|n| envelope(n, MORNING, sale_pin(i64::from(n), 100, 1, true))).collect();
    assert!(not_written(fixture.books.post(group).await).contains("full"));
    assert_eq!(fixture.verify().await, []);
    let all = |c: &storage::sql::Connection| {
        Ok(c.query_row("SELECT COUNT(*) FROM ledger_transaction", [], |row| row.get::<_, i64>(0))?)
    };
    assert_eq!(fixture.database().read(all).await.expect("reads"), 4);
}

/// More panics than there are readers; afterwards all of them still answer, at the same time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_survive_panics() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = notes(&folder).await;
    for _ in 0..20 {
        let answer: Result<(), _> = database.read(|_| panic!("a bug")).await;
        assert_eq!(not_written(answer), "the query panicked");
    }
    let together = Arc::new(std::sync::Barrier::new(4));
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (database, together) = (database.clone(), Arc::clone(&together));
        readers.spawn(async move {
            let read = move |c: &storage::sql::Connection| {
                together.wait();
                Ok(c.query_row("SELECT COUNT(*) FROM note", [], |row| row.get::<_, i64>(0))?)
            };
            database.read(read).await
        });
    }
    let all = async {
        while let Some(read) = readers.join_next().await {
            assert_eq!(read.expect("no panic").expect("reads"), 0);
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), all).await.expect("no connection was lost");
}

/// A reader that goes away keeps no connection, and readers cannot write.
#[tokio::test]
async fn readers_that_leave_and_readers_that_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = notes(&folder).await;
    // More than there are connections, each at work longer than its caller waits.
    for _ in 0..8 {
        let slow = database.read(|_| {
            std::thread::sleep(std::time::Duration::from_millis(100));
            Ok(())
        });
        let _ = tokio::time::timeout(std::time::Duration::from_millis(1), slow).await;
    }
    assert_eq!(count(&database).await, 0);
    let write = database.read(|c| Ok(c.execute("INSERT INTO note (n) VALUES (1)", [])?)).await;
    assert!(not_written(write).contains("readonly"));
    assert_eq!(count(&database).await, 0);
}

/// What was answered is there for every reader that starts later.
#[tokio::test]
async fn a_read_after_an_answer_sees_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = notes(&folder).await;
    for n in 1..=200_i64 {
        database.write(move |c| Ok(c.execute("INSERT INTO note (n) VALUES (?1)", [n])?)).await.expect("written");
        assert_eq!(count(&database).await, n);
    }
}

/// A file that was once analysed must not make every payment parse its statements anew.
#[tokio::test]
async fn statements_stay_prepared_in_an_analysed_file() {
    let mut world = builders::one_till();
    (1..=200).for_each(|number| world.put_card(card(number)));
    let fixture = Fixture::sqlite(&world).await;
    fixture.tool().execute_batch("ANALYZE").expect("analysed");
    let fixture = fixture.restart().await;
    let prepared_again = |connection: &storage::sql::Connection| {
        let sql = "SELECT c.id FROM card c JOIN programme p ON p.id = c.programme_id WHERE c.lookup = ?1";
        let mut statement = connection.sqlite().expect("a file").prepare(sql)?;
        for number in 1..=200_u8 {
            statement.query_row([[number; 16]], |row| row.get::<_, i64>(0))?;
        }
        Ok(statement.get_status(rusqlite::StatementStatus::RePrepare))
    };
    assert_eq!(fixture.database().write(prepared_again).await.expect("reads"), 0);
    assert_eq!(fixture.database().read(prepared_again).await.expect("reads"), 0);
}
