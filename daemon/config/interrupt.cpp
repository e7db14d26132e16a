// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <daemon/base/did_you_mean.hpp>
#include <daemon/config/reader.hpp>
#include <limits>

namespace iiofs {
namespace {

const char *const node_example = "a device node such as \"/dev/gpiochip0\"";
const char *const line_example = "the number of the line on its gpiochip";

/// A line's name in the kernel has 31 bytes at most.
constexpr std::size_t max_name_bytes = 31;
constexpr std::int64_t max_debounce_us = 1'000'000;

template <class Value> struct Word {
    std::string_view word;
    Value value;
};
constexpr std::array edges{Word<iio::Edge>{"rising", iio::Edge::rising},
                           Word<iio::Edge>{"falling", iio::Edge::falling}};
constexpr std::array biases{Word<LineBias>{"pull-up", LineBias::pull_up},
                            Word<LineBias>{"pull-down", LineBias::pull_down},
                            Word<LineBias>{"disabled", LineBias::disabled}};

template <class Value, std::size_t N>
Value read_word(TableReader &reader, std::string_view key, const std::array<Word<Value>, N> &words,
                Value otherwise)
{
    std::string right;
    for (std::size_t i = 0; i < N; ++i)
        right += std::string{i == 0      ? ""
                             : i + 1 < N ? ", "
                                         : " or "} +
                 "\"" + std::string{words[i].word} + "\"";
    const auto field = reader.string(key, right);
    if (!field.value)
        return otherwise;
    const auto found = std::ranges::find(words, *field.value, &Word<Value>::word);
    if (found != words.end())
        return found->value;
    const std::string wrong =
        key == "edge" ? " is not an edge; expected " : " is not a bias; expected ";
    reader.mistake(key, field.where, in_quotes(*field.value) + wrong + right);
    return otherwise;
}

bool is_right_name(TableReader &reader, std::string_view key, const std::string &name,
                   SourceLine where)
{
    if (!name.empty() && name.size() <= max_name_bytes && !has_control_characters(name))
        return true;
    reader.mistake(key, where,
                   in_quotes(name) +
                       " is not the name of a GPIO line; expected one such as \"GPIO17\", see "
                       "gpioinfo");
    return false;
}

/// By chip and number.
std::optional<InterruptLine> read_place(TableReader &reader, const Field<std::string> &chip,
                                        const Field<std::int64_t> &line)
{
    if (!chip.present)
        reader.mistake("gpiochip", chip.where, std::string{"missing; expected "} + node_example);
    if (!line.present)
        reader.mistake("line", line.where, std::string{"missing; expected "} + line_example);
    const auto node = chip.value ? gpio_node(*chip.value) : std::nullopt;
    if (chip.value && !node)
        reader.mistake("gpiochip", chip.where,
                       in_quotes(*chip.value) + " is not a GPIO chip; expected " + node_example);
    constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
    if (line.value && (*line.value < 0 || *line.value > most)) {
        reader.mistake("line", line.where,
                       std::to_string(*line.value) + " is out of range; expected " + line_example +
                           ", from 0");
        return std::nullopt;
    }
    if (!node || !line.value)
        return std::nullopt;
    return InterruptLine{*node, static_cast<std::uint32_t>(*line.value)};
}

std::uint32_t read_debounce(TableReader &reader)
{
    const auto field = reader.integer("debounce-us", "an integer in microseconds, such as 1000");
    if (!field.value)
        return 0;
    if (*field.value < 1 || *field.value > max_debounce_us)
        reader.mistake("debounce-us", field.where,
                       std::to_string(*field.value) + " is out of range; expected 1 to " +
                           std::to_string(max_debounce_us) + " microseconds");
    return static_cast<std::uint32_t>(std::clamp(*field.value, std::int64_t{0}, max_debounce_us));
}

std::optional<InterruptLine> read_table(const toml::table &table, MistakeList &mistakes)
{
    TableReader reader{table, "device.interrupt.", mistakes};
    const auto chip = reader.string("gpiochip", node_example);
    const auto line = reader.integer("line", std::string{"an integer, "} + line_example);
    const auto edge = read_word(reader, "edge", edges, iio::Edge::rising);
    const auto name = reader.string("name", "the line's name, such as \"GPIO17\"");
    const auto bias = read_word(reader, "bias", biases, LineBias::as_is);
    const auto debounce_us = read_debounce(reader);
    reader.finish();
    std::optional<InterruptLine> out;
    if (!name.present)
        out = read_place(reader, chip, line);
    else if (chip.present || line.present)
        reader.mistake("name", name.where, "selects the line already; leave out gpiochip and line");
    else if (name.value && is_right_name(reader, "name", *name.value, name.where))
        out = InterruptLine{.name = *name.value};
    if (!out)
        return out;
    out->edge = edge;
    out->bias = bias;
    out->debounce_us = debounce_us;
    return out;
}

} // namespace

std::optional<InterruptLine> read_interrupt(TableReader &device, MistakeList &mistakes,
                                            bool simulated)
{
    const toml::node *node = device.node("interrupt");
    if (node == nullptr)
        return std::nullopt;
    if (simulated)
        device.mistake("interrupt", place(node->source()),
                       "a simulated chip has no GPIO line; leave it out");
    if (const auto *name = node->as_string()) {
        if (is_right_name(device, "interrupt", name->get(), place(node->source())))
            return InterruptLine{.name = name->get()};
        return std::nullopt;
    }
    if (const auto *table = node->as_table())
        return read_table(*table, mistakes);
    device.wrong_kind("interrupt", *node,
                      "the name of a GPIO line such as \"GPIO17\", or a table such as { gpiochip = "
                      "\"/dev/gpiochip0\", line = 4 }");
    return std::nullopt;
}

} // namespace iiofs
