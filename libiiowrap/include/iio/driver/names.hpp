// SPDX-License-Identifier: MIT
//
// The names of attributes, made at compile time to check a channel table and
// at run time to register one. Source: Documentation/ABI/testing/sysfs-bus-iio.
#pragma once

#include <array>
#include <iio/driver/types.hpp>
#include <string>
#include <string_view>

namespace iio {

/// A name in place, cut at 127 bytes (the longest one of Linux 6.1 has 77).
class Name {
public:
    constexpr Name() = default;
    constexpr Name &operator+=(std::string_view word)
    {
        for (char c : word) {
            if (size_ + 1 < text_.size())
                text_[size_++] = c;
        }
        return *this;
    }
    constexpr Name &operator+=(int number)
    {
        if (number >= 10)
            *this += number / 10;
        const char digit = static_cast<char>('0' + number % 10);
        return *this += std::string_view{&digit, 1};
    }
    [[nodiscard]] constexpr std::string_view view() const { return {text_.data(), size_}; }
    friend constexpr bool operator==(const Name &a, const Name &b) { return a.view() == b.view(); }

private:
    std::array<char, 128> text_{};
    std::size_t size_ = 0;
};

/// `{in|out}_{type}[N][_{modifier}][_{extend}]_{postfix}` for a separate
/// attribute; the shared ones leave out what they do not depend on.
constexpr Name attribute_name(const iio_chan_spec &chan, std::string_view postfix, Shared shared)
{
    Name name;
    if (shared != Shared::by_all)
        name += chan.flags & IIO_CHAN_OUTPUT ? "out_" : "in_";
    if (shared == Shared::separate || shared == Shared::by_type) {
        const auto type = sysfs_names::channel_types.at(chan.type);
        const bool numbered = shared == Shared::separate && (chan.flags & IIO_CHAN_INDEXED);
        name += type;
        if (numbered)
            name += chan.channel;
        if (chan.flags & IIO_CHAN_DIFFERENTIAL) {
            name += "-";
            name += type;
            if (numbered)
                name += chan.channel2;
        }
        name += "_";
    }
    if (shared == Shared::separate) {
        if (chan.flags & IIO_CHAN_MODIFIED) {
            name += sysfs_names::modifiers.at(static_cast<std::size_t>(chan.channel2));
            name += "_";
        }
        if (chan.extend_name) {
            name += chan.extend_name;
            name += "_";
        }
    }
    name += postfix;
    return name;
}

/// "in_accel_x": what the separate attributes of a channel begin with, for messages.
inline std::string channel_name(const iio_chan_spec &chan)
{
    const Name name = attribute_name(chan, "", Shared::separate);
    std::string text{name.view()};
    if (text.ends_with('_'))
        text.pop_back();
    return text;
}

/// `{type}[_{direction}]_{info}`, the postfix of an event's attribute.
constexpr Name event_postfix(const iio_event_spec &event, int info)
{
    Name name;
    name += sysfs_names::event_types.at(event.type);
    if (event.dir != IIO_EV_DIR_NONE) {
        name += "_";
        name += sysfs_names::event_directions.at(event.dir);
    }
    name += "_";
    name += sysfs_names::event_infos.at(static_cast<std::size_t>(info));
    return name;
}

} // namespace iio
