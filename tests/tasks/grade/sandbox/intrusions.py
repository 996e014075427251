"""Programs that try to reach what is not theirs: files, processes, the network; see attacks.py."""

from tests.tasks.grade.sandbox.attacks import FORTY_TWO, SECRET

GOT = "assert answer() == 'got'\n"

INTRUSIONS: tuple[tuple[str, str, str], ...] = (
    ("a file of the machine", "def answer(): return open('{path}').read()\n", SECRET),
    ("the environment", "import os\ndef answer(): return os.environ['NIGHTBENCH_ATTACK']\n", SECRET),
    (
        "a loopback address",
        "import socket\ndef answer():\n"
        "    with socket.create_connection(('127.0.0.1', {port}), 2) as line:\n"
        "        return line.recv(100).decode()\n",
        SECRET,
    ),
    (
        "an abstract socket",
        "import socket\ndef answer():\n    with socket.socket(socket.AF_UNIX) as line:\n"
        "        line.connect('\\0{socket}')\n        return line.recv(100).decode()\n",
        SECRET,
    ),
    (
        "any socket",
        "import socket\ndef answer():\n    socket.socket(socket.AF_UNIX)\n    return 'got'\n",
        GOT,
    ),
    ("the users", "def answer(): return 'got' if 'root' in open('/etc/passwd').read() else ''\n", GOT),
    (
        "other processes",
        "import os\ndef answer():\n"
        "    return 'got' if any(name.isdigit() for name in os.listdir('/proc')) else ''\n",
        GOT,
    ),
    ("its parent", "import os\ndef answer(): return 'got' if os.getppid() > 0 else ''\n", GOT),
    (
        "a program of the machine",
        "import subprocess\ndef answer():\n"
        "    return subprocess.check_output(['/bin/echo', 'got'], text=True).strip()\n",
        GOT,
    ),
    (
        "a process of its own",
        "import os\ndef answer():\n    pid = os.fork()\n    if not pid: os._exit(0)\n    os.waitpid(pid, 0)\n"
        "    return 'got'\n",
        GOT,
    ),
    (
        "a process by a bare call",
        "import ctypes\ndef answer():\n    pid = ctypes.CDLL(None).fork()\n    if pid == 0:\n"
        "        ctypes.CDLL(None)._exit(0)\n    return 'got' if pid > 0 else ''\n",
        GOT,
    ),
    (
        "a process that stays",
        "import os\ndef answer():\n    if not os.fork():\n        os.setsid()\n        if not os.fork():\n"
        "            import time\n            time.sleep(0.2)\n        os._exit(0)\n    return 'got'\n",
        GOT,
    ),
    (
        "a namespace of its own",
        "import ctypes\ndef answer(): return 'got' if ctypes.CDLL(None).unshare(0x10000000) == 0 else ''\n",
        GOT,
    ),
    (
        "to be traced",
        "import ctypes\ndef answer(): return 'got' if ctypes.CDLL(None).ptrace(0, 0, 0, 0) == 0 else ''\n",
        GOT,
    ),
    (
        "the temporary folder",
        "import os\ndef answer():\n    path = '/tmp/nightbench-attack-{secret}'\n"
        "    open(path, 'w').write('x')\n    os.remove(path)\n    return 'got'\n",
        GOT,
    ),
    (
        "shared memory",
        "import os\ndef answer():\n    path = '/dev/shm/nightbench-attack-{secret}'\n"
        "    open(path, 'w').write('x')\n    os.remove(path)\n    return 'got'\n",
        GOT,
    ),
    (
        "the checkout",
        "import sys\nsys.path.insert(0, '{root}')\nimport warehouse\ndef answer(): return 'got'\n",
        GOT,
    ),
    ("two gigabytes", "def answer():\n    bytearray(2 << 30)\n    return 'got'\n", GOT),
    (
        "a disk full",
        "def answer():\n    with open('big', 'wb') as file:\n"
        "        for _ in range(200): file.write(bytes(1 << 20))\n    return 'got'\n",
        GOT,
    ),
    (
        "many files",
        "def answer():\n    kept = [open('/dev/null') for _ in range(300)]\n    return 'got'\n",
        GOT,
    ),
    (
        "longer limits",
        "import resource\ndef answer():\n    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
        "    resource.setrlimit(resource.RLIMIT_NOFILE, (max(200, min(most, 300)), most))\n"
        "    return 'got'\n",
        GOT,
    ),
    (
        "a key of the kernel",
        "import ctypes\ndef answer():\n"
        "    key = ctypes.CDLL(None).syscall(248, b'user', b'nightbench', b'x', 1, -2)\n"
        "    return 'got' if key > 0 else ''\n",
        GOT,
    ),
    (
        "the machine's name",
        "import os\ndef answer(): return os.uname().nodename\n",
        "assert answer() == '{node}'\n",
    ),
    (
        "a link out",
        "import os\ndef answer():\n    os.symlink('{path}', 'nightbench-link')\n    try:\n"
        "        return open('nightbench-link').read()\n    finally:\n        os.remove('nightbench-link')\n",
        SECRET,
    ),
    ("the root of its process", "def answer(): return open('/proc/self/root{path}').read()\n", SECRET),
    (
        "the environment on the disk",
        "def answer():\n    text = open('/proc/self/environ').read()\n"
        "    return text.split('NIGHTBENCH_ATTACK=')[1].split(chr(0))[0]\n",
        SECRET,
    ),
    (
        "memory that outlives it",
        "import ctypes\ndef answer():\n    found = ctypes.CDLL(None).shmget(0, 4096, 0o1600)\n"
        "    ctypes.CDLL(None).shmctl(found, 0, None)\n    return 'got' if found >= 0 else ''\n",
        GOT,
    ),
    (
        "a program in memory",
        "import os\ndef answer():\n    file = os.memfd_create('x', 0)\n"
        "    os.write(file, b'#!/bin/sh\\nexit 0\\n')\n"
        "    os.execve(f'/proc/self/fd/{{file}}', ['x'], {{}})\n",
        FORTY_TWO,
    ),
    (
        "a thousand threads",
        "import threading\ndef answer():\n    stop = threading.Event()\n"
        "    threads = [threading.Thread(target=stop.wait, daemon=True) for _ in range(1000)]\n"
        "    for thread in threads: thread.start()\n    stop.set()\n    return 'got'\n",
        GOT,
    ),
)
