"""Messages of Python and its libraries.

Where a snippet makes one it is compared with what Python says (tests/datasets/test_error_messages.py).
"""

from bench.error_diagnosis.case import Case

CASES = (
    Case(
        "python",
        "medium",
        'A colleague saved a sheet of a spreadsheet as "Unicode Text (*.txt)". It is read with open(path, '
        'encoding="utf-8").',
        """UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte""",
        (
            "utf-16|utf16|utf_16|utf 16",
            (
                'encoding="utf-16"|encoding=\'utf-16\'|encoding="utf16"|encoding=utf-16|'
                "encoding .. utf-16|utf-16 .. encoding|open .. utf-16|read .. utf-16|save .. utf-8|"
                "convert .. utf-8|as utf-16"
            ),
        ),
        (
            (
                "errors=\"ignore\"|errors='ignore'|errors=ignore|errors=\"replace\"|errors='replace'|"
                "errors=replace"
            ),
            "latin-1|latin1|cp1252|windows-1252|iso-8859-1",
            "chardet",
        ),
        'The file begins with 0xff 0xfe, the byte order mark of UTF-16, which is what "Unicode Text" means '
        'there. Open it with encoding="utf-16".',
        "That export is UTF-16 LE with a BOM. Read it as UTF-16, or save the sheet as CSV UTF-8.",
        (
            (
                "The file has another encoding than UTF-8, perhaps UTF-16. Open it with "
                'encoding="latin-1", which knows all the bytes from 0x00 to 0xff, and the exception will '
                "be gone."
            ),
            (
                "The first byte of the file was damaged when it was sent over. Read it in binary mode, cut "
                "the first byte off, and decode what follows as UTF-8 text."
            ),
        ),
    ),
    Case(
        "python",
        "hard",
        "Two files are joined by customer number. In one of them the numbers are like 00417, in the other "
        "like 417; pandas read one column as text and the other as numbers.",
        """ValueError: You are trying to merge on object and int64 columns for key 'customer_no'. If you \
wish to proceed you should use pd.concat""",
        (
            "dtype*|type*|object|str|string*|int*|text",
            (
                "leading zero*|zfill|zero pad*|zero-pad*|pad*|astype(int)|to_numeric|as integers|"
                "to integers|to int|to int64|lstrip"
            ),
        ),
        (
            "use pd.concat|with pd.concat|pd.concat(|call pd.concat|use concat",
            "how=\"outer\"|how='outer'|outer join",
            "fillna",
            "index join|set_index",
        ),
        "One key is text with leading zeros, the other integer, so the dtypes differ; plain astype(str) "
        'would match nothing. Convert both to one form: right["customer_no"].astype(str).str.zfill(5), '
        "then merge.",
        "The key dtypes differ (object against int64). Turn the text column into numbers with "
        "pd.to_numeric before the merge: 00417 becomes 417 on both sides.",
        (
            (
                "The key is text in one frame and integer in the other. Use pd.concat([left, right], "
                "axis=1) as the message proposes, which needs no common type and leaves the leading zeros."
            ),
            (
                "One column holds missing values and has become object for that reason. Fill them with "
                "fillna(0) in both frames before the merge, and drop those rows again after it."
            ),
        ),
    ),
    Case(
        "python",
        "medium",
        "A script removes sessions older than an hour. `started` comes from a column that holds UTC times "
        "without an offset; the script compares it with datetime.now(timezone.utc) - timedelta(hours=1). "
        "The machine runs in Chicago.",
        """TypeError: can't compare offset-naive and offset-aware datetimes""",
        (
            "naive",
            (
                "replace(tzinfo=timezone.utc)|replace(tzinfo=utc)|tzinfo=timezone.utc|tzinfo=datetime.utc|"
                "tzinfo=utc|tz_localize(\"utc\")|tz_localize('utc')|attach* .. utc|mark* .. utc|"
                'zoneinfo("utc")|tzinfo=dt.timezone.utc|tzinfo=datetime.timezone.utc|tzinfo to utc|as utc|'
                "label* .. utc"
            ),
        ),
        (
            "datetime.now()|datetime.today()",
            "started.astimezone|astimezone()|astimezone(timezone.utc)|.astimezone(",
            "tzinfo=none|drop .. time zone|strip .. time zone",
            "pytz",
        ),
        "started is naive, the other value aware. Since the column is in UTC, say so: "
        "started.replace(tzinfo=timezone.utc), and compare that.",
        "The value from the database carries no offset (naive). Attach UTC to it with "
        "started.replace(tzinfo=timezone.utc) before comparing.",
        (
            (
                "started is naive and the limit is aware of its offset. Make started aware as well with "
                "started.astimezone(timezone.utc), which brings it into UTC before it is compared."
            ),
            (
                "One of the two is naive. Take datetime.now() - timedelta(hours=1) in place of the time "
                "with a zone, so that both are without tzinfo=timezone.utc and can be compared."
            ),
        ),
    ),
    Case(
        "python",
        "easy",
        "A cell of a Jupyter notebook holds\n\n"
        "    rows = asyncio.run(load_all())\n\n"
        "and the same line works in a script.",
        """RuntimeError: asyncio.run() cannot be called from a running event loop""",
        (
            (
                "already running|already runs|already has|running loop|runs .. loop|own event loop|"
                "own loop|existing event loop|existing loop|already an event loop|running event loop in|"
                "already .. loop"
            ),
            "await load_all()|await",
        ),
        (
            "run_until_complete",
            "new_event_loop",
            "loop.close()|loop.stop()|stop .. loop|close .. loop",
            "restart .. kernel",
        ),
        "The notebook already runs an event loop, and asyncio.run wants to start its own. At the top level "
        "of a cell write rows = await load_all().",
        "Jupyter's kernel has its own loop in that thread. Use `await load_all()` directly in the cell.",
        (
            (
                "The notebook already has an event loop that is running. Take it with "
                "asyncio.get_event_loop() and call loop.run_until_complete(load_all()) in place of "
                "asyncio.run; await is for functions."
            ),
            (
                "A cell that ran before has left its loop open, and so a second cannot be started in this "
                "kernel. Restart the kernel, and run the cell first, before all the others."
            ),
        ),
    ),
    Case(
        "python",
        "medium",
        "A script named duckdb.py was written to try the library; it holds two lines, and the library is "
        "installed:\n\n"
        "import duckdb\n"
        "duckdb.connect()",
        """AttributeError: partially initialized module 'duckdb' has no attribute 'connect' (most likely \
due to a circular import)""",
        (
            (
                "itself|shadow*|same name|own file|the script's name|name of the script|named like|"
                "named after|hides|called duckdb.py|its own|instead of the library|instead of the installed"
            ),
            "renam*|another name|different name|other name|move the script|change the name|change its name",
        ),
        (
            "reinstall*|pip install|upgrad*|downgrad*",
            "virtual environment|venv",
            "inside .. function|import .. later|lazy import|delay* .. import",
        ),
        "The script imports itself: its name, duckdb.py, hides the installed library. Rename it (and "
        "delete a left over __pycache__), for example to try_duckdb.py.",
        "Your file shadows the package, because the script's folder comes first on sys.path. Give the file "
        "a different name.",
        (
            (
                "The installation of the library is broken, as it imports itself in a circle. Remove it "
                "and pip install duckdb again in the same environment; a rename of files does not help."
            ),
            (
                "The two modules import each other, so that one is not ready when it is used. Move the "
                "import of duckdb inside the function which needs it, under another name."
            ),
        ),
    ),
    Case(
        "python",
        "hard",
        "A web service with little traffic fails some hours after each start, and works again after a "
        "restart. Its handlers do\n\n"
        "    conn = engine.connect()\n"
        "    rows = conn.execute(query).all()\n"
        "    conn.close()\n"
        "    return rows\n\n"
        "and some queries fail because of bad parameters, which a middleware turns into status 400. There "
        "are never more than two requests at once.",
        """sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed \
out, timeout 30.00""",
        (
            (
                "never closed|not closed|never returned|not returned|leak*|skips .. close|skip* close|"
                "not reached|never reached|isn't closed|isn't returned|close() .. skipped|"
                "remains checked out|stay* checked out|never runs|not executed|is skipped|not give .. back|"
                "never given back|close is never"
            ),
            (
                "with engine.connect()|context manager|with statement|with block|try/finally|finally|"
                "using with|a with|with engine"
            ),
        ),
        (
            (
                "pool_size=|increas* .. pool|rais* .. pool|larger pool|bigger pool|max_overflow=|"
                "pool_size to|max_overflow to"
            ),
            "nullpool",
            "pool_timeout|longer timeout",
            "restart .. service",
            "gc.collect",
        ),
        "When execute raises, close() is skipped, and each failed query leaks a connection until all 15 "
        "are gone. Use a context manager: with engine.connect() as conn: ...",
        "Failing queries leave their connections checked out, so these are never returned to the pool. Put "
        "the work in a `with engine.connect()` block or close in finally.",
        (
            (
                "The pool is too small for the traffic of the service, and requests wait for a connection. "
                "Set pool_size=50 and max_overflow=100 in create_engine; with that, nothing leaks."
            ),
            (
                "The server closes connections that were idle for some hours, and the pool hands them out "
                "still. Set pool_pre_ping=True so that the dead are found and made anew with each use."
            ),
        ),
    ),
    Case(
        "python",
        "easy",
        "A pool of four processes shall apply a function to rows:\n\n"
        "with Pool(4) as pool:\n"
        '    out = pool.map(lambda row: row["a"] + 1, rows)',
        """_pickle.PicklingError: Can't pickle <function <lambda> at 0x7fd62aee1ee0>: attribute lookup \
<lambda> on __main__ failed""",
        (
            "lambda*|anonymous",
            (
                "def|named function|module level|top level|top-level|module-level|operator.itemgetter|"
                "functools.partial|regular function|normal function"
            ),
        ),
        (
            "dill|cloudpickle|pathos",
            "inside .. main|nested function|inner function",
            "protocol=|pickle protocol",
        ),
        "Functions are sent to the processes by name, and a lambda has none that could be looked up. "
        "Define it with def at the top level of the module and pass that to pool.map.",
        "A lambda is not picklable since pickle stores functions by their importable name. Use a "
        "module-level def.",
        (
            (
                "A lambda cannot be pickled by name in this version of the protocol. Install dill, which "
                "can, and let multiprocessing use it in place of pickle; then no def at the top level is "
                "needed."
            ),
            (
                "The rows hold objects that cannot be pickled, and the name of the function is only where "
                "it was seen. Convert the rows to plain tuples before the call of pool.map."
            ),
        ),
    ),
    Case(
        "python",
        "medium",
        "A script behind a company proxy downloads price lists with requests. Browsers on the same machine "
        'show that the certificate was issued by "Contoso Web Gateway CA".',
        """requests.exceptions.SSLError: HTTPSConnectionPool(host='prices.example.com', port=443): Max \
retries exceeded with url: /list.csv (Caused by SSLError(SSLCertVerificationError(1, '[SSL: \
CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate \
(_ssl.c:1006)')))""",
        (
            "proxy|gateway|intercept*|inspect*|man in the middle|re-sign*|resign*",
            (
                "requests_ca_bundle|ssl_cert_file|ca bundle|verify=\"|verify='|root certificate|"
                "ca certificate|truststore|trust store|pip-system-certs|ca file|verify=/|company's ca|"
                "company ca"
            ),
        ),
        (
            (
                "verify=false|verify = false|cert_none|disabl* .. verif*|turn* off .. verif*|"
                "_create_unverified_context"
            ),
            "http:// instead|plain http|use http instead",
            "upgrade certifi|update certifi|pip install -u certifi|pip install --upgrade certifi",
        ),
        "The proxy opens TLS and signs with the company's own CA, which requests' bundle does not know. "
        'Get that root certificate and point REQUESTS_CA_BUNDLE (or verify="ca.pem") at it.',
        "TLS is intercepted by the web gateway, whose root CA Python does not trust. Add its CA "
        "certificate to a bundle and set REQUESTS_CA_BUNDLE.",
        (
            (
                "The company's proxy uses a certificate that Python does not know. Pass verify=False to "
                "requests.get; within the company's network no CA bundle is needed, as the gateway checks "
                "for you."
            ),
            (
                "The bundle of certifi is too old for the server's new certificate from the gateway. Run "
                "pip install --upgrade certifi in the environment, and start the script anew; no CA file "
                "is needed."
            ),
        ),
    ),
    Case(
        "python",
        "medium",
        "An import computes prices: net comes from a numeric column through a driver, the rate is written "
        "in the code:\n\n"
        "price = net * 1.19",
        """TypeError: unsupported operand type(s) for *: 'decimal.Decimal' and 'float'""",
        (
            "binary|exact*|mix*|implicit*|precision|money|float",
            "decimal(\"1.19\")|decimal('1.19')|decimal literal|string|quotes",
        ),
        (
            "float(net)|net to float|net to a float|convert .. net .. float",
            "decimal(1.19)|decimal.from_float|from_float",
        ),
        "The driver returns exact Decimals, and Python does not mix them with binary floats. Write the "
        'rate as a Decimal made from a string: price = net * Decimal("1.19").',
        "Decimal refuses implicit arithmetic with float because precision would be lost. Use "
        "Decimal('1.19') for the rate.",
        (
            (
                "An exact Decimal cannot be multiplied by a binary float. Convert it first: price = "
                "float(net) * 1.19, and give the result as a string with two decimals."
            ),
            (
                "The two operands have types that do not mix, Decimal and float. Write net * "
                "Decimal(1.19), which turns the exact rate into a Decimal without a string."
            ),
        ),
    ),
)
