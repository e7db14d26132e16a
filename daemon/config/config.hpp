// SPDX-License-Identifier: MIT
//
// Config: what the daemon is told to show, read from a TOML file and checked.
//
// A file is either right as a whole or gives the list of all its mistakes.
// docs/configuration.md says what each key means.
#pragma once

#include <cstdint>
#include <daemon/base/permissions.hpp>
#include <daemon/base/problem.hpp>
#include <daemon/config/mistakes.hpp>
#include <filesystem>
#include <functional>
#include <iio/driver/hardware.hpp>
#include <iio/driver/module.hpp>
#include <iio/host/registry.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

namespace iio::sim {
struct ChipFile;
} // namespace iio::sim

namespace iiofs {

/// The parts and simulated chips that a configuration may name.
///
/// Every function is set. Threads: parse_config() calls them on its own thread.
struct PartCatalogue {
    std::vector<const iio::Part *> parts;
    /// The file of the installed model of a name, most often a part's.
    std::function<std::optional<std::filesystem::path>(std::string_view part)> installed_model;
    struct Model {
        std::string part;
        std::shared_ptr<const iio::sim::ChipFile> chip;
    };
    /// What a model file holds, or "FILE: what is wrong".
    std::function<OrProblem<Model>(const std::filesystem::path &file)> model;
};

/// The users and groups of the system, none for a name that there is not.
struct Accounts {
    std::function<std::optional<uid_t>(const std::string &name)> user;
    std::function<std::optional<gid_t>(const std::string &name)> group;
    uid_t mounter = ::geteuid(); ///< who made the mount
};

/// As getpwnam() and getgrnam() know them. A mount that was handed to the program is
/// its parent's.
[[nodiscard]] Accounts system_accounts();

/// What holds where a configuration says nothing: the mounter's, as the kernel's are
/// root's. What root has mounted the group iio may write as well, where there is one.
[[nodiscard]] Permissions default_permissions(const Accounts &accounts);

struct I2cBus {
    std::string path;         ///< "/dev/i2c-1"
    std::uint8_t address = 0; ///< 0x03 to 0x77
    friend bool operator==(const I2cBus &, const I2cBus &) = default;
};

/// What is not set is left to the driver, see iio::SpiSettings.
struct SpiBus {
    std::string path;                 ///< "/dev/spidev0.0"
    std::optional<std::uint8_t> mode; ///< 0 to 3
    std::optional<std::uint32_t> speed_hz;
    std::optional<std::uint8_t> bits_per_word; ///< 1 to 32
    friend bool operator==(const SpiBus &, const SpiBus &) = default;
};

/// A simulated chip.
struct ModelFile {
    std::filesystem::path path;
    std::shared_ptr<const iio::sim::ChipFile> chip{}; ///< what the file held when it was read
    friend bool operator==(const ModelFile &one, const ModelFile &other)
    {
        return one.path == other.path;
    }
};

using Bus = std::variant<I2cBus, SpiBus, ModelFile>;

enum class LineBias { as_is, disabled, pull_up, pull_down };

/// By chip and number, or by name.
struct InterruptLine {
    std::string gpiochip; ///< "/dev/gpiochip0"
    std::uint32_t line = 0;
    iio::Edge edge = iio::Edge::rising;
    std::string name; ///< "GPIO17"; empty: by chip and number
    LineBias bias = LineBias::as_is;
    std::uint32_t debounce_us = 0; ///< 0: none
    friend bool operator==(const InterruptLine &, const InterruptLine &) = default;
};

struct DeviceConfig {
    std::string driver; ///< one of the catalogue's parts, for a model as well
    Bus bus;
    std::string label; ///< empty: none
    iio::Supplies supplies;
    iio::MountMatrix mount_matrix = iio::identity_matrix;
    std::optional<InterruptLine> interrupt;
    std::optional<Permissions> permissions; ///< of this device; none: the tree's
    iio::Settings set;                      ///< from its start, in their order
    SourceLine where;                       ///< of its [[device]]; none when it came by new_device
    friend bool operator==(const DeviceConfig &, const DeviceConfig &) = default;
};

/// The address or chip select that only one device can have: "89:1 118", by the number of
/// the bus's device node, or "/dev/i2c-1 118" where there is no such node: one bus may have
/// several names. Empty for simulated chips, each of which is on a bus of its own.
[[nodiscard]] std::string bus_location(const Bus &bus);

/// Whether both are the one chip that can be at an address or chip select.
[[nodiscard]] bool same_chip(const DeviceConfig &one, const DeviceConfig &other);

/// Part and place, which tell a chip of the configuration from the others.
[[nodiscard]] std::string identity(const DeviceConfig &config);

/// How a bus is written in messages and in new_device: "i2c-1 0x76", "spi0.0",
/// "model bme280.json".
[[nodiscard]] std::string describe(const Bus &bus);

struct Config {
    std::optional<std::string> mountpoint;
    bool device_nodes = false;            ///< character devices /dev/iio:deviceN
    std::optional<bool> kernel_devices;   ///< show the kernel's beside ours
    std::optional<unsigned> first_number; ///< of our devices and triggers
    bool polling = true;                  ///< for the next request, where there are CPUs for it
    Permissions permissions{};
    std::vector<DeviceConfig> devices; ///< in the file's order
};

/// The most that a file may hold: devices of 200 bytes each.
inline constexpr std::size_t max_config_bytes = 1 << 20;
/// The takeover has records for so many.
inline constexpr std::size_t max_configured_devices = 5'000;

/// Checks `text`, the contents of the file `name`. Relative paths of models
/// start at `folder`.
[[nodiscard]] tl::expected<Config, Mistakes>
parse_config(std::string_view text, const std::string &name, const std::filesystem::path &folder,
             const PartCatalogue &catalogue, const Accounts &accounts = system_accounts());

/// Reads and checks a file X.toml, then those of the folder X.d that end in .toml, in the order
/// of their names, which have devices alone. One that cannot be read is a mistake as well.
[[nodiscard]] tl::expected<Config, Mistakes>
load_config(const std::filesystem::path &file, const PartCatalogue &catalogue,
            const Accounts &accounts = system_accounts());

/// What a line of new_device may name. A path is opened by the daemon, with the daemon's rights:
/// names are for those who are not to open files by it.
enum class MayName {
    paths,
    names ///< installed models, and buses such as i2c-1
};

/// Checks one line written to new_device: "PART BUS [ADDRESS]" or "model
/// FILE-OR-PART", with or without a newline at its end. BUS is "i2c-1",
/// "/dev/i2c-1", "spi0.0" or "/dev/spidev0.0"; ADDRESS as C writes numbers.
/// The rules are those of a file's [[device]].
/// Errors: mistakes of the file "new_device", at no line; who wrote is to be
/// answered EINVAL.
[[nodiscard]] tl::expected<DeviceConfig, Mistakes>
parse_new_device(std::string_view line, const std::filesystem::path &folder,
                 const PartCatalogue &catalogue, MayName may_name = MayName::paths);

} // namespace iiofs
