#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a hostile or careless client sends to the files that devices and triggers come by: the
server refuses it, says why, and goes on serving."""
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

from held_mount import RESENDS, HeldMount, Reader, is_eio
from mount_fixture import (IIOFS, KERNEL_MODES, Mount, Skip, errno_of, iiofs, read, recordings,
                           run, simulate, wait_until, write)


def chip(part):
    """The chip of a recording, as the text of a model."""
    recording, = recordings(part)
    with open(recording, encoding="utf-8") as file:
        return json.load(file)["chip"]


@contextlib.contextmanager
def model_file(content):
    """A file that may be given to new_device as a model."""
    with tempfile.TemporaryDirectory(prefix="iiofs-test-") as folder:
        path = os.path.join(folder, "chip.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        yield path


def refused(mount, line, reason, error="EINVAL"):
    """Claims that new_device refuses the line, says why, and that the server lives on."""
    control = f"{mount.root}/new_device"
    got = errno_of(write, control, line)
    assert got == error, f"{line}: {got}"
    why = read(control)
    assert reason in why, why
    assert reason in mount.log()
    assert mount.process.poll() is None
    assert read(mount.path(0, "name")) == "as5600\n"


def as5600():
    return Mount(*simulate(recordings("as5600")))


def test_interrupt_rate():
    """a model whose interrupts come faster than any part's is refused"""
    fast = json.dumps(chip("max1363") | {"irq": 0, "interrupt_hz": 2e9})
    with as5600() as mount, model_file(fast) as path:
        refused(mount, f"model {path}", "interrupt_hz: 2000000000.0 is too large")


def test_deep_model():
    """lists in lists without end are refused, by new_device and by iiofs check"""
    with as5600() as mount, model_file('{"bus":' + "[" * 200_000 + "]" * 200_000 + "}") as path:
        refused(mount, f"model {path}", "nested too deeply")
        config = os.path.join(os.path.dirname(path), "iiofs.toml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f'[[device]]\nmodel = "{path}"\n')
        done = iiofs("check", config)
        assert done.returncode == 1 and "nested too deeply" in done.stderr, done


def test_large_model():
    """a model of very many registers is refused at once, and so is a longer file"""
    model = chip("as5600")
    model["model"]["registers"] = {str(n): 0 for n in range(200_000)}
    with as5600() as mount:
        with model_file(json.dumps(model)) as path:
            refused(mount, f"model {path}", "has too many values")
        with model_file(json.dumps(model) + " " * (4 << 20)) as path:
            refused(mount, f"model {path}", "is too long")


def test_no_regular_file():
    """a device without an end, a FIFO that nobody writes and a directory are no models"""
    with as5600() as mount, tempfile.TemporaryDirectory(prefix="iiofs-test-") as folder:
        fifo = os.path.join(folder, "fifo.json")
        os.mkfifo(fifo)
        for path in "/dev/zero", fifo, folder + "/":
            refused(mount, f"model {path}", "is not a regular file")


def test_no_bus():
    """a FIFO and a device that is no bus are not opened as one"""
    with as5600() as mount, tempfile.TemporaryDirectory(prefix="iiofs-test-") as folder:
        fifo = os.path.join(folder, "i2c-0")
        os.mkfifo(fifo)
        refused(mount, f"as5600 {fifo} 0x36", "Inappropriate ioctl", "ENOTTY")


def test_removed_folder():
    """a server whose working directory was removed takes lines as before"""
    gone = tempfile.mkdtemp(prefix="iiofs-test-")
    model, = recordings("as5600")
    with tempfile.TemporaryDirectory(prefix="iiofs-test-") as folder:
        root = os.path.join(folder, "mnt")
        os.mkdir(root)
        # In the foreground: a server in the background is somewhere that stays.
        command = [IIOFS, "mount", "--config", KERNEL_MODES, *simulate([model]), root]
        with subprocess.Popen(command, cwd=gone, stderr=subprocess.DEVNULL) as process:
            try:
                wait_until(lambda: os.path.isdir(f"{root}/devices"), 20, "the mount")
                os.rmdir(gone)
                assert errno_of(write, f"{root}/new_device", "model x.json") == "EINVAL"
                write(f"{root}/new_device", f"model {model}")
                assert read(f"{root}/devices/iio:device1/name") == "as5600\n"
            finally:
                process.terminate()
            assert process.wait(20) == 0


def test_trigger_like_a_device():
    """a trigger of a device's name takes nothing of the device's settings with it"""
    files = simulate(recordings("mcp4725", "bma250"))
    with HeldMount("--config", KERNEL_MODES, *files) as mount:
        timers = f"{mount.root}/config/iio/triggers/hrtimer"
        scale = mount.path(1, "in_accel_scale")
        scales = read(mount.path(1, "in_accel_scale_available")).split()
        write(mount.path(0, "out_voltage0_raw"), "1234\n")
        write(scale, scales[-1])
        before = read(mount.path(0, "out_voltage0_raw")), read(scale)
        for number in 0, 1:
            os.mkdir(f"{timers}/iio:device{number}")
            trigger = next(name for name in os.listdir(f"{mount.root}/devices")
                           if name.startswith("trigger") and
                           read(f"{mount.root}/devices/{name}/name") == f"iio:device{number}\n")
            write(f"{mount.root}/devices/{trigger}/sampling_frequency", "50\n")
            os.rmdir(f"{timers}/iio:device{number}")
        mount.replace()
        after = read(mount.path(0, "out_voltage0_raw")), read(scale)
        assert after == before, f"{after}, not {before}"


def test_many_triggers():
    """triggers without number are refused with ENOSPC, and what there is goes on"""
    with as5600() as mount:
        add = f"{mount.root}/devices/iio_sysfs_trigger/add_trigger"
        answers = [errno_of(write, add, f"{number}\n") for number in range(300)]
        assert answers == ["none"] * 256 + ["ENOSPC"] * 44, answers
        timers = f"{mount.root}/config/iio/triggers/hrtimer"
        assert errno_of(os.mkdir, f"{timers}/clock") == "ENOSPC"
        assert "256 triggers without a device" in mount.log()
        write(f"{mount.root}/devices/iio_sysfs_trigger/remove_trigger", "7\n")
        os.mkdir(f"{timers}/clock")


def test_many_devices():
    """devices without number are refused with ENOSPC, and one that goes makes room"""
    model, = recordings("as5600")
    with as5600() as mount:
        control = f"{mount.root}/new_device"
        answers = [errno_of(write, control, f"model {model}") for _ in range(257)]
        assert answers == ["none"] * 256 + ["ENOSPC"], answers[-3:]
        assert "the maximum number of devices" in read(control)
        write(f"{mount.root}/delete_device", "iio:device100")
        write(control, f"model {model}")


def test_poison():
    """a request that two servers crash of is answered EIO by the third one"""
    if not RESENDS:
        raise Skip("a kernel before 6.9 sends no request again")
    model = chip("as5600")
    # Its probe is one transfer; then a reader waits for long.
    model["faults"] = [{"transfer": 2, "count": 100, "delay_ms": 1900}]
    with model_file(json.dumps(model)) as path:
        # On a busy machine the read may be done before the server dies.
        answers = []
        while len(answers) < 5 and not any(map(is_eio, answers)):
            answers.append(answer_of_poison(path))
    assert any(is_eio(answer) for answer in answers), answers
    assert all(is_eio(answer) or answer.strip().isdigit() for answer in answers), answers


def answer_of_poison(path):
    """What a reader is answered at whose request two servers crash."""
    with HeldMount(*simulate([path, *recordings("mcp4725")])) as mount:
        reader = Reader(read, mount.path(0, "in_angl_raw"))
        for _ in range(2):
            time.sleep(0.5)
            crashed = mount.server()
            os.kill(crashed, signal.SIGABRT)
            wait_until(lambda gone=crashed: mount.servers() not in ([], [gone]), 30,
                       "the next server")
            assert read(mount.path(1, "name")) == "mcp4725\n"
        answer = reader.answer()
        assert read(mount.path(0, "name")) == "as5600\n"
        return answer


def test_order():
    """an order that the server died at is answered EIO and not given again; a value is written again"""
    if not RESENDS:
        raise Skip("a kernel before 6.9 sends no request again")
    # On a busy machine an order may not have begun when the server dies.
    answers = []
    while len(answers) < 5 and not any(map(is_eio, answers)):
        answers.append(answer_of_write("store_eeprom", "1\n"))
    assert any(map(is_eio, answers)), answers
    assert all(is_eio(answer) or answer == 2 for answer in answers), answers
    assert answer_of_write("out_voltage0_raw", "2000\n") == 5


def answer_of_write(attribute, text):
    """What a writer is answered whose write waits for its chip when the server dies."""
    with tempfile.TemporaryDirectory(prefix="iiofs-test-") as folder:
        stuck = os.path.join(folder, "stuck")
        model = chip("mcp4725") | {"faults": [{"delay_ms": 1900, "while_exists": stuck}]}
        with model_file(json.dumps(model)) as path, HeldMount(*simulate([path])) as mount:
            open(stuck, "w", encoding="ascii").close()
            writer = Reader(write, mount.path(0, attribute), text)
            time.sleep(0.5)
            os.unlink(stuck)
            mount.replace()
            return writer.answer()


CHOSEN = [globals()[f"test_{name}"] for name in sys.argv[1:]]
run(*(CHOSEN or [test for name, test in list(globals().items()) if name.startswith("test_")]))
