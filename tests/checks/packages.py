#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What goes into the packages beside the programs: manual pages, completion, changelog.

    packages.py       IIOFS is the program
"""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mount"))
from mount_fixture import IIOFS, Mount, SOURCE, Skip, iiofs, run  # noqa: E402

COMPLETION = os.path.join(SOURCE, "daemon", "completion", "iiofs.bash")
BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"


def text_of(*path):
    with open(os.path.join(SOURCE, *path), encoding="utf-8") as file:
        return file.read()


def commands():
    listed = iiofs("--help").stdout.split("Subcommands:\n")[1]
    return re.findall(r"^  (\S+)", listed.split("\n\n")[0], re.M)


def options(*command):
    """["-v", "--verbose", "--config", ...]"""
    found = re.findall(r"^  (-\S+)", iiofs(*command, "--help").stdout, re.M)
    return [option for names in found for option in names.split(",")]


def configuration_keys():
    """What the reader of the configuration asks for is a key."""
    folder = os.path.join(SOURCE, "daemon", "config")
    asked = re.compile(r"\b(?:node|string|integer|boolean|table|read_\w+)\((?:reader, )?\"([a-z0-9-]+)\"")
    return {key for name in sorted(os.listdir(folder)) if name.endswith(".cpp")
            for key in asked.findall(text_of("daemon", "config", name))}


def test_options():
    """iiofs(1) has every command and every option"""
    page = text_of("docs", "man", "iiofs.1.scd")
    found = commands()
    assert {"mount", "run"} <= set(found), found
    wanted = {f"iiofs {command}" for command in found}
    wanted |= {option for command in [[], *([c] for c in found)] for option in options(*command)}
    missing = [name for name in sorted(wanted) if f"*{name}*" not in page]
    assert not missing, f"not in docs/man/iiofs.1.scd: {', '.join(missing)}"
    return f"{len(wanted)} of them"


def test_keys():
    """iiofs.toml(5) and docs/configuration.md have every key"""
    keys = configuration_keys()
    assert {"mountpoint", "write", "speed-hz", "gpiochip"} <= keys, keys
    page, document = text_of("docs", "man", "iiofs.toml.5.scd"), text_of("docs", "configuration.md")
    missing = [key for key in sorted(keys - {"permissions", "device"}) if f"*{key}*" not in page]
    missing += [key for key in sorted(keys) if not re.search(rf"\b{key}\b", document)]
    assert not missing, f"not described: {', '.join(missing)}"
    return f"{len(keys)} of them"


def test_pages():
    """the manual pages are formatted without a warning"""
    for program in ("scdoc", "man"):
        if not shutil.which(program):
            raise Skip(f"there is no {program}")
    for name in ("iiofs.1", "iiofs.toml.5"):
        source = text_of("docs", "man", name + ".scd").encode()
        page = subprocess.run(["scdoc"], input=source, check=True, capture_output=True).stdout
        shown = subprocess.run(
            ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", "-"], input=page, check=False,
            capture_output=True, env=os.environ | {"LC_ALL": "C.UTF-8", "MANROFFSEQ": "", "MANWIDTH": "80"})
        assert shown.returncode == 0 and not shown.stderr, f"{name}: {shown.stderr.decode()}"
        assert len(shown.stdout) > 2000, f"{name} came out short"


def complete(*words):
    """What bash offers for the last of these words."""
    line = " ".join(words)
    script = f"""source {BASH_COMPLETION}; source {COMPLETION}
        COMP_LINE=$1 COMP_POINT=${{#1}} COMP_TYPE=9 COMP_KEY=9; shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _iiofs "$1" "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD - 1]}}"
        printf '%s\\n' "${{COMPREPLY[@]}}" """
    done = subprocess.run(["bash", "--norc", "-c", script, "bash", line, *words], check=False,
                          text=True, capture_output=True, timeout=30, cwd=SOURCE)
    noise = [text for text in done.stderr.splitlines() if "compopt: not currently" not in text]
    assert not noise, noise
    return set(done.stdout.split())


def test_completion():
    """bash completes commands, options, models and mounts"""
    if not os.path.exists(BASH_COMPLETION):
        raise Skip("there is no bash-completion")
    assert complete(IIOFS, "") == set(commands())
    assert complete(IIOFS, "mou") == {"mount"}
    for command in commands():
        assert complete(IIOFS, command, "-") == set(options(command)), command
    models = {line.split()[0] for line in iiofs("drivers").stdout.splitlines()[1:]
              if line.endswith(" yes")}
    first = sorted(models)[0]
    assert complete(IIOFS, "mount", "--simulate", first[:3]) >= {first}
    assert complete(IIOFS, "mount", "--config", "systemd/iio") == {"systemd/iiofs.toml"}
    assert "iiofs" not in complete(IIOFS, "run", "--", "sh", "-")
    with Mount() as mount:
        assert mount.root in complete(IIOFS, "run", "--mount", "")


def test_changelog():
    """the Debian package has the version of the build"""
    version = re.search(r"version: '([^']+)'", text_of("meson.build"))[1]
    if not shutil.which("dpkg-parsechangelog"):
        raise Skip("there is no dpkg-parsechangelog (package dpkg-dev)")
    parsed = subprocess.run(["dpkg-parsechangelog", "-l", os.path.join(SOURCE, "debian/changelog"),
                             "-S", "Version"], check=True, text=True, capture_output=True).stdout
    assert parsed.rsplit("-", 1)[0] == version, f"{parsed.strip()} in debian/changelog, {version} in meson.build"


run(test_options, test_keys, test_pages, test_completion, test_changelog)
