-- Goods taken off sale, and put back: asked for by one person, approved by another.

CREATE TABLE recalls (
    id TEXT PRIMARY KEY,               -- UUID; given with the form: the same form is one recall
    enterprise TEXT NOT NULL REFERENCES enterprises (uscc),
    kind TEXT NOT NULL,                -- recall | loss | lift
    lifts TEXT REFERENCES recalls (id), -- of a lift: what it puts back on sale
    state TEXT NOT NULL,               -- proposed | approved | rejected | closed
    reason_zh TEXT NOT NULL,
    reason_en TEXT NOT NULL,
    remedy_zh TEXT NOT NULL,
    remedy_en TEXT NOT NULL,
    notice_zh TEXT NOT NULL,           -- for the press and dealers
    notice_en TEXT NOT NULL,
    labels BIGINT NOT NULL,            -- that it takes in
    on_sale BIGINT NOT NULL,           -- of them on sale when it was approved
    proposed_by TEXT NOT NULL,
    proposed_at BIGINT NOT NULL,
    decided_by TEXT,
    decided_at BIGINT,
    decision_note TEXT,
    closed_by TEXT,
    closed_at BIGINT,
    closing_note TEXT
);
CREATE INDEX recalls_by_enterprise ON recalls (enterprise, proposed_at);

-- What a recall takes in: disjoint ranges of running numbers.
CREATE TABLE recall_ranges (
    recall TEXT NOT NULL REFERENCES recalls (id),
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    first_number BIGINT NOT NULL,
    last_number BIGINT NOT NULL,       -- inclusive
    PRIMARY KEY (recall, key_number, batch_number, first_number),
    FOREIGN KEY (key_number, batch_number) REFERENCES batches (key_number, batch_number)
);

-- Which recall a fact about labels came with.
ALTER TABLE batch_ranges ADD COLUMN recall TEXT REFERENCES recalls (id);
CREATE INDEX batch_ranges_by_recall ON batch_ranges (recall) WHERE recall IS NOT NULL;

-- Goods that came back. A code is counted once; goods without codes by number.
CREATE TABLE recall_returns (
    id TEXT PRIMARY KEY,               -- UUID; given with the form
    recall TEXT NOT NULL REFERENCES recalls (id),
    outcome TEXT NOT NULL,             -- recovered | destroyed
    place BIGINT NOT NULL,             -- GB/T 2260, four digits; 0: unknown
    items BIGINT NOT NULL,
    note TEXT NOT NULL,
    noted_by TEXT NOT NULL,
    noted_at BIGINT NOT NULL
);
CREATE INDEX recall_returns_by_recall ON recall_returns (recall, noted_at);
CREATE TABLE recall_codes (
    recall TEXT NOT NULL REFERENCES recalls (id),
    outcome TEXT NOT NULL,             -- recovered | destroyed
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    label_number BIGINT NOT NULL,
    noted_in TEXT NOT NULL REFERENCES recall_returns (id),
    PRIMARY KEY (recall, outcome, key_number, batch_number, label_number)
);
