# SPDX-License-Identifier: MIT
#
# Completes iiofs in bash: commands and options as its help has them, parts,
# models, and what is mounted.

# The first argument is iiofs as it was typed.
_iiofs_ask() {
    local program=${1/#\~/$HOME}
    shift
    "$program" "$@" 2>/dev/null
}

_iiofs_commands() { _iiofs_ask "$1" --help | awk '/^Subcommands:/ { on = 1; next } /^[^ ]/ { on = 0 } on { print $1 }'; }
_iiofs_options() { _iiofs_ask "$1" ${2:+"$2"} --help | grep -o '^  -[^ ]*' | tr ',' '\n' | tr -d ' '; }
_iiofs_models() { _iiofs_ask "$1" drivers | awk '!/^#/ && $NF == "yes" { print $1 }'; }
_iiofs_parts() { _iiofs_ask "$1" drivers | awk '!/^#/ && NF { print $1 }'; }
_iiofs_buses() { (cd /dev && printf '%s\n' i2c-* spidev*) 2>/dev/null | sed -n '/\*/d; s/^spidev/spi/; p'; }
# The devices, labels and buses of the mount: a value of status in each line.
_iiofs_devices() {
    _iiofs_ask "$1" status --json |
        sed -n 's/^ *"iio:/"iio:/; s/^ *"label": //; s/^"\(.*\)",\{0,1\}$/\1/p'
}
_iiofs_mounts() { awk '/ - fuse\.iiofs / { print $5 }' /proc/self/mountinfo; }

_iiofs_buses() { (cd /dev && compgen -G "i2c-*"); }

_iiofs() {
    local cur prev words cword
    _init_completion -n := || return

    local command="" i
    for ((i = 1; i < cword; i++)); do
        [[ ${words[i]} == -* ]] && continue
        command=${words[i]}
        break
    done

    if [[ $command == run ]]; then
        # What comes behind COMMAND is COMMAND's.
        for ((i++; i < cword; i++)); do
            case ${words[i]} in
            --mount) ((i++)) ;;
            --) ((i++)); _command_offset "$i"; return ;;
            -*) ;;
            *) _command_offset "$i"; return ;;
            esac
        done
    fi

    case $command,$prev in
    mount,--config | scan,--config) _filedir toml; return ;;
    scan,--bus) COMPREPLY=($(compgen -W "$(_iiofs_buses)" -- "$cur")); return ;;
    mount,--simulate)
        _filedir json
        COMPREPLY+=($(compgen -W "$(_iiofs_models "$1")" -- "$cur"))
        return ;;
    *,--mount) COMPREPLY=($(compgen -W "$(_iiofs_mounts)" -- "$cur")); return ;;
    esac

    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$(_iiofs_options "$1" "$command")" -- "$cur"))
        return
    fi
    case $command in
    "") COMPREPLY=($(compgen -W "$(_iiofs_commands "$1")" -- "$cur")) ;;
    mount) _filedir -d ;;
    unmount) COMPREPLY=($(compgen -W "$(_iiofs_mounts)" -- "$cur")) ;;
    remove)
        local IFS=$'\n'
        COMPREPLY=($(compgen -W "$(_iiofs_devices "$1")" -- "$cur")) ;;
    add)
        case $prev in
        model)
            _filedir json
            COMPREPLY+=($(compgen -W "$(_iiofs_models "$1")" -- "$cur")) ;;
        add) COMPREPLY=($(compgen -W "model $(_iiofs_parts "$1")" -- "$cur")) ;;
        *) COMPREPLY=($(compgen -W "$(_iiofs_buses)" -- "$cur")) ;;
        esac ;;
    check) _filedir toml ;;
    info) COMPREPLY=($(compgen -W "$(_iiofs_parts "$1")" -- "$cur")) ;;
    run) COMPREPLY=($(compgen -c -- "$cur")) ;;
    esac
} && complete -F _iiofs iiofs
