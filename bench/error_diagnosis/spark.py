"""Messages of Spark, Airflow, dbt and Kafka."""

from bench.error_diagnosis.case import Case

CASES = (
    Case(
        "spark and kafka",
        "hard",
        "A job cleans a folder of Parquet files in place:\n\n"
        'df = spark.read.parquet("s3a://lake/orders")\n'
        'df.dropDuplicates(["id"]).write.mode("overwrite").parquet("s3a://lake/orders")\n\n'
        "It fails, and afterwards the folder is nearly empty.",
        """java.io.FileNotFoundException: No such file or directory: \
s3a://lake/orders/part-00017-6f1e.snappy.parquet
It is possible the underlying files have been updated. You can explicitly invalidate the cache in Spark \
by running 'REFRESH TABLE tableName' command in SQL or by recreating the Dataset/DataFrame involved.""",
        (
            (
                "lazy|lazily|same path|same folder|same location|own input|still reading|being read|"
                "reads from|its source|deletes .. input|overwrit* .. input|before reading|"
                "before it has read|own source|files it reads|files it is reading|same directory|"
                "before .. read"
            ),
            (
                "another path|temporary|temp|different path|new path|staging|other path|another folder|"
                "another location|different folder|different location|new folder|separate path|delta|"
                "iceberg|checkpoint|new location|separate location"
            ),
        ),
        (
            (
                "run refresh table|use refresh table|with refresh table|issue refresh table|"
                "execute refresh table|spark.catalog.refreshtable|spark.catalog.refreshbypath|refreshtable|"
                "refreshbypath|invalidat* .. cache"
            ),
            "df.cache|.cache()|persist()",
            "ignoremissingfiles|ignore missing files",
        ),
        "Reading is lazy: overwrite first deletes the folder, and only then would its files be read, which "
        "are gone. Write to another path, check it, and swap; restore the lost data from a version or "
        "backup.",
        "The job overwrites its own input. Write the deduplicated data to a temporary folder, then replace "
        "the old one.",
        (
            (
                "Another job has changed the files while this one was reading them. Run REFRESH TABLE, or "
                "spark.catalog.refreshByPath, before the write; no temporary path is needed."
            ),
            (
                "The files are read lazily, again at the time of the write to the same path. Call "
                "df.cache() first, so that the rows stay in memory; no temporary folder is needed then."
            ),
        ),
    ),
    Case(
        "spark and kafka",
        "medium",
        'A PySpark job on 400 GB ends with `pdf = df.toPandas()` and then pdf.to_parquet("out.parquet"). '
        "The executors are far from their limits.",
        """org.apache.spark.SparkException: Job aborted due to stage failure: Total size of serialized \
results of 812 tasks (1024.8 MiB) is bigger than spark.driver.maxResultSize (1024.0 MiB)""",
        (
            "driver",
            (
                "df.write|write .. spark|written by the executors|write .. executors|spark's writer|"
                "executors write|write.parquet|writes in parallel|dataframewriter|write it from spark|"
                "write .. in parallel"
            ),
        ),
        (
            (
                "maxresultsize to|maxresultsize=|maxresultsize 0|increas* .. maxresultsize|"
                "rais* .. maxresultsize|maxresultsize .. 0|spark.driver.maxresultsize to"
            ),
            "executor.memory|executor memory|more executors",
        ),
        "toPandas brings every row to the driver, which cannot hold the result. Leave the data on the "
        'executors and let Spark write: df.write.parquet("out.parquet").',
        "All partitions are collected on the driver. Drop pandas and use "
        'df.write.mode("overwrite").parquet(...).',
        (
            (
                "The driver may only receive 1 GB of results. Set spark.driver.maxResultSize to 0, which "
                "means no limit, and give the driver more memory; df.write is slower than pandas."
            ),
            (
                "There are too many partitions, so that their results are too large together. Use "
                "df.coalesce(10) before toPandas to get fewer of them at the driver."
            ),
        ),
    ),
    Case(
        "spark and kafka",
        "hard",
        "Clicks (2 billion rows) are joined with users on user_id; some 40% of the clicks have user_id 0, "
        'which stands for "not logged in". Of 200 tasks 199 finish in a minute; the last one runs for an '
        "hour and dies. Clicks of users that are not logged in must stay in the result.",
        """ExecutorLostFailure (executor 7 exited caused by one of the running tasks) Reason: Container \
from a bad node: ... Exit status: 137. Diagnostics: Killed by external signal
java.lang.OutOfMemoryError: Java heap space""",
        (
            (
                "skew*|one partition|single partition|same partition|one task|single task|unevenly|uneven|"
                "hot key"
            ),
            (
                "salt*|separately|split .. 0|union|skewjoin|adaptive|aqe|broadcast|random* .. key|unionall|"
                "handle user_id 0|handle .. apart|apart"
            ),
        ),
        (
            "more executors|add executors|increas* .. executors|more nodes",
            (
                "shuffle.partitions to|shuffle.partitions=|more shuffle partitions|more partitions|"
                "increas* .. shuffle partitions|increas* .. partitions"
            ),
            "executor.memory to|executor.memory=|more memory|increas* .. executor memory|increas* .. memory",
        ),
        "The key is skewed: all rows with user_id 0 go to one task. Join them separately: take the clicks "
        "with id 0 out, join the rest, and add them back with a union (or salt the key).",
        "40% of the data hash to a single partition. Salt the join key, or let AQE split it with "
        "spark.sql.adaptive.skewJoin.enabled.",
        (
            (
                "The last task gets too many rows for its memory. Set spark.sql.shuffle.partitions to "
                "2000, so that the rows of this skewed key spread over more tasks; salting is not needed."
            ),
            (
                "The node on which the last task runs is broken, as the message says: a bad node. Exclude "
                "it, and run the job again on the others; a task of this kind should not take so long."
            ),
        ),
    ),
    Case(
        "spark and kafka",
        "medium",
        "Scala: a connection is opened once in the main program, and\n\n"
        "df.foreach(row => insert(connection, row))\n\n"
        "shall write each row with it.",
        """org.apache.spark.SparkException: Task not serializable
Caused by: java.io.NotSerializableException: org.postgresql.jdbc.PgConnection""",
        (
            "driver",
            (
                "foreachpartition|mappartitions|per partition|each partition|write.jdbc|df.write|"
                "inside the partition"
            ),
        ),
        (
            (
                "@transient|transient lazy|implement .. serializable|extends serializable|"
                "make .. serializable|kryo"
            ),
            "collect()|collect .. rows",
            "static .. connection|broadcast*",
        ),
        "The closure holds the connection of the driver, which cannot be sent to executors. Open one per "
        "partition there: df.foreachPartition(rows => { val c = open(); ... }).",
        "A JDBC connection lives on the driver and does not serialise. Use foreachPartition and create the "
        "connection within it.",
        (
            (
                "The connection in the driver's closure cannot be serialised as it is. Register its class "
                "with Kryo, by spark.serializer, so that it is sent to each partition with the task."
            ),
            (
                "The function insert belongs to a class that is not serialisable, so that the task cannot "
                "be sent. Make the class extend Serializable, or move the function into an object."
            ),
        ),
    ),
    Case(
        "spark and kafka",
        "easy",
        "orders and customers both have a column id.\n\n"
        "df = orders.join(customers, orders.customer_id == customers.id)\n"
        'df.select("id", "total").show()',
        """pyspark.errors.exceptions.captured.AnalysisException: [AMBIGUOUS_REFERENCE] Reference `id` is \
ambiguous, could be: [`id`, `id`].""",
        (
            "both|two columns|twice|each|two `id`|two id|duplicate",
            (
                "orders.id|orders[\"id\"]|orders['id']|alias*|renam*|withcolumnrenamed|drop(customers.id)|"
                "col(\"o.id\")|orders['id']|qualif*"
            ),
        ),
        (
            "on=\"id\"|on='id'|join on id|using id",
            "casesensitive|case sensitive",
            "dropduplicates|distinct()",
        ),
        'The join keeps the id of both frames, so "id" alone names two columns. Say which: '
        'df.select(orders.id, "total"), or rename one before the join.',
        'Both inputs carry id. Use aliases (o, c) and select col("o.id").',
        (
            (
                'Both frames have an id. Join with on="id", since Spark then keeps it only once, and the '
                "reference in the select is no longer ambiguous; an alias is not needed."
            ),
            (
                "The rows of an order come more than once from the join, and so do the ids. Call "
                "dropDuplicates() on the result of the join before the columns are selected."
            ),
        ),
    ),
    Case(
        "airflow and dbt",
        "medium",
        "A DAG file begins with\n\n"
        'TABLES = requests.get("https://catalog.internal/tables").json()\n\n'
        "and makes a task for each table. Some hours a day the DAG vanishes from the list.",
        """airflow.exceptions.AirflowTaskTimeout: DagBag import timeout for /opt/airflow/dags/sync.py \
after 30.0s.""",
        (
            (
                "each time|every time|whenever|pars*|top level|top-level|module level|at import|on import|"
                "scheduler"
            ),
            (
                "inside .. task|in a task|within a task|dynamic task mapping|expand|at run time|at runtime|"
                "into a task|cached file|airflow variable|variable|static file|local file|to a task|a file|"
                "upstream task"
            ),
        ),
        (
            "dagbag_import_timeout",
            "increas* .. timeout|rais* .. timeout|longer timeout",
            "min_file_process_interval|dag_dir_list_interval",
            "restart .. scheduler",
        ),
        "The request is at the top level, so it runs at every parse of the file, and the catalog is slow "
        "at times. Ask for the tables inside a task and fan out with dynamic task mapping (expand).",
        "The scheduler executes the HTTP call whenever it parses the file. Move it into a task, or read "
        "the list from a file that another job maintains.",
        (
            (
                "The scheduler parses the file for longer than 30 seconds while the catalog is slow. Set "
                "dagbag_import_timeout to 120 in the configuration; a task is not the place for it."
            ),
            (
                "The worker has too little CPU at these hours to import the file in time. Give the "
                "scheduler more of it, or move heavy DAGs to other hours; tasks for tables are fine."
            ),
        ),
    ),
    Case(
        "airflow and dbt",
        "medium",
        "A TaskFlow task reads 2 GB into a pandas DataFrame and returns it to the next task. The tasks run "
        "in different pods.",
        """TypeError: cannot serialize object of type <class 'pandas.core.frame.DataFrame'>""",
        (
            "xcom*",
            "path|uri|object storage|s3|gcs|blob|parquet|object store|shared storage|url|key of|location",
        ),
        (
            "enable_xcom_pickling|pickling|pickle",
            "to_json|to_dict|to_csv() and return|return df.to",
            "/tmp|local disk|local file",
            "one task|single task|merge .. tasks",
        ),
        "What a task returns goes through XCom, the metadata database, which is for small values. Write "
        "the frame as Parquet to object storage and return only its path.",
        "Return values are stored in XCom; 2 GB do not belong there. Save to S3 and pass the URI on.",
        (
            (
                "The value goes through XCom, which allows JSON only by default. Set enable_xcom_pickling "
                "to true, and the frame can be returned as it is, whatever its path is."
            ),
            (
                'A DataFrame is no JSON, which XCom wants. Return df.to_dict("records") and build the '
                "frame anew in the next task from what is at that key."
            ),
        ),
    ),
    Case(
        "airflow and dbt",
        "medium",
        "Yesterday the column channel was added to the select of the model fct_orders, which is "
        "incremental; a model downstream selects it. The code compiles, and `dbt run` finishes fct_orders "
        "without an error.",
        """Database Error in model rpt_channel (models/rpt_channel.sql)
  column "channel" does not exist
  LINE 14: select channel, sum(amount) from dw.fct_orders group by 1""",
        (
            (
                "existing table|exists already|already exists|not altered|does not add|doesn't add|"
                "not add*|ignore*|old columns|not changed|schema change*|old schema|without the new column|"
                "not rebuilt|not updated|existing target|only inserts|never altered|old structure|"
                "not recreated"
            ),
            "full refresh|on_schema_change",
        ),
        (
            "dbt clean|dbt deps|partial parse|--no-partial-parse",
            "drop schema|delet* .. schema",
            "dbt seed|dbt snapshot",
            "remov* .. channel",
        ),
        "An incremental run inserts into the existing table and by default ignores new columns. Set "
        "on_schema_change = 'append_new_columns', or rebuild once with dbt run --full-refresh --select "
        "fct_orders.",
        "The incremental model's table was not altered. Run a full refresh of fct_orders.",
        (
            (
                "dbt still has the old version of the model in its cache, without the new column. Run dbt "
                "clean and dbt deps, and then dbt run; a --full-refresh is not necessary for it."
            ),
            (
                "The models run in the wrong order, since rpt_channel does not refer to fct_orders with "
                "ref(). Use it in place of the name of the table, so that dbt knows what depends on what."
            ),
        ),
    ),
    Case(
        "spark and kafka",
        "medium",
        "A consumer takes up to 500 records with each poll and calls a web service for each of them, one "
        "by one; a call takes about a second. All settings have their defaults.",
        """org.apache.kafka.clients.consumer.CommitFailedException: Offset commit cannot be completed \
since the consumer is not part of an active group for auto partition assignment; it is likely that the \
consumer was kicked out of the group.""",
        (
            (
                "max.poll.interval.ms|max poll interval|five minutes|5 minutes|300 s*|300000|300,000|"
                "poll interval"
            ),
            (
                "max.poll.records|fewer records|smaller batch*|fewer per poll|in parallel|"
                "raise max.poll.interval.ms|increase max.poll.interval.ms"
            ),
        ),
        (
            "session.timeout.ms|heartbeat.interval.ms",
            "auto.offset.reset|enable.auto.commit|auto commit",
            "more consumers|add consumers|more partitions",
            "new group|another group id|different group id",
        ),
        "500 calls take over eight minutes, longer than max.poll.interval.ms (five by default), so the "
        "group removed the consumer. Lower max.poll.records to 100, say, so that a batch is done in time.",
        "Processing one batch exceeds the poll interval of 5 minutes. Fetch fewer records per poll or call "
        "the service in parallel.",
        (
            (
                "The consumer sends its heartbeats too late while it calls the service, 500 times. Set "
                "session.timeout.ms to ten minutes, and max.poll.interval.ms will not matter."
            ),
            (
                "The group has not enough members for its records, so that one of them is overloaded. "
                "Start more consumers in the group, up to the number of partitions of the topic."
            ),
        ),
    ),
)
