//! How both databases run every SQL text of this crate on tables as they are after a year: no text walks a table that
//! grows. The server plans as it does for prepared statements, without looking at values. Texts that the program puts
//! together from parts that only it knows have such a test beside their own.

mod texts;

use storage::sql::{self, Connection};
use storage::{Storage, postgres};
use texts::{FILE_ONLY, SERVER_ONLY, TEXTS_MIN, texts};

/// `{n}` rows each, from one text for both databases; `{key16}` is 16 bytes made from `i`.
const ROWS: &[(&str, u32)] = &[
    ("INSERT INTO company SELECT i, '', '', '', '', '', '', 1, i, NULL, 1 FROM n", 1),
    (
        "INSERT INTO merchant SELECT i, lpad15(i), 'm' || i, '', '', '', '', '', '', '', 'active', i, NULL, '', 1, 1, 60, i, \
      NULL, i, 1 FROM n",
        500,
    ),
    (
        "INSERT INTO outlet SELECT i, 1 + (i - 1) % 500, 'o' || i, '', '3201', '', '', 'active', i, NULL, '', i, NULL, i, 1, 'off', NULL \
      FROM n",
        1_000,
    ),
    (
        "INSERT INTO terminal SELECT 10000000 + i, 1 + i % 1000, '', 'active', i, NULL, '', 3, 'p80', 50, i, i, NULL, i, 1 \
      FROM n",
        2_000,
    ),
    (
        "INSERT INTO person SELECT i, 'p' || i, 'n' || i, 'l' || i, '', 0, 0, NULL, 'active', '139' || i, NULL, i, 0, NULL, 0, \
      1, 'outlet', 1 + i % 500, i % 1000 + 1, 10000001 + i % 1999, i, NULL, NULL, NULL FROM n",
        3_000,
    ),
    ("INSERT INTO person_role SELECT i, 'cashier', NULL, NULL FROM n", 3_000),
    ("INSERT INTO session SELECT key32(i), 1 + i % 3000, i, i, 0, '', '', NULL, 10000001 + i % 1999 FROM n", 5_000),
    ("INSERT INTO factor SELECT i, key32(i), 1, i, i FROM n", 1_000),
    ("INSERT INTO recovery_code SELECT 1 + i % 1000, i / 1000, 'h', NULL FROM n", 5_000),
    ("INSERT INTO enrolment_code SELECT 10000000 + i, key32(i), 1, i FROM n", 2_000),
    ("INSERT INTO device SELECT key32(i), 10000000 + i, i, '', '' FROM n", 2_000),
    ("INSERT INTO captcha SELECT key16(i), i FROM n", 5_000),
    ("INSERT INTO throttle SELECT 'login:' || i, i, 1, 0 FROM n", 5_000),
    (
        "INSERT INTO audit SELECT i, i, 1 + i % 3000, 1 + i % 20, 10000001 + i % 1999, 'login', 's' || i % 9000, '', '' \
      FROM n",
        20_000,
    ),
    (
        "INSERT INTO programme SELECT i, 'p', '608625', '0' || i, 19, 'benefit', 1, 1, 1, 1, 1, 1, NULL, NULL, 1, 1, 1, 0, \
      'mailer', '', '', 'active', i, NULL, '', i, NULL, i, 1 FROM n",
        5,
    ),
    ("INSERT INTO programme_change SELECT i, 1 + i % 5, 'end', '', '', '', 1, i FROM n", 5_000),
    (
        "INSERT INTO card SELECT i, key16(i), 1, key16(i), 1, 'm', 1 + i % 5, 'active', 'h', NULL, NULL, 'initial', key32(i), 1, NULL, 1, 0, 0, 0, 0, \
      40000 + i, 1000000 + i, NULL, 20260101, i FROM n",
        20_000,
    ),
    (
        "INSERT INTO customer SELECT 1000000 + i, 'n' || i, '', '', '', '', '', '', 'active', i, NULL, '', 1, i, NULL, i, 1 \
      FROM n",
        5_000,
    ),
    ("INSERT INTO card_move SELECT i, 1 + i % 5000, 'freeze', 'active', 'frozen', '' FROM n", 20_000),
    ("INSERT INTO funding SELECT i, 'SL-' || i FROM n", 5_000),
    (
        "INSERT INTO card_batch SELECT i, 1 + i % 5, NULL, 100, '', '', 'received', 100, i, 1, i, i, i, NULL, NULL, '', 1, key16(i) FROM n",
        5_000,
    ),
    ("INSERT INTO card_stock SELECT i, 1 + i % 5000, 1, 100, 'vault', NULL, NULL, '', i, 1 FROM n", 20_000),
    ("INSERT INTO card_activation SELECT i, 1 + i % 5000, 1, 100, 100 FROM n", 5_000),
    ("INSERT INTO card_code SELECT i, key32(i), 1, i, i, 1, NULL, i, 5, NULL FROM n", 10_000),
    ("INSERT INTO pin_tries SELECT key16(i), 1, 20260101, 'outlet:1 1' FROM n", 10_000),
    (
        "INSERT INTO pin_sweep SELECT 'person:' || i, 1 + i % 500, 1 + i % 1000, key24(i), 1, i, NULL, CASE WHEN i > 9900 \
      THEN i END FROM n",
        10_000,
    ),
    ("INSERT INTO setting SELECT 'n' || i, 1 FROM n", 10),
    (
        "INSERT INTO orders SELECT i, i, 1 + i % 20, 1 + i % 40, 10000001 + i % 1999, 1 + i % 3000, CASE WHEN i < 59900 \
      THEN 'paid' ELSE 'draft' END, 100, 1, CASE WHEN i > 59990 THEN key16(i) END, CASE WHEN i > 59990 THEN i END, NULL, \
      CASE WHEN i < 59900 THEN i END, CASE WHEN i < 59900 THEN i END, CASE WHEN i < 59900 THEN 0 ELSE 1 END, 0, 0, NULL, \
      i, CASE WHEN i % 100 = 0 THEN i + 1900000000 ELSE i END FROM n",
        60_000,
    ),
    (
        "INSERT INTO order_line SELECT i / 2 + 1, 1 + i % 2, 'c', 'n', '', 'x', 1, NULL, 1, 1, 1, NULL, 0, 1, NULL, NULL \
      FROM n",
        30_000,
    ),
    ("INSERT INTO order_number SELECT 1 + i % 40, i / 40, 1 FROM n", 10_000),
    ("INSERT INTO merchant_order SELECT i, 1 + i % 20, 'n' || i FROM n", 10_000),
    (
        "INSERT INTO ledger_transaction (id, request_id, content, merchant_id, outlet_id, terminal_id, person_id, kind, \
      order_id, card_id, masked, entry, amount, balance, batch, business_date, at, card_previous, format, hash) \
      SELECT i, key16(i), key16(i), 1 + i % 20, 1 + i % 40, 10000001 + i % 1999, 1 + i % 3000, 'sale', i, \
      1 + i % 20000, '', 'S', 1, 1, 1 + i / 5000, 20260101 + i / 200, i, CASE WHEN i > 20000 THEN i - 20000 END, 1, \
      key32(i) FROM n",
        60_000,
    ),
    (
        "INSERT INTO ledger_transfer SELECT i, 1, 1, CASE WHEN i % 10 = 0 THEN 1000001 + i % 5000 ELSE 2 END, 1, \
      20260101 + i / 200 FROM n",
        60_000,
    ),
    (
        "INSERT INTO settlement SELECT i, 1 + i % 20, 'confirmed', i, 20260101, NULL, NULL, NULL, 1, 0, 0, 1, 1, 1, 2, 2, '', \
      NULL FROM n",
        2_000,
    ),
    ("INSERT INTO opening_balance SELECT i, 1 FROM n", 60_000),
    ("INSERT INTO opening_card SELECT i, 1 FROM n", 60_000),
    ("INSERT INTO opening_batch SELECT 10000001 + i % 1999, i / 1999, '' FROM n", 20_000),
    ("INSERT INTO opening_turnover SELECT i / 10, i % 10, 'sale', 1, 1 FROM n", 20_000),
    ("INSERT INTO ledger_opening SELECT i, 1, key32(i), 20260101, key32(i), 1, key32(i) FROM n", 1),
    ("INSERT INTO settlement_day SELECT i, 20260101, 'sale', 1, 1 FROM n", 2_000),
    ("INSERT INTO ledger_head SELECT i, 1, key32(i), 1, key32(i) FROM n", 1),
    (
        "INSERT INTO product_list SELECT i, CASE WHEN i <= 500 THEN i END, '', CASE WHEN i <= 500 THEN 501 END, i, NULL, 1 FROM n",
        510,
    ),
    (
        "INSERT INTO product SELECT 1 + i % 20, 'c' || i, 'b' || i, 'n', 'p', '', '', '', 'x' || i % 7, 'RX', 'x', 1, NULL, \
      NULL, 1, CASE WHEN i % 50 = 0 THEN 0 ELSE 1 END, NULL, 0, 7, 1 FROM n",
        20_000,
    ),
    ("INSERT INTO product_price SELECT 1 + i % 20, 'c' || i, i, 1, NULL, NULL, 1, 1, 7, NULL FROM n", 20_000),
    (
        "INSERT INTO edition SELECT i, 1 + i % 20, CASE WHEN i < 1990 THEN 'live' ELSE 'staged' END, CASE WHEN i < 1990 THEN i END, \
      CASE WHEN i % 10 = 9 THEN i - 1 END, 'f', i, 1, 1, 1, 1, 1, 0, 0, key32(i), CASE WHEN i < 1990 THEN 0 END, 1, \
      CASE WHEN i < 1990 THEN i END FROM n",
        2_000,
    ),
    ("INSERT INTO settling SELECT i, i FROM n", 2),
    (
        "INSERT INTO edition_row SELECT i / 20 + 1, 'c' || i, i % 256, 'change', '', 'b' || i, 'n', 'p', '', '', '', 'x', 'RX', \
      'x', 1, NULL, NULL, 1, 1, NULL, 0, 7, 2, i % 500, 0, 1, i % 2, CASE WHEN i < 39900 THEN 1 ELSE 0 END FROM n",
        39_000,
    ),
    (
        "INSERT INTO import SELECT i, 'prices', 1 + i % 20, 'keep', 'f', 1, key32(i), i, 1, 'checked', '', '', 1, 0, 0, \
      i, NULL, NULL FROM n",
        2_000,
    ),
    (
        "INSERT INTO import SELECT 2000 + i, 'people', NULL, 'keep', 'f', 1, key32(i), i, 1, 'entered', '', '', 1, 0, 0, \
      NULL, 1, i FROM n",
        2_000,
    ),
    (
        "INSERT INTO roll_row SELECT 2001 + i % 2000, i / 2000, i, 'add', i, 1, 'l' || i, '', 'x', 'written', '' FROM n",
        20_000,
    ),
    ("INSERT INTO import_piece SELECT 1 + i % 2000, i / 2000, key32(i) FROM n", 6_000),
    ("INSERT INTO import_note SELECT 1 + i % 2000, i / 2000, i, 'price', 'x', 'money', '' FROM n", 20_000),
    (
        "INSERT INTO job SELECT i, 'check', i, CASE WHEN i > 9990 THEN 'waiting' ELSE 'done' END, i, 1, 1, NULL, 0, '', i, \
      CASE WHEN i > 9990 THEN NULL ELSE i END FROM n",
        10_000,
    ),
    ("INSERT INTO recall SELECT i, '', '', '', 1, i, 1, CASE WHEN i < 490 THEN i END FROM n", 500),
    (
        "INSERT INTO recall_match SELECT CASE WHEN i % 10 = 0 THEN 'approval' WHEN i % 3 = 0 THEN 'barcode' ELSE 'code' END, 'c' || i, 1 + i % 500 FROM n",
        5_000,
    ),
    ("INSERT INTO in_store_label SELECT 1 + i % 500, 20 + i / 500, 'amount' FROM n", 4_000),
    (
        "INSERT INTO product_request SELECT i, 1 + i % 20, 1 + i % 40, 10000001 + i % 1999, 'c' || i, 'n', 1 + i % 3000, i, \
      CASE WHEN i > 9900 THEN 'open' ELSE 'refused' END, '', '', CASE WHEN i > 9900 THEN '' ELSE 'r' END, \
      CASE WHEN i > 9900 THEN NULL ELSE 1 END, CASE WHEN i > 9900 THEN NULL ELSE i END, \
      CASE WHEN i BETWEEN 9800 AND 9900 THEN 1 ELSE 0 END FROM n",
        10_000,
    ),
    ("INSERT INTO product_keys SELECT 1 + i % 500, 'x' || i, i % 256, 1, 'k' FROM n", 3_500),
    (
        "INSERT INTO refund SELECT i, i, 1 + i % 20, 1 + i % 40, CASE WHEN i > 9990 THEN 'requested' ELSE 'approved' END, \
      1, 'quality', '', 1 + i % 3000, i, NULL, NULL, '', NULL, 0, 0 FROM n",
        10_000,
    ),
    ("INSERT INTO refund_line SELECT i, 1, 1, 1 FROM n", 10_000),
    (
        "INSERT INTO dispute SELECT i, i, 1 + i % 20, 1 + i % 40, CASE WHEN i > 9990 THEN 'opened' ELSE 'rejected' END, \
      1, 'quality', '', 1 + i % 3000, i, i, NULL, NULL, NULL, '', NULL, NULL, NULL, '', NULL FROM n",
        10_000,
    ),
    (
        "INSERT INTO proposal SELECT i, 'merchant_fee', 1 + i % 20, CASE WHEN i > 9990 THEN 'open' ELSE 'approved' END, 0, 1, \
      '', '', 1, i, i, CASE WHEN i > 9990 THEN NULL ELSE 2 END, i, '', CASE WHEN i > 9990 THEN NULL ELSE key32(i) END, \
      CASE WHEN i > 9990 THEN NULL ELSE i END FROM n",
        10_000,
    ),
    ("INSERT INTO void_slip SELECT i, 1 FROM n", 10_000),
    ("INSERT INTO batch SELECT 10000001 + i % 1999, i / 1999, 1, 1, 1, i, '' FROM n", 10_000),
    (
        "INSERT INTO api_key SELECT i, 'merchant', 1 + i % 20, NULL, NULL, i, '', key32(i), 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, NULL, NULL, \
      NULL, NULL, '' FROM n",
        1_000,
    ),
    ("INSERT INTO api_nonce SELECT 1 + i % 40, 'n' || i, i FROM n", 10_000),
    (
        "INSERT INTO idempotency SELECT 1 + i % 20, key16(i), 'sale', key32(i), i, NULL, CASE WHEN i > 9900 THEN 'x' END, i \
      FROM n",
        10_000,
    ),
    (
        "INSERT INTO webhook_endpoint SELECT i, 1 + i % 20, NULL, '', '', '', CASE WHEN i % 20 = 0 THEN 'paused' ELSE \
      'active' END, key16(i), 1, NULL, NULL, NULL, 1, 1, NULL, NULL FROM n",
        1_000,
    ),
    ("INSERT INTO webhook_event SELECT i, 1 + i % 20, 1, i / 2, 'k', '', i FROM n", 20_000),
    (
        "INSERT INTO webhook_delivery SELECT 1 + i % 40, i, i / 2, CASE WHEN i > 19900 THEN 'pending' ELSE 'delivered' END, \
      1, i, NULL, NULL, NULL, NULL, NULL, NULL FROM n",
        20_000,
    ),
];

fn fill(connection: &Connection) {
    let file = connection.sqlite().is_some();
    let bytes = |length: usize| {
        if file {
            format!("CAST(printf('%0{length}d', i * 7919 % 1000003) AS BLOB)")
        } else {
            format!("convert_to(lpad((i * 7919 % 1000003)::text, {length}, '0'), 'UTF8')")
        }
    };
    let padded = if file { "printf('%015d', i)" } else { "lpad(i::text, 15, '0')" };
    for (rows, count) in ROWS {
        let rows = rows
            .replace("key16(i)", &bytes(16))
            .replace("key24(i)", &bytes(24))
            .replace("key32(i)", &bytes(32))
            .replace("lpad15(i)", padded);
        let (head, rest) = rows.split_once(" SELECT ").expect("rows are selected");
        let sql = format!(
            "{head} WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) SELECT {rest}"
        );
        connection.execute_batch(&sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    }
}

/// Tables whose size does not depend on the number of sales.
const SMALL: [&str; 28] = [
    // One row per merchant whose edition is being written; its alias in the goods as they are sold now.
    "settling",
    "s",
    // A list that the program gives.
    "json_each",
    "json_each_text",
    // The walk along a card's pointers, as long as it was asked for.
    "movement",
    // The schema.
    "sqlite_master",
    "pragma_table_info",
    "ledger_opening",
    "vault_mark",
    "programme",
    "programme_merchant",
    "ledger_head",
    "schema_digest",
    "pg_class",
    "pg_namespace",
    "pg_tablespace",
    "pg_tables",
    "transaction_kind",
    "setting",
    "company",
    "merchant",
    "product_list",
    "outlet",
    "terminal",
    "person",
    "recall",
    "api_key",
    "webhook_endpoint",
];

/// Indexes over the few rows that are in the middle of something.
const FEW: [&str; 9] = [
    "job_due",
    "pin_sweep_stopped",
    "dispute_open",
    "dispute_waiting",
    "orders_attempt",
    "orders_open",
    "refund_open",
    "settlement_open",
    "webhook_delivery_object",
];

/// More rows than a person looks at are not sorted while one waits.
const SORTED_MAX: f64 = 500.0;

/// Texts that may walk, by a part of each, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("SELECT terminal_id, number, figures FROM opening_batch ORDER BY", "`verify`"),
    ("FROM opening_turnover ORDER BY settlement_id", "`verify`"),
    ("SELECT sql FROM sqlite_master", "sorts the schema"),
    ("SELECT DISTINCT order_id FROM refund", "`verify`"),
    ("p.created_by IS NULL FROM person p", "`verify`"),
    ("SELECT id FROM settlement ORDER BY id", "`verify`"),
    ("LEFT JOIN orders o ON o.id = d.order_id ORDER BY d.id", "`verify`"),
    ("person_id, closed_by, figures FROM batch", "what several texts begin with; alone it is `verify`'s"),
    ("stopped_at FROM pin_sweep WHERE seen_at >", "wrong PINs are kept for two days"),
    ("SELECT EXISTS (SELECT 1 FROM card)", "stops at the first row"),
    ("SELECT sealed FROM card ORDER BY id LIMIT 1", "stops at the first row"),
    ("SELECT EXISTS (SELECT 1 FROM session)", "stops at the first row"),
    ("SELECT EXISTS (SELECT 1 FROM ledger_transaction WHERE kind = 'sale'", "stops at the first sale"),
    ("FROM company c", "has one row"),
    ("p.password_changed_at FROM person p JOIN person_role r", "asked before the first sale only"),
    ("FROM outlet o JOIN merchant m ON m.id = o.merchant_id JOIN terminal t", "asked before the first sale only"),
    ("FROM person p JOIN person_role r ON r.person_id = p.id LEFT JOIN person g", "asked before the first sale only"),
    ("FROM device d ORDER BY d.enrolled_at", "asked before the first sale only"),
    ("FROM (SELECT id FROM merchant UNION ALL SELECT 0) m", "an installation has few merchants"),
    ("SELECT maker_id, COUNT(*) FROM proposal", "groups the few that wait by their makers"),
    ("SELECT r.applicant_id, COUNT(*) FROM refund r", "groups the few that wait by their makers"),
    ("SELECT opener_id, COUNT(*) FROM dispute", "groups the few that wait by their makers"),
    ("FROM pin_sweep s JOIN outlet o ON o.id = s.outlet_id JOIN merchant m", "an installation has few merchants"),
    ("FROM captcha ORDER BY expires_at DESC", "captchas that were answered are bounded"),
    ("SELECT COUNT(*) FROM captcha", "captchas that were answered are bounded"),
    ("SELECT COALESCE((SELECT amount FROM opening_balance", "adds loads and payouts up, when a person asks"),
    ("SELECT SUM(balance) FROM card", "adds all cards up, when a person asks for the reserve"),
    ("SELECT SUM(deposit) FROM customer", "adds all deposits up, when a person asks for the reserve"),
    ("SELECT id FROM merchant ORDER BY id", "an installation has few merchants"),
    ("FROM terminal k CROSS JOIN ledger_transaction t", "groups an outlet's turnover by day"),
    ("WITH RECURSIVE day (d) AS", "groups a merchant's turnover by day"),
    ("AS picked CROSS JOIN refund r", "sorts the requests that fit on one list"),
    ("FROM api_key k JOIN merchant m", "an installation has few keys"),
    ("FROM merchant m LEFT JOIN settlement s", "an installation has few merchants"),
    ("FROM merchant m JOIN outlet o", "an installation has few tills"),
    ("SELECT t.id, t.outlet_id, t.status = 'active'", "sorts the tills of a merchant"),
    ("SELECT kind, decline IS NULL, COUNT(*)", "adds a merchant's day up into a few groups"),
    ("FROM ledger_transfer b CROSS JOIN ledger_transaction t", "adds what went back on a day up into a few groups"),
    ("SELECT DISTINCT bin FROM programme ORDER BY bin", "an installation has few programmes"),
    ("AS carts WHERE lines > 0", "counts the goods of a till's few open carts"),
    ("SELECT person_id, action, COUNT(*) FROM audit", "adds a till's shift up into a few groups"),
    (
        "SELECT code, barcode, pinyin, name, spec, maker, approval_no, category FROM product",
        "reads a merchant's goods after they changed",
    ),
    ("AND b.barcode = ?2 AND b.barcode <> '') ORDER BY", "sorts the few products that share a barcode"),
    ("COUNT(DISTINCT s.id), SUM(l.quantity)", "adds up what stores sold of recalled goods since a day"),
    ("SELECT id, number, paid_by, total, paid_at FROM orders", "sorts what a till has still to print"),
    ("SELECT id FROM orders WHERE terminal_id = ?1 AND open = 1", "sorts the open carts of a till"),
    ("(SELECT COUNT(*) FROM product_list b WHERE b.parent_id = l.id)", "an installation has few lists"),
    ("SELECT id_hash, created_at, seen_at, address, agent FROM session", "sorts the sessions of a person"),
];

fn excepted(text: &str) -> bool {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    EXCEPTIONS.iter().any(|(part, _)| text.contains(part))
}

/// The word after `after`.
fn word<'t>(text: &'t str, after: &str) -> Option<&'t str> {
    text.split_once(after)?.1.split([' ', ')', '(']).next()
}

/// What is wrong with how the file runs a text.
fn walks_in_the_file(plan: &[String]) -> bool {
    // What a query in parentheses answered is called by its name.
    let inner: Vec<&str> =
        plan.iter().filter_map(|step| word(step, "CO-ROUTINE ").or(word(step, "MATERIALIZE "))).collect();
    plan.iter().any(|step| {
        let table = word(step, "SCAN ").filter(|table| step.starts_with("SCAN ") && !inner.contains(table));
        let few = word(step, "INDEX ").is_some_and(|index| FEW.contains(&index));
        let walks = table.is_some_and(|table| !SMALL.contains(&table) && table != "CONSTANT");
        (walks && !few) || step.contains("TEMP B-TREE")
    })
}

/// What is wrong with how the server runs a text: a table read from end to end, an index read without a condition, a
/// sort of many rows.
fn walks_on_the_server(plan: &[String]) -> bool {
    plan.iter().enumerate().any(|(at, step)| {
        let expected = word(step, " rows=").and_then(|rows| rows.parse().ok()).unwrap_or(0.0);
        let table = word(step, "Seq Scan on ");
        let small = word(step, " on ").is_some_and(|table| SMALL.contains(&table));
        let index = word(step, "Scan using ")
            .or(word(step, "Scan Backward using "))
            .or(word(step, "Bitmap Index Scan on "))
            .filter(|index| !FEW.contains(index));
        let bounded = plan.get(at + 1).is_some_and(|next| next.contains("Index Cond:"));
        table.is_some_and(|table| !SMALL.contains(&table))
            || (index.is_some() && !bounded && !small)
            || (step.contains("Sort  (") && expected > SORTED_MAX)
    })
}

#[tokio::test]
async fn no_text_walks_a_table_in_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("webpos.db");
    let storage = Storage::open(&path).expect("opens");
    storage
        .write(|connection| {
            fill(connection);
            Ok(())
        })
        .await
        .expect("fills");
    // A file may have been analysed by somebody's tool, or never.
    for analyse in ["", "ANALYZE"] {
        let tool = rusqlite::Connection::open(&path).expect("opens");
        tool.execute_batch(analyse).expect("analyses");
        let (planned, walks) = plan_all_in_the_file(&tool);
        assert!(walks.is_empty(), "{}", walks.join("\n\n"));
        assert!(planned >= TEXTS_MIN, "only {planned} texts found");
    }
}

/// Plans every text; how many there are, and those that walk.
fn plan_all_in_the_file(tool: &rusqlite::Connection) -> (usize, Vec<String>) {
    let (mut planned, mut walks) = (0, Vec::new());
    for (file, text, _) in texts(&SERVER_ONLY).0 {
        // Those that the program puts together have tests of their own.
        let Ok(mut statement) = tool.prepare(&format!("EXPLAIN QUERY PLAN {text}")) else { continue };
        let values = vec![1; statement.parameter_count()];
        let steps = statement.query_map(rusqlite::params_from_iter(values), |row| row.get(3)).expect("explains");
        let plan: Vec<String> = steps.collect::<rusqlite::Result<_>>().expect("texts");
        planned += 1;
        if walks_in_the_file(&plan) && !excepted(&text) {
            walks.push(format!("{}\n{text}\n{}", file.display(), plan.join("\n")));
        }
    }
    (planned, walks)
}

#[tokio::test]
async fn no_text_walks_a_table_on_the_server() {
    let server = scratch::Database::create();
    postgres::migrate(&server.url()).await.expect("migrates");
    let storage = Storage::connect(&server.url()).await.expect("connects");
    storage
        .write(|connection| {
            fill(connection);
            Ok(())
        })
        .await
        .expect("fills");
    let (planned, walks) = storage.read(|connection| Ok(plan_all_on_the_server(connection)?)).await.expect("explains");
    assert!(walks.is_empty(), "{}", walks.join("\n\n"));
    assert!(planned >= TEXTS_MIN, "only {planned} texts found");
}

/// Plans every text; how many there are, and those that walk.
fn plan_all_on_the_server(connection: &Connection) -> sql::Result<(usize, Vec<String>)> {
    connection.execute_batch("ANALYZE")?;
    connection.execute_batch("SET plan_cache_mode = force_generic_plan")?;
    let (mut planned, mut walks) = (0, Vec::new());
    for (nth, (file, text, _)) in texts(&FILE_ONLY).0.into_iter().enumerate() {
        let sql = sql::on_server(&text);
        if connection.execute_batch(&format!("PREPARE text{nth} AS {sql}")).is_err() {
            continue;
        }
        let count = (1..100).take_while(|n| sql.contains(&format!("${n}"))).count();
        let values = if count == 0 { String::new() } else { format!("({})", vec!["NULL"; count].join(", ")) };
        let mut statement = connection.prepare(&format!("EXPLAIN EXECUTE text{nth}{values}"))?;
        let plan: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<sql::Result<_>>()?;
        planned += 1;
        if walks_on_the_server(&plan) && !excepted(&text) {
            walks.push(format!("{}\n{text}\n{}", file.display(), plan.join("\n")));
        }
    }
    Ok((planned, walks))
}
