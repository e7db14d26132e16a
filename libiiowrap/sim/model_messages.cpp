// SPDX-License-Identifier: MIT
//
// messages: state in named variables that written messages set from their bits.
#include "sim/model_kinds.hpp"
#include "sim/waveform.hpp"
#include "sim/words.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <optional>

namespace iio::sim {
namespace {

/// A piece of an answer: constant bytes, or a variable.
struct Part {
    Bytes constant;
    std::optional<std::size_t> variable;
    unsigned width = 1; // bytes
    int shift = 0;      // to the left; negative: to the right
    std::uint64_t ones = 0;
    bool little = false;
};
using Answer = std::vector<Part>;

/// variable = number, or the message's bits under a mask, or another variable.
struct Assignment {
    std::size_t variable = 0;
    enum class From { number, bits, variable } from = From::number;
    std::int64_t number = 0;
    Bytes mask;
    std::size_t source = 0;
};

struct Rule {
    Pattern pattern;
    std::optional<std::size_t> length;
    std::vector<Assignment> assignments; // all of "set", then all of "copy"
    std::optional<Answer> answer;
};

struct Script {
    std::map<std::string, std::size_t, std::less<>> names;
    std::vector<Rule> rules;
    Answer initial;
    std::vector<std::pair<std::size_t, Waveform>> waveforms;
    std::uint8_t fill = 0;
};

class MessagesChip final : public ModelChip {
public:
    MessagesChip(std::shared_ptr<const Script> script, std::vector<std::int64_t> variables)
        : script_{std::move(script)}, variables_{std::move(variables)}, reply_{&script_->initial}
    {
    }

    Result<void> i2c(std::span<const I2cMessage> messages, double at_s) override
    {
        for (const auto &message : messages) {
            if (message.is_read()) {
                build(*reply_, message.in(), at_s);
            } else if (!message.out().empty()) {
                const Rule *const rule = receive(message.out());
                if (rule != nullptr && rule->answer)
                    reply_ = &*rule->answer;
            }
        }
        return {};
    }

    Result<void> spi(const SpiClocked &clocked, double at_s) override
    {
        for_each_frame(clocked, [&](auto tx, auto rx) {
            const Rule *const rule = receive(tx);
            if (rule != nullptr && rule->answer)
                build(*rule->answer, rx, at_s);
            else
                build({}, rx, at_s);
        });
        return {};
    }

    std::unique_ptr<ModelChip> clone() const override
    {
        return std::make_unique<MessagesChip>(*this);
    }

private:
    const Rule *receive(std::span<const std::uint8_t> message)
    {
        const auto applies = [&](const Rule &rule) {
            return (!rule.length || message.size() == *rule.length) &&
                   rule.pattern.matches(message);
        };
        const auto rule = std::ranges::find_if(script_->rules, applies);
        if (rule == script_->rules.end())
            return nullptr;
        for (const auto &assignment : rule->assignments)
            variables_[assignment.variable] = value(assignment, message);
        return &*rule;
    }

    std::int64_t value(const Assignment &assignment, std::span<const std::uint8_t> message) const
    {
        switch (assignment.from) {
        case Assignment::From::number:
            return assignment.number;
        case Assignment::From::variable:
            return variables_[assignment.source];
        case Assignment::From::bits:
            break;
        }
        const auto mask = to_number<WideNumber>(assignment.mask);
        const auto bits =
            to_number<WideNumber>(message.first(std::min(message.size(), assignment.mask.size())));
        return static_cast<std::int64_t>((bits & mask) >> shift_of(mask));
    }

    std::int64_t moved(std::size_t variable, double at_s) const
    {
        auto value = variables_[variable];
        for (const auto &[moving, waveform] : script_->waveforms) {
            if (moving == variable)
                value = waveform.moved_value(value, at_s);
        }
        return value;
    }

    void build(std::span<const Part> answer, std::span<std::uint8_t> into, double at_s) const
    {
        for (const auto &part : answer) {
            if (!part.variable) {
                const auto count = std::min(into.size(), part.constant.size());
                put_answer(into.first(count), part.constant, 0);
                into = into.subspan(count);
                continue;
            }
            const auto value = moved(*part.variable, at_s);
            const auto shifted = part.shift >= 0 ? value << part.shift : value >> -part.shift;
            into = put_number(into, static_cast<std::uint64_t>(shifted) | part.ones, part.width,
                              part.little);
        }
        std::ranges::fill(into, script_->fill);
    }

    std::shared_ptr<const Script> script_;
    std::vector<std::int64_t> variables_;
    const Answer *reply_; // within script_
};

std::size_t variable_named(const JsonNode &node, const std::string &name, const Script &script)
{
    const auto found = script.names.find(name);
    if (found == script.names.end())
        node.fail("there is no variable \"" + name + "\" in vars");
    return found->second;
}

Part parse_part(const JsonNode &node, const Script &script)
{
    Part part;
    if (node.is_text()) {
        part.constant = node.bytes();
        return part;
    }
    node.only("a variable's part of rx", {"var", "bytes", "shift", "or", "order"});
    const auto name = node.at("var");
    part.variable = variable_named(name, name.text(), script);
    if (const auto bytes = node.find("bytes"))
        part.width = static_cast<unsigned>(bytes->number(8, 1));
    if (const auto shift = node.find("shift")) {
        const auto places = shift->signed_number();
        if (places < -63 || places > 63)
            shift->fail("must be -63 to 63");
        part.shift = static_cast<int>(places);
    }
    if (const auto ones = node.find("or"))
        part.ones = ones->number<std::uint64_t>();
    if (const auto order = node.find("order")) {
        part.little = order->text() == "little";
        if (!part.little && order->text() != "big")
            order->fail("must be \"big\" or \"little\"");
    }
    return part;
}

Answer parse_answer(const JsonNode &node, const Script &script)
{
    if (!node.is_array())
        return {parse_part(node, script)};
    Answer answer;
    for (const auto &part : node.elements())
        answer.push_back(parse_part(part, script));
    return answer;
}

Assignment parse_set(const std::string &name, const JsonNode &node, const Script &script)
{
    Assignment set{.variable = variable_named(node, name, script)};
    if (node.is_integer()) {
        set.number = node.signed_number();
        return set;
    }
    set.from = Assignment::From::bits;
    set.mask = node.bytes();
    if (set.mask.size() > sizeof(WideNumber) || to_number<WideNumber>(set.mask) == 0)
        node.fail("is neither a number nor a mask: a mask has 1 to 16 bytes and a bit that is set");
    return set;
}

Rule parse_rule(const JsonNode &node, const Script &script)
{
    node.only("a rule", {"tx", "mask", "length", "set", "copy", "rx"});
    Rule rule{.pattern = Pattern::parse(node), .length = {}, .assignments = {}, .answer = {}};
    if (const auto length = node.find("length"))
        rule.length = length->number<std::uint16_t>();
    if (const auto set = node.find("set")) {
        for (const auto &[name, value] : set->members())
            rule.assignments.push_back(parse_set(name, value, script));
    }
    if (const auto copy = node.find("copy")) {
        for (const auto &[name, source] : copy->members())
            rule.assignments.push_back({.variable = variable_named(source, name, script),
                                        .from = Assignment::From::variable,
                                        .source = variable_named(source, source.text(), script)});
    }
    if (const auto rx = node.find("rx"))
        rule.answer = parse_answer(*rx, script);
    return rule;
}

} // namespace

std::unique_ptr<ModelChip> make_messages(const JsonNode &model, BusKind bus,
                                         const Waveforms &waveforms)
{
    model.only("a messages model", {"kind", "vars", "rules", "initial", "fill", "also_at"});
    auto script = std::make_shared<Script>();
    std::vector<std::int64_t> variables;
    if (const auto vars = model.find("vars")) {
        for (const auto &[name, value] : vars->members()) {
            script->names.emplace(name, variables.size());
            variables.push_back(value.signed_number());
        }
    }
    if (const auto rules = model.find("rules")) {
        for (const auto &node : rules->elements())
            script->rules.push_back(parse_rule(node, *script));
    }
    if (const auto initial = model.find("initial")) {
        if (bus != BusKind::i2c)
            initial->fail("initial is for I2C; on SPI each frame has its own answer");
        script->initial = parse_answer(*initial, *script);
    }
    if (const auto fill = model.find("fill"))
        script->fill = fill->number<std::uint8_t>();
    for (const auto &node : waveforms) {
        node.only("a waveform of a messages model", {"var"}, Waveform::keys);
        const auto name = node.at("var");
        script->waveforms.emplace_back(variable_named(name, name.text(), *script),
                                       Waveform::of_variable(node));
    }
    return std::make_unique<MessagesChip>(std::move(script), std::move(variables));
}

} // namespace iio::sim
