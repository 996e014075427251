"""Messages of Kubernetes and Docker."""

from bench.error_diagnosis.case import Case

CASES = (
    Case(
        "kubernetes and docker",
        "medium",
        "An image was built with `docker build -t registry.example.com/etl:1.4 .` on a laptop with an "
        "Apple M2 and pushed. In the cluster, whose nodes are x86-64, the container ends at once with this "
        "line in its log.",
        """exec /usr/local/bin/python: exec format error""",
        (
            "arm64|arm|aarch64|architecture",
            "--platform|linux/amd64|buildx|multi-arch*|multi-platform|x86-64 .. image|amd64",
        ),
        (
            "chmod|executable bit|permission*",
            "shebang|line ending*|crlf|dos2unix",
            "imagepullpolicy|pull .. again",
            "reinstall python|install python",
        ),
        "The laptop built an image for arm64, which x86-64 nodes cannot execute. Build it for them: docker "
        "buildx build --platform linux/amd64 ... and push again.",
        "Wrong CPU architecture: the M2 produces ARM images. Rebuild with --platform=linux/amd64.",
        (
            (
                "The file python is not executable in the image of this architecture. Add RUN chmod +x "
                "/usr/local/bin/python to the Dockerfile, and build with buildx for the registry."
            ),
            (
                "The start script was saved with the line endings of another system, so that its first "
                "line is not understood. Convert it with dos2unix, then build the image anew and push it."
            ),
        ),
    ),
    Case(
        "kubernetes and docker",
        "easy",
        "`kubectl get secret db-creds` shows the secret. The deployment lives in the namespace etl; the "
        "context's default namespace is `default`.",
        """Warning  Failed  12s (x4 over 48s)  kubelet  Error: secret "db-creds" not found""",
        (
            "namespace*",
            (
                "in etl|in the etl|into etl|to etl|-n etl|--namespace etl|namespace etl|etl namespace|"
                "into the etl|namespace: etl|--namespace=etl|same namespace"
            ),
            "creat*|copy|apply|copied",
        ),
        (
            "default/db-creds|default.db-creds",
            "plain text|plaintext|hard cod*|configmap",
            "clusterrole*|cluster role|rbac|rolebinding",
            "optional: true",
        ),
        "Secrets belong to a namespace, and db-creds is in default; a pod can only refer to those of its "
        "own. Create it in etl as well: kubectl create secret ... -n etl.",
        "The pod looks in its own namespace. Copy the secret into the namespace etl.",
        (
            (
                "The secret is in the other namespace than the pod, which may not read it there. Create a "
                "ClusterRole that can read secrets and bind it to the service account in etl."
            ),
            (
                "The secret is in another namespace. Refer to it as default/db-creds in secretKeyRef of "
                "the deployment in the namespace etl; create nothing."
            ),
        ),
    ),
    Case(
        "kubernetes and docker",
        "medium",
        "A service loads a model of 6 GB when it starts, which takes two to three minutes; once it is up "
        "it answers /health at once. Its liveness probe has the defaults (every 10 s, three failures). "
        "After the start pods are killed over and over.",
        """Warning  Unhealthy  3m (x3 over 3m20s)  kubelet  Liveness probe failed: Get \
"http://10.1.4.7:8080/health": dial tcp 10.1.4.7:8080: connect: connection refused
Normal   Killing    3m  kubelet  Container api failed liveness probe, will be restarted""",
        (
            (
                "startup|start up|start-up|starts|starting|loading|before .. up|before it listens|"
                "while .. load*|still load*"
            ),
            "startupprobe|startup probe|start-up probe|initialdelayseconds|initial delay",
        ),
        (
            "remov* .. liveness|delet* .. liveness|without a liveness",
            "more memory|memory limit|oom*",
            "readiness probe instead|replace .. readiness",
            "restartpolicy",
        ),
        "The probe begins while the model is still loading and kills the container after thirty seconds. "
        "Add a startupProbe on /health that allows five minutes (failureThreshold 30, periodSeconds 10).",
        "Liveness fails during startup because nothing listens yet. Use a startup probe, which holds the "
        "liveness probe back until it passes.",
        (
            (
                "The liveness probe fails while the service is still loading its model. Remove the "
                "liveness probe from the deployment, as the readiness probe is enough and a startup probe "
                "is not needed."
            ),
            (
                "The service runs out of memory when it is starting with the 6 GB of the model. Raise the "
                "memory limit of the container to 8 GB, so that it is not killed and restarted."
            ),
        ),
    ),
    Case(
        "kubernetes and docker",
        "medium",
        "A pod that converts a 3 GB CSV file with pandas.read_csv and writes Parquet has a limit of 2Gi; "
        "the nodes have room for no more than that. The log ends without a Python traceback.",
        """Last State:     Terminated
      Reason:       OOMKilled
      Exit Code:    137""",
        (
            (
                "whole file|entire file|all at once|at once|full file|everything|more than 2|exceed*|"
                "over 2|larger than|above|into memory|in memory|beyond"
            ),
            "chunksize|chunk*|stream*|duckdb|polars|batch*|pyarrow|piece by piece|in parts|dask|iteratively",
        ),
        (
            "remov* .. limit|without a limit|no limit",
            "increas* .. limit|rais* .. limit|increas* .. memory|rais* .. memory",
            "cpu",
            "gc.collect",
            "restartpolicy|retry|retries",
        ),
        "read_csv holds the whole file in memory, several times its size, and the kernel kills the process "
        "at the 2Gi limit. Convert it in chunks (chunksize=... and a ParquetWriter), or stream it with "
        "DuckDB.",
        "Loading everything at once exceeds the container's memory. Process the CSV in a streaming way, "
        "for example with pyarrow batches.",
        (
            (
                "The whole file is in memory, more than the container may have. Raise the memory limit to "
                "16Gi in the manifest, and read it without chunks as before."
            ),
            (
                "Something outside has ended the pod, since 137 means a signal, and in Python there is no "
                "error. Set restartPolicy to OnFailure, so that the conversion is started again."
            ),
        ),
    ),
    Case(
        "kubernetes and docker",
        "medium",
        'Docker Compose starts the services db (PostgreSQL, ports: "5433:5432") and app. On the host `psql '
        "-h localhost -p 5433` works. The app's container has "
        "DATABASE_URL=postgresql://app@localhost:5433/app.",
        """psycopg.OperationalError: connection failed: connection to server at "127.0.0.1", port 5433 \
failed: Connection refused
	Is the server running on that host and accepting TCP/IP connections?""",
        (
            (
                "container itself|own container|app's container|app container|inside the container|"
                "inside a container|container's own|within the container|itself"
            ),
            (
                "db:5432|host db|hostname db|host name db|service name|@db|service db|to db|db on port|"
                "db service"
            ),
            "5432",
        ),
        (
            "host.docker.internal",
            "network_mode: host|network_mode host|host network*|--network host|--network=host",
            "listen_addresses|pg_hba*",
            "db:5433",
        ),
        "In the app's container localhost is that container itself, not the database's. Use the service "
        "name and the inner port: postgresql://app@db:5432/app.",
        "localhost refers to the app container. Within the Compose network connect to db on port 5432; "
        "5433 exists only on the host.",
        (
            (
                "localhost is the app's container itself. Use the name of the service in place of it: "
                "postgresql://app@db:5433/app, where 5432 is only the port inside of the other container."
            ),
            (
                "PostgreSQL does not accept connections over the network of the containers by itself. Set "
                "listen_addresses to '*', add a line to pg_hba.conf, and connect to db:5432."
            ),
        ),
    ),
    Case(
        "kubernetes and docker",
        "medium",
        "A Dockerfile copies the project, then installs:\n\n"
        "FROM python:3.12-slim\n"
        "COPY . /app\n"
        "RUN pip install -r /app/requirements.txt\n\n"
        "The list holds psycopg2==2.9.9, and the driver must be that package, compiled.",
        """Error: pg_config executable not found.
pg_config is required to build psycopg2 from source.  Please add the directory containing pg_config to \
the $PATH""",
        (
            "libpq-dev|postgresql-dev|libpq",
            "gcc|build-essential|compiler|build tools",
        ),
        (
            "psycopg2-binary",
            "pip install pg_config|pip install libpq",
            "install postgresql-client alone|postgresql server|postgresql-server",
            "alpine",
        ),
        "psycopg2 has no Linux wheel and is compiled, which the slim image has nothing for. Before pip run "
        "apt-get update && apt-get install -y libpq-dev gcc.",
        "The slim image lacks PostgreSQL's client headers and a compiler. Install libpq-dev and "
        "build-essential first.",
        (
            (
                "The slim image has neither gcc nor libpq-dev, which psycopg2 is built with. Put "
                "psycopg2-binary into the list in place of it, as it brings its own libpq and is imported "
                "the same way."
            ),
            (
                "The directory of pg_config is not on the PATH of the image. Set ENV PATH with the "
                "directory /usr/lib/postgresql/16/bin in the Dockerfile, before the line of pip."
            ),
        ),
    ),
)
