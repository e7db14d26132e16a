#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the configuration gives devices: values from their start, and more files."""
import json
import os
import shutil
import signal
import tempfile

from held_mount import HeldMount
from mount_fixture import DRIVERS, IIOFS, Mount, iiofs, read, run, wait_until, write

MODEL = os.path.join(DRIVERS, "bmp280", "bme280.model.json")
RATIO = "in_temp_oversampling_ratio"


class Folder:
    """A temporary folder with iiofs.toml and iiofs.d."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="iiofs-test-")
        self.config = self.file("iiofs.toml", "")
        os.mkdir(f"{self.path}/iiofs.d")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def file(self, name, text):
        path = os.path.join(self.path, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path


def device(model=MODEL, **keys):
    values = "".join(f"{key} = {value}\n" for key, value in keys.items())
    return f'[[device]]\nmodel = "{model}"\n{values}'


def reload(mount, said):
    """Claims that the log says it so many times more once the configuration was read again."""
    before = mount.log().count(said)
    mount.process.send_signal(signal.SIGHUP)
    wait_until(lambda: mount.log().count(said) > before, 10, said)


def test_set():
    """values of `set` are there from the start; a client's win, and a reload with others wins again"""
    with Folder() as folder:
        folder.file("iiofs.toml", device(set=f"{{ {RATIO} = 8 }}"))
        with Mount("--config", folder.config) as mount:
            ratio = mount.path(0, RATIO)
            assert read(ratio) == "8\n"
            write(ratio, "4")
            folder.file("iiofs.toml", device(set=f"{{ {RATIO} = 8 }}", label='"x"'))
            reload(mount, "reloaded")
            assert read(ratio) == "4\n" and read(mount.path(0, "label")) == "x\n"
            folder.file("iiofs.toml", device(set=f"{{ {RATIO} = 16 }}", label='"x"'))
            reload(mount, "reloaded")
            assert read(ratio) == "16\n"


def test_wrong_set():
    """a wrong name or value is a line with the key and what would be right; the rest is in force"""
    with Folder() as folder:
        folder.file("iiofs.toml", device(
            set=f'{{ {RATIO} = 7, in_temp_oversampling = 1, in_pressure_oversampling_ratio = 2, '
                f'nonsense = 1 }}') + device("hmc5843", set='{ in_magn_sampling_frequency = 7 }'))
        with Mount("--config", folder.config) as mount:
            assert read(mount.path(0, "in_pressure_oversampling_ratio")) == "2\n"
            log = mount.log()
            for line in (f"iio:device0: set.{RATIO}: '7' is refused",
                         "iio:device1: set.in_magn_sampling_frequency: '7' is refused; available: 0.500000 1.0 2.0 ",
                         "iio:device0: set.in_temp_oversampling: there is no such setting; did you "
                         f"mean {RATIO}?",
                         "iio:device0: set.nonsense: there is no such setting; the settings are "):
                assert line in log, f"{line}: {log}"


def test_set_after_power_loss():
    """a part that lost its power has the values of `set` again"""
    with Folder() as folder:
        switch = f"{folder.path}/unplugged"
        with open(MODEL, encoding="utf-8") as file:
            chip = json.load(file)
        # A ratio of 8 in ctrl_meas, since the chip had power, is seen in what it measures.
        chip["waveforms"] = []
        chip["model"].setdefault("on_write", []).append(
            {"reg": "0xf4", "mask": "0xe0", "value": "0x80",
             "set": {"0xfa": "0x7f", "0xfb": "0x12", "0xfc": "0x00"}})
        chip["faults"] = [{"absent": True, "while_exists": switch}]
        folder.file("chip.json", json.dumps(chip))
        folder.file("iiofs.toml", device("./chip.json", set=f"{{ {RATIO} = 8 }}") + device("./chip.json"))
        with Mount("--config", folder.config) as mount:
            with_ratio = read(mount.path(0, "in_temp_raw"))
            assert with_ratio != read(mount.path(1, "in_temp_raw"))
            folder.file("unplugged", "")
            wait_until(lambda: "does not answer" in mount.log() or not read_or_none(mount), 10,
                       "its absence")
            os.remove(switch)
            wait_until(lambda: read_or_none(mount), 20, "its return")
            assert read(mount.path(0, RATIO)) == "8\n"
            assert read(mount.path(0, "in_temp_raw")) == with_ratio


def read_or_none(mount):
    try:
        return read(mount.path(0, "in_temp_input"))
    except OSError:
        return None


def test_set_after_crash():
    """the next server gives `set` again, and what a client wrote before it"""
    with Folder() as folder:
        folder.file("iiofs.toml", device(set=f"{{ {RATIO} = 8, in_pressure_oversampling_ratio = 2 }}"))
        with HeldMount("--config", folder.config) as mount:
            write(mount.path(0, RATIO), "16")
            mount.kill()
            assert read(mount.path(0, RATIO)) == "16\n"
            assert read(mount.path(0, "in_pressure_oversampling_ratio")) == "2\n"


def test_more_files():
    """files of X.d add devices, come and go with a reload, and mistakes name the right file"""
    with Folder() as folder:
        folder.file("iiofs.toml", device(label='"main"'))
        folder.file("iiofs.d/20.toml", device(label='"b"'))
        folder.file("iiofs.d/10.toml", device(label='"a"'))
        with Mount("--config", folder.config) as mount:
            def labels():
                return [read(mount.path(n, "label")).strip()
                        for n in (int(name[10:]) for name in mount.devices())]
            assert labels() == ["main", "a", "b"]
            os.remove(f"{folder.path}/iiofs.d/10.toml")
            folder.file("iiofs.d/30.toml", device(label='"c"'))
            reload(mount, "reloaded")
            assert labels() == ["main", "c", "b"], labels()

            wrong = folder.file("iiofs.d/30.toml", device(label='"b"'))
            reload(mount, "nothing was changed")
            line = f"{wrong}:3:9: device.label: the device of "
            assert line in mount.log() and "has the label 'b' already" in mount.log(), mount.log()
            assert labels() == ["main", "c", "b"]
        done = iiofs("check", folder.config)
        assert done.returncode == 1 and line in done.stderr, done
        os.remove(wrong)
        done = iiofs("check", folder.config)
        assert done.returncode == 0 and "2 devices" in done.stdout, done


run(test_set, test_wrong_set, test_set_after_power_loss, test_set_after_crash, test_more_files)
