-- Disputes of card holders, and the kinds of their transactions.

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

ALTER TABLE ledger_transaction DROP CONSTRAINT ledger_transaction_kind_check;
ALTER TABLE ledger_transaction ADD CONSTRAINT ledger_transaction_kind_check CHECK (
    kind IN (
        'load', 'inquiry', 'sale', 'refund_request', 'refund_rejection', 'refund', 'void', 'reversal', 'batch_close',
        'settlement_request', 'settlement_rejection', 'settlement', 'dispute_opening', 'dispute_answer',
        'dispute_rejection', 'chargeback'
    )
);
