// SPDX-License-Identifier: MIT
//
// Chip: what the two devices of one chip share: its registers, of which some are in banks,
// its FIFO and its interrupt line.
#pragma once

#include <algorithm>
#include <iio/driver.hpp>

namespace iio::icm42600 {

enum Id : std::size_t { gyro, accel, id_count };

enum : std::uint8_t { TEMP_DATA = 0x1d, ACCEL_DATA = 0x1f, GYRO_DATA = 0x25, FIFO_COUNT = 0x2e };
enum : std::uint8_t { INT_STATUS = 0x2d, FIFO_DATA = 0x30, FIFO_WM = 0x60, REG_BANK_SEL = 0x76 };
constexpr Field SOFT_RESET{0x11, 1 << 0};
constexpr Field INT1_POLARITY{0x14, 1 << 0};                    // 1: active high
constexpr FieldValue INT1_LATCHED_PUSH_PULL{{0x14, 3 << 1}, 3}; // until INT_STATUS is read
constexpr Field FIFO_MODE{0x16, 3 << 6};                        // 0: bypass, 1: stream
constexpr Field FIFO_FLUSH{0x4b, 1 << 1};
constexpr Field UI_SIFS_CFG{0x4c, 3 << 0}; // 2: without SPI, 3: without I2C
constexpr Field GYRO_MODE{0x4e, 3 << 2};
constexpr Field ACCEL_MODE{0x4e, 3 << 0};
constexpr Field FIFO_SENSORS{0x5f, 3 << 0}; // 1: accelerometer, 2: gyroscope
constexpr Field FIFO_TEMP{0x5f, 1 << 2};
constexpr Field FIFO_WM_GT_TH{0x5f, 1 << 5}; // an interrupt for each sample above the watermark
constexpr Field FIFO_RESUME_PARTIAL_RD{0x5f, 1 << 6};
constexpr Field INT_ASYNC_RESET{0x64, 1 << 4};
constexpr Field FIFO_THS_INT1{0x65, 1 << 2};
constexpr Field WHO_AM_I{0x75, 0xff};
constexpr unsigned offset_bank = 4;
constexpr std::uint8_t OFFSET_USER0 = 0x77; // then to 8, in that bank

// A packet of the FIFO is a header, the samples, the temperature, and behind both samples a time.
constexpr std::size_t one_sensor_bytes = 8;
constexpr unsigned header_empty = 1 << 7;
constexpr std::array<unsigned, id_count> headers{1 << 5, 1 << 6};
constexpr int no_sample = -32'768;

struct Variant {
    Identity identity;
};

/// Threads: as a driver's.
class Chip {
public:
    explicit Chip(const Hardware &hardware) : registers_{hardware}, hardware_{hardware} {}

    Result<void> probe()
    {
        IIO_TRY(registers_.poke(REG_BANK_SEL, 0));
        const Identity &identity = hardware_.data<Variant>().identity;
        if (!identity.has(IIO_TRY(registers_.get(identity.field))))
            return fail(ENODEV);
        IIO_TRY(registers_.order({SOFT_RESET, 1}));
        registers_.forget();
        hardware_.delay(1ms);
        const auto state = state_.lock();
        IIO_TRY(registers_.poke(REG_BANK_SEL, offset_bank));
        state->offsets = IIO_TRY(registers_.burst<Offsets>(OFFSET_USER0));
        IIO_TRY(registers_.poke(REG_BANK_SEL, 0));
        return registers_.set(std::array{
            FieldValue{UI_SIFS_CFG, hardware_.spi() ? 3U : 2U},
            FieldValue{INT1_POLARITY, hardware_.interrupt_edge() != Edge::falling},
            INT1_LATCHED_PUSH_PULL, FieldValue{FIFO_TEMP, 1}, FieldValue{FIFO_WM_GT_TH, 1},
            FieldValue{FIFO_RESUME_PARTIAL_RD, 1}, FieldValue{INT_ASYNC_RESET, 0}});
    }
    /// A reset makes the output's mode pulsed. False while the FIFO runs: after a failed read
    /// nobody knows where the next packet begins.
    Result<bool> is_configured() const
    {
        const auto state = state_.lock();
        return !state->streams[gyro].host && !state->streams[accel].host &&
               IIO_TRY(registers_.read(REG_BANK_SEL)) == 0 &&
               IIO_TRY(registers_.get(INT1_LATCHED_PUSH_PULL.field)) == INT1_LATCHED_PUSH_PULL.code;
    }

    Result<void> set(Field field, unsigned code) const
    {
        const auto state = state_.lock();
        return registers_.set(field, code);
    }
    Result<int> sample(unsigned reg) const
    {
        const auto state = state_.lock();
        return IIO_TRY(registers_.burst<BeS16>(reg));
    }

    /// The user's offset of an axis, 12 bits.
    int offset(Id id, std::size_t axis) const
    {
        const auto [low, high] = places[id * 3U + axis];
        const Offsets bytes = state_.lock()->offsets;
        return sign_extend(high.extract(bytes[high.reg]) << 8 | bytes[low], 12);
    }
    Result<void> set_offset(Id id, std::size_t axis, unsigned code) const
    {
        const auto [low, high] = places[id * 3U + axis];
        const auto state = state_.lock();
        auto bytes = state->offsets;
        bytes[low] = static_cast<std::uint8_t>(code);
        bytes[high.reg] =
            static_cast<std::uint8_t>((bytes[high.reg] & ~high.mask) | high.place(code >> 8));
        const auto written = write_offsets(bytes);
        if (written)
            state->offsets = bytes;
        else // the next probe takes the offsets that the part holds
            (void)write_offsets(state->offsets);
        return written;
    }

    static constexpr unsigned most_packets = 64; ///< half of the FIFO
    struct Stream {
        const Host *host = nullptr;          ///< null: it does not stream
        std::span<const Channel> channels{}; ///< x, y, z and the temperature
        unsigned watermark = most_packets;   ///< 1 at least
    };
    Result<void> set_stream(Id id, const Stream &stream) const
    {
        const auto state = state_.lock();
        state->streams[id] = stream;
        const auto restarted = restart(*state);
        if (!restarted)
            state->streams[id] = {};
        return restarted;
    }
    void detach(Id id) const { state_.lock()->streams[id] = {}; }

    void handle_interrupt(std::int64_t timestamp_ns) const
    {
        const auto state = state_.lock();
        if (registers_.read(INT_STATUS)) // which ends it
            (void)read_fifo(*state, timestamp_ns);
    }

private:
    using Offsets = std::array<std::uint8_t, 9>;
    using Place = std::pair<std::size_t, Field>;
    /// The byte of the low bits of each axis, and the half of a byte that has its high ones.
    static constexpr std::array<Place, 6> places{Place{0, {1, 0x0f}}, Place{2, {1, 0xf0}},
                                                 Place{3, {4, 0x0f}}, Place{5, {4, 0xf0}},
                                                 Place{6, {7, 0x0f}}, Place{8, {7, 0xf0}}};
    Result<void> write_offsets(const Offsets &bytes) const
    {
        IIO_TRY(registers_.poke(REG_BANK_SEL, offset_bank));
        const auto written = registers_.write_burst(OFFSET_USER0, bytes);
        const auto left = registers_.poke(REG_BANK_SEL, 0);
        return written ? left : written;
    }

    struct State {
        Offsets offsets{};
        std::array<Stream, id_count> streams{};
        std::size_t packet_bytes = 0; ///< 0: the FIFO does not run
        std::int64_t last_ns = 0;     ///< of the last packet
    };
    Result<void> restart(State &state) const
    {
        state.packet_bytes = 0;
        const auto &[of_gyro, of_accel] = state.streams;
        const unsigned sensors = (of_accel.host ? 1U : 0U) | (of_gyro.host ? 2U : 0U);
        IIO_TRY(registers_.set(FIFO_MODE, 0));
        IIO_TRY(registers_.set(
            std::array{FieldValue{FIFO_SENSORS, sensors}, FieldValue{FIFO_THS_INT1, sensors > 0}}));
        if (sensors == 0)
            return {};
        const auto bytes = sensors == 3 ? 2 * one_sensor_bytes : one_sensor_bytes;
        const auto level = bytes * std::min(of_gyro.watermark, of_accel.watermark);
        IIO_TRY(registers_.write_burst(FIFO_WM, std::array{static_cast<std::uint8_t>(level),
                                                           static_cast<std::uint8_t>(level >> 8)}));
        IIO_TRY(registers_.order({FIFO_FLUSH, 1}));
        IIO_TRY(registers_.set(FIFO_MODE, 1));
        state.packet_bytes = bytes;
        state.last_ns = (of_gyro.host ? of_gyro : of_accel).host->now();
        return {};
    }
    Result<void> read_fifo(State &state, std::int64_t timestamp_ns) const
    {
        if (state.packet_bytes == 0)
            return {};
        const int packets =
            IIO_TRY(registers_.burst<BeU16>(FIFO_COUNT)) / static_cast<int>(state.packet_bytes);
        // An edge may be older than the start.
        const std::int64_t since_ns = std::max<std::int64_t>(timestamp_ns - state.last_ns, 0);
        const std::int64_t period_ns = since_ns / std::max(packets, 1);
        return registers_.drain(
            FIFO_DATA, static_cast<std::size_t>(packets), state.packet_bytes,
            [&](const auto &packet) { push(state, packet, state.last_ns += period_ns); });
    }
    static void push(const State &state, std::span<const std::uint8_t> packet,
                     std::int64_t timestamp_ns)
    {
        const bool both = packet.size() > one_sensor_bytes;
        const int temperature = sign_extend(packet[both ? 13 : 7], 8);
        for (const Id id : {gyro, accel}) {
            const auto sample = packet.subspan(id == gyro && both ? 7 : 1, 6);
            const auto &[host, channels, watermark] = state.streams[id];
            if (!host || (packet[0] & (header_empty | headers[id])) != headers[id] ||
                sign_extend(big_endian(sample.first(2)), 16) == no_sample)
                continue;
            host->push(timestamp_ns, [&](Scan &scan) {
                scan.put(channels.first(3), sample);
                scan.put(channels[3], std::int64_t{temperature} * 64);
            });
        }
    }

    const Registers registers_;
    const Hardware hardware_;
    Guarded<State> state_; ///< held for each transfer, as all need bank 0
};

} // namespace iio::icm42600
