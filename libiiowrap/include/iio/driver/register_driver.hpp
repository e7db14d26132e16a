// SPDX-License-Identifier: MIT
//
// RegisterDriver: a driver whose chip is described by a table, its Layout: identity,
// reset, setup, power, data-ready output, and the burst that holds a sample. A derived
// class adds what is special.
//
//     class Tmp117 : public RegisterDriver {
//     public:
//         explicit Tmp117(const Hardware &hardware) : RegisterDriver{hardware, layout, table} {}
//     };
#pragma once

#include <iio/driver/power.hpp>
#include <iio/driver/registers.hpp>
#include <iio/driver/table_driver.hpp>

namespace iio {

/// How a part goes to sleep and wakes. No field: there is nothing to write.
struct PowerPlan {
    FieldValue on{};
    FieldValue off{};
    /// The same of a second half of the part, such as that for proximity.
    FieldValue also_on{};
    FieldValue also_off{};
    /// In place of `on` where a setting's field wakes the part: it holds the setting's code
    /// while the part is awake, and `off` while it sleeps.
    const Choices *on_by = nullptr;
    bool always_on = false;               ///< it wakes at probe and sleeps when its driver goes
    std::chrono::microseconds settles{0}; ///< from waking up to the first good sample
    /// The same in place of `settles` where on_by's choice, of which this is the index, decides.
    std::chrono::microseconds (*settles_at)(unsigned chosen) = nullptr;
    std::chrono::milliseconds idle{0}; ///< it stays awake so long after the last use
};

/// The interrupt output that tells that a sample is there, and the trigger it makes.
struct DataReady {
    Few<OwnTrigger, 2> triggers{}; ///< the first is fired; none: the part has no such output
    Field enable{};                ///< none: it always tells
    Field active_low{};            ///< its polarity; or active_high
    Field active_high{};
    Field status{}; ///< not 0: a sample is there; none: an edge is enough
    /// `status` is in the low byte of a word of the sample, whose high byte the part locks
    /// until that is read: both are read.
    bool status_in_sample = false;
    FieldValue clear{}; ///< ordered after a sample, where reading it is not enough
};

/// How long a driver waits for a part, and how often it looks.
struct Polls {
    std::chrono::nanoseconds pause; ///< after each read
    int most;                       ///< reads
    int error;                      ///< the errno after the last pause
};

/// The registers that hold a sample of all channels, read at once.
struct Burst {
    std::uint16_t first = 0;
    std::uint8_t bytes = 0; ///< 32 at most; 0: the part is not sampled as a whole
};

/// A chip as its datasheet's tables have it.
struct Layout {
    RegisterFormat format{};
    Identity identity{};
    std::optional<FieldValue> reset{};
    std::chrono::microseconds start_up{0}; ///< from the reset to the next transfer
    /// Written at probe, before the settings.
    Few<FieldValue, 8> setup{};
    /// What the part holds while it is configured and loses at a reset; no field: the part
    /// cannot tell, and is probed again after each failed transfer.
    FieldValue proof{};
    PowerPlan power{};
    DataReady data_ready{};
    Burst burst{};
};

/// The Part::data of parts that differ in their tables.
struct RegisterPart {
    Layout layout;
    ChannelTable channels;
    std::span<const DeviceAttribute> attributes{};
};

/// Threads: as a driver's. Lifetime: the Layout and the table have static storage.
class RegisterDriver : public TableDriver {
public:
    RegisterDriver(const Hardware &hardware, const Layout &layout, ChannelTable channels,
                   std::span<const DeviceAttribute> attributes = {});
    /// Of the RegisterPart that is the part's data.
    explicit RegisterDriver(const Hardware &hardware);

    /// Recognises the part, resets it, and writes setup, settings and the output's polarity.
    /// Errors: ENODEV: another part; EINVAL: its output makes no such edge; the bus's.
    [[nodiscard]] Result<void> probe();
    [[nodiscard]] Result<bool> is_configured() const;

    /// Besides TableDriver's: raw is the word at the channel's address, as its scan type says.
    [[nodiscard]] Result<Value> read_raw(const Channel &channel, Info info) const;

    /// The burst, cut into the channels by their addresses.
    [[nodiscard]] Result<void> scan(Scan &scan) const;
    [[nodiscard]] Result<void> start_buffer(const BufferSetup &setup) const;
    [[nodiscard]] Result<void> stop_buffer() const;
    /// The data-ready output, where it is wired.
    [[nodiscard]] std::span<const OwnTrigger> triggers() const;
    [[nodiscard]] Result<void> set_trigger(std::uint32_t id, bool on) const;
    void handle_interrupt(std::int64_t timestamp_ns) const;
    void reenable_trigger(std::uint32_t id) const;

protected:
    [[nodiscard]] const Registers &registers() const { return registers_; }
    [[nodiscard]] const Power &power() const { return power_; }
    /// Waits until the part has a sample for a raw read or a scan. Here it always has one.
    [[nodiscard]] virtual Result<void> await_sample() const { return {}; }
    /// The sample of one channel from the part, awake: sign-extended and shifted. A driver
    /// overrides it where that takes more than a read of the channel's registers.
    [[nodiscard]] virtual Result<int> read_sample(const Channel &channel) const;
    /// Wakes the part and reads a sample, once the part has been awake for `settles`.
    [[nodiscard]] Result<Value> read_settled(const Channel &channel,
                                             std::chrono::nanoseconds settles) const;

    /// Reads a field until it holds the code. Errors: that of the polls; the bus's.
    [[nodiscard]] Result<void> wait_until(FieldValue state, const Polls &polls) const;

    /// The code goes to the setting's field, if it has one.
    [[nodiscard]] Result<void> choose(const Choices &setting, const Channel &channel,
                                      unsigned index) const override;

private:
    [[nodiscard]] Result<void> choose_edge() const;
    [[nodiscard]] Result<unsigned> sample_status() const;
    [[nodiscard]] Result<void> turn(bool on) const;

    const Layout &layout_;
    const Registers registers_;
    mutable std::atomic<std::chrono::nanoseconds> woke_at_{};
    const Power power_;
    Power::Use always_on_;
    mutable Power::Use streaming_; ///< start_buffer and stop_buffer exclude each other
};

} // namespace iio
