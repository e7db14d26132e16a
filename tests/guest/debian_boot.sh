#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Boots Debian (SUITE: bookworm) with systemd in Debian's User-Mode Linux, with iiofs
# installed, and runs debian_boot_checks.sh there. The root file system is made
# once and kept in the build directory. Skipped where something is missing.
#   IIOFS_BUILD=FOLDER [SUITE=RELEASE] [IIOFS_PACKAGES=FOLDER-OF-DEBS] debian_boot.sh
set -eu
here=$(dirname "$(readlink -f "$0")")
source=$(dirname "$(dirname "$here")")
build=$(readlink -f "${IIOFS_BUILD:-$source/build}")
skip() { echo "skipped: $1"; exit 77; }
[ "$(id -u)" = 0 ] || skip "root makes the root file system"
kernel=$(command -v linux.uml) || skip "no linux.uml (Debian's package user-mode-linux)"
command -v mmdebstrap >/dev/null || skip "no mmdebstrap (Debian's package of this name)"
release=${SUITE:-bookworm}
# Without packages the guest runs the programs that this machine has built.
[ -n "${IIOFS_PACKAGES:-}" ] || grep -q "^VERSION_CODENAME=$release" /etc/os-release ||
    skip "this is no Debian $release"
modules=$(ls -d /usr/lib/uml/modules/*/ | tail -1)

tarball=$build/debian/$release-boot.tar
"$source/tests/debian/root.sh" boot "$release" "$tarball" || skip "mmdebstrap cannot make a $release (is there a mirror?)"

work=$(mktemp -d /tmp/iiofs-boot.XXXXXX)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir "$root"
tar -C "$root" -xf "$tarball"
mkdir -p "$root/dev" "$root/lib/modules"
cp -r "$modules" "$root/lib/modules/"
: >"$root/etc/fstab"

if [ -n "${IIOFS_PACKAGES:-}" ]; then
    mkdir "$root/packages"
    cp "$IIOFS_PACKAGES"/{iiofs,libiiowrap0}_*_"$(dpkg --print-architecture)".deb "$root/packages/"
    chroot "$root" sh -c 'dpkg -i /packages/*.deb' >/dev/null
    # The same ones with a later version, for the upgrade.
    mkdir "$root/packages/newer"
    for package in "$root"/packages/*.deb; do
        dpkg-deb --raw-extract "$package" "$work/package"
        sed -i -E 's/^Version: .*/&+newer/; s/(libiiowrap0 \(= [^)]*)\)/\1+newer)/' "$work/package/DEBIAN/control"
        dpkg-deb --root-owner-group --build "$work/package" "$root/packages/newer" >/dev/null
        rm -r "$work/package"
    done
else
    DESTDIR=$work/installed meson install -C "$build" --no-rebuild --quiet
    tar -C "$work/installed" -cf - . | tar -C "$root" --keep-directory-symlink -xf -
    chroot "$root" sh -c 'ldconfig && systemd-sysusers && systemctl enable iiofs' 2>/dev/null
fi
chroot "$root" systemctl enable iiod 2>/dev/null
# Slow here, and not looked at.
chroot "$root" systemctl mask e2scrub_reap apt-daily.timer apt-daily-upgrade.timer \
    systemd-pstore systemd-udev-trigger getty@tty1 2>/dev/null
rm -f "$root/etc/init.d/iiod" # beside its unit

cat >"$root/etc/iiofs.toml" <<'END'
[permissions]
owner = "root"
group = "iio"
write = "0220"

[[device]]
model = "bme280"
label = "greenhouse"

[[device]]
model = "mcp4725"

[[device]]
driver = "bmp280"
i2c = "/dev/i2c-7"
address = 0x76
END
cp "$here/debian_boot_checks.sh" "$root/root/"
mkdir "$root/root/documents"
"$source/tests/tools/documents.py" scripts "$root/root/documents"
printf '#!/bin/sh\nexec "$@"\n' >"$root/usr/local/bin/sudo"
chmod +x "$root/usr/local/bin/sudo"
echo '127.0.0.1 raspberrypi.local' >>"$root/etc/hosts"
cat >"$root/etc/systemd/system/boot-checks.service" <<'END'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
TimeoutStartSec=infinity
ExecStart=/bin/bash /root/debian_boot_checks.sh
StandardOutput=append:/root/checks.log
StandardError=append:/root/checks.log
ExecStopPost=/bin/sh -c 'journalctl --no-pager -b >/root/journal.log; sync; systemctl poweroff --force --force'
END
mkdir -p "$root/etc/systemd/system/graphical.target.wants"
ln -s ../boot-checks.service "$root/etc/systemd/system/graphical.target.wants/"

timeout --kill-after=5 "${IIOFS_BOOT_SECONDS:-1800}" "$kernel" mem=512M rootfstype=hostfs \
    rootflags="$root" rw init=/lib/systemd/systemd con=null con0=fd:0,fd:1 console=tty0 \
    systemd.show_status=false quiet loglevel=3 uml_dir="$work" </dev/null >"$work/console.log" 2>&1 || true
[ ! -s "$root/root/checks.log" ] || cat "$root/root/checks.log"
if ! [ "$(cat "$root/root/status" 2>/dev/null)" = 0 ]; then
    [ -z "${IIOFS_BOOT_KEEP:-}" ] || cp "$root"/root/*.log "$work/console.log" "$IIOFS_BOOT_KEEP" || true
    grep -E 'iiofs|iiod' "$root/root/journal.log" 2>/dev/null | tail -60 || tail -20 "$work/console.log"
    exit 1
fi
"$source/tests/tools/documents.py" compare "$root/root/documents"
