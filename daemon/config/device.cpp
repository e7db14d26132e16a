// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>
#include <cmath>
#include <daemon/base/did_you_mean.hpp>
#include <daemon/config/reader.hpp>

namespace iiofs {
namespace {

/// Wide enough for every sensor, and narrow enough to catch millivolts.
constexpr double max_volts = 60;
constexpr double min_volts = 0.001;
/// A sysfs file is a page, and the label is one line of it.
constexpr std::size_t max_label_bytes = 4094;

ChipFields read_chip(TableReader &reader)
{
    const char *const node = "a device node such as ";
    return {
        .where = reader.where(),
        .driver = reader.string("driver", "the kernel's name of the part, such as \"bme280\""),
        .model = reader.string("model", "a file such as \"bme280.json\", or a part's name"),
        .i2c = reader.string("i2c", std::string{node} + "\"/dev/i2c-1\""),
        .spi = reader.string("spi", std::string{node} + "\"/dev/spidev0.0\""),
        .address = reader.integer("address", "an integer without quotes, such as 0x76"),
        .mode = reader.integer("mode", "an integer from 0 to 3"),
        .speed_hz = reader.integer("speed-hz", "an integer in hertz, such as 1000000"),
        .bits_per_word = reader.integer("bits-per-word", "an integer, such as 8"),
    };
}

Field<std::string> read_label(TableReader &reader)
{
    auto field = reader.string("label", "a string such as \"greenhouse\"");
    if (!field.value)
        return field;
    if (field.value->empty())
        reader.mistake("label", field.where, "is empty; give a name, or leave label out");
    else if (field.value->size() > max_label_bytes)
        reader.mistake("label", field.where,
                       "is " + std::to_string(field.value->size()) + " bytes long; at most " +
                           std::to_string(max_label_bytes));
    else if (has_control_characters(*field.value))
        reader.mistake("label", field.where,
                       "contains a control character; expected one line of plain text");
    return field;
}

/// What is wrong with a voltage, "" if nothing.
std::string voltage_mistake(double volts)
{
    if (volts >= min_volts && volts <= max_volts)
        return {};
    if (!std::isfinite(volts))
        return "is not a voltage; expected volts, such as 3.3";
    if (volts > 100 && volts <= 1000 * max_volts)
        return shortest(volts) + " V is too high; the unit is volts, did you mean " +
               shortest(volts / 1000) + "?";
    return (std::abs(volts) < 1e6 ? shortest(volts) + " V" : "this") +
           " is out of range; expected 0.001 to 60 V";
}

void read_supplies(TableReader &device, MistakeList &mistakes, const iio::Part *part,
                   iio::Supplies &supplies)
{
    const toml::table *table = device.table("supplies", "a table such as { vref = 3.3 }");
    if (table == nullptr)
        return;
    const std::string prefix = "device.supplies.";
    if (part != nullptr) {
        TableReader reader{*table, prefix, mistakes};
        for (const std::string_view name : part->supplies)
            static_cast<void>(reader.node(name));
        if (part->supplies.empty())
            device.mistake("supplies", place(table->source()),
                           std::string{part->name} +
                               " does not depend on a supply voltage; leave it out");
        else
            reader.finish();
    }
    for (const auto &[key, value] : *table) {
        const std::string name{key.str()};
        const SourceLine where = place(value.source());
        const double volts = value.is_number() ? value.value_or(0.0) : 0.0;
        const std::string wrong =
            value.is_number()
                ? voltage_mistake(volts)
                : std::string{"is "} + kind(value) + "; expected volts as a number, such as 3.3";
        if (wrong.empty())
            supplies.set(name, static_cast<int>(std::lround(volts * 1e6)));
        else
            mistakes.add(where, prefix + printable(name), wrong);
    }
}

bool is_decimal(std::string_view text)
{
    const auto digits = [&text] {
        const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
        text.remove_prefix(count);
        return count > 0;
    };
    if (text.starts_with('-'))
        text.remove_prefix(1);
    if (!digits())
        return false;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        if (!digits())
            return false;
    }
    return text.empty();
}

/// The text of an entry as the kernel's property would hold it, "" for none.
std::string matrix_entry(const toml::node &node)
{
    if (const auto *text = node.as_string())
        return is_decimal(text->get()) ? text->get() : "";
    if (const auto *integer = node.as_integer())
        return std::to_string(integer->get());
    const auto *number = node.as_floating_point();
    return number != nullptr && std::isfinite(number->get()) ? shortest(number->get()) : "";
}

/// Nine entries in a row, or three rows of three.
std::optional<std::vector<const toml::node *>> matrix_nodes(const toml::array &array)
{
    std::vector<const toml::node *> out;
    for (const toml::node &row : array) {
        const toml::array *inner = row.as_array();
        if (inner == nullptr) {
            out.push_back(&row);
            continue;
        }
        if (array.size() != 3 || inner->size() != 3)
            return std::nullopt;
        for (const toml::node &entry : *inner)
            out.push_back(&entry);
    }
    return out.size() == 9 ? std::optional{std::move(out)} : std::nullopt;
}

void read_mount_matrix(TableReader &device, iio::MountMatrix &matrix)
{
    const char *const key = "mount-matrix";
    const char *const right =
        R"(nine numbers row by row, such as ["0", "1", "0", "-1", "0", "0", "0", "0", "1"])";
    const toml::node *node = device.node(key);
    if (node == nullptr)
        return;
    const toml::array *array = node->as_array();
    if (array == nullptr)
        return device.wrong_kind(key, *node, right);
    const auto nodes = matrix_nodes(*array);
    if (!nodes)
        return device.mistake(key, place(array->source()),
                              std::string{"is not 3 by 3; expected "} + right);
    for (std::size_t i = 0; i < matrix.size(); ++i) {
        const toml::node &entry = *(*nodes)[i];
        matrix[i] = matrix_entry(entry);
        if (!matrix[i].empty())
            continue;
        const auto *text = entry.as_string();
        device.mistake(std::string{key} + "[" + std::to_string(i) + "]", place(entry.source()),
                       (text != nullptr ? in_quotes(text->get()) : std::string{"it"}) +
                           " is not a decimal number; expected one such as \"-1\" or \"0.5\"");
    }
}

} // namespace

std::string shortest(double value)
{
    std::array<char, 400> text{};
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr;
    return {text.data(), end};
}

bool has_control_characters(std::string_view text)
{
    return std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

ParsedDevice read_device(const toml::table &table, const DeviceContext &context,
                         MistakeList &mistakes)
{
    TableReader reader{table, "device.", mistakes};
    const ChipFields fields = read_chip(reader);
    ParsedDevice out;
    out.config.where = fields.where;
    const Field<std::string> label = read_label(reader);
    out.config.label = label.value.value_or("");
    out.label_where = label.where;
    read_mount_matrix(reader, out.config.mount_matrix);
    out.config.interrupt = read_interrupt(reader, mistakes, fields.model.present);
    out.config.set = read_set(reader, mistakes);

    if (const toml::table *own = reader.table("permissions", "a table such as { group = \"iio\" }"))
        out.config.permissions =
            read_permissions(*own, "device.", context.permissions, context.accounts, mistakes);

    ChipCheck check{fields, context.catalogue, mistakes};
    out.chip = check.chip(context.folder);
    read_supplies(reader, mistakes, check.part(), out.config.supplies);
    reader.finish();
    if (out.chip) {
        out.config.driver = out.chip->part->name;
        out.config.bus = out.chip->bus;
    }
    return out;
}

} // namespace iiofs
