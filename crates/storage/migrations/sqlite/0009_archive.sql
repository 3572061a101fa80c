-- What archived transactions leave behind. Written by archiving alone, under the chain's seal.

-- Where the chain goes on. What is numbered up to here and still present was kept.
CREATE TABLE ledger_opening (
    slot INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    -- The day up to which transactions were archived.
    until_date INTEGER NOT NULL,
    -- A sum over the tables below and what was kept.
    carried BLOB NOT NULL CHECK (length(carried) = 32),
    seal BLOB NOT NULL CHECK (length(seal) = 32)
) STRICT;

-- Credits less debits of archived transfers.
CREATE TABLE opening_balance (
    account INTEGER PRIMARY KEY,
    amount INTEGER NOT NULL
) STRICT;

-- What archived transactions of a terminal's batch came to, in the form of a closed batch's figures.
CREATE TABLE opening_batch (
    terminal_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    figures TEXT NOT NULL,
    PRIMARY KEY (terminal_id, number)
) STRICT, WITHOUT ROWID;

-- What settlements took of archived transactions.
CREATE TABLE opening_turnover (
    settlement_id INTEGER NOT NULL,
    business_date INTEGER NOT NULL,
    kind TEXT NOT NULL,
    count INTEGER NOT NULL CHECK (count > 0),
    sum INTEGER NOT NULL CHECK (sum > 0),
    PRIMARY KEY (settlement_id, business_date, kind)
) STRICT, WITHOUT ROWID;
