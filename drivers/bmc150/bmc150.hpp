// SPDX-License-Identifier: MIT
//
// Bosch BMA222(E), BMA250E, BMA253, BMA254, BMA255 and BMA280, and the
// accelerometers of BMC150, BMC156 and BMI055: three axes of 8 to 14 bits, a
// FIFO of 32 samples, an any-motion interrupt. I2C or SPI.
// Datasheets: BST-BMA255-DS004, BST-BMA280-DS000, BST-BMC150-DS000.
//
// The chip samples as long as the driver lives. Without a trigger its FIFO
// fills the buffer; with one of its own triggers, and no others, each sample is
// read when the chip says so. All interrupts are on pin INT1.
#pragma once

#include <array>
#include <iio/driver/driver.hpp>
#include <iio/driver/guarded.hpp>
#include <iio/driver/register_bus.hpp>

namespace iio::bmc150 {

/// What a chip is, its identification tells.
struct Variant {
    std::uint8_t chip_id;
    int bits;
    ChannelTable table;
    [[nodiscard]] const Channel &axis(std::size_t n) const { return table.channels()[n]; }
};

class Bmc150 {
public:
    static constexpr bool own_trigger_only = true;

    explicit Bmc150(const Hardware &hardware);
    Bmc150(const Bmc150 &) = delete;
    Bmc150 &operator=(const Bmc150 &) = delete;
    ~Bmc150();

    Result<void> probe();
    ChannelTable channels() const { return variant_->table; }
    const MountMatrix &mount_matrix(const Channel &) const { return matrix_; }
    Result<Value> read_raw(const Channel &channel, Info info) const;
    Result<void> write_raw(const Channel &channel, Info info, Written written) const;
    std::span<const DeviceAttribute> attributes() const;
    Result<void> read_attribute(const DeviceAttribute &attribute, Text &text) const;
    Result<bool> read_event_config(const Channel &channel, Event event) const;
    Result<void> write_event_config(const Channel &channel, Event event, bool on) const;
    Result<Value> read_event_value(const Channel &channel, Event event, EventInfo info) const;
    Result<void> write_event_value(const Channel &channel, Event event, EventInfo info,
                                   Written written) const;

    // streaming.cpp
    unsigned modes() const { return IIO_MODE_BUFFER_TRIGGERED | IIO_MODE_BUFFER_SOFTWARE; }
    Result<void> start_buffer(const BufferSetup &setup) const;
    Result<void> stop_buffer() const;
    Result<unsigned> flush_fifo(unsigned most) const;
    Result<void> scan(Scan &scan) const;
    std::span<const OwnTrigger> triggers() const;
    Result<void> set_trigger(std::uint32_t id, bool on) const;
    void reenable_trigger(std::uint32_t id) const;
    void handle_interrupt(std::int64_t timestamp_ns) const;

private:
    struct State {
        std::size_t range = 1; // 4 g
        std::size_t rate = 3;  // 125 Hz
        std::uint8_t threshold = 1;
        std::uint8_t period = 1;
        unsigned watermark = 0;
        // What the interrupts are on for.
        bool watches = false; // the events
        bool any_motion_trigger = false;
        bool data_ready_trigger = false;
        bool fifo = false;
        std::int64_t flushed_ns = 0; // when the FIFO was
    };

    int step_of(std::size_t range) const;
    Result<std::size_t> find_range(Written written) const;
    Result<void> write_rate(std::size_t rate) const;
    Result<Value> read_axis(const Channel &channel) const;
    Result<Value> read_temperature() const;

    Result<void> set_up_interrupt() const;
    Result<void> enable_interrupt(std::uint8_t reg, std::uint8_t bits) const;
    Result<void> reset_latch() const;
    Result<void> use_any_motion(const State &state, bool on) const;
    Result<void> push_events(std::int64_t timestamp_ns) const;
    Result<unsigned> flush(State &state, unsigned most, std::int64_t timestamp_ns) const;
    void put_axes(Scan &scan, std::span<const std::uint8_t> frame) const;

    RegisterBus bus_;
    const InterruptLine *interrupt_;
    const MountMatrix &matrix_;
    Host host_;
    const Variant *variant_ = nullptr;
    Guarded<State> state_;
};

constexpr unsigned fifo_capacity = 32;

} // namespace iio::bmc150
