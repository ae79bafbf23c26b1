-- SPDX-License-Identifier: MIT
-- Work for the sqlite3 shell: tables, indexes, joins, text, sorting, all in memory.
create table person(id integer primary key, name text, town text, born integer);
create table visit(person integer, day integer, note text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 60000)
insert into person select i, printf('person %d %s', i * 7919 % 60001, hex(i * i)),
  printf('town %d', i % 331), 1900 + i % 120 from n;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 150000)
insert into visit select i * 31 % 60000 + 1, i % 3650, substr(hex(i * 104729), 1, i % 30) from n;
create index person_town on person(town, born);
create index visit_person on visit(person, day);
select town, count(*), min(name), max(length(name)) from person group by town order by 2 desc, 1 limit 5;
select p.town, count(*), group_concat(distinct v.note) is not null from person p
  join visit v on v.person = p.id where v.day between 100 and 400 group by p.town order by 2, 1 limit 5;
select count(*), sum(length(note)) from (select note from visit order by note desc, day limit 20000);
delete from visit where day % 3 = 0;
vacuum;
select length(group_concat(name || note, ',')) from person join visit on person = id where born < 1950;
select json_array_length(json_group_array(json_object('name', name, 'town', town))) from person;
pragma integrity_check;
