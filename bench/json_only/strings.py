"""Cases about what stands inside strings: escapes, and writing systems."""

from bench.json_only.case import Case

ESCAPES = (
    Case(
        r"""Give a JSON object with one key, "line", whose value is exactly this line, quotation marks
included:

"Stop," she said, "or I'll say "stop" again."

JSON only.""",
        {"line": '"Stop," she said, "or I\'ll say "stop" again."'},
    ),
    Case(
        r"""A program wants its settings as JSON with the keys "input" and "output". The input is the
Windows path C:\temp\new\readings.txt and the output is \\archive\base\2024 (a network path: it begins
with two backslashes). When the JSON is parsed the values must be exactly these paths. Reply with nothing
but the JSON object.""",
        {"input": r"C:\temp\new\readings.txt", "output": r"\\archive\base\2024"},
    ),
    Case(
        r"""Put this verse into a JSON object under the key "verse", as one string in which the three
lines are separated by line breaks. The second line begins with a tab character in place of the four
spaces you see here.

The tide came in,
    the tide went out,
and took the pier.

Also give "lines" (how many there are, an integer). Output the JSON only.""",
        {"verse": "The tide came in,\n\tthe tide went out,\nand took the pier.", "lines": 3},
    ),
    Case(
        r"""Write a JSON object that maps the names of these patterns to the patterns themselves, as strings:

part_no is ^\d{3}-[A-Z]{2}\\?$
quoted is "([^"\\]|\\.)*"
blank is ^\s*$

The parsed strings must be identical to what stands after "is". Return just the JSON.""",
        {"part_no": r"^\d{3}-[A-Z]{2}\\?$", "quoted": r'"([^"\\]|\\.)*"', "blank": r"^\s*$"},
    ),
    Case(
        r"""A queue wants messages whose body is itself JSON, as text. Produce a JSON object with "id" 12
(an integer) and "body", a string that contains exactly this text, with no change of spacing:

{"say": "a \"b\" c", "n": [1, 2]}

Respond with the outer JSON object alone.""",
        {"id": 12, "body": r'{"say": "a \"b\" c", "n": [1, 2]}'},
    ),
    Case(
        r"""Give a JSON object with three keys. "real" is a string of three characters: the letter a, a
line break, the letter b. "literal" is a string of four characters: the letter a, a backslash, the letter
n, the letter b. "same" is a boolean that says whether the two strings are equal. Only JSON, no
commentary.""",
        {"real": "a\nb", "literal": "a\\nb", "same": False},
    ),
    Case(
        r"""Store this fragment of HTML as the value of "html" in a JSON object, character for character:

<a href="/find?q=1&lang='en'" title="a \ b">5 < 6</a>

Your answer is the JSON object only.""",
        {"html": r"""<a href="/find?q=1&lang='en'" title="a \ b">5 < 6</a>"""},
    ),
    Case(
        r"""A typesetter's formula is \frac{\beta}{\theta} \neq \text{"not"}. Return JSON with the keys
"formula" (that text exactly, from the first backslash to the last brace) and "commands" (an array of the
names of the commands in it, in order, without the backslash). JSON only.""",
        {
            "formula": r'\frac{\beta}{\theta} \neq \text{"not"}',
            "commands": ["frac", "beta", "theta", "neq", "text"],
        },
    ),
    Case(
        r"""Read this line of CSV, in which a doubled quotation mark inside a quoted field stands for one
quotation mark:

7,"a ""big"" one","x, y",,"back\slash"

Return its five fields as a JSON array of strings; a field with nothing in it is an empty string. Only the
JSON array.""",
        ["7", 'a "big" one', "x, y", "", r"back\slash"],
    ),
    Case(
        r"""Record this shell command as JSON, with "command" holding it exactly and "pipes" the number of
pipe characters that join two programs:

grep -E "^\"?id\"?\s" rows.txt | sed 's/\//|/g' | sort -u

Reply with JSON only.""",
        {"command": r"""grep -E "^\"?id\"?\s" rows.txt | sed 's/\//|/g' | sort -u""", "pipes": 2},
    ),
    Case(
        r"""Make a JSON object whose only key is the three characters: quotation mark, backslash,
quotation mark. Its value is the number of characters in the key. Nothing but the JSON.""",
        {'"\\"': 3},
    ),
)

UNICODE = (
    Case(
        """Four cities as their inhabitants write them: Athens is Αθήνα, Tokyo is 東京, Cairo is القاهرة,
Kyiv is Київ. Give a JSON object whose keys are the English names in small letters and whose values are
the names in their own script. JSON only.""",
        {"athens": "Αθήνα", "tokyo": "東京", "cairo": "القاهرة", "kyiv": "Київ"},
    ),
    Case(
        """Three reactions were left under a photograph: 👩‍👩‍👧 (2 times), 🇵🇹 (5 times) and 👍🏽 (once). Give
a JSON array of objects with the keys "emoji" (exactly as above) and "count" (an integer), the most
frequent first. No other text than the JSON.""",
        [
            {"emoji": "🇵🇹", "count": 5},
            {"emoji": "👩‍👩‍👧", "count": 2},
            {"emoji": "👍🏽", "count": 1},
        ],
    ),
    Case(
        """Sort nothing, change nothing: copy these names, with every accent, into a JSON array of strings
in this order, and output only the JSON:

Zoë Đorđević, Łukasz Żak, Ñusta Quispe, Søren Ærø, Þóra Ösp, Nguyễn Thị Hạnh""",
        ["Zoë Đorđević", "Łukasz Żak", "Ñusta Quispe", "Søren Ærø", "Þóra Ösp", "Nguyễn Thị Hạnh"],
    ),
    Case(
        """次の文から情報を取り出し、JSON だけを出力してください。
説明やコードフェンスは書かないでください(JSON only)。
キーは「名前」(文字列)、「年齢」(整数)、「趣味」(文字列の配列、文に出てくる順)です。

佐藤美咲さんは四十一歳で、休みの日には囲碁と登山を楽しんでいます。""",
        {"名前": "佐藤美咲", "年齢": 41, "趣味": ["囲碁", "登山"]},
    ),
    Case(
        """أجب بصيغة JSON فقط (JSON only)، من دون أي شرح. المفاتيح هي "المدينة" (نص) و"الأيام" (عدد صحيح)
و"ممطر" (قيمة منطقية).

سافرت ليلى إلى فاس وبقيت هناك ثلاثة أيام، ولم ينزل المطر.""",
        {"المدينة": "فاس", "الأيام": 3, "ممطر": False},
    ),
    Case(
        """Ответь только в формате JSON (JSON only), без пояснений. Ключи: "товар" (строка в именительном
падеже единственного числа, строчными буквами), "количество" (целое число), "цена" (число, цена за штуку в
рублях).

Купили двенадцать тетрадей по сорок пять рублей пятьдесят копеек за штуку.""",
        {"товар": "тетрадь", "количество": 12, "цена": 45.5},
    ),
    Case(
        """केवल JSON में उत्तर दीजिए (JSON only), कोई और शब्द नहीं। कुंजियाँ: "शहर" (पाठ), "तापमान"
(पूर्णांक), "बारिश" (true या false)।

आज पुणे में तापमान ३१ डिग्री है और बारिश नहीं हो रही है।""",
        {"शहर": "पुणे", "तापमान": 31, "बारिश": False},
    ),
    Case(
        """Keep the quotation marks of each language as they are; do not turn them into straight ones.
Return a JSON object with the keys "de", "fr" and "ja" and these values, and nothing but the JSON:

de: Er sagte: „Nein.“
fr: Elle répondit : « Si. »
ja: 「はい」と言った。""",
        {"de": "Er sagte: „Nein.“", "fr": "Elle répondit : « Si. »", "ja": "「はい」と言った。"},
    ),
    Case(
        """These three signs lie outside Unicode's first 65,536 code points: the treble clef 𝄞, the Gothic
letter 𐍈 and the Chinese character 𠮷. Give JSON with the keys "clef", "letter" and "character", each an
object with "sign" (the sign itself) and "code" (its code point as "U+" with five capital hexadecimal
digits). They are U+1D11E, U+10348 and U+20BB7 in this order. JSON only.""",
        {
            "clef": {"sign": "𝄞", "code": "U+1D11E"},
            "letter": {"sign": "𐍈", "code": "U+10348"},
            "character": {"sign": "𠮷", "code": "U+20BB7"},
        },
    ),
)

CASES = {"escapes": ESCAPES, "unicode": UNICODE}
