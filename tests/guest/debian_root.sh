#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Makes the root file system of debian_boot.sh, Debian bookworm with systemd, once: a tar
# file. Most of the time it waits for a mirror, so that scripts/test starts it first.
#   debian_root.sh FILE
set -eu
tarball=$1
mkdir -p "$(dirname "$tarball")"
exec 9>"$tarball.lock"
flock 9
[ ! -s "$tarball" ] || exit 0
# What iiofs is linked with, and what the checks use.
packages=systemd,systemd-sysv,dbus,udev,fuse3,kmod,iiod,libiio-utils,iproute2,libfmt9,libspdlog1.10,libfuse3-3,libncursesw6
mmdebstrap --quiet --format=tar --variant=minbase --include="$packages" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' bookworm "$tarball.new" >/dev/null ||
    { rm -f "$tarball.new"; exit 1; }
mv "$tarball.new" "$tarball"
