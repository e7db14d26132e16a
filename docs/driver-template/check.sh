#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Mounts a model with the drivers of a folder and compares its files with what is expected of
# them: one on each line, a blank, its text; EIO and such in place of a text: reading it fails so.
#   check.sh DRIVER_FOLDER MODEL EXPECTED
# IIOFS names another iiofs than the installed one.
set -eu
IIOFS_DRIVERS=$(realpath "$1")
export IIOFS_DRIVERS
iiofs=${IIOFS:-iiofs} mount=$(mktemp -d)
trap 'fusermount3 -u "$mount" 2>/dev/null || true; rmdir "$mount"' EXIT
"$iiofs" mount --background --simulate "$2" "$mount"

failed=0
while read -r file expected; do
    shown=$(python3 - "$mount/devices/iio:device0/$file" <<'PYTHON'
import errno, sys
try:
    print(open(sys.argv[1]).read().rstrip("\n"))
except OSError as error:
    print(errno.errorcode[error.errno])
PYTHON
    )
    if [ "$shown" != "$expected" ]; then
        echo "$file: \"$shown\", expected \"$expected\""
        failed=1
    fi
done <"$3"
[ "$failed" -eq 0 ] && echo "$(wc -l <"$3") files are as expected"
exit "$failed"
