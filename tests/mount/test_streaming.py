#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_streaming.py [--unprivileged | --short]: buffers, triggers and events of the mount.

Real clients, what dev/iio:deviceN answers, and what comes and goes meanwhile; the last
alone, and not for long, with --short.
"""
import contextlib
import json
import mmap
import os
import queue
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

from mount_fixture import (IIOFS, PATIENCE, REFERENCE, STOP_S, Mount, Skip, errno_of, read, recordings, run,
                           run_unprivileged, simulate, wait_until, write)
from streaming_bench import (ALARM, AXES, PARTS, SOON_S, Device, SysfsTrigger, alarming_chip,
                             check_scans, interrupting, make_timer, recorded_scan, remove_timer)

SHORT = "--short" in sys.argv
SCANS = 100_000
IDLE_WORKERS = 16  # threads that the daemon keeps for requests to come


def tool(name):
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not found:
        raise Skip(f"{name} is not installed")
    return found


def kernel_tool(name):
    found = os.path.join(REFERENCE, "tools", name)
    if not os.path.exists(found):
        raise Skip(f"Linux's {name} is not in ../shared/kernel/tools")
    return found


def debian_python():
    for python in (sys.executable, "/usr/bin/python3"):
        if os.path.exists(python) and subprocess.run([python, "-c", "import iio"], check=False,
                                                     capture_output=True).returncode == 0:
            return python
    raise Skip("python3-libiio is not installed")


def inside(mount, *command):
    """The command line of a command that sees the mount as /sys/bus/iio."""
    return [IIOFS, "run", "--mount", mount.root, "--", *command]


def output(*command, status=0):
    done = subprocess.run(command, capture_output=True, timeout=120, check=False,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == status, \
        f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode()}"
    return done.stdout


@contextlib.contextmanager
def started(*command, **options):
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
               "stderr": subprocess.PIPE} | options
    with subprocess.Popen(command, **options) as process:
        try:
            yield process
        finally:
            process.kill()


def begin_reading(process, node):
    """Waits until a process has the node open, and a little for its read."""
    def has_it():
        assert process.poll() is None, f"it ended: {process.stderr.read().decode()}"
        folder = f"/proc/{process.pid}/fd"
        return any(os.path.realpath(f"{folder}/{fd}") == node for fd in os.listdir(folder))
    with contextlib.suppress(FileNotFoundError):
        wait_until(has_it, SOON_S, f"{node} open")
    time.sleep(0.1)


def answer_of(call, *arguments):
    """Calls in a thread; a queue that gets what it returned, or the errno's name."""
    answers = queue.Queue()

    def work():
        result = []
        error = errno_of(lambda: result.append(call(*arguments)))
        answers.put(result[0] if result else error)

    threading.Thread(target=work, daemon=True).start()
    return answers


def soon(answers, what):
    try:
        return answers.get(timeout=SOON_S)
    except queue.Empty:
        raise AssertionError(f"{what}: no answer within {SOON_S} s") from None


# ---- Clients of libiio

def read_with_libiio(device, channels, count, *uri):
    """Debian's iio_readdev, on the trigger that the device has."""
    names = [re.sub("^in_", "", channel) for channel in (*channels, "timestamp")]
    timeout_ms = int(5000 * PATIENCE)
    return ["iio_readdev", *uri, "-T", str(timeout_ms), "-b", "1024", "-s", str(count),
            device.get("name"), *names]


def choose_trigger(device, trigger):
    device.set("current_timestamp_clock", "monotonic")
    device.set("trigger/current_trigger", trigger)


def test_readdev():
    """iio_readdev reads 100,000 scans, and every byte of them is right"""
    tool("iio_readdev")
    with Mount(*simulate(recordings("hmc5883"))) as mount:
        device = Device(mount)
        choose_trigger(device, make_timer(mount, 20_000))
        begin = time.monotonic()
        data = output(*inside(mount, *read_with_libiio(device, AXES, SCANS)))
        took = time.monotonic() - begin
        check_scans(data, recorded_scan("hmc5883", *AXES), SCANS)
    return f"{SCANS / took:.0f} scans/s"


def test_several_readers():
    """three parts on one trigger are read by three clients at once"""
    tool("iio_readdev")
    with Mount(*simulate(recordings(*PARTS))) as mount:
        timer = make_timer(mount, 5_000)
        readers = []
        for number, (part, channels) in enumerate(PARTS.items()):
            device = Device(mount, number)
            choose_trigger(device, timer)
            command = inside(mount, *read_with_libiio(device, channels, 10_240))
            readers.append((part, channels, answer_of(lambda command=command: output(*command))))
        for part, channels, answers in readers:
            check_scans(answers.get(timeout=60), recorded_scan(part, *channels), 10_240)


def test_data_ready():
    """a part's own data-ready trigger, from its interrupt, paces iio_readdev"""
    tool("iio_readdev")
    channels = PARTS["lis3dh"]
    with interrupting("lis3dh-irq", 1_000) as chip, Mount("--simulate", chip) as mount:
        device = Device(mount)
        own = device.get("trigger/current_trigger")
        assert own == read(f"{mount.root}/devices/trigger0/name").rstrip("\n"), own
        choose_trigger(device, own)
        data = output(*inside(mount, *read_with_libiio(device, channels, 2_048)))
        check_scans(data, recorded_scan("lis3dh-irq", *channels), 2_048)


def test_chip_fifo():
    """a part's own FIFO, emptied at its interrupts, comes to iio_readdev without a trigger"""
    tool("iio_readdev")
    channels = PARTS["lis3dh"]
    with interrupting("bma255-fifo", 1_000) as chip, Mount("--simulate", chip) as mount:
        device = Device(mount)
        device.set("current_timestamp_clock", "monotonic")
        data = output(*inside(mount, *read_with_libiio(device, channels, 3_072)))
        # Three frames each time that it is asked.
        check_scans(data, recorded_scan("bma255-fifo", *channels), 3_072, in_turn=3)


@contextlib.contextmanager
def network(mount):
    """iiod on the mount; the URI of it."""
    iiod = tool("iiod")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def listens():
        assert process.poll() is None, f"iiod ended with {process.returncode}"
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with started(*inside(mount, iiod, "-p", str(port)), **quiet) as process:
        wait_until(listens, 20, "iiod's port")
        yield f"ip:127.0.0.1:{port}"


def test_readdev_from_network():
    """iio_readdev reads 100,000 scans through iiod, and every byte of them is right"""
    tool("iio_readdev")
    with Mount(*simulate(recordings("hmc5883"))) as mount:
        device = Device(mount)
        choose_trigger(device, make_timer(mount, 20_000))
        with network(mount) as uri:
            begin = time.monotonic()
            data = output(*read_with_libiio(device, AXES, SCANS, "-u", uri))
            took = time.monotonic() - begin
        check_scans(data, recorded_scan("hmc5883", *AXES), SCANS)
    return f"{SCANS / took:.0f} scans/s"


# Runs in the launched interpreter; nothing in it knows of iiofs.
PYLIBIIO = """
import iio, json, sys, threading, time
context = iio.LocalContext()
device, timer = context.find_device("hmc5883"), context.find_device("timer")
timer.attrs["sampling_frequency"].value = "2000"
device.trigger = timer
for channel in device.channels:
    channel.enabled = True
refills, axes = [], set()
for samples in (1, 7, 64, 1000):
    buffer = iio.Buffer(device, samples)
    for _ in range(8):
        buffer.refill()
        refills.append(bytes(buffer.read()).hex())
        axes.add(tuple(device.find_channel(f"magn_{axis}").read(buffer)[:2].hex()
                       for axis in "xyz"))
    del buffer
timer.attrs["sampling_frequency"].value = "0.1"
buffer = iio.Buffer(device, 1000)
threading.Timer(0.3, buffer.cancel).start()
try:
    cancelled = buffer.refill()
except OSError as error:
    cancelled = error.errno
print(json.dumps({"refills": refills, "axes": sorted(axes), "cancelled": cancelled}))
"""


def test_pylibiio():
    """pylibiio's buffers of 1 to 1000 samples are refilled, and a refill can be cancelled"""
    with Mount(*simulate(recordings("hmc5883"))) as mount:
        make_timer(mount, 100)
        Device(mount).set("current_timestamp_clock", "monotonic")
        got = json.loads(output(*inside(mount, debian_python(), "-c", PYLIBIIO)))
    scans = [check_scans(bytes.fromhex(data), recorded_scan("hmc5883", *AXES))
             for data in got["refills"]]
    assert scans == [samples for samples in (1, 7, 64, 1000) for _ in range(8)], scans
    sample = {axis: recorded_scan("hmc5883", *AXES)[place:place + 2]
              for axis, place in (("x", 0), ("z", 2), ("y", 4))}
    # libiio gives samples in the machine's byte order.
    assert got["axes"] == [[sample[axis][::-1].hex() for axis in "xyz"]], got["axes"]
    assert got["cancelled"] == 9, got["cancelled"]  # EBADF is what libiio says


# ---- Linux's own tools

def test_generic_buffer():
    """Linux's iio_generic_buffer captures, on the descriptor that an ioctl gives it"""
    generic_buffer = kernel_tool("iio_generic_buffer")
    with Mount(*simulate(recordings("hmc5883"))) as mount:
        device = Device(mount)
        device.set("current_timestamp_clock", "monotonic")
        scale = float(device.get("in_magn_scale"))
        values = [int(device.get(f"{axis}_raw")) * scale for axis in AXES]
        expected = "{:f} {:f} {:f}".format(values[0], values[2], values[1])
        make_timer(mount, 500)
        for conversions, length in ((1, 2), (5, 64)):
            command = inside(mount, generic_buffer, "-N", "0", "-t", "timer", "-A", "-c",
                             str(conversions), "-l", str(length))
            # It ends with what its last poll() returned: 1.
            text = output(*command, status=1).decode()
            lines = re.findall(r"^(-?\d\S+ \S+ \S+) (\d+) $", text, re.MULTILINE)
            assert len(lines) >= conversions, text
            assert {samples for samples, _ in lines} == {expected}, (lines, expected)
            times = [int(timestamp) for _, timestamp in lines]
            assert times == sorted(set(times)), times
            assert device.get("buffer/enable") == "0"


def test_event_monitor():
    """Linux's iio_event_monitor shows an event of a simulated interrupt"""
    event_monitor = kernel_tool("iio_event_monitor")
    with alarming_chip() as chip, Mount("--simulate", chip) as mount:
        Device(mount).set(ALARM, 1)
        with started(*inside(mount, event_monitor, "max1363")) as monitor:
            seen = answer_of(lambda: [monitor.stdout.readline().decode() for _ in range(3)])
            for line in soon(seen, "an event"):
                assert re.search(r"^Event: time: \d+, type: voltage, channel: 0, evtype: thresh, "
                                 r"direction: rising$|^Found IIO device", line), line


def test_lsiio():
    """Linux's lsiio lists the devices and the triggers"""
    lsiio = kernel_tool("lsiio")
    with Mount(*simulate(recordings("hmc5883", "max1363"))) as mount:
        make_timer(mount, 100, "one")
        trigger = SysfsTrigger(mount)
        text = output(*inside(mount, lsiio)).decode()
        for line in ("Device 000: hmc5883", "Device 001: max1363", "Trigger 000: one",
                     f"Trigger 001: {trigger.name}"):
            assert line in text, text


# ---- Descriptors by ioctl

IOCTLS = """
import errno, fcntl, json, os, struct
EVENTS, BUFFER = 0x80046990, 0xc0046991
def ask(file, request, number=0):
    try:
        return struct.unpack("i", fcntl.ioctl(file, request, struct.pack("i", number)))[0]
    except OSError as error:
        return errno.errorcode[error.errno]
def read(file, size):
    try:
        return os.read(file, size).hex()
    except OSError as error:
        return errno.errorcode[error.errno]
node = os.open("/dev/iio:device0", os.O_RDONLY | os.O_NONBLOCK)
got = {"unknown": ask(node, 0x80046999), "no such buffer": ask(node, BUFFER, 1)}
buffer = ask(node, BUFFER)
got |= {"second buffer": ask(node, BUFFER), "node beside buffer": read(node, 64)}
os.close(buffer)
buffer = ask(node, BUFFER)
got["buffer again"] = isinstance(buffer, int)
events = ask(node, EVENTS)
got |= {"second events": ask(node, EVENTS), "short": read(events, 15)}
got["event"] = read(events, 16)
null = os.open("/dev/null", os.O_RDONLY)
got |= {"other file": ask(null, EVENTS), "no file": ask(99, EVENTS)}
print(json.dumps(got))
"""


def test_descriptors():
    """IIO_GET_EVENT_FD and IIO_BUFFER_GET_FD give descriptors, one of each at a time"""
    with alarming_chip() as chip, Mount("--simulate", chip) as mount:
        Device(mount).set("current_timestamp_clock", "monotonic")
        Device(mount).set(ALARM, 1)
        got = json.loads(output(*inside(mount, sys.executable, "-c", IOCTLS)))
    code, timestamp = struct.unpack("<Qq", bytes.fromhex(got.pop("event")))
    assert (code, timestamp > 0) == (1 << 48, True), (hex(code), timestamp)  # rising, of voltage0
    assert got == {"unknown": "ENODEV", "no such buffer": "ENODEV", "second buffer": "EBUSY",
                   "node beside buffer": "EBUSY", "buffer again": True, "second events": "EBUSY",
                   "short": "EINVAL", "other file": "ENOTTY", "no file": "EBADF"}, got


# ---- What dev/iio:deviceN answers

@contextlib.contextmanager
def bench():
    """A part on a trigger that fires when it is told to."""
    with Mount(*simulate(recordings("hmc5883"))) as mount:
        yield Device(mount), SysfsTrigger(mount)


def test_open():
    """one client at a time has the node open, and the next one may as soon as it is closed"""
    with bench() as (device, _):
        with device.open():
            assert errno_of(os.open, device.node, os.O_RDONLY) == "EBUSY"
            assert errno_of(os.open, device.node, os.O_RDWR | os.O_NONBLOCK) == "EBUSY"
        turns = 200 if SHORT else 3000
        for turn in range(turns):
            for suffix in ("", ".buffer0"):
                error = errno_of(lambda suffix=suffix: os.close(os.open(device.node + suffix,
                                                                        os.O_RDONLY)))
                assert error == "none", f"turn {turn}: {suffix}: {error} after close()"
    return f"{2 * turns} times"


def test_empty():
    """nothing is read where nothing was ever enabled; EAGAIN, and what was left, afterwards"""
    with bench() as (device, trigger), device.open(os.O_RDONLY | os.O_NONBLOCK) as fd:
        assert os.read(fd, 4096) == b""
        device.start(trigger.name, *AXES)
        assert errno_of(os.read, fd, 4096) == "EAGAIN"
        trigger.fire(device, 2)
        device.stop()
        assert len(os.read(fd, 4096)) == 32
        assert errno_of(os.read, fd, 4096) == "EAGAIN"


def test_sizes():
    """a read gives whole scans, and one that is shorter than a scan is EINVAL"""
    with bench() as (device, trigger), device.open() as fd:
        device.start(trigger.name, *AXES)
        trigger.fire(device, 4)
        for size in (0, 1, 15):
            assert errno_of(os.read, fd, size) == ("none" if size == 0 else "EINVAL"), size
        assert [len(os.read(fd, size)) for size in (16, 31, 4096)] == [16, 16, 32]
        assert device.available() == 0


def test_settings_while_enabled():
    """what a running buffer was set up with is EBUSY to change"""
    with bench() as (device, trigger):
        device.start(trigger.name, *AXES, length=8, watermark=2)
        changes = {"buffer/length": 16, "buffer/watermark": 1, "trigger/current_trigger": "",
                   "scan_elements/in_magn_x_en": 0, "scan_elements/in_timestamp_en": 0,
                   "buffer0/in_magn_y_en": 0}
        refused = {name: device.refusal(name, value) for name, value in changes.items()}
        assert set(refused.values()) == {"EBUSY"}, refused
        assert device.refusal("buffer/length", 8) == "none"
        assert device.refusal("buffer/enable", 1) == "none"
        device.stop()
        taken = {name: device.refusal(name, value) for name, value in changes.items()}
        assert set(taken.values()) == {"none"}, taken


def test_full():
    """a full buffer drops the newest scans"""
    with Mount(*simulate(recordings("hmc5883", "lis3dh"))) as mount:
        device, witness = Device(mount), Device(mount, 1)
        trigger = SysfsTrigger(mount)
        device.start(trigger.name, *AXES, length=4)
        witness.start(trigger.name, *PARTS["lis3dh"])
        trigger.fire(witness, 10)
        assert device.available() == 4
        with device.open() as fd, witness.open() as other:
            kept, seen = os.read(fd, 4096), os.read(other, 4096)
            assert check_scans(kept, recorded_scan("hmc5883", *AXES)) == 4
            assert check_scans(seen, recorded_scan("lis3dh", *PARTS["lis3dh"])) == 10
            # Both got one timestamp for each firing, or the one that came later.
            fifth, = struct.unpack_from("<q", seen, 4 * 16 + 8)
            fourth, = struct.unpack_from("<q", kept, 3 * 16 + 8)
            assert fourth < fifth, "not the oldest scans"
            trigger.fire(witness)
            assert device.available() == 1, "there is room again"


def test_blocking_read():
    """a read waits for the watermark, or for as many scans as it asks for, or for the end"""
    with bench() as (device, trigger), device.open() as fd:
        device.start(trigger.name, *AXES, watermark=4)

        def read_after(size, scans):
            """Reads; nothing comes of all scans but the last."""
            answers = answer_of(os.read, fd, size)
            trigger.fire(device, scans - 1)
            time.sleep(0.2)
            assert answers.empty(), f"{answers.get()!r} before the last scan"
            write(trigger.now, "1\n")
            return len(soon(answers, "the last scan"))

        assert read_after(4096, 4) == 4 * 16
        assert read_after(3 * 16, 3) == 3 * 16
        answers = answer_of(os.read, fd, 4096)
        trigger.fire(device, 2)
        device.stop()
        assert len(soon(answers, "the end of streaming")) == 2 * 16


def test_large_read():
    """a read that the kernel cuts into several requests ends with what is there"""
    scans = 65_536  # 1 MiB, all that one request can ask for
    with Mount(*simulate(recordings("hmc5883"))) as mount:
        device = Device(mount)
        device.start(make_timer(mount, 50_000), *AXES, length=scans)
        wait_until(lambda: device.available() == scans, 60, f"{scans} scans")
        remove_timer(mount)
        pages = mmap.mmap(-1, 4 << 20)
        with device.open() as fd:
            taken = soon(answer_of(os.readv, fd, [pages]), "a read of 4 MiB")
            check_scans(pages[:taken], recorded_scan("hmc5883", *AXES), scans)


def test_shared_descriptor():
    """a blocked reader holds up nobody who reads by the same descriptor"""
    with bench() as (device, trigger), device.open() as fd:
        device.start(trigger.name, *AXES)
        blocked = answer_of(os.read, fd, 4096)
        time.sleep(0.1)
        os.set_blocking(fd, False)
        assert soon(answer_of(os.read, fd, 4096), "the other read") == "EAGAIN"
        assert blocked.empty()
        write(trigger.now, "1\n")
        assert len(soon(blocked, "the blocked read")) == 16


def test_poll():
    """poll and epoll wake at the watermark, once for each so many scans"""
    watermark, turns = 5, 6
    flags = os.O_RDONLY | os.O_NONBLOCK
    with bench() as (device, trigger), device.open(flags) as fd, select.epoll() as epoll:
        device.start(trigger.name, *AXES, watermark=watermark)
        epoll.register(fd, select.EPOLLIN)
        polls = [select.poll(), select.poll()]
        for poll in polls:
            poll.register(fd, select.POLLIN)

        def is_ready():
            return [*polls[1].poll(0), *epoll.poll(0)]

        for waiter in (lambda: epoll.poll(2 * SOON_S), lambda: polls[0].poll(2000 * SOON_S)):
            for turn in range(turns):
                events = answer_of(waiter)
                trigger.fire(device, watermark - 1)
                time.sleep(0.1)
                assert events.empty(), f"turn {turn}: woken before the watermark"
                assert not is_ready(), f"turn {turn}: ready before the watermark"
                write(trigger.now, "1\n")
                assert soon(events, "the watermark") == [(fd, select.EPOLLIN)]
                assert len(os.read(fd, 4096)) == watermark * 16, f"turn {turn}"
                assert not is_ready(), f"turn {turn}: ready after the read"


def test_one_wake_up_for_many():
    """a client that polls a fast stream is woken once for each watermark of scans"""
    watermark, turns = 100, 30
    with Mount(*simulate(recordings("hmc5883"))) as mount:
        device = Device(mount)
        with device.open(os.O_RDONLY | os.O_NONBLOCK) as fd:
            device.start(make_timer(mount, 2_000), *AXES, length=2048, watermark=watermark)
            poll = select.poll()
            poll.register(fd, select.POLLIN)
            sizes = []
            for _ in range(turns):
                assert poll.poll(1000 * SOON_S)
                sizes.append(len(os.read(fd, 1 << 16)) // 16)
        assert min(sizes) >= watermark, sizes
    return f"{sum(sizes)} scans in {turns} wake-ups"


# Blocks in a read until a signal comes, and says after how long it was told EINTR.
INTERRUPTED = """
import os, signal, sys, time
class Signal(Exception):
    pass
def handler(*_):
    raise Signal
signal.signal(signal.SIGUSR1, handler)
fd = os.open(sys.argv[1], os.O_RDONLY)
print(flush=True)
try:
    os.read(fd, 4096)
except Signal:
    print(time.clock_gettime(time.CLOCK_MONOTONIC), flush=True)
"""


def test_signal():
    """a blocked reader's signal ends its read, of scans and of events"""
    worst = 0
    with alarming_chip() as chip, Mount("--simulate", chip) as mount:
        device, trigger = Device(mount), SysfsTrigger(mount)
        device.start(trigger.name, "in_voltage3")
        for file in (device.node, device.node + ".events") * 3:
            with started(sys.executable, "-c", INTERRUPTED, file) as reader:
                reader.stdout.readline()
                time.sleep(0.1)
                begin = time.monotonic()
                reader.send_signal(signal.SIGUSR1)
                line = soon(answer_of(reader.stdout.readline), "EINTR")
                worst = max(worst, float(line) - begin)
        assert worst < 1, f"EINTR after {worst:.2f} s"
        trigger.fire(device)
        with device.open() as fd:
            assert len(os.read(fd, 4096)) == 16, "the scan after the interrupted reads"
    return f"after {worst * 1000:.1f} ms at most"


def test_events():
    """events wait for one reader, 16 at most, each of the moment that it happened"""
    with alarming_chip() as chip, Mount("--simulate", chip) as mount:
        device = Device(mount)
        device.set("current_timestamp_clock", "monotonic")
        with device.open(os.O_RDONLY | os.O_NONBLOCK, ".events") as fd:
            poll = select.poll()
            poll.register(fd, select.POLLIN)
            assert errno_of(os.read, fd, 64) == "EAGAIN" and not poll.poll(0)
            assert errno_of(os.open, device.node + ".events", os.O_RDONLY) == "EBUSY"
            begin = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
            device.set(ALARM, 1)
            assert poll.poll(1000 * SOON_S) == [(fd, select.POLLIN)]
            assert errno_of(os.read, fd, 15) == "EINVAL"
            time.sleep(1)  # some 50 events
            device.set(ALARM, 0)
            end = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
            records = list(struct.iter_unpack("<Qq", os.read(fd, 4096)))
            assert len(records) == 16, len(records)
            assert {code for code, _ in records} == {1 << 48}, records
            times = [begin, *(timestamp for _, timestamp in records), end]
            assert times == sorted(set(times)), times
            assert errno_of(os.read, fd, 64) == "EAGAIN"


# ---- Coming and going

def footprint(mount):
    """Threads and descriptors of the daemon."""
    process = f"/proc/{mount.process.pid}"
    return len(os.listdir(f"{process}/task")), len(os.listdir(f"{process}/fd"))


@contextlib.contextmanager
def no_leak(mount):
    """Claims that what runs in it, more than 16 times, leaves no thread and no descriptor."""
    threads, descriptors = footprint(mount)
    yield
    wait_until(lambda: footprint(mount)[1] <= descriptors, SOON_S, "all descriptors closed")
    assert footprint(mount)[0] <= threads + IDLE_WORKERS, \
        f"{footprint(mount)[0]} threads, {threads} before"


CYCLES = 8 if SHORT else 40


def test_unplug():
    """who reads a part that is unplugged is told ENODEV, and it can be plugged in again"""
    with alarming_chip() as chip, Mount("--simulate", chip) as mount, no_leak(mount):
        timer = make_timer(mount, 1_000)
        for turn in range(CYCLES):
            device = Device(mount)
            device.start(timer, "in_voltage3", length=4096, watermark=4096)
            with device.open() as fd, device.open(suffix=".events") as events:
                poll = select.poll()
                poll.register(fd, select.POLLIN)
                answers = {"read": answer_of(os.read, fd, 1 << 17),
                           "events": answer_of(os.read, events, 64),
                           "poll": answer_of(poll.poll, 2000 * SOON_S)}
                time.sleep(0.02)
                write(f"{mount.root}/delete_device", "iio:device0\n")
                told = {name: soon(answer, name) for name, answer in answers.items()}
                assert told.pop("poll"), f"turn {turn}: poll sleeps on"
                assert set(told.values()) == {"ENODEV"}, f"turn {turn}: {told}"
                assert errno_of(os.read, fd, 4096) == "ENODEV"
                assert not os.path.exists(device.node)
                write(f"{mount.root}/new_device", f"model {chip}\n")
                # The old file is no obstacle to the new device.
                Device(mount).start(timer, "in_voltage3")
                with device.open() as again:
                    assert os.read(again, 16), f"turn {turn}"
            device.stop()
        remove_timer(mount)


def test_unplug_under_a_client():
    """iio_readdev ends with an error when its part is unplugged"""
    tool("iio_readdev")
    with Mount(*simulate(recordings("hmc5883"))) as mount:
        device = Device(mount)
        choose_trigger(device, make_timer(mount, 5_000))
        command = inside(mount, *read_with_libiio(device, AXES, 0))
        with started(*command) as client:
            assert client.stdout.read(16 * 1024)
            write(f"{mount.root}/delete_device", "iio:device0\n")
            _, said = soon(answer_of(client.communicate), "iio_readdev's end")
            assert b"No such device" in said, said


def test_killed_readers():
    """a reader that is killed in the middle leaves the node to the next one"""
    with Mount(*simulate(recordings("hmc5883"))) as mount, no_leak(mount):
        device, trigger = Device(mount), SysfsTrigger(mount)
        timer = make_timer(mount, 2_000)
        for turn in range(CYCLES):
            # One that is blocked, one that is busy.
            device.start(timer if turn % 2 else trigger.name, *AXES)
            with started("cat", device.node, stdout=subprocess.DEVNULL) as reader:
                begin_reading(reader, device.node)
                reader.kill()
                reader.wait(SOON_S)
            error = errno_of(lambda: os.close(os.open(device.node, os.O_RDONLY)))
            assert error == "none", f"turn {turn}: {error}"
            device.stop()
        remove_timer(mount)


def test_killed_clients():
    """iio_readdev that is killed leaves a device that the next one reads"""
    tool("iio_readdev")
    with Mount(*simulate(recordings("hmc5883"))) as mount, no_leak(mount):
        device = Device(mount)
        choose_trigger(device, make_timer(mount, 5_000))
        for _ in range(5):
            command = inside(mount, *read_with_libiio(device, AXES, 0))
            with started(*command) as client:
                assert len(client.stdout.read(16 * 1024)) == 16 * 1024
                client.kill()
                client.wait(SOON_S)
            data = output(*inside(mount, *read_with_libiio(device, AXES, 2048)))
            check_scans(data, recorded_scan("hmc5883", *AXES), 2048)


def test_removed_triggers():
    """a trigger that is removed while it is used fires no more, and nobody hangs"""
    with Mount(*simulate(recordings("hmc5883"))) as mount, no_leak(mount):
        device = Device(mount)
        for turn in range(CYCLES):
            device.start(make_timer(mount, 1_000), *AXES, length=4096)
            with device.open() as fd:
                os.read(fd, 16)
                remove_timer(mount)
                assert device.get("buffer/enable") == "1"
                os.set_blocking(fd, False)
                errno_of(os.read, fd, 1 << 17)
                # A scan that was under way may still come.
                time.sleep(0.02)
                errno_of(os.read, fd, 1 << 17)
                time.sleep(0.05)
                assert device.available() == 0, f"turn {turn}: it still fires"
                device.stop()
        trigger = SysfsTrigger(mount)
        device.start(trigger.name, *AXES, length=4096)
        with open(trigger.now, "w", encoding="ascii") as now:
            write(f"{mount.root}/devices/iio_sysfs_trigger/remove_trigger", "1\n")
            assert errno_of(os.write, now.fileno(), b"1\n") == "ENODEV"
        device.stop()
        # The names are free again.
        SysfsTrigger(mount)
        make_timer(mount, 1_000)


def test_end_while_read():
    """SIGTERM ends the daemon while clients wait for scans and events, and they are told"""
    for how in ("blocked", "streaming"):
        # Ended after the mount: a daemon that hangs keeps its readers.
        with contextlib.ExitStack() as readers, alarming_chip() as chip, \
                Mount("--simulate", chip) as mount:
            device, trigger = Device(mount), SysfsTrigger(mount)
            device.start(trigger.name if how == "blocked" else make_timer(mount, 1_000),
                         "in_voltage3", length=2048)
            waiting = []
            for file in (device.node, device.node + ".events"):
                reader = readers.enter_context(started("cat", file, stdout=subprocess.DEVNULL))
                begin_reading(reader, file)
                waiting.append(reader)
            begin = time.monotonic()
            mount.stop()
            took = time.monotonic() - begin
            for reader in waiting:
                _, said = reader.communicate(timeout=STOP_S)
                assert reader.returncode == 1 and b"cat: " in said, f"{how}: {said}"
    return f"in {took:.1f} s"


def test_everything_at_once():
    """settings, triggers, reads, plugging and unplugging at the same time break nothing"""
    chip, = recordings("hmc5883")
    allowed = {"none", "EBUSY", "ENODEV", "ENOENT", "EAGAIN", "EINVAL", "EEXIST"}
    seen = {}
    with Mount("--simulate", chip) as mount, no_leak(mount):
        device = Device(mount)
        end = time.monotonic() + (3 if SHORT else 8) * PATIENCE

        def plug():
            time.sleep(0.05 * PATIENCE)
            write(f"{mount.root}/delete_device", "iio:device0\n")
            write(f"{mount.root}/new_device", f"model {chip}\n")

        def trigger():
            with contextlib.suppress(AssertionError):  # somebody else has removed it
                make_timer(mount, 10_000)
            time.sleep(0.02)
            remove_timer(mount)

        def take():
            with device.open(os.O_RDONLY | os.O_NONBLOCK) as fd:
                poll = select.poll()
                poll.register(fd, select.POLLIN)
                for _ in range(5):
                    poll.poll(10)
                    if errno_of(os.read, fd, 1 << 16) == "ENODEV":
                        return

        work = {"plug": plug, "trigger": trigger, "read": take, "stop": device.stop,
                "start": lambda: device.start("timer", *AXES, watermark=3),
                "available": device.available}

        def repeat(name):
            seen[name] = {}
            while time.monotonic() < end:
                error = errno_of(work[name])
                seen[name][error] = seen[name].get(error, 0) + 1

        threads = [threading.Thread(target=repeat, args=(name,), daemon=True) for name in work]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30 * PATIENCE)
            assert not thread.is_alive(), f"somebody hangs: {seen}"
        for name, errors in seen.items():
            assert set(errors) <= allowed, f"{name}: {errors}"
            assert errors.get("none"), f"{name} never worked: {errors}"
        write(f"{mount.root}/delete_device", "iio:device0\n")
        errno_of(remove_timer, mount)
    return ", ".join(f"{name} {sum(errors.values())}" for name, errors in seen.items())


def test_unprivileged():
    """clients stream and get their descriptors without privileges"""
    run_unprivileged(__file__)


UNPRIVILEGED = [test_readdev, test_generic_buffer, test_event_monitor, test_descriptors,
                test_unplug]
COMING_AND_GOING = [test_open, test_unplug, test_killed_readers, test_removed_triggers,
                    test_end_while_read, test_everything_at_once]
run(*(UNPRIVILEGED if "--unprivileged" in sys.argv else COMING_AND_GOING if SHORT else
      [test for name, test in list(globals().items()) if name.startswith("test_")]))
