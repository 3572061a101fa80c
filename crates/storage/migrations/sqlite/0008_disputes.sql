-- Disputes of card holders, and the kinds of their transactions.

-- Disputes: what a card holder contests. Written only by the money path; the id is the number of the transaction that
-- opened it.
CREATE TABLE dispute (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    merchant_id INTEGER NOT NULL,
    outlet_id INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('opened', 'answered', 'upheld', 'rejected')),
    amount INTEGER NOT NULL CHECK (amount > 0),
    claim TEXT NOT NULL
        CHECK (claim IN ('not_authorised', 'not_received', 'wrong_amount', 'duplicate', 'quality')),
    words TEXT NOT NULL,
    opener_id INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    answer_until INTEGER NOT NULL,
    -- The merchant's answer: whether the holder is right, who said so, when, why, in which transaction.
    accepted INTEGER CHECK (accepted IN (0, 1)),
    answerer_id INTEGER,
    answered_at INTEGER,
    answer TEXT NOT NULL,
    answered_by INTEGER,
    -- The company's decision.
    decider_id INTEGER,
    decided_at INTEGER,
    opinion TEXT NOT NULL,
    decided_by INTEGER,
    CHECK (decider_id IS NULL OR decider_id <> opener_id)
) STRICT;

CREATE INDEX dispute_order ON dispute (order_id);
CREATE INDEX dispute_merchant ON dispute (merchant_id, id);
-- One of an order at a time.
CREATE UNIQUE INDEX dispute_open ON dispute (order_id) WHERE status IN ('opened', 'answered');
CREATE INDEX dispute_waiting ON dispute (status, id) WHERE status IN ('opened', 'answered');

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
            'settlement_request', 'settlement_rejection', 'settlement', 'dispute_opening', 'dispute_answer',
            'dispute_rejection', 'chargeback'
        )
    ),
    order_id INTEGER,
    -- The sale that this refunds, voids, reverses or disputes, and the manager who consented.
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
CREATE INDEX ledger_transaction_till ON ledger_transaction (terminal_id, id);
