-- Alarms that were raised: each once, though it is looked for again and again.
CREATE TABLE alarms_raised (
    kind TEXT NOT NULL,                -- of a webhook's event
    object TEXT NOT NULL,              -- a package's id, a batch
    since BIGINT NOT NULL,             -- what it waits since: another instant is another alarm
    enterprise TEXT NOT NULL REFERENCES enterprises (uscc),
    raised_at BIGINT NOT NULL,
    PRIMARY KEY (kind, object, since)
);

-- An overview looks for the batches of one enterprise.
CREATE INDEX batches_by_enterprise ON batches (enterprise, key_number, batch_number);

-- Bottles shipped, by batch and by the province they went to, kept with the
-- events: an overview reads a row a lot and province.
CREATE TABLE shipped (
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    province BIGINT NOT NULL,          -- two digits of GB/T 2260; 0 not said
    bottles BIGINT NOT NULL,
    PRIMARY KEY (key_number, batch_number, province)
);

-- What each event added to it, for one that turns out to be an error.
CREATE TABLE shipped_by_event (
    seq BIGINT NOT NULL REFERENCES trace_events (seq),
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    province BIGINT NOT NULL,
    bottles BIGINT NOT NULL,
    PRIMARY KEY (seq, key_number, batch_number, province)
);
