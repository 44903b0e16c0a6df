-- Whom a matter concerns, so that a list asks an index who may see it.
ALTER TABLE matter ADD COLUMN rev BIGINT;
ALTER TABLE matter ADD COLUMN assigned TEXT;
ALTER TABLE matter ADD COLUMN opened_by TEXT;
ALTER TABLE matter ADD COLUMN opened_unit TEXT;
CREATE INDEX matter_place ON matter (place_unit, first_seq);
CREATE INDEX matter_opener ON matter (opened_by, first_seq);
-- Units that took part; `first_seq` names the matter.
CREATE TABLE matter_part (
  unit TEXT NOT NULL,
  first_seq BIGINT NOT NULL,
  PRIMARY KEY (unit, first_seq)
);
CREATE INDEX matter_part_matter ON matter_part (first_seq, unit);
CREATE INDEX unit_scope ON unit (scope, id);
