"""Messages of Snowflake and BigQuery."""

from bench.error_diagnosis.case import Case

CASES = (
    Case(
        "snowflake",
        "hard",
        'A Python tool created the table with the statement create table "orders" ("id" int). The role '
        "that created it also runs this query, in the same database and schema: select * from orders;",
        """002003 (42S02): SQL compilation error:
Object 'ORDERS' does not exist or not authorized.""",
        (
            (
                "case sensitiv*|case-sensitiv*|lower case|lowercase|upper case|uppercase|upper-case*|folds|"
                "folded|upper-cased|case"
            ),
            'from "orders"|"orders"|double quotes|quoted|quotes|without quotes|unquoted',
        ),
        (
            "grant",
            "accountadmin|sysadmin",
            "use schema|use database|fully qualified|wrong schema",
        ),
        "Created with quotes, the name is lowercase and case-sensitive; without quotes Snowflake looks for "
        'ORDERS. Query "orders" in quotes, or better rename it: alter table "orders" rename to ORDERS.',
        "Unquoted identifiers become uppercase, while the quoted name stayed lowercase. Recreate the table "
        "without quotes so that both forms match.",
        (
            (
                "The role may not read the table, although it created it; the quotes make it another "
                "owner's. Run grant select on table orders to role analyst, with the lowercase name."
            ),
            (
                "The session has another schema than the tool had when it created the quoted lowercase "
                "table. Set it with use schema, or write the name fully qualified in the query."
            ),
        ),
    ),
    Case(
        "snowflake",
        "hard",
        "The file format is (type = csv, skip_header = 1). Most lines load; the ones that fail have an "
        'address such as "Hauptstr. 5, Hinterhaus" in double quotes. The table has eleven columns, as the '
        "file has.",
        """100080 (22000): Number of columns in file (12) does not match that of the corresponding table \
(11), use file format option error_on_column_count_mismatch=false to ignore this error
  File '@stage/addr.csv', line 318, character 1
  Row 317, column "ADDR"["COUNTRY":11]""",
        (
            "comma*|delimiter*|separator*",
            "field_optionally_enclosed_by",
        ),
        (
            (
                "set error_on_column_count_mismatch|setting error_on_column_count_mismatch|"
                "use error_on_column_count_mismatch|error_on_column_count_mismatch = false|"
                "error_on_column_count_mismatch=false|error_on_column_count_mismatch to false"
            ),
            "on_error",
            "add .. column|twelfth column|extra column to",
            "remov* .. comma*",
        ),
        "The comma inside the quotes is taken for a delimiter, because the file format knows of no quotes. "
        "Add field_optionally_enclosed_by = '\"' to it.",
        "By default Snowflake treats quotes as plain characters, so a comma in the address splits the "
        "field. Set FIELD_OPTIONALLY_ENCLOSED_BY to the double quote.",
        (
            (
                "The addresses hold a comma, so that the line has one column more. Set "
                "error_on_column_count_mismatch to false as the message says; field_optionally_enclosed_by "
                "stays as it is."
            ),
            (
                "Some lines have twelve columns, since the sender has added one to the file. Compare with "
                "the new description of the file, and alter the table to have this column."
            ),
        ),
    ),
    Case(
        "snowflake",
        "medium",
        "A staging table collects every change of a customer since the last run. It is merged into the "
        "dimension:\n\n"
        "merge into dim d using stage s on d.customer_id = s.customer_id\n"
        "when matched then update set d.city = s.city ...",
        """100090 (42P18): Duplicate row detected during DML action
Row Values: [4711, "Lyon", "2024-05-02 08:00:00"]""",
        (
            (
                "several rows|more than one row|multiple rows|multiple changes|several changes|"
                "more than one change|two rows|duplicate rows|duplicates in .. stage|many rows|"
                "multiple source rows|more than one source row|several source rows|multiple stage rows|"
                "two or more|rows in stage|more than one stage row|many changes|duplicates in the source"
            ),
            "latest|last|newest|most recent|row_number|qualify",
        ),
        (
            (
                "set error_on_nondeterministic_merge|error_on_nondeterministic_merge to false|"
                "error_on_nondeterministic_merge = false|error_on_nondeterministic_merge=false"
            ),
            "select distinct|distinct rows",
            "delet* .. dim|truncat* dim",
            "unique constraint|primary key",
        ),
        "Customer 4711 has several rows in stage, and MERGE cannot know which one to apply. Merge from a "
        "subquery with only the newest: qualify row_number() over (partition by customer_id order by "
        "changed_at desc) = 1.",
        "More than one source row matches one target row. Reduce stage to the latest change of each "
        "customer_id before merging.",
        (
            (
                "There are several rows for customer 4711 in stage. Set ERROR_ON_NONDETERMINISTIC_MERGE to "
                "false for the session; Snowflake then takes one of these rows, as a rule the last."
            ),
            (
                "The dimension holds the customer twice, so that the merge would update two rows. Remove "
                "the older of the two from it, and add a primary key to prevent new ones."
            ),
        ),
    ),
    Case(
        "bigquery",
        "medium",
        "A query over 4 TB ends with `order by event_ts` and writes its result into a table; the same "
        "query without that line finishes in two minutes. Nobody reads the table in any given order.",
        """Resources exceeded during query execution: The query could not be executed in the allotted \
memory. Peak usage: 128% of limit.
Top memory consumer(s):
  ORDER BY operations: 99%
  other/unattributed: 1%""",
        (
            (
                "single worker|one worker|single node|one node|single slot|one slot|single machine|"
                "one machine|cannot be parallel*|not parallel*|whole result|entire result|full result|"
                "final sort|global sort|global order*|all rows|total order|sort* the whole|"
                "sort* the entire|single"
            ),
            (
                "remov* .. order by|drop* .. order by|omit* .. order by|leav* out .. order by|"
                "without .. order by|delet* .. order by|leave .. order by out|order by .. removed|"
                "remov* .. line|drop* .. line|remov* .. sort|eliminat* .. order by|get rid .. order by|"
                "take out .. order by|take .. order by out"
            ),
        ),
        (
            "more slots|buy .. slots|reservation",
            "increas* .. memory|more memory|larger machine",
            "select distinct",
        ),
        "ORDER BY without LIMIT sorts the whole result on a single worker, whose memory it exceeds, and a "
        "table has no order anyway. Remove the ORDER BY, and cluster the table by event_ts if readers "
        "filter by it.",
        "A final sort must happen on one node. Drop the ORDER BY line: it is of no use when writing to a "
        "table.",
        (
            (
                "The sort needs more memory than the whole query has been given. Buy more slots in a "
                "reservation for the time of the job, without changing the ORDER BY, and it will finish on "
                "a single run."
            ),
            (
                "The rows of 4 TB are read at once from too many columns of the table. Select only the "
                "columns that are needed, and filter by a partition, before sorting the rest."
            ),
        ),
    ),
    Case(
        "bigquery",
        "hard",
        "The table is partitioned by the DATE column day, and a filter is required. The query has one:\n\n"
        "select count(*) from shop.events where date_trunc(day, month) = (select max(m) from "
        "shop.closed_months);",
        """Cannot query over table 'p.shop.events' without a filter over column(s) 'day' that can be used \
for partition elimination""",
        (
            (
                "constant*|literal*|subquery|sub-query|sub query|known .. plan*|before .. execut*|"
                "query time|at runtime"
            ),
            (
                "declare|variable*|parameter*|script*|literal*|two steps|two queries|execute immediate|"
                "day between|day >="
            ),
        ),
        (
            "require_partition_filter",
            "remov* .. requirement|turn* off .. requirement|disabl* .. requirement",
            "where true|day is not null|1=1",
            "cluster*",
        ),
        "Partitions are chosen before the query runs, so the filter must compare day itself with a "
        "constant; a subquery is known only later. DECLARE a variable with the month first, then: where "
        "day >= m and day < ...",
        "The predicate depends on a subquery (and wraps day in a function), which cannot prune. Run the "
        "max() first in a script and pass its value as a parameter.",
        (
            (
                "A filter by a subquery is not enough to eliminate partitions. Set "
                "require_partition_filter to false on the table with ALTER TABLE, and keep the query as it "
                "is, without a variable."
            ),
            (
                "The filter is on the month, though the table has its partitions by day. Partition it anew "
                "by month, so that date_trunc(day, month) is the column of the partitions."
            ),
        ),
    ),
    Case(
        "bigquery",
        "medium",
        "A service writes rows with tabledata.insertAll. A job that starts five minutes later corrects "
        "some of them.",
        """UPDATE or DELETE statement over table shop.web.events would affect rows in the streaming \
buffer, which is not supported""",
        (
            "recently|recent|just streamed|minutes|still in|not yet",
            (
                "wait|90 minutes|later|delay|storage write api|write api|load job*|batch load*|"
                "staging table|append*|postpone|older than|exclud*"
            ),
        ),
        (
            "truncat* .. table|delet* .. table|recreat* .. table|drop .. table",
            "flush .. buffer|empty .. buffer",
            "merge instead|use merge|use a merge|with merge",
        ),
        "The rows were streamed only minutes ago; until BigQuery has moved them out of the buffer (up to "
        "90 minutes) they cannot be changed. Let the job wait that long, or write with the Storage Write "
        "API or load jobs.",
        "Recently streamed rows are still in the buffer. Correct only rows older than two hours, or ingest "
        "with batch load jobs.",
        (
            (
                "The rows are still in the buffer that belongs to streaming. Use MERGE with the "
                "corrections as its source, which replaces rows wherever they are, and do not wait for it."
            ),
            (
                "The job has no permission to change the rows that another account has streamed in. Grant "
                "the role Data Editor on the dataset to the job, and start it again later."
            ),
        ),
    ),
)
