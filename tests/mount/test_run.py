#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_run.py: `iiofs run` makes unmodified programs see the mount as /sys/bus/iio.

Every claim is tried as the caller and, where that is root, as nobody as well.
"""
import contextlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

from mount_fixture import (IIOFS, NOBODY, REFERENCE, SOURCE, Mount, Shell, Skip, mounts_at, read, run,
                           wait_until, write)

PARTS = ("bme280", "as5600")
LAUNCHER_FAILED, NOT_EXECUTABLE, NOT_FOUND = 125, 126, 127

# What a process can say of its system and of itself.
LOOK_AROUND = r"""
import json, os, sys
def names(path):
    try:
        return sorted(os.listdir(path))
    except OSError as error:
        return error.strerror
def devices(bus):
    folder = f"/sys/bus/{bus}/devices"
    return {name: os.path.exists(f"{folder}/{name}") and os.path.realpath(f"{folder}/{name}")
            for name in (os.listdir(folder) if os.path.isdir(folder) else [])}
status = dict(line.split(":\t", 1) for line in open("/proc/self/status") if ":\t" in line)
json.dump({
    "buses": {bus: [names(f"/sys/bus/{bus}"), devices(bus)] for bus in os.listdir("/sys/bus")},
    "debug": names("/sys/kernel/debug"), "debug/iio": names("/sys/kernel/debug/iio"),
    "mount's debug/iio": names(sys.argv[1] + "/debug/iio"),
    "root": names("/"), "sys": names("/sys"), "cwd": os.getcwd(), "umask": os.umask(0),
    "ids": [os.getresuid(), os.getresgid(), len(os.getgroups())],
    "process": [os.getppid(), os.getpgrp(), os.getsid(0)],
    "status": {key: status[key] for key in status if key[:3] in ("Cap", "Shd", "NoN")
               or key in ("SigBlk", "SigIgn", "SigCgt")},
    "files": [fd for fd in names("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{fd}")],
    "environment": dict(os.environ),
}, sys.stdout)
"""


def tree(*parts):
    """A mount that other users can reach."""
    mount = Mount(*(argument for part in parts or PARTS for argument in ("--simulate", part)))
    os.chmod(mount.folder, 0o755)
    return mount


def names(mount):
    """What the devices say that they are, by number."""
    return [read(mount.path(number, "name")).rstrip("\n") for number in range(len(PARTS))]


class Caller:
    """Somebody who starts programs."""

    def __init__(self, name, program, **identity):
        self.name, self.program, self.identity = name, program, identity

    def command(self, mount, *command):
        """`iiofs run` of a command on a mount, or on the one that there is."""
        where = ["--mount", mount.root] if mount else []
        return [self.program, "run", *where, "--", *command]

    def plain(self, *command, **options):
        options = {"text": True, "capture_output": True, "timeout": 30,
                   "stdin": None if "input" in options else subprocess.DEVNULL} | options
        return subprocess.run(command, cwd="/", check=False, **self.identity, **options)

    def run(self, mount, *command, **options):
        return self.plain(*self.command(mount, *command), **options)

    def start(self, mount, *command):
        return subprocess.Popen(self.command(mount, *command), cwd="/", text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, **self.identity)

    def output(self, mount, *command):
        done = self.run(mount, *command)
        assert done.returncode == 0, f"{self.name}: {command}: {done.returncode}: {done.stderr}"
        return done.stdout

    def refused(self, status, says, *arguments):
        """Claims that `iiofs run ARGUMENTS` ends with a status and says why, in its own name."""
        done = self.plain(self.program, "run", *arguments)
        seen = f"{self.name}: {arguments}: {done.returncode}: {done.stderr}"
        assert done.returncode == status, seen
        assert done.stderr.startswith("iiofs: run: ") and says in done.stderr, seen
        assert done.stdout == "", seen


def callers():
    """Who tries it; nobody gets a copy of the program where he cannot reach it."""
    if os.geteuid() != 0:
        return [Caller("user", IIOFS)]
    nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    program = IIOFS
    if subprocess.run(["test", "-x", IIOFS], check=False, **nobody).returncode != 0:
        program = os.path.join(PROGRAMS, "iiofs")
        shutil.copy(IIOFS, program)
    return [Caller("root", IIOFS), Caller("nobody", program, **nobody)]


def test_tree():
    """the command sees the mount as /sys/bus/iio, and everything else as it was"""
    with tree() as mount:
        for who in callers():
            look = ("python3", "-c", LOOK_AROUND, mount.root)
            outside, inside = (json.loads(text) for text in (who.plain(*look).stdout,
                                                             who.output(mount, *look)))
            top, devices = inside["buses"].pop("iio")
            assert top == sorted(os.listdir(mount.root)), f"{who.name}: {top}"
            assert sorted(devices) == sorted(os.listdir(f"{mount.root}/devices")), \
                f"{who.name}: {devices}"
            outside["buses"].pop("iio", None)
            chips = {chip: os.path.realpath(f"{mount.root}/by-bus/platform/{chip}").replace(
                mount.root, "/sys/bus/iio") for chip in os.listdir(f"{mount.root}/by-bus/platform")}
            assert len(chips) == len(PARTS)
            outside["buses"]["platform"][1] |= chips
            # As with debugfs, there may be nothing for others than root.
            if isinstance(shown := outside["mount's debug/iio"], list):
                debug = outside["debug"] if isinstance(outside["debug"], list) else []
                outside |= {"debug": sorted({"iio", *debug}), "debug/iio": shown}
            outside["environment"]["SYSTEMD_DEVICE_VERIFY_SYSFS"] = "0"  # for libudev
            for key, value in outside.items():
                assert inside[key] == value, f"{who.name}: {key}: {value} became {inside[key]}"
    return f"{len(outside['buses'])} other buses"


def test_links():
    """a device's subsystem link leads to /sys/bus/iio, and attributes answer as in the mount"""
    with tree() as mount:
        for who in callers():
            for number, name in enumerate(names(mount)):
                at = f"/sys/bus/iio/devices/iio:device{number}"
                assert who.output(mount, "cat", f"{at}/name") == f"{name}\n", who.name
                leads_to = who.output(mount, "realpath", "-m", f"{at}/subsystem")
                assert leads_to == "/sys/bus/iio\n", f"{who.name}: {at}/subsystem: {leads_to}"


def wired(folder):
    """A tree with a BME280 on i2c-1, as the daemon's is with such a bus; of plain files."""
    chip = f"{folder}/at/i2c-1/1-0076"
    for made in (f"{chip}/iio:device0", f"{folder}/devices", f"{folder}/by-bus/i2c",
                 f"{folder}/dev"):
        os.makedirs(made)
    os.symlink("../at/i2c-1/1-0076/iio:device0", f"{folder}/devices/iio:device0")
    os.symlink("../../at/i2c-1/1-0076", f"{folder}/by-bus/i2c/1-0076")
    os.symlink("../../../by-bus/i2c", f"{chip}/subsystem")
    os.symlink("../../../../../iio", f"{chip}/iio:device0/subsystem")
    for name, text in (("in_temp_input", "20400\n"), ("in_pressure_input", "101.343285156\n"),
                       ("in_humidityrelative_input", "48900\n")):
        with open(f"{chip}/iio:device0/{name}", "w", encoding="ascii") as file:
            file.write(text)


def test_chips():
    """chips are in /sys/bus/BUS/devices, where Telegraf looks, and dbus-sensors finds bus and address"""
    finder = os.path.join(os.environ.get("IIOFS_BUILD", os.path.join(SOURCE, "build")),
                          "tests/find_sensors")
    with tempfile.TemporaryDirectory(prefix="iiofs-run-") as folder, tree() as mount:
        os.chmod(folder, 0o755)
        wired(folder)
        finder = shutil.copy(finder, folder)
        where = ("--mount", folder, "--")
        for who in callers():
            for name in ("in_temp_input", "in_pressure_input", "in_humidityrelative_input"):
                # base_dir and files of the sample in the README of Telegraf's multifile input
                seen = who.plain(who.program, "run", *where, "cat",
                                 f"/sys/bus/i2c/devices/1-0076/iio:device0/{name}")
                expected = read(f"{folder}/at/i2c-1/1-0076/iio:device0/{name}")
                assert seen.stdout == expected, (who.name, seen)
            at = "/sys/bus/iio/devices/iio:device0"
            seen = who.plain(who.program, "run", *where, finder)
            assert sorted(seen.stdout.splitlines()) == [
                f"bus 1 address 0x76 {at}/in_humidityrelative_input",
                f"bus 1 address 0x76 {at}/in_pressure_input",
                f"bus 1 address 0x76 {at}/in_temp_input"], (who.name, seen)
            simulated = "/sys/bus/platform/devices/bme280.0"
            assert who.output(mount, "cat", f"{simulated}/iio:device0/name") == "bme280\n"
            assert who.output(mount, "realpath", f"{simulated}/subsystem").endswith("/platform\n")


def test_configfs():
    """mkdir in configfs makes a trigger, whether the kernel has configfs or not"""
    if os.geteuid() != 0:
        raise Skip("needs root: configfs is root's")
    folder = "/sys/kernel/config/iio/triggers/hrtimer/run"
    script = f"mkdir {folder} && cat /sys/bus/iio/devices/trigger*/name"
    with tree() as mount:
        for _ in range(2):
            assert callers()[0].output(mount, "sh", "-c", script) == "run\n"
            os.rmdir(f"{mount.root}/config/iio/triggers/hrtimer/run")
    return "configfs in the kernel" if os.path.exists("/sys/kernel/config") else "no configfs here"


def companions():
    """The processes beside commands that our programs have started."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            if read(f"/proc/{entry}/comm") == "iiofs-run\n" and os.readlink(
                    f"/proc/{entry}/exe").split(" ")[0] in {who.program for who in callers()}:
                found.append(int(entry))
        except OSError:
            pass  # no process, or it has ended
    return found


def test_nothing_stays():
    """no process stays behind, whatever fails, also of a run in a run, which needs none"""
    with tree() as mount:
        for who in callers():
            assert who.run(mount, *who.command(mount, "true")).stderr == "", who.name
            assert who.run(mount, "/no/such").returncode == NOT_FOUND
            who.refused(LAUNCHER_FAILED, "no devices/", "--mount", "/etc", "--", "true")
            with who.start(mount, "sh", "-c", "echo; exec sleep 60") as child:
                child.stdout.readline()
                wait_until(lambda: len(companions()) == 1, 5, "the process beside the command")
                child.kill()
            inner = who.command(mount, "sh", "-c", "echo; exec sleep 60")
            with who.start(mount, *inner) as child:
                child.stdout.readline()
                child.kill()
            wait_until(lambda: not companions(), 5, f"{who.name}: no process of ours")


def test_later():
    """a device that comes later has its node and its chip's place at once; if it goes, they go"""
    longest_s = 0
    with tree() as mount:
        for who in callers():
            with Shell(who.command(mount, "sh"), **who.identity) as shell:
                write(f"{mount.root}/new_device", "model hmc5843\n")
                number = len(PARTS)
                chip = f"/sys/bus/platform/devices/hmc5843.{number}"
                there = (f"[ -f /dev/iio:device{number} ]",
                         f"[ $(cat {chip}/iio:device{number}/name) = hmc5843 ]")
                for condition in there:
                    longest_s = max(longest_s, shell.finds(condition))
                write(f"{mount.root}/delete_device", f"iio:device{number}\n")
                for gone in (f"[ ! -L /dev/iio:device{number} ]", f"[ ! -L {chip} ]"):
                    longest_s = max(longest_s, shell.finds(gone))
    return f"within {longest_s * 1000:.0f} ms"


def test_dev():
    """what appears in /dev later is there at once, and goes when it goes"""
    if os.geteuid() != 0:
        raise Skip("needs root, to make nodes in /dev")
    node, link, folder = (f"/dev/iiofs-test-{kind}" for kind in ("node", "link", "folder"))
    with tree() as mount, contextlib.ExitStack() as at_the_end:
        for path in (node, link):
            at_the_end.callback(lambda path=path: os.path.lexists(path) and os.remove(path))
        at_the_end.callback(lambda: os.path.exists(folder) and shutil.rmtree(folder))
        for who in callers():
            with Shell(who.command(mount, "sh"), **who.identity) as shell:
                os.mknod(node, 0o666 | stat.S_IFCHR, os.makedev(1, 5))  # zeros
                os.chmod(node, 0o666)
                os.symlink("null", link)
                os.makedirs(f"{folder}/inner")
                for condition in (f"[ $(head -c 3 {node} | wc -c) = 3 ]",
                                  f"[ $(readlink {link}) = null ]", f"[ -d {folder}/inner ]"):
                    shell.finds(condition)
                os.symlink("zero", f"{link}.new")
                os.rename(f"{link}.new", link)
                shell.finds(f"[ $(readlink {link}) = zero ]")
                os.remove(node)
                os.remove(link)
                shutil.rmtree(folder)
                shell.finds(f"[ ! -e {node} ] && [ ! -L {link} ] && [ ! -e {folder} ]")


def test_nothing_can_be_made():
    """nothing can be made in /sys/bus, and the mounts of the system stay as they were"""
    with tree() as mount:
        def system():
            """What is mounted, but for the mounts of tests that run at the same time."""
            points = [line.split(" ")[4] for line in read("/proc/self/mountinfo").splitlines()]
            return [point for point in points if point == mount.root or not
                    point.startswith(f"{tempfile.gettempdir()}/")], sorted(os.listdir("/sys/bus"))

        before = system()
        for who in callers():
            assert who.run(mount, "mkdir", "/sys/bus/new").returncode != 0
            assert who.run(mount, "touch", "/sys/kernel/debug/new").returncode != 0
            wait_until(lambda: system() == before, 5, "the mounts as they were")


def test_exit_status():
    """the exit status is the command's, or 125, 126, 127 as env has them"""
    with tree() as mount:
        for who in callers():
            for status in (0, 1, 7, 255):
                assert who.run(mount, "sh", "-c", f"exit {status}").returncode == status
            to = ("--mount", mount.root, "--")
            who.refused(NOT_FOUND, "/no/such: No such file", *to, "/no/such")
            who.refused(NOT_EXECUTABLE, "/etc/passwd: Permission denied", *to, "/etc/passwd")
            path = {"env": {"PATH": "/usr/bin:/bin"}}
            assert who.run(mount, "no-such-command", **path).returncode == NOT_FOUND


def state(pid):
    return read(f"/proc/{pid}/stat").rsplit(") ", 1)[1][0]


def test_signals():
    """a signal to the launcher is the command's, which dies by it, stops and continues"""
    ends = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1,
            signal.SIGKILL)
    for ignored in (signal.SIGINT, signal.SIGQUIT):  # by what a shell starts in the background
        signal.signal(ignored, signal.SIG_DFL)
    with tree() as mount:
        for who in callers():
            for end in ends:
                with who.start(mount, "sh", "-c", "ulimit -c 0; echo $$; exec sleep 60") as child:
                    assert int(child.stdout.readline()) == child.pid, "another process"
                    child.send_signal(end)
                    assert child.wait(5) == -end, f"{who.name}: {end!r}: {child.returncode}"
            trap = "trap 'echo caught; exit 3' TERM; echo; while :; do sleep 0.05; done"
            with who.start(mount, "sh", "-c", trap) as child:
                child.stdout.readline()
                child.send_signal(signal.SIGSTOP)
                wait_until(lambda: state(child.pid) == "T", 5, "a stopped command")
                child.send_signal(signal.SIGTERM)
                time.sleep(0.1)
                assert child.poll() is None, f"{who.name}: it did not stay stopped"
                child.send_signal(signal.SIGCONT)
                assert child.wait(5) == 3 and child.stdout.read() == "caught\n", who.name


def test_streams():
    """standard input, output and error are the caller's"""
    with tree() as mount:
        for who in callers():
            done = who.run(mount, "sh", "-c", "cat; echo wrong >&2", input="line\n" * 100000)
            assert done.stdout == "line\n" * 100000 and done.stderr == "wrong\n", who.name


def test_the_one_mount():
    """without --mount it takes the one mount there is, and names all where there are several"""
    if "iiofs" in read("/proc/self/mountinfo"):
        raise Skip("there is an iiofs mount already")
    for who in callers():
        who.refused(LAUNCHER_FAILED, "iiofs mount", "--", "true")
    with tree("as5600") as one:
        for who in callers():
            label = "/sys/bus/iio/devices/iio:device0/name"
            assert who.output(None, "cat", label) == "as5600\n", who.name
            again = (who.program, "run", "--", "cat", label)
            assert who.output(None, *again) == "as5600\n", f"{who.name}: run in run"
        with tree("bme280") as other:
            for who in callers():
                who.refused(LAUNCHER_FAILED, f"\n  {one.root}\n  {other.root}\n", "--", "true")
                assert who.output(other, "cat", label) == "bme280\n", who.name


def test_no_mount():
    """what is no mount of a living daemon is refused, with what is wrong"""
    with tree() as mount:
        for who in callers():
            for folder, says in (("/etc", "no devices/"), ("/etc/passwd", "no devices/"),
                                 ("/no/such", "No such file")):
                who.refused(LAUNCHER_FAILED, f"{folder}: ", "--mount", folder, "--", "true")
                who.refused(LAUNCHER_FAILED, says, "--mount", folder, "--", "true")
        mount.process.kill()
        mount.process.wait()
        assert mounts_at(mount.root) == 1, "nothing stale to try it on"
        for who in callers():
            who.refused(LAUNCHER_FAILED, "its server has died", "--mount", mount.root, "--", "true")
        subprocess.run(["fusermount3", "-u", "-z", mount.root], check=True)
        mount.start()
        wait_until(mount.answers, 20, "a new daemon")


def test_private_mount():
    """a mount that only its user may enter is refused to others"""
    if os.geteuid() != 0:
        raise Skip("needs root, to be somebody else")
    with tree() as mount:
        os.chmod(mount.folder, 0o700)
        root, nobody = callers()
        nobody.refused(LAUNCHER_FAILED, "ermission denied", "--mount", mount.root, "--", "true")
        assert root.run(mount, "true").returncode == 0


def test_no_namespace():
    """who may make no namespace is told what allows it, in a container how it is done there"""
    script = """set -e
mount -t tmpfs tmpfs /run
echo 0 > /proc/sys/user/max_user_namespaces
[ "$1" = container ] && touch /run/.containerenv
exec setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$2" run --mount "$3" -- true
"""

    def says(where):
        # In a user namespace, whose limits are its own.
        done = subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script,
                               "sh", where, IIOFS, mount.root], text=True, check=False,
                              capture_output=True, timeout=30)
        if "unshare" in done.stderr or done.stderr.startswith("sh:"):
            raise Skip(f"no user namespace to try it in: {done.stderr.strip()}")
        assert done.returncode == LAUNCHER_FAILED, done
        return done.stderr

    with tree() as mount:
        assert "in a container: " in says("container")
        if not os.path.exists("/.dockerenv"):
            assert "user.max_user_namespaces" in says("machine")


def need(program):
    found = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not found:
        raise Skip(f"{program} is not installed")
    return found


def test_libiio():
    """iio_info and iio_attr see the devices as they see the kernel's"""
    iio_info, iio_attr = need("iio_info"), need("iio_attr")
    with tree() as mount:
        for who in callers():
            seen = who.output(mount, iio_info)
            for number, name in enumerate(names(mount)):
                assert f"\tiio:device{number}: {name}" in seen, f"{who.name}: {seen}"
            path = mount.path(1, "in_angl_scale")
            seen = who.output(mount, iio_attr, "-c", "as5600", "angl", "scale")
            assert seen.strip().strip("'") == read(path).strip(), f"{who.name}: {seen}"


def test_pylibiio():
    """pylibiio reads the same"""
    probe = "import iio; print(*(d.name for d in iio.Context('local:').devices if d.name))"
    if subprocess.run(["/usr/bin/python3", "-c", "import iio"], check=False,
                      capture_output=True).returncode != 0:
        raise Skip("python3-libiio is not installed")
    with tree() as mount:
        for who in callers():
            assert who.output(mount, "/usr/bin/python3", "-c", probe).split() == names(mount)


def test_iiod():
    """iiod serves the mount to a client that has no tree of its own"""
    iiod, iio_info = need("iiod"), need("iio_info")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def remote():
        return subprocess.run([iio_info, "-u", f"ip:127.0.0.1:{port}"], text=True, check=False,
                              capture_output=True, timeout=30).stdout

    with tree() as mount:
        for who in callers():
            with who.start(mount, iiod, "-p", str(port)) as daemon:
                try:
                    for number, name in enumerate(names(mount)):
                        wait_until(lambda device=f"iio:device{number}: {name}":
                                   device in remote(), 10, f"{who.name}: {name} through iiod")
                finally:
                    # Without avahi, iiod 0.24 takes SIGTERM and stays (measured).
                    daemon.kill()


def test_iiod_is_told():
    """an iiod that has a handler for it gets SIGUSR1 when a device comes or goes, another does not"""
    avahi = "/run/avahi-daemon/socket"
    if os.geteuid() != 0 and not os.path.exists(avahi):
        raise Skip("there is no Avahi, and it needs root to pretend that there is")
    tells = 'trap "echo told" USR1; echo; while :; do sleep 0.05; done'
    with tree() as mount, tempfile.TemporaryDirectory(prefix="iiofs-run-") as folder, \
            contextlib.ExitStack() as at_the_end:
        os.chmod(folder, 0o755)
        if not os.path.exists(avahi):
            os.makedirs(os.path.dirname(avahi))
            at_the_end.callback(shutil.rmtree, os.path.dirname(avahi))
            with open(avahi, "w", encoding="ascii"):
                pass
        os.symlink("/bin/sh", f"{folder}/iiod")
        shutil.copy(shutil.which("sleep"), f"{folder}/sleeping")
        os.mkdir(f"{folder}/old", 0o755)
        os.symlink("../sleeping", f"{folder}/old/iiod")
        for who in callers():
            with who.start(mount, f"{folder}/iiod", "-c", tells) as new, \
                    who.start(mount, f"{folder}/old/iiod", "60") as old:
                assert new.stdout.readline() == "\n"
                wait_until(lambda: read(f"/proc/{old.pid}/comm") == "iiod\n", 5, "an iiod")
                for file, line in (("new_device", "model hmc5843\n"),
                                   ("delete_device", f"iio:device{len(PARTS)}\n")):
                    write(f"{mount.root}/{file}", line)
                    assert new.stdout.readline() == "told\n", who.name
                assert old.poll() is None, f"{who.name}: {old.returncode}"
                new.kill()
                old.kill()


def test_lsiio():
    """the kernel's own lsiio lists the devices"""
    lsiio = os.path.join(REFERENCE, "tools", "lsiio")
    if not os.path.exists(lsiio):
        raise Skip("the reference kernel is not beside the checkout")
    with tree() as mount:
        seen = callers()[0].output(mount, lsiio)
        for number, name in enumerate(names(mount)):
            assert f"Device {number:03}: {name}" in seen, seen


if __name__ == "__main__":
    PROGRAMS = tempfile.mkdtemp(prefix="iiofs-run-")
    os.chmod(PROGRAMS, 0o755)
    try:
        run(*(test for name, test in list(globals().items()) if name.startswith("test_")))
    finally:
        shutil.rmtree(PROGRAMS)
