-- What functions of T-SQL mean where DuckDB's of that name mean something else, or there are none.
-- Grain:    macros of a database that queries of T-SQL run in; tsql.py writes their names into queries

-- To a whole number: cut, where DuckDB rounds. A text is one as it is, or is refused.
create macro tsql_int(x) as case
    when typeof(x) = 'VARCHAR' then cast(cast(x as varchar) as hugeint)
    when typeof(x) in ('FLOAT', 'DOUBLE') then cast(trunc(cast(x as double)) as hugeint)
    else cast(trunc(cast(x as decimal(38, 10))) as hugeint)
end;

-- The same, and null where a text is none; '1.5', which DuckDB would take, is none.
create macro tsql_try_int(x) as case
    when typeof(x) in ('FLOAT', 'DOUBLE')
        then try_cast(trunc(try_cast(x as double)) as hugeint)
    when typeof(x) <> 'VARCHAR'
        then try_cast(trunc(try_cast(x as decimal(38, 10))) as hugeint)
    when regexp_full_match(trim(cast(x as varchar)), '[-+]?[0-9]*')
        then try_cast(cast(x as varchar) as hugeint)
end;

-- To a text. Of a time it is 'Jan  1 2024 10:30AM' or with the digits of the column's type, which is not
-- known here; of a real number six digits, and beyond a million another notation: neither is guessed.
create macro tsql_text(x) as case
    when typeof(x) like 'TIMESTAMP%' then error('the text of a time depends on its type')
    when typeof(x) = 'BOOLEAN' then cast(cast(x as integer) as varchar)
    when typeof(x) not in ('FLOAT', 'DOUBLE') then cast(x as varchar)
    when x is null then null
    when cast(x as double) = 0 then '0'
    when abs(cast(x as double)) between 0.0001 and 999999 then printf('%.6g', cast(x as double))
    else error('the text of a large or a small number')
end;

-- A power has the type of its base.
create macro tsql_power(x, y) as case
    when typeof(x) in ('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT') then trunc(pow(x, y))
    when typeof(x) like 'DECIMAL%'
        then round(pow(x, y), cast(regexp_extract(typeof(x), ',(\d+)\)', 1) as integer))
    else pow(x, y)
end;

-- Weeks begin on Sunday, and the first of January is in the first one.
create macro tsql_week(x) as
    (dayofyear(x) - 1 + dayofweek(date_trunc('year', cast(x as timestamp)))) // 7 + 1;
create macro tsql_weeks(since, until) as cast(
    floor(date_diff('day', date '1899-12-31', cast(until as date)) / 7.0)
    - floor(date_diff('day', date '1899-12-31', cast(since as date)) / 7.0) as integer
);

-- Whether a text is a number; of one with signs of money or of thousands nothing is said.
create macro tsql_isnumeric(x) as case
    when x is null then 0
    when regexp_full_match(
        trim(cast(x as varchar)), '[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?'
    ) then 1
    when regexp_matches(cast(x as varchar), '[A-Za-z]') or trim(cast(x as varchar)) = '' then 0
    else error('whether this is a number')
end;

-- A number as text, to the right in its places; stars where it has too few.
create macro tsql_str(x, places, digits) as case
    when length(printf('%.' || digits || 'f', round(cast(x as double), digits))) > places
        then repeat('*', places)
    else lpad(printf('%.' || digits || 'f', round(cast(x as double), digits)), places, ' ')
end;

-- The place of the first match, from 1 on; 0 where there is none.
create macro tsql_place(pattern, x) as case
    when regexp_matches(x, pattern, 'si')
        then length(regexp_extract(x, '^(.*?)(?:' || pattern || ')', 1, 'si')) + 1
    when x is not null then 0
end;

-- Two texts as one. A text and a number are added on the server, and a text that is none is refused there.
create macro tsql_join(x, y) as case
    when typeof(x) in ('VARCHAR', '"NULL"') and typeof(y) in ('VARCHAR', '"NULL"')
        then cast(x as varchar) || cast(y as varchar)
    else error('a text and what is none are added')
end;
