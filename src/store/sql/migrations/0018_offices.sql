-- Offices of market regulation, and the seats of officers in them.
CREATE TABLE offices (
    id TEXT PRIMARY KEY,               -- UUID
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,             -- may be empty
    region BIGINT NOT NULL,            -- GB/T 2260, four digits; 0: anywhere
    created_at BIGINT NOT NULL
);
INSERT INTO offices (id, name_zh, name_en, region, created_at)
VALUES ('00000000-0000-0000-0000-000000000001', '市场监督管理局', 'Market regulation office', 0, 0);

-- Of an officer; `duties` is the seat then: officer, supervisor, legal, auditor.
ALTER TABLE accounts ADD COLUMN office TEXT REFERENCES offices (id);
-- Whoever was an officer before goes on doing all that officers did.
UPDATE accounts SET office = '00000000-0000-0000-0000-000000000001', duties = 'supervisor'
WHERE role = 'officer';
