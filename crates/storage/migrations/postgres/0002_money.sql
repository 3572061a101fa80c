-- Cards, ledger, orders, products. Money in fen, moments in microseconds UTC, dates as yyyymmdd, booleans 0/1.
-- Nothing here is computed by the database. Keys of growing tables ascend with time, so that inserts stay on few pages.

CREATE TABLE programme (
    id BIGINT PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    named BIGINT NOT NULL CHECK (named IN (0, 1)),
    balance_max BIGINT NOT NULL CHECK (balance_max > 0),
    sale_max BIGINT NOT NULL CHECK (sale_max > 0),
    daily_max BIGINT NOT NULL CHECK (daily_max > 0),
    daily_count_max BIGINT NOT NULL CHECK (daily_count_max > 0),
    -- How long the merchant may refund a sale, microseconds.
    refund_window BIGINT NOT NULL CHECK (refund_window > 0)
);

-- Merchants that take a programme's cards; a programme without rows is taken everywhere.
CREATE TABLE programme_merchant (
    programme_id BIGINT NOT NULL REFERENCES programme (id),
    merchant_id BIGINT NOT NULL REFERENCES merchant (id),
    PRIMARY KEY (programme_id, merchant_id)
);

CREATE TABLE card (
    id BIGINT PRIMARY KEY,
    -- HMAC of the number (first 16 bytes) and its AEAD ciphertext; the number itself is nowhere.
    lookup BYTEA NOT NULL UNIQUE CHECK (length(lookup) = 16),
    sealed BYTEA NOT NULL,
    programme_id BIGINT NOT NULL REFERENCES programme (id),
    status TEXT COLLATE "C" NOT NULL
        CHECK (status IN ('issued', 'active', 'frozen', 'lost', 'stolen', 'pin_locked', 'replaced', 'closed')),
    holder TEXT COLLATE "C" NOT NULL,
    expires_on BIGINT,
    -- The card that took this one's place and its money.
    replaced_by BIGINT REFERENCES card (id),
    pin BYTEA NOT NULL CHECK (length(pin) = 32),
    balance BIGINT NOT NULL CHECK (balance >= 0),
    spent_on BIGINT NOT NULL,
    spent_amount BIGINT NOT NULL,
    spent_count BIGINT NOT NULL
) WITH (fillfactor = 80);

-- Wrong PINs of one day, for numbers that are cards and for numbers that are not.
CREATE TABLE pin_tries (
    lookup BYTEA PRIMARY KEY CHECK (length(lookup) = 16),
    tried_on BIGINT NOT NULL,
    count BIGINT NOT NULL CHECK (count BETWEEN 0 AND 5)
);

-- One row per attempt, approved (decline IS NULL) or declined. Append-only.
CREATE TABLE ledger_transaction (
    id BIGINT PRIMARY KEY,
    request_id BYTEA NOT NULL CHECK (length(request_id) = 16),
    content BYTEA NOT NULL CHECK (length(content) = 16),
    merchant_id BIGINT NOT NULL,
    outlet_id BIGINT NOT NULL,
    terminal_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (
        kind IN (
            'load', 'inquiry', 'sale', 'refund_request', 'refund_rejection', 'refund', 'void', 'reversal', 'batch_close'
        )
    ),
    order_id BIGINT,
    -- The sale that this refunds, voids or reverses, and the manager who consented.
    original BIGINT,
    checker_id BIGINT,
    card_id BIGINT,
    masked TEXT COLLATE "C" NOT NULL,
    entry TEXT COLLATE "C" NOT NULL CHECK (entry IN ('S', 'M')),
    amount BIGINT NOT NULL,
    decline TEXT COLLATE "C",
    detail BIGINT,
    approval_code TEXT COLLATE "C",
    balance BIGINT,
    batch BIGINT NOT NULL,
    business_date BIGINT NOT NULL,
    at BIGINT NOT NULL,
    hash BYTEA NOT NULL CHECK (length(hash) = 32)
);

CREATE UNIQUE INDEX ledger_transaction_request ON ledger_transaction (request_id, merchant_id);
CREATE INDEX ledger_transaction_order ON ledger_transaction (order_id) WHERE order_id IS NOT NULL;

-- Money that moved. Debits equal credits because each row is both. Append-only.
CREATE TABLE ledger_transfer (
    transaction_id BIGINT NOT NULL,
    leg BIGINT NOT NULL,
    debit BIGINT NOT NULL,
    credit BIGINT NOT NULL CHECK (credit <> debit),
    amount BIGINT NOT NULL CHECK (amount > 0),
    business_date BIGINT NOT NULL,
    PRIMARY KEY (transaction_id, leg)
);

-- Where each slot's chain ends, sealed under a key outside the database.
CREATE TABLE ledger_head (
    slot BIGINT PRIMARY KEY,
    sequence BIGINT NOT NULL,
    hash BYTEA NOT NULL CHECK (length(hash) = 32),
    seal BYTEA NOT NULL CHECK (length(seal) = 32)
);

CREATE TABLE product (
    merchant_id BIGINT NOT NULL REFERENCES merchant (id),
    code TEXT COLLATE "C" NOT NULL,
    barcode TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    pinyin TEXT COLLATE "C" NOT NULL,
    spec TEXT COLLATE "C" NOT NULL,
    maker TEXT COLLATE "C" NOT NULL,
    approval_no TEXT COLLATE "C" NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    otc_class TEXT COLLATE "C" NOT NULL CHECK (otc_class IN ('RX', 'OTC-A', 'OTC-B', 'NONE')),
    unit TEXT COLLATE "C" NOT NULL,
    price BIGINT CHECK (price > 0),
    price_low BIGINT,
    price_high BIGINT,
    card_payable BIGINT NOT NULL CHECK (card_payable IN (0, 1)),
    active BIGINT NOT NULL CHECK (active IN (0, 1)),
    PRIMARY KEY (merchant_id, code)
);

CREATE INDEX product_barcode ON product (merchant_id, barcode) WHERE barcode <> '';

-- What a search looks through: per category a line of keys for each product on sale. Written by product::index.
CREATE TABLE product_keys (
    merchant_id BIGINT NOT NULL REFERENCES merchant (id),
    category TEXT COLLATE "C" NOT NULL,
    count BIGINT NOT NULL,
    keys TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (merchant_id, category)
);

-- Written as a draft by `draft`, and once paid only by the money path.
CREATE TABLE orders (
    id BIGINT PRIMARY KEY,
    -- What people call it: yymmdd and a number that counts per outlet and day.
    number TEXT COLLATE "C" NOT NULL,
    merchant_id BIGINT NOT NULL,
    outlet_id BIGINT NOT NULL,
    terminal_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    status TEXT COLLATE "C" NOT NULL
        CHECK (status IN ('draft', 'paid', 'partly_refunded', 'refunded', 'voided', 'abandoned')),
    total BIGINT NOT NULL CHECK (total >= 0),
    payable BIGINT NOT NULL CHECK (payable IN (0, 1)),
    -- The payment that was sent and has no recorded outcome yet. It locks the order.
    attempt BYTEA CHECK (length(attempt) = 16),
    attempt_at BIGINT,
    attempt_masked TEXT COLLATE "C",
    paid_by BIGINT,
    paid_at BIGINT,
    -- 1 while the till has something left to do: ring up, pay, or print.
    open BIGINT NOT NULL CHECK (open IN (0, 1)),
    -- 1 when put aside for another customer.
    held BIGINT NOT NULL CHECK (held IN (0, 1)),
    prints BIGINT NOT NULL,
    -- The scan added last. A till that lost the answer sends it again, and it counts once.
    last_scan TEXT COLLATE "C",
    opened_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
) WITH (fillfactor = 80);

CREATE INDEX orders_outlet ON orders (outlet_id, id);
-- Orders that left the till long after they were opened (microseconds), so that a list by day finds them by that moment.
CREATE INDEX orders_late ON orders (outlet_id, COALESCE(paid_at, changed_at))
    WHERE status <> 'draft' AND COALESCE(paid_at, changed_at) - opened_at > 1800000000;
CREATE INDEX orders_open ON orders (terminal_id) WHERE open = 1;
CREATE INDEX orders_attempt ON orders (attempt_at) WHERE attempt IS NOT NULL;

CREATE TABLE order_line (
    order_id BIGINT NOT NULL REFERENCES orders (id),
    line BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    spec TEXT COLLATE "C" NOT NULL,
    unit TEXT COLLATE "C" NOT NULL,
    drug BIGINT NOT NULL CHECK (drug IN (0, 1)),
    list_price BIGINT,
    price BIGINT NOT NULL CHECK (price > 0),
    quantity BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 999),
    amount BIGINT NOT NULL CHECK (amount > 0),
    -- The manager who confirmed a price outside the band.
    confirmed_by BIGINT,
    added_at BIGINT NOT NULL,
    added_by BIGINT NOT NULL,
    voided_at BIGINT,
    voided_by BIGINT,
    PRIMARY KEY (order_id, line)
);

-- Counts an outlet's orders of one day, for their numbers.
CREATE TABLE order_number (
    outlet_id BIGINT NOT NULL,
    business_date BIGINT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (outlet_id, business_date)
);

-- Refunds: the id is the number of the transaction that asked for it. Written only by the money path.
CREATE TABLE refund (
    id BIGINT PRIMARY KEY,
    order_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL,
    outlet_id BIGINT NOT NULL,
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('requested', 'escalated', 'approved', 'rejected')),
    amount BIGINT NOT NULL CHECK (amount > 0),
    ground TEXT COLLATE "C" NOT NULL CHECK (ground IN ('quality', 'shop_error', 'changed_mind')),
    reason TEXT COLLATE "C" NOT NULL,
    applicant_id BIGINT NOT NULL,
    requested_at BIGINT NOT NULL,
    reviewer_id BIGINT,
    decided_at BIGINT,
    opinion TEXT COLLATE "C" NOT NULL,
    decided_by BIGINT,
    -- Slips printed.
    prints BIGINT NOT NULL,
    CHECK (reviewer_id IS NULL OR reviewer_id <> applicant_id)
);

CREATE INDEX refund_order ON refund (order_id);
CREATE INDEX refund_merchant ON refund (merchant_id, id);
CREATE INDEX refund_open ON refund (status, merchant_id) WHERE status IN ('requested', 'escalated');

CREATE TABLE refund_line (
    refund_id BIGINT NOT NULL REFERENCES refund (id),
    line BIGINT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    amount BIGINT NOT NULL CHECK (amount > 0),
    PRIMARY KEY (refund_id, line)
);

-- Slips of voids printed. The till's own, like `prints` of orders and refunds.
CREATE TABLE void_slip (
    transaction_id BIGINT PRIMARY KEY,
    prints BIGINT NOT NULL
);

-- Closed batches (Z reports), immutable. `figures` is the report as JSON, per person.
CREATE TABLE batch (
    terminal_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    -- The transaction that closed it; the batch's own ones are older.
    closed_by BIGINT NOT NULL,
    figures TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (terminal_id, number)
);
