// SPDX-License-Identifier: MIT
#include "sim/register_events.hpp"

namespace iio::sim {
namespace {

constexpr double least_hz = 0.001;
constexpr std::size_t most_fifo_bytes = 65'536;

double parse_hz(const JsonNode &node) { return node.real(least_hz, Rate::most_hz); }

std::vector<JsonNode> elements_of(const JsonNode &node, std::string_view key)
{
    const auto list = node.find(key);
    return list ? list->elements() : std::vector<JsonNode>{};
}

RegisterValue parse_mask(const JsonNode &node)
{
    const auto mask = node.wide_number(sizeof(RegisterValue));
    if (mask == 0)
        node.fail("must have a bit that is set");
    return mask;
}

Rate::Choice parse_choice(const JsonNode &node)
{
    node.only("hz", {"reg", "mask", "codes"});
    Rate::Choice choice{.reg = parse_register(node.at("reg")), .mask = parse_mask(node.at("mask"))};
    for (const auto &[code, value] : node.at("codes").numbered(~std::uint64_t{0}))
        choice.hz[code] = parse_hz(value);
    return choice;
}

Rate parse_rate(const JsonNode &node)
{
    Rate rate;
    const auto hz = node.at("hz");
    const auto choices = hz.is_array() ? hz.elements() : std::vector<JsonNode>{hz};
    for (const auto &choice : choices) {
        if (choice.is_object())
            rate.choices.push_back(parse_choice(choice));
        else
            rate.hz = parse_hz(choice);
    }
    if (!rate.choices.empty() && rate.hz > 0)
        hz.fail("is either a number or made of fields that choose");
    if (const auto divider = node.find("divider")) {
        divider->only("divider", {"reg", "mask"});
        rate.divider = parse_register(divider->at("reg"));
        if (const auto mask = divider->find("mask"))
            rate.divider_mask = parse_mask(*mask);
    }
    return rate;
}

std::vector<Conditions> parse_alternatives(const JsonNode &node)
{
    std::vector<Conditions> any;
    for (const auto &one : node.elements())
        any.push_back(parse_conditions(one));
    return any;
}

Comparison parse_comparison(const JsonNode &node)
{
    node.only("only", {"registers", "mask", "signed", "above", "below"});
    Comparison only{.field = parse_joined(node), .bound = {}};
    const auto above = node.find("above");
    const auto below = node.find("below");
    if (above.has_value() == below.has_value())
        node.fail("must have either above or below");
    only.below = below.has_value();
    const auto &bound = only.below ? *below : *above;
    bound.only("a bound", {"registers", "mask"});
    only.bound = parse_joined(bound);
    if (const auto sign = node.find("signed"))
        only.is_signed = sign->boolean();
    return only;
}

Tick parse_tick(const JsonNode &node)
{
    node.only("a tick", {"hz", "divider", "when", "only", "count", "pulse"}, action_keys);
    Tick tick{.rate = parse_rate(node), .actions = parse_actions(node)};
    if (const auto when = node.find("when"))
        tick.when = parse_conditions(*when);
    for (const auto &only : elements_of(node, "only"))
        tick.only.push_back(parse_comparison(only));
    for (const auto &field : elements_of(node, "count")) {
        field.only("count", {"registers", "mask"});
        tick.count.push_back(parse_joined(field));
    }
    if (const auto pulse = node.find("pulse"))
        tick.pulses = pulse->boolean();
    return tick;
}

LineRule parse_line(const JsonNode &node)
{
    node.only("line", {"any", "active_low"});
    LineRule line{.any = parse_alternatives(node.at("any"))};
    if (const auto low = node.find("active_low")) {
        if (low->is_object() || low->is_array())
            line.low_when = parse_conditions(*low);
        else
            line.low = low->boolean();
    }
    return line;
}

FifoGroup parse_group(const JsonNode &node)
{
    node.only("an entry", {"registers", "when", "hz", "divider", "every", "tag"});
    FifoGroup group{.registers = parse_registers_list(node.at("registers"))};
    if (group.registers.size() > 32)
        node.at("registers").fail("must be 32 registers at most");
    if (const auto when = node.find("when"))
        group.when = parse_conditions(*when);
    if (node.find("hz"))
        group.rate = parse_rate(node);
    if (const auto every = node.find("every")) {
        every->only("every", {"reg", "mask", "codes"});
        group.every = parse_register(every->at("reg"));
        group.every_mask = parse_mask(every->at("mask"));
        for (const auto &[code, n] : every->at("codes").numbered(~std::uint64_t{0}))
            group.every_by_code[code] = static_cast<unsigned>(n.number(1'000'000, 1));
    }
    if (const auto tag = node.find("tag"))
        group.tag = tag->number<std::uint8_t>();
    return group;
}

FifoFlag parse_flag(const JsonNode &node)
{
    using Of = FifoFlag::Of;
    static constexpr std::array<std::pair<std::string_view, Of>, 4> names{
        {{"empty", Of::empty},
         {"watermark", Of::watermark},
         {"full", Of::full},
         {"overrun", Of::overrun}}};
    node.only("a flag", {"of", "reg", "bits"});
    FifoFlag flag{.reg = parse_register(node.at("reg")), .bits = parse_mask(node.at("bits"))};
    const auto of = node.at("of");
    for (const auto &[name, kind] : names) {
        if (name == of.text()) {
            flag.of = kind;
            return flag;
        }
    }
    of.fail("is none of empty, watermark, full, overrun");
}

void parse_fifo_fields(const JsonNode &node, FifoLayout &fifo)
{
    const auto field = [&](std::string_view key) -> std::optional<JoinedField> {
        const auto object = node.find(key);
        if (!object)
            return std::nullopt;
        object->only(key, {"registers", "mask"});
        return parse_joined(*object);
    };
    fifo.count = field("count");
    fifo.watermark = field("watermark");
    fifo.pattern = field("pattern");
    for (const auto &flag : elements_of(node, "flags"))
        fifo.flags.push_back(parse_flag(flag));
    if (const auto clear = node.find("cleared_when"))
        fifo.cleared_when = parse_alternatives(*clear);
    if (const auto written = node.find("cleared_by"))
        fifo.cleared_by = parse_conditions(*written);
    if (const auto keep = node.find("keeps_oldest_when"))
        fifo.keeps_oldest_when = parse_alternatives(*keep);
    if (const auto read = node.find("overrun_until_read_of"))
        fifo.overrun_until_read_of = parse_registers_list(*read);
}

FifoLayout parse_fifo(const JsonNode &node)
{
    node.only("fifo", {"registers", "capacity", "unit", "fill", "hz", "divider", "when", "entries",
                       "count", "watermark", "pattern", "flags", "cleared_when", "cleared_by",
                       "keeps_oldest_when", "overrun_until_read_of"});
    FifoLayout fifo{.registers = parse_registers_list(node.at("registers"))};
    for (std::size_t i = 1; i < fifo.registers.size(); i++) {
        if (fifo.registers[i] != fifo.registers[i - 1] + 1)
            node.at("registers").fail("must be neighbours, the lowest first");
    }
    if (const auto unit = node.find("unit"))
        fifo.unit = static_cast<std::size_t>(unit->number(64, 1));
    fifo.capacity =
        static_cast<std::size_t>(node.at("capacity").number(most_fifo_bytes, fifo.unit));
    if (fifo.capacity % fifo.unit != 0)
        node.at("capacity").fail("must be a multiple of unit, " + std::to_string(fifo.unit));
    if (const auto fill = node.find("fill"))
        fifo.fill = fill->number<std::uint8_t>();
    if (node.find("hz"))
        fifo.rate = parse_rate(node);
    if (const auto when = node.find("when"))
        fifo.when = parse_conditions(*when);
    for (const auto &entry : node.at("entries").elements()) {
        fifo.groups.push_back(parse_group(entry));
        if (!fifo.groups.back().rate && !node.find("hz"))
            entry.fail("has no rate: give hz here, or for the whole fifo");
    }
    parse_fifo_fields(node, fifo);
    return fifo;
}

} // namespace

RegisterEvents parse_events(const JsonNode &chip)
{
    RegisterEvents events;
    for (const auto &node : elements_of(chip, "on_read")) {
        node.only("on_read", {"reg"}, action_keys);
        events.read_rules.push_back({parse_register(node.at("reg")), parse_actions(node)});
    }
    for (const auto &node : elements_of(chip, "ticks"))
        events.ticks.push_back(parse_tick(node));
    for (const auto &node : elements_of(chip, "clocks")) {
        node.only("a clock", {"registers", "hz", "reset_by"});
        const auto reset = node.find("reset_by");
        events.clocks.push_back({parse_joined(node), parse_hz(node.at("hz")),
                                 reset ? parse_conditions(*reset) : Conditions{}});
    }
    if (const auto fifo = chip.find("fifo"))
        events.fifo = parse_fifo(*fifo);
    if (const auto line = chip.find("line"))
        events.line = parse_line(*line);
    return events;
}

} // namespace iio::sim
