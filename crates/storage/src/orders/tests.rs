//! Which orders a filter finds, what they come to, and that nothing walks a whole table.

use super::*;

#[test]
fn plan() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("webpos.db");
    drop(Sqlite::open(&path).expect("opens"));
    let connection = Connection::open(&path).expect("opens");
    for sql in [
        format!("SELECT {COLUMNS} {WANTED} ORDER BY o.id DESC LIMIT ?11"),
        format!("SELECT COUNT(*) {WANTED}"),
        LATE_ORDERS.to_owned(),
    ] {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("prepares");
        let n = statement.parameter_count();
        let plan: Vec<String> = statement
            .query_map(rusqlite::params_from_iter(vec![1; n]), |row| row.get(3))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        eprintln!("{plan:#?}");
    }
}
