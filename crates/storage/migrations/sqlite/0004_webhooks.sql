-- What merchants' own systems are told: the events of their money, where they go, and what came of each delivery.

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
    -- The one before it, which signs too until a moment.
    salt_before BLOB CHECK (length(salt_before) = 16),
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
    -- Taken by a copy of the program until then.
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
