// SPDX-License-Identifier: MIT
//
// What the tables of a configuration file say: a [[device]], and permissions.
#pragma once

#include <daemon/config/chip.hpp>
#include <daemon/config/toml.hpp>

namespace iiofs {

/// One [[device]] as far as it could be read.
struct ParsedDevice {
    DeviceConfig config;
    std::optional<Chip> chip; ///< none when what is written names none
    SourceLine label_where;
};
/// What a file's devices have in common.
struct DeviceContext {
    const std::filesystem::path &folder;
    const PartCatalogue &catalogue;
    const Accounts &accounts;
    const Permissions &permissions; ///< the tree's
};
[[nodiscard]] ParsedDevice read_device(const toml::table &table, const DeviceContext &context,
                                       MistakeList &mistakes);

/// Where its interrupt output is wired to; none: nowhere, or it is wrong.
[[nodiscard]] std::optional<InterruptLine> read_interrupt(TableReader &device,
                                                          MistakeList &mistakes, bool simulated);

/// The values that it has from its start, in the file's order.
[[nodiscard]] iio::Settings read_set(TableReader &device, MistakeList &mistakes);

/// "0.5", without an exponent.
[[nodiscard]] std::string shortest(double value);
/// 0x00 to 0x1f, or 0x7f: what one line of text does not have.
[[nodiscard]] bool has_control_characters(std::string_view text);

/// What is not in the table is as `otherwise`, and a group that is named may write.
/// `prefix` stands before "permissions." in reports.
[[nodiscard]] Permissions read_permissions(const toml::table &table, const std::string &prefix,
                                           const Permissions &otherwise, const Accounts &accounts,
                                           MistakeList &mistakes);

} // namespace iiofs
