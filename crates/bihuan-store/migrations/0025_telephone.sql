-- Duty telephones of units, which are offices' own, and work telephones of persons, which stand in
-- `content` alone.
ALTER TABLE unit ADD COLUMN telephone TEXT;
ALTER TABLE person ADD COLUMN telephone_ref TEXT;
