#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_semantics.py: every odd file operation on the tree answers as on the kernel's sysfs."""
import difflib
import mmap
import os
import select
import stat
import subprocess
import sys

from mount_fixture import REFERENCE, Mount, Skip, errno_of, recordings, run, simulate

PAGE = mmap.PAGESIZE  # of the kernel, and with it the size of sysfs' files
# An attribute that reads "2\n" and can be written.
ATTRIBUTE = "in_temp_oversampling_ratio"

# What FUSE's kernel side decides by itself, and no daemon can mend.
UNMENDABLE = {
    "lseek big": "a file of FUSE may be sought up to 2^63",
    "mmap PRIVATE ro": "every file of FUSE can be mapped privately",
}


def tree():
    return Mount(*simulate(recordings("bmp280")))


def test_reference():
    """the reference kernel's list of operations is answered alike"""
    program = os.path.join(REFERENCE, "semantics.py")
    recorded = os.path.join(REFERENCE, "semantics-kernel.txt")
    if not os.path.exists(program):
        raise Skip("no reference kernel beside the checkout")
    with tree() as mount:
        done = subprocess.run([sys.executable, program, mount.path(0, ATTRIBUTE), mount.path(0)],
                              text=True, capture_output=True, timeout=60, check=True)
    with open(recorded, encoding="utf-8") as file:
        expected = file.read().splitlines()
    answered = done.stdout.splitlines()
    assert len(expected) > 50 and len(answered) == len(expected), \
        f"{len(answered)} answers, {len(expected)} expected"
    differ = {line[:34].strip() for want, line in zip(expected, answered) if want != line}
    unexpected = differ - set(UNMENDABLE)
    assert not unexpected, "\n".join(difflib.unified_diff(expected, answered, "kernel", "iiofs",
                                                           lineterm="", n=0))
    return f"{len(expected) - len(differ)} of {len(expected)} equal, " \
           f"{', '.join(sorted(differ))} cannot be mended"


def opened(path, flags):
    """Does an operation on a descriptor, and closes it."""
    def do(call, *arguments):
        fd = os.open(path, flags)
        try:
            return call(fd, *arguments)
        finally:
            os.close(fd)
    return do


def test_refused():
    """what sysfs refuses is refused with sysfs's errno, and changes nothing"""
    with tree() as mount:
        file, folder = mount.path(0, ATTRIBUTE), mount.path(0)
        new, read_only = os.path.join(folder, "new"), mount.path(0, "name")
        reading = opened(file, os.O_RDONLY)
        before = sorted(os.listdir(folder))
        for expected, call, *arguments in (
                ("EACCES", os.open, new, os.O_CREAT | os.O_WRONLY),
                ("EEXIST", os.open, file, os.O_CREAT | os.O_EXCL | os.O_WRONLY),
                ("ENOTDIR", os.open, file, os.O_RDONLY | os.O_DIRECTORY),
                ("EINVAL", os.open, file, os.O_RDONLY | os.O_DIRECT),
                ("EISDIR", os.open, folder, os.O_WRONLY),
                ("ENOTDIR", os.open, file + "/", os.O_RDONLY),
                ("ENOENT", os.open, new, os.O_RDONLY),
                ("EPERM", os.mkdir, new),
                ("EPERM", os.symlink, "x", new),
                ("EPERM", os.link, file, new),
                ("EPERM", os.mkfifo, new),
                ("EPERM", os.unlink, file),
                ("ENOTDIR", os.rmdir, file),
                ("EPERM", os.rename, file, new),
                ("EINVAL", os.readlink, file),
                ("ENOTDIR", os.chdir, file),
                ("ENOTSUP", os.setxattr, file, "user.x", b"1"),
                ("EBADF", reading, os.write, b"1"),
                ("EINVAL", reading, os.lseek, -1, 0),
                ("ENODEV", reading, lambda fd: mmap.mmap(fd, PAGE, mmap.MAP_SHARED,
                                                         mmap.PROT_READ)),
                ("EINVAL", opened(file, os.O_RDWR), os.posix_fallocate, 0, 10),
                ("EINVAL", opened(file, os.O_WRONLY), os.write, b"3\n"),
                ("EINVAL", opened(file, os.O_WRONLY), os.write, b"abc\n")):
            got = errno_of(call, *arguments)
            name = getattr(call, "__name__", "call")
            assert got == expected, f"{name}{arguments}: {got}, not {expected}"
        assert errno_of(opened(read_only, os.O_RDONLY), os.write, b"x") == "EBADF"
        assert stat.S_IMODE(os.stat(read_only).st_mode) == 0o444
        assert sorted(os.listdir(folder)) == before
        assert opened(file, os.O_RDONLY)(os.read, 99) == b"2\n"


def test_reads():
    """a file is asked when it is read from its beginning, and then keeps its text"""
    with tree() as mount:
        file = mount.path(0, ATTRIBUTE)
        fd = os.open(file, os.O_RDWR)
        try:
            assert os.fstat(fd).st_size == PAGE
            assert os.read(fd, 1) == b"2", "the first byte"
            assert os.pwrite(fd, b"16\n", 0) == 3
            assert os.read(fd, 10) == b"\n", "the rest is of the same text"
            assert os.read(fd, 10) == b"", "the end"
            assert os.pread(fd, 10, 0) == b"16\n", "asked anew"
            assert os.pread(fd, 10, 1) == b"6\n"
            assert os.pread(fd, 10, PAGE) == b""
            os.lseek(fd, 0, os.SEEK_SET)
            assert os.read(fd, 10) == b"16\n"
            assert os.lseek(fd, 0, os.SEEK_END) == PAGE
        finally:
            os.close(fd)


def test_writes():
    """one write is one store, wherever its offset; truncating changes nothing"""
    with tree() as mount:
        file = mount.path(0, ATTRIBUTE)
        write = opened(file, os.O_WRONLY)
        read = opened(file, os.O_RDONLY)
        os.truncate(file, 0)
        os.truncate(file, 100)
        assert read(os.read, 99) == b"2\n" and os.stat(file).st_size == PAGE
        assert write(os.write, b"4") == 1, "without a newline"
        assert write(os.pwrite, b"8\n", 7) == 2
        assert read(os.read, 99) == b"8\n"
        assert opened(file, os.O_WRONLY | os.O_TRUNC | os.O_APPEND)(os.write, b"1\n") == 2
        assert read(os.read, 99) == b"1\n"


def test_poll():
    """poll says what a reader has not seen, and after a read that there is nothing new"""
    with tree() as mount:
        fd = os.open(mount.path(0, ATTRIBUTE), os.O_RDONLY)
        try:
            poll = select.poll()
            poll.register(fd, select.POLLIN | select.POLLOUT | select.POLLPRI)
            always = select.POLLIN | select.POLLOUT
            assert poll.poll(1000) == [(fd, always | select.POLLPRI | select.POLLERR)]
            os.read(fd, 10)
            assert poll.poll(1000) == [(fd, always)]
        finally:
            os.close(fd)


run(test_reference, test_refused, test_reads, test_writes, test_poll)
