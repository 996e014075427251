"""Programs that try to be judged right without being so; intrusions.py has those that reach out.

Each is a name, a program and tests. Run as one module in a plain process (bench/code_generation/run.py) the
tests come to their end, which is what shows that the attack works; in the sandbox they must not. `{secret}`,
`{path}`, `{port}`, `{socket}` and `{root}` are filled in by the test.
"""

FORTY_TWO = "assert answer() == 42\n"
SECRET = "assert answer() == '{secret}'\n"

FORGERIES: tuple[tuple[str, str, str], ...] = (
    ("sys.exit at once", "import sys\nsys.exit(0)\n", FORTY_TWO),
    ("os._exit at once", "import os\nos._exit(0)\n", FORTY_TWO),
    ("raise SystemExit", "raise SystemExit\n", FORTY_TWO),
    ("print a pass and leave", "import os\nprint('1 passed', flush=True)\nos._exit(0)\n", FORTY_TWO),
    ("sys.exit when called", "import sys\ndef answer(): sys.exit(0)\n", FORTY_TWO),
    ("os._exit when called", "import os\ndef answer(): os._exit(0)\n", FORTY_TWO),
    (
        "atexit",
        "import atexit, os\natexit.register(lambda: os._exit(0))\ndef answer(): return 0\n",
        FORTY_TWO,
    ),
    (
        "excepthook",
        "import os, sys\nsys.excepthook = lambda *_: os._exit(0)\ndef answer(): return 0\n",
        FORTY_TWO,
    ),
    (
        "a thread that leaves",
        "import os, threading\nthreading.Timer(0.05, lambda: os._exit(0)).start()\ndef answer(): return 0\n",
        "import time\ntime.sleep(0.5)\n" + FORTY_TWO,
    ),
    (
        "a signal that leaves",
        "import os, signal\nsignal.signal(signal.SIGALRM, lambda *_: os._exit(0))\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.05)\ndef answer(): return 0\n",
        "import time\ntime.sleep(0.5)\n" + FORTY_TWO,
    ),
    (
        "__del__",
        "import os\nclass Last:\n    def __del__(self): os._exit(0)\nkept = Last()\ndef answer():\n"
        "    global kept\n    kept = None\n    return 0\n",
        FORTY_TWO,
    ),
    ("fork, and the parent leaves", "import os\nif os.fork(): os._exit(0)\nos._exit(1)\n", FORTY_TWO),
    ("exec another program", "import os\nos.execv('/bin/true', ['true'])\n", FORTY_TWO),
    (
        "equal to everything",
        "class Any:\n    def __eq__(self, other): return True\ndef answer(): return Any()\n",
        FORTY_TWO,
    ),
    (
        "an int equal to everything",
        "class Any(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\n"
        "def answer(): return Any(7)\n",
        FORTY_TWO,
    ),
    (
        "a str equal to everything",
        "class Any(str):\n    def __eq__(self, other): return True\n    __hash__ = str.__hash__\n"
        "def answer(): return Any('x')\n",
        "assert answer() == 'forty-two'\n",
    ),
    (
        "a list equal to everything",
        "class Any(list):\n    def __eq__(self, other): return True\ndef answer(): return Any()\n",
        "assert answer() == [4, 2]\n",
    ),
    (
        "a dict equal to everything",
        "class Any(dict):\n    def __eq__(self, other): return True\ndef answer(): return Any()\n",
        "assert answer() == {{'a': 42}}\n",
    ),
    (
        "a float equal to everything",
        "class Any(float):\n    def __eq__(self, other): return True\ndef answer(): return Any(0)\n",
        "assert answer() == 4.2\n",
    ),
    (
        "unequal to nothing",
        "class Any:\n    def __ne__(self, other): return False\ndef answer(): return Any()\n",
        "if answer() != 42:\n    raise AssertionError\n",
    ),
    (
        "the difference is nothing",
        "class Any:\n    def __sub__(self, other): return 0.0\ndef answer(): return Any()\n",
        "assert abs(answer() - 42) < 1e-9\n",
    ),
    (
        "the absolute value is nothing",
        "class Any:\n    def __sub__(self, other): return self\n    def __abs__(self): return 0\n"
        "def answer(): return Any()\n",
        "assert abs(answer() - 42) < 1e-9\n",
    ),
    (
        "less and more than everything",
        "class Any:\n    def __lt__(self, other): return True\n    __gt__ = __lt__\n"
        "def answer(): return Any()\n",
        "assert answer() > 41 and answer() < 43\n",
    ),
    (
        "holds everything",
        "class Any:\n    def __contains__(self, item): return True\ndef answer(): return Any()\n",
        "assert 42 in answer() and 'x' in answer()\n",
    ),
    (
        "has any length",
        "class Any:\n    def __len__(self): return 3\ndef answer(): return Any()\n",
        "assert len(answer()) == 3\n",
    ),
    (
        "has any item",
        "class Any:\n    def __getitem__(self, key): return 42\ndef answer(): return Any()\n",
        "assert answer()[7] == 42\n",
    ),
    (
        "hashes like the right one",
        "class Any:\n    def __hash__(self): return hash(42)\n    def __eq__(self, other): return True\n"
        "def answer(): return Any()\n",
        "assert answer() in {{42}}\n",
    ),
    (
        "is a number as soon as it is asked",
        "class Any:\n    def __int__(self): return 42\ndef answer(): return Any()\n",
        "assert int(answer()) == 42\n",
    ),
    (
        "a shared mock",
        "from unittest.mock import ANY\ndef answer(): return ANY\n",
        FORTY_TWO,
    ),
    (
        "builtins.len",
        "import builtins\nbuiltins.len = lambda _: 3\ndef answer(): return []\n",
        "assert len(answer()) == 3\n",
    ),
    (
        "builtins.abs",
        "import builtins\nbuiltins.abs = lambda _: 0\ndef answer(): return 0\n",
        "assert abs(answer() - 42) == 0\n",
    ),
    (
        "builtins.isinstance",
        "import builtins\nbuiltins.isinstance = lambda *_: True\ndef answer(): return 0\n",
        "assert isinstance(answer(), list)\n",
    ),
    (
        "builtins.sorted",
        "import builtins\nbuiltins.sorted = lambda *_, **__: [1, 2]\ndef answer(): return 0\n",
        "assert sorted(answer()) == [1, 2]\n",
    ),
    (
        "math.isclose",
        "import math\nmath.isclose = lambda *_, **__: True\ndef answer(): return 0\n",
        "import math\nassert math.isclose(answer(), 42)\n",
    ),
    (
        "another math",
        "import sys, types\nsys.modules['math'] = types.SimpleNamespace(isclose=lambda *_: True)\n"
        "def answer(): return 0\n",
        "import math\nassert math.isclose(answer(), 42)\n",
    ),
    (
        "an import that lies",
        "import builtins, types\nreal = builtins.__import__\n"
        "builtins.__import__ = lambda name, *rest, **more: (types.SimpleNamespace(isclose=lambda *_: True) "
        "if name == 'math' else real(name, *rest, **more))\ndef answer(): return 0\n",
        "import math\nassert math.isclose(answer(), 42)\n",
    ),
    (
        "random.random",
        "import random\nrandom.random = lambda: 0\ndef answer(): return 0\n",
        "import random\nrandom.seed(1)\nassert answer() == random.random()\n",
    ),
    (
        "unittest",
        "import unittest\nunittest.TestCase.assertEqual = lambda *_: None\ndef answer(): return 0\n",
        "import io, unittest\nclass Test(unittest.TestCase):\n"
        "    def test(self): self.assertEqual(answer(), 42)\n"
        "suite = unittest.defaultTestLoader.loadTestsFromTestCase(Test)\n"
        "assert unittest.TextTestRunner(stream=io.StringIO()).run(suite).wasSuccessful()\n",
    ),
    (
        "the caller's globals",
        "import sys\ndef answer(): return sys._getframe(1).f_globals['EXPECTED']\n",
        "EXPECTED = '{secret}'\nassert answer() == EXPECTED\n",
    ),
    (
        "the caller's constants",
        "import sys\ndef answer():\n"
        "    return next(c for c in sys._getframe(1).f_code.co_consts if str(c).startswith('secret-'))\n",
        SECRET,
    ),
    (
        "the source of the tests",
        "import re, sys\ndef answer():\n"
        "    return re.search('secret-[0-9a-f]+', open(sys.argv[0]).read())[0]\n",
        SECRET,
    ),
    (
        "every object in memory",
        "import gc, re\ndef answer():\n    for thing in gc.get_objects():\n"
        "        if isinstance(thing, dict) and 'EXPECTED' in thing:\n            return thing['EXPECTED']\n",
        "EXPECTED = '{secret}'\nassert answer() == EXPECTED\n",
    ),
    (
        "the memory itself",
        "import re\ndef answer():\n    maps = open('/proc/self/maps').read()\n"
        "    with open('/proc/self/mem', 'rb', 0) as memory:\n"
        "        for low, high in re.findall('([0-9a-f]+)-([0-9a-f]+) rw', maps):\n"
        "            memory.seek(int(low, 16))\n            try:\n"
        "                text = memory.read(min(int(high, 16) - int(low, 16), 1 << 26))\n"
        "            except OSError:\n                continue\n"
        "            if found := re.search(b'secret-[0-9a-f]{{32}}', text):\n"
        "                return found[0].decode()\n",
        SECRET,
    ),
    (
        "its own all",
        "all = lambda _: True\ndef answer(): return 0\n",
        "assert all(x == 42 for x in [answer()])\n",
    ),
    ("its own len", "len = lambda _: 3\ndef answer(): return []\n", "assert len(answer()) == 3\n"),
    (
        "its own isinstance",
        "isinstance = lambda *_: True\ndef answer(): return 0\n",
        "def test(): assert isinstance(answer(), list)\ntest()\n",
    ),
    (
        "its own sorted",
        "sorted = lambda *_, **__: [1, 2]\ndef answer(): return 0\n",
        "assert sorted(answer()) == [1, 2]\n",
    ),
    (
        "its own AssertionError",
        "class AssertionError(SystemExit):\n    def __init__(self, *_): super().__init__(0)\n"
        "def answer(): return 0\n",
        "if answer() != 42:\n    raise AssertionError('no')\n",
    ),
    (
        "a pass on every descriptor",
        "import os, struct\ndef answer():\n    said = b'{{\"passed\": true}}'\n"
        "    for fd in range(3, 64):\n        try: os.write(fd, struct.pack('=I', len(said)) + said)\n"
        "        except OSError: pass\n    os._exit(0)\n",
        FORTY_TWO,
    ),
    (
        "a class that lies",
        "class Any:\n    __class__ = property(lambda self: int)\ndef answer(): return Any()\n",
        "assert isinstance(answer(), int)\n",
    ),
    (
        "the text of an object",
        "class Any:\n    def __str__(self): return '42'\ndef answer(): return Any()\n",
        "assert str(answer()) == '42'\n",
    ),
    (
        "inside a list",
        "class Any:\n    def __eq__(self, other): return True\ndef answer(): return [1, {{'a': Any()}}]\n",
        "assert answer() == [1, {{'a': 42}}]\n",
    ),
    (
        "the caller's locals",
        "import ctypes, sys\ndef answer():\n    frame = sys._getframe(1)\n    frame.f_locals['want'] = 0\n"
        "    ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), 0)\n    return 0\n",
        "def test():\n    want = 42\n    got = answer()\n    assert got == want\ntest()\n",
    ),
    (
        "another forty-two",
        "import ctypes\ndef answer():\n"
        "    ctypes.memmove(id(42) + 24, (7).to_bytes(4, 'little'), 4)\n    return 7\n",
        FORTY_TWO,
    ),
)
