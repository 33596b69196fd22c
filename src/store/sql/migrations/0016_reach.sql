-- Alarms that were raised: each once, though it is looked for again and again.
CREATE TABLE alarms_raised (
    kind TEXT NOT NULL,                -- of a webhook's event
    object TEXT NOT NULL,              -- a package's id, a batch
    since BIGINT NOT NULL,             -- what it waits since: another instant is another alarm
    enterprise TEXT NOT NULL REFERENCES enterprises (uscc),
    raised_at BIGINT NOT NULL,
    PRIMARY KEY (kind, object, since)
);
