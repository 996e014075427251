"""Logs: interleaved, rotated, chained, and full of what is not asked for."""

from datetime import datetime, timedelta
from random import Random

from bench.extraction.draft import Draft, Template

JOBS = ("load_orders", "load_events", "build_marts", "sync_crm", "export_tax", "vacuum", "score_leads")
PATHS = ("/api/orders", "/api/cart", "/api/search", "/login", "/api/refund")


def job_log(rng: Random, nth: int) -> Draft | None:
    """Jobs that start, finish, fail, or never say anything again."""
    at = datetime(2024, 11, 3 + nth, 1, rng.randrange(10))
    jobs = rng.sample(JOBS, 5)
    ends = ["finished", "finished", "failed", "", "failed"]
    rng.shuffle(ends)
    events: list[tuple[datetime, str]] = []
    took: dict[str, int] = {}
    for job, end in zip(jobs, ends, strict=True):
        start = at + timedelta(seconds=rng.randrange(0, 900))
        seconds = rng.randrange(45, 3000)
        events.append((start, f"INFO  {job}: started"))
        if rng.random() < 0.6:
            halfway = start + timedelta(seconds=seconds // 2)
            events.append((halfway, f"WARN  {job}: slow, still going (not failed)"))
        if end:
            took[job] = seconds
            word = (
                "finished"
                if end == "finished"
                else "failed: " + rng.choice(["disk full", "no route to host"])
            )
            events.append(
                (
                    start + timedelta(seconds=seconds),
                    f"{'INFO ' if end == 'finished' else 'ERROR'} {job}: {word}",
                )
            )
    events.sort()
    if len({moment for moment, _ in events}) < len(events):
        return None
    state = dict(zip(jobs, ends, strict=True))
    done = [job for job in took if state[job] == "finished"]
    order = [line.split(": ")[0].split()[1] for _, line in events if line.endswith(": started")]

    def found(failed: list[str], open_: list[str], slowest: str) -> dict[str, object]:
        return {"failed": failed, "unfinished": open_, "slowest": slowest, "slowest_s": took[slowest]}

    failed = [job for job in order if state[job] == "failed"]
    hanging = [job for job in order if not state[job]]
    slowest = max(done, key=lambda job: took[job])
    any_slowest = max(took, key=lambda job: took[job])
    if any_slowest == slowest or len(set(took.values())) < len(took):
        return None
    return Draft(
        "".join(f"{moment:%Y-%m-%d %H:%M:%S} {line}\n" for moment, line in events),
        'Give "failed" (the jobs that failed) and "unfinished" (those that started and neither finished nor '
        'failed), each in the order of their starts, and of the jobs that finished the "slowest" and '
        '"slowest_s", '
        "the seconds that it took.",
        found(failed, hanging, slowest),
        (found(failed, hanging, any_slowest), found(failed + hanging, [], slowest)),
    )


def access_log(rng: Random, nth: int) -> Draft | None:
    """Server errors amid health checks, redirects and a field that holds 500 for another reason."""
    lines, errors, sent = [], dict.fromkeys(PATHS, 0), 0
    health, at = 0, datetime(2024, 6, 10 + nth, 14, 2, 10)
    for _ in range(16):
        at += timedelta(seconds=rng.randrange(1, 40))
        path = rng.choice([*PATHS, "/healthz"])
        status = rng.choice([200, 200, 200, 302, 404, 500, 502, 503])
        size = rng.choice([0, 500, 503, 1422, 20480]) if status < 500 else rng.randrange(90, 400)
        lines.append(
            f'10.0.{rng.randrange(9)}.{rng.randrange(9, 250)} [{at:%H:%M:%S}] "GET {path}" {status} {size}'
        )
        if status >= 500 and path == "/healthz":
            health += 1
        elif status >= 500:
            errors[path] += 1
        else:
            sent += size
    paths = {path: n for path, n in sorted(errors.items()) if n}
    worst = [path for path, n in paths.items() if n == max(paths.values())] if paths else []
    if len(worst) != 1 or len(paths) < 3 or not health:
        return None

    def found(by_path: dict[str, int]) -> dict[str, object]:
        return {"errors": by_path, "n": sum(by_path.values()), "worst": worst[0], "bytes_without_error": sent}

    return Draft(
        "client [time] request status bytes\n" + "\n".join(lines) + "\n",
        'Count the responses with a status from 500 to 599, without those of /healthz: "errors" (an object '
        'from each path that has some to their number), "n" (all of them) and "worst" (the path with most). '
        'Give also "bytes_without_error", the sum of the bytes of all lines with a status below 500, '
        "/healthz included.",
        found(paths),
        (found({**paths, "/healthz": health}), {**found(paths), "n": sum(paths.values()) + health}),
    )


def chained_trace(rng: Random, nth: int) -> Draft | None:
    """Two exceptions, one of which caused the other, amid frames of a library."""
    root, message, outer = (
        ("KeyError", "'customer_id'", "LoadError"),
        ("ValueError", "time data '2024-13-01' does not match format '%Y-%m-%d'", "RowError"),
        ("FileNotFoundError", "[Errno 2] No such file or directory: '/srv/in/part-7.csv'", "StepFailed"),
    )[nth % 3]
    first, second, third = (rng.randrange(12, 400) for _ in range(3))
    row = rng.randrange(1000, 99000)
    inner = rng.choice(["parse_row", "read_part", "to_record"])
    if len({first, second, third}) < 3:
        return None

    def found(error: str, text: str, line: int, function: str) -> dict[str, object]:
        return {
            "root_error": error,
            "root_message": text,
            "file": "app/records.py",
            "line": line,
            "function": function,
            "row": row,
        }

    return Draft(
        "Traceback (most recent call last):\n"
        f'  File "/srv/app/steps.py", line {first}, in run_step\n    record = {inner}(raw)\n'
        f'  File "/srv/app/records.py", line {second}, in {inner}\n    return build(raw)\n'
        f'  File "/srv/venv/lib/python3.11/site-packages/fastrow/core.py", line {third}, in build\n'
        "    return self._build(*args)\n"
        f"{root}: {message}\n\n"
        "The above exception was the direct cause of the following exception:\n\n"
        "Traceback (most recent call last):\n"
        f'  File "/srv/app/main.py", line {second + 9}, in <module>\n    main()\n'
        f'  File "/srv/app/main.py", line {second + 2}, in main\n    run_step(step)\n'
        f'  File "/srv/app/steps.py", line {first + 3}, in run_step\n'
        f"    raise {outer}(row) from error\n"
        f"app.steps.{outer}: row {row} cannot be loaded\n",
        'What went wrong first? Give "root_error" (the type of the first exception) and "root_message" (its '
        "message, as written); of the last frame of our own code (below /srv/app) in its traceback the "
        '"file" (from app/ on), "line" and "function"; and "row", the row that could not be loaded.',
        found(root, message, second, inner),
        (found(root, message, third, "build"), found(outer, f"row {row} cannot be loaded", second, inner)),
    )


def retry_log(rng: Random, nth: int) -> Draft | None:
    """Attempts of several requests, interleaved, each with its wait."""
    requests = [f"r-{rng.randrange(16**3):03x}" for _ in range(3)]
    if len(set(requests)) < 3:
        return None
    plans = [rng.randrange(2, 5) for _ in requests]
    gives_up = rng.randrange(3)
    queues: list[list[str]] = []
    waits = []
    for place, (request, n) in enumerate(zip(requests, plans, strict=True)):
        steps, waited = [], 0
        for attempt in range(1, n + 1):
            if attempt < n or place == gives_up:
                status = rng.choice([429, 503, 500])
                wait = rng.randrange(200, 4000, 10)
                last = attempt == n
                written = f"{wait / 1000:g}s" if rng.random() < 0.4 else f"{wait}ms"
                steps.append(
                    f"{request} attempt={attempt} status={status} "
                    + ("giving up" if last else f"retry_in={written}")
                )
                waited += 0 if last else wait
            else:
                steps.append(f"{request} attempt={attempt} status=200 took={rng.randrange(80, 900)}ms")
        queues.append(steps)
        waits.append(waited)
    lines = []
    while any(queues):
        lines.append(rng.choice([queue for queue in queues if queue]).pop(0))
    if len(set(plans)) == 1:
        return None

    def found(failures: int, all_ok: bool = False) -> dict[str, object]:
        return {
            "requests": {
                request: {
                    "ok": all_ok or place != gives_up,
                    "attempts": plans[place],
                    "waited_ms": waits[place],
                }
                for place, request in enumerate(requests)
            },
            "failed_attempts": failures,
        }

    failures = sum(plans) - 2
    return Draft(
        "".join(f"{line}\n" for line in lines),
        'Give "requests", an object from each request to "ok" (whether it got a 200 in the end), "attempts" '
        '(how many it made) and "waited_ms" (the sum of its waits before retries, in milliseconds), and '
        '"failed_attempts", how many attempts of all requests did not get a 200.',
        found(failures),
        (found(sum(plans)), found(failures, all_ok=True)),
    )


def logfmt_line(rng: Random, nth: int) -> Draft | None:
    """Key=value lines with quotes, of which one is wanted."""
    services = rng.sample(["billing", "search", "mailer", "gateway", "ledger"], 4)
    texts = rng.sample(
        [
            'slow query: select * from t where a = "x"',
            "cache miss for key user=44 ttl=30",
            "duration=9999ms is the limit",
            "retrying, attempt 2 of 3",
            "ok",
        ],
        4,
    )
    took = rng.sample(range(18, 4800), 4)
    users = rng.sample(range(1000, 9999), 4)
    levels = [rng.choice(["info", "warn", "error"]) for _ in services]
    slowest = max(range(4), key=lambda at: took[at])
    if texts[slowest] == "ok" or len(set(levels)) < 2:
        return None
    lines = []
    for at, service in enumerate(services):
        message = texts[at].replace('"', '\\"')
        wrapped = f'"{message}"' if " " in message or "=" in message else message
        lines.append(f"level={levels[at]} svc={service} msg={wrapped} user={users[at]} duration={took[at]}ms")

    def found(at: int, message: str) -> dict[str, object]:
        return {
            "service": services[at],
            "level": levels[at],
            "message": message,
            "user": users[at],
            "ms": took[at],
        }

    return Draft(
        "\n".join(lines) + "\n",
        'Of the line with the longest duration give "service", "level", "message" (without the quoting of '
        'the log), "user" (a number) and "ms" (the duration, a number).',
        found(slowest, texts[slowest]),
        (found((slowest + 1) % 4, texts[(slowest + 1) % 4]), found(slowest, texts[slowest].split()[0])),
    )


TEMPLATES = (
    Template(job_log, "logs", "medium", 3),
    Template(access_log, "logs", "hard"),
    Template(chained_trace, "logs", "medium"),
    Template(retry_log, "logs", "hard"),
    Template(logfmt_line, "logs", "easy"),
)
