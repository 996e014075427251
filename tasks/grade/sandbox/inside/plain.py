"""A box without bubblewrap: namespaces of our own, a root of our own in memory, then the zygote's command.

Landlock and the filter of system calls are set for each judged process by the zygote, as in bubblewrap.
"""

import os
import socket
import tempfile
from pathlib import Path
from typing import NoReturn

from tasks.grade.sandbox.inside import kernel

DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
NOBODY = 65534
ALL = (
    kernel.CLONE_NEWUSER
    | kernel.CLONE_NEWNS
    | kernel.CLONE_NEWPID
    | kernel.CLONE_NEWNET
    | kernel.CLONE_NEWIPC
    | kernel.CLONE_NEWUTS
    | kernel.CLONE_NEWCGROUP
)


def main(places: list[str], command: list[str]) -> None:
    """Start the command in namespaces of its own, and end with it.

    Each place, as PLACE or PLACE=WHERE, is bound read-only; a symbolic link becomes one.
    """
    root = tempfile.mkdtemp(prefix="nightbench-box-", dir="/tmp")
    pid = os.fork()
    if not pid:
        _enter(places, command, root)
    _, status = os.waitpid(pid, 0)
    os.rmdir(root)  # noqa: PTH106
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _enter(places: list[str], command: list[str], root: str) -> NoReturn:
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(ALL)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {group} 1", encoding="ascii")
    pid = os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    kernel.die_with_parent()
    socket.sethostname("box")
    make_root(places, Path(root))
    kernel.keep_one_privilege()
    os.execv(command[0], command)  # noqa: S606 - the zygote


def make_root(places: list[str], root: Path) -> None:
    """Make a root that holds the places, and nothing else."""
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("tmpfs", str(root), "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "size=1m,nr_inodes=1024")
    for place in places:
        source, _, where = place.partition("=")
        bind(Path(source), root / (where or source).lstrip("/"))
    for device in DEVICES:
        bind(Path(device), root / device.lstrip("/"), writable=True)
    (root / "work").mkdir()
    old = root / "old"
    old.mkdir()
    kernel.pivot_root(str(root), str(old))
    os.chdir("/")
    kernel.unmount("/old")
    Path("/old").rmdir()
    kernel.mount("none", "/", flags=kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | kernel.MS_NOSUID)


def bind(source: Path, target: Path, *, writable: bool = False) -> None:
    """Show a file or folder at another place; what is not there is passed over."""
    if not os.path.lexists(source):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        target.symlink_to(source.readlink())
        return
    if source.is_dir():
        target.mkdir(exist_ok=True)
    else:
        target.touch()
    kernel.mount(str(source), str(target), flags=kernel.MS_BIND | kernel.MS_REC)
    if not writable:
        kept = os.statvfs(target).f_flag & (kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
        flags = kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | kept
        kernel.mount("none", str(target), flags=flags)
