#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Makes the root file system of a Debian, a tar file, once for the same packages. Most of the
# time it waits for a mirror, so that scripts/test starts it first.
#   root.sh boot|tests RELEASE FILE
# boot: with systemd, for tests/guest/debian_boot.sh; tests: with what building and testing
# needs, for release.sh.
set -eu
kind=$1 release=$2 tarball=$3
mkdir -p "$(dirname "$tarball")"
exec 9>"$tarball.lock"
flock 9
case $kind in
boot)
    # What iiofs is linked with, and what the checks use.
    packages=systemd,systemd-sysv,dbus,udev,fuse3,kmod,iiod,libiio-utils,iproute2,libncursesw6
    case $release in
    bookworm) packages+=,libfmt9,libspdlog1.10,libfuse3-3 ;;
    *) packages+=,libfmt10,libspdlog1.15,libfuse3-4 ;;
    esac ;;
tests)
    packages=ccache,systemd-dev,$("$(dirname "$(readlink -f "$0")")"/../../scripts/install-deps --list test | paste -sd,) ;;
*) echo "root.sh: boot or tests" >&2; exit 2 ;;
esac
[ ! -s "$tarball" ] || [ "$packages" != "$(cat "$tarball.packages" 2>/dev/null)" ] || exit 0
mmdebstrap --quiet --format=tar --variant=minbase --include="$packages" \
    --aptopt='Acquire::Retries "5"' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$release" "$tarball.new" >/dev/null ||
    { rm -f "$tarball.new"; exit 1; }
mv "$tarball.new" "$tarball"
echo "$packages" >"$tarball.packages"
