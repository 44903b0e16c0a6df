-- The second factor of log-in; the secret is sealed with a key of the realm.

CREATE TABLE second_factor (
  account TEXT NOT NULL PRIMARY KEY,
  secret TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  confirmed_ms BIGINT,
  last_step BIGINT NOT NULL
);

-- Codes for whoever has lost the device; each works once.
CREATE TABLE recovery_code (
  account TEXT NOT NULL,
  digest BYTEA NOT NULL,
  used_ms BIGINT,
  PRIMARY KEY (account, digest)
);

-- Whether a session was entered with a second factor.
ALTER TABLE session ADD COLUMN factor BIGINT;
