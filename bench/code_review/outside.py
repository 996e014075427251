"""Changes about what comes from outside."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from bench.code_review.case import Case
from bench.code_review.probe import load, raised

USERS = """
create table users as
select * from (values (1, 'ana', true), (2, 'bo', false), (3, 'cy', true)) t(id, name, active)
"""


def by_name(code: str) -> Any:
    find = load(code)["find"]
    with duckdb.connect() as connection:
        connection.execute(USERS)
        return [raised(find, connection, name) for name in ("ana", "bo", "x' or '1' = '1")]


def ordered(code: str) -> Any:
    listing = load(code)["listing"]
    with duckdb.connect() as connection:
        connection.execute(USERS)
        ways = ("asc", "desc", "desc limit 0 --")
        return [raised(listing, connection, key, way) for key in ("id", "name") for way in ways]


def compressed(code: str) -> Any:
    space = load(code)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a; touch stolen"
        path.write_text("x", encoding="utf-8")
        outcome = raised(space["compress"], path)
        return outcome, sorted(found.name for found in Path(folder).iterdir())


def uploads(code: str) -> Any:
    store = load(code)["store"]
    with TemporaryDirectory() as folder:
        base = Path(folder) / "in"
        base.mkdir()
        outcome = [raised(store, base, name, b"x") for name in ("a.csv", "../b.csv", "../in-2/c.csv", "d")]
        return outcome, sorted(str(p.relative_to(folder)) for p in Path(folder).rglob("*.csv"))


def sums(code: str) -> Any:
    total = load(code)["total"]
    with duckdb.connect() as connection:
        connection.execute(USERS)
        return [raised(total, connection, what, 1) for what in ("users", "active", "users; drop table users")]


def searched(code: str) -> Any:
    search = load(code)["search"]
    with TemporaryDirectory() as folder:
        (Path(folder) / "log").write_text("one\n-r two\n$(id)\n", encoding="utf-8")
        return [search(Path(folder) / "log", word) for word in ("one", "-r", "$(id)", "three")]


CASES = (
    Case(
        "injection",
        "easy",
        "Find users by name for the support page, active ones only. The name is what the visitor typed.",
        '''
def find(con, user_id):
    """The ids of the active users with this id."""
    sql = "select id from users where active and id = ?"
    return con.execute(sql, [user_id]).fetchall()
''',
        '''
def find(con, name):
    """The ids of the active users with this name."""
    sql = (
        "select id from users "
        f"where active and name = '{name}' "  <<<
        "order by id"
    )
    return con.execute(sql).fetchall()  <<~
''',
        by_name,
        [[(1,)], [], []],
        (("name = '{name}' ", "name = ? "), ("con.execute(sql)", "con.execute(sql, [name])")),
    ),
    Case(
        "injection",
        "hard",
        "Let the list be sorted in both directions. `key` and `way` are taken from the address of the "
        "page; an unknown one raises an error.",
        '''
SORTS = {"id": "id", "name": "lower(name)"}


def listing(con, key):
    """All users, sorted."""
    sql = f"select id from users order by {SORTS[key]}"
    return con.execute(sql).fetchall()
''',
        '''
SORTS = {"id": "id", "name": "lower(name)"}


def listing(con, key, way="asc"):
    """All users, sorted one way or the other."""
    by = SORTS[key]
    direction = way.lower()  <<~
    sql = f"select id from users order by {by} {direction}"  <<<
    return con.execute(sql).fetchall()
''',
        ordered,
        [[(1,), (2,), (3,)], [(3,), (2,), (1,)], "KeyError"] * 2,
        (("way.lower()", '{"asc": "asc", "desc": "desc"}[way.lower()]'),),
    ),
    Case(
        "injection",
        "medium",
        "Keep the original beside the compressed file, and run at low priority. `path` is a file that a "
        "customer uploaded under a name of their choice.",
        '''
import subprocess


def compress(path):
    """Compress a file."""
    subprocess.run(["gzip", "--", str(path)], check=True)
''',
        '''
import subprocess


def compress(path):
    """Compress a file, and keep it."""
    folder, name = path.parent, path.name
    command = f"nice gzip -k -- {name}"  <<~
    subprocess.run(
        command,
        cwd=folder,
        shell=True,  <<<
        check=True,
        capture_output=True,
    )
''',
        compressed,
        (None, ["a; touch stolen", "a; touch stolen.gz"]),
        (
            ('f"nice gzip -k -- {name}"', '["nice", "gzip", "-k", "--", name]'),
            ("        shell=True,\n", ""),
        ),
    ),
    Case(
        "injection",
        "hard",
        "Keep uploads within their folder. `name` is what the client sent; a name that leads elsewhere "
        "raises ValueError. Folders beside `base` belong to other clients.",
        '''
def store(base, name, content):
    """Write an upload into its folder."""
    target = base / "upload.csv"
    target.write_bytes(content)
    return target.name
''',
        '''
def store(base, name, content):
    """Write an upload into its folder."""
    if not name.endswith(".csv"):
        raise ValueError(name)
    target = (base / name).resolve()  <<~
    if not str(target).startswith(str(base.resolve())):  <<<
        raise ValueError(name)
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(content)
    return target.name
''',
        uploads,
        (["a.csv", "ValueError", "ValueError", "ValueError"], ["in/a.csv"]),
        (("str(target).startswith(str(base.resolve()))", "target.is_relative_to(base.resolve())"),),
    ),
    Case(
        "none",
        "hard",
        "Count either all users or the active ones, from an id on. `what` and `first` come from the "
        "address of the page; an unknown `what` raises KeyError.",
        '''
def total(con):
    """How many users there are."""
    return con.execute("select count(*) from users").fetchone()[0]
''',
        '''
FILTERS = {"users": "true", "active": "active"}


def total(con, what, first):
    """How many users of a kind there are from an id on."""
    condition = FILTERS[what]
    sql = f"select count(*) from users where {condition} and id >= ?"
    return con.execute(sql, [first]).fetchone()[0]
''',
        sums,
        [3, 2, "KeyError"],
        bait="injection",
    ),
    Case(
        "none",
        "hard",
        "Count the lines of a log that hold a word, with grep, as files can be large. The word, one line, "
        "is what a visitor typed, and is no pattern.",
        '''
def search(path, word):
    """How many lines hold the word."""
    with open(path, encoding="utf-8") as file:
        return sum(word in line for line in file)
''',
        '''
import subprocess


def search(path, word):
    """How many lines hold the word."""
    command = ["grep", "--count", "--fixed-strings", "-e", word, "--", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode > 1:
        raise RuntimeError(done.stderr)
    return int(done.stdout)
''',
        searched,
        [1, 1, 1, 0],
        bait="injection",
        same=True,
    ),
)
