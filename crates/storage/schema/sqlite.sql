-- The schema. Edited in place until the first release: a database made by another text is refused.
--
-- Money in fen, moments in microseconds UTC, dates as yyyymmdd, booleans 0/1. Nothing here is computed by the database.
-- Ids come from the program. A `..._generation` says under which generation of the keys outside the database the value
-- beside it was made; a value of a chain or a seal says so by its format. Keys of growing tables ascend with time, so that inserts stay on few pages.

-- The digest of this text, so that a program with another schema notices.
CREATE TABLE schema_digest (
    digest TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Which keys belong to this database: a value computed under them, so that an instance with other keys notices.
CREATE TABLE vault_mark (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    mark BLOB NOT NULL CHECK (length(mark) = 32),
    mark_generation INTEGER NOT NULL
) STRICT;

-- ---- Who sells where, who may sign in, and what they did ----

-- The card company, one row once somebody has filled it in.
CREATE TABLE company (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    name TEXT NOT NULL,
    -- What its merchants' numbers begin with: institution, then region.
    institution TEXT NOT NULL,
    region TEXT NOT NULL,
    -- What its cards' numbers begin with, 6 to 8 digits.
    bin TEXT NOT NULL,
    hotline TEXT NOT NULL,
    -- Its name on slips.
    slip_issuer TEXT NOT NULL,
    -- 1: its people need a second factor. Turned off by approved proposals alone.
    factor_required INTEGER NOT NULL CHECK (factor_required IN (0, 1)),
    changed_at INTEGER NOT NULL,
    changed_by INTEGER,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE merchant (
    id INTEGER PRIMARY KEY,
    mid TEXT NOT NULL UNIQUE CHECK (length(mid) = 15),
    name TEXT NOT NULL,
    -- What its slips say.
    short_name TEXT NOT NULL,
    -- Credit code; empty when it is not on file, like the other fields that nothing is decided by.
    licence TEXT NOT NULL,
    contact TEXT NOT NULL,
    phone TEXT NOT NULL,
    -- Where it is paid to. Written by approved proposals alone.
    bank_name TEXT NOT NULL,
    bank_account TEXT NOT NULL,
    bank_holder TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('draft', 'active', 'suspended', 'closed')),
    -- The last move of the status, who made it, and why.
    moved_at INTEGER NOT NULL,
    moved_by INTEGER,
    reason TEXT NOT NULL,
    -- 1: drugs are taken back for any reason, not only for their quality.
    drug_returns INTEGER NOT NULL CHECK (drug_returns IN (0, 1)),
    -- 1: it decides itself which of its goods a card pays.
    decides_payable INTEGER NOT NULL CHECK (decides_payable IN (0, 1)),
    -- Basis points; none is agreed while there is none, and nothing is settled.
    fee_bp INTEGER CHECK (fee_bp BETWEEN 0 AND 1000),
    created_at INTEGER NOT NULL,
    created_by INTEGER,
    changed_at INTEGER NOT NULL,
    -- Counts the changes of its fields, so that a form notices one meanwhile.
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX merchant_name ON merchant (name);
CREATE INDEX merchant_status ON merchant (status, id);

-- Goods and what they cost, for the tills of a merchant or of some of its outlets, or for many merchants under a list of
-- the card company. What a list above says counts, but for the prices, the limit and the sale of a product that the list
-- itself says.
CREATE TABLE product_list (
    -- A merchant's own list has the merchant's id; the others have ids from 1,000,000 on.
    id INTEGER PRIMARY KEY,
    -- Whose it is; NULL for the card company.
    merchant_id INTEGER REFERENCES merchant (id),
    -- Empty for a merchant's own list, which is called like the merchant.
    name TEXT NOT NULL,
    parent_id INTEGER REFERENCES product_list (id),
    created_at INTEGER NOT NULL,
    created_by INTEGER,
    -- Counts its changes, so that a form notices one meanwhile.
    version INTEGER NOT NULL,
    CHECK (id <> parent_id)
) STRICT;
CREATE INDEX product_list_merchant ON product_list (merchant_id, id);
CREATE INDEX product_list_parent ON product_list (parent_id) WHERE parent_id IS NOT NULL;

-- What each list is called.
CREATE VIEW product_list_name AS
SELECT product_list.id, product_list.merchant_id,
    CASE WHEN product_list.name = '' THEN merchant.name ELSE product_list.name END AS name
FROM product_list LEFT JOIN merchant ON merchant.id = product_list.merchant_id;

CREATE TABLE outlet (
    id INTEGER PRIMARY KEY,
    merchant_id INTEGER NOT NULL REFERENCES merchant (id),
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    -- Four digits, as in the merchant number.
    region TEXT NOT NULL,
    phone TEXT NOT NULL,
    -- Opening hours: `Mo-Su 08:00-21:00`.
    hours TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('draft', 'active', 'suspended', 'closed')),
    moved_at INTEGER NOT NULL,
    moved_by INTEGER,
    reason TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by INTEGER,
    changed_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    -- 'required': only a browser that was enrolled as a till sells. 'off': people also sell at their own till.
    enrolment TEXT NOT NULL CHECK (enrolment IN ('required', 'off')),
    -- The goods that its tills sell; NULL for the merchant's own list.
    list_id INTEGER REFERENCES product_list (id),
    -- What refers to an outlet with its merchant.
    UNIQUE (id, merchant_id)
) STRICT;
CREATE INDEX outlet_merchant ON outlet (merchant_id, id);
CREATE INDEX outlet_list ON outlet (list_id) WHERE list_id IS NOT NULL;
CREATE INDEX outlet_name ON outlet (name);
CREATE INDEX outlet_status ON outlet (status, id);
CREATE INDEX outlet_region ON outlet (region, id);
CREATE INDEX outlet_hours ON outlet (hours);

-- The id is the terminal number, 8 digits.
CREATE TABLE terminal (
    id INTEGER PRIMARY KEY CHECK (id BETWEEN 10000000 AND 99999999),
    outlet_id INTEGER NOT NULL REFERENCES outlet (id),
    -- What people call it.
    label TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('new', 'active', 'disabled', 'retired')),
    moved_at INTEGER NOT NULL,
    moved_by INTEGER,
    reason TEXT NOT NULL,
    batch_no INTEGER NOT NULL,
    paper TEXT NOT NULL CHECK (paper IN ('p80', 'p58', 'pa4')),
    -- Longest pause between two characters of a scanner, milliseconds.
    scan_gap_ms INTEGER NOT NULL CHECK (scan_gap_ms BETWEEN 20 AND 120),
    -- When it was last used, to the minute.
    seen_at INTEGER,
    created_at INTEGER NOT NULL,
    created_by INTEGER,
    changed_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX terminal_outlet ON terminal (outlet_id, id);
CREATE INDEX terminal_status ON terminal (status, id);
CREATE INDEX terminal_seen ON terminal (seen_at);

-- One-time codes that make a browser a terminal: a keyed value of the code, one for each terminal.
CREATE TABLE enrolment_code (
    terminal_id INTEGER PRIMARY KEY REFERENCES terminal (id),
    code BLOB NOT NULL UNIQUE CHECK (length(code) = 32),
    code_generation INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

-- Browsers that are terminals. The cookie's token is not here, only its SHA-256.
CREATE TABLE device (
    id_hash BLOB PRIMARY KEY CHECK (length(id_hash) = 32),
    terminal_id INTEGER NOT NULL UNIQUE REFERENCES terminal (id),
    enrolled_at INTEGER NOT NULL,
    -- The browser's own description, and where it was.
    agent TEXT NOT NULL,
    address TEXT NOT NULL
) STRICT;

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
    -- Until when an initial password opens anything; none for one of the person's own.
    password_expires_at INTEGER,
    -- `key` is the person that an API key acts as, who never signs in.
    status TEXT NOT NULL CHECK (status IN ('invited', 'active', 'disabled', 'left', 'key')),
    phone TEXT,
    -- Of the pages; none for the browser's own choice.
    language TEXT CHECK (language IN ('zh', 'en')),
    last_login_at INTEGER,
    created_at INTEGER NOT NULL,
    -- None for the command line and the demo.
    created_by INTEGER REFERENCES person (id),
    changed_at INTEGER NOT NULL,
    -- Counts changes of what a form shows, so that a form from before one is refused.
    version INTEGER NOT NULL,
    -- Where the person belongs. Never inferred from an empty column.
    place TEXT NOT NULL CHECK (place IN ('company', 'merchant', 'outlet')),
    merchant_id INTEGER REFERENCES merchant (id),
    outlet_id INTEGER,
    -- The till that the person works at, of the own outlet.
    default_terminal INTEGER REFERENCES terminal (id),
    -- The human behind the login, the same for every login of one human. A key's is its maker's.
    human_id INTEGER NOT NULL REFERENCES person (id),
    -- When it was joined to that human's other logins, if it was not so from the start.
    joined_at INTEGER,
    -- The person who last gave it a password, none when that was the command line; and when. Both empty: nobody did.
    given_by INTEGER REFERENCES person (id),
    given_at INTEGER,
    CHECK ((merchant_id IS NOT NULL) = (place <> 'company')),
    CHECK ((outlet_id IS NOT NULL) = (place = 'outlet')),
    CHECK (default_terminal IS NULL OR place = 'outlet'),
    CHECK (given_by IS NULL OR given_at IS NOT NULL),
    FOREIGN KEY (outlet_id, merchant_id) REFERENCES outlet (id, merchant_id)
) STRICT;
CREATE INDEX person_merchant ON person (merchant_id, id);
CREATE INDEX person_outlet ON person (outlet_id, id);
CREATE INDEX person_name ON person (name);
CREATE INDEX person_number ON person (number);
CREATE INDEX person_phone ON person (phone);
CREATE INDEX person_status ON person (status, id);
-- The few who belong to no outlet.
CREATE INDEX person_office ON person (place, id) WHERE place <> 'outlet';
-- Who has not signed in for long.
CREATE INDEX person_seen ON person (status, COALESCE(last_login_at, created_at));
-- The logins of one human.
CREATE INDEX person_human ON person (human_id);

CREATE TABLE person_role (
    person_id INTEGER NOT NULL REFERENCES person (id),
    role TEXT NOT NULL CHECK (
        role IN ('cashier', 'store_manager', 'chain_manager', 'agent', 'operator', 'checker', 'finance', 'auditor', 'admin')
    ),
    -- The last day on which it grants anything, for a deputy.
    ends_on INTEGER,
    -- The approval that gave it; none for what one person gives.
    given_by INTEGER,
    PRIMARY KEY (person_id, role)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_role_role ON person_role (role, person_id);

-- The cookie's token is not here, only its SHA-256, so a reader of the database cannot take over a session.
CREATE TABLE session (
    id_hash BLOB PRIMARY KEY CHECK (length(id_hash) = 32),
    person_id INTEGER NOT NULL REFERENCES person (id),
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    locked INTEGER NOT NULL CHECK (locked IN (0, 1)),
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    -- When the second factor was last proved here, or the password again by somebody without one.
    proved_at INTEGER,
    -- The till that it was last used at.
    terminal_id INTEGER
) STRICT;
CREATE INDEX session_person ON session (person_id);
CREATE INDEX session_terminal ON session (terminal_id) WHERE terminal_id IS NOT NULL;
-- Sessions that are over.
CREATE INDEX session_created ON session (created_at);

-- A person's second factor: the seed of one-time codes, sealed by the keys outside the database.
CREATE TABLE factor (
    person_id INTEGER PRIMARY KEY REFERENCES person (id),
    seed BLOB NOT NULL,
    seed_generation INTEGER NOT NULL,
    -- The last step of 30 seconds whose code was accepted: each is accepted once.
    step INTEGER NOT NULL,
    set_at INTEGER NOT NULL
) STRICT;

-- Recovery codes, hashed like passwords.
CREATE TABLE recovery_code (
    person_id INTEGER NOT NULL REFERENCES person (id),
    number INTEGER NOT NULL,
    hash TEXT NOT NULL,
    used_at INTEGER,
    PRIMARY KEY (person_id, number)
) STRICT, WITHOUT ROWID;

-- Captchas that were answered. What was only shown leaves no row: its text follows from its id, under a key.
CREATE TABLE captcha (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX captcha_expires ON captcha (expires_at);

-- Counts wrong passwords per login name and place, per session and per network, for people who exist and for names that
-- do not.
CREATE TABLE throttle (
    key TEXT PRIMARY KEY,
    window_start INTEGER NOT NULL,
    count INTEGER NOT NULL,
    blocked_until INTEGER NOT NULL
) STRICT;
CREATE INDEX throttle_window ON throttle (window_start);
-- What is blocked now.
CREATE INDEX throttle_blocked ON throttle (blocked_until);

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
CREATE INDEX audit_terminal ON audit (terminal_id, id);
-- How many card numbers a person had shown today.
CREATE INDEX audit_number_shown ON audit (person_id, at) WHERE action = 'card_number_shown';
-- Who had the number of a card shown.
CREATE INDEX audit_number_of ON audit (subject, person_id) WHERE action = 'card_number_shown';

-- ---- Cards, ledger, products, orders ----

-- Terms, state and reason are written by the books alone.
CREATE TABLE programme (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    -- What its cards' numbers begin with: the BIN, and two digits that are its own.
    bin TEXT NOT NULL CHECK (length(bin) BETWEEN 6 AND 8 AND bin NOT GLOB '*[^0-9]*'),
    series TEXT NOT NULL CHECK (length(series) = 2 AND series NOT GLOB '*[^0-9]*'),
    number_length INTEGER NOT NULL CHECK (number_length IN (16, 19)),
    template TEXT NOT NULL CHECK (template IN ('named', 'anonymous', 'benefit')),
    named INTEGER NOT NULL CHECK (named IN (0, 1)),
    balance_max INTEGER NOT NULL CHECK (balance_max > 0),
    load_max INTEGER NOT NULL CHECK (load_max > 0),
    sale_max INTEGER NOT NULL CHECK (sale_max > 0),
    daily_max INTEGER NOT NULL CHECK (daily_max > 0),
    daily_count_max INTEGER NOT NULL CHECK (daily_count_max > 0),
    -- Without it a month has no limit.
    month_max INTEGER CHECK (month_max > 0),
    -- Without it cards never expire.
    validity_months INTEGER CHECK (validity_months > 0),
    -- How long the merchant may refund a sale, microseconds.
    refund_window INTEGER NOT NULL CHECK (refund_window > 0),
    loss_report INTEGER NOT NULL CHECK (loss_report IN (0, 1)),
    redeem INTEGER NOT NULL CHECK (redeem IN (0, 1)),
    redeem_wait_days INTEGER NOT NULL CHECK (redeem_wait_days >= 0),
    pin_mode TEXT NOT NULL CHECK (pin_mode IN ('mailer', 'first_use')),
    -- Whom holders call; empty for the company's own number.
    hotline TEXT NOT NULL,
    -- What the company's counsel wrote.
    basis TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('draft', 'active', 'suspended', 'ended')),
    -- The last move of the status, who made it, and why.
    moved_at INTEGER NOT NULL,
    moved_by INTEGER,
    reason TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- Without it the program made it: in a demonstration.
    created_by INTEGER,
    changed_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    UNIQUE (bin, series)
) STRICT;

-- What one person did to a programme: lowered limits, a suspension, an end. The id is that of the transaction.
CREATE TABLE programme_change (
    id INTEGER PRIMARY KEY,
    programme_id INTEGER NOT NULL REFERENCES programme (id),
    what TEXT NOT NULL CHECK (what IN ('lower', 'suspend', 'end')),
    -- The new terms of lowered limits, and what the person was shown of the programme: `domain::acts`.
    payload TEXT NOT NULL CHECK (length(payload) <= 4096),
    seen TEXT NOT NULL CHECK (length(seen) <= 4096),
    reason TEXT NOT NULL,
    person_id INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX programme_change_programme ON programme_change (programme_id, id);

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
    lookup_generation INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    sealed_generation INTEGER NOT NULL,
    -- The number as it may be seen.
    masked TEXT NOT NULL,
    programme_id INTEGER NOT NULL REFERENCES programme (id),
    status TEXT NOT NULL
        CHECK (status IN ('issued', 'active', 'frozen', 'lost', 'stolen', 'pin_locked', 'replaced', 'closed')),
    holder TEXT NOT NULL,
    expires_on INTEGER,
    -- The card that took this one's place and its money.
    replaced_by INTEGER REFERENCES card (id),
    -- Whose the PIN is, and its keyed value; no value without a PIN.
    pin_state TEXT NOT NULL CHECK (pin_state IN ('unset', 'initial', 'set')),
    pin BLOB CHECK (length(pin) = 32),
    pin_generation INTEGER NOT NULL,
    -- The latest transaction that gave it a PIN or an activation code, or took the PIN away.
    pin_id INTEGER,
    balance INTEGER NOT NULL CHECK (balance >= 0),
    spent_on INTEGER NOT NULL,
    spent_amount INTEGER NOT NULL,
    spent_count INTEGER NOT NULL,
    -- Of the calendar month of that day.
    spent_month INTEGER NOT NULL,
    -- The card's latest transaction, approved or declined; each names the one before it.
    last_id INTEGER,
    -- Its batch times 1,000,000 plus its place in it; NULL for a card of no batch.
    serial INTEGER UNIQUE CHECK (serial % 1000000 > 0),
    -- Whom it is for; NULL while it is stock.
    customer_id INTEGER,
    -- The day on which it was made, and when it was activated: of a card of a batch.
    issued_on INTEGER CHECK ((issued_on IS NULL) = (serial IS NULL)),
    activated_at INTEGER CHECK (activated_at IS NULL OR serial IS NOT NULL),
    CHECK ((pin IS NULL) = (pin_state = 'unset'))
) STRICT;

-- Who pays for cards in advance. The id is that of its ledger account.
CREATE TABLE customer (
    id INTEGER PRIMARY KEY CHECK (id BETWEEN 1000000 AND 9999999),
    name TEXT NOT NULL,
    -- Credit code; empty when it is not on file, like the other fields that nothing is decided by.
    licence TEXT NOT NULL,
    contact TEXT NOT NULL,
    phone TEXT NOT NULL,
    -- The account that it pays from, and is paid back to; empty while it is not on file, and nothing is paid back.
    bank_name TEXT NOT NULL,
    bank_account TEXT NOT NULL,
    bank_holder TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
    -- The last move of the status, who made it, and why.
    moved_at INTEGER NOT NULL,
    moved_by INTEGER,
    reason TEXT NOT NULL,
    -- What it paid in and neither got back nor put on cards. Written by the books alone.
    deposit INTEGER NOT NULL CHECK (deposit >= 0),
    created_at INTEGER NOT NULL,
    created_by INTEGER,
    changed_at INTEGER NOT NULL,
    -- Counts the changes of its fields, so that a form notices one meanwhile.
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX customer_name ON customer (name, id);

-- Money that was received: the approval that took it in, and the bank's number of the payment, which counts once.
CREATE TABLE funding (
    transaction_id INTEGER PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE
) STRICT;

-- Cards of batches that are in use, or no more: an activation and a stock movement take cards that are not among them.
CREATE INDEX card_in_use ON card (serial, status) WHERE status <> 'issued';

-- ---- Card batches: cards that are made together, where they are, which of them were activated ----

-- The cards of batch b at the places 1 to `made` are those with the serials b * 1,000,000 + place.
CREATE TABLE card_batch (
    id INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 999999),
    programme_id INTEGER NOT NULL REFERENCES programme (id),
    -- Whom they are made for; NULL for stock.
    customer_id INTEGER REFERENCES customer (id),
    quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 200000),
    printed_text TEXT NOT NULL,
    note TEXT NOT NULL,
    status TEXT NOT NULL
        CHECK (status IN ('draft', 'approved', 'generated', 'received', 'closed', 'cancelled')),
    -- How many cards there are already.
    made INTEGER NOT NULL CHECK (made BETWEEN 0 AND quantity),
    made_at INTEGER NOT NULL,
    made_by INTEGER NOT NULL,
    -- The approval; NULL before it, and of a batch that never had one.
    approval INTEGER,
    generated_at INTEGER,
    received_at INTEGER,
    -- When it was closed or cancelled, by whom, and why it was cancelled.
    ended_at INTEGER,
    ended_by INTEGER,
    reason TEXT NOT NULL,
    version INTEGER NOT NULL,
    -- The request that entered it: the same form sent twice is one batch.
    request BLOB NOT NULL UNIQUE CHECK (length(request) = 16),
    CHECK (status NOT IN ('generated', 'received', 'closed') OR made = quantity),
    CHECK ((status IN ('closed', 'cancelled')) = (ended_at IS NOT NULL))
) STRICT;

-- Where cards of a batch went: the last movement of a place says where its card is. A place without one is at the maker.
CREATE TABLE card_stock (
    id INTEGER PRIMARY KEY,
    batch_id INTEGER NOT NULL REFERENCES card_batch (id),
    first_place INTEGER NOT NULL CHECK (first_place > 0),
    last_place INTEGER NOT NULL,
    keeper TEXT NOT NULL CHECK (keeper IN ('vault', 'outlet', 'customer', 'spoiled')),
    outlet_id INTEGER,
    customer_id INTEGER,
    reason TEXT NOT NULL,
    moved_at INTEGER NOT NULL,
    moved_by INTEGER NOT NULL,
    CHECK (last_place >= first_place),
    CHECK ((outlet_id IS NOT NULL) = (keeper = 'outlet')),
    CHECK ((customer_id IS NOT NULL) = (keeper = 'customer'))
) STRICT;
CREATE INDEX card_stock_batch ON card_stock (batch_id, id);

-- Cards that two persons activated: the approval, and up to which place it is done.
CREATE TABLE card_activation (
    id INTEGER PRIMARY KEY,
    batch_id INTEGER NOT NULL REFERENCES card_batch (id),
    first_place INTEGER NOT NULL CHECK (first_place > 0),
    last_place INTEGER NOT NULL,
    done_to INTEGER NOT NULL CHECK (done_to BETWEEN first_place - 1 AND last_place),
    CHECK (last_place >= first_place)
) STRICT;
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
    id INTEGER PRIMARY KEY,
    card_id INTEGER NOT NULL,
    made TEXT NOT NULL
        CHECK (made IN ('freeze', 'report_lost', 'report_stolen', 'lock_pin', 'unlock', 'reopen', 'close')),
    from_status TEXT NOT NULL,
    to_status TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX card_move_card ON card_move (card_id, made, id);

-- The latest activation code of a card: keyed, used once, ended by five wrong ones.
CREATE TABLE card_code (
    card_id INTEGER PRIMARY KEY,
    value BLOB NOT NULL CHECK (length(value) = 32),
    value_generation INTEGER NOT NULL,
    -- The transaction that made it, when, and who saw it.
    made_in INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    made_by INTEGER NOT NULL,
    -- The proposal that took the card's PIN away; NULL for a card that was never used.
    reset_by INTEGER,
    expires_at INTEGER NOT NULL,
    tries_left INTEGER NOT NULL CHECK (tries_left BETWEEN 0 AND 5),
    used_at INTEGER
) STRICT;

-- Wrong PINs of one day, for numbers that are cards and for numbers that are not.
CREATE TABLE pin_tries (
    lookup BLOB PRIMARY KEY CHECK (length(lookup) = 16),
    lookup_generation INTEGER NOT NULL,
    tried_on INTEGER NOT NULL,
    -- Tries by place: `outlet:2501001 3`, with a comma between.
    places TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What watches wrong PINs: a till, a person, a key, a network. Written by the books, and removed by a manager's unlock.
CREATE TABLE pin_sweep (
    watch TEXT PRIMARY KEY,
    -- Where the last one was typed.
    merchant_id INTEGER NOT NULL,
    outlet_id INTEGER NOT NULL,
    -- The cards: look-up value and moment, 24 bytes each, the latest last.
    cards BLOB NOT NULL CHECK (length(cards) % 24 = 0),
    cards_generation INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    paused_until INTEGER,
    stopped_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX pin_sweep_merchant ON pin_sweep (merchant_id);
-- What can be forgotten, and what happened lately.
CREATE INDEX pin_sweep_seen ON pin_sweep (seen_at);
CREATE INDEX pin_sweep_stopped ON pin_sweep (stopped_at) WHERE stopped_at IS NOT NULL;

-- Settings that differ from their default, by name: `domain::limits`.
CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Kinds of transaction: the program fills in its own list, `domain::ledger::Kind`. A new kind is one row.
CREATE TABLE transaction_kind (
    word TEXT PRIMARY KEY
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
    kind TEXT NOT NULL REFERENCES transaction_kind (word),
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
    -- The card's transaction before this one: its movements are read backwards, without an index.
    card_previous INTEGER,
    -- Which fields the hash covers, under which secret: `domain::ledger::Format`.
    format INTEGER NOT NULL CHECK (format BETWEEN 1 AND 255),
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE UNIQUE INDEX ledger_transaction_request ON ledger_transaction (request_id, merchant_id);
CREATE INDEX ledger_transaction_order ON ledger_transaction (order_id) WHERE order_id IS NOT NULL;
-- A merchant's day, page by page. Ascends with time within a merchant, so that inserts stay on its last page.
CREATE INDEX ledger_transaction_day ON ledger_transaction (merchant_id, business_date, id);
-- What a till did since its last batch was closed.
CREATE INDEX ledger_transaction_till ON ledger_transaction (terminal_id, id);

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
    slot INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    -- Of the seal.
    format INTEGER NOT NULL,
    seal BLOB NOT NULL CHECK (length(seal) = 32)
) STRICT;

CREATE TABLE product (
    list_id INTEGER NOT NULL REFERENCES product_list (id),
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
    -- Most pieces on one order; NULL for any.
    sale_max INTEGER CHECK (sale_max BETWEEN 1 AND 999),
    -- 1: the cashier looks at the buyer's identity card.
    id_check INTEGER NOT NULL CHECK (id_check IN (0, 1)),
    -- What counts of this row where a list above has the product too: 1 the prices, 2 whether it is on sale, 4 the limit.
    own INTEGER NOT NULL CHECK (own BETWEEN 0 AND 7),
    -- Of what a form shows.
    version INTEGER NOT NULL,
    PRIMARY KEY (list_id, code)
) STRICT, WITHOUT ROWID;

-- What a product cost and whether cards paid for it, from a moment on until its next row. The first row of a product that
-- was there before anybody changed it begins with 0 and has nobody. It stays when an edition that added the product is taken
-- back.
CREATE TABLE product_price (
    list_id INTEGER NOT NULL,
    code TEXT NOT NULL,
    since INTEGER NOT NULL,
    price INTEGER,
    price_low INTEGER,
    price_high INTEGER,
    card_payable INTEGER NOT NULL CHECK (card_payable IN (0, 1)),
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    own INTEGER NOT NULL CHECK (own BETWEEN 0 AND 7),
    changed_by INTEGER REFERENCES person (id),
    PRIMARY KEY (list_id, code, since)
) STRICT, WITHOUT ROWID;

-- Recalls look for a barcode, and for the beginning of an approval number, at every merchant.
CREATE INDEX product_barcode ON product (barcode, list_id);
-- What a list below another one takes off sale is looked up for every search. With a second column that is known: SQLite
-- walks along all products of the list otherwise.
CREATE INDEX product_stopped ON product (list_id, active, code, own) WHERE active = 0;
CREATE INDEX product_approval ON product (approval_no) WHERE approval_no <> '';

-- A change of many products of a list: put together before, live from one moment on, then written into `product` row
-- by row. One that takes another back names it.
CREATE TABLE edition (
    id INTEGER PRIMARY KEY,
    list_id INTEGER NOT NULL REFERENCES product_list (id),
    status TEXT NOT NULL CHECK (status IN ('gathering', 'staged', 'scheduled', 'live', 'dropped')),
    -- Counts a list's live editions from 1.
    number INTEGER,
    undoes INTEGER REFERENCES edition (id),
    -- The file that it comes from, or what it takes back.
    source TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    made_by INTEGER NOT NULL REFERENCES person (id),
    added INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    stopped INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    -- Of them, those that take two persons each.
    far INTEGER NOT NULL,
    -- Products that it leaves as they are, because they were changed after what it takes back.
    kept INTEGER NOT NULL,
    -- Of all rows as they were put together.
    digest BLOB NOT NULL CHECK (length(digest) IN (0, 32)),
    -- When it is to be live, and who said so; 0 for at once.
    effective_at INTEGER,
    released_by INTEGER REFERENCES person (id),
    live_at INTEGER,
    CHECK ((live_at IS NOT NULL) = (status = 'live')),
    CHECK ((number IS NOT NULL) = (status = 'live')),
    CHECK (status NOT IN ('scheduled', 'live') OR effective_at IS NOT NULL)
) STRICT;
CREATE INDEX edition_list ON edition (list_id, id);
CREATE INDEX edition_pending ON edition (list_id) WHERE status IN ('gathering', 'staged', 'scheduled');
CREATE UNIQUE INDEX edition_number ON edition (list_id, number) WHERE number IS NOT NULL;
CREATE INDEX edition_scheduled ON edition (list_id, effective_at, id) WHERE status = 'scheduled';
CREATE INDEX edition_undoes ON edition (undoes) WHERE undoes IS NOT NULL;

-- The edition of a list that is live while its rows are not all in `product`: written in one piece they would keep the
-- tills waiting.
CREATE TABLE settling (
    list_id INTEGER PRIMARY KEY REFERENCES product_list (id),
    edition_id INTEGER NOT NULL REFERENCES edition (id)
) STRICT;

-- A product as it is once its edition is live, and as it was before. What changes it meanwhile changes both.
CREATE TABLE edition_row (
    edition_id INTEGER NOT NULL REFERENCES edition (id),
    code TEXT NOT NULL,
    -- The part of `product_keys` that it is in.
    part INTEGER NOT NULL,
    move TEXT NOT NULL CHECK (move IN ('add', 'change', 'stop', 'remove')),
    -- The product before, as JSON; empty for one that is added.
    before TEXT NOT NULL,
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
    sale_max INTEGER CHECK (sale_max BETWEEN 1 AND 999),
    id_check INTEGER NOT NULL CHECK (id_check IN (0, 1)),
    own INTEGER NOT NULL CHECK (own BETWEEN 0 AND 7),
    -- Of the product, once it is this.
    version INTEGER NOT NULL,
    -- How far the price moves, 1/10,000; of what takes two persons by its band at least 3,001.
    moved INTEGER NOT NULL,
    far INTEGER NOT NULL CHECK (far IN (0, 1)),
    -- 1: it costs something else, or is sold or paid for by cards otherwise.
    repriced INTEGER NOT NULL CHECK (repriced IN (0, 1)),
    -- 1: recalls may find it otherwise than before.
    found_otherwise INTEGER NOT NULL CHECK (found_otherwise IN (0, 1)),
    -- 1: it is in `product`.
    settled INTEGER NOT NULL CHECK (settled IN (0, 1)),
    PRIMARY KEY (edition_id, code)
) STRICT, WITHOUT ROWID;
-- With all columns that a scan needs: SQLite walks along the rows of the edition otherwise.
CREATE INDEX edition_row_barcode ON edition_row (edition_id, barcode, code, settled, move)
    WHERE settled = 0 AND move <> 'remove';
CREATE INDEX edition_row_moved ON edition_row (edition_id, moved DESC, code);
CREATE INDEX edition_row_part ON edition_row (edition_id, part, code);
CREATE INDEX edition_row_unsettled ON edition_row (edition_id, code) WHERE settled = 0;
CREATE INDEX edition_row_found ON edition_row (edition_id, code) WHERE found_otherwise = 1;

-- The goods as they are sold now: what is stored, and over it what the edition says that is being written.
CREATE VIEW product_now AS
SELECT p.list_id, p.code, p.barcode, p.name, p.pinyin, p.spec, p.maker, p.approval_no, p.category, p.otc_class, p.unit,
    p.price, p.price_low, p.price_high, p.card_payable, p.active, p.sale_max, p.id_check, p.own, p.version
FROM product p
WHERE NOT EXISTS (SELECT 1 FROM settling s CROSS JOIN edition_row r
    WHERE s.list_id = p.list_id AND r.edition_id = s.edition_id AND r.code = p.code AND r.settled = 0)
UNION ALL
SELECT s.list_id, r.code, r.barcode, r.name, r.pinyin, r.spec, r.maker, r.approval_no, r.category, r.otc_class, r.unit,
    r.price, r.price_low, r.price_high, r.card_payable, r.active, r.sale_max, r.id_check, r.own, r.version
FROM settling s CROSS JOIN edition_row r
WHERE r.edition_id = s.edition_id AND r.settled = 0 AND r.move <> 'remove';

-- A file that somebody sent to change many things at once.
CREATE TABLE import (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('products', 'prices', 'outlets', 'people')),
    -- Which goods; NULL for outlets and people.
    list_id INTEGER REFERENCES product_list (id),
    -- What to do with products that are not in it: keep or stop them.
    absent TEXT NOT NULL CHECK (absent IN ('keep', 'stop')),
    file_name TEXT NOT NULL,
    size INTEGER NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) IN (0, 32)),
    made_at INTEGER NOT NULL,
    made_by INTEGER NOT NULL REFERENCES person (id),
    status TEXT NOT NULL CHECK (status IN ('sending', 'checking', 'unreadable', 'wrong', 'checked', 'cancelled',
        'entering', 'entered', 'retracting', 'retracted')),
    -- Why nothing of it can be read: a word and a number or text with it.
    problem TEXT NOT NULL,
    -- How it was written.
    coding TEXT NOT NULL,
    -- Rows of data that were read; of them those that change nothing, and those that are wrong.
    lines INTEGER NOT NULL,
    same INTEGER NOT NULL,
    wrong INTEGER NOT NULL,
    -- What it changes of goods; NULL until the whole file is here.
    edition_id INTEGER REFERENCES edition (id),
    -- Who had what it changes of outlets or people written, or taken back, and when; NULL before.
    acted_by INTEGER REFERENCES person (id),
    acted_at INTEGER,
    CHECK ((list_id IS NULL) = (kind IN ('outlets', 'people'))),
    CHECK ((edition_id IS NULL) = (status = 'sending' OR kind IN ('outlets', 'people'))),
    CHECK ((acted_at IS NULL) = (status NOT IN ('entering', 'entered', 'retracting', 'retracted'))),
    CHECK ((acted_by IS NULL) = (acted_at IS NULL))
) STRICT;
CREATE INDEX import_list ON import (list_id, id);
CREATE INDEX import_edition ON import (edition_id);

-- The file, piece by piece, for 90 days.
CREATE TABLE import_piece (
    import_id INTEGER NOT NULL REFERENCES import (id),
    piece INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (import_id, piece)
) STRICT, WITHOUT ROWID;

-- What is wrong with a file, cell by cell, and what was left out of account.
CREATE TABLE import_note (
    import_id INTEGER NOT NULL REFERENCES import (id),
    note INTEGER NOT NULL,
    line INTEGER NOT NULL,
    -- The word of a column, or a heading that none has.
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    fault TEXT NOT NULL,
    -- What the advice names.
    hint TEXT NOT NULL,
    PRIMARY KEY (import_id, note)
) STRICT, WITHOUT ROWID;

-- What a file changes of outlets or people, row by row.
CREATE TABLE roll_row (
    import_id INTEGER NOT NULL REFERENCES import (id),
    number INTEGER NOT NULL,
    line INTEGER NOT NULL,
    move TEXT NOT NULL CHECK (move IN ('add', 'change')),
    -- The outlet or person; NULL for a new one until it is written.
    subject INTEGER,
    -- Of what it changes; once it is written, of what it made.
    version INTEGER NOT NULL,
    -- The login name of a person; empty for an outlet.
    login TEXT NOT NULL,
    -- The fields as they were, empty for a new one, and as they are to be: a line for each.
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'written', 'left', 'retracted', 'kept')),
    -- Why it was left or kept: a word.
    why TEXT NOT NULL,
    PRIMARY KEY (import_id, number)
) STRICT, WITHOUT ROWID;

-- Work that takes longer than a request, done piece by piece by whichever copy of the program holds it.
CREATE TABLE job (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('check', 'undo', 'publish', 'enter', 'retract', 'make', 'activate', 'spoil')),
    -- The import or edition that it is about.
    subject INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('waiting', 'done', 'failed', 'cancelled')),
    -- Not before.
    due_at INTEGER NOT NULL,
    done INTEGER NOT NULL,
    total INTEGER NOT NULL,
    -- Which copy holds it, until when.
    holder BLOB CHECK (length(holder) = 16),
    held_until INTEGER NOT NULL,
    failure TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    ended_at INTEGER,
    CHECK ((ended_at IS NULL) = (status = 'waiting')),
    UNIQUE (kind, subject)
) STRICT;
CREATE INDEX job_due ON job (due_at, id) WHERE status = 'waiting';

-- Goods that no till sells any more: who said so, why, and what the tills say.
CREATE TABLE recall (
    id INTEGER PRIMARY KEY,
    -- What was typed: a line per match, the kind and the text.
    goods TEXT NOT NULL,
    reason TEXT NOT NULL,
    text TEXT NOT NULL,
    -- The business date since when they may have been sold.
    since INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    made_by INTEGER NOT NULL REFERENCES person (id),
    ended_at INTEGER
) STRICT;

-- What recalls cover, as a catalogue may write it.
CREATE TABLE recall_match (
    kind TEXT NOT NULL CHECK (kind IN ('code', 'barcode', 'approval')),
    value TEXT NOT NULL,
    recall_id INTEGER NOT NULL REFERENCES recall (id),
    PRIMARY KEY (kind, value, recall_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX recall_match_recall ON recall_match (recall_id);

-- Prefixes of the labels that a merchant's own scales print, with what these say. Without a row a label is a barcode.
CREATE TABLE in_store_label (
    merchant_id INTEGER NOT NULL REFERENCES merchant (id),
    prefix INTEGER NOT NULL CHECK (prefix BETWEEN 20 AND 29),
    measure TEXT NOT NULL CHECK (measure IN ('amount', 'weight')),
    PRIMARY KEY (merchant_id, prefix)
) STRICT, WITHOUT ROWID;

-- Goods that a till asks for because its merchant's catalogue lacks them, and the card company's answers. The id ascends
-- with time.
CREATE TABLE product_request (
    id INTEGER PRIMARY KEY,
    merchant_id INTEGER NOT NULL REFERENCES merchant (id),
    outlet_id INTEGER NOT NULL REFERENCES outlet (id),
    terminal_id INTEGER NOT NULL REFERENCES terminal (id),
    -- What was scanned or typed, and what the cashier calls it.
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    asked_by INTEGER NOT NULL REFERENCES person (id),
    asked_at INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'added', 'mapped', 'refused')),
    -- The product to use; empty when there is none. Its name is that of the answer.
    product_code TEXT NOT NULL,
    product_name TEXT NOT NULL,
    -- Why it was refused; empty otherwise.
    reason TEXT NOT NULL,
    answered_by INTEGER REFERENCES person (id),
    answered_at INTEGER,
    -- 1: an answer that the till still shows.
    unread INTEGER NOT NULL CHECK (unread IN (0, 1)),
    CHECK ((answered_by IS NOT NULL) = (status <> 'open')),
    CHECK ((answered_at IS NOT NULL) = (status <> 'open')),
    CHECK ((product_code <> '') = (status IN ('added', 'mapped'))),
    CHECK ((reason <> '') = (status = 'refused')),
    CHECK (unread = 0 OR status <> 'open')
) STRICT;
-- One open request for a code at an outlet.
CREATE UNIQUE INDEX product_request_open ON product_request (outlet_id, code) WHERE status = 'open';
CREATE INDEX product_request_status ON product_request (status, id);
CREATE INDEX product_request_unread ON product_request (terminal_id, id) WHERE unread = 1;

-- What a search looks through: per category a line of keys for each product on sale, in parts by a hash of the code, so
-- that a change writes little. Written by product::index and product::index_one.
CREATE TABLE product_keys (
    list_id INTEGER NOT NULL REFERENCES product_list (id),
    category TEXT NOT NULL,
    part INTEGER NOT NULL,
    count INTEGER NOT NULL,
    keys TEXT NOT NULL,
    PRIMARY KEY (list_id, category, part)
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
-- Orders that left the till long after they were opened (microseconds), so that a list by day finds them by that
-- moment.
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
    -- Wrong cards in its reviews.
    wrong_cards INTEGER NOT NULL CHECK (wrong_cards >= 0),
    -- Slips printed.
    prints INTEGER NOT NULL,
    CHECK (reviewer_id IS NULL OR reviewer_id <> applicant_id)
) STRICT;

CREATE INDEX refund_order ON refund (order_id);
CREATE INDEX refund_merchant ON refund (merchant_id, id);
CREATE INDEX refund_open ON refund (status, merchant_id) WHERE status IN ('requested', 'escalated');
-- What somebody decided, the latest first.
CREATE INDEX refund_reviewer ON refund (reviewer_id, id) WHERE reviewer_id IS NOT NULL;

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

-- ---- Disputes ----

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

-- ---- Settlement with merchants ----

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
    kind TEXT NOT NULL REFERENCES transaction_kind (word),
    count INTEGER NOT NULL CHECK (count > 0),
    sum INTEGER NOT NULL CHECK (sum > 0),
    PRIMARY KEY (settlement_id, business_date, kind)
) STRICT, WITHOUT ROWID;

-- ---- Proposals: what one person of the card company proposes and another decides ----

-- Written only by the money path; the id is the number of the transaction that made it.
CREATE TABLE proposal (
    id INTEGER PRIMARY KEY,
    act TEXT NOT NULL CHECK (
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
    subject INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'approved', 'rejected', 'withdrawn')),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    count INTEGER NOT NULL CHECK (count > 0),
    -- The act's fields, and what the maker was shown of the rows that it is about: `domain::acts`.
    payload TEXT NOT NULL CHECK (length(payload) <= 4096),
    seen TEXT NOT NULL CHECK (length(seen) <= 4096),
    maker_id INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- Who approved it or turned it down, when, why, a digest of what that person was shown, in which transaction. Of a
    -- withdrawn one only when and in which transaction.
    checker_id INTEGER,
    decided_at INTEGER,
    opinion TEXT NOT NULL,
    shown_digest BLOB CHECK (length(shown_digest) = 32),
    decided_by INTEGER,
    CHECK (checker_id IS NULL OR checker_id <> maker_id),
    CHECK ((checker_id IS NOT NULL) = (status IN ('approved', 'rejected'))),
    CHECK ((shown_digest IS NOT NULL) = (status IN ('approved', 'rejected'))),
    CHECK ((decided_by IS NOT NULL) = (status <> 'open'))
) STRICT;

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
    id INTEGER PRIMARY KEY,
    -- Where it may act.
    place TEXT NOT NULL CHECK (place IN ('company', 'merchant', 'outlet')),
    merchant_id INTEGER REFERENCES merchant (id),
    outlet_id INTEGER,
    -- The only terminal that it sells at, if there is one.
    terminal INTEGER REFERENCES terminal (id),
    person_id INTEGER NOT NULL UNIQUE REFERENCES person (id),
    name TEXT NOT NULL,
    secret_hash BLOB NOT NULL CHECK (length(secret_hash) = 32),
    may_read INTEGER NOT NULL CHECK (may_read IN (0, 1)),
    may_sell INTEGER NOT NULL CHECK (may_sell IN (0, 1)),
    may_refund INTEGER NOT NULL CHECK (may_refund IN (0, 1)),
    may_catalogue INTEGER NOT NULL CHECK (may_catalogue IN (0, 1)),
    may_webhooks INTEGER NOT NULL CHECK (may_webhooks IN (0, 1)),
    -- 1: every request carries a signature.
    signed INTEGER NOT NULL CHECK (signed IN (0, 1)),
    -- Requests per minute.
    rate_max INTEGER NOT NULL CHECK (rate_max > 0),
    created_at INTEGER NOT NULL,
    created_by INTEGER NOT NULL REFERENCES person (id),
    expires_at INTEGER NOT NULL,
    -- 1: opens nothing until another person has approved its proposal. Woken only by the money path.
    asleep INTEGER NOT NULL CHECK (asleep IN (0, 1)),
    revoked_at INTEGER,
    revoked_by INTEGER REFERENCES person (id),
    -- The key that took its place; both are good until this one expires.
    replaced_by INTEGER REFERENCES api_key (id),
    -- Last use, to the minute.
    seen_at INTEGER,
    address TEXT NOT NULL,
    CHECK ((merchant_id IS NOT NULL) = (place <> 'company')),
    CHECK ((outlet_id IS NOT NULL) = (place = 'outlet')),
    FOREIGN KEY (outlet_id, merchant_id) REFERENCES outlet (id, merchant_id)
) STRICT;
CREATE INDEX api_key_merchant ON api_key (merchant_id, id);
-- Keys that end soon.
CREATE INDEX api_key_expires ON api_key (expires_at) WHERE revoked_at IS NULL AND replaced_by IS NULL;

-- Nonces of signed requests; older ones than a signature is good for are gone.
CREATE TABLE api_nonce (
    key_id INTEGER NOT NULL REFERENCES api_key (id),
    nonce TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (key_id, nonce)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_nonce_at ON api_nonce (at);

-- What an Idempotency-Key was used for. The record of money is the ledger's, so `answer` is for everything else.
CREATE TABLE idempotency (
    merchant_id INTEGER NOT NULL,
    request_id BLOB NOT NULL CHECK (length(request_id) = 16),
    -- 'blocked': a payment that was taken back before it arrived.
    operation TEXT NOT NULL,
    -- Digest of what was asked, never of a PIN.
    content BLOB NOT NULL CHECK (length(content) = 32),
    order_id INTEGER,
    status INTEGER,
    answer TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (merchant_id, request_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_answer ON idempotency (at) WHERE answer IS NOT NULL;

-- The number that the merchant's own system gave an order.
CREATE TABLE merchant_order (
    order_id INTEGER PRIMARY KEY REFERENCES orders (id),
    merchant_id INTEGER NOT NULL,
    number TEXT NOT NULL
) STRICT;
CREATE INDEX merchant_order_number ON merchant_order (merchant_id, number);

-- ---- What merchants' own systems are told: events, where they go, what came of each delivery ----

CREATE TABLE webhook_endpoint (
    id INTEGER PRIMARY KEY,
    merchant_id INTEGER NOT NULL REFERENCES merchant (id),
    -- Only this outlet's events; all of the merchant's when there is none.
    outlet_id INTEGER REFERENCES outlet (id),
    url TEXT NOT NULL,
    description TEXT NOT NULL,
    -- Words with a blank between.
    events TEXT NOT NULL,
    -- paused: by somebody; failed: by itself, after days of nothing but failures; deleted: kept for what it delivered.
    status TEXT NOT NULL CHECK (status IN ('active', 'paused', 'failed', 'deleted')),
    -- The secret is derived from this under a key outside the database.
    salt BLOB NOT NULL CHECK (length(salt) = 16),
    salt_generation INTEGER NOT NULL,
    -- The one before it, which signs too until a moment.
    salt_before BLOB CHECK (length(salt_before) = 16),
    salt_before_generation INTEGER,
    salt_before_until INTEGER,
    created_at INTEGER NOT NULL,
    created_by INTEGER NOT NULL REFERENCES person (id),
    delivered_at INTEGER,
    -- The first failure since the last success.
    failing_since INTEGER
) STRICT;
CREATE INDEX webhook_endpoint_merchant ON webhook_endpoint (merchant_id, id);
-- The money path asks this one for every merchant of a group.
CREATE INDEX webhook_endpoint_active ON webhook_endpoint (merchant_id) WHERE status = 'active';

-- The outbox. Written in the commit of what it tells; ascends with time.
CREATE TABLE webhook_event (
    id INTEGER PRIMARY KEY,
    merchant_id INTEGER NOT NULL,
    outlet_id INTEGER NOT NULL,
    -- Events of one object are told in order.
    object_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE webhook_delivery (
    endpoint_id INTEGER NOT NULL REFERENCES webhook_endpoint (id),
    event_id INTEGER NOT NULL REFERENCES webhook_event (id),
    object_id INTEGER NOT NULL,
    -- parked: given up until somebody asks for it again.
    status TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'parked')),
    attempts INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    give_up_at INTEGER,
    -- Leased to an instance until then.
    lease BLOB CHECK (length(lease) = 16),
    leased_until INTEGER,
    -- The last answer: HTTP status, or none with the reason in `answer`.
    tried_at INTEGER,
    answer_status INTEGER,
    answer TEXT,
    PRIMARY KEY (endpoint_id, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint_id, due_at) WHERE status = 'pending';
CREATE INDEX webhook_delivery_object ON webhook_delivery (endpoint_id, object_id, event_id) WHERE status = 'pending';
CREATE INDEX webhook_delivery_event ON webhook_delivery (event_id);

-- ---- What archived transactions leave behind; written by archiving alone, under the chain's seal ----

-- Where the chain goes on. What is numbered up to here and still present was kept.
CREATE TABLE ledger_opening (
    slot INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    -- The day up to which transactions were archived.
    until_date INTEGER NOT NULL,
    -- A sum over the tables below and what was kept.
    carried BLOB NOT NULL CHECK (length(carried) = 32),
    -- Of the seal and the sum.
    format INTEGER NOT NULL,
    seal BLOB NOT NULL CHECK (length(seal) = 32)
) STRICT;

-- Credits less debits of archived transfers.
CREATE TABLE opening_balance (
    account INTEGER PRIMARY KEY,
    amount INTEGER NOT NULL
) STRICT;

-- Each card's latest transaction that was passed; it may be in the archive.
CREATE TABLE opening_card (
    card_id INTEGER PRIMARY KEY,
    last_id INTEGER NOT NULL
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
    kind TEXT NOT NULL REFERENCES transaction_kind (word),
    count INTEGER NOT NULL CHECK (count > 0),
    sum INTEGER NOT NULL CHECK (sum > 0),
    PRIMARY KEY (settlement_id, business_date, kind)
) STRICT, WITHOUT ROWID;
