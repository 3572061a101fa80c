-- Cards, ledger, orders, products. Money in fen, moments in microseconds UTC, dates as yyyymmdd, booleans 0/1.
-- Nothing here is computed by the database. Keys of growing tables ascend with time, so that inserts stay on few pages.

CREATE TABLE programme (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    named INTEGER NOT NULL CHECK (named IN (0, 1)),
    balance_max INTEGER NOT NULL CHECK (balance_max > 0),
    sale_max INTEGER NOT NULL CHECK (sale_max > 0),
    daily_max INTEGER NOT NULL CHECK (daily_max > 0),
    daily_count_max INTEGER NOT NULL CHECK (daily_count_max > 0),
    -- How long the merchant may refund a sale, microseconds.
    refund_window INTEGER NOT NULL CHECK (refund_window > 0)
) STRICT;

-- Merchants that take a programme's cards; a programme without rows is taken everywhere.
CREATE TABLE programme_merchant (
    programme_id INTEGER NOT NULL REFERENCES programme (id),
    merchant_id INTEGER NOT NULL REFERENCES merchant (id),
    PRIMARY KEY (programme_id, merchant_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE card (
    id INTEGER PRIMARY KEY,
    -- HMAC of the number (first 16 bytes) and its AEAD ciphertext; the number itself is nowhere.
    lookup BLOB NOT NULL UNIQUE CHECK (length(lookup) = 16),
    sealed BLOB NOT NULL,
    programme_id INTEGER NOT NULL REFERENCES programme (id),
    status TEXT NOT NULL
        CHECK (status IN ('issued', 'active', 'frozen', 'lost', 'stolen', 'pin_locked', 'replaced', 'closed')),
    holder TEXT NOT NULL,
    expires_on INTEGER,
    -- The card that took this one's place and its money.
    replaced_by INTEGER REFERENCES card (id),
    pin BLOB NOT NULL CHECK (length(pin) = 32),
    balance INTEGER NOT NULL CHECK (balance >= 0),
    spent_on INTEGER NOT NULL,
    spent_amount INTEGER NOT NULL,
    spent_count INTEGER NOT NULL
) STRICT;

-- Wrong PINs of one day, for numbers that are cards and for numbers that are not.
CREATE TABLE pin_tries (
    lookup BLOB PRIMARY KEY CHECK (length(lookup) = 16),
    tried_on INTEGER NOT NULL,
    count INTEGER NOT NULL CHECK (count BETWEEN 0 AND 5)
) STRICT, WITHOUT ROWID;

-- One row per attempt, approved (decline IS NULL) or declined. Append-only.
CREATE TABLE ledger_transaction (
    id INTEGER PRIMARY KEY,
    request_id BLOB NOT NULL CHECK (length(request_id) = 16),
    content BLOB NOT NULL CHECK (length(content) = 16),
    merchant_id INTEGER NOT NULL,
    outlet_id INTEGER NOT NULL,
    terminal_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (
        kind IN (
            'load', 'inquiry', 'sale', 'refund_request', 'refund_rejection', 'refund', 'void', 'reversal', 'batch_close'
        )
    ),
    order_id INTEGER,
    -- The sale that this refunds, voids or reverses, and the manager who consented.
    original INTEGER,
    checker_id INTEGER,
    card_id INTEGER,
    masked TEXT NOT NULL,
    entry TEXT NOT NULL CHECK (entry IN ('S', 'M')),
    amount INTEGER NOT NULL,
    decline TEXT,
    detail INTEGER,
    approval_code TEXT,
    balance INTEGER,
    batch INTEGER NOT NULL,
    business_date INTEGER NOT NULL,
    at INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE UNIQUE INDEX ledger_transaction_request ON ledger_transaction (request_id, merchant_id);
CREATE INDEX ledger_transaction_order ON ledger_transaction (order_id) WHERE order_id IS NOT NULL;

-- Money that moved. Debits equal credits because each row is both. Append-only.
CREATE TABLE ledger_transfer (
    transaction_id INTEGER NOT NULL,
    leg INTEGER NOT NULL,
    debit INTEGER NOT NULL,
    credit INTEGER NOT NULL CHECK (credit <> debit),
    amount INTEGER NOT NULL CHECK (amount > 0),
    business_date INTEGER NOT NULL,
    PRIMARY KEY (transaction_id, leg)
) STRICT, WITHOUT ROWID;

-- Where each slot's chain ends, sealed under a key outside the database.
CREATE TABLE ledger_head (
    slot INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    seal BLOB NOT NULL CHECK (length(seal) = 32)
) STRICT;

CREATE TABLE product (
    merchant_id INTEGER NOT NULL REFERENCES merchant (id),
    code TEXT NOT NULL,
    barcode TEXT NOT NULL,
    name TEXT NOT NULL,
    pinyin TEXT NOT NULL,
    spec TEXT NOT NULL,
    maker TEXT NOT NULL,
    approval_no TEXT NOT NULL,
    category TEXT NOT NULL,
    otc_class TEXT NOT NULL CHECK (otc_class IN ('RX', 'OTC-A', 'OTC-B', 'NONE')),
    unit TEXT NOT NULL,
    price INTEGER CHECK (price > 0),
    price_low INTEGER,
    price_high INTEGER,
    card_payable INTEGER NOT NULL CHECK (card_payable IN (0, 1)),
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    PRIMARY KEY (merchant_id, code)
) STRICT, WITHOUT ROWID;

CREATE INDEX product_barcode ON product (merchant_id, barcode) WHERE barcode <> '';

-- What a search looks through: per category a line of keys for each product on sale. Written by product::index.
CREATE TABLE product_keys (
    merchant_id INTEGER NOT NULL REFERENCES merchant (id),
    category TEXT NOT NULL,
    count INTEGER NOT NULL,
    keys TEXT NOT NULL,
    PRIMARY KEY (merchant_id, category)
) STRICT;

-- Written as a draft by `draft`, and once paid only by the money path.
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    -- What people call it: yymmdd and a number that counts per outlet and day.
    number TEXT NOT NULL,
    merchant_id INTEGER NOT NULL,
    outlet_id INTEGER NOT NULL,
    terminal_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    status TEXT NOT NULL
        CHECK (status IN ('draft', 'paid', 'partly_refunded', 'refunded', 'voided', 'abandoned')),
    total INTEGER NOT NULL CHECK (total >= 0),
    payable INTEGER NOT NULL CHECK (payable IN (0, 1)),
    -- The payment that was sent and has no recorded outcome yet. It locks the order.
    attempt BLOB CHECK (length(attempt) = 16),
    attempt_at INTEGER,
    attempt_masked TEXT,
    paid_by INTEGER,
    paid_at INTEGER,
    -- 1 while the till has something left to do: ring up, pay, or print.
    open INTEGER NOT NULL CHECK (open IN (0, 1)),
    -- 1 when put aside for another customer.
    held INTEGER NOT NULL CHECK (held IN (0, 1)),
    prints INTEGER NOT NULL,
    -- The scan added last. A till that lost the answer sends it again, and it counts once.
    last_scan TEXT,
    opened_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE INDEX orders_outlet ON orders (outlet_id, id);
-- Orders that left the till long after they were opened (microseconds), so that a list by day finds them by that moment.
CREATE INDEX orders_late ON orders (outlet_id, COALESCE(paid_at, changed_at))
    WHERE status <> 'draft' AND COALESCE(paid_at, changed_at) - opened_at > 1800000000;
CREATE INDEX orders_open ON orders (terminal_id) WHERE open = 1;
CREATE INDEX orders_attempt ON orders (attempt_at) WHERE attempt IS NOT NULL;

CREATE TABLE order_line (
    order_id INTEGER NOT NULL REFERENCES orders (id),
    line INTEGER NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    spec TEXT NOT NULL,
    unit TEXT NOT NULL,
    drug INTEGER NOT NULL CHECK (drug IN (0, 1)),
    list_price INTEGER,
    price INTEGER NOT NULL CHECK (price > 0),
    quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 999),
    amount INTEGER NOT NULL CHECK (amount > 0),
    -- The manager who confirmed a price outside the band.
    confirmed_by INTEGER,
    added_at INTEGER NOT NULL,
    added_by INTEGER NOT NULL,
    voided_at INTEGER,
    voided_by INTEGER,
    PRIMARY KEY (order_id, line)
) STRICT, WITHOUT ROWID;

-- Counts an outlet's orders of one day, for their numbers.
CREATE TABLE order_number (
    outlet_id INTEGER NOT NULL,
    business_date INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (outlet_id, business_date)
) STRICT, WITHOUT ROWID;

-- Refunds: the id is the number of the transaction that asked for it. Written only by the money path.
CREATE TABLE refund (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL,
    merchant_id INTEGER NOT NULL,
    outlet_id INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('requested', 'escalated', 'approved', 'rejected')),
    amount INTEGER NOT NULL CHECK (amount > 0),
    ground TEXT NOT NULL CHECK (ground IN ('quality', 'shop_error', 'changed_mind')),
    reason TEXT NOT NULL,
    applicant_id INTEGER NOT NULL,
    requested_at INTEGER NOT NULL,
    reviewer_id INTEGER,
    decided_at INTEGER,
    opinion TEXT NOT NULL,
    decided_by INTEGER,
    -- Slips printed.
    prints INTEGER NOT NULL,
    CHECK (reviewer_id IS NULL OR reviewer_id <> applicant_id)
) STRICT;

CREATE INDEX refund_order ON refund (order_id);
CREATE INDEX refund_merchant ON refund (merchant_id, id);
CREATE INDEX refund_open ON refund (status, merchant_id) WHERE status IN ('requested', 'escalated');

CREATE TABLE refund_line (
    refund_id INTEGER NOT NULL REFERENCES refund (id),
    line INTEGER NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    amount INTEGER NOT NULL CHECK (amount > 0),
    PRIMARY KEY (refund_id, line)
) STRICT, WITHOUT ROWID;

-- Slips of voids printed. The till's own, like `prints` of orders and refunds.
CREATE TABLE void_slip (
    transaction_id INTEGER PRIMARY KEY,
    prints INTEGER NOT NULL
) STRICT;

-- Closed batches (Z reports), immutable. `figures` is the report as JSON, per person.
CREATE TABLE batch (
    terminal_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    -- The transaction that closed it; the batch's own ones are older.
    closed_by INTEGER NOT NULL,
    figures TEXT NOT NULL,
    PRIMARY KEY (terminal_id, number)
) STRICT, WITHOUT ROWID;
