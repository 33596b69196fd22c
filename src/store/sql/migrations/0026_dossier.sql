-- Dossiers ask for the orders of a batch, and for what was forged in a place.
CREATE INDEX orders_of_batch ON orders (key_number, batch_number, created_at);
CREATE INDEX forgeries_by_place ON forgeries (place, day);

-- Since when buyers were first shown that a label is suspect; NULL: never. Of flags
-- that were decided before, nobody noted it.
ALTER TABLE flags ADD COLUMN shown_at BIGINT;
UPDATE flags SET shown_at = accused_at;
-- A month's figures.
CREATE INDEX flags_by_opening ON flags (opened_at);
CREATE INDEX flags_by_update ON flags (state, updated_at);
CREATE INDEX scan_days_by_day ON scan_days (day);
