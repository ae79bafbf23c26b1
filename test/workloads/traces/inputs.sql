-- SPDX-License-Identifier: MIT
-- What the SQLite trace does: tables filled, indexed, joined, grouped, changed.
PRAGMA temp_store = MEMORY;
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL);
CREATE TABLE purchase (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL, cents INTEGER, note TEXT);

BEGIN;
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 300)
INSERT INTO customer
  SELECT i, printf('customer %05d', i * 7919 % 100003), 'city ' || (i * i % 37) FROM n;
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
INSERT INTO purchase
  SELECT i, i * 31 % 300 + 1, i * i % 20000, printf('%.*c', i % 200, 'n') FROM n;
COMMIT;

CREATE INDEX purchase_customer ON purchase (customer);

SELECT city, count(*), sum(cents), max(length(note)) FROM customer
  JOIN purchase ON purchase.customer = customer.id
  GROUP BY city ORDER BY 3 DESC LIMIT 10;
SELECT group_concat(name, ', ') FROM (SELECT DISTINCT name FROM customer ORDER BY name LIMIT 100);
UPDATE purchase SET note = note || ' seen' WHERE cents > 15000;
DELETE FROM customer WHERE id NOT IN (SELECT customer FROM purchase WHERE cents > 10000);
SELECT count(*), sum(length(note)) FROM purchase;
