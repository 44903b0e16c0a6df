-- Steps of matters that figures count: when each counts, and which entry of the record made it
-- known. Only left_seq is ever updated: by what replaced or undid the step.
CREATE TABLE tally (
  first_seq BIGINT NOT NULL,
  kind TEXT NOT NULL,
  from_seq BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,
  pack TEXT NOT NULL,
  unit TEXT NOT NULL,
  place_unit TEXT NOT NULL,
  class TEXT NOT NULL,
  source TEXT NOT NULL,
  how TEXT NOT NULL,
  on_time BIGINT,
  took_ms BIGINT,
  left_seq BIGINT,
  PRIMARY KEY (first_seq, kind, from_seq)
);
-- A period of one kind is counted along this index alone.
CREATE INDEX tally_at
  ON tally (pack, kind, at_ms, unit, how, on_time, took_ms, from_seq, left_seq);
CREATE INDEX score_at ON score (at_ms, tariff);
-- What stood in registers and who held which role, entry by entry of the record: figures are asked
-- as of one. What stands now is as it stood since this migration; before, nobody can tell.
CREATE TABLE register_past (
  pack TEXT NOT NULL,
  register TEXT NOT NULL,
  id TEXT NOT NULL,
  unit TEXT NOT NULL,
  from_ms BIGINT,
  to_ms BIGINT,
  fields TEXT NOT NULL,
  from_seq BIGINT NOT NULL,
  left_seq BIGINT,
  PRIMARY KEY (pack, register, id, from_seq)
);
CREATE TABLE membership_past (
  person TEXT NOT NULL,
  role TEXT NOT NULL,
  unit TEXT NOT NULL,
  area TEXT NOT NULL,
  from_ms BIGINT,
  to_ms BIGINT,
  status TEXT NOT NULL,
  from_seq BIGINT NOT NULL,
  left_seq BIGINT,
  PRIMARY KEY (role, person, unit, area, from_seq)
);
INSERT INTO register_past (pack, register, id, unit, from_ms, to_ms, fields, from_seq)
  SELECT register_entry.pack, register_entry.register, register_entry.id, register_entry.unit,
    register_entry.from_ms, register_entry.to_ms, register_entry.fields, head.seq
  FROM register_entry JOIN head ON head.id = 1;
INSERT INTO membership_past (person, role, unit, area, from_ms, to_ms, status, from_seq)
  SELECT membership.person, membership.role, membership.unit, membership.area,
    membership.from_ms, membership.to_ms, membership.status, head.seq
  FROM membership JOIN head ON head.id = 1;
INSERT INTO job_place (name, seq) SELECT 'past', head.seq FROM head;
