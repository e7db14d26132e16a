// SPDX-License-Identifier: MIT
//
// Replay: a recording's chip model on a simulated bus, and the driver on it.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iio/host/modules.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sim/simulated.hpp>
#include <sim/simulated_line.hpp>
#include <sim/simulated_timing.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace iio::tests {

/// What attributes show, by their paths.
using Texts = std::map<std::string, std::string>;

/// Of one attribute; an errno as "!EBUSY".
inline std::string text_of(const LiveDevice &device, const std::string &path)
{
    const auto read = device.read(path);
    return read ? *read : std::string{"!"} + iio::errno_name(read.error().value());
}

/// Of all that can be read.
inline Texts texts_of(const LiveDevice &device)
{
    Texts texts;
    for (const auto &group : device.groups()) {
        for (const auto &attribute : group.attributes) {
            const auto path =
                group.name.empty() ? attribute.name : group.name + "/" + attribute.name;
            if (attribute.mode & 0444)
                texts[path] = text_of(device, path);
        }
    }
    return texts;
}

inline std::filesystem::path golden_directory()
{
    const char *directory = std::getenv("IIOFS_GOLDEN");
    if (!directory)
        throw std::runtime_error{"IIOFS_GOLDEN names the folder of the recordings"};
    return directory;
}

/// The recordings of all families, sorted.
inline std::vector<std::filesystem::path> recordings(const std::filesystem::path &golden)
{
    std::vector<std::filesystem::path> found;
    for (const auto &entry : std::filesystem::recursive_directory_iterator{golden}) {
        if (entry.path().extension() == ".json")
            found.push_back(entry.path());
    }
    std::ranges::sort(found);
    return found;
}

inline nlohmann::json load(const std::filesystem::path &path)
{
    std::ifstream file{path};
    return nlohmann::json::parse(file);
}

/// Recordings hold the bytes of a text as Latin-1.
inline std::string latin1_to_utf8(std::string_view bytes)
{
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            text += c;
        } else {
            text += static_cast<char>(0xc0 | byte >> 6);
            text += static_cast<char>(0x80 | (byte & 0x3f));
        }
    }
    return text;
}

/// A module that is used for its parts instead of the program's own; null: none.
inline const Module *&replacement()
{
    static const Module *module = nullptr;
    return module;
}

inline const Module &module_of(std::string_view part)
{
    if (replacement() && replacement()->find(part))
        return *replacement();
    for (const auto *module : all_modules()) {
        if (module->find(part))
            return *module;
    }
    throw std::runtime_error{"no driver has the part " + std::string{part}};
}

/// A chip on a simulated bus and the driver on it. The driver's waits take no time: they
/// move the clock that the chip's waveforms follow.
class Replay {
public:
    /// The chip of a recording.
    explicit Replay(const nlohmann::json &chip)
        : Replay{sim::ChipFile::parse(chip.dump(), "the recording")}
    {
    }
    explicit Replay(const tl::expected<sim::ChipFile, std::string> &chip) : chip_{must(chip)}
    {
        if (chip_.bus == BusKind::i2c)
            i2c_ = std::make_unique<sim::SimulatedI2c>(bus_, chip_.address);
        else
            spi_ = std::make_unique<sim::SimulatedSpi>(bus_);
    }

    [[nodiscard]] Result<std::unique_ptr<BoundChip>> bind()
    {
        const auto hardware = i2c_ ? Hardware{chip_.driver, *i2c_, supplies_}
                                   : Hardware{chip_.driver, *spi_, supplies_};
        const auto *line = chip_.irq ? &line_ : nullptr;
        return module_of(chip_.driver)
            .bind(hardware.with_location(location_).with_interrupt(line).with_timing(timing_),
                  registry_, {.interrupt = line});
    }
    [[nodiscard]] sim::SimulatedBus &bus() { return *bus_; }
    [[nodiscard]] const sim::SimulatedLine &line() const { return line_; }
    [[nodiscard]] const sim::SimulatedTiming &timing() const { return timing_; }
    [[nodiscard]] Registry &registry() { return registry_; }

private:
    static const sim::ChipFile &must(const tl::expected<sim::ChipFile, std::string> &chip)
    {
        if (!chip)
            throw std::runtime_error{chip.error()};
        return *chip;
    }
    sim::ChipFile chip_;
    const std::string location_ = chip_.location();
    sim::SimulatedTiming timing_;
    std::shared_ptr<sim::SimulatedBus> bus_ = std::make_shared<sim::SimulatedBus>(
        chip_, sim::SimulatedBus::Options{.clock = [this] { return timing_.now(); }});
    std::unique_ptr<I2cClient> i2c_;
    std::unique_ptr<SpiDevice> spi_;
    sim::SimulatedLine line_;
    Supplies supplies_;
    Registry registry_;
};

} // namespace iio::tests
