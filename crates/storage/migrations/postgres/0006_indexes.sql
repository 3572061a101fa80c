-- Questions that would otherwise walk everything since a till's last batch, or ever.

-- What a till did since its last batch was closed.
CREATE INDEX ledger_transaction_till ON ledger_transaction (terminal_id, id);
CREATE INDEX audit_terminal ON audit (terminal_id, id);
-- What somebody decided, the latest first.
CREATE INDEX refund_reviewer ON refund (reviewer_id, id) WHERE reviewer_id IS NOT NULL;
-- Sessions that are over.
CREATE INDEX session_created ON session (created_at);
