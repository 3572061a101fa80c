-- Programs that sell for a merchant: their keys, the requests they repeat, and what they ask by day.

-- The secret is not here, only its SHA-256. A key acts as a person of its own, who cannot sign in.
CREATE TABLE api_key (
    id BIGINT PRIMARY KEY,
    merchant_id BIGINT NOT NULL REFERENCES merchant (id),
    -- Where it may act; all of the merchant's when there is none.
    outlet_id BIGINT REFERENCES outlet (id),
    terminal_id BIGINT REFERENCES terminal (id),
    person_id BIGINT NOT NULL UNIQUE REFERENCES person (id),
    name TEXT COLLATE "C" NOT NULL,
    secret_hash BYTEA NOT NULL CHECK (length(secret_hash) = 32),
    may_read BIGINT NOT NULL CHECK (may_read IN (0, 1)),
    may_sell BIGINT NOT NULL CHECK (may_sell IN (0, 1)),
    may_refund BIGINT NOT NULL CHECK (may_refund IN (0, 1)),
    may_catalogue BIGINT NOT NULL CHECK (may_catalogue IN (0, 1)),
    -- 1: every request carries a signature.
    signed BIGINT NOT NULL CHECK (signed IN (0, 1)),
    -- Requests per minute.
    rate_max BIGINT NOT NULL CHECK (rate_max > 0),
    created_at BIGINT NOT NULL,
    created_by BIGINT NOT NULL REFERENCES person (id),
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_by BIGINT REFERENCES person (id),
    -- Last use, to the minute.
    seen_at BIGINT,
    address TEXT COLLATE "C" NOT NULL
);
CREATE INDEX api_key_merchant ON api_key (merchant_id, id);

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

-- A merchant's day, page by page. Ascends with time within a merchant, so that inserts stay on its last page.
CREATE INDEX ledger_transaction_day ON ledger_transaction (merchant_id, business_date, id);
