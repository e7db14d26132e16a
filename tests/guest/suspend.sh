#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Process 1 of the machine of scripts/suspend-test.
export PATH=/bin LC_ALL=C
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t cgroup2 cgroup /sys/fs/cgroup
while read -r module; do busybox insmod "/modules/$module"; done </modules/order

passed=0 failed=0
ok() { passed=$((passed + 1)); echo "ok: $1"; }
bad() { failed=$((failed + 1)); echo "FAILED: $1"; }
check() {
    what=$1
    shift
    if "$@"; then ok "$what"; else bad "$what"; fi
}

echo "Linux $(busybox uname -r)"
iiofs mount --simulate /as5600.json --simulate /bmi160.json /mnt >/tmp/log 2>&1 &
server=$!
until [ -e /mnt/devices/iio:device1/buffer/enable ]; do sleep 0.2; done

# A stream that gives its first scans after an hour.
mkdir /mnt/config/iio/triggers/hrtimer/clock
cd /mnt/devices/iio:device1 || exit 1
echo clock >trigger/current_trigger
echo 1 >scan_elements/in_accel_x_en
echo 4096 >buffer/length
echo 4000 >buffer/watermark
echo 1 >buffer/enable
cd /

# Clients that wait: for a stream, for what changes, for an event.
wait_for_iiofs() {
    while :; do cat /mnt/dev/iio:device1; done >/dev/null 2>&1 &
    readers=$!
    { cat; } </mnt/changes >/dev/null 2>&1 &
    readers="$readers $!"
    sleep 2
}
no_clients() {
    for pid in $(busybox pidof cat) $readers; do kill -9 "$pid" 2>/dev/null; done
    sleep 1
}
waiting() { cat /proc/[0-9]*/wchan 2>/dev/null | grep -o request_wait_answer | busybox wc -l; }

echo 3000 >/sys/power/pm_freeze_timeout
freezes() { echo freezer >/sys/power/pm_test && echo freeze 2>/dev/null >/sys/power/state; }
devices_sleep() { echo devices >/sys/power/pm_test && echo freeze >/sys/power/state; }

check "nobody waits: all processes freeze" freezes
wait_for_iiofs
echo "$(waiting) processes wait"
if freezes; then echo "without the hook: they freeze"; else echo "without the hook: they do not freeze"; fi
for round in 1 2 3; do
    echo "$(waiting) processes wait"
    /bin/sh /sleep-hook pre
    check "round $round, after the hook: all processes freeze" freezes
    /bin/sh /sleep-hook post
    sleep 1
done
check "no control group is left" [ -z "$(find /sys/fs/cgroup -name iiofs-asleep)" ]
/bin/sh /sleep-hook pre
check "the devices of the machine sleep and wake" devices_sleep
/bin/sh /sleep-hook post
sleep 1
check "the clients wait again" [ "$(waiting)" -gt 0 ]
no_clients
check "an attribute is read" [ "$(cat /mnt/devices/iio:device0/name)" = as5600 ]
[ "$failed" = 0 ] || busybox dmesg | busybox tail -n 40
kill "$server"
echo "$passed passed, $failed failed"
echo o >/proc/sysrq-trigger
sleep 60
