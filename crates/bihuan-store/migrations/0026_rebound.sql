-- Which matters are rebounds (反弹): few among many, and asked for alone.
ALTER TABLE matter ADD COLUMN rebound BIGINT NOT NULL DEFAULT 0;
UPDATE matter SET rebound = 1 WHERE state LIKE '%"rebound_of":"%';
CREATE INDEX matter_rebound ON matter (first_seq) WHERE rebound = 1;
CREATE INDEX matter_cleared ON matter (cleared_ms, first_seq) WHERE cleared_ms IS NOT NULL;
