// SPDX-License-Identifier: MIT
//
// Which part sits at an address, by what the families' tables say of each.
#pragma once

#include <cstdint>
#include <iio/driver/module.hpp>
#include <optional>
#include <span>
#include <vector>

namespace iio {

using Families = std::span<const Module *const>;
using PartList = std::vector<const Part *>;

/// What was found at an address.
struct Sighting {
    bool answers = false;           ///< something acknowledged
    std::optional<unsigned> code{}; ///< its identification, which is that of `parts`
    /// With a code: the parts that have it. Without: those that it may be, as nothing tells
    /// them from others, or as what would tell them was not to be asked.
    PartList parts{};
};

/// Asks what is at the client's address, changing nothing in any of the families' parts:
/// 1. the registers that identify a part with this address, those with numbers of one byte
///    first, until one holds the code of a part;
/// 2. where all were refused, a byte, without writing anything;
/// 3. where nothing gave data, which a part with registers would, the commands that identify
///    one: a part with registers would take the second byte of a command for data.
/// Blocks: for some transfers. Errors: ETIMEDOUT: the bus is stuck. What else fails is taken for
/// a part that refuses.
[[nodiscard]] Result<Sighting> look_at(const I2cClient &client, std::uint8_t address,
                                       Families families);

/// The parts on that bus with this code where `asked` asks for it.
[[nodiscard]] PartList parts_of_code(const Recognition &asked, unsigned code, BusKind bus,
                                     Families families);

} // namespace iio
