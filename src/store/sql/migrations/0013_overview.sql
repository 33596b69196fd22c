-- Buyers' scans by day and province, kept as they are followed: an overview of
-- millions of scans reads a row a day.
CREATE TABLE scan_days (
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    day BIGINT NOT NULL,               -- since 1970, where the worker is
    province BIGINT NOT NULL,          -- two digits of GB/T 2260; 0 unknown
    scans BIGINT NOT NULL,
    PRIMARY KEY (key_number, batch_number, day, province)
);
INSERT INTO scan_days (key_number, batch_number, day, province, scans)
SELECT key_number, batch_number, (seen_at + 28800000) / 86400000, place / 100, COUNT(*)
FROM scans WHERE channel = 'consumer'
GROUP BY key_number, batch_number, (seen_at + 28800000) / 86400000, place / 100;

-- A recall asks what was in a case that was opened since.
CREATE INDEX trace_event_units_by_parent ON trace_event_units (parent) WHERE parent IS NOT NULL;

-- What an enterprise or its dealer says to a lot that travels unusually.
CREATE TABLE lot_replies (
    id TEXT PRIMARY KEY,               -- UUID; given with the form
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    reply TEXT NOT NULL,
    replied_by TEXT NOT NULL,
    replied_at BIGINT NOT NULL,
    FOREIGN KEY (key_number, batch_number) REFERENCES batches (key_number, batch_number)
);
CREATE INDEX lot_replies_by_batch ON lot_replies (key_number, batch_number, replied_at);
