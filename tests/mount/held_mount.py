# SPDX-License-Identifier: MIT
"""A mount in the background, whose server may be killed while its holder stays."""
import contextlib
import ctypes
import errno
import os
import signal
import subprocess
import tempfile
import threading

from mount_fixture import (IIOFS, START_S, STOP_S, Skip, clean_up, fusermount, iiofs, mounts_at,
                           wait_until)

RESENDS = tuple(map(int, os.uname().release.split(".")[:2])) >= (6, 9)
UNDER_LOAD_S = 30  # what takes milliseconds, on a machine that has much other work to do


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().decode(errors="replace").split("\0")[:-1]
    except OSError:
        return []


def processes(test):
    """The processes whose command line passes a test."""
    return [int(pid) for pid in os.listdir("/proc")
            if pid.isdigit() and (words := command_line(pid)) and test(words)]


class HeldMount:
    """`iiofs mount --background ARGUMENTS... ROOT`; entered, it answers. Leaving the block
    ends it, if nobody has, and claims that nothing is left."""

    def __init__(self, *arguments):
        self.folder = tempfile.mkdtemp(prefix="iiofs-test-")
        self.root = os.path.join(self.folder, "mnt")
        os.mkdir(self.root)
        self.arguments = arguments

    def __enter__(self):
        done = iiofs("mount", "--background", *self.arguments, self.root, timeout=START_S)
        if done.returncode != 0:
            clean_up(self.root, self.folder)
            raise AssertionError(f"iiofs mount ended with {done.returncode}: {done.stderr}")
        return self

    def __exit__(self, kind, value, trace):
        try:
            if kind is None and self.holders():
                self.end()
        finally:
            for pid in [*self.holders(), *self.servers()]:
                os.kill(pid, signal.SIGKILL)
            clean_up(self.root, self.folder)

    def servers(self):
        return processes(lambda words: words[:2] == [IIOFS, "mount"] and words[-1] == self.root)

    def holders(self):
        return processes(lambda words: words[1:3] == ["hold", self.root])

    def server(self):
        """The process that serves; there is one."""
        found = []

        def is_there():
            found[:] = self.servers()
            return len(found) == 1
        wait_until(is_there, UNDER_LOAD_S, "a server")
        return found[0]

    def kill(self):
        """The server dies; returns its process id. Its successor may not be there yet."""
        pid = self.server()
        os.kill(pid, signal.SIGKILL)
        return pid

    def replace(self):
        """The server dies and there is another one."""
        pid = self.kill()
        wait_until(lambda: self.servers() not in ([], [pid]), UNDER_LOAD_S, "the next server")

    def end(self, how=lambda mount: os.kill(mount.server(), signal.SIGTERM)):
        how(self)
        wait_until(lambda: not self.servers() and not self.holders(), STOP_S, "the end")
        assert mounts_at(self.root) == 0, f"{self.root} is still mounted"

    def path(self, number, attribute=""):
        return f"{self.root}/devices/iio:device{number}/{attribute}".rstrip("/")


def serve_held(fuse, keep, *arguments, by=(), program=IIOFS):
    """Starts a server as systemd does, with descriptors of its store; by a program that becomes it."""
    script = (f'exec 3<&{fuse} 4<&{keep}; '
              'exec env LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=fuse:keep "$@"')
    return subprocess.Popen(["sh", "-c", script, "sh", *by, program, "mount", *arguments],
                            pass_fds=(fuse, keep), stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def bare_mount():
    """A mount without a server, and the descriptors that a service manager holds for it."""
    if os.geteuid() != 0:
        raise Skip("only root mounts without fusermount3")
    libc = ctypes.CDLL(None, use_errno=True)
    fuse, keep = os.open("/dev/fuse", os.O_RDWR), os.memfd_create("keep")
    with tempfile.TemporaryDirectory(prefix="iiofs-test-") as root:
        options = f"fd={fuse},rootmode=40000,user_id=0,group_id=0,default_permissions"
        assert libc.mount(b"iiofs", root.encode(), b"fuse.iiofs", 0, options.encode()) == 0
        try:
            yield root, fuse, keep
        finally:
            fusermount("-u", "-z", root)
            os.close(fuse)
            os.close(keep)


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


class Reader(threading.Thread):
    """A call on a thread of its own, which may take long."""

    def __init__(self, call, *arguments):
        super().__init__(daemon=True)
        self.call, self.arguments, self.result = call, arguments, None
        self.start()

    def run(self):
        try:
            self.result = self.call(*self.arguments)
        except OSError as error:
            self.result = error

    def answer(self, seconds=UNDER_LOAD_S):
        self.join(seconds)
        assert not self.is_alive(), f"not answered within {seconds} s"
        return self.result


def is_eio(answer):
    return isinstance(answer, OSError) and answer.errno == errno.EIO
