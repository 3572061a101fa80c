-- The schema: tables and columns of sqlite.sql. Text sorts and compares by its bytes, as there.
--
-- Edited in place until the first release: a database made by another text is refused.
--
-- Money in fen, moments in microseconds UTC, dates as yyyymmdd, booleans 0/1. Nothing here is computed by the database.
-- Ids come from the program. A `..._generation` says under which generation of the keys outside the database the value
-- beside it was made; a value of a chain or a seal says so by its format. Keys of growing tables ascend with time, so that inserts stay on few pages.

-- The digest of this text, so that a program with another schema notices.
CREATE TABLE schema_digest (
    digest TEXT COLLATE "C" PRIMARY KEY
);

-- Which keys belong to this database: a value computed under them, so that an instance with other keys notices.
CREATE TABLE vault_mark (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    mark BYTEA NOT NULL CHECK (length(mark) = 32),
    mark_generation BIGINT NOT NULL
);

-- ---- Who sells where, who may sign in, and what they did ----

-- The card company, one row once somebody has filled it in.
CREATE TABLE company (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    name TEXT COLLATE "C" NOT NULL,
    -- What its merchants' numbers begin with: institution, then region.
    institution TEXT COLLATE "C" NOT NULL,
    region TEXT COLLATE "C" NOT NULL,
    -- What its cards' numbers begin with, 6 to 8 digits.
    bin TEXT COLLATE "C" NOT NULL,
    hotline TEXT COLLATE "C" NOT NULL,
    -- Its name on slips.
    slip_issuer TEXT COLLATE "C" NOT NULL,
    -- 1: its people need a second factor. Turned off by approved proposals alone.
    factor_required BIGINT NOT NULL CHECK (factor_required IN (0, 1)),
    changed_at BIGINT NOT NULL,
    changed_by BIGINT,
    version BIGINT NOT NULL
);

CREATE TABLE merchant (
    id BIGINT PRIMARY KEY,
    mid TEXT COLLATE "C" NOT NULL UNIQUE CHECK (length(mid) = 15),
    name TEXT COLLATE "C" NOT NULL,
    -- What its slips say.
    short_name TEXT COLLATE "C" NOT NULL,
    -- Credit code; empty when it is not on file, like the other fields that nothing is decided by.
    licence TEXT COLLATE "C" NOT NULL,
    contact TEXT COLLATE "C" NOT NULL,
    phone TEXT COLLATE "C" NOT NULL,
    -- Where it is paid to. Written by approved proposals alone.
    bank_name TEXT COLLATE "C" NOT NULL,
    bank_account TEXT COLLATE "C" NOT NULL,
    bank_holder TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('draft', 'active', 'suspended', 'closed')),
    -- The last move of the status, who made it, and why.
    moved_at BIGINT NOT NULL,
    moved_by BIGINT,
    reason TEXT COLLATE "C" NOT NULL,
    -- 1: drugs are taken back for any reason, not only for their quality.
    drug_returns BIGINT NOT NULL CHECK (drug_returns IN (0, 1)),
    -- 1: it decides itself which of its goods a card pays.
    decides_payable BIGINT NOT NULL CHECK (decides_payable IN (0, 1)),
    -- Basis points; none is agreed while there is none, and nothing is settled.
    fee_bp BIGINT CHECK (fee_bp BETWEEN 0 AND 1000),
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    changed_at BIGINT NOT NULL,
    -- Counts the changes of its fields, so that a form notices one meanwhile.
    version BIGINT NOT NULL
);
CREATE INDEX merchant_name ON merchant (name);
CREATE INDEX merchant_status ON merchant (status, id);

-- Goods and what they cost, for the tills of a merchant or of some of its outlets, or for many merchants under a list of
-- the card company. What a list above says counts, but for the prices, the limit and the sale of a product that the list
-- itself says.
CREATE TABLE product_list (
    -- A merchant's own list has the merchant's id; the others have ids from 1,000,000 on.
    id BIGINT PRIMARY KEY,
    -- Whose it is; NULL for the card company.
    merchant_id BIGINT REFERENCES merchant (id),
    -- Empty for a merchant's own list, which is called like the merchant.
    name TEXT COLLATE "C" NOT NULL,
    parent_id BIGINT REFERENCES product_list (id),
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    -- Counts its changes, so that a form notices one meanwhile.
    version BIGINT NOT NULL,
    CHECK (id <> parent_id)
);
CREATE INDEX product_list_merchant ON product_list (merchant_id, id);
CREATE INDEX product_list_parent ON product_list (parent_id) WHERE parent_id IS NOT NULL;

-- What each list is called.
CREATE VIEW product_list_name AS
SELECT product_list.id, product_list.merchant_id,
    CASE WHEN product_list.name = '' THEN merchant.name ELSE product_list.name END AS name
FROM product_list LEFT JOIN merchant ON merchant.id = product_list.merchant_id;

CREATE TABLE outlet (
    id BIGINT PRIMARY KEY,
    merchant_id BIGINT NOT NULL REFERENCES merchant (id),
    name TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    -- Four digits, as in the merchant number.
    region TEXT COLLATE "C" NOT NULL,
    phone TEXT COLLATE "C" NOT NULL,
    -- Opening hours: `Mo-Su 08:00-21:00`.
    hours TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('draft', 'active', 'suspended', 'closed')),
    moved_at BIGINT NOT NULL,
    moved_by BIGINT,
    reason TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    changed_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    -- 'required': only a browser that was enrolled as a till sells. 'off': people also sell at their own till.
    enrolment TEXT COLLATE "C" NOT NULL CHECK (enrolment IN ('required', 'off')),
    -- The goods that its tills sell; NULL for the merchant's own list.
    list_id BIGINT REFERENCES product_list (id),
    -- What refers to an outlet with its merchant.
    UNIQUE (id, merchant_id)
);
CREATE INDEX outlet_merchant ON outlet (merchant_id, id);
CREATE INDEX outlet_list ON outlet (list_id) WHERE list_id IS NOT NULL;
CREATE INDEX outlet_name ON outlet (name);
CREATE INDEX outlet_status ON outlet (status, id);
CREATE INDEX outlet_region ON outlet (region, id);
CREATE INDEX outlet_hours ON outlet (hours);

-- The id is the terminal number, 8 digits.
CREATE TABLE terminal (
    id BIGINT PRIMARY KEY CHECK (id BETWEEN 10000000 AND 99999999),
    outlet_id BIGINT NOT NULL REFERENCES outlet (id),
    -- What people call it.
    label TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('new', 'active', 'disabled', 'retired')),
    moved_at BIGINT NOT NULL,
    moved_by BIGINT,
    reason TEXT COLLATE "C" NOT NULL,
    batch_no BIGINT NOT NULL,
    paper TEXT COLLATE "C" NOT NULL CHECK (paper IN ('p80', 'p58', 'pa4')),
    -- Longest pause between two characters of a scanner, milliseconds.
    scan_gap_ms BIGINT NOT NULL CHECK (scan_gap_ms BETWEEN 20 AND 120),
    -- When it was last used, to the minute.
    seen_at BIGINT,
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    changed_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX terminal_outlet ON terminal (outlet_id, id);
CREATE INDEX terminal_status ON terminal (status, id);
CREATE INDEX terminal_seen ON terminal (seen_at);

-- One-time codes that make a browser a terminal: a keyed value of the code, one for each terminal.
CREATE TABLE enrolment_code (
    terminal_id BIGINT PRIMARY KEY REFERENCES terminal (id),
    code BYTEA NOT NULL UNIQUE CHECK (length(code) = 32),
    code_generation BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Browsers that are terminals. The cookie's token is not here, only its SHA-256.
CREATE TABLE device (
    id_hash BYTEA PRIMARY KEY CHECK (length(id_hash) = 32),
    terminal_id BIGINT NOT NULL UNIQUE REFERENCES terminal (id),
    enrolled_at BIGINT NOT NULL,
    -- The browser's own description, and where it was.
    agent TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL
);

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
    -- Until when an initial password opens anything; none for one of the person's own.
    password_expires_at BIGINT,
    -- `key` is the person that an API key acts as, who never signs in.
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('invited', 'active', 'disabled', 'left', 'key')),
    phone TEXT COLLATE "C",
    -- Of the pages; none for the browser's own choice.
    language TEXT COLLATE "C" CHECK (language IN ('zh', 'en')),
    last_login_at BIGINT,
    created_at BIGINT NOT NULL,
    -- None for the command line and the demo.
    created_by BIGINT REFERENCES person (id),
    changed_at BIGINT NOT NULL,
    -- Counts changes of what a form shows, so that a form from before one is refused.
    version BIGINT NOT NULL,
    -- Where the person belongs. Never inferred from an empty column.
    place TEXT COLLATE "C" NOT NULL CHECK (place IN ('company', 'merchant', 'outlet')),
    merchant_id BIGINT REFERENCES merchant (id),
    outlet_id BIGINT,
    -- The till that the person works at, of the own outlet.
    default_terminal BIGINT REFERENCES terminal (id),
    -- The human behind the login, the same for every login of one human. A key's is its maker's.
    human_id BIGINT NOT NULL REFERENCES person (id),
    -- When it was joined to that human's other logins, if it was not so from the start.
    joined_at BIGINT,
    -- The person who last gave it a password, none when that was the command line; and when. Both empty: nobody did.
    given_by BIGINT REFERENCES person (id),
    given_at BIGINT,
    CHECK ((merchant_id IS NOT NULL) = (place <> 'company')),
    CHECK ((outlet_id IS NOT NULL) = (place = 'outlet')),
    CHECK (default_terminal IS NULL OR place = 'outlet'),
    CHECK (given_by IS NULL OR given_at IS NOT NULL),
    FOREIGN KEY (outlet_id, merchant_id) REFERENCES outlet (id, merchant_id)
);
CREATE INDEX person_merchant ON person (merchant_id, id);
CREATE INDEX person_outlet ON person (outlet_id, id);
CREATE INDEX person_name ON person (name);
CREATE INDEX person_number ON person (number);
CREATE INDEX person_phone ON person (phone);
CREATE INDEX person_status ON person (status, id);
-- The few who belong to no outlet.
CREATE INDEX person_office ON person (place, id) WHERE place <> 'outlet';
-- Who has not signed in for long.
CREATE INDEX person_seen ON person (status, (COALESCE(last_login_at, created_at)));
-- The logins of one human.
CREATE INDEX person_human ON person (human_id);

CREATE TABLE person_role (
    person_id BIGINT NOT NULL REFERENCES person (id),
    role TEXT COLLATE "C" NOT NULL CHECK (
        role IN ('cashier', 'store_manager', 'chain_manager', 'agent', 'operator', 'checker', 'finance', 'auditor', 'admin')
    ),
    -- The last day on which it grants anything, for a deputy.
    ends_on BIGINT,
    -- The approval that gave it; none for what one person gives.
    given_by BIGINT,
    PRIMARY KEY (person_id, role)
);
CREATE INDEX person_role_role ON person_role (role, person_id);

-- The cookie's token is not here, only its SHA-256, so a reader of the database cannot take over a session.
CREATE TABLE session (
    id_hash BYTEA PRIMARY KEY CHECK (length(id_hash) = 32),
    person_id BIGINT NOT NULL REFERENCES person (id),
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    locked BIGINT NOT NULL CHECK (locked IN (0, 1)),
    address TEXT COLLATE "C" NOT NULL,
    agent TEXT COLLATE "C" NOT NULL,
    -- When the second factor was last proved here, or the password again by somebody without one.
    proved_at BIGINT,
    -- The till that it was last used at.
    terminal_id BIGINT
);
CREATE INDEX session_person ON session (person_id);
CREATE INDEX session_terminal ON session (terminal_id) WHERE terminal_id IS NOT NULL;
-- Sessions that are over.
CREATE INDEX session_created ON session (created_at);

-- A person's second factor: the seed of one-time codes, sealed by the keys outside the database.
CREATE TABLE factor (
    person_id BIGINT PRIMARY KEY REFERENCES person (id),
    seed BYTEA NOT NULL,
    seed_generation BIGINT NOT NULL,
    -- The last step of 30 seconds whose code was accepted: each is accepted once.
    step BIGINT NOT NULL,
    set_at BIGINT NOT NULL
);

-- Recovery codes, hashed like passwords.
CREATE TABLE recovery_code (
    person_id BIGINT NOT NULL REFERENCES person (id),
    number BIGINT NOT NULL,
    hash TEXT COLLATE "C" NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (person_id, number)
);

-- Captchas that were answered. What was only shown leaves no row: its text follows from its id, under a key.
CREATE TABLE captcha (
    id BYTEA PRIMARY KEY CHECK (length(id) = 16),
    expires_at BIGINT NOT NULL
);
CREATE INDEX captcha_expires ON captcha (expires_at);

-- Counts wrong passwords per login name and place, per session and per network, for people who exist and for names that
-- do not.
CREATE TABLE throttle (
    key TEXT COLLATE "C" PRIMARY KEY,
    window_start BIGINT NOT NULL,
    count BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL
);
CREATE INDEX throttle_window ON throttle (window_start);
-- What is blocked now.
CREATE INDEX throttle_blocked ON throttle (blocked_until);

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
CREATE INDEX audit_terminal ON audit (terminal_id, id);
-- How many card numbers a person had shown today.
CREATE INDEX audit_number_shown ON audit (person_id, at) WHERE action = 'card_number_shown';
-- Who had the number of a card shown.
CREATE INDEX audit_number_of ON audit (subject, person_id) WHERE action = 'card_number_shown';

-- ---- Cards, ledger, products, orders ----

-- Terms, state and reason are written by the books alone.
CREATE TABLE programme (
    id BIGINT PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    -- What its cards' numbers begin with: the BIN, and two digits that are its own.
    bin TEXT COLLATE "C" NOT NULL CHECK (length(bin) BETWEEN 6 AND 8 AND bin ~ '^[0-9]+$'),
    series TEXT COLLATE "C" NOT NULL CHECK (length(series) = 2 AND series ~ '^[0-9]+$'),
    number_length BIGINT NOT NULL CHECK (number_length IN (16, 19)),
    template TEXT COLLATE "C" NOT NULL CHECK (template IN ('named', 'anonymous', 'benefit')),
    named BIGINT NOT NULL CHECK (named IN (0, 1)),
    balance_max BIGINT NOT NULL CHECK (balance_max > 0),
    load_max BIGINT NOT NULL CHECK (load_max > 0),
    sale_max BIGINT NOT NULL CHECK (sale_max > 0),
    daily_max BIGINT NOT NULL CHECK (daily_max > 0),
    daily_count_max BIGINT NOT NULL CHECK (daily_count_max > 0),
    -- Without it a month has no limit.
    month_max BIGINT CHECK (month_max > 0),
    -- Without it cards never expire.
    validity_months BIGINT CHECK (validity_months > 0),
    -- How long the merchant may refund a sale, microseconds.
    refund_window BIGINT NOT NULL CHECK (refund_window > 0),
    loss_report BIGINT NOT NULL CHECK (loss_report IN (0, 1)),
    redeem BIGINT NOT NULL CHECK (redeem IN (0, 1)),
    redeem_wait_days BIGINT NOT NULL CHECK (redeem_wait_days >= 0),
    pin_mode TEXT COLLATE "C" NOT NULL CHECK (pin_mode IN ('mailer', 'first_use')),
    -- Whom holders call; empty for the company's own number.
    hotline TEXT COLLATE "C" NOT NULL,
    -- What the company's counsel wrote.
    basis TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('draft', 'active', 'suspended', 'ended')),
    -- The last move of the status, who made it, and why.
    moved_at BIGINT NOT NULL,
    moved_by BIGINT,
    reason TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    -- Without it the program made it: in a demonstration.
    created_by BIGINT,
    changed_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    UNIQUE (bin, series)
);

-- What one person did to a programme: lowered limits, a suspension, an end. The id is that of the transaction.
CREATE TABLE programme_change (
    id BIGINT PRIMARY KEY,
    programme_id BIGINT NOT NULL REFERENCES programme (id),
    what TEXT COLLATE "C" NOT NULL CHECK (what IN ('lower', 'suspend', 'end')),
    -- The new terms of lowered limits, and what the person was shown of the programme: `domain::acts`.
    payload TEXT COLLATE "C" NOT NULL CHECK (length(payload) <= 4096),
    seen TEXT COLLATE "C" NOT NULL CHECK (length(seen) <= 4096),
    reason TEXT COLLATE "C" NOT NULL,
    person_id BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX programme_change_programme ON programme_change (programme_id, id);

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
    lookup_generation BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    sealed_generation BIGINT NOT NULL,
    -- The number as it may be seen.
    masked TEXT COLLATE "C" NOT NULL,
    programme_id BIGINT NOT NULL REFERENCES programme (id),
    status TEXT COLLATE "C" NOT NULL
        CHECK (status IN ('issued', 'active', 'frozen', 'lost', 'stolen', 'pin_locked', 'replaced', 'closed')),
    holder TEXT COLLATE "C" NOT NULL,
    expires_on BIGINT,
    -- The card that took this one's place and its money.
    replaced_by BIGINT REFERENCES card (id),
    -- Whose the PIN is, and its keyed value; no value without a PIN.
    pin_state TEXT COLLATE "C" NOT NULL CHECK (pin_state IN ('unset', 'initial', 'set')),
    pin BYTEA CHECK (length(pin) = 32),
    pin_generation BIGINT NOT NULL,
    -- The latest transaction that gave it a PIN or an activation code, or took the PIN away.
    pin_id BIGINT,
    balance BIGINT NOT NULL CHECK (balance >= 0),
    spent_on BIGINT NOT NULL,
    spent_amount BIGINT NOT NULL,
    spent_count BIGINT NOT NULL,
    -- Of the calendar month of that day.
    spent_month BIGINT NOT NULL,
    -- The card's latest transaction, approved or declined; each names the one before it.
    last_id BIGINT,
    -- Its batch times 1,000,000 plus its place in it; NULL for a card of no batch.
    serial BIGINT UNIQUE CHECK (serial % 1000000 > 0),
    -- Whom it is for; NULL while it is stock.
    customer_id BIGINT,
    -- The day on which it was made, and when it was activated: of a card of a batch.
    issued_on BIGINT CHECK ((issued_on IS NULL) = (serial IS NULL)),
    activated_at BIGINT CHECK (activated_at IS NULL OR serial IS NOT NULL),
    CHECK ((pin IS NULL) = (pin_state = 'unset'))
) WITH (fillfactor = 80);

-- Who pays for cards in advance. The id is that of its ledger account.
CREATE TABLE customer (
    id BIGINT PRIMARY KEY CHECK (id BETWEEN 1000000 AND 9999999),
    name TEXT COLLATE "C" NOT NULL,
    -- Credit code; empty when it is not on file, like the other fields that nothing is decided by.
    licence TEXT COLLATE "C" NOT NULL,
    contact TEXT COLLATE "C" NOT NULL,
    phone TEXT COLLATE "C" NOT NULL,
    -- The account that it pays from, and is paid back to; empty while it is not on file, and nothing is paid back.
    bank_name TEXT COLLATE "C" NOT NULL,
    bank_account TEXT COLLATE "C" NOT NULL,
    bank_holder TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('active', 'suspended')),
    -- The last move of the status, who made it, and why.
    moved_at BIGINT NOT NULL,
    moved_by BIGINT,
    reason TEXT COLLATE "C" NOT NULL,
    -- What it paid in and neither got back nor put on cards. Written by the books alone.
    deposit BIGINT NOT NULL CHECK (deposit >= 0),
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    changed_at BIGINT NOT NULL,
    -- Counts the changes of its fields, so that a form notices one meanwhile.
    version BIGINT NOT NULL
);
CREATE INDEX customer_name ON customer (name, id);

-- Money that was received: the approval that took it in, and the bank's number of the payment, which counts once.
CREATE TABLE funding (
    transaction_id BIGINT PRIMARY KEY,
    reference TEXT COLLATE "C" NOT NULL UNIQUE
);

-- Cards of batches that are in use, or no more: an activation and a stock movement take cards that are not among them.
CREATE INDEX card_in_use ON card (serial, status) WHERE status <> 'issued';

-- ---- Card batches: cards that are made together, where they are, which of them were activated ----

-- The cards of batch b at the places 1 to `made` are those with the serials b * 1,000,000 + place.
CREATE TABLE card_batch (
    id BIGINT PRIMARY KEY CHECK (id BETWEEN 1 AND 999999),
    programme_id BIGINT NOT NULL REFERENCES programme (id),
    -- Whom they are made for; NULL for stock.
    customer_id BIGINT REFERENCES customer (id),
    quantity BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 200000),
    printed_text TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL
        CHECK (status IN ('draft', 'approved', 'generated', 'received', 'closed', 'cancelled')),
    -- How many cards there are already.
    made BIGINT NOT NULL CHECK (made BETWEEN 0 AND quantity),
    made_at BIGINT NOT NULL,
    made_by BIGINT NOT NULL,
    -- The approval; NULL before it, and of a batch that never had one.
    approval BIGINT,
    generated_at BIGINT,
    received_at BIGINT,
    -- When it was closed or cancelled, by whom, and why it was cancelled.
    ended_at BIGINT,
    ended_by BIGINT,
    reason TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    -- The request that entered it: the same form sent twice is one batch.
    request BYTEA NOT NULL UNIQUE CHECK (length(request) = 16),
    CHECK (status NOT IN ('generated', 'received', 'closed') OR made = quantity),
    CHECK ((status IN ('closed', 'cancelled')) = (ended_at IS NOT NULL))
);

-- Where cards of a batch went: the last movement of a place says where its card is. A place without one is at the maker.
CREATE TABLE card_stock (
    id BIGINT PRIMARY KEY,
    batch_id BIGINT NOT NULL REFERENCES card_batch (id),
    first_place BIGINT NOT NULL CHECK (first_place > 0),
    last_place BIGINT NOT NULL,
    keeper TEXT COLLATE "C" NOT NULL CHECK (keeper IN ('vault', 'outlet', 'customer', 'spoiled')),
    outlet_id BIGINT,
    customer_id BIGINT,
    reason TEXT COLLATE "C" NOT NULL,
    moved_at BIGINT NOT NULL,
    moved_by BIGINT NOT NULL,
    CHECK (last_place >= first_place),
    CHECK ((outlet_id IS NOT NULL) = (keeper = 'outlet')),
    CHECK ((customer_id IS NOT NULL) = (keeper = 'customer'))
);
CREATE INDEX card_stock_batch ON card_stock (batch_id, id);

-- Cards that two persons activated: the approval, and up to which place it is done.
CREATE TABLE card_activation (
    id BIGINT PRIMARY KEY,
    batch_id BIGINT NOT NULL REFERENCES card_batch (id),
    first_place BIGINT NOT NULL CHECK (first_place > 0),
    last_place BIGINT NOT NULL,
    done_to BIGINT NOT NULL CHECK (done_to BETWEEN first_place - 1 AND last_place),
    CHECK (last_place >= first_place)
);
CREATE INDEX card_activation_batch ON card_activation (batch_id, id);

-- Cards by what people say of one: the last four digits, the beginning of the holder's name; and by what lists are narrowed
-- to and counted by.
CREATE INDEX card_last_four ON card (substr(masked, length(masked) - 3), id);
CREATE INDEX card_holder ON card (holder, id);
CREATE INDEX card_status ON card (status, id);
CREATE INDEX card_programme ON card (programme_id, id);
CREATE INDEX card_customer ON card (customer_id, id);

-- Moves of cards: the transaction that made each, the states before and after.
CREATE TABLE card_move (
    id BIGINT PRIMARY KEY,
    card_id BIGINT NOT NULL,
    made TEXT COLLATE "C" NOT NULL
        CHECK (made IN ('freeze', 'report_lost', 'report_stolen', 'lock_pin', 'unlock', 'reopen', 'close')),
    from_status TEXT COLLATE "C" NOT NULL,
    to_status TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL
);
CREATE INDEX card_move_card ON card_move (card_id, made, id);

-- The latest activation code of a card: keyed, used once, ended by five wrong ones.
CREATE TABLE card_code (
    card_id BIGINT PRIMARY KEY,
    value BYTEA NOT NULL CHECK (length(value) = 32),
    value_generation BIGINT NOT NULL,
    -- The transaction that made it, when, and who saw it.
    made_in BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    made_by BIGINT NOT NULL,
    -- The proposal that took the card's PIN away; NULL for a card that was never used.
    reset_by BIGINT,
    expires_at BIGINT NOT NULL,
    tries_left BIGINT NOT NULL CHECK (tries_left BETWEEN 0 AND 5),
    used_at BIGINT
);

-- Wrong PINs of one day, for numbers that are cards and for numbers that are not.
CREATE TABLE pin_tries (
    lookup BYTEA PRIMARY KEY CHECK (length(lookup) = 16),
    lookup_generation BIGINT NOT NULL,
    tried_on BIGINT NOT NULL,
    -- Tries by place: `outlet:2501001 3`, with a comma between.
    places TEXT COLLATE "C" NOT NULL
);

-- What watches wrong PINs: a till, a person, a key, a network. Written by the books, and removed by a manager's unlock.
CREATE TABLE pin_sweep (
    watch TEXT COLLATE "C" PRIMARY KEY,
    -- Where the last one was typed.
    merchant_id BIGINT NOT NULL,
    outlet_id BIGINT NOT NULL,
    -- The cards: look-up value and moment, 24 bytes each, the latest last.
    cards BYTEA NOT NULL CHECK (length(cards) % 24 = 0),
    cards_generation BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    paused_until BIGINT,
    stopped_at BIGINT
);
CREATE INDEX pin_sweep_merchant ON pin_sweep (merchant_id);
-- What can be forgotten, and what happened lately.
CREATE INDEX pin_sweep_seen ON pin_sweep (seen_at);
CREATE INDEX pin_sweep_stopped ON pin_sweep (stopped_at) WHERE stopped_at IS NOT NULL;

-- Settings that differ from their default, by name: `domain::limits`.
CREATE TABLE setting (
    name TEXT COLLATE "C" PRIMARY KEY,
    value BIGINT NOT NULL
);

-- Kinds of transaction: the program fills in its own list, `domain::ledger::Kind`. A new kind is one row.
CREATE TABLE transaction_kind (
    word TEXT COLLATE "C" PRIMARY KEY
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
    kind TEXT COLLATE "C" NOT NULL REFERENCES transaction_kind (word),
    order_id BIGINT,
    -- The sale that this refunds, voids, reverses or disputes, and the manager who consented.
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
    -- The card's transaction before this one: its movements are read backwards, without an index.
    card_previous BIGINT,
    -- Which fields the hash covers, under which secret: `domain::ledger::Format`.
    format BIGINT NOT NULL CHECK (format BETWEEN 1 AND 255),
    hash BYTEA NOT NULL CHECK (length(hash) = 32)
);

CREATE UNIQUE INDEX ledger_transaction_request ON ledger_transaction (request_id, merchant_id);
CREATE INDEX ledger_transaction_order ON ledger_transaction (order_id) WHERE order_id IS NOT NULL;
-- A merchant's day, page by page. Ascends with time within a merchant, so that inserts stay on its last page.
CREATE INDEX ledger_transaction_day ON ledger_transaction (merchant_id, business_date, id);
-- What a till did since its last batch was closed.
CREATE INDEX ledger_transaction_till ON ledger_transaction (terminal_id, id);

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

-- What went back from merchants, and payouts. The range is that of merchants' ids, so no sale and no load is in it.
CREATE INDEX ledger_transfer_back ON ledger_transfer (debit, business_date, transaction_id)
    WHERE debit BETWEEN 1000 AND 999999;

-- What moved customers' deposits. The range is that of customers' ids, so no sale is in it.
CREATE INDEX ledger_transfer_spent ON ledger_transfer (debit, transaction_id)
    WHERE debit BETWEEN 1000000 AND 9999999;
CREATE INDEX ledger_transfer_deposited ON ledger_transfer (credit, transaction_id)
    WHERE credit BETWEEN 1000000 AND 9999999;

-- What was received for cards, paid out and kept as fees: accounts of the card company itself, which no sale touches.
CREATE INDEX ledger_transfer_received ON ledger_transfer (debit, amount) WHERE debit < 1000;
CREATE INDEX ledger_transfer_paid ON ledger_transfer (credit, amount) WHERE credit < 1000;

-- Where each slot's chain ends, sealed under a key outside the database.
CREATE TABLE ledger_head (
    slot BIGINT PRIMARY KEY,
    sequence BIGINT NOT NULL,
    hash BYTEA NOT NULL CHECK (length(hash) = 32),
    -- Of the seal.
    format BIGINT NOT NULL,
    seal BYTEA NOT NULL CHECK (length(seal) = 32)
);

CREATE TABLE product (
    list_id BIGINT NOT NULL REFERENCES product_list (id),
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
    -- Most pieces on one order; NULL for any.
    sale_max BIGINT CHECK (sale_max BETWEEN 1 AND 999),
    -- 1: the cashier looks at the buyer's identity card.
    id_check BIGINT NOT NULL CHECK (id_check IN (0, 1)),
    -- What counts of this row where a list above has the product too: 1 the prices, 2 whether it is on sale, 4 the limit.
    own BIGINT NOT NULL CHECK (own BETWEEN 0 AND 7),
    -- Of what a form shows.
    version BIGINT NOT NULL,
    PRIMARY KEY (list_id, code)
);

-- What a product cost and whether cards paid for it, from a moment on until its next row. The first row of a product that
-- was there before anybody changed it begins with 0 and has nobody. It stays when an edition that added the product is taken
-- back.
CREATE TABLE product_price (
    list_id BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    since BIGINT NOT NULL,
    price BIGINT,
    price_low BIGINT,
    price_high BIGINT,
    card_payable BIGINT NOT NULL CHECK (card_payable IN (0, 1)),
    active BIGINT NOT NULL CHECK (active IN (0, 1)),
    own BIGINT NOT NULL CHECK (own BETWEEN 0 AND 7),
    changed_by BIGINT REFERENCES person (id),
    PRIMARY KEY (list_id, code, since)
);

-- Recalls look for a barcode, and for the beginning of an approval number, at every merchant.
CREATE INDEX product_barcode ON product (barcode, list_id);
-- What a list below another one takes off sale is looked up for every search. With a second column that is known: SQLite
-- walks along all products of the list otherwise.
CREATE INDEX product_stopped ON product (list_id, active, code, own) WHERE active = 0;
CREATE INDEX product_approval ON product (approval_no) WHERE approval_no <> '';

-- A change of many products of a list: put together before, live from one moment on, then written into `product` row
-- by row. One that takes another back names it.
CREATE TABLE edition (
    id BIGINT PRIMARY KEY,
    list_id BIGINT NOT NULL REFERENCES product_list (id),
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('gathering', 'staged', 'scheduled', 'live', 'dropped')),
    -- Counts a list's live editions from 1.
    number BIGINT,
    undoes BIGINT REFERENCES edition (id),
    -- The file that it comes from, or what it takes back.
    source TEXT COLLATE "C" NOT NULL,
    made_at BIGINT NOT NULL,
    made_by BIGINT NOT NULL REFERENCES person (id),
    added BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    stopped BIGINT NOT NULL,
    removed BIGINT NOT NULL,
    -- Of them, those that take two persons each.
    far BIGINT NOT NULL,
    -- Products that it leaves as they are, because they were changed after what it takes back.
    kept BIGINT NOT NULL,
    -- Of all rows as they were put together.
    digest BYTEA NOT NULL CHECK (length(digest) IN (0, 32)),
    -- When it is to be live, and who said so; 0 for at once.
    effective_at BIGINT,
    released_by BIGINT REFERENCES person (id),
    live_at BIGINT,
    CHECK ((live_at IS NOT NULL) = (status = 'live')),
    CHECK ((number IS NOT NULL) = (status = 'live')),
    CHECK (status NOT IN ('scheduled', 'live') OR effective_at IS NOT NULL)
);
CREATE INDEX edition_list ON edition (list_id, id);
CREATE INDEX edition_pending ON edition (list_id) WHERE status IN ('gathering', 'staged', 'scheduled');
CREATE UNIQUE INDEX edition_number ON edition (list_id, number) WHERE number IS NOT NULL;
CREATE INDEX edition_scheduled ON edition (list_id, effective_at, id) WHERE status = 'scheduled';
CREATE INDEX edition_undoes ON edition (undoes) WHERE undoes IS NOT NULL;

-- The edition of a list that is live while its rows are not all in `product`. None: a server writes all of them in the
-- transaction that makes it live, beside the tills.
CREATE TABLE settling (
    list_id BIGINT PRIMARY KEY REFERENCES product_list (id),
    edition_id BIGINT NOT NULL REFERENCES edition (id)
);

-- A product as it is once its edition is live, and as it was before. What changes it meanwhile changes both.
CREATE TABLE edition_row (
    edition_id BIGINT NOT NULL REFERENCES edition (id),
    code TEXT COLLATE "C" NOT NULL,
    -- The part of `product_keys` that it is in.
    part BIGINT NOT NULL,
    move TEXT COLLATE "C" NOT NULL CHECK (move IN ('add', 'change', 'stop', 'remove')),
    -- The product before, as JSON; empty for one that is added.
    before TEXT COLLATE "C" NOT NULL,
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
    sale_max BIGINT CHECK (sale_max BETWEEN 1 AND 999),
    id_check BIGINT NOT NULL CHECK (id_check IN (0, 1)),
    own BIGINT NOT NULL CHECK (own BETWEEN 0 AND 7),
    -- Of the product, once it is this.
    version BIGINT NOT NULL,
    -- How far the price moves, 1/10,000; of what takes two persons by its band at least 3,001.
    moved BIGINT NOT NULL,
    far BIGINT NOT NULL CHECK (far IN (0, 1)),
    -- 1: it costs something else, or is sold or paid for by cards otherwise.
    repriced BIGINT NOT NULL CHECK (repriced IN (0, 1)),
    -- 1: recalls may find it otherwise than before.
    found_otherwise BIGINT NOT NULL CHECK (found_otherwise IN (0, 1)),
    -- 1: it is in `product`.
    settled BIGINT NOT NULL CHECK (settled IN (0, 1)),
    PRIMARY KEY (edition_id, code)
);
CREATE INDEX edition_row_barcode ON edition_row (edition_id, barcode, code, settled, move)
    WHERE settled = 0 AND move <> 'remove';
CREATE INDEX edition_row_moved ON edition_row (edition_id, moved DESC, code);
CREATE INDEX edition_row_part ON edition_row (edition_id, part, code);
CREATE INDEX edition_row_unsettled ON edition_row (edition_id, code) WHERE settled = 0;
CREATE INDEX edition_row_found ON edition_row (edition_id, code) WHERE found_otherwise = 1;

-- The goods as they are sold now.
CREATE VIEW product_now AS
SELECT list_id, code, barcode, name, pinyin, spec, maker, approval_no, category, otc_class, unit, price, price_low,
    price_high, card_payable, active, sale_max, id_check, own, version
FROM product;

-- A file that somebody sent to change many things at once.
CREATE TABLE import (
    id BIGINT PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('products', 'prices', 'outlets', 'people')),
    -- Which goods; NULL for outlets and people.
    list_id BIGINT REFERENCES product_list (id),
    -- What to do with products that are not in it: keep or stop them.
    absent TEXT COLLATE "C" NOT NULL CHECK (absent IN ('keep', 'stop')),
    file_name TEXT COLLATE "C" NOT NULL,
    size BIGINT NOT NULL,
    digest BYTEA NOT NULL CHECK (length(digest) IN (0, 32)),
    made_at BIGINT NOT NULL,
    made_by BIGINT NOT NULL REFERENCES person (id),
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('sending', 'checking', 'unreadable', 'wrong', 'checked', 'cancelled',
        'entering', 'entered', 'retracting', 'retracted')),
    -- Why nothing of it can be read: a word and a number or text with it.
    problem TEXT COLLATE "C" NOT NULL,
    -- How it was written.
    coding TEXT COLLATE "C" NOT NULL,
    -- Rows of data that were read; of them those that change nothing, and those that are wrong.
    lines BIGINT NOT NULL,
    same BIGINT NOT NULL,
    wrong BIGINT NOT NULL,
    -- What it changes of goods; NULL until the whole file is here.
    edition_id BIGINT REFERENCES edition (id),
    -- Who had what it changes of outlets or people written, or taken back, and when; NULL before.
    acted_by BIGINT REFERENCES person (id),
    acted_at BIGINT,
    CHECK ((list_id IS NULL) = (kind IN ('outlets', 'people'))),
    CHECK ((edition_id IS NULL) = (status = 'sending' OR kind IN ('outlets', 'people'))),
    CHECK ((acted_at IS NULL) = (status NOT IN ('entering', 'entered', 'retracting', 'retracted'))),
    CHECK ((acted_by IS NULL) = (acted_at IS NULL))
);
CREATE INDEX import_list ON import (list_id, id);
CREATE INDEX import_edition ON import (edition_id);

-- The file, piece by piece, for 90 days.
CREATE TABLE import_piece (
    import_id BIGINT NOT NULL REFERENCES import (id),
    piece BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (import_id, piece)
);

-- What is wrong with a file, cell by cell, and what was left out of account.
CREATE TABLE import_note (
    import_id BIGINT NOT NULL REFERENCES import (id),
    note BIGINT NOT NULL,
    line BIGINT NOT NULL,
    -- The word of a column, or a heading that none has.
    field TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    fault TEXT COLLATE "C" NOT NULL,
    -- What the advice names.
    hint TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (import_id, note)
);

-- What a file changes of outlets or people, row by row.
CREATE TABLE roll_row (
    import_id BIGINT NOT NULL REFERENCES import (id),
    number BIGINT NOT NULL,
    line BIGINT NOT NULL,
    move TEXT COLLATE "C" NOT NULL CHECK (move IN ('add', 'change')),
    -- The outlet or person; NULL for a new one until it is written.
    subject BIGINT,
    -- Of what it changes; once it is written, of what it made.
    version BIGINT NOT NULL,
    -- The login name of a person; empty for an outlet.
    login TEXT COLLATE "C" NOT NULL,
    -- The fields as they were, empty for a new one, and as they are to be: a line for each.
    before TEXT COLLATE "C" NOT NULL,
    after TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'written', 'left', 'retracted', 'kept')),
    -- Why it was left or kept: a word.
    why TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (import_id, number)
);

-- Work that takes longer than a request, done piece by piece by whichever copy of the program holds it.
CREATE TABLE job (
    id BIGINT PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('check', 'undo', 'publish', 'enter', 'retract', 'make', 'activate', 'spoil')),
    -- The import or edition that it is about.
    subject BIGINT NOT NULL,
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('waiting', 'done', 'failed', 'cancelled')),
    -- Not before.
    due_at BIGINT NOT NULL,
    done BIGINT NOT NULL,
    total BIGINT NOT NULL,
    -- Which copy holds it, until when.
    holder BYTEA CHECK (length(holder) = 16),
    held_until BIGINT NOT NULL,
    failure TEXT COLLATE "C" NOT NULL,
    made_at BIGINT NOT NULL,
    ended_at BIGINT,
    CHECK ((ended_at IS NULL) = (status = 'waiting')),
    UNIQUE (kind, subject)
);
CREATE INDEX job_due ON job (due_at, id) WHERE status = 'waiting';

-- Goods that no till sells any more: who said so, why, and what the tills say.
CREATE TABLE recall (
    id BIGINT PRIMARY KEY,
    -- What was typed: a line per match, the kind and the text.
    goods TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    -- The business date since when they may have been sold.
    since BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    made_by BIGINT NOT NULL REFERENCES person (id),
    ended_at BIGINT
);

-- What recalls cover, as a catalogue may write it.
CREATE TABLE recall_match (
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('code', 'barcode', 'approval')),
    value TEXT COLLATE "C" NOT NULL,
    recall_id BIGINT NOT NULL REFERENCES recall (id),
    PRIMARY KEY (kind, value, recall_id)
);
CREATE INDEX recall_match_recall ON recall_match (recall_id);

-- Prefixes of the labels that a merchant's own scales print, with what these say. Without a row a label is a barcode.
CREATE TABLE in_store_label (
    merchant_id BIGINT NOT NULL REFERENCES merchant (id),
    prefix BIGINT NOT NULL CHECK (prefix BETWEEN 20 AND 29),
    measure TEXT COLLATE "C" NOT NULL CHECK (measure IN ('amount', 'weight')),
    PRIMARY KEY (merchant_id, prefix)
);

-- Goods that a till asks for because its merchant's catalogue lacks them, and the card company's answers. The id ascends
-- with time.
CREATE TABLE product_request (
    id BIGINT PRIMARY KEY,
    merchant_id BIGINT NOT NULL REFERENCES merchant (id),
    outlet_id BIGINT NOT NULL REFERENCES outlet (id),
    terminal_id BIGINT NOT NULL REFERENCES terminal (id),
    -- What was scanned or typed, and what the cashier calls it.
    code TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    asked_by BIGINT NOT NULL REFERENCES person (id),
    asked_at BIGINT NOT NULL,
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('open', 'added', 'mapped', 'refused')),
    -- The product to use; empty when there is none. Its name is that of the answer.
    product_code TEXT COLLATE "C" NOT NULL,
    product_name TEXT COLLATE "C" NOT NULL,
    -- Why it was refused; empty otherwise.
    reason TEXT COLLATE "C" NOT NULL,
    answered_by BIGINT REFERENCES person (id),
    answered_at BIGINT,
    -- 1: an answer that the till still shows.
    unread BIGINT NOT NULL CHECK (unread IN (0, 1)),
    CHECK ((answered_by IS NOT NULL) = (status <> 'open')),
    CHECK ((answered_at IS NOT NULL) = (status <> 'open')),
    CHECK ((product_code <> '') = (status IN ('added', 'mapped'))),
    CHECK ((reason <> '') = (status = 'refused')),
    CHECK (unread = 0 OR status <> 'open')
);
-- One open request for a code at an outlet.
CREATE UNIQUE INDEX product_request_open ON product_request (outlet_id, code) WHERE status = 'open';
CREATE INDEX product_request_status ON product_request (status, id);
CREATE INDEX product_request_unread ON product_request (terminal_id, id) WHERE unread = 1;

-- What a search looks through: per category a line of keys for each product on sale, in parts by a hash of the code, so
-- that a change writes little. Written by product::index and product::index_one.
CREATE TABLE product_keys (
    list_id BIGINT NOT NULL REFERENCES product_list (id),
    category TEXT COLLATE "C" NOT NULL,
    part BIGINT NOT NULL,
    count BIGINT NOT NULL,
    keys TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (list_id, category, part)
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
-- Orders that left the till long after they were opened (microseconds), so that a list by day finds them by that
-- moment.
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
    -- Wrong cards in its reviews.
    wrong_cards BIGINT NOT NULL CHECK (wrong_cards >= 0),
    -- Slips printed.
    prints BIGINT NOT NULL,
    CHECK (reviewer_id IS NULL OR reviewer_id <> applicant_id)
);

CREATE INDEX refund_order ON refund (order_id);
CREATE INDEX refund_merchant ON refund (merchant_id, id);
CREATE INDEX refund_open ON refund (status, merchant_id) WHERE status IN ('requested', 'escalated');
-- What somebody decided, the latest first.
CREATE INDEX refund_reviewer ON refund (reviewer_id, id) WHERE reviewer_id IS NOT NULL;

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

-- ---- Disputes ----

-- Disputes: what a card holder contests. Written only by the money path; the id is the number of the transaction that
-- opened it.
CREATE TABLE dispute (
    id BIGINT PRIMARY KEY,
    order_id BIGINT NOT NULL REFERENCES orders (id),
    merchant_id BIGINT NOT NULL,
    outlet_id BIGINT NOT NULL,
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('opened', 'answered', 'upheld', 'rejected')),
    amount BIGINT NOT NULL CHECK (amount > 0),
    claim TEXT COLLATE "C" NOT NULL
        CHECK (claim IN ('not_authorised', 'not_received', 'wrong_amount', 'duplicate', 'quality')),
    words TEXT COLLATE "C" NOT NULL,
    opener_id BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    answer_until BIGINT NOT NULL,
    -- The merchant's answer: whether the holder is right, who said so, when, why, in which transaction.
    accepted BIGINT CHECK (accepted IN (0, 1)),
    answerer_id BIGINT,
    answered_at BIGINT,
    answer TEXT COLLATE "C" NOT NULL,
    answered_by BIGINT,
    -- The company's decision.
    decider_id BIGINT,
    decided_at BIGINT,
    opinion TEXT COLLATE "C" NOT NULL,
    decided_by BIGINT,
    CHECK (decider_id IS NULL OR decider_id <> opener_id)
);

CREATE INDEX dispute_order ON dispute (order_id);
CREATE INDEX dispute_merchant ON dispute (merchant_id, id);
-- One of an order at a time.
CREATE UNIQUE INDEX dispute_open ON dispute (order_id) WHERE status IN ('opened', 'answered');
CREATE INDEX dispute_waiting ON dispute (status, id) WHERE status IN ('opened', 'answered');

-- ---- Settlement with merchants ----

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
    kind TEXT COLLATE "C" NOT NULL REFERENCES transaction_kind (word),
    count BIGINT NOT NULL CHECK (count > 0),
    sum BIGINT NOT NULL CHECK (sum > 0),
    PRIMARY KEY (settlement_id, business_date, kind)
);

-- ---- Proposals: what one person of the card company proposes and another decides ----

-- Written only by the money path; the id is the number of the transaction that made it.
CREATE TABLE proposal (
    id BIGINT PRIMARY KEY,
    act TEXT COLLATE "C" NOT NULL CHECK (
        act IN (
            'merchant_fee', 'company_key', 'merchant_opening', 'merchant_bank', 'merchant_resuming', 'outlet_opening',
            'outlet_resuming', 'factor_rule', 'company_roles', 'person_reset', 'factor_reset',
            'login_parting', 'guessing_limit', 'merchant_payable',
            'recall_ending', 'product_price', 'product_edition',
            'funding', 'funding_return', 'load', 'adjustment', 'customer_resuming', 'card_reopening', 'card_unlocking',
            'card_closing', 'programme_opening', 'programme_terms', 'programme_resuming', 'card_batch',
            'card_activation', 'card_pin'
        )
    ),
    -- The number of what it is about.
    subject BIGINT NOT NULL,
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('open', 'approved', 'rejected', 'withdrawn')),
    amount BIGINT NOT NULL CHECK (amount >= 0),
    count BIGINT NOT NULL CHECK (count > 0),
    -- The act's fields, and what the maker was shown of the rows that it is about: `domain::acts`.
    payload TEXT COLLATE "C" NOT NULL CHECK (length(payload) <= 4096),
    seen TEXT COLLATE "C" NOT NULL CHECK (length(seen) <= 4096),
    maker_id BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- Who approved it or turned it down, when, why, a digest of what that person was shown, in which transaction. Of a
    -- withdrawn one only when and in which transaction.
    checker_id BIGINT,
    decided_at BIGINT,
    opinion TEXT COLLATE "C" NOT NULL,
    shown_digest BYTEA CHECK (length(shown_digest) = 32),
    decided_by BIGINT,
    CHECK (checker_id IS NULL OR checker_id <> maker_id),
    CHECK ((checker_id IS NOT NULL) = (status IN ('approved', 'rejected'))),
    CHECK ((shown_digest IS NOT NULL) = (status IN ('approved', 'rejected'))),
    CHECK ((decided_by IS NOT NULL) = (status <> 'open'))
);

CREATE INDEX proposal_status ON proposal (status, id);
-- What a person proposed of one kind, the latest first.
CREATE INDEX proposal_maker ON proposal (maker_id, act, id);
-- What was proposed about one thing.
CREATE INDEX proposal_subject ON proposal (act, subject, id);
-- What waiting proposals would spend of a deposit.
CREATE INDEX proposal_open ON proposal (subject, act, id) WHERE status = 'open';

-- ---- Programs that sell for a merchant: their keys, the requests they repeat ----

-- The secret is not here, only its SHA-256. A key acts as a person of its own, who cannot sign in.
CREATE TABLE api_key (
    id BIGINT PRIMARY KEY,
    -- Where it may act.
    place TEXT COLLATE "C" NOT NULL CHECK (place IN ('company', 'merchant', 'outlet')),
    merchant_id BIGINT REFERENCES merchant (id),
    outlet_id BIGINT,
    -- The only terminal that it sells at, if there is one.
    terminal BIGINT REFERENCES terminal (id),
    person_id BIGINT NOT NULL UNIQUE REFERENCES person (id),
    name TEXT COLLATE "C" NOT NULL,
    secret_hash BYTEA NOT NULL CHECK (length(secret_hash) = 32),
    may_read BIGINT NOT NULL CHECK (may_read IN (0, 1)),
    may_sell BIGINT NOT NULL CHECK (may_sell IN (0, 1)),
    may_refund BIGINT NOT NULL CHECK (may_refund IN (0, 1)),
    may_catalogue BIGINT NOT NULL CHECK (may_catalogue IN (0, 1)),
    may_webhooks BIGINT NOT NULL CHECK (may_webhooks IN (0, 1)),
    -- 1: every request carries a signature.
    signed BIGINT NOT NULL CHECK (signed IN (0, 1)),
    -- Requests per minute.
    rate_max BIGINT NOT NULL CHECK (rate_max > 0),
    created_at BIGINT NOT NULL,
    created_by BIGINT NOT NULL REFERENCES person (id),
    expires_at BIGINT NOT NULL,
    -- 1: opens nothing until another person has approved its proposal. Woken only by the money path.
    asleep BIGINT NOT NULL CHECK (asleep IN (0, 1)),
    revoked_at BIGINT,
    revoked_by BIGINT REFERENCES person (id),
    -- The key that took its place; both are good until this one expires.
    replaced_by BIGINT REFERENCES api_key (id),
    -- Last use, to the minute.
    seen_at BIGINT,
    address TEXT COLLATE "C" NOT NULL,
    CHECK ((merchant_id IS NOT NULL) = (place <> 'company')),
    CHECK ((outlet_id IS NOT NULL) = (place = 'outlet')),
    FOREIGN KEY (outlet_id, merchant_id) REFERENCES outlet (id, merchant_id)
);
CREATE INDEX api_key_merchant ON api_key (merchant_id, id);
-- Keys that end soon.
CREATE INDEX api_key_expires ON api_key (expires_at) WHERE revoked_at IS NULL AND replaced_by IS NULL;

-- Nonces of signed requests; older ones than a signature is good for are gone.
CREATE TABLE api_nonce (
    key_id BIGINT NOT NULL REFERENCES api_key (id),
    nonce TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (key_id, nonce)
);
CREATE INDEX api_nonce_at ON api_nonce (at);

-- What an Idempotency-Key was used for. The record of money is the ledger's, so `answer` is for everything else.
CREATE TABLE idempotency (
    merchant_id BIGINT NOT NULL,
    request_id BYTEA NOT NULL CHECK (length(request_id) = 16),
    -- 'blocked': a payment that was taken back before it arrived.
    operation TEXT COLLATE "C" NOT NULL,
    -- Digest of what was asked, never of a PIN.
    content BYTEA NOT NULL CHECK (length(content) = 32),
    order_id BIGINT,
    status BIGINT,
    answer TEXT COLLATE "C",
    at BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, request_id)
);
CREATE INDEX idempotency_answer ON idempotency (at) WHERE answer IS NOT NULL;

-- The number that the merchant's own system gave an order.
CREATE TABLE merchant_order (
    order_id BIGINT PRIMARY KEY REFERENCES orders (id),
    merchant_id BIGINT NOT NULL,
    number TEXT COLLATE "C" NOT NULL
);
CREATE INDEX merchant_order_number ON merchant_order (merchant_id, number);

-- ---- What merchants' own systems are told: events, where they go, what came of each delivery ----

CREATE TABLE webhook_endpoint (
    id BIGINT PRIMARY KEY,
    merchant_id BIGINT NOT NULL REFERENCES merchant (id),
    -- Only this outlet's events; all of the merchant's when there is none.
    outlet_id BIGINT REFERENCES outlet (id),
    url TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    -- Words with a blank between.
    events TEXT COLLATE "C" NOT NULL,
    -- paused: by somebody; failed: by itself, after days of nothing but failures; deleted: kept for what it delivered.
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('active', 'paused', 'failed', 'deleted')),
    -- The secret is derived from this under a key outside the database.
    salt BYTEA NOT NULL CHECK (length(salt) = 16),
    salt_generation BIGINT NOT NULL,
    -- The one before it, which signs too until a moment.
    salt_before BYTEA CHECK (length(salt_before) = 16),
    salt_before_generation BIGINT,
    salt_before_until BIGINT,
    created_at BIGINT NOT NULL,
    created_by BIGINT NOT NULL REFERENCES person (id),
    delivered_at BIGINT,
    -- The first failure since the last success.
    failing_since BIGINT
);
CREATE INDEX webhook_endpoint_merchant ON webhook_endpoint (merchant_id, id);
-- The money path asks this one for every merchant of a group.
CREATE INDEX webhook_endpoint_active ON webhook_endpoint (merchant_id) WHERE status = 'active';

-- The outbox. Written in the commit of what it tells; ascends with time.
CREATE TABLE webhook_event (
    id BIGINT PRIMARY KEY,
    merchant_id BIGINT NOT NULL,
    outlet_id BIGINT NOT NULL,
    -- Events of one object are told in order.
    object_id BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    payload TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE webhook_delivery (
    endpoint_id BIGINT NOT NULL REFERENCES webhook_endpoint (id),
    event_id BIGINT NOT NULL REFERENCES webhook_event (id),
    object_id BIGINT NOT NULL,
    -- parked: given up until somebody asks for it again.
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('pending', 'delivered', 'parked')),
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    give_up_at BIGINT,
    -- Leased to an instance until then.
    lease BYTEA CHECK (length(lease) = 16),
    leased_until BIGINT,
    -- The last answer: HTTP status, or none with the reason in `answer`.
    tried_at BIGINT,
    answer_status BIGINT,
    answer TEXT COLLATE "C",
    PRIMARY KEY (endpoint_id, event_id)
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint_id, due_at) WHERE status = 'pending';
CREATE INDEX webhook_delivery_object ON webhook_delivery (endpoint_id, object_id, event_id) WHERE status = 'pending';
CREATE INDEX webhook_delivery_event ON webhook_delivery (event_id);

-- ---- What archived transactions leave behind; written by archiving alone, under the chain's seal ----

-- Where the chain goes on. What is numbered up to here and still present was kept.
CREATE TABLE ledger_opening (
    slot BIGINT PRIMARY KEY,
    sequence BIGINT NOT NULL,
    hash BYTEA NOT NULL CHECK (length(hash) = 32),
    -- The day up to which transactions were archived.
    until_date BIGINT NOT NULL,
    -- A sum over the tables below and what was kept.
    carried BYTEA NOT NULL CHECK (length(carried) = 32),
    -- Of the seal and the sum.
    format BIGINT NOT NULL,
    seal BYTEA NOT NULL CHECK (length(seal) = 32)
);

-- Credits less debits of archived transfers.
CREATE TABLE opening_balance (
    account BIGINT PRIMARY KEY,
    amount BIGINT NOT NULL
);

-- Each card's latest transaction that was passed; it may be in the archive.
CREATE TABLE opening_card (
    card_id BIGINT PRIMARY KEY,
    last_id BIGINT NOT NULL
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
    kind TEXT COLLATE "C" NOT NULL REFERENCES transaction_kind (word),
    count BIGINT NOT NULL CHECK (count > 0),
    sum BIGINT NOT NULL CHECK (sum > 0),
    PRIMARY KEY (settlement_id, business_date, kind)
);
