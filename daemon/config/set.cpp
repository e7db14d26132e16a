// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <daemon/base/did_you_mean.hpp>
#include <daemon/config/reader.hpp>

namespace iiofs {
namespace {

/// As a client would write it, "" for what nobody can.
std::string text_of(const toml::node &value)
{
    if (const auto *text = value.as_string())
        return has_control_characters(text->get()) ? "" : text->get();
    if (const auto *integer = value.as_integer())
        return std::to_string(integer->get());
    if (const auto *flag = value.as_boolean())
        return flag->get() ? "1" : "0";
    const auto *number = value.as_floating_point();
    return number != nullptr && std::isfinite(number->get()) ? shortest(number->get()) : "";
}

} // namespace

iio::Settings read_set(TableReader &device, MistakeList &mistakes)
{
    const toml::table *table =
        device.table("set", "a table such as { in_temp_oversampling_ratio = 8 }");
    if (table == nullptr)
        return {};
    struct Placed {
        SourceLine where;
        iio::Setting setting;
    };
    std::vector<Placed> all;
    for (const auto &[key, value] : *table) {
        const std::string name{key.str()};
        const SourceLine where = place(value.source());
        auto text = text_of(value);
        if (text.empty())
            mistakes.add(
                where, "device.set." + printable(name),
                (value.is_string() ? "is not one line of text" : std::string{"is "} + kind(value)) +
                    "; expected a number, a string, true or false");
        else
            all.push_back({where, {name, std::move(text)}});
    }
    // Of the TOML library they come by their names.
    std::ranges::sort(all, {}, &Placed::where);
    iio::Settings out;
    for (auto &placed : all)
        out.push_back(std::move(placed.setting));
    return out;
}

} // namespace iiofs
