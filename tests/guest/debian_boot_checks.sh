#!/bin/bash
# SPDX-License-Identifier: MIT
#
# In the guest of debian_boot.sh, as root: what the service promises. Each line is a
# claim; the first that does not hold ends it.
set -u
mount=/run/iiofs
devices=$mount/devices
begin=$(date +%s%N)
claim() {
    local text=$1 now
    shift
    now=$(date +%s%N)
    if "$@"; then
        now=$(date +%s%N)
        echo "ok: $text ($(((now - begin) / 1000000)) ms)"
        begin=$now
        return
    fi
    echo "FAILED: $text"
    systemctl status --no-pager -l iiofs iiod iiofs-mountpoint
    echo 1 >/root/status
    exit 1
}
soon() { # within 20 s
    local turn
    for turn in $(seq 200); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    "$@"
}
property() { systemctl show -P "$1" iiofs; }
is_mounted() { grep -q " $mount " /proc/self/mountinfo; }
not() { ! "$@"; }
mount_id() { grep " $mount " /proc/self/mountinfo | cut -d' ' -f1,3; }
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"; }
in_group() { setpriv --reuid=65534 --regid=65534 --groups="$(getent group "$1" | cut -d: -f3)" -- "${@:2}"; }
reads() { [ "$(cat "$devices/$1")" = "$2" ]; }

claim "the service is active at boot" soon systemctl is-active --quiet iiofs
claim "its status says what is absent" \
    grep -q '2 of 3 devices; absent: iio:device2 (bmp280 on i2c-7 0x76)' <<<"$(property StatusText)"
claim "everybody reads the mount" as_nobody grep -qx bme280 $devices/iio:device0/name
claim "other services see it" systemd-run --wait --quiet -p PrivateTmp=yes -p ProtectSystem=strict \
    grep -qx greenhouse $devices/iio:device0/label
writes='echo 1000 >/run/iiofs/devices/iio:device1/out_voltage0_raw'
claim "not everybody writes" not as_nobody sh -c "$writes 2>/dev/null"
claim "the group iio does" in_group iio sh -c "$writes"
claim "what it wrote is there" reads iio:device1/out_voltage0_raw 1000
claim "the server has no capability and its own user" sh -c '
    status=/proc/$(systemctl show -P MainPID iiofs)/status
    grep -q "^CapPrm:.0*$" $status && grep -q "^CapBnd:.0*$" $status &&
    [ "$(ps -o user= -p "$(systemctl show -P MainPID iiofs)" 2>/dev/null || stat -c %U /proc/"$(systemctl show -P MainPID iiofs)")" = iiofs ]'
claim "the kernel has no IIO" not test -e /sys/bus/iio
claim "iiod serves the mount" soon sh -c 'iio_info -u ip:127.0.0.1 | grep -q "iio:device0: bme280"'
fields() { journalctl -u iiofs -o export --no-pager "$@"; }
claim "the journal has fields" sh -c "journalctl -u iiofs -o json --no-pager IIOFS_DEVICE=iio:device2 |
    grep -q '\"ERRNO\":\"2\".*\"IIOFS_BUS\":\"i2c-7 0x76\"\|\"IIOFS_BUS\":\"i2c-7 0x76\".*\"ERRNO\":\"2\"'"
lines() { journalctl -u iiofs -o cat --no-pager | grep -c "$1"; }
claim "an absent chip is one line" test "$(lines 'no device on i2c-7')" = 1

exec 8<$devices/iio:device0/name
pid=$(property MainPID)
printf '[[device]]\nmodel = "as5600"\n' >>/etc/iiofs.toml
claim "a reload succeeds" systemctl reload iiofs
claim "a reload adds a device" soon reads iio:device3/name as5600
claim "and leaves the others and their numbers" reads iio:device1/out_voltage0_raw 1000
claim "in the same process" test "$(property MainPID)" = "$pid"
sed -i 's/bme280"/bme28"/' /etc/iiofs.toml
claim "a reload of a wrong file fails" not systemctl reload iiofs
claim "and says file, line and key" sh -c \
    "journalctl -u iiofs -o cat --no-pager | grep -q '/etc/iiofs.toml:7:.*device.model'"
claim "nothing has changed" reads iio:device0/name bme280
sed -i 's/bme28"/bme280"/' /etc/iiofs.toml

# A server that takes a mount over has a mounter that can hold one.
takes_over() { "$(find /usr -name iiofs-mounter -path '*libexec*')" 2>&1 | grep -q ' hold '; }
if takes_over; then
    id=$(mount_id)
    kill -KILL "$pid"
    claim "a file that was open over SIGKILL of the server is read" \
        sh -c '[ "$(cat <&8)" = bme280 ]' 8<&8
    claim "by another process" not test "$(property MainPID)" = "$pid"
    claim "on the same mount" test "$(mount_id)" = "$id"
    claim "with what was set" reads iio:device1/out_voltage0_raw 1000
    claim "which is counted as one restart" test "$(property NRestarts)" = 1

    exec 9<$devices/iio:device1/name
    claim "a restart succeeds" systemctl restart iiofs
    claim "it keeps the mount" test "$(mount_id)" = "$id"
    claim "and an open file" sh -c '[ "$(cat <&9)" = mcp4725 ]' 9<&9
    if [ -d /packages ]; then
        pid=$(property MainPID)
        exec 7<$devices/iio:device3/name
        claim "newer packages are installed" sh -c 'dpkg -i /packages/newer/*.deb >/root/dpkg.log 2>&1'
        claim "the new server runs" not test "$(property MainPID)" = "$pid"
        claim "on the same mount" test "$(mount_id)" = "$id"
        claim "with the open file" sh -c '[ "$(cat <&7)" = as5600 ]' 7<&7
        exec 7<&-
        claim "and with what was set" reads iio:device1/out_voltage0_raw 1000
    fi
    claim "iiod still serves" soon sh -c 'iio_info -u ip:127.0.0.1 | grep -q "iio:device0: bme280"'
    exec 9<&-
else
    echo "skipped: crash, restart and upgrade: this server takes no mount over"
fi
exec 8<&-

claim "iiofs unmount leaves the service its mount" not sh -c 'iiofs unmount 2>/root/unmount'
claim "and says what ends it" grep -q 'systemd serves it; end it with: systemctl stop iiofs' /root/unmount
claim "the server answers" reads iio:device1/name mcp4725

# Last, as they add and remove devices.
for script in $(ls -v /root/documents/*.sh); do
    claim "the commands of $(basename "$script" .sh)" sh -c 'bash "$1" >"${1%.sh}.output" 2>&1' sh "$script"
done

claim "it stops" systemctl stop iiofs
claim "and leaves no mount" soon not is_mounted
claim "it starts again" systemctl start iiofs
claim "and answers" reads iio:device0/name bme280
claim "what is stopped during the pause after a crash" sh -c '
    mkdir -p /run/systemd/system/iiofs.service.d
    printf "[Service]\nRestartSec=1min\n" >/run/systemd/system/iiofs.service.d/pause.conf
    systemctl daemon-reload
    kill -KILL "$(systemctl show -P MainPID iiofs)"
    until [ "$(systemctl show -P SubState iiofs)" = auto-restart ]; do sleep 0.1; done
    systemctl stop iiofs'
claim "leaves no mount either" soon not is_mounted
rm -r /run/systemd/system/iiofs.service.d
systemctl daemon-reload

claim "it starts after that" systemctl start iiofs
# Fewer starts in a longer time than the unit's: a slow guest starts it twice a minute.
mkdir -p /run/systemd/system/iiofs.service.d
printf '[Unit]\nStartLimitIntervalSec=1h\nStartLimitBurst=3\n' >/run/systemd/system/iiofs.service.d/limit.conf
systemctl daemon-reload
systemctl reset-failed iiofs
starts_too_often() {
    local end=$((SECONDS + 900))
    while [ $SECONDS -lt $end ]; do
        [ "$(property SubState)" != failed ] || return 0
        pid=$(property MainPID)
        [ "$pid" = 0 ] || kill -KILL "$pid" 2>/dev/null
        sleep 0.5
    done
    return 1
}
claim "a server that dies again and again is given up" starts_too_often
claim "and leaves no mount" soon not is_mounted
rm -r /run/systemd/system/iiofs.service.d
systemctl daemon-reload
if [ -d /packages ]; then
    systemctl reset-failed iiofs
    claim "it starts once more" systemctl start iiofs
    claim "the package is removed" sh -c 'dpkg --remove iiofs >>/root/dpkg.log 2>&1'
    claim "and leaves no mount" soon not is_mounted
    claim "the package is purged" sh -c 'dpkg --purge iiofs >>/root/dpkg.log 2>&1'
    claim "and leaves nothing" sh -c '! ls -d /etc/iiofs* /run/iiofs /var/lib/iiofs 2>/dev/null | grep .'
fi
echo 0 >/root/status
