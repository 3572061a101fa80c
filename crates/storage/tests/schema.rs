//! The two schemas are one: the same tables, columns, types, what may be missing and what is unique; and a
//! database with another schema is refused.

use domain::ledger::Kind;
use scratch::Database;
use std::collections::{BTreeMap, BTreeSet};
use storage::sql::{self, Connection};
use storage::{Storage, StorageError, postgres};

/// A column: type, and whether it may be missing.
type Columns = BTreeMap<String, (String, bool)>;

/// A table in normal form.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    columns: Columns,
    /// Sets of columns that are unique together, the primary key among them.
    unique: BTreeSet<BTreeSet<String>>,
    /// Names of the other indexes.
    indexes: BTreeSet<String>,
}

fn texts(connection: &Connection, sql: &str, of: &str) -> sql::Result<Vec<String>> {
    connection.prepare(sql)?.query_map([of], |row| row.get(0))?.collect()
}

fn of_file(connection: &Connection) -> sql::Result<BTreeMap<String, Table>> {
    let mut tables = BTreeMap::new();
    let names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> ?1";
    for name in texts(connection, names, "")? {
        let mut table = Table::default();
        let columns = "SELECT name, type, \"notnull\" = 0 AND pk = 0, pk > 0 FROM pragma_table_info(?1)";
        let mut key = BTreeSet::new();
        let mut statement = connection.prepare(columns)?;
        let mut rows = statement.query([&name])?;
        while let Some(row) = rows.next()? {
            let column: String = row.get(0)?;
            if row.get(3)? {
                key.insert(column.clone());
            }
            table.columns.insert(column, (row.get(1)?, row.get(2)?));
        }
        table.unique.insert(key);
        for index in texts(connection, "SELECT name FROM pragma_index_list(?1) WHERE \"unique\" = 1", &name)? {
            let columns = texts(connection, "SELECT name FROM pragma_index_info(?1)", &index)?;
            table.unique.insert(columns.into_iter().collect());
        }
        let indexes = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?1";
        table.indexes = texts(connection, indexes, &name)?.into_iter().collect();
        tables.insert(name, table);
    }
    Ok(tables)
}

fn of_server(connection: &Connection) -> sql::Result<BTreeMap<String, Table>> {
    let mut tables = BTreeMap::new();
    let names = "SELECT table_name::text FROM information_schema.tables
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> ?1";
    for name in texts(connection, names, "")? {
        let mut table = Table::default();
        let columns = "SELECT column_name::text, data_type::text, is_nullable = 'YES'
            FROM information_schema.columns WHERE table_name = ?1";
        let mut statement = connection.prepare(columns)?;
        let mut rows = statement.query([&name])?;
        while let Some(row) = rows.next()? {
            let kind: String = row.get(1)?;
            let kind = match kind.as_str() {
                "bigint" => "INTEGER",
                "text" => "TEXT",
                "bytea" => "BLOB",
                other => other,
            };
            table.columns.insert(row.get(0)?, (kind.to_owned(), row.get(2)?));
        }
        let unique = "SELECT string_agg(a.attname::text, ' ') FROM pg_index i
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
            WHERE i.indisunique AND i.indrelid = ?1::text::regclass GROUP BY i.indexrelid";
        for columns in texts(connection, unique, &name)? {
            table.unique.insert(columns.split(' ').map(str::to_owned).collect());
        }
        let indexes = "SELECT i.indexname::text FROM pg_indexes i WHERE i.tablename = ?1
            AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)";
        table.indexes = texts(connection, indexes, &name)?.into_iter().collect();
        tables.insert(name, table);
    }
    Ok(tables)
}

#[tokio::test]
async fn both_schemas_are_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = Storage::open(&folder.path().join("webpos.db")).expect("opens");
    let server = Database::create();
    postgres::migrate(&server.url()).await.expect("migrates");
    let there = Storage::connect(&server.url()).await.expect("connects");
    let file = file.read(|connection| Ok(of_file(connection)?)).await.expect("reads");
    let there = there.read(|connection| Ok(of_server(connection)?)).await.expect("reads");
    assert!(file.len() > 20, "only {} tables", file.len());
    assert_eq!(file.keys().collect::<Vec<_>>(), there.keys().collect::<Vec<_>>());
    for (name, table) in &file {
        assert_eq!(Some(table), there.get(name), "{name}");
    }
}

/// Texts are compared and sorted byte by byte in both databases.
#[tokio::test]
async fn every_text_of_the_server_is_sorted_by_bytes() {
    let server = Database::create();
    postgres::migrate(&server.url()).await.expect("migrates");
    let there = Storage::connect(&server.url()).await.expect("connects");
    let others = there.read(|connection| {
        let sql = "SELECT table_name || '.' || column_name FROM information_schema.columns
            WHERE table_schema = ?1 AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'";
        Ok(texts(connection, sql, "public")?)
    });
    assert_eq!(others.await.expect("reads"), Vec::<String>::new());
}

fn refused(answer: Result<Storage, StorageError>) -> String {
    match answer {
        Err(StorageError::Open(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// What a program with another schema would have stored.
fn other_schema(connection: &Connection) -> Result<(), StorageError> {
    connection.execute("UPDATE schema_digest SET digest = 'another'", [])?;
    Ok(())
}

/// What a program of before the digest left behind.
fn no_digest(connection: &Connection) -> Result<(), StorageError> {
    Ok(connection.execute_batch("DROP TABLE schema_digest")?)
}

type Spoil = fn(&Connection) -> Result<(), StorageError>;

#[tokio::test]
async fn a_file_with_another_schema_is_refused_and_left_as_it_is() {
    for spoil in [other_schema as Spoil, no_digest] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("webpos.db");
        let storage = Storage::open(&path).expect("opens");
        drop(Storage::open(&path).expect("opens its own schema again"));
        storage.write(spoil).await.expect("writes");
        drop(storage);
        for _ in 0..2 {
            let why = refused(Storage::open(&path));
            assert!(why.ends_with("move the data folder away") && !why.contains('\n'), "{why}");
        }
        let files = std::fs::read_dir(folder.path()).expect("a folder").map(|file| file.expect("a file").path());
        let databases = files.filter(|file| file.extension().is_some_and(|end| end == "db"));
        assert_eq!(databases.collect::<Vec<_>>(), [path], "nothing is copied aside");
    }
}

#[tokio::test]
async fn a_server_gets_its_schema_when_told() {
    let server = Database::create();
    let url = server.url();
    assert!(refused(Storage::connect(&url).await).contains("run `webpos migrate`"));
    // Two at once take turns.
    let (one, other) = tokio::join!(postgres::migrate(&url), postgres::migrate(&url));
    let (one, other) = (one.expect("creates"), other.expect("creates"));
    assert!(one != other, "one of them creates it");
    assert!(!postgres::migrate(&url).await.expect("is there"));
    drop(Storage::connect(&url).await.expect("connects"));
}

#[tokio::test]
async fn a_server_with_another_schema_is_refused() {
    for spoil in [other_schema as Spoil, no_digest] {
        let server = Database::create();
        let url = server.url();
        postgres::migrate(&url).await.expect("creates");
        let storage = Storage::connect(&url).await.expect("connects");
        storage.write(spoil).await.expect("writes");
        let why = refused(Storage::connect(&url).await);
        assert!(why.ends_with("make a new database") && !why.contains('\n'), "{why}");
        assert_eq!(postgres::migrate(&url).await.expect_err("refused").to_string(), why);
    }
}

#[tokio::test]
async fn the_kinds_of_the_schema_are_those_of_the_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = Storage::open(&folder.path().join("webpos.db")).expect("opens");
    let server = Database::create();
    postgres::migrate(&server.url()).await.expect("creates");
    let there = Storage::connect(&server.url()).await.expect("connects");
    let kinds: BTreeSet<String> = Kind::ALL.iter().map(|kind| kind.word().to_owned()).collect();
    for storage in [file, there] {
        let stored = storage.read(|connection| {
            let mut words = connection.prepare("SELECT word FROM transaction_kind")?;
            let words = words.query_map([], |row| row.get::<_, String>(0))?;
            Ok(words.collect::<sql::Result<BTreeSet<_>>>()?)
        });
        assert_eq!(stored.await.expect("reads"), kinds);
    }
}
