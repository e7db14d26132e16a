# SPDX-License-Identifier: MIT
"""A service manager, as much of it as iiofs talks to (sd_notify(3))."""
import os
import socket
import subprocess
import tempfile
import threading

import mount_fixture as fixture

MOUNTER = os.path.abspath(os.environ.get(
    "IIOFS_MOUNTER", os.path.join(fixture.SOURCE, "build/daemon/mounter/iiofs-mounter")))


class Manager:
    """Takes notifications as systemd does: a descriptor store by name, and barriers."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="iiofs-test-")
        self.root = os.path.join(self.folder, "mnt")
        os.mkdir(self.root)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(os.path.join(self.folder, "notify"))
        self.store = {}
        self.messages = []
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.drop("fuse")
        self.drop("keep")
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.socket.close()
        fixture.clean_up(self.root, self.folder)

    def serve(self):
        while True:
            text, fds, _, _ = socket.recv_fds(self.socket, 4096, 8)
            if not text:
                return
            lines = dict(line.split("=", 1) for line in text.decode().split("\n"))
            self.messages.append(lines)
            if "FDSTOREREMOVE" in lines:
                self.drop(lines["FDNAME"])
            elif "FDSTORE" in lines:
                self.drop(lines["FDNAME"])
                self.store[lines["FDNAME"]] = fds[0]
            else:  # a barrier
                for fd in fds:
                    os.close(fd)

    def said(self, key):
        """The values of a key in the messages up to now."""
        return [message[key] for message in list(self.messages) if key in message]

    def drop(self, name):
        if name in self.store:
            os.close(self.store.pop(name))

    def environment(self):
        return os.environ | {"NOTIFY_SOCKET": os.path.join(self.folder, "notify")}

    def run(self, command, directory=None):
        """What the mounter does: its exit status and what it said."""
        done = subprocess.run([MOUNTER, command, directory or self.root], env=self.environment(),
                              text=True, capture_output=True, timeout=30, check=False)
        return done.returncode, done.stdout + done.stderr
