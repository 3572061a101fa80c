-- Settlement with merchants: the agreed fee, settlements, and the kinds of their transactions.

-- Basis points; none is agreed while there is none, and nothing is settled.
ALTER TABLE merchant ADD COLUMN fee_bp INTEGER CHECK (fee_bp BETWEEN 0 AND 1000);

-- Settlements: what a merchant is paid up to a day that is over. Written only by the money path; the id is the number
-- of the transaction that prepared it.
CREATE TABLE settlement (
    id INTEGER PRIMARY KEY,
    merchant_id INTEGER NOT NULL REFERENCES merchant (id),
    status TEXT NOT NULL CHECK (status IN ('prepared', 'confirmed', 'rejected')),
    -- Counts a merchant's confirmed ones, without a gap.
    number INTEGER,
    -- It takes what is dated up to this day and numbered below it, and what the confirmed one before did not take.
    until_date INTEGER NOT NULL,
    before_number INTEGER,
    before_date INTEGER,
    before_id INTEGER,
    net INTEGER NOT NULL CHECK (net > 0),
    fee_bp INTEGER NOT NULL CHECK (fee_bp BETWEEN 0 AND 1000),
    fee INTEGER NOT NULL CHECK (fee >= 0),
    payout INTEGER NOT NULL CHECK (payout > 0),
    maker_id INTEGER NOT NULL,
    prepared_at INTEGER NOT NULL,
    checker_id INTEGER,
    decided_at INTEGER,
    opinion TEXT NOT NULL,
    decided_by INTEGER,
    CHECK (checker_id IS NULL OR checker_id <> maker_id)
) STRICT;

CREATE UNIQUE INDEX settlement_number ON settlement (merchant_id, number) WHERE number IS NOT NULL;
-- One of a merchant's at a time.
CREATE UNIQUE INDEX settlement_open ON settlement (merchant_id) WHERE status = 'prepared';

-- What a settlement takes: count and sum per day and kind of transaction.
CREATE TABLE settlement_day (
    settlement_id INTEGER NOT NULL REFERENCES settlement (id),
    business_date INTEGER NOT NULL,
    kind TEXT NOT NULL,
    count INTEGER NOT NULL CHECK (count > 0),
    sum INTEGER NOT NULL CHECK (sum > 0),
    PRIMARY KEY (settlement_id, business_date, kind)
) STRICT, WITHOUT ROWID;

-- What went back from merchants, and payouts. The range is that of merchants' ids, so no sale and no load is in it.
CREATE INDEX ledger_transfer_back ON ledger_transfer (debit, business_date, transaction_id)
    WHERE debit BETWEEN 1000 AND 999999;

-- The kinds are in a CHECK, which only a new table changes.
CREATE TABLE ledger_transaction_new (
    id INTEGER PRIMARY KEY,
    request_id BLOB NOT NULL CHECK (length(request_id) = 16),
    content BLOB NOT NULL CHECK (length(content) = 16),
    merchant_id INTEGER NOT NULL,
    outlet_id INTEGER NOT NULL,
    terminal_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (
        kind IN (
            'load', 'inquiry', 'sale', 'refund_request', 'refund_rejection', 'refund', 'void', 'reversal', 'batch_close',
            'settlement_request', 'settlement_rejection', 'settlement'
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

INSERT INTO ledger_transaction_new SELECT * FROM ledger_transaction;
DROP TABLE ledger_transaction;
ALTER TABLE ledger_transaction_new RENAME TO ledger_transaction;

CREATE UNIQUE INDEX ledger_transaction_request ON ledger_transaction (request_id, merchant_id);
CREATE INDEX ledger_transaction_order ON ledger_transaction (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX ledger_transaction_day ON ledger_transaction (merchant_id, business_date, id);
