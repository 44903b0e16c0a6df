-- Pages of the ledger, newest first: of one responsible unit, and of what is still open.

CREATE INDEX matter_responsible ON matter (responsible, first_seq);
CREATE INDEX matter_open ON matter (first_seq) WHERE owner_unit IS NOT NULL;
