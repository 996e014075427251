"""Messages of SQL Server and Azure SQL Database."""

from bench.error_diagnosis.case import Case

CASES = (
    Case(
        "sql server",
        "easy",
        "A nightly job inserts the accounts that are new in a CRM extract. Last night it stopped half way "
        "because the network broke; this morning somebody started it again from the beginning.",
        """Msg 2627, Level 14, State 1, Line 12
Violation of UNIQUE KEY constraint 'UQ_Users_Email'. Cannot insert duplicate key in object 'dbo.Users'. \
The duplicate key value is (ana.ruiz@example.com).
The statement has been terminated.""",
        (
            (
                "already exist*|already in|already there|already been inserted|already inserted|"
                "already has|already have|already contain*|already holds|already present|already loaded|"
                "were inserted|already stored|already committed|existing row*"
            ),
            (
                "merge|upsert|not exists|except|left join|anti join|idempotent|only the missing|"
                "only .. not yet|skip .. exist*|skip .. already|delete .. before|update .. existing"
            ),
        ),
        (
            "drop* .. constraint|remov* .. constraint|disabl* .. constraint|delet* .. constraint",
            "drop* .. index|disabl* .. index",
            "nocheck",
            "truncat* .. users",
        ),
        "The first run had inserted this address, so the row is already in dbo.Users and the rerun inserts "
        "it again. Make the load idempotent: insert only rows for which NOT EXISTS a row with that Email, "
        "or use MERGE.",
        "ana.ruiz@example.com already exists in the table from the interrupted run. Change the job to an "
        "upsert keyed on the email so that it can be repeated safely.",
        (
            (
                "The first run already inserted this address. Drop the UNIQUE constraint UQ_Users_Email "
                "for the time of the load, run the job with MERGE, and create the constraint again "
                "afterwards."
            ),
            (
                "The CRM extract holds the same address twice. Sort the extract and remove its duplicates "
                "with SELECT DISTINCT before it is inserted into the table of users."
            ),
        ),
    ),
    Case(
        "sql server",
        "hard",
        "A Python loader removes duplicates from a batch with a set of the e-mail addresses, checks each "
        "of them against the addresses read from dbo.Users with `address in known`, and inserts those that "
        "are not known. The database has the collation SQL_Latin1_General_CP1_CI_AS. No other process "
        "writes to the table.",
        """Msg 2627, Level 14, State 1, Line 1
Violation of UNIQUE KEY constraint 'UQ_Users_Email'. Cannot insert duplicate key in object 'dbo.Users'. \
The duplicate key value is (Tom.Berg@example.com).
The statement has been terminated.""",
        (
            (
                "case insensitive|case insensitiv*|ignores case|ignore case|ignoring case|ignores the case|"
                "regardless of case|only in case|capitalization|capitalisation|upper and lower"
            ),
            (
                "lower|lowercase|lower case|casefold|normali*|case fold*|same case|upper|"
                "compare .. insensitively|case insensitively|not exists|merge|in the database|"
                "database .. check"
            ),
        ),
        (
            "drop* .. constraint|remov* .. constraint|disabl* .. constraint",
            "chang* .. collation|alter .. collation|case sensitive collation|cs_as|collate .. cs_as",
        ),
        "The collation is case-insensitive: to the constraint Tom.Berg@example.com equals "
        "tom.berg@example.com, to Python's set they differ. Normalise addresses with casefold() before "
        "removing duplicates and before comparing with those of the table.",
        "SQL Server compares under a CI collation, so it ignores case, while Python's `in` does not. "
        "Lowercase every address on both sides before the check.",
        (
            (
                "SQL Server's collation is case-insensitive while Python is not. Change the collation of "
                "the Email column to a case-sensitive one, so that both spellings, upper and lower, can be "
                "stored."
            ),
            (
                "Another session inserted the same address between the check and the insert. Take a lock "
                "with HOLDLOCK around both, in one transaction, so that nobody can come in between."
            ),
        ),
    ),
    Case(
        "sql server",
        "medium",
        "Two stored procedures run at the same time. dbo.PostPayment updates Accounts and then Ledger; "
        "dbo.CloseDay updates Ledger and then Accounts. It happens several times a day, and it must not.",
        """Msg 1205, Level 13, State 51, Procedure dbo.CloseDay, Line 31
Transaction (Process ID 62) was deadlocked on lock resources with another process and has been chosen as \
the deadlock victim. Rerun the transaction.""",
        (
            (
                "same order|consistent order|one order|fixed order|same sequence|consistent sequence|"
                "identical order|uniform order|common order|order of access|access order|lock* .. order"
            ),
            "accounts",
            "ledger",
        ),
        (
            "nolock|read uncommitted",
            "deadlock_priority",
            "increas* .. timeout|lock_timeout|longer timeout",
        ),
        "Each procedure holds the lock the other waits for, because they update in opposite orders. Let "
        "both touch Accounts first and Ledger second: access in the same order removes the cycle.",
        "Lock ordering: CloseDay goes Ledger → Accounts, PostPayment Accounts → Ledger. Rewrite CloseDay "
        "so it takes the tables in the same sequence as PostPayment.",
        (
            (
                "The two procedures block each other on Accounts and Ledger. Read both tables with the "
                "NOLOCK hint, keep the same order, and the procedures no longer wait for each other's "
                "locks."
            ),
            (
                "CloseDay was chosen as the victim because its transaction on Ledger and Accounts was the "
                "cheaper one. Catch error 1205 and run the procedure again until it succeeds."
            ),
        ),
    ),
    Case(
        "sql server",
        "easy",
        "A customer table is loaded from a new branch in Wales. All earlier branches loaded well.",
        """Msg 2628, Level 16, State 1, Line 4
String or binary data would be truncated in table 'dw.dbo.Customer', column 'City'. Truncated value: \
'Llanfairpwllgwyngyll'.
The statement has been terminated.""",
        (
            (
                "longer than|too long|exceed*|does not fit|do not fit|too short|too narrow|too small|"
                "more characters|larger than|wider than|bigger than"
            ),
            (
                "alter column|widen*|alter table|increas* .. length|increas* .. size|larger varchar|"
                "longer varchar|enlarg*|increas* .. column|expand* .. column|extend* .. column|"
                "make .. wider|make .. longer|larger type|bigger type|increas* .. width"
            ),
        ),
        (
            "ansi_warnings off|ansi_warnings to off|turn* off ansi_warnings|off .. ansi_warnings",
            "left(|substring(|truncate the value|shorten .. name",
        ),
        "The Welsh name is longer than the City column allows; the message shows only the part that fits. "
        "Widen the column, for example ALTER TABLE dbo.Customer ALTER COLUMN City nvarchar(100).",
        "The value is too long for dbo.Customer.City. Increase the column's length with ALTER COLUMN, then "
        "load again.",
        (
            (
                "The value is longer than the column City can hold. SET ANSI_WARNINGS OFF for the load, so "
                "that SQL Server stores what fits; then think about a wider column with ALTER COLUMN."
            ),
            (
                "The file has another encoding than the table, and the Welsh letters cannot be stored. "
                "Convert it to UTF-16 and load it again into a column of the type nvarchar."
            ),
        ),
    ),
    Case(
        "azure sql",
        "medium",
        "A service on Azure SQL Database logs this about twice a month, for some twenty seconds each time; "
        "then everything works again without anybody doing anything. The tier is General Purpose, "
        "provisioned.",
        """Msg 40613, Level 17, State 1, Line 1
Database 'sales' on server 'contoso-prod' is not currently available.  Please retry the connection \
later.  If the problem persists, contact customer support, and provide them the session tracing ID of \
'{6E3B1C1F-8A0E-4F0D-9A54-2D5C4B4E90AA}'.""",
        (
            (
                "transient|reconfigur*|failover|fail over|failing over|failed over|maintenance|"
                "moved to another|moves .. node|temporar*|planned|momentar*"
            ),
            (
                "backoff|back off|backing off|exponential*|retry logic|retry policy|retries with|"
                "retry with|reconnect* with|delay between|increasing delay*|growing delay*|"
                "connection resiliency|connectretrycount|retry .. seconds"
            ),
        ),
        (
            "firewall",
            "scale up|higher tier|larger tier|upgrade .. tier",
            "restart .. server|restart .. database",
            "password",
        ),
        "This is a transient fault: the platform reconfigured the database, as in a failover or patching. "
        "Open connections in a retry loop with exponential backoff over a minute or so.",
        "Azure moved the database during planned maintenance (a failover). Handle 40613 with retry logic: "
        "several attempts, an increasing delay between them.",
        (
            (
                "The database is overloaded for some seconds, and so temporarily unavailable. Scale up to "
                "a larger tier with more vCores, and retry with a delay until that is done."
            ),
            (
                "The server's firewall blocks the client while its address changes. Add a rule for the "
                "address range of the service, and let it retry with a delay."
            ),
        ),
    ),
    Case(
        "azure sql",
        "medium",
        "A container job in a managed Azure environment reads from Azure SQL. On Monday somebody added a "
        "rule for the address in the message and it worked; today it fails again with another address.",
        """Msg 40615, Level 14, State 1
Cannot open server 'contoso-prod' requested by the login. Client with IP address '20.54.121.9' is not \
allowed to access the server.  To enable access, use the Azure Management Portal or run \
sp_set_firewall_rule on the master database to create a firewall rule for this IP address or address \
range.  It may take up to five minutes for this change to take effect.""",
        (
            (
                "outbound|egress|changes|changed|changing|dynamic|not static|not fixed|differ* .. time|"
                "not stable|new address|varies"
            ),
            (
                "nat gateway|private endpoint|private link|vnet|virtual network|service endpoint|"
                "static .. ip|fixed .. ip|static .. address|fixed .. address"
            ),
        ),
        (
            "0.0.0.0|255.255.255.255",
            "all azure services|azure services and resources",
            "password",
        ),
        "The job's outbound address is not fixed, so a rule for one address holds only until it changes. "
        "Join the job to a virtual network and reach the server through a private endpoint (or a NAT "
        "gateway).",
        "The container environment has a dynamic egress IP. Give it a static outbound IP with a NAT "
        "gateway in its VNet and allow only that one.",
        (
            (
                "The job's outbound address changed. Add a rule from 0.0.0.0 to 255.255.255.255 so that "
                "any address is let in; the login still protects the data in the virtual network."
            ),
            (
                "The firewall does not know this client. Run sp_set_firewall_rule on master for the new "
                "address as well, wait five minutes, and start the job again."
            ),
        ),
    ),
    Case(
        "azure sql",
        "hard",
        "A function app has a system-assigned managed identity. It was made a Contributor of the SQL "
        "server in the portal an hour ago. It asks for a token for https://database.windows.net/ and gets "
        "one.",
        """Microsoft.Data.SqlClient.SqlException (0x80131904): Login failed for user '<token-identified \
principal>'.""",
        (
            (
                "create user|contained user|database user|user in the database|user inside the database|"
                "user for .. identity|principal in the database"
            ),
            "from external provider|external provider",
        ),
        (
            "sql authentication|sql login|sql server login|password",
            "assign .. owner|owner role|make .. owner|sysadmin",
            "firewall",
        ),
        "A role on the Azure resource gives no rights inside the database. In the database itself run "
        "CREATE USER [app-name] FROM EXTERNAL PROVIDER and add that user to roles such as db_datareader.",
        "Contributor only covers the control plane; the identity has no database user. As Entra admin, "
        "create one with FROM EXTERNAL PROVIDER and grant it what it needs.",
        (
            (
                "The role has not spread through Azure yet, or is too low. Assign the Owner role on the "
                "SQL server to the identity, wait for ten minutes, and then ask for a new token."
            ),
            (
                "Tokens are not accepted by this server. Create a SQL login for the function app with "
                "CREATE USER, keep its password in Key Vault, and read it from there, not from an external "
                "provider."
            ),
        ),
    ),
    Case(
        "sql server",
        "medium",
        "The database uses the full recovery model. A new volume was set up last week, and nobody moved "
        "the jobs of the old server's agent. The log file has grown to fill its disk.",
        """Msg 9002, Level 17, State 2, Line 1
The transaction log for database 'Stage' is full due to 'LOG_BACKUP'.""",
        (
            (
                "no log backup*|log backups .. not|log backup .. not|not been backed up|never backed up|"
                "not backed up|missing log backup*|without log backup*|lack of log backup*|"
                "log backups .. missing|log backups stopped|log backups .. stopped|"
                "waiting for .. log backup|waits for .. log backup|needs .. log backup|until .. log backup|"
                "log backup job"
            ),
            "backup log|back up the log|log backup*|transaction log backup*",
            "schedul*|regular*|every|agent job*|recreat*|job*",
        ),
        (
            "delet* .. ldf|delet* .. log file|remov* .. log file",
            "rebuild .. log|detach*",
            "truncate_only|with no_log",
        ),
        "Under full recovery the log is only reused after it was backed up, and since the move the log "
        "backup job no longer runs: log backups are missing. Run BACKUP LOG Stage now and schedule it "
        "again.",
        "The log cannot be truncated because it has not been backed up. Take a transaction log backup "
        "immediately and recreate the agent job that takes them every 15 minutes.",
        (
            (
                "The log file has filled its disk, because no log backup ran. Detach the database, delete "
                "the file, and attach it again: SQL Server then makes a new and empty log. Schedule a job "
                "for this."
            ),
            (
                "One very long transaction keeps the log from being reused, whatever the jobs of the agent "
                "do. Find it with DBCC OPENTRAN, kill its session, and the space becomes free."
            ),
        ),
    ),
    Case(
        "sql server",
        "hard",
        "The column Raw is varchar. The query is\n\n"
        "SELECT Id FROM dbo.Reading WHERE ISNUMERIC(Raw) = 1 AND CAST(Raw AS int) > 100;\n\n"
        "and it ran for months before a statistics update.",
        """Msg 245, Level 16, State 1, Line 1
Conversion failed when converting the varchar value 'n/a' to data type int.""",
        (
            "order|before the|not guarantee*|no guarantee|first",
            "try_cast|try_convert|case when",
        ),
        (
            "option (force order)|force order",
            "delet* .. rows|delet* .. values",
            "restore .. statistics|update statistics|old plan|plan guide",
        ),
        "The order in which predicates of a WHERE are evaluated is not guaranteed; with the new plan the "
        "CAST meets 'n/a' before ISNUMERIC has removed it. Use TRY_CAST(Raw AS int) > 100.",
        "SQL Server may evaluate CAST first, since AND implies no order. Replace both conditions by "
        "TRY_CONVERT(int, Raw) > 100, which yields NULL for bad values.",
        (
            (
                "The statistics changed the plan, and the conversion now comes first. Force the old plan "
                "with a plan guide, so that ISNUMERIC is again evaluated before the CAST as it was for "
                "months."
            ),
            (
                "There are rows with 'n/a' in the column Raw, which cannot become an int. Delete these "
                "rows from the table and add a check so that no new ones can come."
            ),
        ),
    ),
)
