// SPDX-License-Identifier: MIT
//
// ChannelTable: a driver's channels, checked at compile time.
#pragma once

#include <iio/driver/channel.hpp>
#include <iio/driver/names.hpp>

namespace iio {

namespace detail {

// Not constexpr on purpose: calling one while a table is built is the error,
// and its name is what the compiler prints.
void two_channels_have_the_same_attribute_name();
void a_modifier_needs_the_modified_flag_and_a_known_modifier();
void a_differential_channel_needs_two_numbers();
void a_number_must_not_be_negative();
void a_channel_is_modified_or_differential_but_not_both();
void two_channels_have_the_same_scan_index();
void a_scan_index_must_be_below_64();
void a_scan_type_must_be_s_or_u_and_fit_its_storage();
void an_ext_info_needs_a_name_and_an_enum_its_items();

constexpr void check_flags(const iio_chan_spec &c)
{
    const bool modified = c.flags & IIO_CHAN_MODIFIED;
    const bool differential = c.flags & IIO_CHAN_DIFFERENTIAL;
    if (modified && differential)
        a_channel_is_modified_or_differential_but_not_both();
    if (modified &&
        (c.channel2 <= IIO_NO_MOD || c.channel2 > static_cast<int>(Modifier::light_uvb)))
        a_modifier_needs_the_modified_flag_and_a_known_modifier();
    if (!modified && !differential && c.channel2 != 0)
        a_modifier_needs_the_modified_flag_and_a_known_modifier();
    if (differential && (!(c.flags & IIO_CHAN_INDEXED) || c.channel == c.channel2))
        a_differential_channel_needs_two_numbers();
    if (c.type != IIO_TIMESTAMP && (c.channel < 0 || (differential && c.channel2 < 0)))
        a_number_must_not_be_negative();
}

constexpr void check_scan(const iio_chan_spec &c)
{
    if (c.scan_index < 0)
        return;
    if (c.scan_index >= IIO_MAX_SCAN_INDEX)
        a_scan_index_must_be_below_64();
    const auto &t = c.scan_type;
    const bool storage =
        t.storagebits == 8 || t.storagebits == 16 || t.storagebits == 32 || t.storagebits == 64;
    if ((t.sign != 's' && t.sign != 'u') || !storage || t.realbits == 0 ||
        t.realbits + t.shift > t.storagebits)
        a_scan_type_must_be_s_or_u_and_fit_its_storage();
}

constexpr void check_ext_info(const Channel &c)
{
    for (const auto &e : c.ext_infos()) {
        const bool choice = e.kind == IIO_EXT_ENUM || e.kind == IIO_EXT_ENUM_AVAILABLE;
        if (!e.name || (choice && e.num_items == 0))
            an_ext_info_needs_a_name_and_an_enum_its_items();
    }
}

/// Whether both have a separate attribute of the same name.
constexpr bool names_collide(const Channel &a, const Channel &b)
{
    if (a.channel < 0 || b.channel < 0 ||
        !(attribute_name(a, "", Shared::separate) == attribute_name(b, "", Shared::separate)))
        return false;
    if (a.info_mask[IIO_SEPARATE] & b.info_mask[IIO_SEPARATE])
        return true;
    for (const auto &of_a : a.ext_infos()) {
        for (const auto &of_b : b.ext_infos()) {
            if (of_a.shared == IIO_SEPARATE && of_b.shared == IIO_SEPARATE &&
                std::string_view{of_a.name} == of_b.name)
                return true;
        }
    }
    return false;
}

} // namespace detail

/// A checked view of an array of channels with static storage.
class ChannelTable {
public:
    // The span is a member, as clang 16 loses the size of one that is a base.
    // NOLINTNEXTLINE(google-explicit-constructor): an array of channels is a table
    template <std::size_t N>
    consteval ChannelTable(const std::array<Channel, N> &channels) : channels_{channels}
    {
        for (std::size_t i = 0; i < N; ++i) {
            detail::check_flags(channels[i]);
            detail::check_scan(channels[i]);
            detail::check_ext_info(channels[i]);
            for (std::size_t k = 0; k < i; ++k) {
                if (detail::names_collide(channels[i], channels[k]))
                    detail::two_channels_have_the_same_attribute_name();
                if (channels[i].scan_index >= 0 && channels[i].scan_index == channels[k].scan_index)
                    detail::two_channels_have_the_same_scan_index();
            }
        }
    }

    [[nodiscard]] constexpr auto begin() const { return channels_.begin(); }
    [[nodiscard]] constexpr auto end() const { return channels_.end(); }
    [[nodiscard]] constexpr const Channel *data() const { return channels_.data(); }
    [[nodiscard]] constexpr std::size_t size() const { return channels_.size(); }
    [[nodiscard]] constexpr bool empty() const { return channels_.empty(); }
    [[nodiscard]] constexpr const Channel &operator[](std::size_t i) const { return channels_[i]; }
    [[nodiscard]] constexpr const Channel &front() const { return channels_.front(); }
    [[nodiscard]] constexpr const Channel &back() const { return channels_.back(); }
    [[nodiscard]] constexpr std::span<const Channel> first(std::size_t count) const
    {
        return channels_.first(count);
    }

private:
    std::span<const Channel> channels_;
};

} // namespace iio
