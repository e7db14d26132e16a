#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Loads a module of the running User-Mode Linux with what it depends on, or removes it; stands for
kmod, which a Debian that only tests need not have.
    insmod.py NAME [PARAMETER=VALUE]...
    insmod.py --remove NAME
"""
import ctypes
import errno
import os
import platform
import sys

FOLDER = f"/usr/lib/uml/modules/{platform.release()}"
libc = ctypes.CDLL(None, use_errno=True)
SYSCALLS = {"x86_64": (313, 176), "i686": (350, 129)}  # finit_module, delete_module
FINIT_MODULE, DELETE_MODULE = SYSCALLS["x86_64" if ctypes.sizeof(ctypes.c_void_p) == 8 else "i686"]


def module_name(path):
    return os.path.basename(path).split(".ko")[0].replace("-", "_")


def load(path, parameters):
    with open(f"{FOLDER}/{path}", "rb") as file:
        if libc.syscall(FINIT_MODULE, file.fileno(), parameters.encode(), 0) == 0:
            return
    error = ctypes.get_errno()
    if error != errno.EEXIST or parameters:
        sys.exit(f"insmod: {path}: {os.strerror(error)}")


def main(words):
    if words[0] == "--remove":
        if libc.syscall(DELETE_MODULE, module_name(words[1]).encode(), os.O_NONBLOCK) != 0:
            sys.exit(f"insmod: {words[1]}: {os.strerror(ctypes.get_errno())}")
        return
    with open(f"{FOLDER}/modules.dep", encoding="ascii") as file:
        needs = {path: others.split() for path, others in (line.strip().split(":") for line in file)}
    path = next((p for p in needs if module_name(p) == module_name(words[0])), None)
    if path is None:
        sys.exit(f"insmod: {words[0]}: no such module in {FOLDER}")
    # modules.dep names what a module needs with the innermost last.
    for other in reversed(needs[path]):
        load(other, "")
    load(path, " ".join(words[1:]))


main(sys.argv[1:])
