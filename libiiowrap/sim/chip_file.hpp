// SPDX-License-Identifier: MIT
//
// ChipFile: a simulated chip as its JSON file describes it. The format is in
// docs/chip-models.md.
#pragma once

#include "sim/fault.hpp"
#include "sim/model.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace iio::sim {

struct ChipFile {
    std::string part;   ///< as on its package: "BMP280"
    std::string driver; ///< the kernel's name: "bmp280"
    std::string about;  ///< what the image means physically
    BusKind bus = BusKind::i2c;
    std::uint16_t address = 0;   ///< I2C: the chip's own, 7 bits
    unsigned chip_select = 0;    ///< SPI
    std::uint8_t spi_mode = 0;   ///< SPI: 0 to 3
    std::uint32_t speed_hz = 0;  ///< SPI: 0 unless the file says
    std::optional<unsigned> irq; ///< the chip has an interrupt line
    double interrupt_hz = 0;     ///< rate of the edges of its own; 0: none
    bool has_line = false;       ///< the model drives the line
    /// The chip as it is after power-up, by address; on SPI there is one, at 0.
    std::map<std::uint16_t, std::shared_ptr<const ModelChip>> models;
    std::vector<Fault> faults;

    /// Parses a chip file, or a recording of one (an object with the key
    /// "chip"). `name` is what messages call the file. The error is one line
    /// for people: file, key, what is wrong and what would be right.
    [[nodiscard]] static tl::expected<ChipFile, std::string> parse(std::string_view text,
                                                                   std::string_view name);
    [[nodiscard]] static tl::expected<ChipFile, std::string>
    load(const std::filesystem::path &path);

    /// Its place on bus 0, for Hardware::with_location().
    [[nodiscard]] std::string location() const;
};

} // namespace iio::sim
