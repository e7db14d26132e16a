#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""iiofs-mounter, with this test as its service manager (sd_notify(3))."""
import os
import subprocess

import mount_fixture as fixture
from manager import MOUNTER, Manager


def entry(path):
    with open("/proc/self/mountinfo", encoding="utf-8") as lines:
        return [line.split() for line in lines if line.split(" ")[4] == path][-1]


def inode(fd):
    status = os.fstat(fd)
    return status.st_dev, status.st_ino


def root_only():
    if os.geteuid() != 0:
        raise fixture.Skip("mount(2) needs root")


def mounts():
    """it mounts what libfuse would and leaves both descriptors in the store when it ends"""
    root_only()
    with Manager() as manager:
        assert manager.run("mount") == (0, "")
        assert os.readlink(f"/proc/self/fd/{manager.store['fuse']}") == "/dev/fuse"
        assert "memfd:iiofs-keep" in os.readlink(f"/proc/self/fd/{manager.store['keep']}")
        theirs = entry(manager.root)
        with fixture.Mount() as mount:
            ours = entry(mount.root)
        # Past the ids: the options of mount and filesystem, the type and the source.
        assert theirs[5].split(",") == ours[5].split(","), (theirs, ours)
        assert theirs[-3:-1] == ours[-3:-1] == ["fuse.iiofs", "iiofs"], (theirs, ours)
        assert sorted(theirs[-1].split(",")) == sorted(ours[-1].split(",")), (theirs, ours)


def leaves_alone():
    """a mount whose descriptor is in the store stays as it is, though nobody answers there"""
    root_only()
    with Manager() as manager:
        assert manager.run("mount")[0] == 0
        before, stored = entry(manager.root), inode(manager.store["keep"])
        assert manager.run("mount") == (0, "")
        assert entry(manager.root) == before and inode(manager.store["keep"]) == stored
        assert fixture.mounts_at(manager.root) == 1


def dead():
    """a dead mount is removed and mounted anew, with a new keep"""
    root_only()
    with Manager() as manager:
        assert manager.run("mount")[0] == 0
        keep = os.dup(manager.store["keep"])
        manager.drop("fuse")
        assert fixture.errno_of(os.listdir, manager.root) == "ENOTCONN"
        assert manager.run("mount") == (0, "")
        assert fixture.mounts_at(manager.root) == 1
        assert "fuse" in manager.store and inode(manager.store["keep"]) != inode(keep)
        os.close(keep)


def unmounts():
    """unmount takes away stacked mounts, dead and alive, and nothing else"""
    root_only()
    with Manager() as manager:
        assert manager.run("mount")[0] == 0
        manager.drop("fuse")
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", manager.root], check=True)
        assert manager.run("unmount") == (0, "")
        assert fixture.mounts_at(manager.root) == 2, "a tmpfs is not its business"
        subprocess.run(["umount", manager.root], check=True)
        assert manager.run("unmount") == (0, "")
        assert fixture.mounts_at(manager.root) == 0
        assert manager.run("unmount") == (0, "")


def refuses():
    """what cannot be done is one line, and nothing stays mounted"""
    root_only()
    with Manager() as manager:
        status, said = manager.run("mount", "/proc/missing")
        assert status == 1 and said.count("\n") == 1 and "No such file" in said, said
        status, said = manager.run("mount", "here")
        assert status == 1 and "absolute" in said, said
        alone = subprocess.run([MOUNTER, "mount", manager.root], text=True, capture_output=True,
                               env={"PATH": os.environ["PATH"]}, timeout=30, check=False)
        assert alone.returncode == 1 and "NOTIFY_SOCKET" in alone.stderr, alone
        assert fixture.mounts_at(manager.root) == 0 and not manager.store


if __name__ == "__main__":
    fixture.run(mounts, leaves_alone, dead, unmounts, refuses)
