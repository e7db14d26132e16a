# SPDX-License-Identifier: MIT
"""What the tests of the mounted tree share: the program, a mount of it, a runner.

IIOFS names the built program, IIOFS_GOLDEN the folder of the recordings.
TMPDIR is where mountpoints are made. IIOFS_PATIENCE multiplies the limits, on
slow machines.
"""
import errno
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

# What starts the tests may ignore it, as nohup does; a child would, too.
signal.signal(signal.SIGHUP, signal.SIG_DFL)

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
IIOFS = os.path.abspath(os.environ.get("IIOFS", os.path.join(SOURCE, "build/daemon/iiofs")))
DRIVERS = os.path.join(SOURCE, "drivers")
GOLDEN = os.path.abspath(os.environ.get("IIOFS_GOLDEN", os.path.join(SOURCE, "tests/golden")))
# The reference kernel and its tools: beside the checkout, or not there.
REFERENCE = os.path.join(os.path.dirname(SOURCE), "shared", "kernel")
# Whether this machine has a group iio or not, which could write else.
NOBODY = 65534  # the user and the group
KERNEL_MODES = os.path.join(SOURCE, "tests/mount/kernel_modes.toml")
PATIENCE = float(os.environ.get("IIOFS_PATIENCE", "1"))
START_S = 20 * PATIENCE
STOP_S = 10 * PATIENCE


class Skip(Exception):
    """Raised by a test that cannot run here; says why."""


def recordings(*parts):
    """All recordings of the kernel's answers, or those of these parts, in order. What hwmon
    showed is none of them: it is no IIO device."""
    found = {os.path.basename(f)[:-5]: f for f in glob.glob(f"{GOLDEN}/*/*.json")
             if os.path.basename(os.path.dirname(f)) != "hwmon"}
    if not parts:
        return [found[name] for name in sorted(found)]
    missing = [part for part in parts if part not in found]
    assert not missing, f"no recording of {', '.join(missing)} in {GOLDEN}"
    return [found[part] for part in parts]


def simulate(files):
    """The arguments that simulate these chips, iio:device0 the first."""
    return [argument for file in files for argument in ("--simulate", file)]


def iiofs(*arguments, **options):
    """Runs the program to its end."""
    options = {"text": True, "capture_output": True, "timeout": 30 * PATIENCE} | options
    return subprocess.run([IIOFS, *arguments], stdin=subprocess.DEVNULL, check=False, **options)


def read(path):
    """All text of a file, as one read(2) gives it."""
    fd = os.open(path, os.O_RDONLY)
    try:
        return os.read(fd, 65536).decode("latin-1")
    finally:
        os.close(fd)


def write(path, text):
    """What one write(2) answers. Nothing is created."""
    fd = os.open(path, os.O_WRONLY)
    try:
        return os.write(fd, text.encode("latin-1"))
    finally:
        os.close(fd)


def errno_of(call, *arguments):
    """The name of the errno with which call(*arguments) fails; "none" if it does not."""
    try:
        call(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]
    return "none"


def as_stranger(call, groups=()):
    """What call() returns, of what JSON has, in a process of a user who has no rights but those of
    these groups. For root."""
    output, pipe = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups(list(groups))
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            os.write(pipe, json.dumps(call()).encode())
        finally:
            os._exit(0)
    os.close(pipe)
    with open(output, encoding="utf-8") as text:
        said = text.read()
    os.waitpid(child, 0)
    assert said, "it could not become another user, or failed as one"
    return json.loads(said)


def wait_until(condition, seconds, what):
    """Asks again and again; fails after so many seconds."""
    end = time.monotonic() + seconds * PATIENCE
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.02)


def mounts_at(path):
    """How many mounts are stacked at a path."""
    with open("/proc/self/mountinfo", encoding="utf-8") as lines:
        return sum(line.split(" ")[4] == path for line in lines)


def fusermount(*options):
    subprocess.run(["fusermount3", *options], check=False, capture_output=True, timeout=10)


class Mount:
    """`iiofs mount ARGUMENTS... ROOT` in the foreground; entered, it answers.

    Without a --config of its own it has the kernel's modes.

    Leaving the block stops it and claims that it ended with status 0 and took
    its mount away.
    """

    def __init__(self, *arguments, root=None):
        self.folder = tempfile.mkdtemp(prefix="iiofs-test-")
        self.root = root or os.path.join(self.folder, "mnt")
        os.makedirs(self.root, exist_ok=True)
        self.log_file = os.path.join(self.folder, "log")
        config = [] if "--config" in arguments else ["--config", KERNEL_MODES]
        self.command = [IIOFS, "mount", *config, *arguments, self.root]
        self.environment = None
        self.process = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.discard()
            raise
        return self

    def __exit__(self, kind, value, trace):
        try:
            if kind is None:
                self.stop()
            else:
                print("  the daemon's log:", *self.log().splitlines()[-20:], sep="\n    ")
        finally:
            self.discard()

    def start(self):
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=self.environment)
        wait_until(self.answers, START_S, "the mount's answer")

    def answers(self):
        status = self.process.poll()
        assert status is None, f"iiofs mount ended with {status} at its start:\n{self.log()}"
        try:
            return mounts_at(self.root) > 0 and os.path.isdir(f"{self.root}/devices")
        except OSError:
            return False

    def stop(self, end=signal.SIGTERM):
        """Ends it by a signal, or by a function that is called; unless it has ended."""
        if self.process.poll() is None:
            end() if callable(end) else self.process.send_signal(end)
        try:
            status = self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the daemon did not end within {STOP_S} s") from None
        assert status == 0, f"the daemon ended with {status}:\n{self.log()}"
        assert mounts_at(self.root) == 0, f"{self.root} is still mounted"

    def discard(self):
        """Leaves nothing behind, whatever happened."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        clean_up(self.root, self.folder)

    def log(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as log:
            return log.read()

    def devices(self):
        """The names of the devices, by number."""
        names = os.listdir(f"{self.root}/devices")
        return sorted((name for name in names if name.startswith("iio:device")),
                      key=lambda name: int(name[10:]))

    def await_devices(self, count):
        """Some parts take seconds to start, and the mount does not wait for them."""
        wait_until(lambda: len(self.devices()) >= count, START_S, f"{count} devices")

    def path(self, number, attribute=""):
        return f"{self.root}/devices/iio:device{number}/{attribute}".rstrip("/")


class Shell:
    """A shell that is asked again and again."""

    def __init__(self, command, **identity):
        self.process = subprocess.Popen(command, cwd="/", text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, **identity)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate("exit\n", timeout=20)

    def is_true(self, condition):
        self.process.stdin.write(f"if {condition}; then echo yes; else echo no; fi\n")
        self.process.stdin.flush()
        return self.process.stdout.readline() == "yes\n"

    def finds(self, condition, how_soon_s=2):
        """Asks until it is true; how long that took."""
        before = time.monotonic()
        wait_until(lambda: self.is_true(condition), how_soon_s, condition)
        return time.monotonic() - before


def clean_up(root, folder):
    """Takes away what is mounted at root, and the folder."""
    for _ in range(mounts_at(root)):
        fusermount("-u", "-z", root)
    if mounts_at(root) == 0:
        shutil.rmtree(folder, ignore_errors=True)


# A mount namespace in which everybody may open /dev/fuse, as udev has it.
_OPEN_FUSE = """set -e
folder=$(mktemp -d) && mount -t tmpfs -o dev,mode=755 tmpfs "$folder"
mknod -m 666 "$folder/fuse" c 10 229 && mount --bind "$folder/fuse" /dev/fuse
umount -l "$folder" && rmdir "$folder"
exec "$@"
"""


def run_unprivileged(file):
    """Runs `FILE --unprivileged`, a test, as a user without privileges; what it claims must hold."""
    if os.geteuid() != 0:
        raise Skip("this is an unprivileged user already")
    become = ["unshare", "--mount", "--", "sh", "-c", _OPEN_FUSE, "sh", "setpriv",
              f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all", "--"]
    environment = {key: value for key, value in os.environ.items() if key != "HOME"}

    def as_nobody(*command):
        return subprocess.run([*become, *command], text=True, capture_output=True, timeout=150,
                              check=False, env=environment, cwd="/")

    probe = as_nobody("test", "-r", "/dev/fuse")
    if probe.returncode != 0:
        raise Skip("no mount namespace with a /dev/fuse for everybody: "
                   + (probe.stderr.strip() or "it cannot be read"))
    file = os.path.abspath(file)
    if as_nobody("test", "-x", IIOFS, "-a", "-x", file).returncode != 0:
        raise Skip(f"an unprivileged user cannot reach {IIOFS}")
    done = as_nobody(file, "--unprivileged")
    print("  " + (done.stdout + done.stderr).strip().replace("\n", "\n  "))
    if done.returncode == 77:
        raise Skip(done.stdout.strip().splitlines()[-1])
    assert done.returncode == 0, f"it ended with {done.returncode}"


class _TooLong(Exception):
    pass


def _too_long(*_):
    raise _TooLong


def run(*tests, limit_s=180):
    """Runs tests, each a function whose docstring is what it claims.

    What a test returns is printed as its figures. Ends the process: 0 if all
    claims hold, 77 if every test was skipped, else 1.
    """
    signal.signal(signal.SIGALRM, _too_long)
    failed, skipped = 0, []
    for test in tests:
        claim = test.__doc__.strip().splitlines()[0].rstrip(".")
        begin = time.monotonic()
        signal.alarm(int(limit_s * PATIENCE))
        try:
            figures = test()
            print(f"ok: {claim}" + (f": {figures}" if figures else "")
                  + f" ({time.monotonic() - begin:.1f} s)")
        except Skip as reason:
            skipped.append(str(reason))
            print(f"skipped: {claim}: {reason}")
        except _TooLong:
            failed += 1
            print(f"FAILED: {claim}: not done within {limit_s} s")
        except Exception as error:
            failed += 1
            print(f"FAILED: {claim}: {error}")
            if not isinstance(error, AssertionError) or not str(error):
                traceback.print_exc(file=sys.stdout)
        finally:
            signal.alarm(0)
        sys.stdout.flush()
    if failed:
        print(f"{failed} of {len(tests)} failed")
        sys.exit(1)
    if len(skipped) == len(tests):
        print(skipped[-1])
        sys.exit(77)
    sys.exit(0)
