// SPDX-License-Identifier: MIT
//
// What is written about a chip, and whether there can be such a chip. The one
// rule book for a file's [[device]] and for new_device.
#pragma once

#include <daemon/config/config.hpp>

namespace iiofs {

/// The keys that say which chip it is, not yet checked.
struct ChipFields {
    SourceLine where;
    Field<std::string> driver, model, i2c, spi;
    Field<std::int64_t> address, mode, speed_hz, bits_per_word;
};

struct Chip {
    const iio::Part *part; ///< in the catalogue
    Bus bus;
    SourceLine where; ///< of what puts it there: its address, or its bus
};

/// What the fields name. Reports all that is wrong with them; the part may be
/// known though the chip is not.
class ChipCheck {
public:
    ChipCheck(const ChipFields &fields, const PartCatalogue &catalogue, MistakeList &mistakes)
        : fields_{fields}, catalogue_{catalogue}, mistakes_{mistakes}
    {
    }
    /// `folder`: where relative paths of models start.
    [[nodiscard]] std::optional<Chip> chip(const std::filesystem::path &folder);
    /// After chip(): null when it is not known.
    [[nodiscard]] const iio::Part *part() const { return part_; }

private:
    std::optional<Chip> model(const std::filesystem::path &folder);
    std::optional<Chip> on_i2c();
    std::optional<Chip> on_spi();
    std::optional<std::filesystem::path> model_file(const std::filesystem::path &folder);
    void find_part();
    std::optional<std::uint8_t> i2c_address();
    template <class T>
    std::optional<T> within(const Field<std::int64_t> &field, std::int64_t least, std::int64_t most,
                            const char *unit);
    template <class T> void refuse(const Field<T> &field, const std::string &why);

    const ChipFields &fields_;
    const PartCatalogue &catalogue_;
    MistakeList &mistakes_;
    const iio::Part *part_ = nullptr;
};

/// "/dev/i2c-1" for "i2c-1" and for itself; none for what names no device node.
[[nodiscard]] std::optional<std::string> i2c_node(const std::string &text);
/// "/dev/spidev0.0" for "spi0.0", "spidev0.0" and for itself.
[[nodiscard]] std::optional<std::string> spi_node(const std::string &text);
/// "/dev/gpiochip0" for "gpiochip0" and for itself.
[[nodiscard]] std::optional<std::string> gpio_node(const std::string &text);

} // namespace iiofs
