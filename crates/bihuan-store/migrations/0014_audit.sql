-- Who entered, who was shown what, who administered: an index of entries of the record, each row
-- beside its entry in one transaction, so that whoever changes one is found by the other.

CREATE TABLE audit (
  seq BIGINT NOT NULL PRIMARY KEY,
  at_ms BIGINT NOT NULL,
  act TEXT NOT NULL,
  account TEXT,
  about TEXT,
  matter TEXT
);
CREATE INDEX audit_act ON audit (act, seq);
CREATE INDEX audit_account ON audit (account, seq);
CREATE INDEX audit_about ON audit (about, seq) WHERE about IS NOT NULL;
CREATE INDEX audit_matter ON audit (matter, seq) WHERE matter IS NOT NULL;
