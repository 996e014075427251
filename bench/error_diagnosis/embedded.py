"""Messages of DuckDB, compared with what the installed one says (tests/datasets/test_error_messages.py)."""

from bench.error_diagnosis.case import Case

CASES = (
    Case(
        "duckdb",
        "medium",
        "The result must be the order with the largest amount of each customer, with that order's id:\n\n"
        "select customer_id, order_id, max(amount) from orders group by customer_id;",
        """Binder Error: column "order_id" must appear in the GROUP BY clause or must be part of an \
aggregate function.
Either add it to the GROUP BY list, or use ANY_VALUE("order_id") if the exact value of "order_id" is not \
important.""",
        ("arg_max|max_by|qualify|row_number|distinct on|rank|top-n|limit 1",),
        (
            (
                'use any_value|any_value(order_id)|with any_value|any_value("order_id")|choose any_value|'
                "take any_value"
            ),
            (
                "group by customer_id, order_id|add .. order_id .. group by|order_id to the group by|"
                "group by both|group by all"
            ),
            "max(order_id)|first(order_id)|min(order_id)",
        ),
        "A group has many orders, and nothing says which order_id is wanted; it must be that of the "
        "largest amount. Write arg_max(order_id, amount) beside max(amount).",
        "max(amount) does not pick a row. Rank the orders: QUALIFY row_number() OVER (PARTITION BY "
        "customer_id ORDER BY amount DESC) = 1.",
        (
            (
                "order_id is neither grouped nor aggregated, and arg_max is not needed for it. Use "
                "ANY_VALUE(order_id) as the message says; a customer then has one row with its largest "
                "amount."
            ),
            (
                "order_id has to stand in the grouping like each column that is selected without an "
                "aggregate. Add it to the list: group by customer_id, order_id; the row_number is not "
                "needed."
            ),
        ),
    ),
    Case(
        "duckdb",
        "easy",
        "A notebook has had the file open since the morning. The nightly loader, another program on the "
        "same machine, wants to write to it.",
        """IO Error: Could not set lock on file "/srv/dw/sales.duckdb": Conflicting lock is held in \
/usr/bin/python3.11 (PID 5102). See also https://duckdb.org/docs/current/connect/concurrency""",
        (
            "one process|another process|other process|single process|notebook|single writer|exclusive*",
            (
                "close|shut|stop the notebook|stop the kernel|end .. notebook|disconnect|release|"
                "restart the kernel|shutdown|terminate .. notebook|shut down|stop .. notebook|quit"
            ),
        ),
        (
            "delet* .. lock|remov* .. lock|delet* .. wal|remov* .. wal",
            "copy .. file and|write to .. copy",
            "chmod|permissions",
            "reinstall*|upgrad*",
        ),
        "A DuckDB file that is written may be open in one process only, and the notebook (PID 5102) holds "
        "it. Close the notebook's connection before the loader runs, and open it read_only in future.",
        "The notebook process keeps the exclusive lock. Call con.close() there (or shut the kernel down), "
        "then rerun the loader.",
        (
            (
                "The notebook has left its lock behind when it was closed. Remove the lock file beside the "
                "database, sales.duckdb.wal, after which the loader can open it as the one process."
            ),
            (
                "The user of the loader may not write into the folder of the file. Give it the permissions "
                "of the notebook's user with chmod, and let the loader run again."
            ),
        ),
    ),
    Case(
        "duckdb",
        "medium",
        "`create table addr as select * from read_csv('addr.csv')` on a file of 60,002 lines. The column "
        "zip has the postal codes of customers in several countries; no line may be lost, and the codes "
        "must come out as they stand in the file (some begin with 0).",
        """Conversion Error: CSV Error on Line: 60002
Original Line: 60001,SW1A 1AA
Error when converting column "zip". Could not convert string "SW1A 1AA" to 'BIGINT'

Column zip is being converted as type BIGINT
This type was auto-detected from the CSV file.""",
        (
            (
                "sniff*|sample*|auto detect*|auto-detect*|autodetect*|first rows|first lines|guess*|infer*|"
                "detected"
            ),
            "types|columns|all_varchar",
            "varchar|text|string",
        ),
        (
            "ignore_errors",
            "try_cast|nullstr",
            "remov* .. line|delet* .. line|skip .. line",
        ),
        "The type was guessed from a sample at the beginning of the file, where all codes are numbers. Set "
        "it: read_csv('addr.csv', types={'zip': 'VARCHAR'}), which keeps the leading zeros, too.",
        "DuckDB inferred BIGINT from the first 20,480 rows. Pass columns/types so that zip is VARCHAR.",
        (
            (
                "The sniffer saw only numbers in its sample. Add ignore_errors=true to read_csv and keep "
                "the detected types; line 60002 is then left out, and all columns stay what they are, not "
                "text."
            ),
            (
                "Line 60002 is broken: it has a space inside an unquoted value. Put quotes around the "
                "value in the file, and then load the whole file again in the same way."
            ),
        ),
    ),
    Case(
        "duckdb",
        "easy",
        "The newest row of each device is wanted:\n\n"
        "select * from reading where row_number() over (partition by device order by taken desc) = 1;",
        """Binder Error: WHERE clause cannot contain window functions!""",
        (
            (
                "before|after|evaluated|later|earlier|order of|computed|not yet|exist* yet|does not exist|"
                "until|prior"
            ),
            (
                "qualify|subquery|cte|common table expression|derived table|with clause|outer query|"
                "arg_max|max_by"
            ),
        ),
        (
            "having",
            "remov* .. where|drop .. where",
            "limit 1",
        ),
        "WHERE is evaluated before window functions are computed. Replace WHERE by QUALIFY, which filters "
        "after them: select * from reading qualify row_number() over (...) = 1.",
        "The row number does not exist yet when WHERE runs. Compute it in a CTE and filter in the outer "
        "query.",
        (
            (
                "A window function is computed after the rows were filtered by WHERE. Replace WHERE by "
                "HAVING, which is evaluated later, after the groups; a subquery is not needed."
            ),
            (
                "row_number() needs a name of its own to be compared with. Write row_number() over (...) "
                "as rn in the list of the columns, and compare where rn = 1."
            ),
        ),
    ),
    Case(
        "duckdb",
        "hard",
        "Two threads of one process, each with its own cursor of the connection, raise counters in a table "
        "of 200 rows, some hundred times a second, in explicit transactions.",
        """TransactionContext Error: Conflict on update!""",
        (
            (
                "same row|same rows|both .. update|concurrent*|another transaction|other transaction|"
                "two transactions|at the same time|optimistic"
            ),
            (
                "retry|retries|retried|again|single writer|one writer|one thread|serializ*|serialis*|queue|"
                "mutex|threading.lock"
            ),
        ),
        (
            "select for update|for update",
            "lower isolation|set .. isolation level|read uncommitted|read committed",
            "separate process|second process|two processes",
        ),
        "Concurrency control is optimistic: a transaction that updates a row which another open "
        "transaction has changed fails at once. Roll back and retry the transaction, or let one thread do "
        "all writing.",
        "Both threads touch the same rows at the same time. Send the increments through a queue to a "
        "single writer.",
        (
            (
                "Both threads update the same row concurrently. Set a lower isolation level, READ "
                "COMMITTED, for the two cursors, so that each sees the other's change; to retry is then "
                "not needed."
            ),
            (
                "A cursor must not be used by more than one thread, and the two share theirs. Give to each "
                "of the threads a cursor of its own made with connection.cursor()."
            ),
        ),
    ),
)
