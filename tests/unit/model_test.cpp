// SPDX-License-Identifier: MIT
//
// What each kind of chip model answers, key by key.
#include "model_bench.hpp"

namespace model_test {

namespace {

ModelBench i2c(const std::string &model) { return {"i2c", "\"model\": {" + model + "}"}; }

ModelBench spi(const std::string &model) { return {"spi", "\"model\": {" + model + "}"}; }

} // namespace

TEST_CASE("registers: a pointer write and a read give the registers from there on")
{
    auto chip = i2c(R"("kind": "registers", "registers": {"0xd0": "0x58", "209": 7})");
    CHECK(chip.ask("w:d0 r:2") == "5807");
    CHECK(chip.ask("r:1") == "00");
    CHECK(chip.ask("w:d1abcd") == "");
    CHECK(chip.ask("w:d0 r:3") == "58abcd");
    CHECK(chip.ask("w:ff w:") == "");
    CHECK(chip.ask("r:1 r:1") == "0000");
}

TEST_CASE("registers: words have a width, a byte order, a mask and a default")
{
    auto chip = i2c(R"("kind": "registers", "word_bytes": 2, "byte_order": "little",
        "address_mask": "0x03", "auto_increment": false, "default": "0xbeef",
        "registers": {"0": "0x1234"}, "widths": {"2": 1}, "initial_pointer": 0)");
    CHECK(chip.ask("r:4") == "34123412");
    CHECK(chip.ask("w:fc r:2") == "3412");
    CHECK(chip.ask("w:01 r:3") == "efbeef");
    CHECK(chip.ask("w:025a r:2") == "5a5a");
}

TEST_CASE("registers: two address bytes, and increments only where the flag is set")
{
    auto chip = i2c(R"("kind": "registers", "address_bytes": 2, "increment_flag": "0x8000",
        "address_mask": "0x7fff", "registers": {"0x1234": 1, "0x1235": 2})");
    CHECK(chip.ask("w:1234 r:2") == "0101");
    CHECK(chip.ask("w:9234 r:2") == "0102");
    CHECK(chip.ask("w:12 r:1") == "00"); // half an address changes nothing
}

TEST_CASE("registers: bits that a write leaves, clears or cannot set")
{
    auto chip = i2c(R"("kind": "registers", "registers": {"0": 1, "1": "0xf0", "2": "0x80", "3": 0},
        "read_only": [0], "write_one_clears": ["1"], "read_only_bits": {"2": "0xf0"},
        "self_clearing": {"3": "0x01"})");
    CHECK(chip.ask("w:00ff30ff83 w:00 r:4") == "01c08f82");
}

TEST_CASE("registers: a write acts on other registers")
{
    auto chip =
        i2c(R"("kind": "registers", "registers": {"0": 0, "1": 1, "2": 2, "3": 3, "4": "0xff"},
        "on_write": [{"reg": 0, "mask": "0x0f", "value": 5, "set": {"1": "0x11"}, "copy": {"2": 0},
                      "add": {"3": [2, "0x0f"]}, "set_bits": {"0x100": 4}, "clear_bits": {"4": "0x0f"}},
                     {"reg": 1, "copy": {"2": "0x100"}}])");
    CHECK(chip.ask("w:0004 w:00 r:5") == "04010203ff");
    CHECK(chip.ask("w:0035 w:00 r:5") == "35113505f0");
    CHECK(chip.ask("w:0107 w:02 r:1") == "04"); // from the hidden store
}

TEST_CASE("registers: dummy bytes come before what each message reads")
{
    auto chip = i2c(R"("kind": "registers", "word_bytes": 2, "byte_order": "little", "read_pad": 2,
        "registers": {"1": "0x0201", "2": "0x0403"})");
    CHECK(chip.ask("w:01 r:6") == "000001020304");
    CHECK(chip.ask("w:01 r:1 r:4") == "0000000102");
}

TEST_CASE("registers: successive reads of one register follow its sequence")
{
    auto chip = i2c(R"("kind": "registers", "registers": {}, "sequences": {"5": [1, 2, "0x03"]})");
    std::string read;
    for (int i = 0; i < 4; i++)
        read += chip.ask("w:05 r:1");
    CHECK(read == "01020301");
}

TEST_CASE("registers: a view shows other values while a field says so")
{
    auto chip = i2c(R"("kind": "registers", "registers": {"0": 0, "1": 1, "2": 2}, "views": [
        {"when": {"reg": 0, "mask": 3, "value": 2}, "registers": {"1": "0x1234"}, "widths": {"1": 2}}])");
    CHECK(chip.ask("w:01 r:2") == "0102");
    CHECK(chip.ask("w:0006 w:01 r:3") == "123402");
    CHECK(chip.ask("w:0155 w:0001 w:01 r:1") == "55"); // the write went to the register itself
}

TEST_CASE("registers: a page has registers of its own, common ones aside")
{
    auto chip = i2c(R"("kind": "registers", "registers": {"0": 0, "1": 1, "2": 2},
        "pages": {"register": 0, "mask": 1, "banks": {"1": {"1": "0x11"}}, "common": [2]})");
    CHECK(chip.ask("w:0001 w:01 r:2") == "1102");
    CHECK(chip.ask("w:01aabb w:0000 w:01 r:2") == "01bb");
    CHECK(chip.ask("w:0001 w:01 r:1") == "aa");
}

TEST_CASE("registers: a scan goes round the selected channels")
{
    auto chip =
        i2c(R"("kind": "registers", "word_bytes": 2, "registers": {"1": "0x0050"}, "scans": [
        {"pointer": {"mask": "0xf0", "value": "0x70"}, "select": 1, "mask": "0xf0",
         "values": [1, 2, 3, 4]},
        {"select": "pointer", "mask": "0x0c", "values": ["0x0a", "0x0b"]}])");
    CHECK(chip.ask("w:70 r:6") == "000100030001");
    CHECK(chip.ask("r:2") == "0003");
    CHECK(chip.ask("w:0c r:6") == "000a000b000a");
    CHECK(chip.ask("w:01 r:2") == "0050"); // nothing selected: the register
}

TEST_CASE("registers: a plain read starts where plain_read_at says")
{
    auto chip = i2c(
        R"("kind": "registers", "plain_read_at": 2, "registers": {"0": 1, "1": 2, "2": 3, "3": 4})");
    CHECK(chip.ask("w:00 r:1") == "01");
    CHECK(chip.ask("r:2") == "0304");
    CHECK(chip.ask("r:1") == "03");
}

TEST_CASE("registers on SPI: the read flag tells reads from writes")
{
    auto chip =
        spi(R"("kind": "registers", "address_mask": "0x7f", "registers": {"0x50": "0x60"})");
    CHECK(chip.ask("d00000") == "006000");
    CHECK(chip.ask("5012 d000") == "00000000"); // one frame: a write of three bytes
    CHECK(chip.ask("d0000000") == "0012d000");
    CHECK(chip.ask("5033/ d000") == "00000033");
}

TEST_CASE("registers on SPI: write flag, dummy bytes, flags below the address")
{
    auto max31856 = spi(R"("kind": "registers", "write_flag": "0x80", "registers": {"1": 3})");
    CHECK(max31856.ask("8107/ 0100") == "00000007");
    auto padded = spi(
        R"("kind": "registers", "read_pad": 1, "increment_flag": "0x40", "registers": {"1": 3})");
    CHECK(padded.ask("81000000") == "00000303");
    CHECK(padded.ask("c1000000") == "00000300");
    auto shifted = spi(
        R"("kind": "registers", "read_flag": 1, "address_shift": 1, "registers": {"3": "0xad"})");
    CHECK(shifted.ask("0700") == "00ad");
}

TEST_CASE("registers on SPI: the frame after a read clocks out what it asked for")
{
    auto chip = spi(R"("kind": "registers", "next_frame": 2, "write_flag": "0x80",
        "registers": {"4": "0x44", "5": "0x55", "6": "0x66", "7": "0x77"}, "bursts": {"62": [6, 4]})");
    CHECK(chip.ask("0400/ 0600") == "00005544");
    CHECK(chip.ask("0000") == "7766");
    CHECK(chip.ask("84ab/ 0400/ 0000") == "0000000055ab");
    CHECK(chip.ask("3e0000000000") == "0000776655ab");
}

TEST_CASE("commands: the longest written prefix picks what reads return")
{
    auto chip = i2c(R"("kind": "commands", "initial": "0102", "fill": "0x55",
        "commands": {"f4": "aa", "f4 2e": ["01", "02"], "": "99"})");
    CHECK(chip.ask("r:3") == "010255");
    CHECK(chip.ask("w:f400 r:1") == "aa");
    CHECK(chip.ask("w:f42e00 r:1") == "01");
    CHECK(chip.ask("r:1") == "01");
    CHECK(chip.ask("w:f42e r:1 w:f42e r:1") == "0201");
    CHECK(chip.ask("w:77 r:1") == "99");
}

TEST_CASE("commands: what is written can be stored, and can change other replies")
{
    auto chip = i2c(R"("kind": "commands", "commands": {"01": "00", "00": "000000"},
        "stores": {"01": "01"}, "on_command": [{"command": "48", "set": {"00": "8aa21a"}}])");
    CHECK(chip.ask("w:01c3 w:01 r:2") == "c3ff");
    CHECK(chip.ask("w:00 r:3") == "000000");
    CHECK(chip.ask("w:48 w:00 r:3") == "8aa21a");
}

TEST_CASE("frames: transmitted bytes under a mask pick what comes back")
{
    auto chip = spi(R"("kind": "frames", "frames": [{"tx": "0680", "mask": "0fc0", "rx": "000abc"},
                                                    {"tx": "06", "rx": "ff"}])");
    CHECK(chip.ask("f6bf00") == "000abc");
    CHECK(chip.ask("06 80 0000") == "000abc00");
    CHECK(chip.ask("0600") == "ff00");
    CHECK(chip.ask("0500") == "0000");
}

TEST_CASE("frames: with latency an answer comes so many frames later")
{
    auto chip = spi(R"("kind": "frames", "latency": 2,
        "frames": [{"tx": "01", "rx": "1111"}, {"tx": "02", "rx": "2222"}])");
    CHECK(chip.ask("0100/ 0200/ 0000/ 0000") == "0000000011112222");
    CHECK(chip.ask("0000") == "0000");
}

TEST_CASE("frames: with a start bit the zeros before it do not count")
{
    auto chip = spi(R"("kind": "frames", "align": "start_bit",
        "frames": [{"tx": "c000", "mask": "f000", "rx": "01ffe0"}])");
    CHECK(chip.ask("c00000") == "01ffe0");
    CHECK(chip.ask("600000") == "00fff0");
    CHECK(chip.ask("01800000") == "0003ffc0");
    CHECK(chip.ask("000000") == "000000");
}

TEST_CASE("messages: variables are set from a message's bits and put into answers")
{
    auto chip = i2c(R"("kind": "messages", "fill": "0xee", "vars": {"dac": "0x123", "boot": 5},
        "initial": [{"var": "dac", "bytes": 2, "shift": 4}, "c0"],
        "rules": [{"tx": "40", "mask": "f0", "length": 3, "set": {"dac": "00fff0"}},
                  {"tx": "50", "set": {"dac": 1}, "rx": {"var": "dac"}},
                  {"tx": "60", "copy": {"dac": "boot"},
                   "rx": ["aa", {"var": "dac", "bytes": 2, "order": "little", "or": "0x8000", "shift": -1}]}])");
    CHECK(chip.ask("r:4") == "1230c0ee");
    CHECK(chip.ask("w:45abc7 r:3") == "abc0c0");
    CHECK(chip.ask("w:45 r:2") == "abc0"); // not the rule's length
    CHECK(chip.ask("w:50 r:2") == "01ee");
    CHECK(chip.ask("w:60 r:3") == "aa0280");
}

TEST_CASE("messages on SPI: the frame itself carries the answer")
{
    auto chip = spi(R"("kind": "messages", "vars": {"wiper": 128},
        "rules": [{"tx": "00", "mask": "fc", "length": 2, "set": {"wiper": "01ff"}},
                  {"tx": "0c", "mask": "fc", "rx": {"var": "wiper", "bytes": 2, "or": "0xfe00"}}])");
    CHECK(chip.ask("0c00") == "fe80");
    CHECK(chip.ask("0123/ 0c00") == "0000ff23");
}

TEST_CASE("a part can answer at more addresses, and nobody answers at the others")
{
    auto chip = i2c(R"("kind": "commands", "commands": {}, "initial": "01",
        "also_at": {"0x39": {"kind": "registers", "registers": {"0": "0x42"}}})");
    CHECK(chip.ask("r:1") == "01");
    CHECK(chip.ask_at("0x39", "w:00 r:1") == "42");
    CHECK(chip.ask_at("0x3a", "r:1") == "error:ENXIO");

    const iio::sim::SimulatedI2c client{chip.bus(), 0x20};
    CHECK(client.client_at(0x39)->read_u8(0).value() == 0x42);
    CHECK(client.client_at(0x3a)->read_u8(0).error() == iio::Errno{ENXIO});
}

TEST_CASE("the clients keep the contract of their headers")
{
    auto chip = i2c(R"("kind": "registers", "registers": {"1": 2})");
    const iio::sim::SimulatedI2c client{chip.bus(), 0x20};
    CHECK(client.transfer({}).error() == iio::Errno{EINVAL});
    CHECK(client.read({}).error() == iio::Errno{EINVAL});
    CHECK(iio::sim::SimulatedSpi{chip.bus()}.write(std::array<std::uint8_t, 1>{}).error() ==
          iio::Errno{EOPNOTSUPP});

    auto adc = spi(R"("kind": "frames", "frames": [{"tx": "06", "rx": "010203"}])");
    const iio::sim::SimulatedSpi device{adc.bus()};
    std::array<std::uint8_t, 2> out{6, 0}, in{};
    CHECK(device.transfer({}).error() == iio::Errno{EINVAL});
    CHECK(device.exchange(out, std::span{in}.first(1)).error() == iio::Errno{EINVAL});
    CHECK(device.write_then_read(std::span{out}.first(1), in));
    CHECK(in == std::array<std::uint8_t, 2>{2, 3});
    CHECK(iio::sim::SimulatedI2c{adc.bus(), 0}.write(out).error() == iio::Errno{EOPNOTSUPP});
}

TEST_CASE("the log holds transfers as recordings write them, while it is on")
{
    auto chip = i2c(R"("kind": "registers", "registers": {"0xd0": "0x58"})");
    chip.ask("w:d0 r:1");
    chip.bus()->record(true);
    chip.ask("w:f457");
    chip.ask("w:d0 r:1");
    chip.ask_at("0x33", "w:00");
    CHECK(chip.bus()->take_log() == std::vector<std::string>{"w:f457", "w:d0 r:58", "error:ENXIO"});
    chip.bus()->record(false);
    chip.ask("w:f457");
    CHECK(chip.bus()->take_log().empty());

    auto adc = spi(R"("kind": "registers", "registers": {"0x50": "0x60"}, "address_mask": "0x7f")");
    adc.bus()->record(true);
    adc.ask("d0 00");
    CHECK(adc.bus()->take_log() == std::vector<std::string>{"tx:d000 rx:0060"});
}

} // namespace model_test
