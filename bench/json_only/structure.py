"""Cases about the shape of a document: nesting, emptiness, top-level arrays, bare scalars."""

from bench.json_only.case import Case

NESTING = (
    Case(
        """A workshop is run by Ilse. Tom and Roza report to Ilse, in this order. Pim and Odile report to
Roza, in this order, and Kes reports to Odile. Nobody else has anyone reporting to them.

Give the whole workshop as JSON, starting with Ilse. Every person is an object with the keys "name" and
"reports"; "reports" is the array of the people who report directly to that person, and it is there even when
it is empty. Reply with the JSON only.""",
        {
            "name": "Ilse",
            "reports": [
                {"name": "Tom", "reports": []},
                {
                    "name": "Roza",
                    "reports": [
                        {"name": "Pim", "reports": []},
                        {"name": "Odile", "reports": [{"name": "Kes", "reports": []}]},
                    ],
                },
            ],
        },
    ),
    Case(
        """Here is a listing of files with their sizes in bytes:

site/index.html 1840
site/img/logo.svg 912
site/img/photos/quay.jpg 48211
site/img/photos/.keep 0
notes.txt 77

Turn it into one JSON object: a folder is an object whose keys are the names in it, a file is a number, its
size. The object at the top holds what lies at the top level. Output nothing but that JSON object.""",
        {
            "site": {
                "index.html": 1840,
                "img": {"logo.svg": 912, "photos": {"quay.jpg": 48211, ".keep": 0}},
            },
            "notes.txt": 77,
        },
    ),
    Case(
        """Parse this expression, in which NOT binds tighter than AND and AND binds tighter than OR:

a AND NOT b OR c AND (d OR NOT e)

Write the syntax tree as JSON. A variable is {"var": "x"}; an operation is {"op": ..., "args": [...]} with
op "or", "and" or "not" and the operands in their order in the text. Your whole reply must be that JSON
value.""",
        {
            "op": "or",
            "args": [
                {"op": "and", "args": [{"var": "a"}, {"op": "not", "args": [{"var": "b"}]}]},
                {
                    "op": "and",
                    "args": [
                        {"var": "c"},
                        {"op": "or", "args": [{"var": "d"}, {"op": "not", "args": [{"var": "e"}]}]},
                    ],
                },
            ],
        },
    ),
    Case(
        """Make a chain of nested dolls in JSON. The outermost doll has "size" 6. Each doll is an object
with "size" and "inside"; "inside" is the next smaller doll, whose size is one less, and for the doll of
size 1 it is null. Only the JSON, no words around it.""",
        {
            "size": 6,
            "inside": {
                "size": 5,
                "inside": {
                    "size": 4,
                    "inside": {
                        "size": 3,
                        "inside": {"size": 2, "inside": {"size": 1, "inside": None}},
                    },
                },
            },
        },
    ),
    Case(
        """Convert these dotted settings to nested JSON. Bare numbers become numbers, true and false
become booleans, everything else becomes a string; a list in square brackets becomes an array of strings.

server.host = mill.example
server.ports.http = 8080
server.ports.admin = 9090
server.tls.enabled = false
limits.retry.max = 3
limits.retry.on = [timeout, reset]
limits.burst = 2.5

Return the JSON object and nothing else.""",
        {
            "server": {
                "host": "mill.example",
                "ports": {"http": 8080, "admin": 9090},
                "tls": {"enabled": False},
            },
            "limits": {"retry": {"max": 3, "on": ["timeout", "reset"]}, "burst": 2.5},
        },
    ),
    Case(
        """A rectangular field has its corners at (0, 0), (4, 0), (4, 3) and (0, 3); a square pond in it
has its corners at (1, 1), (1, 2), (2, 2) and (2, 1). Write the field without the pond as a GeoJSON
Polygon geometry: the key "type", and "coordinates" as an array of rings, first the outer ring, then the
hole, each ring with its corners in the order given here and its first corner repeated at the end. Use
integers. JSON only, please.""",
        {
            "type": "Polygon",
            "coordinates": [
                [[0, 0], [4, 0], [4, 3], [0, 3], [0, 0]],
                [[1, 1], [1, 2], [2, 2], [2, 1], [1, 1]],
            ],
        },
    ),
    Case(
        """Group these five deliveries. Each line is: day, street, house, number of parcels.

Mon, Quay, 4, 2
Tue, Mill, 9, 1
Mon, Mill, 3, 5
Mon, Quay, 11, 1
Tue, Mill, 2, 4

The result is a JSON object whose keys are the days; each day's value is an object whose keys are the
streets; each street's value is an array of [house, parcels] pairs in the order of the lines. Answer with
JSON alone.""",
        {
            "Mon": {"Quay": [[4, 2], [11, 1]], "Mill": [[3, 5]]},
            "Tue": {"Mill": [[9, 1], [2, 4]]},
        },
    ),
)

EMPTINESS = (
    Case(
        """A basket was emptied before checkout. Give its state as a JSON object with the keys "items" (an
array), "coupon" (a string, or null if there is none) and "total_cents" (an integer). No coupon was used.
Reply with JSON only.""",
        {"items": [], "coupon": None, "total_cents": 0},
    ),
    Case(
        """Fill in this registration from the note below. Keys: "first_name", "middle_name", "last_name",
"email", "phone", "children". Use null for what the note does not say, and an array of names for
"children". All keys must be there. Output the JSON object only.

Note: Bruna Salgado rang. No e-mail address, she says, but we can reach her on 555-0142. She has no
children and did not mention whether she has a middle name.""",
        {
            "first_name": "Bruna",
            "middle_name": None,
            "last_name": "Salgado",
            "email": None,
            "phone": "555-0142",
            "children": [],
        },
    ),
    Case(
        """A form has four fields. "nickname" was left blank by the user on purpose, which we store as an
empty string. "fax" was never shown to the user, which we store as null. "tags" was shown and no tag was
chosen, which we store as an empty array. "prefs" was shown and nothing was changed, which we store as an
empty object. Give the stored record as JSON, with these four keys, and nothing besides.""",
        {"nickname": "", "fax": None, "tags": [], "prefs": {}},
    ),
    Case(
        """List all prime numbers that are greater than 24 and less than 28, as a JSON array of integers
in ascending order. Reply only with the array.""",
        [],
    ),
    Case(
        """Three drawers stand in a row. The first is empty. The second contains one box, and that box is
empty. The third contains two boxes: the first of these is empty and the second contains one box that is
empty. Write each drawer and each box as a JSON array of what it contains, and put the three drawers into
one array. Give just the JSON.""",
        [[], [[]], [[], [[]]]],
    ),
    Case(
        """Here is the end of a build log:

compiling 41 units
linking
done in 12 s

Report as JSON: "errors" and "warnings" are arrays with the messages of that kind, "units" is an integer,
"failed_unit" is a string or null, "ok" a boolean. Nothing but JSON in your reply.""",
        {"errors": [], "warnings": [], "units": 41, "failed_unit": None, "ok": True},
    ),
    Case(
        """Give a JSON object with the keys "zero", "no", "nothing", "blank", "none", whose values are in
this order: the number zero, the boolean false, null, a string without any character, and an array without
any element. Only JSON.""",
        {"zero": 0, "no": False, "nothing": None, "blank": "", "none": []},
    ),
)

ARRAYS = (
    Case(
        """Sort these words by length, the shortest first, and words of equal length alphabetically:
heron, elk, marten, ox, adder, stoat, newt, bee

Answer with a JSON array of strings and no other text.""",
        ["ox", "bee", "elk", "newt", "adder", "heron", "stoat", "marten"],
    ),
    Case(
        """Transpose this table, which has three rows and four columns, and return it as a JSON array of
arrays of integers:

3 1 4 1
5 9 2 6
5 3 5 8

Do not write anything except the JSON array.""",
        [[3, 5, 5], [1, 9, 3], [4, 2, 5], [1, 6, 8]],
    ),
    Case(
        """How many days does each month of the year 2028 have? Give a JSON array of twelve integers,
January first. Return only the JSON.""",
        [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31],
    ),
    Case(
        """Remove the duplicates from this list, ignoring the difference between capital and small
letters. Of words that are equal in this sense keep the first, as it is spelled there, and keep the order.

Oak, birch, OAK, Elm, elm, Birch, ash, oak, Ash, yew

Output: a JSON array of strings, without any explanation.""",
        ["Oak", "birch", "Elm", "ash", "yew"],
    ),
    Case(
        """Return a JSON array with exactly these six elements in this order: the integer 7; the string
"7"; the array that contains only the integer 7; an object with the key "7" and the value 7; the boolean
for "7 is even"; null. The array is your entire answer, as JSON only.""",
        [7, "7", [7], {"7": 7}, False, None],
    ),
    Case(
        """Two sensors reported. North: 08:00 11.5, 09:00 12.25. South: 08:30 10. Make one JSON array of
objects with the keys "time" (a string as given), "sensor" (in small letters) and "value" (a number),
ordered by time. JSON only, without code fences.""",
        [
            {"time": "08:00", "sensor": "north", "value": 11.5},
            {"time": "08:30", "sensor": "south", "value": 10},
            {"time": "09:00", "sensor": "north", "value": 12.25},
        ],
    ),
)

SCALARS = (
    Case(
        """What is the chemical symbol of gold? Your reply must be one JSON string (with its quotation
marks) and nothing else: JSON only.""",
        "Au",
    ),
    Case("""Compute 17 * 23 - 8. Reply with the result as a bare JSON number. JSON only, no words.""", 383),
    Case(
        """Is 91 a prime number? Answer only with a JSON boolean: true or false. Do not wrap it in an
object.""",
        False,
    ),
    Case(
        """In the document {"a": {"b": [1, null, 3]}}, what is the value at a, b, index 1 (counting from
0)? Reply with that value as JSON and nothing else; do not put it into an object or array.""",
        None,
    ),
    Case(
        """Which day comes before 1 March 2028? Write it as a JSON string of the form YYYY-MM-DD. The
string is the whole reply; only JSON, no object around it.""",
        "2028-02-29",
        {"type": "string", "format": "date", "const": "2028-02-29"},
    ),
    Case(
        """Join these two lines with a line break between them into one JSON string, and reply with only
that JSON string:

He cried "Land!"
and dropped the oar.""",
        'He cried "Land!"\nand dropped the oar.',
    ),
    Case(
        """Take the letters of "level", remove every letter that occurs more than once in it, then remove
"v". Give what is left as a JSON string. Reply with the JSON string only.""",
        "",
    ),
)

CASES = {"nesting": NESTING, "empty and null": EMPTINESS, "top-level array": ARRAYS, "scalar": SCALARS}
