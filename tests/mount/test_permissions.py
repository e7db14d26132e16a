#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Who may do what: the kernel checks the tree's owners, groups and modes for each user."""
import grp
import os
import tempfile

from mount_fixture import Mount, Skip, as_stranger, errno_of, read, recordings, run, write

STAFF, LAB = 4711, 4712


def mounted(text=""):
    """A mount of two HMC5843s; the text may end in keys of the second one."""
    model, = recordings("hmc5843")
    general, _, second = text.partition("---")
    with tempfile.NamedTemporaryFile("w", suffix=".toml", delete=False) as file:
        file.write(f'{general}\n[[device]]\nmodel = "{model}"\n'
                   f'[[device]]\nmodel = "{model}"\n{second}\n')
    if os.geteuid() != 0:
        raise Skip("only root can become other users")
    mount = Mount("--config", file.name)
    os.chmod(mount.folder, 0o755)
    return mount


def answer(groups, call, *arguments):
    """What errno_of(call, *arguments) says to nobody, with these groups besides."""
    return as_stranger(lambda: errno_of(call, *arguments), groups)


def open_stream(path):
    os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))


def test_defaults():
    """everybody reads; root and the group iio write, or root alone where there is no such group"""
    try:
        group, mode = grp.getgrnam("iio").gr_gid, 0o664
    except KeyError:
        group, mode = 0, 0o644
    with mounted() as mount:
        scale = mount.path(0, "in_magn_scale")
        status = os.stat(scale)
        assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (0, group, mode), status
        assert answer([], read, scale) == "none"
        assert answer([], write, scale, read(scale)) == "EACCES"
        assert answer([], write, f"{mount.root}/new_device", "x\n") == "EACCES"
        assert answer([], read, f"{mount.root}/new_device") == "EACCES"
        assert answer([], open_stream, f"{mount.root}/dev/iio:device0") == "EACCES"
        assert answer([], os.listdir, f"{mount.root}/debug") == "EACCES"
        if group:
            assert answer([group], write, scale, read(scale)) == "none"
            assert answer([group], write, f"{mount.root}/new_device", "x\n") == "EACCES"
        write(scale, read(scale))


def test_group():
    """a group that is named writes and streams, and nobody else does"""
    with mounted(f"[permissions]\ngroup = {STAFF}") as mount:
        scale = mount.path(0, "in_magn_scale")
        text = read(scale)
        stream = f"{mount.root}/dev/iio:device0"
        for name, call, *arguments in (
                ("write", write, scale, text), ("stream", open_stream, stream),
                ("read the stream", os.open, stream, os.O_RDONLY | os.O_NONBLOCK)):
            assert answer([LAB], call, *arguments) in ("EACCES", "ENOENT"), name
            assert answer([STAFF], call, *arguments) == "none", name
        assert answer([STAFF], write, mount.path(0, "name"), "x") == "EACCES"
        assert answer([LAB], read, scale) == "none"


def orders(mount):
    """What those may do who manage, by what it is."""
    triggers = f"{mount.root}/devices/iio_sysfs_trigger"
    timers = f"{mount.root}/config/iio/triggers/hrtimer"
    return {"add a device": (write, f"{mount.root}/new_device", "model hmc5843\n"),
            "read why not": (read, f"{mount.root}/new_device"),
            "remove a device": (write, f"{mount.root}/delete_device", "iio:device0\n"),
            "add a trigger": (write, f"{triggers}/add_trigger", "7\n"),
            "remove a trigger": (write, f"{triggers}/remove_trigger", "7\n"),
            "make a timer": (os.mkdir, f"{timers}/clock"),
            "take it away": (os.rmdir, f"{timers}/clock")}


def test_manage():
    """who may write does not add and remove devices and triggers; who may manage does"""
    with mounted(f"[permissions]\ngroup = {STAFF}") as mount:
        for name, order in orders(mount).items():
            assert answer([STAFF], *order) in ("EACCES", "ENOENT"), name
        assert answer([STAFF], *orders(mount)["make a timer"]) == "EACCES"
    with mounted(f'[permissions]\ngroup = {STAFF}\nmanage = "0220"') as mount:
        for name, order in orders(mount).items():
            assert answer([LAB], *order) in ("EACCES", "ENOENT"), name
            assert answer([STAFF], *order) == "none", name


def test_names():
    """who manages and is not root names installed models and buses, no files; root names both"""
    model, = recordings("hmc5843")
    with mounted(f'[permissions]\ngroup = {STAFF}\nmanage = "0220"') as mount:
        control = f"{mount.root}/new_device"
        for line in (f"model {model}", "model x.json", "as5600 /tmp/i2c-0 0x36"):
            assert answer([STAFF], write, control, line) == "EINVAL", line
            why = read(control)
            assert "is a path, and only root may give a path" in why, why
        assert "is a path" in mount.log()
        write(control, f"model {model}")
        assert read(control) == "iio:device2\n"


def test_device():
    """one device may be for a group of its own, also to read and to see"""
    own = f'permissions = {{ group = {LAB}, read = "0440", write = "0220" }}'
    with mounted(f"[permissions]\ngroup = {STAFF}\n---{own}") as mount:
        for number, group, other in (0, STAFF, LAB), (1, LAB, STAFF):
            scale = mount.path(number, "in_magn_scale")
            text = read(scale)
            assert answer([group], write, scale, text) == "none", number
            assert answer([other], write, scale, text) == "EACCES", number
            stream = f"{mount.root}/dev/iio:device{number}"
            assert answer([group], open_stream, stream) == "none", number
            assert answer([other], open_stream, stream) == "EACCES", number
        assert answer([STAFF], read, mount.path(0, "name")) == "none"
        assert answer([STAFF], read, mount.path(1, "name")) == "EACCES"
        assert answer([STAFF], os.listdir, mount.path(1)) == "EACCES"
        assert answer([LAB], read, mount.path(1, "name")) == "none"


def test_nobody():
    """with no writers at all nobody but root writes, and with readers of a group others see nothing"""
    with mounted(f'[permissions]\ngroup = {STAFF}\nread = "0440"\nwrite = "0"') as mount:
        scale = mount.path(0, "in_magn_scale")
        assert answer([STAFF], read, scale) == "none"
        assert answer([STAFF], write, scale, read(scale)) == "EACCES"
        assert answer([LAB], os.listdir, mount.root) == "EACCES"
        assert answer([LAB], read, scale) == "EACCES"


run(test_defaults, test_group, test_manage, test_names, test_device, test_nobody)
