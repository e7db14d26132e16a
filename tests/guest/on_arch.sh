#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The tests inside a Debian of another architecture (scripts/test-arch): installs
# the packages, takes the demo's steps, runs the tests' programs and the mount tests.
#   on_arch.sh machine    as process 1 of a machine; ends with its power
#   on_arch.sh user       in a chroot
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root DEBIAN_FRONTEND=noninteractive
export IIOFS=/usr/bin/iiofs IIOFS_SOURCE=/iiofs IIOFS_GOLDEN=/iiofs/tests/golden IIOFS_BUILD=/iiofs/build
export IIOFS_PATIENCE=5 # an emulated machine is slow
how=$1
cd /iiofs || exit 1
if [ "$how" = machine ]; then
    mount -t proc proc /proc
    mount -t sysfs sys /sys
    mount -t devtmpfs dev /dev
    mount -t tmpfs tmp /tmp
    mount -t tmpfs run /run
    ln -sf /proc/self/fd /dev/fd
    mkdir -p /dev/shm && mount -t tmpfs shm /dev/shm
    modprobe -a fuse cuse
fi

passed=0 failed=0 skipped=0
# A check by its name: a command that ends with 0, or with 77 where it cannot run.
check() {
    name=$1
    shift
    begin=$(date +%s)
    "$@" >/tmp/out 2>&1
    status=$?
    seconds=$(($(date +%s) - begin))
    case $status in
    0) passed=$((passed + 1)); echo "ok: $name ($seconds s): $(tail -n 1 /tmp/out)" ;;
    77) skipped=$((skipped + 1)); echo "skipped: $name: $(tail -n 1 /tmp/out)" ;;
    *)
        failed=$((failed + 1))
        echo "FAILED: $name ($seconds s): $status"
        grep -a -B 12 -A 4 'FAILED:' /tmp/out | head -n 60
        tail -n 40 /tmp/out
        ;;
    esac
}

demo() (
    set -ex
    mount=$(mktemp -d)
    iiofs mount --background --config mnt-example/iiofs.toml "$mount"
    cd "$mount/devices"
    cat iio:device0/in_angl_raw iio:device1/in_temp_input iio:device2/in_voltage0_raw
    echo 2048 >iio:device3/out_voltage0_raw
    [ "$(cat iio:device3/out_voltage0_raw)" = 2048 ]
    if echo 5000 >iio:device3/out_voltage0_raw; then exit 1; fi
    cd /
    # qemu-user knows no open_tree().
    if [ "$how" = machine ]; then
        iiofs run --mount "$mount" -- iio_info >/tmp/info
        grep "iio:device1: bme280 (label: greenhouse)" /tmp/info
        grep "iio:device4: ads1015 (buffer capable)" /tmp/info
    fi
    fusermount3 -u "$mount"
    rmdir "$mount"
)

uname -a
echo "pages of $(getconf PAGESIZE) bytes"
check "the packages are installed" dpkg -i packages/iiofs_*.deb packages/libiiowrap*_*.deb
check "the demo's steps" demo
if [ "$how" = machine ]; then
    # Debian's kernel has no i2c-stub here.
    check "spidev" python3 -B tests/guest/debian_cuse_checks.py build/tests/bus_probe \
        build/tests/cuse_spidev tests/golden/mcp320x/mcp3008.json tests/golden/bmp280/bmp280-spi.json
    check "nodes by CUSE" python3 -B tests/guest/debian_nodes_checks.py
fi
# qemu-user answers ENOSYS to ioctls of I2C, whatever the descriptor is, and does nothing at MADV_REMOVE.
set --
[ "$how" = machine ] || set -- "~*SMBus*" "~*no bus node*"
check unit build/tests/unit "$@"
set --
[ "$how" = machine ] || set -- "~no damage to a keep*" "~a text that was read in pieces*"
IIOFS_MODELS=/usr/share/iiofs/models check unit_daemon build/tests/unit_daemon "$@"
check unit_drivers build/tests/unit_drivers
for family in $(iiofs drivers | awk '!/^#/ && NF { print $2 }' | sort -u); do
    export IIOFS_GOLDEN="/iiofs/tests/golden/$family"
    [ -d "$IIOFS_GOLDEN" ] || continue
    IIOFS_MODELS="/iiofs/drivers/$family" check "conformance of $family" build/tests/conformance
done
IIOFS_GOLDEN=/iiofs/tests/golden/hwmon check "hwmon's values" build/tests/hwmon
export IIOFS_GOLDEN=/iiofs/tests/golden
check "the models, crosschecked" python3 -B tests/model_crosscheck.py build/tests/model_shell
if [ "$how" = machine ]; then
    for name in clients conform example lifecycle run semantics streaming takeover; do
        check "mount-$name" python3 -B "tests/mount/test_$name.py"
    done
fi
check "the packages are purged" dpkg --purge iiofs libiiowrap-dev libiiowrap0
check "nothing is left" sh -c '[ -z "$(find /etc /usr /var/lib /run -name "*iiofs*" -o -name "*iiowrap*")" ]'
echo "$passed passed, $failed failed, $skipped skipped"
if [ "$how" = machine ]; then
    sync
    echo o >/proc/sysrq-trigger
    sleep 60
fi
