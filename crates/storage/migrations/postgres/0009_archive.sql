-- What archived transactions leave behind. Written by archiving alone, under the chain's seal.

-- Where the chain goes on. What is numbered up to here and still present was kept.
CREATE TABLE ledger_opening (
    slot BIGINT PRIMARY KEY,
    sequence BIGINT NOT NULL,
    hash BYTEA NOT NULL CHECK (length(hash) = 32),
    -- The day up to which transactions were archived.
    until_date BIGINT NOT NULL,
    -- A sum over the tables below and what was kept.
    carried BYTEA NOT NULL CHECK (length(carried) = 32),
    seal BYTEA NOT NULL CHECK (length(seal) = 32)
);

-- Credits less debits of archived transfers.
CREATE TABLE opening_balance (
    account BIGINT PRIMARY KEY,
    amount BIGINT NOT NULL
);

-- What archived transactions of a terminal's batch came to, in the form of a closed batch's figures.
CREATE TABLE opening_batch (
    terminal_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    figures TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (terminal_id, number)
);

-- What settlements took of archived transactions.
CREATE TABLE opening_turnover (
    settlement_id BIGINT NOT NULL,
    business_date BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    count BIGINT NOT NULL CHECK (count > 0),
    sum BIGINT NOT NULL CHECK (sum > 0),
    PRIMARY KEY (settlement_id, business_date, kind)
);
