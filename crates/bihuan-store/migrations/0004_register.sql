-- What stands in the registers of packs; texts and places of an entry are in `content`.
CREATE TABLE register_entry (
  pack TEXT NOT NULL,
  register TEXT NOT NULL,
  id TEXT NOT NULL,
  zh TEXT NOT NULL,
  en TEXT NOT NULL,
  unit TEXT NOT NULL,
  person TEXT,
  from_ms BIGINT,
  to_ms BIGINT,
  fields TEXT NOT NULL,
  PRIMARY KEY (pack, register, id)
);
