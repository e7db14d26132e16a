// SPDX-License-Identifier: MIT
//
// Chip files: what is read from them, and what a wrong one is told.
#include "model_bench.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <unistd.h>

namespace model_file_test {

using iio::sim::ChipFile;

namespace {

std::string error_of(const std::string &text)
{
    const auto chip = ChipFile::parse(text, "chip.json");
    return chip ? "no error" : chip.error();
}

std::string i2c_error(const std::string &members)
{
    return error_of(ModelBench::text("i2c", members));
}

std::string spi_error(const std::string &members)
{
    return error_of(ModelBench::text("spi", members));
}

std::string model_error(const std::string &model)
{
    return i2c_error("\"model\": {" + model + "}");
}

} // namespace

TEST_CASE("a chip file tells the part, its driver and where it sits")
{
    const auto i2c = ChipFile::parse(R"({"part": "BMP280", "driver": "bmp280", "bus": "i2c",
        "address": "0x76", "irq": 4, "about": "20 C", "model": {"kind": "commands", "commands": {}}})",
                                     "x");
    REQUIRE(i2c);
    CHECK(i2c->part == "BMP280");
    CHECK(i2c->driver == "bmp280");
    CHECK(i2c->about == "20 C");
    CHECK(i2c->bus == iio::BusKind::i2c);
    CHECK(i2c->address == 0x76);
    CHECK(i2c->irq == 4U);

    const auto spi = ChipFile::parse(R"({"chip": {"part": "MCP3008", "driver": "mcp3008",
        "bus": "spi", "chip_select": 2, "spi_mode": 3, "speed_hz": 1000000, "settle_s": 3,
        "model": {"kind": "frames", "frames": []}}, "kernel": "6.1", "devices": []})",
                                     "x");
    REQUIRE(spi);
    CHECK(spi->bus == iio::BusKind::spi);
    CHECK(spi->chip_select == 2);
    CHECK(spi->spi_mode == 3);
    CHECK(spi->speed_hz == 1'000'000);
    CHECK_FALSE(spi->irq);
}

TEST_CASE("a wrong chip file is told by file, key, mistake and remedy")
{
    CHECK(error_of("{\n\"part\": }") ==
          "chip.json: not JSON at line 2, column 9: syntax error while parsing value - unexpected "
          "'}'; expected '[', '{', or a literal");
    CHECK(error_of("[]") == "chip.json: is not an object: write { ... }");
    CHECK(error_of("{}") == "chip.json: the key \"bus\" is missing");
    CHECK(error_of(R"({"bus": "usb"})") == "chip.json: bus: \"usb\" must be \"i2c\" or \"spi\"");
    CHECK(i2c_error(R"("model": {}, "waveform": [])")
              .starts_with("chip.json: waveform: unknown key; a chip file knows part,"));
    CHECK(i2c_error(R"("spi_mode": 0)") == "chip.json: spi_mode: is for SPI, but bus is \"i2c\"");
    CHECK(spi_error(R"("address": 1)") == "chip.json: address: is for I2C, but bus is \"spi\"");
    CHECK(spi_error(R"("spi_mode": 4)") == "chip.json: spi_mode: 4 is out of range: 0 to 3");
    CHECK(error_of(R"({"bus": "i2c", "part": "A", "driver": "a", "address": "76h"})") ==
          "chip.json: address: \"76h\" is not a number: write an integer or a string such as "
          "\"0x76\"");
    // 128 bits are a number that is out of range, and one more is none.
    CHECK(error_of(R"({"bus": "i2c", "part": "A", "driver": "a",)"
                   R"( "address": "340282366920938463463374607431768211455"})")
              .ends_with("is out of range: 0 to 127"));
    CHECK(error_of(R"({"bus": "i2c", "part": "A", "driver": "a",)"
                   R"( "address": "340282366920938463463374607431768211456"})")
              .find("is not a number") != std::string::npos);
    CHECK(error_of(R"({"bus": "i2c", "part": "A", "driver": "a",)"
                   R"( "address": "0x100000000000000000000000000000000"})")
              .find("is not a number") != std::string::npos);
    CHECK(error_of(R"({"bus": "i2c", "part": "A", "driver": "a", "address": "0x80"})") ==
          "chip.json: address: \"0x80\" is out of range: 0 to 127");
    CHECK(error_of(R"({"bus": "i2c", "part": 5})") ==
          "chip.json: part: 5 is not a text: write it in quotes");
    CHECK(i2c_error(R"("about": "")") == "chip.json: the key \"model\" is missing");
}

TEST_CASE("a wrong model is told by the key within it")
{
    CHECK(model_error("") == "chip.json: model: the key \"kind\" is missing");
    CHECK(model_error(R"("kind": "regs")") ==
          "chip.json: model.kind: \"regs\" is none of registers, commands, frames, messages");
    CHECK(model_error(R"("kind": "frames")") ==
          "chip.json: model.kind: frames models are for SPI; on I2C write commands or messages");
    CHECK(
        model_error(R"("kind": "registers", "registers": {}, "on_writes": [])")
            .starts_with("chip.json: model.on_writes: unknown key; a registers model knows kind,"));
    CHECK(model_error(R"("kind": "registers", "registers": {"0x1g": 0})") ==
          "chip.json: model.registers: the key \"0x1g\" is not a number of 0 to 4294967295 such as "
          "\"0x76\"");
    CHECK(model_error(R"("kind": "registers", "registers": {"16": 0, "0x10": 0})") ==
          "chip.json: model.registers.0x10: this number appears twice");
    CHECK(model_error(R"("kind": "registers", "registers": {"1": "0x100"})") ==
          "chip.json: model.registers.1: \"0x100\" is out of range: 0 to 255");
    CHECK(model_error(R"("kind": "registers", "registers": {"1": -1})") ==
          "chip.json: model.registers.1: -1 is out of range: 0 to 255");
    CHECK(model_error(R"("kind": "registers", "registers": {"0x100": "0x100"})") == "no error");
    CHECK(
        model_error(R"("kind": "registers", "registers": {}, "on_write": [{"reg": 1, "sett": {}}])")
            .starts_with("chip.json: model.on_write[0].sett: unknown key; on_write knows reg,"));
    CHECK(model_error(R"("kind": "registers", "registers": {}, "next_frame": 2)") ==
          "chip.json: model.next_frame: is for SPI only");
    CHECK(model_error(R"("kind": "registers", "registers": {}, "byte_order": "middle")") ==
          "chip.json: model.byte_order: must be \"big\" or \"little\"");
    CHECK(model_error(R"("kind": "registers", "registers": {}, "auto_increment": 1)") ==
          "chip.json: model.auto_increment: 1 is neither true nor false");
    CHECK(model_error(R"("kind": "commands", "commands": {"f": "00"})") ==
          "chip.json: model.commands.f: \"f\" is not hexadecimal: write pairs of digits such as "
          "\"f457\"");
    CHECK(model_error(R"("kind": "commands", "commands": {"f0": []})") ==
          "chip.json: model.commands.f0: an empty list: give one reply at least");
    CHECK(model_error(R"("kind": "messages", "rules": [{"tx": "00", "mask": "ffff"}])") ==
          "chip.json: model.rules[0].mask: must be as long as tx, 1 bytes");
    CHECK(model_error(R"("kind": "messages", "rules": [{"set": {"a": 1}}])") ==
          "chip.json: model.rules[0].set.a: there is no variable \"a\" in vars");
    CHECK(
        model_error(
            R"("kind": "commands", "commands": {}, "also_at": {"0x20": {"kind": "commands", "commands": {}}})") ==
        "chip.json: model.also_at.0x20: is the chip's own address");
    CHECK(
        model_error(R"("kind": "commands", "commands": {}, "also_at": {"1": {"kind": "x"}})") ==
        "chip.json: model.also_at.1.kind: \"x\" is none of registers, commands, frames, messages");
}

TEST_CASE("wrong waveforms and faults are told by their number in the list")
{
    const auto waveform = [](const std::string &members) {
        return i2c_error(R"("model": {"kind": "registers", "registers": {}}, "waveforms": [{)" +
                         members + "}]");
    };
    CHECK(waveform(R"("registers": 0, "shape": "cosine", "period_s": 1)") ==
          "chip.json: waveforms[0].shape: is none of sine, triangle, square, sawtooth, noise");
    CHECK(waveform(R"("registers": 0, "shape": "sine", "period_s": 0)")
              .starts_with("chip.json: waveforms[0].period_s: 0 is too small: at least 1"));
    CHECK(waveform(R"("registers": 0, "shape": "sine", "period_s": 1)") ==
          "chip.json: waveforms[0]: the key \"min\" is missing");
    CHECK(waveform(R"("registers": 0, "shape": "sine", "period_s": 1, "min": 0, "max": 256)") ==
          "chip.json: waveforms[0].max: is more than the field holds: at most 255.0");
    CHECK(waveform(R"("registers": 0, "shape": "sine", "period_s": 1, "min": 9, "max": 8)") ==
          "chip.json: waveforms[0].max: is less than min");
    CHECK(waveform(R"("registers": 0, "mask": 5, "shape": "sine", "period_s": 1, "swing": 1)") ==
          "chip.json: waveforms[0]: its mask must be 1 to 53 neighbouring bits");
    CHECK(waveform(R"("var": "x")")
              .starts_with("chip.json: waveforms[0].var: unknown key; a waveform of a registers"));
    CHECK(waveform(R"("address": 1, "registers": 0)") ==
          "chip.json: waveforms[0].address: the chip has no model at this address");

    const auto fault = [](const std::string &members) {
        return i2c_error(R"("model": {"kind": "registers", "registers": {}}, "faults": [{)" +
                         members + "}]");
    };
    CHECK(fault(R"("errno": "EREMOTE")") == "no error");
    CHECK(fault(R"("errno": "ENOTHING")") == "chip.json: faults[0].errno: \"ENOTHING\" is not an "
                                             "errno: write a name such as \"EREMOTEIO\"");
    CHECK(fault(R"("transfer": 0, "errno": "EIO")")
              .starts_with("chip.json: faults[0].transfer: 0 is out of range: 1 to "));
    CHECK(fault(R"("transfer": 1, "every": 2, "errno": "EIO")") ==
          "chip.json: faults[0]: a fault has either transfer or every");
    CHECK(fault(R"("every": 2)") ==
          "chip.json: faults[0]: the fault does nothing: give errno, delay_ms or absent");
    CHECK(fault(R"("every": 2, "absent": true)") ==
          "chip.json: faults[0]: absent goes with after_s, for_s and while_exists only");
}

TEST_CASE("a chip file is loaded by its path, and a missing one is told")
{
    const auto missing = ChipFile::load("/nowhere/chip.json");
    REQUIRE_FALSE(missing);
    CHECK(missing.error() == "/nowhere/chip.json: No such file or directory");

    std::string path = "/tmp/iiofs-chip-XXXXXX";
    const int fd = mkstemp(path.data());
    REQUIRE(fd >= 0);
    close(fd);
    std::ofstream{path} << ModelBench::text("i2c",
                                            R"("model": {"kind": "commands", "commands": {}})");
    const auto chip = ChipFile::load(path);
    unlink(path.c_str());
    REQUIRE(chip);
    CHECK(chip->part == "TEST");
}

namespace {

/// A folder of its own for chip files.
class ChipFolder {
public:
    ChipFolder() { std::filesystem::create_directory(folder_); }
    ~ChipFolder() { std::filesystem::remove_all(folder_); }
    ChipFolder(const ChipFolder &) = delete;
    ChipFolder &operator=(const ChipFolder &) = delete;

    void write(const std::string &name, const std::string &text) const
    {
        std::ofstream{folder_ / name} << text;
    }
    [[nodiscard]] auto load(const std::string &name) const
    {
        return ChipFile::load(folder_ / name);
    }
    /// A message without the folder's name.
    [[nodiscard]] std::string error(const std::string &name) const
    {
        const auto chip = load(name);
        auto text = chip ? "no error" : chip.error();
        const auto prefix = folder_.string() + "/";
        for (auto at = text.find(prefix); at != text.npos; at = text.find(prefix))
            text.erase(at, prefix.size());
        return text;
    }

private:
    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("iiofs-like-" + std::to_string(getpid()));
};

} // namespace

TEST_CASE("a chip file says what differs from the file that it is like")
{
    const ChipFolder folder;
    folder.write("base.json", R"({"part": "A", "driver": "a", "bus": "i2c", "address": "0x20",
        "about": "one", "model": {"kind": "registers", "registers": {"0": 1, "1": 2}},
        "waveforms": [{"registers": 0, "shape": "sine", "low": 0, "high": 9}]})");
    folder.write("like.json", R"({"like": "base.json", "part": "B", "about": null, "address": 33,
        "model": {"registers": {"1": 3}}, "waveforms": []})");
    folder.write("likes.json", R"({"like": "like.json", "part": "C"})");
    const auto chip = folder.load("likes.json");
    REQUIRE(chip);
    CHECK(chip->part == "C");
    CHECK(chip->driver == "a");
    CHECK(chip->about.empty());
    CHECK(chip->address == 0x21);
    const iio::sim::SimulatedI2c i2c{std::make_shared<iio::sim::SimulatedBus>(*chip), 0x21};
    std::array<std::uint8_t, 2> registers{};
    REQUIRE(i2c.read_registers(0, registers));
    CHECK(registers == std::array<std::uint8_t, 2>{1, 3});
}

TEST_CASE("a chip file that is like no chip is refused with the reason")
{
    const ChipFolder folder;
    folder.write("lost.json", R"({"like": "nothing.json"})");
    CHECK(folder.error("lost.json") == "lost.json: like: nothing.json: No such file or directory");
    folder.write("number.json", R"({"like": 5})");
    CHECK(folder.error("number.json").starts_with("number.json: like: "));
    folder.write("a.json", R"({"like": "b.json"})");
    folder.write("b.json", R"({"like": "a.json"})");
    CHECK(folder.error("a.json") ==
          "a.json: like: b.json: like: \"a.json\" refers back to this file; one of them must be "
          "without like");
    for (int i = 0; i < 6; ++i)
        folder.write(std::to_string(i) + ".json",
                     R"({"like": ")" + std::to_string(i + 1) + R"(.json"})");
    CHECK(folder.error("0.json").ends_with("4.json: like: leads through more than 4 files"));
    CHECK(ChipFile::parse(R"({"like": "base.json"})", "text").error() ==
          "text: like: is for chip models in files of their own");
}

} // namespace model_file_test
