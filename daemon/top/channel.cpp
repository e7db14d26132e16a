// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <daemon/top/channel.hpp>
#include <set>
#include <tuple>

namespace iiofs::top {

namespace {

using Names = std::set<std::string, std::less<>>;

/// "in_voltage0-voltage1" taken apart.
struct Stem {
    std::string_view direction; // "in"
    std::string_view type;      // "voltage"
    bool differential;
};

Stem stem_of(std::string_view channel)
{
    const auto direction = channel.substr(0, channel.find('_'));
    const auto rest = channel.substr(direction.size() + 1);
    const auto first_word = rest.substr(0, rest.find('_'));
    const auto type = first_word.substr(0, first_word.find_first_of("-0123456789"));
    return {direction, type, first_word.find('-') != std::string_view::npos};
}

/// The attribute that says `info` of a channel, the most particular one.
std::string shared_attribute(const Names &names, std::string_view channel, std::string_view info)
{
    const auto stem = stem_of(channel);
    const std::string direction{stem.direction};
    const auto by_type = direction + "_" + std::string{stem.type};
    std::vector<std::string> candidates{std::string{channel}};
    if (stem.differential)
        candidates.push_back(by_type + "-" + std::string{stem.type});
    candidates.push_back(by_type);
    candidates.push_back(direction);
    for (const auto &candidate : candidates) {
        if (auto name = candidate + "_" + std::string{info}; names.contains(name))
            return name;
    }
    return names.contains(info) ? std::string{info} : std::string{};
}

/// The channel of an attribute that is its value: "in_temp" of "in_temp_input".
std::optional<std::string_view> channel_of_value(std::string_view attribute, const Names &names)
{
    constexpr std::string_view raw = "_raw", input = "_input";
    if (!attribute.starts_with("in_") && !attribute.starts_with("out_"))
        return std::nullopt;
    const bool processed = attribute.ends_with(input);
    if (!processed && !attribute.ends_with(raw))
        return std::nullopt;
    const auto channel = attribute.substr(0, attribute.size() - (processed ? input : raw).size());
    // Other infos that end in _raw, and a value of four numbers.
    for (const auto *const other : {"_mean", "_peak", "_trough", "_quaternion"}) {
        if (channel.ends_with(other))
            return std::nullopt;
    }
    const auto has_input = [&] { return names.contains(std::string{channel} + "_input"); };
    if (!processed && has_input())
        return std::nullopt;
    return channel;
}

Channel make_channel(const Names &names, std::string_view stem, std::string_view value,
                     std::string_view part)
{
    Channel channel;
    channel.name = stem.starts_with("in_") ? stem.substr(3) : stem;
    channel.value = value;
    channel.unit = unit_of(stem_of(stem).type, part);
    if (value.ends_with("_raw")) {
        channel.scale = shared_attribute(names, stem, "scale");
        channel.offset = shared_attribute(names, stem, "offset");
        if (channel.scale.empty() && !channel.unit.ascii.empty())
            channel.unit = raw_unit();
    }
    return channel;
}

} // namespace

std::vector<Channel> channels_of(const std::vector<std::string> &attributes, std::string_view part)
{
    const Names names{attributes.begin(), attributes.end()};
    std::vector<Channel> channels;
    for (const auto &name : names) {
        if (const auto channel = channel_of_value(name, names))
            channels.push_back(make_channel(names, *channel, name, part));
    }
    const auto place = [](const Channel &channel) {
        return std::tuple{channel.value.starts_with("out_"),
                          channel.name.find('-') != std::string::npos};
    };
    std::ranges::sort(channels, [&](const Channel &a, const Channel &b) {
        return place(a) != place(b) ? place(a) < place(b)
                                    : strverscmp(a.name.c_str(), b.name.c_str()) < 0;
    });
    return channels;
}

std::optional<double> parse_value(std::string_view text)
{
    // A NUL follows the newline in what Linux 6.1 shows in current_timestamp_clock.
    while (!text.empty() && (text.back() == '\n' || text.back() == '\0' || text.back() == ' '))
        text.remove_suffix(1);
    if (text.ends_with(" dB"))
        text.remove_suffix(3);
    double number = 0;
    const auto *const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stopped != end || !std::isfinite(number))
        return std::nullopt;
    return number;
}

double converted(const Unit &unit, double raw, double offset, double scale)
{
    return (raw + offset) * scale * unit.factor;
}

int decimals_for(double resolution, const Unit &unit)
{
    constexpr int most = 6;
    if (resolution <= 0 || !std::isfinite(resolution))
        return unit.decimals;
    // A resolution that is a power of ten within rounding needs no further digit.
    return std::clamp(static_cast<int>(std::ceil(-std::log10(resolution) - 1e-6)), 0, most);
}

} // namespace iiofs::top
