// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <daemon/base/did_you_mean.hpp>
#include <daemon/devices/chip_log.hpp>
#include <daemon/devices/configured_values.hpp>
#include <string_view>

namespace iiofs {

namespace {

using Views = std::span<const std::shared_ptr<const iio::LiveDevice>>;

bool can_be_set(const iio::Attribute &attribute)
{
    return attribute.is_setting && attribute.store && (attribute.mode & 0222) != 0;
}

std::vector<std::string> names_of_settings(Views devices)
{
    std::vector<std::string> names;
    for (const auto &device : devices)
        for (const auto &group : device->groups())
            for (const auto &attribute : group.attributes)
                if (can_be_set(attribute))
                    names.push_back(group.name.empty() ? attribute.name
                                                       : group.name + "/" + attribute.name);
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    return names;
}

std::string unknown(const std::string &path, Views devices)
{
    const auto names = names_of_settings(devices);
    const std::vector<std::string_view> views(names.begin(), names.end());
    std::string right;
    if (const auto meant = closest(path, views))
        right = "did you mean " + std::string{*meant} + "?";
    else if (names.empty())
        right = "this part has none";
    else
        for (const auto &name : names)
            right += (right.empty() ? "the settings are " : ", ") + name;
    return "there is no such setting; " + right;
}

/// "voltage0" and "voltage" are alike.
std::string_view without_number(std::string_view word)
{
    return word.substr(0, word.find_last_not_of("0123456789") + 1);
}

std::string_view take_word(std::string_view &text)
{
    const auto word = text.substr(0, text.find('_'));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    return word;
}

/// Whether "in_accel_x_scale" is a channel's name for what "in_accel_scale" is for all.
bool is_shared_name(std::string_view shared, std::string_view own)
{
    while (!shared.empty() && !own.empty()) {
        auto rest = shared;
        if (without_number(take_word(rest)) == without_number(take_word(own)))
            shared = rest;
    }
    return shared.empty();
}

/// What "..._available" says that fits best; empty: there is none.
std::string available(const std::string &path, Views devices)
{
    constexpr std::string_view suffix = "_available";
    const iio::LiveDevice *of = nullptr;
    std::string best;
    for (const auto &device : devices)
        for (const auto &attribute : device->groups().front().attributes) {
            if (!attribute.name.ends_with(suffix) || attribute.name.size() <= best.size() ||
                !is_shared_name({attribute.name.data(), attribute.name.size() - suffix.size()},
                                path))
                continue;
            best = attribute.name;
            of = device.get();
        }
    const auto text = of ? of->read(best) : iio::fail(ENOENT);
    return text ? text->substr(0, text->find_last_not_of(" \n") + 1) : "";
}

} // namespace

std::vector<iio::Settings> with_configured(const iio::Settings &set,
                                           std::vector<iio::Settings> kept, std::size_t devices)
{
    if (set.empty())
        return kept;
    kept.resize(devices);
    for (auto &settings : kept) {
        auto all = set;
        std::erase_if(all, [&](const iio::Setting &one) {
            return std::ranges::find(settings, one.path, &iio::Setting::path) != settings.end();
        });
        all.insert(all.end(), settings.begin(), settings.end());
        settings = std::move(all);
    }
    return kept;
}

void update_kept(Keep &keep, std::span<const unsigned> numbers, const iio::Settings &before,
                 const iio::Settings &now)
{
    for (const unsigned number : numbers) {
        const auto directory = directory_of(number);
        for (const auto &kept : keep.settings(directory)) {
            const auto set = std::ranges::find(now, kept.path, &iio::Setting::path);
            if (set != now.end() && std::ranges::find(before, *set) == before.end())
                keep.set(directory, set->path, set->text);
        }
    }
}

std::vector<std::string> refused_values(const iio::Settings &set, Views devices)
{
    std::vector<std::string> lines;
    for (const auto &[path, text] : set) {
        bool is_known = false, is_taken = false;
        for (const auto &device : devices) {
            const auto *attribute = device->find(path);
            is_known |= attribute && can_be_set(*attribute);
            const auto settings = device->settings();
            is_taken |= std::ranges::find(settings, path, &iio::Setting::path) != settings.end();
        }
        if (is_taken)
            continue;
        const auto key = "set." + path + ": ";
        if (!is_known) {
            lines.push_back(key + unknown(path, devices));
            continue;
        }
        const auto right = available(path, devices);
        lines.push_back(key + in_quotes(text) + " is refused" +
                        (right.empty() ? "" : "; available: " + right));
    }
    return lines;
}

} // namespace iiofs
