"""What Linux offers to keep a process in bounds, called through ctypes: clone, mounts, Landlock, seccomp.

Python's `os` has none of these before 3.12, and some not yet. Every function raises OSError with the name of
the call that failed. Numbers are those of the kernel's headers (asm/unistd_64.h, asm-generic/unistd.h).

Source: clone(2), mount_namespaces(7), landlock(7), seccomp(2), capabilities(7).
"""

import ctypes
import os
import platform
import signal
import struct
from collections.abc import Sequence

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
CLONE_THREAD = 0x00010000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = (
    1,
    2,
    4,
    8,
    32,
    4096,
    16384,
    1 << 18,
)
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 1, 38, 22
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, CAPABILITY_VERSION = 47, 2, 21, 0x20080522
SECCOMP_MODE_FILTER = 2
EPERM, ENOSYS = 1, 38

# By architecture: the audit number of it, and the calls that this module makes itself.
MACHINES = {
    "x86_64": (0xC000003E, {"clone": 56, "pivot_root": 155, "capset": 126}),
    "aarch64": (0xC00000B7, {"clone": 220, "pivot_root": 41, "capset": 91}),
}
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446

# What a program that is judged has no use for, as (x86_64, aarch64): other processes and programs, namespaces
# and mounts, sockets of any family, and the corners of the kernel where its errors were found.
REFUSED: tuple[tuple[int | None, int | None], ...] = (
    (57, None),  # fork
    (58, None),  # vfork
    (59, 221),  # execve
    (322, 281),  # execveat
    (101, 117),  # ptrace
    (310, 270),  # process_vm_readv
    (311, 271),  # process_vm_writev
    (440, 440),  # process_madvise
    (438, 438),  # pidfd_getfd
    (312, 272),  # kcmp
    (272, 97),  # unshare
    (308, 268),  # setns
    (165, 40),  # mount
    (166, 39),  # umount2
    (155, 41),  # pivot_root
    (161, 51),  # chroot
    (429, 429),  # move_mount
    (428, 428),  # open_tree
    (430, 430),  # fsopen
    (431, 431),  # fsconfig
    (432, 432),  # fsmount
    (433, 433),  # fspick
    (442, 442),  # mount_setattr
    (41, 198),  # socket
    (29, 194),  # shmget, which outlives who made it and is in no limit
    (64, 190),  # semget
    (68, 186),  # msgget
    (240, 180),  # mq_open
    (248, 217),  # add_key
    (249, 218),  # request_key
    (250, 219),  # keyctl
    (321, 280),  # bpf
    (298, 241),  # perf_event_open
    (323, 282),  # userfaultfd
    (425, 425),  # io_uring_setup
    (426, 426),  # io_uring_enter
    (427, 427),  # io_uring_register
    (246, 104),  # kexec_load
    (320, 294),  # kexec_file_load
    (175, 105),  # init_module
    (313, 273),  # finit_module
    (176, 106),  # delete_module
    (169, 142),  # reboot
    (167, 224),  # swapon
    (168, 225),  # swapoff
    (172, None),  # iopl
    (173, None),  # ioperm
    (135, 92),  # personality
    (303, 264),  # name_to_handle_at
    (304, 265),  # open_by_handle_at
    (179, 60),  # quotactl
    (163, 89),  # acct
    (103, 116),  # syslog
    (164, 170),  # settimeofday
    (227, 112),  # clock_settime
    (159, 171),  # adjtimex
    (305, 266),  # clock_adjtime
    (170, 161),  # sethostname
    (171, 162),  # setdomainname
    (300, 262),  # fanotify_init
    (279, 239),  # move_pages
    (256, 238),  # migrate_pages
    (237, 235),  # mbind
    (238, 237),  # set_mempolicy
)
CLONE = (56, 220)
CLONE3 = (435, 435)  # its flags lie in memory, where a filter cannot look; libc falls back to clone

_libc = ctypes.CDLL(None, use_errno=True)


def supported() -> bool:
    """Whether this module knows the machine: Linux on x86_64 or aarch64, 64 bits."""
    return (
        platform.system() == "Linux"
        and platform.machine() in MACHINES
        and ctypes.sizeof(ctypes.c_void_p) == 8
    )


def clone(flags: int) -> int:
    """Fork into new namespaces: 0 in the child, its pid in the parent.

    For a process with one thread. With CLONE_NEWPID the child is the first process of its namespace, and
    everything in that ends with it.
    """
    python = ctypes.pythonapi
    python.PyOS_BeforeFork()
    pid = _libc.syscall(_number("clone"), flags | signal.SIGCHLD, 0, 0, 0, 0)
    if pid == 0:
        python.PyOS_AfterFork_Child()
        return 0
    error = ctypes.get_errno()
    python.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(error, f"clone: {os.strerror(error)}")
    return int(pid)


def unshare(flags: int) -> None:
    """Give this process namespaces of its own."""
    _checked("unshare", _libc.unshare(flags))


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount a file system, or bind a place to another."""
    arguments = [text.encode() for text in (source, target, kind)]
    _checked(f"mount {target}", _libc.mount(*arguments, ctypes.c_ulong(flags), options.encode()))


def unmount(target: str) -> None:
    """Take a mount away; what is in use of it goes when it is not."""
    _checked(f"umount {target}", _libc.umount2(target.encode(), MNT_DETACH))


def pivot_root(new: str, old: str) -> None:
    """Make a mount the root, and put the old root below it."""
    _checked("pivot_root", _libc.syscall(_number("pivot_root"), new.encode(), old.encode()))


def die_with_parent() -> None:
    """Be killed when the process that started this one ends."""
    _checked("prctl", _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))


def keep_one_privilege() -> None:
    """Of all capabilities of this namespace keep the one to mount and unshare, in a new program too."""
    header, bit = struct.pack("=Ii", CAPABILITY_VERSION, 0), 1 << CAP_SYS_ADMIN
    data = struct.pack("=6I", bit, bit, bit, 0, 0, 0)
    _checked("capset", _libc.syscall(_number("capset"), header, data))
    _checked("prctl", _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0))


def drop_privileges() -> None:
    """No capability is left, and no program that is started can bring one."""
    header = struct.pack("=Ii", CAPABILITY_VERSION, 0)
    _checked("capset", _libc.syscall(_number("capset"), header, bytes(24)))
    _checked("prctl", _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def restrict_files(readable: Sequence[str], writable: Sequence[str]) -> bool:
    """Landlock: nothing can be opened but what lies under these places; False where the kernel has none."""
    version = _libc.syscall(LANDLOCK_CREATE, None, 0, 1)
    if version < 1:
        return False
    known = {1: 13, 2: 14}.get(version, 15 if version < 5 else 16)  # rights that this kernel can handle
    every, reading = (1 << known) - 1, 0b1101  # execute, read a file, read a folder
    handled = struct.pack("=Q", every)
    rules = _checked("landlock", _libc.syscall(LANDLOCK_CREATE, handled, len(handled), 0))
    try:
        for places, rights in ((readable, reading), (writable, every)):
            for place in places:
                if not os.path.exists(place):  # noqa: PTH110 - nothing is imported here that can be spared
                    continue
                allowed = rights if os.path.isdir(place) else rights & 0b111  # noqa: PTH112
                fd = os.open(place, os.O_PATH | os.O_CLOEXEC)
                try:
                    rule = struct.pack("=Qi", allowed, fd)
                    _checked("landlock", _libc.syscall(LANDLOCK_ADD, rules, 1, rule, 0))
                finally:
                    os.close(fd)
        _checked("landlock", _libc.syscall(LANDLOCK_RESTRICT, rules, 0))
    finally:
        os.close(rules)
    return True


def refuse_calls() -> None:
    """Seccomp: what is in REFUSED fails with EPERM, as does making a process that is not a thread.

    After `drop_privileges`, without which the kernel takes no filter from a plain process.
    """
    audit, _ = MACHINES[platform.machine()]
    at = list(MACHINES).index(platform.machine())
    refused = [pair[at] for pair in REFUSED if pair[at] is not None]
    load, equal, at_least, any_bit, give = 0x20, 0x15, 0x35, 0x45, 0x06
    deny, allow, kill = 0x00050000 | EPERM, 0x7FFF0000, 0x80000000
    program = [
        (load, 0, 0, 4),
        (equal, 1, 0, audit),
        (give, 0, 0, kill),
        (load, 0, 0, 0),
        (at_least, 0, 1, 0x40000000),  # x32, the other way to call
        (give, 0, 0, deny),
        (equal, 0, 1, CLONE3[at]),
        (give, 0, 0, 0x00050000 | ENOSYS),
        (equal, 0, 4, CLONE[at]),
        (load, 0, 0, 16),
        (any_bit, 1, 0, CLONE_THREAD),
        (give, 0, 0, deny),
        (give, 0, 0, allow),
    ]
    for number in refused:
        program += [(equal, 0, 1, int(number or 0)), (give, 0, 0, deny)]
    program.append((give, 0, 0, allow))
    code = b"".join(struct.pack("=HBBI", *step) for step in program)
    kept = ctypes.create_string_buffer(code, len(code))
    fprog = struct.pack("@HP", len(program), ctypes.addressof(kept))
    _checked("seccomp", _libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, fprog, 0, 0))


def _number(name: str) -> int:
    return MACHINES[platform.machine()][1][name]


def _checked(what: str, result: int) -> int:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
    return result
