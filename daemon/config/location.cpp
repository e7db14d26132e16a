// SPDX-License-Identifier: MIT
#include <array>
#include <cstdio>
#include <daemon/config/location.hpp>
#include <filesystem>

namespace iiofs {

namespace {

/// What follows the last dash or "spidev" in the name of the node. udev makes links.
std::string number_of(const std::string &path)
{
    std::error_code error;
    const auto target = std::filesystem::canonical(path, error);
    const auto node = (error ? std::filesystem::path{path} : target).filename().string();
    return node.substr(node.find_last_of("-v") + 1);
}

} // namespace

std::string location_of(const Bus &bus)
{
    if (const auto *const i2c = std::get_if<I2cBus>(&bus)) {
        std::array<char, 8> address{};
        (void)std::snprintf(address.data(), address.size(), "-%04x", i2c->address);
        return number_of(i2c->path) + address.data();
    }
    const auto *const spi = std::get_if<SpiBus>(&bus);
    return spi ? "spi" + number_of(spi->path) : std::string{};
}

ChipFolder folder_of(const DeviceConfig &config, unsigned number)
{
    const auto name = location_of(config.bus);
    if (std::holds_alternative<I2cBus>(config.bus))
        return {"i2c-" + name.substr(0, name.rfind('-')), name, "i2c"};
    if (std::holds_alternative<SpiBus>(config.bus))
        return {name.substr(0, name.find('.')), name, "spi"};
    return {"simulated", config.driver + "." + std::to_string(number), "platform"};
}

} // namespace iiofs
