-- A place is asked for the reports that came from it.
CREATE INDEX reports_by_region ON reports (region, seq);
