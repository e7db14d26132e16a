// SPDX-License-Identifier: MIT
//
// Channel: what a part measures or sets, as constant data.
//
// A driver's channels are static constexpr arrays of Channel, each built from
// a start (in, out, differential, timestamp) and what it has:
//
//     static constexpr std::array channels{
//         Channel::in(ChannelType::temp).separate(Info::processed, Info::oversampling_ratio),
//         Channel::in(ChannelType::voltage, 0).separate(Info::raw).by_type(Info::scale),
//     };
//     static constexpr ChannelTable table{channels};
//
// ChannelTable checks them at compile time; a malformed table does not build,
// and the compiler names the rule that it breaks.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <iio/driver/choices.hpp>
#include <iio/driver/types.hpp>
#include <span>
#include <utility>

namespace iio {

namespace detail {
// Not constexpr on purpose: its name is what the compiler prints.
void a_channel_has_too_many_settings();
} // namespace detail

/// How a channel's sample stands in a scan: "le:s12/16>>4".
struct ScanType : iio_scan_type {
    static constexpr ScanType of_signed(std::uint8_t real_bits, std::uint8_t storage_bits,
                                        std::uint8_t shift = 0, Endian endian = native)
    {
        return {{'s', real_bits, storage_bits, shift, 1, static_cast<std::uint8_t>(endian)}};
    }
    static constexpr ScanType of_unsigned(std::uint8_t real_bits, std::uint8_t storage_bits,
                                          std::uint8_t shift = 0, Endian endian = native)
    {
        return {{'u', real_bits, storage_bits, shift, 1, static_cast<std::uint8_t>(endian)}};
    }
    /// Several numbers as one sample, such as a quaternion: "le:s32/32X4>>0".
    [[nodiscard]] constexpr ScanType times(std::uint8_t count) const
    {
        ScanType type = *this;
        type.repeat = count;
        return type;
    }
    static constexpr Endian native =
        __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? Endian::little : Endian::big;
};

/// One kind of event of a channel and the attributes it has.
struct EventSpec : iio_event_spec {
    template <class... Infos>
    static constexpr EventSpec of(EventType type, EventDirection direction, Infos... infos)
    {
        return {{static_cast<std::uint32_t>(type),
                 static_cast<std::uint32_t>(direction),
                 {((std::uint64_t{1} << static_cast<int>(infos)) | ... | 0), 0, 0, 0}}};
    }
    /// Of all channels of the type together.
    template <class... Infos>
    static constexpr EventSpec by_type(EventType type, EventDirection direction, Infos... infos)
    {
        EventSpec spec = of(type, direction, infos...);
        spec.mask[IIO_SHARED_BY_TYPE] = spec.mask[IIO_SEPARATE];
        spec.mask[IIO_SEPARATE] = 0;
        return spec;
    }
};

/// An attribute beyond the info elements, as data; `id` is the driver's own
/// and tells its read_ext, write_ext, read_enum and write_enum what is meant.
struct ExtInfo : iio_ext_info {
    enum class Access : std::uint32_t {
        read = IIO_EXT_READ,
        write = IIO_EXT_WRITE,
        read_write = IIO_EXT_READ | IIO_EXT_WRITE,
        order = IIO_EXT_WRITE | IIO_EXT_ORDER, ///< done once when it is written; no setting
    };

    /// Text that the driver reads and writes itself. C strings: they pass the C ABI.
    static constexpr ExtInfo text(const char *name, Shared shared, Access access,
                                  std::uint32_t id = 0)
    {
        return {{name, IIO_EXT_TEXT, static_cast<std::uint32_t>(shared),
                 static_cast<std::uint32_t>(access), id, nullptr, 0, nullptr}};
    }
    /// One of several words.
    static constexpr ExtInfo choice(const char *name, Shared shared,
                                    std::span<const char *const> items, std::uint32_t id = 0)
    {
        return {{name, IIO_EXT_ENUM, static_cast<std::uint32_t>(shared),
                 IIO_EXT_READ | IIO_EXT_WRITE, id, items.data(),
                 static_cast<std::uint32_t>(items.size()), nullptr}};
    }
    /// One of several words, each a code of the setting, which a TableDriver keeps.
    static constexpr ExtInfo choice(const char *name, Shared shared,
                                    std::span<const char *const> items, const Choices &setting)
    {
        ExtInfo ext = choice(name, shared, items);
        ext.data = &setting;
        ext.access |= IIO_EXT_KNOWN;
        return ext;
    }
    /// The setting whose words they are; null: the driver's own.
    [[nodiscard]] constexpr const Choices *setting() const
    {
        return static_cast<const Choices *>(data);
    }
    /// The list of these words; its name ends in "_available".
    static constexpr ExtInfo choice_available(const char *name, Shared shared,
                                              std::span<const char *const> items)
    {
        return {{name, IIO_EXT_ENUM_AVAILABLE, static_cast<std::uint32_t>(shared), IIO_EXT_READ, 0,
                 items.data(), static_cast<std::uint32_t>(items.size()), nullptr}};
    }
    /// "1, 0, 0; 0, 1, 0; 0, 0, 1": the board's matrix; the driver is not asked.
    static constexpr ExtInfo mount_matrix(Shared shared)
    {
        return {{"mount_matrix", IIO_EXT_MOUNT_MATRIX, static_cast<std::uint32_t>(shared),
                 IIO_EXT_READ, 0, nullptr, 0, nullptr}};
    }
    /// The same for a sensor that stands in the part in another way than the part's axes:
    /// whose axes x, y and z are the part's axes such as {"y", "x", "-z"}.
    static constexpr ExtInfo mount_matrix(Shared shared, const std::array<const char *, 3> &axes)
    {
        return {{"mount_matrix", IIO_EXT_MOUNT_MATRIX, static_cast<std::uint32_t>(shared),
                 IIO_EXT_READ, 0, axes.data(), 3, nullptr}};
    }
    /// Neither read nor written while the device streams: EBUSY.
    [[nodiscard]] constexpr ExtInfo direct() const
    {
        ExtInfo copy = *this;
        copy.access |= IIO_EXT_DIRECT_READ | IIO_EXT_DIRECT_WRITE;
        return copy;
    }
};

/// For channels that have the board's matrix and no other ExtInfo.
template <Shared shared> inline constexpr std::array mount_matrix{ExtInfo::mount_matrix(shared)};

/// An attribute of the device's own directory, of events/ or of buffer/ that
/// belongs to no channel; `id` tells read_attribute and write_attribute which.
struct DeviceAttribute : iio_attribute {
    enum class Group : std::uint32_t {
        device = IIO_ATTR_DEVICE,
        events = IIO_ATTR_EVENTS,
        buffer = IIO_ATTR_BUFFER,
    };
    static constexpr DeviceAttribute of(const char *name, ExtInfo::Access access,
                                        std::uint32_t id = 0, Group group = Group::device)
    {
        return {{name, static_cast<std::uint32_t>(group), static_cast<std::uint32_t>(access), id,
                 nullptr}};
    }
    /// It always shows this text, which ends in a newline; the driver is not asked.
    static constexpr DeviceAttribute constant(const char *name, const char *text,
                                              Group group = Group::device)
    {
        return {{name, static_cast<std::uint32_t>(group), IIO_EXT_READ, 0, text}};
    }
    /// Neither read nor written while the device streams: EBUSY.
    [[nodiscard]] constexpr DeviceAttribute direct() const
    {
        DeviceAttribute copy = *this;
        copy.access |= IIO_EXT_DIRECT_READ | IIO_EXT_DIRECT_WRITE;
        return copy;
    }
};

/// A trigger that the chip itself is the source of.
struct OwnTrigger : iio_trigger_spec {
    /// "lis3dh-trigger" by "-trigger".
    static constexpr OwnTrigger named(const char *suffix, bool is_default, std::uint32_t id = 0)
    {
        return {{suffix, 0, is_default, id, 0}};
    }
    /// "mpu6050-dev0" by "-dev" and the device's number.
    static constexpr OwnTrigger numbered(const char *suffix, bool is_default, std::uint32_t id = 0)
    {
        return {{suffix, 1, is_default, id, 0}};
    }
    /// Writing its name to another device's current_trigger is EINVAL.
    [[nodiscard]] constexpr OwnTrigger for_own_device_only() const
    {
        OwnTrigger copy = *this;
        copy.own_device_only = 1;
        return copy;
    }
};

class Channel : public iio_chan_spec {
public:
    /// "in_temp"
    static constexpr Channel in(ChannelType type) { return Channel{type}; }
    /// "in_voltage3"
    static constexpr Channel in(ChannelType type, int number)
    {
        Channel c{type};
        c.channel = number;
        c.flags |= IIO_CHAN_INDEXED;
        return c;
    }
    /// "in_voltage0-voltage1"
    static constexpr Channel differential(ChannelType type, int positive, int negative)
    {
        Channel c = in(type, positive);
        c.channel2 = negative;
        c.flags |= IIO_CHAN_DIFFERENTIAL;
        return c;
    }
    /// "out_voltage0"
    static constexpr Channel out(ChannelType type, int number)
    {
        Channel c = in(type, number);
        c.flags |= IIO_CHAN_OUTPUT;
        return c;
    }
    /// "out_current", or with extend() "out_current_heater"
    static constexpr Channel out(ChannelType type)
    {
        Channel c = in(type);
        c.flags |= IIO_CHAN_OUTPUT;
        return c;
    }
    /// The time of a scan; it has scan elements and no attributes.
    static constexpr Channel timestamp(int scan_index)
    {
        Channel c{ChannelType::timestamp};
        c.channel = -1;
        return c.scan(scan_index, ScanType::of_signed(64, 64));
    }

    /// "in_accel_x"
    [[nodiscard]] constexpr Channel modifier(Modifier modifier) const
    {
        Channel c = *this;
        c.channel2 = static_cast<int>(modifier);
        c.flags |= IIO_CHAN_MODIFIED;
        return c;
    }
    /// "in_voltage0_supply_raw"; separate attributes only.
    [[nodiscard]] constexpr Channel extend(const char *name) const
    {
        Channel c = *this;
        c.extend_name = name;
        return c;
    }
    /// A number of the driver's own, such as a register or multiplexer code.
    [[nodiscard]] constexpr Channel at(std::uint64_t address_of_driver) const
    {
        Channel c = *this;
        c.address = address_of_driver;
        return c;
    }
    /// The address of at(), where it is a place in an array.
    [[nodiscard]] constexpr std::size_t index() const { return static_cast<std::size_t>(address); }

    // Which info elements it has, and for whom each of them speaks.
    template <class... Infos> [[nodiscard]] constexpr Channel separate(Infos... infos) const
    {
        return with(Shared::separate, infos...);
    }
    template <class... Infos> [[nodiscard]] constexpr Channel by_type(Infos... infos) const
    {
        return with(Shared::by_type, infos...);
    }
    template <class... Infos> [[nodiscard]] constexpr Channel by_direction(Infos... infos) const
    {
        return with(Shared::by_direction, infos...);
    }
    template <class... Infos> [[nodiscard]] constexpr Channel by_all(Infos... infos) const
    {
        return with(Shared::by_all, infos...);
    }
    /// The same, for the "_available" attribute of each.
    template <class... Infos>
    [[nodiscard]] constexpr Channel available(Shared shared, Infos... infos) const
    {
        Channel c = *this;
        ((c.info_mask_available[static_cast<int>(shared)] |= bit(infos)), ...);
        return c;
    }

    /// An element that a TableDriver shows and stores, and lists as "_available"
    /// for whom `listed` says. The setting has static storage. A client reads it while the part
    /// is busy, as the driver remembers it.
    [[nodiscard]] constexpr Channel setting(Info info, const Choices &setting, Shared shared,
                                            Shared listed) const
    {
        Channel c = unlisted(info, setting, shared);
        c.info_mask_available[static_cast<int>(listed)] |= bit(info);
        return c;
    }
    [[nodiscard]] constexpr Channel setting(Info info, const Choices &setting, Shared shared) const
    {
        return this->setting(info, setting, shared, shared);
    }
    /// The same without "_available".
    [[nodiscard]] constexpr Channel unlisted(Info info, const Choices &setting, Shared shared) const
    {
        return having(shared, info).bound(info, binding_setting, &setting);
    }
    /// An element that never changes, such as the scale of a part with one range. The value has
    /// static storage.
    [[nodiscard]] constexpr Channel constant(Info info, const Value &value,
                                             Shared shared = Shared::separate) const
    {
        return having(shared, info).bound(info, binding_constant, &value);
    }
    /// What was bound to the element; null: nothing of this kind.
    [[nodiscard]] constexpr const Choices *setting_of(Info info) const
    {
        return static_cast<const Choices *>(bound_to(info, binding_setting));
    }
    [[nodiscard]] constexpr const Value *constant_of(Info info) const
    {
        return static_cast<const Value *>(bound_to(info, binding_constant));
    }

    /// How a sample stands in its registers, where the channel is in no scan.
    [[nodiscard]] constexpr Channel sample(ScanType type_of_sample) const
    {
        Channel c = *this;
        c.scan_type = type_of_sample;
        return c;
    }

    /// The raw value, which the part cannot give while it streams.
    [[nodiscard]] constexpr Channel direct_raw() const
    {
        Channel c = *this;
        c.info_mask[static_cast<int>(Shared::separate)] |= bit(Info::raw);
        c.iio_chan_spec::direct_read |= bit(Info::raw);
        return c;
    }
    // Direct mode: which elements the part cannot give or take while it streams. A
    // client gets EBUSY then; the driver is not called, and need not check.
    template <class... Infos> [[nodiscard]] constexpr Channel direct(Infos... infos) const
    {
        return direct_read(infos...).direct_write(infos...);
    }
    template <class... Infos> [[nodiscard]] constexpr Channel direct_read(Infos... infos) const
    {
        Channel c = *this;
        ((c.iio_chan_spec::direct_read |= bit(infos)), ...);
        return c;
    }
    template <class... Infos> [[nodiscard]] constexpr Channel direct_write(Infos... infos) const
    {
        Channel c = *this;
        ((c.iio_chan_spec::direct_write |= bit(infos)), ...);
        return c;
    }
    /// The same for enabling and disabling its events.
    [[nodiscard]] constexpr Channel direct_events() const
    {
        Channel c = *this;
        c.flags |= IIO_CHAN_DIRECT_EVENTS;
        return c;
    }

    [[nodiscard]] constexpr Channel scan(int index, ScanType type_in_scan) const
    {
        Channel c = *this;
        c.scan_index = index;
        c.scan_type = type_in_scan;
        return c;
    }
    /// The array must have static storage.
    [[nodiscard]] constexpr Channel with_events(std::span<const EventSpec> specs) const
    {
        Channel c = *this;
        c.events = specs.data();
        c.num_events = static_cast<std::uint32_t>(specs.size());
        return c;
    }
    /// The array must have static storage.
    [[nodiscard]] constexpr Channel with_ext_info(std::span<const ExtInfo> infos) const
    {
        Channel c = *this;
        c.ext_info = infos.data();
        c.num_ext_info = static_cast<std::uint32_t>(infos.size());
        return c;
    }

    [[nodiscard]] constexpr ChannelType channel_type() const
    {
        return static_cast<ChannelType>(type);
    }
    [[nodiscard]] constexpr Modifier channel_modifier() const
    {
        return flags & IIO_CHAN_MODIFIED ? static_cast<Modifier>(channel2) : Modifier::none;
    }
    [[nodiscard]] constexpr std::span<const ExtInfo> ext_infos() const
    {
        return {static_cast<const ExtInfo *>(ext_info), num_ext_info};
    }
    [[nodiscard]] constexpr bool is_output() const { return flags & IIO_CHAN_OUTPUT; }

private:
    enum : std::uint32_t { binding_none, binding_setting, binding_constant };

    constexpr explicit Channel(ChannelType channel_type) : iio_chan_spec()
    {
        type = static_cast<std::uint32_t>(channel_type);
        scan_index = -1;
    }
    static constexpr std::uint64_t bit(Info info)
    {
        return std::uint64_t{1} << static_cast<int>(info);
    }
    // Not with(), a template: clang does not instantiate it in constant expressions of
    // functions that are none.
    [[nodiscard]] constexpr Channel having(Shared shared, Info info) const
    {
        Channel c = *this;
        c.info_mask[static_cast<int>(shared)] |= bit(info);
        return c;
    }
    [[nodiscard]] constexpr Channel bound(Info info, std::uint32_t kind, const void *data) const
    {
        Channel c = *this;
        c.known |= bit(info);
        for (iio_chan_binding &binding : c.bindings) {
            if (binding.kind == binding_none) {
                binding = {static_cast<std::uint32_t>(info), kind, data};
                return c;
            }
        }
        detail::a_channel_has_too_many_settings();
        return c;
    }
    [[nodiscard]] constexpr const void *bound_to(Info info, std::uint32_t kind) const
    {
        for (const iio_chan_binding &binding : bindings) {
            if (binding.kind == kind && binding.info == static_cast<std::uint32_t>(info))
                return binding.data;
        }
        return nullptr;
    }
    template <class... Infos>
    [[nodiscard]] constexpr Channel with(Shared shared, Infos... infos) const
    {
        Channel c = *this;
        ((c.info_mask[static_cast<int>(shared)] |= bit(infos)), ...);
        return c;
    }
};

namespace detail {
template <class T> inline constexpr std::size_t channels_in = 1;
template <std::size_t N> inline constexpr std::size_t channels_in<std::array<Channel, N>> = N;
template <std::size_t... n> constexpr auto places(std::index_sequence<n...>)
{
    return std::array{(static_cast<void>(n), Channel::timestamp(0))...};
}
} // namespace detail

/// The axes x, y and z of a quantity, with consecutive words of storagebits from the
/// register `first` on, as scan indexes 0 to 2; `add` gives each what else it has.
template <class Add>
constexpr std::array<Channel, 3> axes(ChannelType type, unsigned first, ScanType sample, Add &&add)
{
    const auto axis = [&](Modifier modifier, unsigned n) {
        return add(Channel::in(type)
                       .modifier(modifier)
                       .at(first + n * (sample.storagebits / 8U))
                       .scan(static_cast<int>(n), sample));
    };
    return {axis(Modifier::x, 0), axis(Modifier::y, 1), axis(Modifier::z, 2)};
}

/// The same with the time of the scan behind them.
template <class Add>
constexpr std::array<Channel, 4> axes_and_time(ChannelType type, unsigned first, ScanType sample,
                                               Add &&add)
{
    const auto xyz = axes(type, first, sample, add);
    return {xyz[0], xyz[1], xyz[2], Channel::timestamp(3)};
}

/// One array of channels from several arrays and channels.
template <class... Parts> constexpr auto join(const Parts &...parts)
{
    auto all = detail::places(
        std::make_index_sequence<(std::size_t{0} + ... + detail::channels_in<Parts>)>{});
    std::size_t at = 0;
    const auto append = [&](const auto &part) {
        if constexpr (requires { part.size(); }) {
            for (const Channel &channel : part)
                all[at++] = channel;
        } else {
            all[at++] = part;
        }
    };
    (append(parts), ...);
    return all;
}

// A Channel is its iio_chan_spec, an EventSpec its iio_event_spec: arrays of
// them pass the C ABI as they are.
static_assert(sizeof(Channel) == sizeof(iio_chan_spec));
static_assert(sizeof(EventSpec) == sizeof(iio_event_spec));
static_assert(sizeof(ExtInfo) == sizeof(iio_ext_info));
static_assert(sizeof(DeviceAttribute) == sizeof(iio_attribute));
static_assert(sizeof(OwnTrigger) == sizeof(iio_trigger_spec));

} // namespace iio
