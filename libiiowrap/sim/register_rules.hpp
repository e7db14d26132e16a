// SPDX-License-Identifier: MIT
//
// The words that the rules of a registers model are made of: conditions, actions,
// and numbers that several registers hold together.
#pragma once

#include "sim/json_node.hpp"

#include <array>
#include <map>
#include <optional>
#include <vector>

namespace iio::sim {

using Address = std::uint32_t;
using RegisterValue = WideNumber;
using RegisterFile = std::map<Address, RegisterValue>;

inline constexpr std::uint64_t most_address = 0xffff'ffff;

[[nodiscard]] constexpr RegisterValue widest(unsigned bytes)
{
    return bytes == 0 ? 0 : ~RegisterValue{0} >> (128 - 8 * bytes);
}

/// Holds while a register's field has a value.
struct Condition {
    Address reg = 0;
    RegisterValue mask = ~RegisterValue{0};
    RegisterValue value = 0;
};
using Conditions = std::vector<Condition>; ///< all of them

/// What happens to a register because of something else.
struct RegisterAction {
    enum class Act { set, copy, add, set_bits, clear_bits };
    Act act = Act::set;
    Address reg = 0;
    RegisterValue operand = 0; ///< the value, the step, the bits, or the register to copy
    RegisterValue mask = 0;    ///< for add
};
using RegisterActions = std::vector<RegisterAction>;

/// A field over several registers, the most significant first.
struct JoinedField {
    std::vector<Address> registers{};
    std::uint64_t mask = ~std::uint64_t{0}; ///< over all their bits
};

[[nodiscard]] Address parse_register(const JsonNode &node);
[[nodiscard]] Condition parse_condition(const JsonNode &node);
/// One condition, or a list of them.
[[nodiscard]] Conditions parse_conditions(const JsonNode &node);
/// The keys of actions, for JsonNode::only.
inline constexpr std::array<std::string_view, 5> action_keys{"set", "copy", "add", "set_bits",
                                                             "clear_bits"};
/// Those keys of an object, in this order.
[[nodiscard]] RegisterActions parse_actions(const JsonNode &node);
/// {"registers": one or a list, "mask"}.
[[nodiscard]] JoinedField parse_joined(const JsonNode &node);
/// One register or a list of them.
[[nodiscard]] std::vector<Address> parse_registers_list(const JsonNode &node);

} // namespace iio::sim
