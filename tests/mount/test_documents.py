#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_documents.py: the blocks of README.md, CONTRIBUTING.md and docs/*.md hold.

tests/tools/documents.py says what kinds of blocks there are, and which of them other tests run or
none, and why. The commands of a section are run here one after the other, in a namespace of their
own in which iiofs is installed, /etc and /usr can be written, and /tmp, /run and the home are empty.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from mount_fixture import PATIENCE, SOURCE, Mount, Skip, iiofs, run, wait_until

sys.path.insert(0, os.path.join(SOURCE, "tests/tools"))
import documents  # pylint: disable=wrong-import-position

BLOCKS = documents.all_blocks()
ELSEWHERE = {"in the boot test": documents.IN_GUEST, "in a fresh Debian": documents.IN_FRESH_DEBIAN,
             "by none": documents.NOT_RUN}
HERE = [block for block in BLOCKS if not any(map(block.is_one_of, ELSEWHERE.values()))]
CHIPS = [block for block in HERE if block.kind == "json" and block.document == "docs/chip-models.md"]


def the_block(document, text):
    """The one that begins so."""
    found, = [block for block in HERE if block.is_one_of([(document, text)])]
    return found


CONFIGURATION = the_block("README.md", '[[device]]\ndriver = "bme280"')
MISTAKES = the_block("docs/configuration.md", "iiofs.toml:4:9: permissions.group")
REFUSED = the_block("docs/configuration.md", "iio:device0: set.")
STATUS = the_block("docs/service.md", '{"mounts"')

BUILD = os.environ["IIOFS_BUILD"]
TEMPLATE = os.path.join(SOURCE, "docs/driver-template")

IN_PLACE = r"""
set -eu
place=$1
mkdir -p "$place/upper"
mount -t tmpfs upper "$place/upper"
overlay() {
    mkdir "$place/upper/$1" "$place/upper/$1.work"
    mount -t overlay overlay -o "lowerdir=$2,upperdir=$place/upper/$1,workdir=$place/upper/$1.work" "/$1"
}
overlay usr "$place/installed/usr:/usr" && overlay etc /etc || exit 77
mount -t tmpfs run /run
mount --bind "$place/tmp" /tmp
[ -e /usr/share/iiofs ] || ln -s /usr/local/share/iiofs /usr/share/iiofs
cp /tmp/programs/* /usr/local/bin
ldconfig
groupadd -f -r iio
groupadd -f heating # of docs/configuration.md
export HOME=/tmp/home PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
unset IIOFS_MODELS
cd
exec bash -u -c "$2" 2>&1
"""

# What stands there for what this machine has not.
PROGRAMS = {
    "sudo": '#!/bin/sh\nexec "$@"\n',
    "i2cdump": "#!/bin/sh\necho '00: 17 40 XX XX XX XX XX XX XX XX XX XX XX XX XX XX    ?@XXXXXXXXXXXXXX'\n",
}
STAND_INS = {
    ("README.md", "$ iiofs top"): {"--interval 60": "--interval 60 --count 1"},
    ("docs/configuration.md", 'echo "bme280 i2c-1 0x76"'):
        {"bme280 i2c-1 0x76": "model bme280", "mcp3008 spi0.0": "model mcp3008"},
    ("docs/configuration.md", '# echo "bme28 i2c-1 0x76"'): {"bme280 i2c-1 0x76": "model bme280"},
    ("docs/writing-drivers.md", "IIOFS_DRIVERS="): {"iiofs top": "iiofs top --once"},
}

# What the text of a section takes to be there.
GREENHOUSE = '[[device]]\nmodel = "bme280"\nlabel = "greenhouse"\n'
AS_CONFIGURED = "iiofs mount --background --config /etc/iiofs.toml /run/iiofs\n"
IN_TEMPLATE = "cp -r /tmp/driver-template . && cd driver-template\n"
BEFORE = {
    ("README.md", "On a Raspberry Pi"): f"echo '{CONFIGURATION.text}' >/etc/iiofs.toml\n",
    ("README.md", "Watching it live"): f"echo '{GREENHOUSE}' >/etc/iiofs.toml\n" + AS_CONFIGURED,
    ("docs/configuration.md", "new_device"): f">/etc/iiofs.toml\n{AS_CONFIGURED}cd /run/iiofs\n",
    ("docs/writing-drivers.md", "1. The model"): IN_TEMPLATE,
    ("docs/writing-drivers.md", "4. The test"): IN_TEMPLATE,
}


class Place:
    """The folders of which the namespace is made."""

    def __enter__(self):
        if os.geteuid() != 0:
            raise Skip("only root may mount over /usr, /etc, /tmp and /run here")
        self.temporary = tempfile.TemporaryDirectory(prefix="iiofs-test-")
        self.folder = self.temporary.name
        os.chmod(self.folder, 0o755)
        subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet"], check=True,
                       env=os.environ | {"DESTDIR": f"{self.folder}/installed"}, capture_output=True)
        if not os.path.isdir(f"{self.folder}/installed/usr"):
            raise Skip("the prefix of this build is not below /usr")
        os.makedirs(f"{self.folder}/tmp/home")
        os.chmod(f"{self.folder}/tmp", 0o1777)
        shutil.copytree(TEMPLATE, f"{self.folder}/tmp/driver-template")
        subprocess.run(["chmod", "-R", "go-w", f"{self.folder}/tmp/driver-template"], check=True)
        for name, text in PROGRAMS.items():
            os.chmod(self.file(f"tmp/programs/{name}", text), 0o755)
        return self

    def __exit__(self, *_):
        self.temporary.cleanup()

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        pathlib.Path(path).write_text(text, encoding="utf-8")
        return path

    def run(self, commands):
        """What they print. All processes that they leave end with them."""
        done = subprocess.run(["unshare", "--mount", "--propagation", "private", "--pid", "--fork",
                               "--kill-child", "--mount-proc", "bash", "-c", IN_PLACE, "bash",
                               self.folder, commands],
                              text=True, capture_output=True, timeout=120 * PATIENCE, check=False,
                              stdin=subprocess.DEVNULL)
        if done.returncode == 77:
            raise Skip(f"no overlay on /usr and /etc: {done.stderr.strip()}")
        assert done.returncode == 0, f"it ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done.stdout


def run_section(document, section, afterwards=""):
    """Runs its commands and claims that transcripts are as shown; what all commands printed."""
    blocks = [with_stand_ins(block) for block in HERE if (block.document, block.section) == (document, section)
              and block.kind in ("sh", "console")]
    script = BEFORE.get((document, section), "")
    for block in blocks:
        script += f"echo '== {block.name}'\n{documents.script(block)}"
    with Place() as place:
        output = place.run("set -e\n" + script + "set -e\n" + afterwards)
    printed = dict(re.findall(r"^== (\S+:\d+)\n((?:(?!== \S+:\d+\n).*\n)*)", output, re.MULTILINE))
    for block in blocks:
        wrong = list(documents.differences(block, printed[block.name]))
        assert not wrong, "\n".join(wrong)
    return output


def with_stand_ins(block):
    key = block.is_one_of(STAND_INS)
    return block._replace(text=documents.with_stand_ins(block.text, STAND_INS[key])) if key else block


def test_sixty_seconds():
    """README: sixty seconds without hardware: values, a DAC that is written, iio_info, and the end"""
    out = run_section("README.md", "Sixty seconds without hardware", "! mountpoint -q /tmp/iio")
    assert len(re.findall(r"^iio:device0/in_\w+_input:\d+\.\d+$", out, re.MULTILINE)) == 3, out
    assert re.search("^2048$", out, re.MULTILINE), out
    assert "iio:device0: bme280 (buffer capable)" in out, out


def test_streaming():
    """README: streaming by a timer"""
    run_section("README.md", "Streaming", 'test "$(stat -c %s /tmp/scans.bin)" -ge 6000')


OWN_TESTS = {("README.md", "Sixty seconds without hardware"), ("README.md", "Streaming")}


def tests_of_sections():
    """One for each other section that has commands."""
    def test_of(document, section):
        def test():
            run_section(document, section)
        test.__doc__ = f"{document}: {section}: its commands do what it shows"
        return test
    sections = dict.fromkeys((block.document, block.section) for block in HERE
                             if block.kind in ("sh", "console"))
    return [test_of(*section) for section in sections if section not in OWN_TESTS]


def test_configurations():
    """each configuration and each part of one is right"""
    texts = [(block, text) for block in HERE if block.kind == "toml"
             for text in documents.configurations(block)]
    with Place() as place:
        for number, (_, text) in enumerate(texts):
            place.file(f"tmp/{number}.toml", text)
        for number, (block, _) in enumerate(texts):
            place.run(f"echo {block.name}; iiofs check /tmp/{number}.toml")
    return f"{len(texts)}"


def test_chips():
    """each chip file and each part of one is right"""
    with tempfile.TemporaryDirectory() as folder:
        for model in pathlib.Path(SOURCE, "drivers").glob("*/*.model.json"):
            shutil.copy(model, folder)
        for block in CHIPS:
            pathlib.Path(folder, "chip.model.json").write_text(json.dumps(documents.chip(block)), encoding="utf-8")
            config = pathlib.Path(folder, "iiofs.toml")
            config.write_text('[[device]]\nmodel = "./chip.model.json"\n', encoding="utf-8")
            done = iiofs("check", config)
            assert done.returncode == 0, f"{block.name}: {done.stdout}{done.stderr}"
    return f"{len(CHIPS)}"


def is_in(lines, file):
    """Whether a file has these lines, one after the other."""
    return "\n".join(lines) in pathlib.Path(SOURCE, file).read_text(encoding="utf-8")


def test_quotations():
    """what is quoted of a file is in that file"""
    quotations = [block for block in HERE if block.kind in ("cpp", "text") and block.words]
    for block in quotations:
        file, = block.words
        assert is_in(block.text.splitlines(), file), f"{block.name}: this is not in {file}:\n{block.text}"
    return f"{len(quotations)}"


def test_driver():
    """the driver in README is compiled"""
    block, = [block for block in HERE if block.kind == "cpp" and not block.words]
    text = ("#include <iio/driver.hpp>\nnamespace iio::readme {\nnamespace {\n"
            + block.text.replace("IIO_MODULE", "}\nIIO_MODULE") + "}\n")
    done = subprocess.run([*os.environ.get("CXX", "g++").split(), "-std=c++20", "-Wall", "-Wextra", "-Werror",
                           "-fsyntax-only", "-I", f"{SOURCE}/libiiowrap/include", "-x", "c++", "-"],
                          input=text, text=True, capture_output=True, timeout=100 * PATIENCE, check=False)
    assert done.returncode == 0, done.stderr


def test_mistakes():
    """the mistakes in docs/configuration.md are those of `iiofs check`"""
    lines = ["", "", "[permissions]", 'group = "ioi"', "",
             "[[device]]", 'driver = "bme280"', "", 'i2c = "/dev/i2c-1"', "address = 0x78", "",
             "[[device]]", 'spi = "/dev/spidev0.0"', 'drivr = "mcp3008"', 'driver = "mcp3008"', "",
             "supplies = { vref = 3300 }"]
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "iiofs.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        done = iiofs("check", "iiofs.toml", cwd=folder)
    assert MISTAKES.text in done.stdout + done.stderr, done


def test_refused_settings():
    """the refused settings in docs/configuration.md are those in the log"""
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as config:
        config.write('[[device]]\nmodel = "bme280"\nset = { in_temp_oversampling = 8 }\n'
                     '[[device]]\nmodel = "hmc5843"\nset = { in_magn_sampling_frequency = 7 }\n')
        config.flush()
        with Mount("--config", config.name) as mount:
            for line in REFUSED.text.splitlines():
                wait_until(lambda line=line: line in mount.log(), 10, line)


def test_status():
    """the object in docs/service.md has the keys of `iiofs status --json`"""
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as config:
        config.write(GREENHOUSE + '[[device]]\ndriver = "bmp280"\ni2c = "i2c-99"\naddress = 0x77\n')
        config.flush()
        with Mount("--config", config.name) as mount:
            mount.await_devices(1)
            done = iiofs("status", "--json", "--mount", mount.root)
    shown, = json.loads(STATUS.text)["mounts"]
    printed, = json.loads(done.stdout)["mounts"]
    assert list(shown) == list(printed), printed
    assert [list(chip) for chip in shown["chips"]] == [list(chip) for chip in printed["chips"]], printed


def test_every_block():
    """each block is tried, by a test that is named or here; and each that is named is there"""
    for table in (*ELSEWHERE.values(), STAND_INS):
        for key in table:
            found = [block.name for block in BLOCKS if block.is_one_of([key])]
            assert len(found) == 1, f"{key} is {found or 'no block'}"
    for block in HERE:
        is_tried = (block.kind in ("sh", "console", "toml", "cpp") or (block.kind == "text" and block.words)
                    or block in (*CHIPS, MISTAKES, REFUSED, STATUS))
        assert is_tried, f"{block.name}: no test has this block, and none is said to"
    return f"{len(BLOCKS)}: {len(HERE)} here, " + ", ".join(
        f"{len(table)} {where}" for where, table in ELSEWHERE.items())


def test_names():
    """the tests that the documents name are tests of this project"""
    named = {name for block in BLOCKS if block.kind == "sh"
             for name in re.findall("^meson test -C build ([a-z][\\w-]+)", block.text, re.MULTILINE)}
    done = subprocess.run(["meson", "introspect", "--tests", BUILD], text=True, capture_output=True, check=True)
    known = {test["name"] for test in json.loads(done.stdout)}
    assert named and named <= known, named - known


run(test_every_block, test_names, test_sixty_seconds, test_streaming, *tests_of_sections(), test_configurations,
    test_chips, test_quotations, test_driver, test_mistakes, test_refused_settings, test_status)
