// SPDX-License-Identifier: MIT
//
// How a device of the configuration is told from others, and named.
#include <daemon/config/config.hpp>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace iiofs {

namespace {

template <class... Ts> struct Overloaded : Ts... {
    using Ts::operator()...;
};
template <class... Ts> Overloaded(Ts...) -> Overloaded<Ts...>;

/// "0x76"
std::string hex_byte(std::uint8_t value)
{
    constexpr std::string_view digits = "0123456789abcdef";
    return {'0', 'x', digits[value >> 4], digits[value & 15]};
}

/// What is the same for all names of one device node.
std::string node_of(const std::string &path)
{
    struct stat status;
    if (::stat(path.c_str(), &status) == 0 && S_ISCHR(status.st_mode))
        return std::to_string(major(status.st_rdev)) + ":" + std::to_string(minor(status.st_rdev));
    return path;
}

} // namespace

std::string bus_location(const Bus &bus)
{
    if (const auto *i2c = std::get_if<I2cBus>(&bus))
        return node_of(i2c->path) + " " + std::to_string(i2c->address);
    if (const auto *spi = std::get_if<SpiBus>(&bus))
        return node_of(spi->path);
    return {};
}

bool same_chip(const DeviceConfig &one, const DeviceConfig &other)
{
    const std::string place = bus_location(one.bus);
    return !place.empty() && place == bus_location(other.bus);
}

std::string identity(const DeviceConfig &config)
{
    const auto where = std::visit(
        Overloaded{[](const I2cBus &i2c) { return i2c.path + " " + std::to_string(i2c.address); },
                   [](const SpiBus &spi) { return spi.path; },
                   [](const ModelFile &model) { return model.path.string(); }},
        config.bus);
    return config.driver + " " + where;
}

std::string describe(const Bus &bus)
{
    const auto node = [](const std::string &path) { return path.substr(path.rfind('/') + 1); };
    return std::visit(
        Overloaded{
            [&](const I2cBus &i2c) { return node(i2c.path) + " " + hex_byte(i2c.address); },
            [&](const SpiBus &spi) {
                const auto name = node(spi.path);
                return name.starts_with("spidev") ? "spi" + name.substr(6) : name;
            },
            [](const ModelFile &model) { return "model " + model.path.filename().string(); }},
        bus);
}

} // namespace iiofs
