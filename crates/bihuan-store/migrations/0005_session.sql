-- Log-in. Nothing here is part of the record: it says who may call, not what happened.
CREATE TABLE credential (
  account TEXT NOT NULL PRIMARY KEY,
  hash TEXT NOT NULL,
  changed_ms BIGINT NOT NULL
);

-- Log-ins that failed, by the digest of the name given, whether there is such an account or not.
CREATE TABLE login_failure (
  name BYTEA NOT NULL PRIMARY KEY,
  failures BIGINT NOT NULL,
  last_ms BIGINT NOT NULL
);

-- Open sessions, by the SHA-256 of the token that only the device has.
CREATE TABLE session (
  digest BYTEA NOT NULL PRIMARY KEY,
  id TEXT NOT NULL,
  account TEXT NOT NULL,
  device TEXT NOT NULL,
  began_ms BIGINT NOT NULL,
  seen_ms BIGINT NOT NULL,
  ends_ms BIGINT NOT NULL
);
CREATE INDEX session_account ON session (account);
CREATE INDEX session_ends ON session (ends_ms);
