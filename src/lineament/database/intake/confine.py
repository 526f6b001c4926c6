"""Takes rights away from the process that calls it, for good: what a process that parses untrusted files is left with.

Three layers, outermost first. On Linux the kernel refuses the system calls of `DENIED`: there is no network, no new
process, no writing, renaming or removing, and no signal to another process. On every POSIX system resource limits
bound memory, processor time and open files. Everywhere an audit hook of Python refuses the same in Python code, and
opening any file but the one that is parsed and Python's own modules; and it refuses every unpickling of a class or
function.

What it does not stop: machine code that a hole in a C library lets run in the process may still *read* any file that
the user may read. It has no way to send it anywhere but in its reply, which the parent takes as a few numbers and
sentences. On macOS the kernel has no such filter for a program that is not signed for it, and takes no limit of
memory; on Windows only the audit hook and the parent's clock hold.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
import sysconfig
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

DENIED = {
    # name: (x86-64, arm64), from the Linux headers asm/unistd_64.h and asm-generic/unistd.h
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200), "sendto": (44, 206),
    "sendmsg": (46, 211), "sendmmsg": (307, 269), "execve": (59, 221), "execveat": (322, 281), "fork": (57, None),
    "vfork": (58, None), "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_send_signal": (424, 424), "pidfd_getfd": (438, 438), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "creat": (85, None), "truncate": (76, 45),
    "ftruncate": (77, 46), "unlink": (87, None), "unlinkat": (263, 35), "rename": (82, None), "renameat": (264, 38),
    "renameat2": (316, 276), "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None), "link": (86, None),
    "linkat": (265, 37), "symlink": (88, None), "symlinkat": (266, 36), "mknod": (133, None), "mknodat": (259, 33),
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "utimensat": (280, 88), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "unshare": (272, 97), "setns": (308, 268), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "io_uring_setup": (425, 425), "open_by_handle_at": (304, 265), "shmget": (29, 194),
}  # fmt: skip
"""System calls that fail with EPERM."""
UNKNOWN = {"openat2": (437, 437), "clone3": (435, 435)}
"""System calls that fail as if the kernel had none, since a filter cannot see their flags; others serve in place."""
FLAGS = {"open": ((2, None), 1), "openat": ((257, 56), 2), "clone": ((56, 220), 0)}
"""System calls that depend on an argument, and its place: no opening for writing, no clone that is not a thread."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
THREAD = 0x10000
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Column of the tables above, and the kernel's number of the architecture."""

LOAD, EQUAL, ANY_BIT, AT_LEAST, RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
ALLOW, EPERM, ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026
NO_NEW_PRIVILEGES, SECCOMP, FILTER = 38, 22, 2
NEW_USER, NEW_NETWORK = 0x10000000, 0x40000000

REFUSED = (
    "socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.system", "os.startfile",
    "os.kill", "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
    "os.chown", "os.utime", "os.setxattr", "os.removexattr", "shutil.", "tempfile.", "pickle.find_class",
    "ctypes.", "urllib.", "http.", "ftplib.", "smtplib.", "webbrowser.", "mmap.", "winreg.", "sqlite3.", "signal.",
)  # fmt: skip
"""Beginnings of Python's audit events that raise."""


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("value", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("code", ctypes.POINTER(_Instruction)))


def confine_kernel() -> tuple[str, ...]:
    """Have the kernel refuse network, processes and writing; before any thread is started.

    Returns
    -------
    tuple of str
        What is in force: Of `empty network` and `system calls`.
    """
    if sys.platform != "linux":
        return ()
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl.argtypes = (ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong)
    done = []
    if library.unshare(NEW_NETWORK) == 0:  # which only root may
        done.append("empty network")
    column, number = ARCHITECTURES.get(platform.machine(), (0, 0))
    if number and library.prctl(NO_NEW_PRIVILEGES, 1, None, 0, 0) == 0:
        code = _filter(column, number)
        program = _Program(len(code), (_Instruction * len(code))(*code))
        if library.prctl(SECCOMP, FILTER, ctypes.byref(program), 0, 0) == 0:
            return (*done, "system calls")
    # anybody may have an empty network as root of a user namespace of their own, where that is not forbidden
    if not done and library.unshare(NEW_NETWORK | NEW_USER) == 0:
        done.append("empty network")
    return tuple(done)


def _filter(column: int, architecture: int) -> list[_Instruction]:
    """Return the program that the kernel runs at each system call."""
    code = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, architecture), (RETURN, 0, 0, EPERM), (LOAD, 0, 0, 0)]
    if column == 0:
        code += [(AT_LEAST, 0, 1, 0x40000000), (RETURN, 0, 0, EPERM)]  # the x32 calls, which have numbers of their own
    for table, answer in ((DENIED, EPERM), (UNKNOWN, ENOSYS)):
        for numbers in table.values():
            if (number := numbers[column]) is not None:
                code += [(EQUAL, 0, 1, number), (RETURN, 0, 0, answer)]
    for name, (numbers, place) in FLAGS.items():
        if (number := numbers[column]) is not None:
            # the low half of an argument, on little endian machines
            test = (ANY_BIT, 1, 0, THREAD) if name == "clone" else (ANY_BIT, 0, 1, WRITING)
            code += [(EQUAL, 0, 4, number), (LOAD, 0, 0, 16 + 8 * place), test, (RETURN, 0, 0, EPERM)]
            code += [(RETURN, 0, 0, ALLOW)]
    code.append((RETURN, 0, 0, ALLOW))
    return [_Instruction(*step) for step in code]  # code, jump if so, jump if not, value


def limit_resources(memory: int) -> tuple[str, ...]:
    """Bound what the process may take from now on; it must have imported what it needs.

    Parameters
    ----------
    memory : int
        Bytes of address space beyond those that are mapped already.
    """
    if sys.platform == "win32":
        return ()
    import resource

    limits = {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": 0, "RLIMIT_NOFILE": 64, "RLIMIT_NPROC": 0}
    mapped = mapped_bytes()
    if mapped is not None:
        limits["RLIMIT_AS"] = mapped + memory
    done = []
    for name, value in limits.items():
        # macOS refuses some of them
        with suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (value, value))
            done.append(name)
    return tuple(done)


def limit_time(seconds: float) -> None:
    """Let the process use so many seconds of processor time from now on; then the kernel ends it."""
    if sys.platform == "win32":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    with suppress(ValueError, OSError):
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 1, hard))


def mapped_bytes() -> int | None:
    """Return the size of this process's address space; None where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None


class Watch:
    """The audit hook: it cannot be taken out again.

    Attributes
    ----------
    allowed : set of str
        Paths of the files that may be opened for reading.
    denied : list of str
        What was tried and refused since it was last cleared, by name of the event.
    """

    def __init__(self, packages: Iterable[Path]) -> None:
        places = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
        found = {os.path.realpath(place) for place in (*places, *map(str, packages))}
        self._library = tuple(os.path.join(place, "") for place in found)
        self.allowed: set[str] = set()
        self.denied: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            if self._may_open(args[0], args[2]):
                return
        elif not event.startswith(REFUSED):
            return
        self.denied.append(event)
        raise PermissionError(f"{event} is refused while a file from outside is read")

    def _may_open(self, path: Any, flags: Any) -> bool:
        if isinstance(path, int):
            return True
        if isinstance(flags, int) and flags & WRITING:
            return False
        name = os.fsdecode(path)
        return name in self.allowed or os.path.realpath(name).startswith(self._library)
