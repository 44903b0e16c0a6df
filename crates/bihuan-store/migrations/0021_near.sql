-- What is around an opening is told apart in the index: of a place where much happened in ten
-- years, only the matters that may be the same are read.

DROP INDEX matter_cell;
CREATE INDEX matter_cell
  ON matter (cell, class, opened_ms, cleared_ms, pack, first_seq) WHERE cell IS NOT NULL;
