-- What members and their keys may do, and the audit trail.

-- Comma-separated, of a member: owner, planner, approver, line, quality, sales,
-- viewer.
ALTER TABLE accounts ADD COLUMN duties TEXT NOT NULL DEFAULT '';
UPDATE accounts SET duties = 'owner' WHERE role = 'member';
-- What a key may do of that; NULL: all.
ALTER TABLE api_keys ADD COLUMN scope TEXT;

-- Each row is sealed with the seal of the one before it: src/auth/trail.rs.
CREATE TABLE audit (
    seq BIGINT PRIMARY KEY,            -- from 1 on, without a gap
    at BIGINT NOT NULL,
    login TEXT NOT NULL,               -- of an account; shell or worker where there is none
    origin TEXT NOT NULL,              -- shell, worker, or a network: /24 or /48
    enterprise TEXT,                   -- whom it concerns
    action TEXT NOT NULL,              -- noun and verb: range.mark
    object TEXT NOT NULL,              -- kind and name: batch 1-4
    was TEXT NOT NULL,                 -- JSON; null: there was nothing
    became TEXT NOT NULL,              -- JSON; null: nothing is left
    seal BLOB NOT NULL                 -- SHA-256
);
CREATE INDEX audit_by_enterprise ON audit (enterprise, seq);
CREATE INDEX audit_by_time ON audit (at);
