// SPDX-License-Identifier: MIT
#include "sim/register_rules.hpp"

namespace iio::sim {

Address parse_register(const JsonNode &node) { return node.number<Address>(); }

Condition parse_condition(const JsonNode &node)
{
    node.only("when", {"reg", "mask", "value"});
    Condition when{.reg = parse_register(node.at("reg")),
                   .value = node.at("value").wide_number(sizeof(RegisterValue))};
    if (const auto mask = node.find("mask"))
        when.mask = mask->wide_number(sizeof(RegisterValue));
    return when;
}

namespace {

Condition parse_possible(const JsonNode &node)
{
    const auto when = parse_condition(node);
    if ((when.value & ~when.mask) != 0)
        node.at("value").fail("never holds: it has bits that mask does not have");
    return when;
}

} // namespace

Conditions parse_conditions(const JsonNode &node)
{
    Conditions all;
    if (!node.is_array())
        return {parse_possible(node)};
    for (const auto &one : node.elements())
        all.push_back(parse_possible(one));
    return all;
}

RegisterActions parse_actions(const JsonNode &node)
{
    using Act = RegisterAction::Act;
    RegisterActions actions;
    const auto act = [&](std::string_view key, Act kind, auto operand) {
        const auto object = node.find(key);
        if (!object)
            return;
        for (const auto &[reg, value] : object->numbered(most_address))
            actions.push_back(operand(kind, static_cast<Address>(reg), value));
    };
    const auto number = [](Act kind, Address reg, const JsonNode &value) {
        return RegisterAction{kind, reg, value.wide_number(sizeof(RegisterValue))};
    };
    act("set", Act::set, number);
    act("copy", Act::copy, [](Act kind, Address reg, const JsonNode &value) {
        return RegisterAction{kind, reg, parse_register(value)};
    });
    act("add", Act::add, [](Act kind, Address reg, const JsonNode &value) {
        const auto pair = value.elements();
        if (pair.size() != 2)
            value.fail("must be [step, mask]");
        return RegisterAction{kind, reg, static_cast<RegisterValue>(pair[0].signed_number()),
                              pair[1].wide_number(sizeof(RegisterValue))};
    });
    act("set_bits", Act::set_bits, number);
    act("clear_bits", Act::clear_bits, number);
    return actions;
}

std::vector<Address> parse_registers_list(const JsonNode &node)
{
    if (!node.is_array())
        return {parse_register(node)};
    std::vector<Address> registers;
    for (const auto &reg : node.elements())
        registers.push_back(parse_register(reg));
    if (registers.empty())
        node.fail("an empty list: name one register at least");
    return registers;
}

JoinedField parse_joined(const JsonNode &node)
{
    const auto where = node.at("registers");
    JoinedField field{.registers = parse_registers_list(where)};
    if (field.registers.size() > 8)
        where.fail("must be 8 registers at most");
    if (const auto mask = node.find("mask"))
        field.mask = mask->number(field.mask, 1);
    return field;
}

} // namespace iio::sim
