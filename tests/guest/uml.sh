#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Boots Debian's User-Mode Linux (package user-mode-linux) on this machine's
# files, loads kernel modules and runs a command there. Needs no root beyond
# what the command needs: UML is an ordinary process, root in it owns what this
# user owns.
#   uml.sh [MODULE | "MODULE PARAMETER=VALUE..."]... -- COMMAND...
# Exit status: the command's; 124 when it took longer than 600 s, 125 when
# the guest did not come up, 77 where the package is not installed.
# What the command writes is written here, /dev, /run and /dev/shm aside.
set -u
here=$(dirname "$(readlink -f "$0")")
seconds=600
modules=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    modules+=("$1")
    shift
done
shift
if ! kernel=$(command -v linux.uml); then
    echo "skipped: no linux.uml (Debian's package user-mode-linux)"
    exit 77
fi

work=$(mktemp -d /tmp/uml.XXXXXX)
trap 'rm -rf "$work"' EXIT
{
    echo '#!/bin/bash'
    echo 'export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root'
    echo 'mount -t proc proc /proc; mount -t sysfs sysfs /sys'
    echo 'mountpoint -q /dev || mount -t devtmpfs dev /dev'
    echo 'mkdir -p /dev/shm; mount -t tmpfs tmpfs /dev/shm; mount -t tmpfs tmpfs /run'
    printf 'cd %q\nstatus=0\n' "$PWD"
    for module in ${modules[@]+"${modules[@]}"}; do
        # A module and its parameters are words of one argument.
        # shellcheck disable=SC2086
        printf '%q ' "$here/insmod.py" $module
        echo '|| status=125'
    done
    printf 'if [ "$status" = 0 ]; then '
    printf '%q ' "$@"
    printf '\nstatus=$?; fi\necho "$status" >%q\nsync\n' "$work/status"
    # reboot(LINUX_REBOOT_CMD_POWER_OFF): there need be no init's poweroff here.
    echo 'python3 -c "import ctypes; ctypes.CDLL(None).reboot(0x4321FEDC)"'
} >"$work/init"
chmod +x "$work/init"

timeout --kill-after=5 "$seconds" "$kernel" mem=256M rootfstype=hostfs rootflags=/ rw \
    init="$work/init" con=null con0=fd:0,fd:1 console=tty0 loglevel=3 \
    uml_dir="$work" </dev/null 2>"$work/boot.log"
outcome=$?
if [ -s "$work/status" ]; then
    exit "$(cat "$work/status")"
fi
cat "$work/boot.log"
[ "$outcome" = 124 ] && exit 124
exit 125
