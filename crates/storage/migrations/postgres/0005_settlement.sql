-- Settlement with merchants: the agreed fee, settlements, and the kinds of their transactions.

-- Basis points; none is agreed while there is none, and nothing is settled.
ALTER TABLE merchant ADD COLUMN fee_bp BIGINT CHECK (fee_bp BETWEEN 0 AND 1000);

-- Settlements: what a merchant is paid up to a day that is over. Written only by the money path; the id is the number
-- of the transaction that prepared it.
CREATE TABLE settlement (
    id BIGINT PRIMARY KEY,
    merchant_id BIGINT NOT NULL REFERENCES merchant (id),
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('prepared', 'confirmed', 'rejected')),
    -- Counts a merchant's confirmed ones, without a gap.
    number BIGINT,
    -- It takes what is dated up to this day and numbered below it, and what the confirmed one before did not take.
    until_date BIGINT NOT NULL,
    before_number BIGINT,
    before_date BIGINT,
    before_id BIGINT,
    net BIGINT NOT NULL CHECK (net > 0),
    fee_bp BIGINT NOT NULL CHECK (fee_bp BETWEEN 0 AND 1000),
    fee BIGINT NOT NULL CHECK (fee >= 0),
    payout BIGINT NOT NULL CHECK (payout > 0),
    maker_id BIGINT NOT NULL,
    prepared_at BIGINT NOT NULL,
    checker_id BIGINT,
    decided_at BIGINT,
    opinion TEXT COLLATE "C" NOT NULL,
    decided_by BIGINT,
    CHECK (checker_id IS NULL OR checker_id <> maker_id)
);

CREATE UNIQUE INDEX settlement_number ON settlement (merchant_id, number) WHERE number IS NOT NULL;
-- One of a merchant's at a time.
CREATE UNIQUE INDEX settlement_open ON settlement (merchant_id) WHERE status = 'prepared';

-- What a settlement takes: count and sum per day and kind of transaction.
CREATE TABLE settlement_day (
    settlement_id BIGINT NOT NULL REFERENCES settlement (id),
    business_date BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    count BIGINT NOT NULL CHECK (count > 0),
    sum BIGINT NOT NULL CHECK (sum > 0),
    PRIMARY KEY (settlement_id, business_date, kind)
);

-- What went back from merchants, and payouts. The range is that of merchants' ids, so no sale and no load is in it.
CREATE INDEX ledger_transfer_back ON ledger_transfer (debit, business_date, transaction_id)
    WHERE debit BETWEEN 1000 AND 999999;

ALTER TABLE ledger_transaction DROP CONSTRAINT ledger_transaction_kind_check;
ALTER TABLE ledger_transaction ADD CONSTRAINT ledger_transaction_kind_check CHECK (
    kind IN (
        'load', 'inquiry', 'sale', 'refund_request', 'refund_rejection', 'refund', 'void', 'reversal', 'batch_close',
        'settlement_request', 'settlement_rejection', 'settlement'
    )
);
