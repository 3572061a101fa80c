//! The stores under test, filled from one world.
#![expect(dead_code, reason = "each test file uses its part")]

use domain::command::Envelope;
use domain::ids::RequestId;
use domain::outcome::Outcome;
use domain::verify::Finding;
use storage::memory::Memory;
use storage::sql::{self, Connection, params};
use storage::{Books, Storage, StorageError, postgres};
use tempfile::TempDir;

use crate::world::{World, chain_key};

/// A store and what keeps it alive.
pub(crate) struct Ground {
    pub(crate) books: Books,
    database: Option<Storage>,
    /// The folder of the database file; `None` in memory.
    pub(crate) folder: Option<TempDir>,
    /// The database on the server of the tests.
    pub(crate) server: Option<scratch::Database>,
}

impl Ground {
    pub(crate) fn memory(world: &World) -> Self {
        Self { books: Books::Memory(Memory::new(world.clone())), database: None, folder: None, server: None }
    }

    pub(crate) async fn sqlite(world: &World) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let ground = Self::over(open(&folder), Some(folder), None);
        ground.lay(world).await;
        ground
    }

    pub(crate) async fn postgres(world: &World) -> Self {
        let server = migrated();
        let ground = Self::over(connect(&server).await, None, Some(server));
        ground.lay(world).await;
        ground
    }

    fn over(books: Books, folder: Option<TempDir>, server: Option<scratch::Database>) -> Self {
        Self { database: books.storage(), books, folder, server }
    }

    async fn lay(&self, world: &World) {
        let world = world.clone();
        let laid = self.database().write(move |connection| Ok(lay(connection, &world)?)).await;
        laid.expect("the world fits the schema");
    }

    /// Closes the file and opens it again, as a restart does; in memory there is nothing to close.
    pub(crate) async fn restart(self) -> Self {
        if self.database.is_none() {
            return self;
        }
        drop((self.books, self.database));
        match (self.folder, self.server) {
            (Some(folder), _) => Self::over(open(&folder), Some(folder), None),
            (None, Some(server)) => Self::over(connect(&server).await, None, Some(server)),
            (None, None) => unreachable!("a database is in a folder or on a server"),
        }
    }

    pub(crate) async fn post(&self, group: &[Envelope]) -> Vec<Outcome> {
        self.books.post(group.to_vec()).await.expect("the store works")
    }

    pub(crate) async fn ask(&self, envelope: &Envelope) -> Outcome {
        self.post(std::slice::from_ref(envelope)).await.pop().expect("one command, one outcome")
    }

    pub(crate) async fn verify(&self) -> Vec<Finding> {
        self.books.verify().await.expect("the store can be read")
    }

    pub(crate) fn database(&self) -> &Storage {
        self.database.as_ref().expect("this test is for a database")
    }

    /// A second connection to the file, as somebody with a database tool has.
    pub(crate) fn tool(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.database().path().expect("a file")).expect("the file opens")
    }
}

pub(crate) fn open(folder: &TempDir) -> Books {
    let database = Storage::open(&folder.path().join("webpos.db")).expect("the file opens");
    Books::of(database, chain_key())
}

pub(crate) async fn connect(server: &scratch::Database) -> Books {
    Books::of(Storage::connect(&server.url()).await.expect("connects"), chain_key())
}

/// An empty database with the schema, on the server of the tests.
pub(crate) fn migrated() -> scratch::Database {
    scratch::Database::of("schema", |url| {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(postgres::migrate(url)).expect("migrates");
    })
}

fn lay(connection: &Connection, world: &World) -> sql::Result<()> {
    lay_tills(connection, world)?;
    lay_cards(connection, world)?;
    lay_orders(connection, world)
}

fn lay_tills(connection: &Connection, world: &World) -> sql::Result<()> {
    for (id, till) in &world.tills {
        let word = |active: bool, other: &'static str| if active { "active" } else { other };
        let (merchant, outlet) = (till.merchant.0, till.outlet.0);
        connection.execute(
            "INSERT INTO merchant (id, mid, name, status, drug_returns, fee_bp) VALUES (?1, ?2, '', ?3, ?4, ?5)",
            params![
                merchant,
                format!("{merchant:015}"),
                word(till.merchant_active, "suspended"),
                till.drug_returns,
                world.fees.get(&till.merchant).copied().flatten()
            ],
        )?;
        connection.execute(
            "INSERT INTO outlet (id, merchant_id, name, status) VALUES (?1, ?2, '', ?3)",
            params![outlet, merchant, word(till.outlet_active, "suspended")],
        )?;
        connection.execute(
            "INSERT INTO terminal (id, outlet_id, status, batch_no, paper, scan_gap_ms)
             VALUES (?1, ?2, ?3, ?4, 'p80', 50)",
            params![id.0, outlet, word(till.terminal_active, "disabled"), till.batch],
        )?;
    }
    Ok(())
}

fn lay_cards(connection: &Connection, world: &World) -> sql::Result<()> {
    for card in world.cards.values() {
        let (terms, spent) = (&card.programme, &card.spent);
        connection.execute(
            "INSERT INTO programme (id, name, named, balance_max, sale_max, daily_max, daily_count_max, refund_window)
             VALUES (?1, '', ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                card.id.0,
                terms.named,
                terms.balance_max.0,
                terms.sale_max.0,
                terms.daily_max.0,
                terms.daily_count_max,
                terms.refund_window
            ],
        )?;
        for merchant in &terms.merchants {
            let sql = "INSERT INTO programme_merchant (programme_id, merchant_id) VALUES (?1, ?2)";
            connection.execute(sql, [card.id.0, merchant.0])?;
        }
        connection.execute(
            "INSERT INTO card (id, lookup, sealed, programme_id, status, holder, expires_on, pin, balance, spent_on,
                spent_amount, spent_count)
             VALUES (?1, ?2, ?11, ?1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                card.id.0,
                card.key.0,
                card.status.word(),
                card.holder,
                card.expires_on.map(|day| day.0),
                card.pin.0,
                card.balance.0,
                spent.on.0,
                spent.amount.0,
                spent.count,
                vec![0_u8]
            ],
        )?;
    }
    Ok(())
}

fn lay_orders(connection: &Connection, world: &World) -> sql::Result<()> {
    for order in world.orders.values() {
        connection.execute(
            "INSERT INTO orders (id, number, merchant_id, outlet_id, terminal_id, person_id, status, total, payable,
                attempt, attempt_at, attempt_masked, open, held, prints, opened_at, changed_at)
             VALUES (?1, '', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, '', 1, 0, 0, 0, 0)",
            params![
                order.id.0,
                order.merchant.0,
                order.outlet.0,
                order.terminal.0,
                order.person.0,
                order.status.word(),
                order.total.0,
                order.payable,
                order.attempt.map(|RequestId(bytes)| bytes)
            ],
        )?;
    }
    for (order, lines) in &world.lines {
        for line in lines {
            let sql = "INSERT INTO order_line (order_id, line, code, name, spec, unit, drug, price, quantity, amount,
                    added_at, added_by)
                VALUES (?1, ?2, '', '', '', '', ?3, ?4, ?5, ?6, 0, 1003)";
            let (price, amount) = (line.price.0, line.price.0 * line.quantity);
            connection.execute(sql, params![order.0, line.line, line.drug, price, line.quantity, amount])?;
        }
    }
    Ok(())
}

/// What a failed write says.
pub(crate) fn not_written<T>(result: Result<T, StorageError>) -> String {
    match result {
        Err(StorageError::NotWritten(why)) => why,
        Err(other) => panic!("not a definite answer: {other}"),
        Ok(_) => panic!("it was written"),
    }
}
