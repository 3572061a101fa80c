-- Who sells where, who may sign in, and what they did.
-- Times are microseconds UTC, booleans 0/1. Ids come from the program; their ranges are in people.rs.
-- The same tables and columns as in migrations/sqlite. Text sorts and compares by its bytes, as there.

CREATE TABLE merchant (
    id BIGINT PRIMARY KEY,
    mid TEXT COLLATE "C" NOT NULL UNIQUE CHECK (length(mid) = 15),
    name TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('active', 'suspended')),
    -- 1: drugs are taken back for any reason, not only for their quality.
    drug_returns BIGINT NOT NULL CHECK (drug_returns IN (0, 1))
);

CREATE TABLE outlet (
    id BIGINT PRIMARY KEY,
    merchant_id BIGINT NOT NULL REFERENCES merchant (id),
    name TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('active', 'suspended'))
);
CREATE INDEX outlet_merchant ON outlet (merchant_id);

-- The id is the terminal number, 8 digits.
CREATE TABLE terminal (
    id BIGINT PRIMARY KEY CHECK (id BETWEEN 10000000 AND 99999999),
    outlet_id BIGINT NOT NULL REFERENCES outlet (id),
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('active', 'disabled')),
    batch_no BIGINT NOT NULL,
    paper TEXT COLLATE "C" NOT NULL CHECK (paper IN ('p80', 'p58', 'pa4')),
    -- Longest pause between two characters of a scanner, milliseconds.
    scan_gap_ms BIGINT NOT NULL CHECK (scan_gap_ms BETWEEN 20 AND 120)
);
CREATE INDEX terminal_outlet ON terminal (outlet_id);

-- Staff of a store has a merchant, an outlet and a terminal; staff of the card company has none.
CREATE TABLE person (
    id BIGINT PRIMARY KEY,
    -- Printed on slips.
    number TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    -- Lower case.
    login TEXT COLLATE "C" NOT NULL UNIQUE,
    password_hash TEXT COLLATE "C" NOT NULL,
    must_change BIGINT NOT NULL CHECK (must_change IN (0, 1)),
    password_changed_at BIGINT NOT NULL,
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('active', 'disabled')),
    merchant_id BIGINT REFERENCES merchant (id),
    outlet_id BIGINT REFERENCES outlet (id),
    terminal_id BIGINT REFERENCES terminal (id)
);
CREATE INDEX person_merchant ON person (merchant_id);

CREATE TABLE person_role (
    person_id BIGINT NOT NULL REFERENCES person (id),
    role TEXT COLLATE "C" NOT NULL CHECK (
        role IN ('cashier', 'store_manager', 'operator', 'checker', 'finance', 'auditor', 'admin')
    ),
    PRIMARY KEY (person_id, role)
);

-- The cookie's token is not here, only its SHA-256: whoever reads the file cannot take over a session.
CREATE TABLE session (
    id_hash BYTEA PRIMARY KEY CHECK (length(id_hash) = 32),
    person_id BIGINT NOT NULL REFERENCES person (id),
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    locked BIGINT NOT NULL CHECK (locked IN (0, 1)),
    address TEXT COLLATE "C" NOT NULL,
    agent TEXT COLLATE "C" NOT NULL
);
CREATE INDEX session_person ON session (person_id);

CREATE TABLE captcha (
    id BYTEA PRIMARY KEY CHECK (length(id) = 16),
    answer TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,
    used BIGINT NOT NULL CHECK (used IN (0, 1))
);
CREATE INDEX captcha_expires ON captcha (expires_at);

-- Counts tries per login name and failures per address, for people who exist and for names that do not.
CREATE TABLE throttle (
    key TEXT COLLATE "C" PRIMARY KEY,
    window_start BIGINT NOT NULL,
    count BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL
);
CREATE INDEX throttle_window ON throttle (window_start);

-- Ids of the audit log. Not computed by a table, so that the program knows the id it gives.
CREATE SEQUENCE audit_id;

-- Append only.
CREATE TABLE audit (
    id BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    person_id BIGINT REFERENCES person (id),
    merchant_id BIGINT REFERENCES merchant (id),
    terminal_id BIGINT REFERENCES terminal (id),
    action TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    detail TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL
);
CREATE INDEX audit_at ON audit (at);
-- What happened to one order.
CREATE INDEX audit_subject ON audit (subject);
