-- The first number of a matter is its key: SQLite keeps rows in the order of such a key, so that a
-- page of the ledger walks along the rows themselves. The whole matter comes last in its row.

CREATE TABLE matter_by_seq (
  first_seq BIGINT NOT NULL PRIMARY KEY,
  id TEXT NOT NULL,
  last_seq BIGINT NOT NULL,
  version BIGINT NOT NULL,
  pack TEXT NOT NULL,
  rev BIGINT,
  stage TEXT NOT NULL,
  meaning TEXT NOT NULL,
  class TEXT NOT NULL,
  source TEXT NOT NULL,
  number TEXT,
  clear_number TEXT,
  responsible TEXT NOT NULL,
  assigned TEXT,
  owner_unit TEXT,
  owner_person TEXT,
  opened_by TEXT,
  opened_unit TEXT,
  place_unit TEXT,
  point TEXT,
  lon_e7 BIGINT,
  lat_e7 BIGINT,
  cell BIGINT,
  opened_ms BIGINT NOT NULL,
  due_ms BIGINT,
  next_ms BIGINT,
  cleared_ms BIGINT,
  overdue_ms BIGINT,
  rework BIGINT NOT NULL,
  supervised TEXT,
  span_seq BIGINT NOT NULL,
  state TEXT NOT NULL
);
INSERT INTO matter_by_seq (
  first_seq, id, last_seq, version, pack, rev, stage, meaning, class, source, number, clear_number,
  responsible, assigned, owner_unit, owner_person, opened_by, opened_unit, place_unit, point,
  lon_e7, lat_e7, cell, opened_ms, due_ms, next_ms, cleared_ms, overdue_ms, rework, supervised,
  span_seq, state
)
SELECT
  first_seq, id, last_seq, version, pack, rev, stage, meaning, class, source, number, clear_number,
  responsible, assigned, owner_unit, owner_person, opened_by, opened_unit, place_unit, point,
  lon_e7, lat_e7, cell, opened_ms, due_ms, next_ms, cleared_ms, overdue_ms, rework, supervised,
  span_seq, state
FROM matter;
DROP TABLE matter;
ALTER TABLE matter_by_seq RENAME TO matter;

CREATE UNIQUE INDEX matter_id ON matter (id);
CREATE UNIQUE INDEX matter_number ON matter (number) WHERE number IS NOT NULL;
CREATE UNIQUE INDEX matter_clear_number ON matter (clear_number) WHERE clear_number IS NOT NULL;
CREATE INDEX matter_ledger ON matter (responsible, stage, class, first_seq);
CREATE INDEX matter_stage ON matter (stage, first_seq);
CREATE INDEX matter_next ON matter (next_ms) WHERE next_ms IS NOT NULL;
CREATE INDEX matter_cell ON matter (cell) WHERE cell IS NOT NULL;
CREATE INDEX matter_responsible ON matter (responsible, first_seq);
CREATE INDEX matter_open ON matter (first_seq) WHERE owner_unit IS NOT NULL;
CREATE INDEX matter_place ON matter (place_unit, first_seq);
CREATE INDEX matter_opener ON matter (opened_by, first_seq);
CREATE INDEX matter_open_cell ON matter (cell) WHERE owner_unit IS NOT NULL;
