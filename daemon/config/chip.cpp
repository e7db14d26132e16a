// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>
#include <daemon/base/did_you_mean.hpp>
#include <daemon/config/chip.hpp>
#include <limits>

namespace iiofs {
namespace {

constexpr std::int64_t min_address = 0x03;
constexpr std::int64_t max_address = 0x77;

std::string hex(std::int64_t value)
{
    std::array<char, 20> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value, 16).ptr;
    std::string digits{text.data(), end};
    const std::size_t sign = value < 0 ? 1 : 0;
    if (digits.size() < 2 + sign)
        digits.insert(sign, "0");
    return digits.insert(sign, "0x");
}

bool all_digits(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// What follows the first prefix that the text has.
std::optional<std::string> after(std::string_view text,
                                 std::initializer_list<std::string_view> prefixes)
{
    for (const std::string_view prefix : prefixes)
        if (text.starts_with(prefix))
            return std::string{text.substr(prefix.size())};
    return std::nullopt;
}

/// An absolute path, unless its name is that of another kind's nodes. Nodes
/// may have any name: udev rules make links.
std::optional<std::string> device_node(const std::string &text, std::string_view other_kind)
{
    const std::filesystem::path path = std::filesystem::path{text}.lexically_normal();
    if (!path.is_absolute() || path.filename().string().starts_with(other_kind))
        return std::nullopt;
    return path.string();
}

/// The addresses to choose from, for a message.
std::string choices(const iio::Part &part)
{
    std::string out;
    for (const std::uint8_t address : part.addresses)
        out += (out.empty() ? "" : ", ") + hex(address);
    return out;
}

const char *const i2c_example = "i2c = \"/dev/i2c-1\"";
const char *const spi_example = "spi = \"/dev/spidev0.0\"";

std::string bus_examples(const iio::Part &part)
{
    if (!part.spi)
        return i2c_example;
    return part.addresses.empty() ? spi_example : std::string{i2c_example} + " or " + spi_example;
}

} // namespace

std::optional<std::string> i2c_node(const std::string &text)
{
    if (const auto number = after(text, {"i2c-"}); number && all_digits(*number))
        return "/dev/" + text;
    return device_node(text, "spidev");
}

std::optional<std::string> spi_node(const std::string &text)
{
    if (const auto numbers = after(text, {"spidev", "spi"})) {
        const std::size_t dot = numbers->find('.');
        if (dot != std::string::npos && all_digits(numbers->substr(0, dot)) &&
            all_digits(numbers->substr(dot + 1)))
            return "/dev/spidev" + *numbers;
    }
    return device_node(text, "i2c-");
}

std::optional<std::string> gpio_node(const std::string &text)
{
    if (const auto number = after(text, {"gpiochip"}); number && all_digits(*number))
        return "/dev/" + text;
    return device_node(text, "i2c-");
}

template <class T> void ChipCheck::refuse(const Field<T> &field, const std::string &why)
{
    if (field.present)
        mistakes_.add(field.where, field.key, why);
}

template <class T>
std::optional<T> ChipCheck::within(const Field<std::int64_t> &field, std::int64_t least,
                                   std::int64_t most, const char *unit)
{
    if (!field.value)
        return std::nullopt;
    if (*field.value >= least && *field.value <= most)
        return static_cast<T>(*field.value);
    mistakes_.add(field.where, field.key,
                  std::to_string(*field.value) + " is out of range; expected " +
                      std::to_string(least) + " to " + std::to_string(most) + unit);
    return std::nullopt;
}

void ChipCheck::find_part()
{
    if (!fields_.driver.value)
        return;
    const std::string &name = *fields_.driver.value;
    std::vector<std::string_view> names;
    for (const iio::Part *part : catalogue_.parts) {
        if (part->name == name)
            part_ = part;
        names.push_back(part->name);
    }
    if (part_ != nullptr)
        return;
    const auto meant = closest(name, names);
    mistakes_.add(fields_.driver.where, fields_.driver.key,
                  "there is no driver for " + in_quotes(name) + "; " +
                      (meant ? "did you mean \"" + std::string{*meant} + "\"?"
                             : "'iiofs drivers' lists the supported parts"));
}

std::optional<Chip> ChipCheck::chip(const std::filesystem::path &folder)
{
    if (fields_.model.present)
        return model(folder);
    find_part();
    const bool named = fields_.driver.present;
    if (!named && (fields_.i2c.present || fields_.spi.present))
        mistakes_.add(fields_.where, fields_.driver.key,
                      "missing; expected the kernel's name of the part, such as \"bme280\"");
    else if (!named)
        mistakes_.add(
            fields_.where, "device",
            "does not name a chip; give driver and i2c or spi for a real chip, or model for a "
            "simulated one");
    if (fields_.i2c.present && fields_.spi.present) {
        refuse(fields_.spi, "the chip is already on I2C (line " +
                                std::to_string(fields_.i2c.where.line) +
                                "); give either i2c or spi");
        return std::nullopt;
    }
    if (fields_.i2c.present)
        return on_i2c();
    if (fields_.spi.present)
        return on_spi();
    if (named)
        mistakes_.add(fields_.where, "device",
                      "the chip has no bus; give " +
                          (part_ != nullptr ? bus_examples(*part_)
                                            : std::string{i2c_example} + " or " + spi_example));
    return std::nullopt;
}

std::optional<std::uint8_t> ChipCheck::i2c_address()
{
    const Field<std::int64_t> &field = fields_.address;
    if (field.value) {
        if (*field.value >= min_address && *field.value <= max_address)
            return static_cast<std::uint8_t>(*field.value);
        mistakes_.add(field.where, field.key,
                      hex(*field.value) + " is not a valid I2C address; expected " +
                          hex(min_address) + " to " + hex(max_address));
        return std::nullopt;
    }
    if (field.present || part_ == nullptr || part_->addresses.empty())
        return std::nullopt;
    if (part_->default_address())
        return part_->default_address();
    mistakes_.add(
        fields_.where, field.key,
        "missing; " + std::string{part_->name} +
            " has several addresses, give the one that it is wired to: " + choices(*part_));
    return std::nullopt;
}

std::optional<Chip> ChipCheck::on_i2c()
{
    const std::string why = "is a setting of SPI, and this chip is on I2C; leave it out";
    refuse(fields_.mode, why);
    refuse(fields_.speed_hz, why);
    refuse(fields_.bits_per_word, why);
    if (part_ != nullptr && part_->addresses.empty())
        refuse(fields_.i2c,
               std::string{part_->name} + " is not an I2C part; give " + bus_examples(*part_));
    const auto address = i2c_address();
    if (!fields_.i2c.value)
        return std::nullopt;
    const auto node = i2c_node(*fields_.i2c.value);
    if (!node)
        refuse(fields_.i2c,
               in_quotes(*fields_.i2c.value) +
                   " is not an I2C bus; expected a device node such as \"/dev/i2c-1\"");
    if (part_ == nullptr || part_->addresses.empty() || !address || !node)
        return std::nullopt;
    return Chip{part_, I2cBus{*node, *address},
                fields_.address.present ? fields_.address.where : fields_.i2c.where};
}

std::optional<Chip> ChipCheck::on_spi()
{
    refuse(fields_.address, "is a setting of I2C, and this chip is on SPI; leave it out");
    if (part_ != nullptr && !part_->spi)
        refuse(fields_.spi,
               std::string{part_->name} + " is not an SPI part; give " + bus_examples(*part_));
    const auto mode = within<std::uint8_t>(fields_.mode, 0, 3, "");
    const auto speed_hz = within<std::uint32_t>(fields_.speed_hz, 1,
                                                std::numeric_limits<std::uint32_t>::max(), " Hz");
    const auto bits = within<std::uint8_t>(fields_.bits_per_word, 1, 32, " bits");
    if (!fields_.spi.value)
        return std::nullopt;
    const auto node = spi_node(*fields_.spi.value);
    if (!node)
        refuse(fields_.spi, in_quotes(*fields_.spi.value) +
                                " is not an SPI chip select; expected a device node such as "
                                "\"/dev/spidev0.0\"");
    if (part_ == nullptr || !part_->spi || !node)
        return std::nullopt;
    return Chip{part_, SpiBus{*node, mode, speed_hz, bits}, fields_.spi.where};
}

std::optional<Chip> ChipCheck::model(const std::filesystem::path &folder)
{
    const std::string why = "the model's file sets this; leave it out, or leave out model";
    refuse(fields_.driver, why);
    refuse(fields_.i2c, why);
    refuse(fields_.spi, why);
    refuse(fields_.address, why);
    refuse(fields_.mode, why);
    refuse(fields_.speed_hz, why);
    refuse(fields_.bits_per_word, why);
    const auto file = model_file(folder);
    if (!file)
        return std::nullopt;
    const auto model = catalogue_.model(*file);
    if (!model) {
        refuse(fields_.model, model.error());
        return std::nullopt;
    }
    const auto found = std::ranges::find(catalogue_.parts, model->part, &iio::Part::name);
    if (found == catalogue_.parts.end()) {
        refuse(fields_.model, "it is a model of " + in_quotes(model->part) +
                                  ", for which there is no driver; 'iiofs drivers' lists the "
                                  "supported parts");
        return std::nullopt;
    }
    part_ = *found;
    return Chip{part_, ModelFile{*file, model->chip}, fields_.model.where};
}

/// A text with a slash or a .json at its end is a file, any other a part.
std::optional<std::filesystem::path> ChipCheck::model_file(const std::filesystem::path &folder)
{
    if (!fields_.model.value)
        return std::nullopt;
    const std::string &text = *fields_.model.value;
    if (text.find('/') != std::string::npos || text.ends_with(".json"))
        return (folder / text).lexically_normal();
    if (auto installed = catalogue_.installed_model(text))
        return installed;
    std::vector<std::string_view> names;
    for (const iio::Part *part : catalogue_.parts)
        if (catalogue_.installed_model(part->name))
            names.push_back(part->name);
    const auto meant = closest(text, names);
    refuse(fields_.model,
           "no model of " + in_quotes(text) + " is installed; " +
               (meant ? "did you mean \"" + std::string{*meant} + "\"?"
                      : "expected a part's name such as \"bme280\", or a file such as "
                        "\"bme280.json\""));
    return std::nullopt;
}

} // namespace iiofs
