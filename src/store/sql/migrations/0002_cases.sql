-- Codes of cases, and the serial references of their SSCC.

ALTER TABLE enterprises ADD COLUMN gs1_prefix TEXT;             -- GS1 Company Prefix, 4 to 12 digits
-- Serial references given out under the prefix: the next one. Never lowered.
ALTER TABLE enterprises ADD COLUMN serial_references BIGINT NOT NULL DEFAULT 0;

ALTER TABLE batches ADD COLUMN case_count BIGINT NOT NULL DEFAULT 0;
-- Prefix and serial reference of case 0; NULL where the cases have no SSCC.
ALTER TABLE batches ADD COLUMN gs1_prefix TEXT;
ALTER TABLE batches ADD COLUMN serial_reference BIGINT;
