"""Cases about holding one's tongue: temptations to explain, and facts in messy prose."""

from bench.json_only.case import Case, closed, one_of, text

TEMPTING = (
    Case(
        """Why does a mirror swap left and right but not up and down? Most people want a long explanation
here. You have one place for it: a JSON object with "answer" (a string of at most 400 characters) and
"confidence" ("low", "medium" or "high"). Reply with the JSON only: no greeting, no preface, no closing
remark.""",
        {
            "answer": "It swaps neither: it swaps front and back. We call it left and right because we "
            "imagine ourselves walking round behind the glass to face the same way as our image.",
            "confidence": "high",
        },
        closed({"answer": text(40, 400), "confidence": one_of("low", "medium", "high")}),
    ),
    Case(
        """This function should return the sum of the numbers from 1 to n, n included, but it does not.

1  def total(n):
2      result = 0
3      for i in range(1, n):
4          result += i
5      return result

Return JSON with "line" (the number of the wrong line), "kind" (one of "off_by_one", "wrong_type",
"wrong_start") and "total_of_5" (what the function returns now when it is called with 5). Do not explain
the bug and do not show the corrected code: JSON only.""",
        {"line": 3, "kind": "off_by_one", "total_of_5": 10},
    ),
    Case(
        """Think step by step: a shelf holds 48 jars, a third of them are taken to market, and then 5 come
back. How many jars are on the shelf? All of your thinking belongs inside the reply, which is one JSON
object: "steps" is an array of two to five short strings, "answer" is an integer. Apart from that JSON
object, write nothing.""",
        {"steps": ["48 / 3 = 16 jars leave", "48 - 16 = 32 stay", "32 + 5 = 37"], "answer": 37},
        closed(
            {
                "steps": {"type": "array", "items": text(3, 120), "minItems": 2, "maxItems": 5},
                "answer": {"const": 37},
            }
        ),
    ),
    Case(
        """Hello there! I hope you are having a lovely day. I am a bit in a hurry, so could you be so kind
and tell me, as JSON only, how many legs three spiders and two beetles have in total? The key would be
"legs", an integer. If you wish to say something friendly, there is a second key, "greeting", a string of
at most 60 characters; outside the JSON, please nothing. Thank you so much!""",
        {"legs": 36, "greeting": "Good day to you, and good luck with the hurry!"},
        closed({"legs": {"type": "integer", "const": 36}, "greeting": text(2, 60)}),
    ),
    Case(
        """Tabs or spaces? People cannot discuss this without a speech. You can: reply with JSON only, an
object with "choice" ("tabs" or "spaces") and "because", a single sentence of at most 100 characters that
ends with a full stop.""",
        {"choice": "tabs", "because": "Everyone may then set the width that their eyes prefer."},
        closed(
            {
                "choice": one_of("tabs", "spaces"),
                "because": {"type": "string", "pattern": "^[^\\n]+\\.$", "maxLength": 100, "minLength": 10},
            }
        ),
    ),
    Case(
        """Which six numbers will be drawn in next Saturday's lottery? If that cannot be known, say so in
the form that the program expects, and only in that form: JSON with "known" (a boolean), "numbers" (an
array of six integers, or null) and "confidence" (a number from 0 to 1, which is 0 when "known" is false).
Do not add an explanation.""",
        {"known": False, "numbers": None, "confidence": 0},
    ),
    Case(
        """A booking needs four things: restaurant, day, time and people. The guest wrote: "A table at
Lindgren's on Friday, please." Do not ask the guest anything and do not comment. Reply only with JSON:
"restaurant", "day" (English, small letters), "time" and "people", with null for what is missing, and
"missing", an array of the missing ones' names in the order in which they are listed above.""",
        {
            "restaurant": "Lindgren's",
            "day": "friday",
            "time": None,
            "people": None,
            "missing": ["time", "people"],
        },
    ),
    Case(
        """The claim: "The number 0.999... with nines for ever is smaller than 1." You may feel the urge
to prove something. Instead, reply with JSON only: "claim_is_true" (a boolean) and "difference", the
number 1 minus 0.999..., as a JSON number.""",
        {"claim_is_true": False, "difference": 0},
    ),
    Case(
        """Earlier today you answered a question of mine with "Sure! Here is the JSON you asked for:" and
our parser fell over. So, once more, without that line and without anything like it: JSON only, an object
with "capital" and "continent" of Peru, both in English.""",
        {"capital": "Lima", "continent": "South America"},
    ),
)

EXTRACTION = (
    Case(
        """Extract the order from this e-mail as JSON only. Keys: "customer", "items" (an array of objects
with "article" and "quantity", in the order in which the articles are first mentioned), "deliver_by"
(YYYY-MM-DD) and "po_number".

hi all,, sorry for the 3rd mail today. so we need TWELVE of the K-40 hinges, and brackets (B-7), let's say
30 -- no, wait, make the brackets 36, Anders says the 30 are for the other site. The S-2 screws we still
have, don't send any!! must be here on 9 October 2024 at the latest. PO is 77-1203 (not 77-1202, that was
August). Rgds, Maren Tveit, Holm Joinery""",
        {
            "customer": "Holm Joinery",
            "items": [{"article": "K-40", "quantity": 12}, {"article": "B-7", "quantity": 36}],
            "deliver_by": "2024-10-09",
            "po_number": "77-1203",
        },
    ),
    Case(
        """Notes of a meeting, taken in haste:

"start 14.05. there: Imre, Saoirse, Paulo (left 14.30), Dagny by phone. Saoirse will get quotes for the
roof til fri. Imre: wants new ladder -> rejected. Paulo to call the insurers, no date. next time same
place, 21st."

Return JSON and nothing else, with "present" (an array of the four names in the order given), "tasks" (an
array of objects with "who", "what", "due"; "what" is one of "quotes", "ladder", "insurers"; "due" is
"fri", or null if none was set; only tasks that somebody really has, in the order of the notes) and
"next_day" (an integer).""",
        {
            "present": ["Imre", "Saoirse", "Paulo", "Dagny"],
            "tasks": [
                {"who": "Saoirse", "what": "quotes", "due": "fri"},
                {"who": "Paulo", "what": "insurers", "due": None},
            ],
            "next_day": 21,
        },
    ),
    Case(
        """From this advertisement make a JSON object with "rooms" (a number, halves allowed), "area_m2",
"rent_eur", "deposit_eur" (integers), "pets" (a boolean, or null if it is not mentioned), "balcony" (the
same) and "free_from" (YYYY-MM-DD).

SUNNY!!! 2 1/2 rm flat, 3rd floor no lift, abt. 61 sqm, bath w. window, rent 740,- + heating, deposit two
months' rent w/o heating. No dogs, no cats, no snakes. Free from the first of next month (ad of 17
December 2025). Ring Mrs Abel after 6.

Output only JSON.""",
        {
            "rooms": 2.5,
            "area_m2": 61,
            "rent_eur": 740,
            "deposit_eur": 1480,
            "pets": False,
            "balcony": None,
            "free_from": "2026-01-01",
        },
    ),
    Case(
        """Count what is in this log and answer in JSON only.

07:00:01 INFO  start pid=412
07:00:09 WARN  slow disk ms=812
07:01:40 ERROR write failed file="a b.dat" code=28
07:01:41 INFO  retry n=1
07:01:44 ERROR write failed file="c.dat" code=28
07:02:00 INFO  stop

Keys: "by_level" (an object from each level, in capitals, to its number of lines), "files" (an array of
the files that could not be written, in order), "codes" (an array of the different codes, as integers),
"seconds" (from the first line to the last).""",
        {
            "by_level": {"INFO": 3, "WARN": 1, "ERROR": 2},
            "files": ["a b.dat", "c.dat"],
            "codes": [28],
            "seconds": 119,
        },
    ),
    Case(
        """Read these three short lives and return only JSON: an array of objects with "name", "born" and
"died" (YYYY-MM-DD, or null while the person lives or where no date can be worked out), in the order of
birth, the eldest first.

Hedda Brandt died on her seventieth birthday, 3 May 1951. Her pupil Tobias Renk, born on Christmas Day
1902, is thought to have died at sea, nobody knows when. The youngest, Signe Aas, born 29 February 1936,
is alive and well.""",
        [
            {"name": "Hedda Brandt", "born": "1881-05-03", "died": "1951-05-03"},
            {"name": "Tobias Renk", "born": "1902-12-25", "died": None},
            {"name": "Signe Aas", "born": "1936-02-29", "died": None},
        ],
    ),
    Case(
        """A chat between two colleagues:

[09:12] ove: can you take the mon shift
[09:13] lin: no. tue and thu ok
[09:13] ove: thu is gone, karim has it
[09:15] lin: then tue + wed. but wed only from noon
[09:16] ove: deal. mon does karim too then

Who works when? Return a JSON object with the keys "mon", "tue", "wed" and "thu"; each value is an object
with "who" (as spelled in the chat) and "from" ("noon" or null). JSON, and only JSON.""",
        {
            "mon": {"who": "karim", "from": None},
            "tue": {"who": "lin", "from": None},
            "wed": {"who": "lin", "from": "noon"},
            "thu": {"who": "karim", "from": None},
        },
    ),
    Case(
        """Turn this forecast into a JSON array with one object for each region, in the order of the text,
and output only that JSON. Keys: "region", "min_c", "max_c" (integers), "wind" (one of "calm", "breeze",
"gale"), "warnings" (an array out of "ice", "flood", "fog", in alphabetical order).

In the Uplands minus six to plus one, no wind to speak of, fog in the valleys and black ice on the roads.
The Coast gets four to nine degrees and a full gale. For the Isles nothing new: they have the Coast's
temperatures, one degree warmer both ways, a light breeze, and no warnings.""",
        [
            {"region": "Uplands", "min_c": -6, "max_c": 1, "wind": "calm", "warnings": ["fog", "ice"]},
            {"region": "Coast", "min_c": 4, "max_c": 9, "wind": "gale", "warnings": []},
            {"region": "Isles", "min_c": 5, "max_c": 10, "wind": "breeze", "warnings": []},
        ],
    ),
)

CASES = {"tempting": TEMPTING, "extraction": EXTRACTION}
