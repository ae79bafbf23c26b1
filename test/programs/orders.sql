-- SPDX-License-Identifier: MIT
-- Creates, fills, indexes, queries and changes tables of thousands of rows. Every query is ordered,
-- and every figure is whole, so that the output is the same on every platform.

PRAGMA page_size = 4096;
PRAGMA temp_store = MEMORY;

CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL);
CREATE TABLE purchase (
  id INTEGER PRIMARY KEY,
  customer INTEGER NOT NULL REFERENCES customer(id),
  cents INTEGER NOT NULL,
  note TEXT,
  data BLOB
);

BEGIN;
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
INSERT INTO customer
  SELECT i, printf('customer %05d', (i * 7919) % 100003), 'city ' || (i * i % 97) FROM n;

WITH RECURSIVE n(i, r) AS (
  VALUES (1, 12345)
  UNION ALL SELECT i + 1, (r * 1103515245 + 12345) % 2147483648 FROM n WHERE i < 20000
)
INSERT INTO purchase
  SELECT i, r % 2000 + 1, r % 100000, substr(hex(r) || hex(i * 31) || hex(r / 7), 1, r % 40),
         CASE WHEN i % 50 = 0 THEN zeroblob(r % 9000) ELSE NULL END
  FROM n;
COMMIT;

SELECT 'rows', (SELECT count(*) FROM customer), (SELECT count(*) FROM purchase);
CREATE INDEX purchase_customer ON purchase (customer, cents);
CREATE INDEX purchase_note ON purchase (note COLLATE NOCASE);
CREATE UNIQUE INDEX customer_name ON customer (name);

SELECT 'per city', city, count(*), sum(cents), max(note)
  FROM customer JOIN purchase ON purchase.customer = customer.id
  GROUP BY city ORDER BY sum(cents) DESC, city LIMIT 12;

SELECT 'best', name, total FROM (
  SELECT customer, sum(cents) AS total FROM purchase GROUP BY customer HAVING count(*) > 12
) JOIN customer ON customer.id = customer ORDER BY total DESC, name LIMIT 10;

SELECT 'words', length(group_concat(note, ',')), sum(length(data))
  FROM (SELECT note, data FROM purchase ORDER BY id);

BEGIN;
UPDATE purchase SET note = note || '-' || note || '-' || id WHERE id % 3 = 0;
DELETE FROM purchase WHERE id % 7 = 0;
UPDATE purchase SET data = zeroblob(length(data) * 2) WHERE data IS NOT NULL;
COMMIT;
SELECT 'changed', count(*), sum(cents), sum(length(note)), sum(length(data)) FROM purchase;

SAVEPOINT trial;
DELETE FROM purchase;
SELECT 'within', count(*) FROM purchase;
ROLLBACK TO trial;
RELEASE trial;
SELECT 'restored', count(*), min(note), max(note) FROM purchase;

SELECT 'window', id, running FROM (
  SELECT id, sum(cents) OVER (ORDER BY id ROWS BETWEEN 99 PRECEDING AND CURRENT ROW) AS running
  FROM purchase
) WHERE id % 1999 = 0 ORDER BY id;

SELECT 'sorted', note, id FROM purchase WHERE note >= '39'
  ORDER BY note COLLATE NOCASE DESC, id LIMIT 8;
DROP INDEX purchase_note;
VACUUM;
PRAGMA integrity_check;
SELECT 'pages', page_count > 100 FROM pragma_page_count;
