// SPDX-License-Identifier: MIT
//
// Scan: one sample of several channels on its way into a buffer.
#pragma once

#include <bit>
#include <cassert>
#include <cstring>
#include <iio/driver/bits.hpp>
#include <iio/driver/channel.hpp>
#include <span>

namespace iio {

/// Channels by their scan_index, bit by bit.
using ScanMask = std::uint64_t;

/// None where the channel is not in scans: an index below 0.
[[nodiscard]] constexpr ScanMask scan_bit(int scan_index)
{
    return scan_index < 0 || scan_index >= IIO_MAX_SCAN_INDEX ? 0 : ScanMask{1} << scan_index;
}

/// The bytes of the registers that hold a sample.
constexpr std::size_t bytes_of(const iio_scan_type &type)
{
    return (type.realbits + type.shift + 7U) / 8U;
}
/// These bytes as a number, in the type's order.
constexpr std::uint32_t number_of(const iio_scan_type &type, std::span<const std::uint8_t> bytes)
{
    return type.endianness == IIO_BE ? big_endian(bytes) : little_endian(bytes);
}
/// The sample in these bytes: shifted, without the bits above it, negative as its sign says.
constexpr int sample_of(const iio_scan_type &type, std::span<const std::uint8_t> bytes)
{
    const std::uint32_t number = number_of(type, bytes) >> type.shift;
    const std::uint32_t mask = ~std::uint32_t{0} >> (32 - type.realbits);
    return type.sign == 's' ? sign_extend(number, type.realbits) : static_cast<int>(number & mask);
}

/// How a buffer is about to run.
struct BufferSetup : iio_buffer_setup {
    [[nodiscard]] bool has(const Channel &channel) const
    {
        return active & scan_bit(channel.scan_index);
    }
};

/// The place of one scan in the buffer itself: what is put is not copied again.
///
/// Threads: one. Lifetime: for the call that it is an argument of.
class Scan : public iio_scan {
public:
    /// Whether the chip was told to sample the channel.
    [[nodiscard]] bool has(const Channel &channel) const
    {
        return active & scan_bit(channel.scan_index);
    }
    [[nodiscard]] ScanMask mask() const { return active; }

    /// The channel's sample as it stands in the scan, storagebits wide (times
    /// repeat); what is missing of `bytes` keeps its old content. A channel that no
    /// client wants is dropped: a driver puts all that the chip gave. The channel has
    /// a scan_index: Channel::scan().
    void put(const Channel &channel, std::span<const std::uint8_t> bytes)
    {
        if (std::uint8_t *place = place_of(channel))
            std::memcpy(place, bytes.data(), std::min(bytes.size(), size_of(channel)));
    }
    /// The sample as a number, in the byte order of the channel's scan type.
    void put(const Channel &channel, std::int64_t number)
    {
        std::uint8_t *place = place_of(channel);
        if (!place)
            return;
        const std::size_t size = channel.scan_type.storagebits / 8U;
        auto bits = static_cast<std::uint64_t>(number);
        for (std::size_t i = 0; i < size; ++i, bits >>= 8)
            place[channel.scan_type.endianness == IIO_BE ? size - 1 - i : i] =
                static_cast<std::uint8_t>(bits);
    }
    /// The samples of these channels, which follow one another in `bytes`, each as wide as it
    /// stands in the scan.
    void put(std::span<const Channel> channels, std::span<const std::uint8_t> bytes)
    {
        for (const Channel &channel : channels) {
            put(channel, bytes.first(size_of(channel)));
            bytes = bytes.subspan(size_of(channel));
        }
    }
    /// A number for each of these channels, in their order.
    template <class Numbers>
    void put_numbers(std::span<const Channel> channels, const Numbers &numbers)
    {
        for (std::size_t i = 0; i < channels.size(); ++i)
            put(channels[i], std::int64_t{numbers[i]});
    }
    /// Of each active channel among these what `sample(channel)` gives, a Result of a number.
    /// Errors: sample's.
    template <class Sample>
    [[nodiscard]] Result<void> put_each(std::span<const Channel> channels, Sample &&sample)
    {
        for (const Channel &channel : channels) {
            if (has(channel))
                put(channel, std::int64_t{IIO_TRY(sample(channel))});
        }
        return {};
    }
    /// The samples of a chip that gives those of the active channels only, as above.
    void put_active(std::span<const Channel> channels, std::span<const std::uint8_t> bytes)
    {
        for (const Channel &channel : channels) {
            if (has(channel) && channel.type != IIO_TIMESTAMP) {
                put(channel, bytes.first(size_of(channel)));
                bytes = bytes.subspan(size_of(channel));
            }
        }
    }

private:
    [[nodiscard]] std::uint8_t *place_of(const Channel &channel) const
    {
        assert(channel.scan_index >= 0 && "the channel has no place in scans");
        if (channel.scan_index < 0)
            return nullptr;
        const auto offset = offsets[channel.scan_index];
        return offset < 0 ? nullptr : data + offset;
    }
    [[nodiscard]] static std::size_t size_of(const Channel &channel)
    {
        const std::size_t repeat = channel.scan_type.repeat > 1 ? channel.scan_type.repeat : 1;
        return channel.scan_type.storagebits / 8U * repeat;
    }
};

static_assert(sizeof(Scan) == sizeof(iio_scan));

} // namespace iio
