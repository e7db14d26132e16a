#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Builds the daemon, with the drivers of parts that stream, and tests with sanitizers,
# and runs them: the unit tests, of the daemon only without threads; streams of which
# each transfer fails once, and removals (tests/conformance/running_sweep_test.cpp);
# clients of chips that stream on a bus that fails (tests/tools/stress_streams.cpp);
# what comes and goes while clients stream (tests/mount/test_streaming.py --short); takeovers,
# `iiofs run` and the service under a manager, as processes; and 20 threads that read and write all attributes of 50 devices of a mount while
# devices come and go.
#   sanitize.sh address,undefined|thread SOURCE_DIRECTORY BUILD_DIRECTORY [SECONDS]
# SECONDS are those of the clients and of the threads. The build is kept in
# BUILD_DIRECTORY/sanitize-*.
set -u
kind=$1 source=$2 build=$3/sanitize-${1%%,*} seconds=${4:-30}
export ASAN_OPTIONS=detect_leaks=1:halt_on_error=1:exitcode=66
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:exitcode=66:second_deadlock_stack=1
export IIOFS_GOLDEN=$source/tests/golden IIOFS_SOURCE=$source

# ThreadSanitizer's own locks spin: threads of a real-time priority would keep the CPUs from the
# thread that holds one.
run=()
[ "$kind" = thread ] && [ "$(id -u)" -eq 0 ] && run=(setpriv --bounding-set=-sys_nice --inh-caps=-sys_nice)

# Of servers that are in the background. One that has found something dies, and the next one may
# hide that from clients.
reports=$build/reports
options_of_servers() {
    export "$1=${!1}:log_path=$reports/$2"
}
families=ads1015,apds9960,as5600,bma180,bmc150,bmc150_magn,bmp280,hmc5843,hts221
families+=,inv_mpu6050,lsm6dsx,max1363,mcp320x,mcp4725,st_sensors
units=unit
[ "$kind" = thread ] || units+=" unit_daemon"
[ -d "$build" ] || meson setup "$build" "$source" -Db_sanitize="$kind" -Db_lundef=false \
    -Ddrivers="$families" -Doptimization=0 -Ddebug=false -Dunity=on -Dunity_size=32 -Dcpp_args=-g1 -Dwerror=false \
    >/dev/null || exit 1
# shellcheck disable=SC2086 # words
ninja -C "$build" daemon/iiofs daemon/mounter/iiofs-mounter $(printf 'tests/%s ' $units conformance find_sensors hammer stress_streams) \
    >"$build/ninja.log" || { tail -n 30 "$build/ninja.log"; exit 1; }

for unit in $units; do
    "${run[@]}" "$build/tests/$unit" || exit 1
done
for family in ${families//,/ }; do
    echo "running streams and removals: $family"
    IIOFS_GOLDEN=$source/tests/golden/$family IIOFS_MODELS=$source/drivers/$family \
        "${run[@]}" "$build/tests/conformance" "a running stream*,a chip that always*" >"$build/sweep.log" ||
        { cat "$build/sweep.log"; exit 1; }
done
"${run[@]}" "$build/tests/stress_streams" "$seconds" || exit 1
IIOFS=$build/daemon/iiofs "${run[@]}" "$source/tests/mount/test_streaming.py" --short || exit 1

rm -rf "$reports"
mkdir -p "$reports"
(
    options_of_servers ASAN_OPTIONS asan
    options_of_servers TSAN_OPTIONS tsan
    options_of_servers UBSAN_OPTIONS ubsan
    # libfuse keeps the questions that the kernel has not answered, also when its session ends.
    echo leak:fuse_lowlevel_notify_retrieve >"$build/leaks"
    export LSAN_OPTIONS=suppressions=$build/leaks:print_suppressions=0
    export IIOFS=$build/daemon/iiofs IIOFS_MOUNTER=$build/daemon/mounter/iiofs-mounter IIOFS_BUILD=$build IIOFS_PATIENCE=4
    tests=$source/tests/mount
    "${run[@]}" "$tests/test_takeover.py" open_files settings streams slow_streams in_flight \
        service_manager orderly_restarts &&
        "${run[@]}" "$tests/test_managed.py" && "${run[@]}" "$tests/test_run.py"
) || exit 1
if [ -n "$(ls "$reports")" ]; then
    head -n 100 "$reports"/*
    exit 1
fi

mount=$(mktemp -d)
daemon=
cleanup() {
    fusermount3 -u -z "$mount" 2>/dev/null || umount -l "$mount" 2>/dev/null
    [ -n "$daemon" ] && kill -KILL "$daemon" 2>/dev/null
    rmdir "$mount"
}
trap cleanup EXIT
parts=(as5600 bme280 mcp3008 mcp4725 ads1115 bmc150_accel bmp380 hmc5883 max1363 ads1015)
chips=()
for part in "${parts[@]}"; do
    for _ in 1 2 3 4 5; do chips+=(--simulate "$part"); done
done
"${run[@]}" "$build/daemon/iiofs" mount "${chips[@]}" "$mount" 2>"$build/daemon.log" &
daemon=$!
for _ in $(seq 300); do
    [ -d "$mount/devices/iio:device49" ] && break
    kill -0 "$daemon" 2>/dev/null || { cat "$build/daemon.log"; exit 1; }
    sleep 0.1
done

"$build/tests/hammer" "$mount" 20 "$seconds" "${parts[@]}"
hammered=$?
kill -TERM "$daemon" 2>/dev/null
wait "$daemon"
ended=$?
daemon=
if [ $hammered -ne 0 ] || [ $ended -ne 0 ]; then
    echo "hammer: exit status $hammered, daemon: exit status $ended"
    grep -vE '^iiofs: info|no device' "$build/daemon.log" | tail -n 100
    exit 1
fi
