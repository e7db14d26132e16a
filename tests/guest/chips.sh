# SPDX-License-Identifier: MIT
#
# chip_file NAME: the chip file (or recording) of a part, of this repository
# (drivers/*/NAME.model.json) or of the recordings beside the checkout.
# Sourced; skips the test where there is none.
chip_file() {
    local root found
    root=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../..
    for found in "$root"/drivers/*/"$1.model.json" "$root/../shared/golden/$1.json"; do
        if [ -f "$found" ]; then
            readlink -f "$found"
            return
        fi
    done
    echo "skipped: no chip file of $1" >&2
    return 77
}
