#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How a mount begins and ends, what a failed start leaves, what comes and goes in between."""
import itertools
import json
import os
import re
import signal
import subprocess
import tempfile
import time

from held_mount import processes
from mount_fixture import (IIOFS, START_S, STOP_S, Mount, Skip, clean_up, errno_of, fusermount, iiofs,
                           mounts_at, read, recordings, run, simulate, wait_until, write)

PARTS = ("as5600", "ads1115")  # what most tests simulate; any two parts would do
ABSENT = "/dev/i2c-99"


def two_parts():
    return simulate(recordings(*PARTS))


class Folder:
    """A temporary folder with an empty mountpoint in it."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="iiofs-test-")
        self.root = os.path.join(self.path, "mnt")
        os.mkdir(self.root)
        return self

    def __exit__(self, *_):
        clean_up(self.root, self.path)

    def file(self, name, text):
        path = os.path.join(self.path, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path


class StuckChip(Folder):
    """A simulated AS5600: at first it answers, then a transfer takes longer than anybody waits."""

    AFTER_S = 1

    def __enter__(self):
        super().__enter__()
        with open(recordings("as5600")[0], encoding="utf-8") as text:
            chip = json.load(text)["chip"]
        chip["faults"] = [{"after_s": self.AFTER_S, "delay_ms": 8000}]
        self.chip_file = self.file("stuck.json", json.dumps(chip))
        return self

    def wait(self):
        time.sleep(self.AFTER_S + 0.2)


def daemons(root):
    """The processes that serve a mountpoint."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().decode(errors="replace").split("\0")[:-1]
        except OSError:
            continue
        if words[:2] == [IIOFS, "mount"] and words[-1] == root:
            found.append(int(pid))
    return found


def sleeps_in(pid):
    """Whether a process waits for something."""
    return read(f"/proc/{pid}/stat").rsplit(") ", 1)[1].startswith("S")


def test_background():
    """--background returns once the mount answers, and leaves the terminal alone"""
    ends = {"SIGTERM": lambda root: os.kill(daemons(root)[0], signal.SIGTERM),
            "SIGINT": lambda root: os.kill(daemons(root)[0], signal.SIGINT),
            "fusermount3 -u": lambda root: fusermount("-u", root)}
    for name, end in ends.items():
        with Folder() as folder:
            # The pipes are read to their end: a daemon that kept them would be waited for.
            begin = time.monotonic()
            done = iiofs("mount", "--background", *two_parts(), folder.root)
            took = time.monotonic() - begin
            assert done.returncode == 0, done.stderr
            first = read(f"{folder.root}/devices/iio:device0/name")
            assert first == "as5600\n", first
            assert len(daemons(folder.root)) == 1
            end(folder.root)
            wait_until(lambda: not daemons(folder.root), STOP_S, f"the end by {name}")
            assert mounts_at(folder.root) == 0, f"still mounted after {name}"
    return f"ready in {took * 1000:.0f} ms"


def test_ends():
    """SIGTERM, SIGINT and fusermount3 -u each end it with status 0 and unmounted"""
    for how in (signal.SIGTERM, signal.SIGINT, None):
        with Mount(*two_parts()) as mount:
            mount.stop(how or (lambda: fusermount("-u", mount.root)))
            assert os.listdir(mount.root) == []


def test_end_while_used():
    """SIGTERM ends it while a file is open and somebody is in the tree"""
    with Mount(*two_parts()) as mount:
        fd = os.open(mount.path(1, "in_voltage0_raw"), os.O_RDONLY)
        dweller = subprocess.Popen(["sleep", "60"], cwd=mount.path(0))
        try:
            mount.stop()
        finally:
            dweller.kill()
            dweller.wait()
            os.close(fd)


def test_end_while_stuck():
    """SIGTERM ends it while readers wait for a stuck bus, and they are answered"""
    with StuckChip() as stuck, Mount("--simulate", stuck.chip_file) as mount:
        stuck.wait()
        readers = [subprocess.Popen(["cat", mount.path(0, "in_angl_raw")], text=True,
                                    stderr=subprocess.PIPE) for _ in range(4)]
        try:
            time.sleep(0.3)
            begin = time.monotonic()
            mount.stop()
            took = time.monotonic() - begin
            for reader in readers:
                _, said = reader.communicate(timeout=5)
                assert reader.returncode == 1 and "cat: " in said, said
        finally:
            for reader in readers:
                reader.kill()
                reader.wait()
    return f"in {took:.1f} s"


def end_by_force(mount):
    # Busy, as long as the client has its file; the connection ends at once.
    subprocess.run(["umount", "-f", mount.root], check=False, capture_output=True, timeout=10)


def test_end_while_streaming():
    """SIGTERM and umount -f end it while clients wait for scans, in read and in poll, and they are told"""
    chip, = recordings("hmc5843")
    clients = {
        "read": "os.read(node, 16)",
        "poll": "poll = select.poll(); poll.register(node, select.POLLIN); print(poll.poll(), flush=True)",
    }
    ends = ["SIGTERM", "umount -f"] if os.geteuid() == 0 else ["SIGTERM"]
    for (what, waits), how in itertools.product(clients.items(), ends):
        with Mount("--simulate", chip) as mount:
            write(f"{mount.root}/devices/iio_sysfs_trigger/add_trigger", "0\n")
            write(mount.path(0, "trigger/current_trigger"), "sysfstrig0\n")
            write(mount.path(0, "scan_elements/in_magn_x_en"), "1\n")
            write(mount.path(0, "buffer/enable"), "1\n")
            node = f"{mount.root}/dev/iio:device0"
            client = subprocess.Popen(
                ["python3", "-c", f"import os, select\nnode = os.open({node!r}, os.O_RDONLY)\n"
                                  f"print('opened', flush=True)\n{waits}"],
                text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            try:
                assert client.stdout.readline() == "opened\n", what
                wait_until(lambda: sleeps_in(client.pid), 10, f"{what}: the client's wait")
                mount.stop(signal.SIGTERM if how == "SIGTERM" else lambda: end_by_force(mount))
                _, said = client.communicate(timeout=10)
                assert what == "poll" or "Errno" in said, (how, said)
            finally:
                client.kill()
                client.wait()


def test_failed_starts():
    """a start that fails says why, ends with 1, or 2 for a wrong command, and leaves nothing"""
    with Folder() as folder:
        bad = folder.file("bad.toml", '[[device]]\ndrivr = "bme280"\ni2c = "/dev/i2c-1"\n')
        broken = folder.file("broken.json", '{"part": "BMP280"')
        file = folder.file("file", "")
        loop = f"{folder.path}/loop"
        os.symlink("loop", loop)
        usage = {
            ("--simulate", "bmp2800", folder.root): "bmp2800",
            tuple(two_parts()): "mountpoint",
            ("--config",): "--config",
            ("--nosuch", folder.root): "--nosuch",
        }
        cases = {
            ("--config", bad, folder.root): "bad.toml:2:1: device.drivr: unknown key",
            ("--config", f"{folder.path}/none.toml", folder.root): "none.toml",
            ("--simulate", broken, folder.root): "broken.json",
            (*two_parts(), file): f"{file}: Not a directory",
            (*two_parts(), f"{file}/below/it"): f"{file}: Not a directory",
            (*two_parts(), "/proc/no/such"): "/proc/no: cannot create",
            (*two_parts(), loop): f"{loop}: Too many levels of symbolic links",
        }
        for background in ([], ["--background"]):
            for arguments, reason in (cases | usage).items():
                done = iiofs("mount", *background, *arguments)
                said = f"{arguments}: {done.returncode}: {done.stderr}"
                assert done.returncode == (2 if arguments in usage else 1), said
                assert reason in done.stderr, said
                assert mounts_at(folder.root) == 0 and not daemons(folder.root), arguments
        assert os.listdir(folder.root) == []
    return f"{2 * (len(cases) + len(usage))} starts"


def test_usage():
    """a wrong command line ends with 2 and says so on stderr, --help and --version with 0"""
    wrong = [(), ("nosuch",), ("mount", "--nosuch"), ("mount", "a", "b"), ("check",),
             ("drivers", "--nosuch"), ("run",), ("run", "--nosuch"), ("top", "--interval", "x"),
             ("--nosuch",)]
    for arguments in wrong:
        done = iiofs(*arguments)
        assert done.returncode == 2 and done.stderr and not done.stdout, (arguments, done)
    commands = re.findall(r"^  (\w+) ", iiofs("--help").stdout.split("Subcommands:")[1], re.M)
    right = [("--help",), ("--version",), *((command, "--help") for command in commands)]
    for arguments in right:
        done = iiofs(*arguments)
        assert done.returncode == 0 and done.stdout and not done.stderr, (arguments, done)
    return f"{len(wrong)} wrong, {len(right)} right"


def test_made_mountpoint():
    """a missing mountpoint is made, with those above it, and removed at the end; others stay"""
    with Folder() as folder:
        made = f"{folder.path}/made"
        for below in ("", "/", "/of/../of/three"):
            root = os.path.normpath(made + below)
            for background in ([], ["--background"]):
                server = subprocess.Popen([IIOFS, "mount", *background, *two_parts(), made + below],
                                          stderr=subprocess.DEVNULL)
                wait_until(lambda: mounts_at(root) == 1, START_S, "the mount")
                if background:
                    assert server.wait(START_S) == 0
                assert os.path.isdir(f"{root}/devices")
                fusermount("-u", root)
                assert server.wait(STOP_S) == 0
                wait_until(lambda: not os.path.exists(made), STOP_S, f"{root}: its removal")
        folder.file("x", "")
        assert iiofs("mount", f"{made}/../x/y").returncode == 1 and not os.path.exists(made)


def test_mount_refused():
    """a mount that the kernel refuses is a failed start, in the background as well"""
    if os.geteuid() != 0:
        raise Skip("only root has the privilege that is dropped here")
    with Folder() as folder:
        for background in ([], ["--background"]):
            done = subprocess.run(["setpriv", "--bounding-set=-sys_admin", "--", IIOFS, "mount",
                                   *background, *two_parts(), folder.root], text=True,
                                  capture_output=True, timeout=30, check=False)
            said = f"{background}: {done.returncode}: {done.stderr}"
            assert done.returncode == 1 and folder.root in done.stderr, said
            assert mounts_at(folder.root) == 0 and not daemons(folder.root), said


def test_stale_mount():
    """a mount whose daemon and its holder were killed is removed by the next start"""
    with Folder() as folder:
        for start in range(3):
            done = iiofs("mount", "--background", *two_parts(), folder.root)
            assert done.returncode == 0, done.stderr
            assert mounts_at(folder.root) == 1, "the new mount lies on the stale one"
            assert ("unmounting" in done.stderr) == (start > 0), done.stderr
            assert read(f"{folder.root}/devices/iio:device0/name") == "as5600\n"
            if start < 2:
                holder, = processes(lambda words: words[1:3] == ["hold", folder.root])
                for pid in (holder, *daemons(folder.root)):
                    os.kill(pid, signal.SIGKILL)
                # statvfs() alone is never answered from the kernel's caches.
                wait_until(lambda: errno_of(os.statvfs, folder.root) == "ENOTCONN", STOP_S,
                           "the daemon's death")
        fusermount("-u", folder.root)
        wait_until(lambda: not daemons(folder.root), STOP_S, "its end")
        assert mounts_at(folder.root) == 0


def test_absent_chip():
    """an absent chip keeps no other away, is logged, and keeps its number"""
    first, last = recordings(*PARTS)
    with Folder() as folder:
        config = folder.file("iiofs.toml", f"""
            [[device]]
            model = "{first}"
            label = "mast"
            [[device]]
            driver = "as5600"
            i2c = "{ABSENT}"
            [[device]]
            model = "{last}"
            label = "battery"
            """)
        with Mount("--config", config) as mount:
            assert mount.devices() == ["iio:device0", "iio:device2"], mount.devices()
            assert read(mount.path(0, "label")) == "mast\n"
            assert read(mount.path(2, "label")) == "battery\n"
            log = mount.log()
            assert re.search(r"as5600: .*i2c-99.*there is no such bus", log), log
            # The chip that is awaited has its address, and the next one the next number.
            line = "as5600 i2c-99 0x36\n"
            assert errno_of(write, f"{mount.root}/new_device", line) == "EBUSY"
            write(f"{mount.root}/new_device", f"model {first}\n")
            assert mount.devices()[-1] == "iio:device3", mount.devices()
            # Given up, it frees both.
            write(f"{mount.root}/delete_device", "iio:device1\n")
            write(f"{mount.root}/new_device", f"model {first}\n")
            assert mount.devices() == [f"iio:device{n}" for n in range(4)], mount.devices()


def test_check_and_drivers():
    """iiofs check tells a good file from a bad one, iiofs drivers lists every recorded part"""
    with Folder() as folder:
        good = folder.file("good.toml", '[[device]]\ndriver = "as5600"\ni2c = "/dev/i2c-7"\n')
        done = iiofs("check", good)
        assert done.returncode == 0 and "i2c-7 0x36" in done.stdout, done
        assert "no interrupt" not in done.stdout, done
        unwired = folder.file("unwired.toml", "".join(
            f'[[device]]\ndriver = "{part}"\ni2c = "/dev/i2c-7"\naddress = {at}\n'
            for part, at in (("apds9960", "0x39"), ("lis3dh", "0x18"))))
        done = iiofs("check", unwired)
        assert done.returncode == 0, done
        assert re.findall(r"no interrupt: (.*)", done.stdout) == \
            ["no events, no buffer", "no trigger lis3dh-trigger"], done.stdout
        bad = folder.file("bad.toml", '[[device]]\ndriver = "as5600"\ni2c = "/dev/i2c-7"\n'
                                      'address = 0x78\nlabl = "x"\n')
        done = iiofs("check", bad)
        assert done.returncode == 1, done
        mistakes = re.findall(r"^.*bad\.toml:(\d+):\d+: (device\.\w+): ", done.stderr, re.MULTILINE)
        assert mistakes == [("4", "device.address"), ("5", "device.labl")], done.stderr
    listed = {line.split()[0] for line in iiofs("drivers").stdout.splitlines()
              if line and not line.startswith("#")}
    for file in recordings():
        with open(file, encoding="utf-8") as text:
            part = json.load(text)["chip"]["driver"]
        assert part in listed, f"iiofs drivers does not list {part}"
    return f"{len(listed)} parts"


def test_hot_plug():
    """devices come and go by new_device and delete_device, at once and with the right errors"""
    first, second = recordings(*PARTS)
    with Mount("--simulate", first) as mount:
        new, delete = f"{mount.root}/new_device", f"{mount.root}/delete_device"
        path = mount.path(1, "in_voltage0_raw")
        for turn in range(5):
            assert errno_of(os.stat, path) == "ENOENT"
            line = f"model {second}\n"
            assert write(new, line) == len(line)
            assert mount.devices() == ["iio:device0", "iio:device1"], mount.devices()
            assert read(path) == "24004\n", f"turn {turn}"
            fd = os.open(path, os.O_RDONLY)
            try:
                write(delete, "iio:device1\n")
                assert errno_of(os.pread, fd, 4096, 0) == "ENODEV"
            finally:
                os.close(fd)
            assert errno_of(os.stat, path) == "ENOENT"
            assert mount.devices() == ["iio:device0"], mount.devices()
        refused = {new: {"nonsense\n": "EINVAL", "\n": "EINVAL", "as5600\n": "EINVAL",
                         "as5600 i2c-99\n": "ENOENT", "as5600 i2c-99 0x36\n": "ENOENT",
                         "as5600 i2c-99 0x79\n": "EINVAL", "nosuchpart i2c-1 0x36\n": "EINVAL",
                         "model nosuchpart\n": "EINVAL", "as5600 spi0.0\n": "EINVAL"},
                   delete: {"nonsense\n": "ENODEV", "iio:device7\n": "ENODEV", "\n": "ENODEV",
                            "i2c-99 0x36\n": "ENODEV"}}
        for file, lines in refused.items():
            for line, error in lines.items():
                got = errno_of(write, file, line)
                assert got == error, f"{line!r} to {os.path.basename(file)}: {got}, not {error}"
        assert mount.devices() == ["iio:device0"], mount.devices()
        assert "nosuchpart" in mount.log()
        write(delete, "iio:device0")
        assert mount.devices() == []


def test_stuck_bus():
    """20 readers on a stuck bus delay nobody who reads another chip, and can be killed"""
    fast, = recordings("ads1115")
    readers, reads = 20, 200
    with StuckChip() as stuck, \
            Mount("--simulate", stuck.chip_file, "--simulate", fast) as mount:
        def read_fast():
            begin = time.monotonic()
            for _ in range(reads):
                assert read(mount.path(1, "in_voltage0_raw")) == "24004\n"
            return time.monotonic() - begin

        free = read_fast()
        stuck.wait()
        # A wait for the bus ends in ETIMEDOUT after 2 s; cat goes on to its next file.
        command = ["cat", *[mount.path(0, "in_angl_raw")] * 30]
        blocked = [subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL) for _ in range(readers)]
        try:
            time.sleep(0.5)  # all of them have asked
            beside = read_fast()
            still = sum(process.poll() is None for process in blocked)
            assert still == readers, f"only {still} of {readers} readers were blocked"
            begin = time.monotonic()
            for process in blocked:
                process.terminate()
            for process in blocked:
                process.wait(5)
            killed = time.monotonic() - begin
        finally:
            for process in blocked:
                process.kill()
                process.wait(20)
        # A single read that waited for the bus would take 2 s; a machine that has
        # other work to do takes less than that longer.
        assert beside < 5 * free + 1, f"{reads} reads: {beside:.2f} s, {free:.2f} s before"
        assert killed < 1, f"killed readers took {killed:.1f} s to end"
    return (f"{reads} reads in {free * 1000:.0f} ms, beside {readers} stuck readers "
            f"{beside * 1000:.0f} ms; killed in {killed * 1000:.0f} ms")


run(test_background, test_ends, test_end_while_used, test_end_while_stuck,
    test_end_while_streaming, test_failed_starts,
    test_usage, test_made_mountpoint, test_mount_refused, test_stale_mount,
    test_absent_chip, test_check_and_drivers, test_hot_plug, test_stuck_bus)
