#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A user without rights tries every operation on every file of the tree: he changes nothing.

The parts answer from recordings, so that each attribute has one value: the tree is the same before
and after, names, owners, modes, times and contents.
"""
import ctypes
import errno
import fcntl
import os
import stat

from mount_fixture import (NOBODY, Mount, Skip, as_stranger, errno_of, mounts_at, recordings, run,
                           simulate, write)

PARTS = ("bmp280", "hmc5843", "mcp4725", "max1363", "lsm6dsl", "mma8452-irq", "bmc150_accel")
MOVING = ("data_available",)
libc = ctypes.CDLL(None, use_errno=True)


def checked(answer):
    if answer == -1:
        raise OSError(ctypes.get_errno(), "")


def walk(root):
    yield root
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            yield os.path.join(folder, name)


def content(path, status):
    """What the file, link or folder holds, or why it does not say."""
    try:
        if stat.S_ISLNK(status.st_mode):
            return os.readlink(path)
        if stat.S_ISDIR(status.st_mode):
            return sorted(os.listdir(path))
        if not stat.S_ISREG(status.st_mode) or path.endswith(MOVING):
            return None
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            return os.read(fd, 65536).decode("latin-1")
        finally:
            os.close(fd)
    except OSError as error:
        return errno.errorcode[error.errno]


def picture(root):
    found = {}
    for path in walk(root):
        status = os.lstat(path)
        found[path] = [status.st_mode, status.st_uid, status.st_gid, status.st_size,
                       status.st_mtime_ns, content(path, status)]
    return found


def opened(path, flags, then=lambda fd: None):
    fd = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        then(fd)
    finally:
        os.close(fd)


def attempts(path, folder):
    """What would change a file, its folder or the device if it were done: name, call, arguments."""
    here = os.path.join(folder, "stranger")
    text = b"1\n"
    for name, flags in (("O_WRONLY", os.O_WRONLY), ("O_RDWR", os.O_RDWR),
                        ("O_TRUNC", os.O_WRONLY | os.O_TRUNC), ("O_APPEND", os.O_WRONLY | os.O_APPEND),
                        ("O_CREAT", os.O_WRONLY | os.O_CREAT), ("O_RDONLY|O_TRUNC", os.O_TRUNC)):
        if not (flags == os.O_TRUNC and os.path.isdir(path)):
            yield name, opened, path, flags, lambda fd: os.write(fd, text)
    yield "truncate", os.truncate, path, 0
    yield "chmod", os.chmod, path, 0o777
    yield "chown", os.chown, path, NOBODY, NOBODY
    yield "lchown", os.lchown, path, NOBODY, -1
    yield "utime", os.utime, path, (1, 1)
    yield "utime now", os.utime, path
    yield "unlink", os.unlink, path
    yield "rmdir", os.rmdir, path
    yield "rename away", os.rename, path, here
    yield "rename over", os.rename, path, path + "x"
    yield "link", os.link, path, here
    yield "link out", os.link, path, "/tmp/stranger"
    yield "symlink", os.symlink, "/", here
    yield "mkdir", os.mkdir, here
    yield "mknod", os.mknod, here, 0o644 | stat.S_IFREG
    yield "mkfifo", os.mkfifo, here
    yield "mkdir within", os.mkdir, os.path.join(path, "stranger")
    yield "create within", opened, os.path.join(path, "stranger"), os.O_WRONLY | os.O_CREAT
    yield "setxattr", os.setxattr, path, "user.stranger", b"1"
    yield "removexattr", os.removexattr, path, "user.stranger"
    yield "mount over", lambda: checked(libc.mount(b"none", os.fsencode(path), b"tmpfs", 0, None))
    yield "unmount", lambda: checked(libc.umount2(os.fsencode(path), 2))


def looks(path):
    """What a reader may try; whatever it answers, it changes nothing."""
    def all_of(fd):
        for call, *arguments in ((os.read, fd, 1), (os.pread, fd, 7, 3), (os.pread, fd, 1, 1 << 40),
                                 (os.lseek, fd, -1, os.SEEK_END), (os.write, fd, b"1\n"),
                                 (os.ftruncate, fd, 0), (os.posix_fallocate, fd, 0, 10),
                                 (os.fsync, fd), (os.fchmod, fd, 0o777), (fcntl.flock, fd, fcntl.LOCK_EX | fcntl.LOCK_NB),
                                 *((fcntl.ioctl, fd, code, bytearray(64)) for code in
                                   (0x80046990, 0xc0106991, 0xc0046991, 0x5401, 0x541b))):
            errno_of(call, *arguments)
    yield opened, path, os.O_RDONLY, all_of
    yield os.listxattr, path
    yield os.statvfs, path
    yield os.access, path, os.W_OK


def succeed(root):
    """The attempts that are not refused."""
    done = []
    for path in list(walk(root)):
        if os.path.islink(path):
            continue
        for name, call, *arguments in attempts(path, os.path.dirname(path)):
            if errno_of(call, *arguments) == "none":
                done.append(f"{name} {path}")
        for call, *arguments in looks(path):
            errno_of(call, *arguments)
    return done


def test_stranger():
    """a user without rights changes nothing, whatever he tries on whatever file"""
    if os.geteuid() != 0:
        raise Skip("only root can become other users")
    with Mount(*simulate(recordings(*PARTS))) as mount:
        os.chmod(mount.folder, 0o755)
        os.mkdir(f"{mount.root}/config/iio/triggers/hrtimer/clock")
        write(f"{mount.root}/devices/iio_sysfs_trigger/add_trigger", "3\n")
        before = picture(mount.root)
        done = as_stranger(lambda: succeed(mount.root)[:20])
        assert not done, done[:10]
        assert mounts_at(mount.root) == 1
        after = picture(mount.root)
        changed = {path: (before.get(path), after.get(path)) for path in before.keys() | after.keys()
                   if before.get(path) != after.get(path)}
        assert not changed, list(changed.items())[:5]
        attributes = sum(isinstance(what[-1], str) for what in before.values())
        return f"{len(before)} files and folders, {attributes} with a content"


run(test_stranger)
