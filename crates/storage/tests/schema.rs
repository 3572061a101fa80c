//! The two schemas are one: the same tables, columns, types, what may be missing and what is unique; and the server's is
//! brought up to date when told, and only then.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use scratch::Database;
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
        WHERE table_schema = 'public' AND table_name <> ?1";
    for name in texts(connection, names, "schema_version")? {
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

#[test]
fn migrations_have_the_same_numbers_and_names() {
    let names = |place: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(place);
        let files = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
        files.collect::<BTreeSet<_>>()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

#[tokio::test]
async fn a_server_is_migrated_when_told() {
    let server = Database::create();
    let refused = |answer: Result<Storage, StorageError>| match answer {
        Err(StorageError::Open(why)) => why,
        other => panic!("{other:?}"),
    };
    assert!(refused(Storage::connect(&server.url()).await).contains("run `webpos migrate`"));
    // Two at once take turns.
    let url = server.url();
    let (one, other) = tokio::join!(postgres::migrate(&url), postgres::migrate(&url));
    let (one, other) = (one.expect("migrates"), other.expect("migrates"));
    assert_eq!((one.0.min(other.0), one.0.max(other.0)), (0, one.1));
    let storage = Storage::connect(&url).await.expect("connects");
    let newer = |connection: &Connection| {
        connection.execute("UPDATE schema_version SET version = version + 1", [])?;
        Ok(())
    };
    storage.write(newer).await.expect("writes");
    assert!(refused(Storage::connect(&url).await).contains("Use a newer program"));
    assert!(postgres::migrate(&url).await.is_err());
}
