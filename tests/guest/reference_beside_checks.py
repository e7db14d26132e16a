#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""In the reference kernel: our devices beside those of the kernel's own drivers.
    reference_beside_checks.py KERNEL

KERNEL is the reference kernel's folder. The kernel drives chips on its I2C bus; ours are on its
SPI bus and simulated.
"""
import contextlib
import errno
import glob
import json
import os
import re
import socket
import subprocess
import sys
import tempfile

KERNEL = sys.argv[1]
sys.path[:0] = [os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "mount"), KERNEL]
import chipmodel  # noqa: E402: folders beside this one
from mount_fixture import IIOFS, Mount, read, recordings, run, wait_until, write  # noqa: E402

BUS = "/sys/bus/iio"
DEVICES = f"{BUS}/devices"
CONTROL = "/sys/kernel/debug/emubus/ctl"
COME_S = 20
bus = chipmodel.Bus()
bus.on = False


def control(line):
    write(CONTROL, line + "\n")


def chip_of(part):
    file, = recordings(part)
    with open(file, encoding="utf-8") as text:
        return json.load(text)["chip"]


@contextlib.contextmanager
def kernel_has(part):
    """The kernel's own driver is bound to this part, on I2C."""
    chip = chip_of(part)
    where = chipmodel.num(chip["address"])
    bus.attach("i2c", where, chip["model"])
    control(f"i2c {chip['driver']} {where}")
    try:
        yield
    finally:
        control(f"remove i2c {where}")
        bus.detach("i2c", where)


@contextlib.contextmanager
def spi_node(part):
    """A part on /dev/spidev0.0; dh2228fv is a name that spidev binds to."""
    bus.attach("spi", 0, chip_of(part)["model"])
    control("spi dh2228fv 0 0 1000000")
    try:
        wait_until(lambda: os.path.exists("/dev/spidev0.0"), COME_S, "the SPI node")
        yield
    finally:
        control("remove spi 0")
        bus.detach("spi", 0)


def ours(config="", *, root=BUS):
    """A mount with an MCP3008 on the SPI bus and a simulated HMC5843."""
    model, = recordings("hmc5843")
    with tempfile.NamedTemporaryFile("w", suffix=".toml", delete=False) as file:
        file.write(f'{config}\n[[device]]\ndriver = "mcp3008"\nspi = "/dev/spidev0.0"\n'
                   f'[[device]]\nmodel = "{model}"\n')
    return Mount("--config", file.name, root=root)


def names(prefix="iio:device"):
    return sorted(name for name in os.listdir(DEVICES) if name.startswith(prefix))


def name_of(device):
    return read(f"{DEVICES}/{device}/name").strip()


def by_name(prefix="iio:device"):
    """Of the devices that are there; one that moves has its old name in the list for a moment."""
    found = {}
    for device in names(prefix):
        try:
            found[name_of(device)] = device
        except OSError as error:
            if error.errno not in (errno.ENODEV, errno.ENOENT):
                raise
    return found


def output(*command):
    done = subprocess.run(command, text=True, capture_output=True, timeout=60, check=False,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


def test_both():
    """the kernel's devices are the links that they were, ours come behind them, and both answer"""
    with spi_node("mcp3008"), kernel_has("hmc5883l"), kernel_has("mcp4725"):
        before = {name: os.readlink(f"{DEVICES}/{name}") for name in os.listdir(DEVICES)}
        value = read(f"{DEVICES}/iio:device0/in_magn_x_raw")
        with ours():
            assert by_name() == {"hmc5883l": "iio:device0", "mcp4725": "iio:device1",
                                 "mcp3008": "iio:device16", "hmc5843": "iio:device17"}, by_name()
            for name, target in before.items():
                if name == "iio_sysfs_trigger":  # ours is shown
                    assert os.path.realpath(f"{DEVICES}/{name}") == f"{BUS}/at/{name}"
                    continue
                assert os.readlink(f"{DEVICES}/{name}") == target, name
                assert os.path.samefile(f"{DEVICES}/{name}", f"/sys/{target[9:]}"), name
            assert read(f"{DEVICES}/iio:device0/in_magn_x_raw") == value
            assert read(f"{DEVICES}/iio:device16/in_voltage1_raw") == "200\n"
            write(f"{DEVICES}/iio:device1/out_voltage0_raw", "77\n")
            assert read(f"{DEVICES}/iio:device1/out_voltage0_raw") == "77\n"
            # An MCP4725 has neither buffer nor events, so no node.
            nodes = [number for number in (0, 1, 16, 17)
                     if os.path.lexists(f"{BUS}/dev/iio:device{number}")]
            assert nodes == [0, 17], nodes
            place = os.path.realpath(f"{DEVICES}/iio:device16")
            assert place == f"{BUS}/at/spi0/spi0.0/iio:device16", place
            assert read(f"{place}/../modalias") == "spi:mcp3008\n"
            assert os.readlink(f"{BUS}/dev/iio:device0") == "/dev/iio:device0"
        assert {name: os.readlink(f"{DEVICES}/{name}") for name in os.listdir(DEVICES)} == before


PYLIBIIO = """
import iio, json
devices = {device.name: device for device in iio.LocalContext().devices if device.name}
dac = devices["mcp4725"].find_channel("voltage0", True)
dac.attrs["raw"].value = "321"
print(json.dumps([sorted(devices), dac.attrs["raw"].value,
                  devices["mcp3008"].find_channel("voltage2").attrs["raw"].value]))
"""
ALL = ["hmc5843", "hmc5883l", "mcp3008", "mcp4725"]


def test_clients():
    """iio_info, iiod, pylibiio, iio_attr and lsiio show the kernel's devices and ours, unmodified"""
    with spi_node("mcp3008"), kernel_has("hmc5883l"), kernel_has("mcp4725"), ours():
        def shown_by(text):
            return sorted(re.findall(r"^\tiio:device\d+: (\S+)", text, re.MULTILINE))

        local = output("iio_info")
        assert shown_by(local) == ALL, local
        iiod = subprocess.Popen(["iiod"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        try:
            def listens():
                with socket.socket() as client:
                    return client.connect_ex(("127.0.0.1", 30431)) == 0
            wait_until(listens, COME_S, "iiod's port")
            assert shown_by(output("iio_info", "-u", "ip:127.0.0.1")) == ALL
        finally:
            iiod.kill()
            iiod.wait()
        assert json.loads(output("/usr/bin/python3", "-c", PYLIBIIO)) == [ALL, "321", "300"]
        assert output("iio_attr", "-c", "mcp4725", "voltage0", "raw").strip() == "321"
        assert output("iio_attr", "-c", "mcp3008", "voltage3", "raw").strip() == "400"
        listed = output(f"{KERNEL}/tools/lsiio")
        assert sorted(re.findall(r"^Device \d+: (\S+)", listed, re.MULTILINE)) == ALL, listed
        return f"{len(local.splitlines())} lines of iio_info"


def test_come_and_go():
    """the kernel's devices and triggers come and go in the tree as they do in the kernel"""
    with spi_node("mcp3008"), ours():
        assert not os.path.exists(f"{DEVICES}/iio:device0")
        with kernel_has("hmc5883l"):
            wait_until(lambda: "iio:device0" in names(), COME_S, "the kernel's device")
            assert name_of("iio:device0") == "hmc5883l"
            assert os.path.exists(f"{BUS}/dev/iio:device0")
        wait_until(lambda: "iio:device0" not in names(), COME_S, "its end")
        assert not os.path.exists(f"{DEVICES}/iio:device0")
        assert not os.path.lexists(f"{BUS}/dev/iio:device0")
        write("/sys/devices/iio_sysfs_trigger/add_trigger", "5\n")
        wait_until(lambda: "trigger0" in names("trigger"), COME_S, "the kernel's trigger")
        assert name_of("trigger0") == "sysfstrig5"
        write("/sys/devices/iio_sysfs_trigger/remove_trigger", "5\n")
        wait_until(lambda: "trigger0" not in names("trigger"), COME_S, "its end")


def test_numbers():
    """a number that the kernel takes is the kernel's: ours moves once, with all of its files"""
    kernels_triggers = "/sys/devices/iio_sysfs_trigger"
    with spi_node("mcp3008"), kernel_has("hmc5883l"), ours("first-number = 1") as mount:
        assert by_name() == {"hmc5883l": "iio:device0", "mcp3008": "iio:device1",
                             "hmc5843": "iio:device2"}
        write(f"{DEVICES}/iio_sysfs_trigger/add_trigger", "9\n")
        assert name_of("trigger1") == "sysfstrig9"
        with kernel_has("mcp4725"):
            wait_until(lambda: {"mcp4725", "mcp3008"} <= set(by_name()), COME_S, "both devices")
            assert by_name() == {"hmc5883l": "iio:device0", "mcp4725": "iio:device1",
                                 "hmc5843": "iio:device2", "mcp3008": "iio:device3"}, by_name()
            assert os.path.islink(f"{DEVICES}/iio:device1")
            assert read(f"{DEVICES}/iio:device3/in_voltage1_raw") == "200\n"
            for number in (0, 1):
                write(f"{kernels_triggers}/add_trigger", f"{number}\n")
            try:
                wait_until(lambda: by_name("trigger").get("sysfstrig1") == "trigger1", COME_S, "its trigger")
                wait_until(lambda: by_name("trigger").get("sysfstrig9") == "trigger2", COME_S, "ours")
            finally:
                for number in (0, 1):
                    write(f"{kernels_triggers}/remove_trigger", f"{number}\n")
        wait_until(lambda: "iio:device1" not in names(), COME_S, "its end")
        # Who has moved stays where it is.
        assert by_name()["mcp3008"] == "iio:device3"
        said = re.findall(r".* becomes .*", mount.log())
        assert len(said) == 2 and "the kernel now uses iio:device1: mcp3008" in said[0], said


def test_streams():
    """under iiofs run both stream, each by triggers of its own kind, and to the other's name they are deaf"""
    with contextlib.ExitStack() as stack:
        stack.enter_context(spi_node("mcp3008"))
        stack.enter_context(kernel_has("hmc5883l"))
        stack.enter_context(ours())
        for folder, name in ("/sys/kernel/config/iio/triggers/hrtimer", "theirs"), \
                            (f"{BUS}/config/iio/triggers/hrtimer", "ours"):
            os.mkdir(f"{folder}/{name}")
            stack.callback(os.rmdir, f"{folder}/{name}")
        wait_until(lambda: "trigger0" in names("trigger"), COME_S, "the kernel's trigger")
        for trigger, device in (("theirs", "hmc5883l"), ("ours", "hmc5843")):
            for launcher in ([], [IIOFS, "run", "--"]):
                if trigger == "ours" and not launcher:
                    continue  # its /dev/iio:deviceN is in the mount alone
                done = subprocess.run([*launcher, "iio_readdev", "-t", trigger, "-b", "4", "-s",
                                       "12", device], capture_output=True, timeout=60, check=False)
                assert done.returncode == 0, (trigger, launcher, done.stderr)
                assert len(done.stdout) >= 12 * 6 and len(done.stdout) % 12 == 0, \
                    (trigger, launcher, len(done.stdout))
        for device, name in (("iio:device17", "theirs"), ("iio:device0", "ours")):
            current = f"{DEVICES}/{device}/trigger/current_trigger"
            write(current, f"{name}\n")
            assert read(current) == "", device


def test_hidden():
    """a daemon that starts when the kernel's tree is hidden finds the kernel's devices in /sys/devices, and run shows them"""
    with spi_node("mcp3008"), kernel_has("hmc5883l"), kernel_has("mcp4725"), ours():
        with tempfile.NamedTemporaryFile("w", suffix=".toml", delete=False) as file:
            file.write("kernel-devices = true\n")
        with Mount("--config", file.name) as second:
            def shown():
                """The links to sysfs; one that ends has its name in the list for a moment."""
                links = {}
                for name in os.listdir(f"{second.root}/devices"):
                    try:
                        links[name] = os.readlink(f"{second.root}/devices/{name}")
                    except OSError as error:
                        if error.errno not in (errno.EINVAL, errno.ENOENT):  # EINVAL: no link
                            raise
                return {name: target for name, target in links.items() if target.startswith("/sys/")}
            first = {name: os.path.realpath(f"{DEVICES}/{name}") for name in os.listdir(DEVICES)
                     if os.path.realpath(f"{DEVICES}/{name}").startswith("/sys/devices/")}
            assert shown() == first and len(first) >= 3, (shown(), first)
            listed = output(IIOFS, "run", "--mount", second.root, "--", f"{KERNEL}/tools/lsiio")
            assert sorted(re.findall(r"^Device \d+: (\S+)", listed, re.MULTILINE)) == [
                "hmc5883l", "mcp4725"], listed
            with kernel_has("bmp280"):
                wait_until(lambda: "iio:device2" in shown(), COME_S, "the kernel's device")
            wait_until(lambda: "iio:device2" not in shown(), COME_S, "its end")


def test_taken():
    """a kernel driver that takes our chip has it: ours answers EBUSY, and is configured again when it is free"""
    chip = chip_of("hmc5883l")
    where = chipmodel.num(chip["address"])
    model = bus.attach("i2c", where, chip["model"])
    with tempfile.NamedTemporaryFile("w", suffix=".toml", delete=False) as file:
        file.write(f'[[device]]\ndriver = "hmc5883l"\ni2c = "/dev/i2c-0"\naddress = {where}\n')
    with Mount("--config", file.name) as mount:
        ours_folder, = glob.glob(f"{mount.root}/devices/iio:device*")

        def attribute(name):
            try:
                return read(f"{ours_folder}/{name}")
            except OSError as error:
                return error.errno

        settings = ("in_magn_scale", "in_magn_sampling_frequency")
        scale, rate = (read(f"{ours_folder}/{name}_available").split()
                       for name in ("scale", "sampling_frequency"))
        for name, value in zip(settings, (scale[2], rate[-1])):
            write(f"{ours_folder}/{name}", f"{value}\n")
        chosen = [attribute(name) for name in settings]
        value = attribute("in_magn_x_raw")
        held = [model.get(reg) for reg in (0, 1, 2)]
        control(f"i2c {chip['driver']} {where}")
        try:
            theirs = f"{DEVICES}/iio:device0"
            wait_until(lambda: os.path.exists(theirs), COME_S, "the kernel's device")
            before = [model.get(reg) for reg in (0, 1, 2)]
            assert before != held, held
            assert attribute("in_magn_x_raw") == errno.EBUSY
            for name, value_before in zip(settings, chosen):
                assert attribute(name) in (errno.EBUSY, value_before), attribute(name)
                try:
                    write(f"{ours_folder}/{name}", f"{scale[0] if 'scale' in name else rate[0]}\n")
                    raise AssertionError(f"{name} was written")
                except OSError as error:
                    assert error.errno == errno.EBUSY, error
            assert [model.get(reg) for reg in (0, 1, 2)] == before
            assert read(f"{theirs}/in_magn_x_raw") == value
            said = re.findall(r".*another driver uses the chip.*EBUSY.*", mount.log())
            assert len(said) == 1, mount.log()
        finally:
            control(f"remove i2c {where}")
        wait_until(lambda: attribute("in_magn_x_raw") == value, COME_S, "our device")
        shown = [attribute(name) for name in settings]
        assert shown == chosen, (shown, chosen)
        assert [model.get(reg) for reg in (0, 1, 2)] == held
        assert "answers again" in mount.log(), mount.log()


run(test_both, test_clients, test_come_and_go, test_numbers, test_streams, test_hidden, test_taken, limit_s=120)
