-- Searches of files that are not in memory: fewer pages for an expression, and for what people agree to.

-- The scans of an expression in the order of their names, with what is mostly asked for besides.
CREATE INDEX scans_in_order_of_expression ON scans (state, expression, id, subject, age, sex, origin, device);

-- Who agrees to a purpose, by their names: of many people few pages tell it. Whose a consent is never changes.
ALTER TABLE consent_purposes ADD COLUMN subject TEXT;
UPDATE consent_purposes SET subject = (SELECT n.subject FROM consents n WHERE n.id = consent_purposes.consent);
DROP INDEX consents_by_purpose;
CREATE INDEX consents_by_purpose ON consent_purposes (purpose, subject, consent, valid_until);
