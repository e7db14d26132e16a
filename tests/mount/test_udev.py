#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_udev.py: programs that find devices by libudev, unmodified, through `iiofs run`."""
import contextlib
import glob
import json
import os
import re
import shutil
import subprocess
import tempfile

from mount_fixture import (DRIVERS, IIOFS, PATIENCE, Mount, Shell, Skip, recordings, run, simulate,
                           wait_until, write)

PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/libexec"
# Kinds of sensors that iio-sensor-proxy 3.0 has rules for, and two parts that are none.
PARTS = ("bma250", "bme280", "bh1750", "opt3001", "vcnl4040", "lsm6dsl", "mcp4725")
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow send_destination="*"/><allow receive_sender="*"/>
<allow own="*"/></policy></busconfig>
"""


def need(*programs):
    for program in programs:
        if not shutil.which(program, path=PATH):
            raise Skip(f"{program} is not installed")
    if os.geteuid() != 0:
        raise Skip("needs root: the udev database is root's, and iio-sensor-proxy runs as root")


def inside(mount, *command):
    """Runs a command that sees the mount; what it prints."""
    done = subprocess.run([IIOFS, "run", "--mount", mount.root, "--", *command], text=True,
                          capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
                          env=os.environ | {"PATH": PATH})
    assert done.returncode == 0, f"{command}: {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout


def properties(text):
    return dict(line.strip().split("=", 1) for line in text.splitlines() if "=" in line)


def test_rules():
    """the udev database has of each device what the installed rules make of it"""
    need("udevadm")
    if not any(os.path.exists(f"{folder}/udev/rules.d/80-iio-sensor-proxy.rules")
               for folder in ("/usr/lib", "/lib")):
        raise Skip("iio-sensor-proxy is not installed")
    sensor = "IIO_SENSOR_PROXY_TYPE"
    with Mount(*simulate(recordings(*PARTS))) as mount:
        devices = mount.devices()
        seen = {}
        for name in devices:
            path = f"/sys/bus/iio/devices/{name}"
            shown = properties(inside(mount, "udevadm", "info", "--query=property", path))
            ruled = properties(inside(mount, "udevadm", "test", path))
            assert shown["SUBSYSTEM"] == "iio" and shown["DEVTYPE"] == "iio_device", shown
            assert shown.get(sensor) == ruled.get(sensor), (name, shown, ruled)
            assert ("DEVNAME" in shown) == os.path.exists(f"{mount.root}/dev/{name}"), shown
            seen[name] = shown.get(sensor)
    types = set(seen.values())
    assert None in types and {"iio-poll-accel iio-buffer-accel", "iio-poll-als"} <= types, seen
    return f"{len(devices)} devices, {len(types)} combinations of sensors"


def test_pyudev():
    """pyudev enumerates the devices, initialised, with their nodes and attributes"""
    program = """
import json, pyudev
found = pyudev.Context().list_devices(subsystem="iio", DEVTYPE="iio_device")
print(json.dumps({d.sys_name: [d.is_initialized, d.device_node, d.attributes.asstring("name"),
                               d.find_parent("platform").sys_name] for d in found}))
"""
    if subprocess.run(["/usr/bin/python3", "-c", "import pyudev"], check=False,
                      capture_output=True).returncode != 0:
        raise Skip("python3-pyudev is not installed")
    need("udevadm")
    with Mount(*simulate(recordings("bma250", "bh1750"))) as mount:
        seen = json.loads(inside(mount, "/usr/bin/python3", "-c", program))
        assert seen == {"iio:device0": [True, "/dev/iio:device0", "bma250", "bma250.0"],
                        "iio:device1": [True, None, "bh1750", "bh1750.1"]}, seen


def test_database_of_others():
    """what the system has in the udev database stays there, as it is at the moment"""
    need("udevadm")
    os.makedirs("/run/udev/data", exist_ok=True)
    entry = "/run/udev/data/+iiofs:test"
    look = 'import sys; f = sys.argv[1]; print(open(f).read(), end="", flush=True); input();' \
           'print(open(f).read(), end="")'
    with Mount("--simulate", "bma250") as mount, contextlib.ExitStack() as later:
        before = sorted(os.listdir("/run/udev/data"))
        later.callback(lambda: os.path.exists(entry) and os.remove(entry))
        with open(entry, "w", encoding="utf-8") as file:
            file.write("before\n")
        with subprocess.Popen([IIOFS, "run", "--mount", mount.root, "--", "python3", "-c", look,
                               entry], text=True, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as child:
            assert child.stdout.readline() == "before\n"
            with open(entry + ".new", "w", encoding="utf-8") as file:
                file.write("after\n")
            os.rename(entry + ".new", entry)  # as udevd does
            assert child.communicate("\n", timeout=20)[0] == "after\n"
        os.remove(entry)
        assert sorted(os.listdir("/run/udev/data")) == before, "something is left behind"


def test_later():
    """a device that comes later is in the udev database at once, and not when it has gone"""
    need("udevadm")
    info = "udevadm info --query=property /sys/bus/iio/devices/iio:device1"
    with Mount("--simulate", "bma250") as mount, \
            Shell([IIOFS, "run", "--mount", mount.root, "--", "sh"]) as shell:
        for part, entry, sensor in (("bh1750", "+iio:iio:device1", "iio-poll-als"),
                                    ("bma250", "c254:1", "iio-poll-accel iio-buffer-accel")):
            write(f"{mount.root}/new_device", f"model {part}\n")
            shell.finds(f"[ -e /run/udev/data/{entry} ]")
            assert shell.is_true(f"{info} | grep -q '^IIO_SENSOR_PROXY_TYPE={sensor}$'"), part
            write(f"{mount.root}/delete_device", "iio:device1\n")
            shell.finds(f"[ ! -e /run/udev/data/{entry} ]")


def chip(folder, part, **changes):
    """A model that shows one thing, without movement."""
    path = os.path.join(folder, f"{part}.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"like": glob.glob(f"{DRIVERS}/*/{part}.model.json")[0], "waveforms": []}
                  | changes, file)
    return path


@contextlib.contextmanager
def system_bus(folder):
    """A D-Bus system bus of its own; the environment that leads there."""
    socket, config = os.path.join(folder, "bus"), os.path.join(folder, "bus.conf")
    os.chmod(folder, 0o755)  # polkitd becomes a user of its own
    with open(config, "w", encoding="utf-8") as file:
        file.write(BUS.format(socket))
    with subprocess.Popen(["dbus-daemon", f"--config-file={config}", "--nofork"],
                          stderr=subprocess.DEVNULL) as bus:
        try:
            wait_until(lambda: os.path.exists(socket), 10, "a system bus")
            yield os.environ | {"PATH": PATH, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={socket}"}
        finally:
            bus.terminate()


@contextlib.contextmanager
def polkit(environment):
    """iio-sensor-proxy 3.6 and later ask polkit who may see a sensor; root may."""
    polkitd = shutil.which("polkitd", path="/usr/lib/polkit-1:/usr/libexec")
    if not polkitd:
        yield
        return
    with subprocess.Popen([polkitd, "--no-debug"], env=environment,
                          stderr=subprocess.DEVNULL) as service:
        ask = ("dbus-send", "--system", "--print-reply", "--dest=org.freedesktop.DBus", "/",
               "org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.PolicyKit1")
        try:
            wait_until(lambda: b"true" in subprocess.run(ask, env=environment, check=False,
                                                         capture_output=True).stdout, 10, "polkitd")
            yield
        finally:
            service.terminate()


# libudev listens to udevd only where there is one. Devices are told of in the network namespace.
WITH_UDEVD = ("unshare", "--mount", "--net", "sh", "-c", """set -e
mkdir -p /run/udev && mount -t tmpfs tmpfs /run/udev
mkdir /run/udev/data && touch /run/udev/control
exec "$@"
""", "sh")


def monitor(mount, until, then=lambda seen: None):
    """What monitor-sensor prints until something has come, or for 20 s. `then` is called with
    that for each line.
    """
    seen = ""
    with system_bus(mount.folder) as environment, polkit(environment), \
            subprocess.Popen([*WITH_UDEVD, IIOFS, "run", "--mount", mount.root, "--",
                              "iio-sensor-proxy"],
                             env=environment, stderr=subprocess.DEVNULL) as proxy, \
            subprocess.Popen(["timeout", str(20 * PATIENCE), "stdbuf", "-oL", "monitor-sensor"],
                             env=environment, text=True, stdout=subprocess.PIPE) as client:
        try:
            for line in client.stdout:
                seen += line
                if until(seen):
                    break
                then(seen)
        finally:
            client.terminate()
            proxy.terminate()
    return seen


ONE_G, MINUS_ONE_G, ZERO = "0x40", "0xc0", "0x00"


def accelerometer(folder, x, y):
    # 10 bits to the left in 16, at +-2 g; registers 2 to 7.
    registers = {f"0x0{number}": value
                 for number, value in enumerate(("0x01", x, "0x01", y, "0x01", ZERO), 2)}
    return chip(folder, "bma250", model={"registers": registers})


def sees(text, orientation, lux):
    return f"orientation changed: {orientation}\n" in text and any(
        abs(float(found) - lux) < 0.01
        for found in re.findall(r"Light changed: (\S+) \(lux\)", text))


def test_sensor_proxy():
    """monitor-sensor shows orientation and lux through iio-sensor-proxy, as the parts are held"""
    need("iio-sensor-proxy", "monitor-sensor", "dbus-daemon", "stdbuf")
    for x, y, orientation, light in ((ZERO, MINUS_ONE_G, "normal", 1200),
                                     (ONE_G, ZERO, "left-up", 120)):
        with tempfile.TemporaryDirectory(prefix="iiofs-test-") as folder, Mount(
                "--simulate", accelerometer(folder, x, y),
                "--simulate", chip(folder, "bh1750", model={"initial": f"{light:04x}"})) as mount:
            expected = orientation, light / 1.2
            seen = monitor(mount, lambda text: sees(text, *expected))
            assert sees(seen, *expected), f"{expected}: {seen}"


def test_hotplug():
    """iio-sensor-proxy learns of an accelerometer that comes later"""
    need("iio-sensor-proxy", "monitor-sensor", "dbus-daemon", "stdbuf")
    with tempfile.TemporaryDirectory(prefix="iiofs-test-") as folder, \
            Mount("--simulate", "bh1750") as mount:
        lines = [f"model {accelerometer(folder, ONE_G, ZERO)}\n"]

        def plug(seen):
            if lines and "Light changed" in seen:
                write(f"{mount.root}/new_device", lines.pop())

        appears = "+++ Accelerometer appeared"
        seen = monitor(mount, lambda text: appears in text, plug)
        assert "=== No accelerometer" in seen and appears in seen, seen


def test_uevents():
    """a program that listens by libudev is told of devices that come and go"""
    need("udevadm")
    program = """
import pyudev
monitor = pyudev.Monitor.from_netlink(pyudev.Context())
monitor.filter_by("iio", "iio_device")
monitor.start()
print("ready", flush=True)
for device in iter(lambda: monitor.poll(10), None):
    print(device.action, device.sys_path, device.device_node,
          device.properties["IIO_SENSOR_PROXY_TYPE"], flush=True)
"""
    if subprocess.run(["/usr/bin/python3", "-c", "import pyudev"], check=False,
                      capture_output=True).returncode != 0:
        raise Skip("python3-pyudev is not installed")
    with Mount("--simulate", "bh1750") as mount, subprocess.Popen(
            [*WITH_UDEVD, IIOFS, "run", "--mount", mount.root, "--", "/usr/bin/python3", "-c",
             program], text=True, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == "ready\n"
        for action, file, line in (("add", "new_device", "model bma250\n"),
                                   ("remove", "delete_device", "iio:device1\n")):
            write(f"{mount.root}/{file}", line)
            assert child.stdout.readline() == (
                f"{action} /sys/bus/iio/at/simulated/bma250.1/iio:device1 /dev/iio:device1 "
                "iio-poll-accel iio-buffer-accel\n")
        child.kill()


if __name__ == "__main__":
    run(*(test for name, test in list(globals().items()) if name.startswith("test_")))
