# SPDX-License-Identifier: MIT
#
# chip_file NAME: the recording of that name, of a chip that stands still.
# Sourced; fails where there is none.
chip_file() {
    local found
    for found in "$(dirname "${BASH_SOURCE[0]}")"/../golden/*/"$1.json"; do
        readlink -e "$found" && return
    done
    echo "no recording of $1" >&2
    return 1
}
