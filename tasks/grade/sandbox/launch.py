"""How a box is started: in bubblewrap, else in plain namespaces; what of the file system it sees."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tasks.grade.sandbox.inside import kernel
from tasks.grade.sandbox.inside.plain import DEVICES, NOBODY
from warehouse.errors import SpecError

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[2]
INSIDE = "/box/tasks/grade/sandbox"
LIBRARIES = ("/usr/lib", "/usr/lib64", "/usr/lib32", "/lib", "/lib64", "/lib32")
ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "MALLOC_ARENA_MAX": "1",
    "TMPDIR": "/work",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
}
REMEDY = (
    "Install bubblewrap (on Debian: apt-get install bubblewrap), or allow plain user namespaces "
    "(sysctl kernel.unprivileged_userns_clone=1, or kernel.apparmor_restrict_unprivileged_userns=0). "
    "--unsafe-local-code runs the code with nothing between it and this machine."
)


@dataclass(frozen=True)
class Launch:
    """A way to start a box: `argv(fd)` is a command whose file descriptor `fd` is the control line."""

    kind: str  # bubblewrap | namespaces | none: nothing lies between the code and the machine

    def argv(self, fd: int) -> list[str]:
        """The command."""
        zygote = python("/box", "zygote", f"{fd}, {readable()!r}")
        if self.kind == "bubblewrap":
            return [*_bubblewrap(), *zygote]
        if self.kind == "namespaces":
            return python(str(CHECKOUT), "plain", f"{_places()!r}, {zygote!r}")
        return python(str(CHECKOUT), "zygote", f"{fd}, None")


def python(root: str, module: str, arguments: str) -> list[str]:
    """A command that runs `main` of a module of the box's, found under a root."""
    code = f"import sys; sys.path.insert(0, {root!r}); "
    code += f"from tasks.grade.sandbox.inside.{module} import main; main({arguments})"
    return [_executable(), "-P", "-s", "-S", "-B", "-c", code]


def readable() -> list[str]:
    """What can be read in a box: the interpreter with its library, the system's libraries, time zones."""
    base = Path(sys.base_prefix)
    own = [_executable(), str(base / "lib")] if base != Path("/usr") else [_executable()]
    return [*own, *LIBRARIES, "/usr/share/zoneinfo", "/box"]


_unsafe: set[str] = set()


def allow_unsafe() -> None:
    """From now on code runs without a sandbox in this process, where there can be none."""
    _unsafe.add("allowed")


def best_launch() -> Launch:
    """The best way that this machine has; none at all only after `allow_unsafe`.

    Raises: SpecError: it has none; says what would help.
    """
    try:
        return _sandboxed()
    except SpecError:
        if not _unsafe:
            raise
        return Launch("none")


@cache
def _sandboxed() -> Launch:
    if not kernel.supported():
        raise SpecError(f"code can be run in a sandbox only on Linux (x86_64, aarch64). {REMEDY}")
    failed = []
    for kind in ("bubblewrap", "namespaces"):
        launch = Launch(kind)
        if kind == "bubblewrap" and shutil.which("bwrap") is None:
            failed.append("bubblewrap is not installed")
            continue
        why = try_launch(launch)
        if why is None:
            return launch
        failed.append(f"{kind}: {why}")
    raise SpecError(f"code cannot be run in a sandbox here ({'; '.join(failed)}). {REMEDY}")


def try_launch(launch: Launch) -> str | None:
    """Start a box and end it; the reason where that fails."""
    from tasks.grade.sandbox.box import Box, BoxError

    try:
        Box(launch).close()
    except (BoxError, OSError, subprocess.SubprocessError) as error:
        return str(error)[:300]
    return None


def _executable() -> str:
    return str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())


def _places() -> list[str]:
    return [*readable()[:-1], f"{HERE}={INSIDE}"]


def _bubblewrap() -> list[str]:
    argv = ["bwrap", "--unshare-all", "--new-session", "--clearenv", "--hostname", "box"]
    for name, value in ENVIRONMENT.items():
        argv += ["--setenv", name, value]
    argv += ["--uid", str(NOBODY), "--gid", str(NOBODY), "--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN"]
    for place in existing(readable()[:-1]):
        argv += (
            ["--symlink", str(Path(place).readlink()), place]
            if Path(place).is_symlink()
            else ["--ro-bind", place, place]
        )
    argv += ["--ro-bind", str(HERE), INSIDE, "--dir", "/work"]
    for device in existing(DEVICES):
        argv += ["--dev-bind", device, device]
    return [*argv, "--remount-ro", "/", "--chdir", "/", "--"]


def existing(places: Sequence[str]) -> list[str]:
    """Those that are there."""
    return [place for place in places if os.path.lexists(place)]
