#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Containers of an OCI runtime that are given the mount, and one that serves.

They have this machine's programs on a root of their own, and what `docker run` and `podman run` give
them: the capabilities, the devices, /sys read-only, a seccomp filter as Docker's for mounts."""
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

from held_mount import HeldMount
from mount_fixture import GOLDEN, IIOFS, PATIENCE, recordings, run, simulate, write

PARTS = recordings("as5600", "mcp4725")
DAC = 1
# What both engines leave of root's capabilities.
CAPABILITIES = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
                "CAP_SETUID", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT"]
SYSTEM = ["/bin", "/lib", "/lib64", "/usr", "/etc/ld.so.cache"]


def bind(source, target=None, *options):
    return {"destination": target or source, "type": "bind", "source": source,
            "options": ["rbind", *(options or ["rprivate"])]}


def specification(folder, mounts, capabilities, devices):
    """config.json of the OCI runtime specification."""
    may_mount = "CAP_SYS_ADMIN" in capabilities
    calls = ["mount", "umount2", "unshare", "setns", "open_tree", "move_mount", "fsopen", "fsmount"]
    own = [os.path.dirname(IIOFS), GOLDEN]
    build = os.path.dirname(own[0])
    return {
        "ociVersion": "1.0.2",
        "root": {"path": os.path.join(folder, "root")},
        "hostname": "container",
        "process": {"args": ["/bin/sh"], "cwd": "/", "noNewPrivileges": True,
                    "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"],
                    "capabilities": {kind: capabilities
                                     for kind in ("bounding", "effective", "permitted")}},
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid"]},
            {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro", "nosuid"]},
            {"destination": "/run", "type": "tmpfs", "source": "tmpfs"},
            {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"},
            *(bind(path, path, "ro", "rprivate") for path in (*SYSTEM, build, GOLDEN)
              if os.path.exists(path)),
            *mounts],
        "linux": {
            "namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts", "network")],
            "devices": devices,
            "seccomp": {"defaultAction": "SCMP_ACT_ALLOW",
                        "syscalls": [] if may_mount else [{"names": calls, "action": "SCMP_ACT_ERRNO"}]}},
    }


# crun wants cgroup v2 alone: here in a mount namespace, whatever the machine has.
RUNTIME = ["unshare", "--mount", "--propagation", "slave", "sh", "-c",
           'mount -t cgroup2 cgroup /sys/fs/cgroup && exec crun --cgroup-manager=disabled "$@"', "sh"]


class Container:
    """A container with a shell that is told what to do."""

    def __init__(self, *mounts, capabilities=(), devices=()):
        self.folder = tempfile.mkdtemp(prefix="iiofs-test-")
        os.mkdir(f"{self.folder}/root")
        with open(f"{self.folder}/config.json", "w", encoding="utf-8") as config:
            json.dump(specification(self.folder, mounts, [*CAPABILITIES, *capabilities],
                                    list(devices)), config)
        self.name = os.path.basename(self.folder)
        self.process = subprocess.Popen([*RUNTIME, "run", "--bundle", self.folder, self.name],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(BrokenPipeError):
            self.process.communicate("exit\n", timeout=20 * PATIENCE)
        shutil.rmtree(self.folder)

    def does(self, command):
        """The status of a command, and what it says."""
        self.process.stdin.write(f'{command} 2>&1; echo "status $?"\n')
        self.process.stdin.flush()
        said = ""
        for line in self.process.stdout:
            if line.startswith("status "):
                return int(line.split()[1]), said.rstrip("\n")
            said += line
        raise AssertionError(f"the container has ended: {said}")

    def is_told(self, command):
        status, said = self.does(command)
        assert status == 0, f"{command}: {status}: {said}"
        return said


def test_volume():
    """a container with the mount as a volume stays connected over the death of servers"""
    with HeldMount(*simulate(PARTS)) as mount:
        for propagation in ("rprivate", "rslave"):
            with Container(bind(mount.root, "/run/iiofs", propagation)) as container:
                container.is_told("cd /run/iiofs/devices/iio:device0/ && exec 3<name")
                for turn in range(3):
                    write(mount.path(DAC, "out_voltage0_raw"), f"{turn + 100}\n")
                    mount.replace()
                    assert container.is_told(
                        f"cat /run/iiofs/devices/iio:device{DAC}/out_voltage0_raw") == f"{turn + 100}"
                    assert container.is_told("cat name") == "as5600"
                assert container.is_told("cat <&3") == "as5600"
                container.is_told(f"echo 7 >/run/iiofs/devices/iio:device{DAC}/out_voltage0_raw")


def test_run():
    """`iiofs run` in a container says what it needs, and works when it has that"""
    command = f"{IIOFS} run --mount /run/iiofs -- cat /sys/bus/iio/devices/iio:device0/name"
    with HeldMount(*simulate(PARTS)) as mount:
        volume = bind(mount.root, "/run/iiofs")
        with Container(volume) as container:
            container.is_told(": >/run/.containerenv")
            status, said = container.does(command)
            assert status != 0 and "--cap-add SYS_ADMIN" in said, said
        with Container(volume, capabilities=["CAP_SYS_ADMIN"]) as container:
            assert container.is_told(command) == "as5600"


def test_serves():
    """a container that may mount and has /dev/fuse serves a mount of its own"""
    fuse = {"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 0o666}
    serve = f"{IIOFS} mount --background {' '.join(simulate(PARTS))} /tmp/mnt"
    with Container(devices=[fuse]) as container:
        container.is_told("mkdir /tmp/mnt")
        status, said = container.does(serve)
        assert status != 0 and "cannot be mounted on: Operation not permitted" in said, said
    with Container(devices=[fuse], capabilities=["CAP_SYS_ADMIN"]) as container:
        container.is_told("mkdir /tmp/mnt")
        container.is_told(serve)
        assert container.is_told("cat /tmp/mnt/devices/iio:device0/name") == "as5600"
        container.is_told(f"{IIOFS} unmount /tmp/mnt")


def why_none_runs():
    """Why no container can be started here; None: one can."""
    if os.geteuid() != 0:
        return "root starts containers"
    if not shutil.which("crun"):
        return "no crun (Debian's package of this name)"
    try:
        with Container() as container:
            container.is_told("true")
    except AssertionError as error:
        return f"crun starts none here: {error}"
    return None


if (reason := why_none_runs()) is not None:
    print(reason)
    sys.exit(77)
run(test_volume, test_run, test_serves)
