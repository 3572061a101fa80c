-- Who sells where, who may sign in, and what they did.
-- Times are microseconds UTC, booleans 0/1. Ids come from the program; their ranges are in people.rs.

CREATE TABLE merchant (
    id INTEGER PRIMARY KEY,
    mid TEXT NOT NULL UNIQUE CHECK (length(mid) = 15),
    name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
    -- 1: drugs are taken back for any reason, not only for their quality.
    drug_returns INTEGER NOT NULL CHECK (drug_returns IN (0, 1))
) STRICT;

CREATE TABLE outlet (
    id INTEGER PRIMARY KEY,
    merchant_id INTEGER NOT NULL REFERENCES merchant (id),
    name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'suspended'))
) STRICT;
CREATE INDEX outlet_merchant ON outlet (merchant_id);

-- The id is the terminal number, 8 digits.
CREATE TABLE terminal (
    id INTEGER PRIMARY KEY CHECK (id BETWEEN 10000000 AND 99999999),
    outlet_id INTEGER NOT NULL REFERENCES outlet (id),
    status TEXT NOT NULL CHECK (status IN ('active', 'disabled')),
    batch_no INTEGER NOT NULL,
    paper TEXT NOT NULL CHECK (paper IN ('p80', 'p58', 'pa4')),
    -- Longest pause between two characters of a scanner, milliseconds.
    scan_gap_ms INTEGER NOT NULL CHECK (scan_gap_ms BETWEEN 20 AND 120)
) STRICT;
CREATE INDEX terminal_outlet ON terminal (outlet_id);

-- Staff of a store has a merchant, an outlet and a terminal; staff of the card company has none.
CREATE TABLE person (
    id INTEGER PRIMARY KEY,
    -- Printed on slips.
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    -- Lower case.
    login TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    must_change INTEGER NOT NULL CHECK (must_change IN (0, 1)),
    password_changed_at INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'disabled')),
    merchant_id INTEGER REFERENCES merchant (id),
    outlet_id INTEGER REFERENCES outlet (id),
    terminal_id INTEGER REFERENCES terminal (id)
) STRICT;
CREATE INDEX person_merchant ON person (merchant_id);

CREATE TABLE person_role (
    person_id INTEGER NOT NULL REFERENCES person (id),
    role TEXT NOT NULL CHECK (
        role IN ('cashier', 'store_manager', 'operator', 'checker', 'finance', 'auditor', 'admin')
    ),
    PRIMARY KEY (person_id, role)
) STRICT, WITHOUT ROWID;

-- The cookie's token is not here, only its SHA-256: whoever reads the file cannot take over a session.
CREATE TABLE session (
    id_hash BLOB PRIMARY KEY CHECK (length(id_hash) = 32),
    person_id INTEGER NOT NULL REFERENCES person (id),
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    locked INTEGER NOT NULL CHECK (locked IN (0, 1)),
    address TEXT NOT NULL,
    agent TEXT NOT NULL
) STRICT;
CREATE INDEX session_person ON session (person_id);

CREATE TABLE captcha (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    answer TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used INTEGER NOT NULL CHECK (used IN (0, 1))
) STRICT;
CREATE INDEX captcha_expires ON captcha (expires_at);

-- Counts tries per login name and failures per address, for people who exist and for names that do not.
CREATE TABLE throttle (
    key TEXT PRIMARY KEY,
    window_start INTEGER NOT NULL,
    count INTEGER NOT NULL,
    blocked_until INTEGER NOT NULL
) STRICT;
CREATE INDEX throttle_window ON throttle (window_start);

-- Append only.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    person_id INTEGER REFERENCES person (id),
    merchant_id INTEGER REFERENCES merchant (id),
    terminal_id INTEGER REFERENCES terminal (id),
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    address TEXT NOT NULL
) STRICT;
CREATE INDEX audit_at ON audit (at);
-- What happened to one order.
CREATE INDEX audit_subject ON audit (subject);
