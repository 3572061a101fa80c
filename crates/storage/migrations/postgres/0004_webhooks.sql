-- What merchants' own systems are told: the events of their money, where they go, and what came of each delivery.

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
    -- The one before it, which signs too until a moment.
    salt_before BYTEA CHECK (length(salt_before) = 16),
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
    -- Taken by a copy of the program until then.
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
