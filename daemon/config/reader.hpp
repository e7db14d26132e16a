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

/// What is not in the table is as `otherwise`, and a group that is named may write.
/// `prefix` stands before "permissions." in reports.
[[nodiscard]] Permissions read_permissions(const toml::table &table, const std::string &prefix,
                                           const Permissions &otherwise, const Accounts &accounts,
                                           MistakeList &mistakes);

} // namespace iiofs
