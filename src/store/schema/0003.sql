-- Format 3: what kind of refusal keeps an item in quarantine, and the work item type at that time. The same
-- dialect as format 1.

-- NULL where format 2 put the item aside: the server refused the content, and the type is not known.
ALTER TABLE quarantine ADD COLUMN class TEXT;
ALTER TABLE quarantine ADD COLUMN type_digest TEXT;
