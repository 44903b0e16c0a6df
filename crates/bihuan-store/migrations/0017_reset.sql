-- Secrets by which somebody sets a password once, given by whoever keeps the accounts.

CREATE TABLE password_reset (
  digest BYTEA NOT NULL PRIMARY KEY,
  account TEXT NOT NULL,
  by_account TEXT NOT NULL,
  ends_ms BIGINT NOT NULL
);
CREATE INDEX password_reset_account ON password_reset (account);
