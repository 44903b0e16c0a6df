-- Lists in other orders than that of their opening: what falls due or is overdue, which only what
-- has not ended does, and what changed last.

CREATE INDEX matter_due ON matter (due_ms, first_seq) WHERE owner_unit IS NOT NULL;
CREATE INDEX matter_overdue ON matter (overdue_ms, first_seq)
  WHERE owner_unit IS NOT NULL AND overdue_ms IS NOT NULL;
CREATE INDEX matter_changed ON matter (last_seq);
