# SPDX-License-Identifier: MIT
"""What the tests and drills of streaming share: a device, triggers, chips that interrupt."""
import contextlib
import json
import os
import struct
import tempfile

from mount_fixture import errno_of, read, recordings, wait_until, write

SOON_S = 5  # of what takes milliseconds, on a machine that has other work to do
UPPER_ALARM = 0x10  # MAX1363: AIN0 is above its upper bound


class Device:
    """A device of a mount, and its node in dev/."""

    def __init__(self, mount, number=0):
        self.mount, self.number = mount, number
        self.node = f"{mount.root}/dev/iio:device{number}"

    def get(self, attribute):
        return read(self.mount.path(self.number, attribute)).rstrip("\n")

    def set(self, attribute, value):
        write(self.mount.path(self.number, attribute), f"{value}\n")

    def refusal(self, attribute, value):
        return errno_of(self.set, attribute, value)

    def start(self, trigger, *channels, length=64, watermark=1):
        """Streams these channels and the timestamp."""
        self.set("current_timestamp_clock", "monotonic")
        self.set("trigger/current_trigger", trigger)
        for channel in (*channels, "in_timestamp"):
            self.set(f"scan_elements/{channel}_en", 1)
        self.set("buffer/length", length)
        self.set("buffer/watermark", watermark)
        self.set("buffer/enable", 1)

    def stop(self):
        self.set("buffer/enable", 0)

    def available(self):
        return int(self.get("buffer/data_available"))

    @contextlib.contextmanager
    def open(self, flags=os.O_RDONLY, suffix=""):
        fd = os.open(self.node + suffix, flags)
        try:
            yield fd
        finally:
            os.close(fd)


class SysfsTrigger:
    """A trigger that fires when it is told to."""

    def __init__(self, mount, number=1):
        self.mount, self.name = mount, f"sysfstrig{number}"
        write(f"{mount.root}/devices/iio_sysfs_trigger/add_trigger", f"{number}\n")
        self.now = f"{mount.root}/devices/{directory_of(mount, self.name)}/trigger_now"

    def fire(self, witness, times=1):
        """Returns when each scan is in the buffer of `witness`, whom nobody reads."""
        for _ in range(times):
            more = witness.available() + 1
            for _ in range(SOON_S):
                write(self.now, "1\n")
                # A moment is lost where the sampler has not said yet that it is
                # done with the one before.
                with contextlib.suppress(AssertionError):
                    wait_until(lambda more=more: witness.available() >= more, 1, "a scan")
                    break
            assert witness.available() == more, f"{witness.available()} scans, not {more}"


def directory_of(mount, trigger):
    """triggerN"""
    for name in os.listdir(f"{mount.root}/devices"):
        if name.startswith("trigger") and read(f"{mount.root}/devices/{name}/name") == trigger + "\n":
            return name
    raise AssertionError(f"there is no trigger {trigger}")


def make_timer(mount, hertz, name="timer"):
    """An hrtimer trigger; returns its name."""
    os.mkdir(f"{mount.root}/config/iio/triggers/hrtimer/{name}")
    write(f"{mount.root}/devices/{directory_of(mount, name)}/sampling_frequency", f"{hertz}\n")
    return name


def remove_timer(mount, name="timer"):
    os.rmdir(f"{mount.root}/config/iio/triggers/hrtimer/{name}")


def recorded_scan(part, *channels):
    """What the kernel's driver put into the buffer for these channels of a recording."""
    file, = recordings(part)
    with open(file, encoding="utf-8") as text:
        captures = json.load(text)["devices"][0]["buffer"]["captures"]
    wanted = sorted(f"{channel}_en" for channel in channels)
    found = [capture for capture in captures if sorted(capture["enabled"]) == wanted]
    return bytes.fromhex(found[0]["scans"][0])


@contextlib.contextmanager
def chip_with(part, change):
    """The chip file of a recording, changed."""
    file, = recordings(part)
    with open(file, encoding="utf-8") as text:
        chip = json.load(text)["chip"]
    change(chip)
    with tempfile.NamedTemporaryFile("w", suffix=".json", prefix="iiofs-test-") as changed:
        json.dump(chip, changed)
        changed.flush()
        yield changed.name


def alarming_chip():
    """A MAX1363 that says 50 times a second that AIN0 is above its upper bound."""
    def change(chip):
        chip |= {"irq": 0, "interrupt_hz": 50}
        chip["model"]["rules"].append({"tx": "a3f0", "mask": "fff0", "rx": f"{UPPER_ALARM:02x}"})
    return chip_with("max1363", change)


def interrupting(part, hertz):
    """A chip that has new data so many times a second, and says so."""
    return chip_with(part, lambda chip: chip.update({"irq": 0, "interrupt_hz": hertz}))


ALARM = "events/in_voltage0_thresh_rising_en"
AXES = ("in_magn_x", "in_magn_y", "in_magn_z")
PARTS = {  # part: channels of a capture that was recorded
    "hmc5883": AXES,
    "lis3dh": ("in_accel_x", "in_accel_y", "in_accel_z"),
    "max1363": ("in_voltage3",),
}


def check_scans(data, recorded, count=None, in_turn=1):
    """Every byte: what was recorded, zeros up to the timestamp, timestamps that grow.

    What was recorded may be several scans, that come in turn.
    """
    size = len(recorded) // in_turn
    expected = [recorded[start:start + size].ljust(-(-size // 8) * 8, b"\0")
                for start in range(0, len(recorded), size)]
    scan = struct.Struct(f"<{len(expected[0])}sq")
    assert len(data) % scan.size == 0, f"{len(data)} bytes are no whole scans of {scan.size}"
    if count is not None:
        assert len(data) == count * scan.size, f"{len(data) / scan.size} scans, not {count}"
    before = 0
    for index, (samples, timestamp) in enumerate(scan.iter_unpack(data)):
        wanted = expected[index % in_turn]
        assert samples == wanted, f"scan {index} is {samples.hex()}, not {wanted.hex()}"
        assert timestamp > before, f"scan {index}: {timestamp} after {before}"
        before = timestamp
    return len(data) // scan.size
