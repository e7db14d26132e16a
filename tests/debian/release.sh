#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Builds iiofs in another release of Debian and runs the unit tests, with those of
# conformance, and the mount tests there: its compiler, libraries, libiio and clients on this
# machine's kernel. The root file system is made once and kept in the build directory, as
# what ccache keeps. Skipped where it cannot be made.
#   release.sh RELEASE SOURCE_DIRECTORY BUILD_DIRECTORY
# meson's log of the tests is left in BUILD_DIRECTORY/debian/RELEASE.json (scripts/summary.py).
set -eu
release=$1 source=$(readlink -f "$2") folder=$(readlink -f "$3")/debian
skip() { echo "skipped: $1"; exit 77; }
[ "$(id -u)" = 0 ] || skip "root makes the root file system"
command -v mmdebstrap >/dev/null || skip "no mmdebstrap (Debian's package of this name)"
[ -c /dev/fuse ] || skip "no /dev/fuse"
mkdir -p "$folder/ccache"
rm -f "$folder/$release".{json,txt}
begin=$SECONDS
"$source/tests/debian/root.sh" tests "$release" "$folder/$release-tests.tar" ||
    skip "mmdebstrap cannot make a $release (is there a mirror?)"

root=$folder/$release
rm -rf --one-file-system "$root"
mkdir -p "$root"
trap 'rm -rf --one-file-system "$root"' EXIT
tar -C "$root" -xf "$folder/$release-tests.tar"
"$source/scripts/copy-source" "$root/src/iiofs"
mkdir -p "$root/src/shared" "$root/ccache" "$root/old"
echo "$release: root file system and sources: $((SECONDS - begin)) s"

# A machine of its own but for the kernel and /sys: mounts, processes and network, as there may
# be the same tests outside. Not by chroot(2), in which nobody makes a user namespace.
in_root() {
    # shellcheck disable=SC2016
    unshare --mount --pid --fork --kill-child --net --ipc -- sh -euc '
        root=$1 shared=$2 ccache=$3
        shift 3
        mount --bind "$root" "$root"
        mount -t proc proc "$root/proc"
        mount --rbind /sys "$root/sys"
        mount --rbind /dev "$root/dev"
        mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
        mount -t tmpfs -o mode=1777 tmp "$root/tmp"
        mount -t tmpfs -o mode=755 run "$root/run"
        [ ! -d "$shared" ] || mount --bind -o ro "$shared" "$root/src/shared"
        mount --bind "$ccache" "$root/ccache"
        cd "$root"
        pivot_root . old
        umount -l /old
        ip link set lo up
        # It stays, as process 1, to reap what others leave.
        "$@" || exit $?
    ' sh "$root" "$(dirname "$source")/shared" "$folder/ccache" env -i \
        PATH=/usr/lib/ccache:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root TERM=dumb \
        CCACHE_DIR=/ccache CCACHE_NOHASHDIR=1 IIOFS_PATIENCE=3 "$@"
}

begin=$SECONDS
in_root sh -euc '
    cd /src/iiofs
    meson setup build -Doptimization=1 -Ddebug=false -Dunity=on -Dunity_size=32
    ninja -C build
' >"$folder/$release-build.log" 2>&1 || { tail -n 60 "$folder/$release-build.log"; exit 1; }
echo "$release: build: $((SECONDS - begin)) s"

begin=$SECONDS
status=0
in_root meson test -C /src/iiofs/build --no-rebuild --print-errorlogs --num-processes 2 \
    --timeout-multiplier 3 --suite unit --suite mount || status=$?
echo "$release: tests: $((SECONDS - begin)) s"
logs=$root/src/iiofs/build/meson-logs
cp "$logs/testlog.txt" "$folder/$release.txt"
sed "s/\"name\": \"/&$release: /" "$logs/testlog.json" >"$folder/$release.json"
python3 "$source/scripts/summary.py" "$status" "$folder/$release.json"
