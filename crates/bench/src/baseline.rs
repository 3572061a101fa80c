//! The baselines, on the same server with the same settings: PostgreSQL's own benchmark, and one function call per
//! payment that writes the rows of a payment.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::Failure;

/// Writes the rows of one API payment with only a lock and a balance check, as a careful developer would inside the
/// database. One call is one payment and one commit.
const PAY: &str = r"
CREATE SEQUENCE bench_number START 500000000;
CREATE FUNCTION bench_pay(card_id BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$
DECLARE
    number BIGINT := nextval('bench_number');
    held BIGINT;
    request BYTEA := decode(lpad(to_hex(number), 32, '0'), 'hex');
    -- Below those of the program, which counts on from the latest.
    order_id BIGINT := 1000000000000000000 + number;
    record BIGINT := 20000000000 + number;
BEGIN
    PERFORM 1 FROM ledger_transaction WHERE request_id = request AND merchant_id = 250100;
    SELECT balance INTO held FROM card WHERE id = card_id FOR NO KEY UPDATE;
    IF held < 100 THEN
        RETURN held;
    END IF;
    INSERT INTO orders (id, number, merchant_id, outlet_id, terminal_id, person_id, status, total, payable, paid_by,
        paid_at, open, held, prints, opened_at, changed_at)
    VALUES (order_id, '2611250001', 250100, 2501001, 25010007, 1003, 'paid', 100, 1, record, 1, 0, 0, 0, 1, 1);
    INSERT INTO order_line (order_id, line, code, name, spec, unit, drug, price, quantity, amount, added_at, added_by)
    VALUES (order_id, 1, '699999', 'Other', '', '', 1, 100, 1, 100, 1, 1003);
    INSERT INTO ledger_transaction (id, request_id, content, merchant_id, outlet_id, terminal_id, person_id, kind,
        order_id, card_id, masked, entry, amount, approval_code, balance, batch, business_date, at, format, hash)
    VALUES (record, request, decode(repeat('01', 16), 'hex'), 250100, 2501001, 25010007, 1003, 'sale', order_id,
        card_id, '608625******0012', 'M', 100, '123456', held - 100, 1, 20261125, 1, 1, sha256(request));
    INSERT INTO ledger_transfer (transaction_id, leg, debit, credit, amount, business_date)
    VALUES (record, 1, card_id, 250100, 100, 20261125);
    UPDATE card SET balance = held - 100, spent_on = 20261125, spent_amount = 100, spent_count = 1,
        last_id = record WHERE id = card_id;
    RETURN held - 100;
END $$;
";

/// `pgbench`, from the same folder as the server's other programs.
fn pgbench(socket: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let mut command = Command::new(scratch::Cluster::programs().join("pgbench"));
    command.args(["-h", &socket.to_string_lossy(), "-U", "webpos"]).args(arguments).arg("postgres");
    let ran = command.env("PGOPTIONS", "-c search_path=bench_tpcb,public").output()?;
    if ran.status.success() {
        Ok(String::from_utf8(ran.stdout)?)
    } else {
        Err(format!("pgbench {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr)).into())
    }
}

/// Transactions per second, from the output of `pgbench`.
fn per_second(printed: &str) -> Result<f64, Failure> {
    let line = printed.lines().find_map(|line| line.strip_prefix("tps = ")).ok_or("pgbench printed no tps")?;
    Ok(line.split(' ').next().unwrap_or_default().parse()?)
}

/// A server with both baselines set up.
pub struct Baseline {
    socket: PathBuf,
    script: tempfile::NamedTempFile,
}

impl Baseline {
    /// Creates the tables of TPC-B at scale 50 in a separate schema, and the function that pays.
    pub async fn set_up(socket: &Path, database: &str, cards: i64) -> Result<Self, Failure> {
        let (client, connection) = tokio_postgres::connect(database, tokio_postgres::NoTls).await?;
        let driver = tokio::spawn(connection);
        client.batch_execute("CREATE SCHEMA bench_tpcb").await?;
        client.batch_execute(PAY).await?;
        drop(client);
        driver.await??;
        pgbench(socket, &["-i", "-q", "-s", "50"])?;
        let script = tempfile::NamedTempFile::new()?;
        let first = crate::fixture::FIRST_CARD;
        let text = format!("\\set card random({first}, {})\nSELECT bench_pay(:card);\n", first + cards - 1);
        std::fs::write(script.path(), text)?;
        Ok(Self { socket: socket.to_owned(), script })
    }

    /// Runs TPC-B with this many clients. Returns transactions per second.
    pub fn tpc_b(&self, clients: usize, time: Duration) -> Result<f64, Failure> {
        self.run(clients, time, &["-n"])
    }

    /// Runs one function call per payment with this many clients. Returns payments per second.
    pub fn function(&self, clients: usize, time: Duration) -> Result<f64, Failure> {
        self.run(clients, time, &["-n", "-f", &self.script.path().to_string_lossy()])
    }

    fn run(&self, clients: usize, time: Duration, more: &[&str]) -> Result<f64, Failure> {
        let (clients, seconds) = (clients.to_string(), time.as_secs().max(1).to_string());
        let mut arguments = vec!["-M", "prepared", "-j", "2", "-c", &clients, "-T", &seconds];
        arguments.extend(more);
        per_second(&pgbench(&self.socket, &arguments)?)
    }
}

/// Median milliseconds of 300 consecutive commits of one small row in this store.
pub async fn commit(database: &str, folder: &Path) -> Result<f64, Failure> {
    const COUNT: usize = 300;
    let mut times = Vec::new();
    if database.starts_with("postgres") {
        let (client, connection) = tokio_postgres::connect(database, tokio_postgres::NoTls).await?;
        let driver = tokio::spawn(connection);
        client.batch_execute("CREATE TABLE bench_commit (at BIGINT PRIMARY KEY)").await?;
        let insert = client.prepare("INSERT INTO bench_commit VALUES ($1)").await?;
        for at in 0..i64::try_from(COUNT)? {
            let begun = Instant::now();
            client.execute(&insert, &[&at]).await?;
            times.push(begun.elapsed());
        }
        client.batch_execute("DROP TABLE bench_commit").await?;
        drop(client);
        driver.await??;
    } else {
        let file = rusqlite::Connection::open(folder.join("commit.db"))?;
        file.pragma_update(None, "journal_mode", "WAL")?;
        file.pragma_update(None, "synchronous", "FULL")?;
        file.execute_batch("CREATE TABLE bench_commit (at INTEGER PRIMARY KEY)")?;
        let mut insert = file.prepare("INSERT INTO bench_commit VALUES (?1)")?;
        for at in 0..COUNT {
            let begun = Instant::now();
            insert.execute([i64::try_from(at)?])?;
            times.push(begun.elapsed());
        }
    }
    times.sort_unstable();
    Ok(times.get(COUNT / 2).map_or(0.0, |middle| middle.as_secs_f64() * 1_000.0))
}

/// Runs the cala-ledger program in a separate database on this server. Returns two-entry transactions per second.
pub fn cala(program: &Path, cluster: &scratch::Cluster, callers: usize, time: Duration) -> Result<f64, Failure> {
    let database = "bench_cala";
    if cluster.sql(&format!("SELECT count(*) FROM pg_database WHERE datname = '{database}'")) == "0" {
        cluster.sql(&format!("CREATE DATABASE {database}"));
    }
    let url = cluster.url();
    let (server, rest) = url.split_once("/postgres").ok_or("an address without a database")?;
    let url = format!("{server}/{database}{rest}");
    let ran = Command::new(program).args([&url, &callers.to_string(), &time.as_secs().to_string()]).output()?;
    if ran.status.success() {
        Ok(String::from_utf8(ran.stdout)?.trim().parse()?)
    } else {
        Err(format!("cala-baseline: {}", String::from_utf8_lossy(&ran.stderr)).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_is_read() {
        let printed =
            "number of failed transactions: 0 (0.000%)\ntps = 4012.345678 (without initial connection time)\n";
        assert!(per_second(printed).is_ok_and(|tps| (tps - 4_012.345_678).abs() < 1e-6));
        assert!(per_second("nothing").is_err());
    }
}
