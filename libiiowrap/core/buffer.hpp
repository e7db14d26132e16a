// SPDX-License-Identifier: MIT
//
// Buffer: a device's buffer0: its settings, what fills it and who reads it.
#pragma once

#include <core/fifo.hpp>
#include <core/mode_lock.hpp>
#include <core/scan_layout.hpp>
#include <core/waiters.hpp>
#include <functional>
#include <iio/host/gate.hpp>
#include <iio/host/health.hpp>
#include <iio/host/registry.hpp>
#include <iio/host/trigger.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace iio::core {

class Sampler;

/// Threads: all members from any. Settings, start and end exclude each other;
/// reading and sampling wait for neither.
///
/// The lock order of the core, outermost first. A thread takes locks from left to
/// right and from top to bottom of a branch only; it may leave some out.
///
///     the device's gate
///      ├ a setting's store lock ─ a claim of direct mode ─ the Health's use ─ the driver
///      └ settings_mutex_
///         ├ the registry's, to find a trigger by name
///         └ a Change of the mode
///            └ the trigger's state_mutex_ ─ the Health's use ─ the driver, for set_trigger
///               └ a timer's timer_mutex_
///                  └ the trigger's mutex_ ─ the sampler's
///     the Health's use ─ scan_mutex_ ─ the driver, for scan()
///      └ the Waiters' ─ fifo_mutex_
///                      └ read_mutex_ ─ who takes what is delivered
///
/// A claim waits for the end of a Change, and a Change for all claims; a recovery
/// waits for the end of all uses. Hence: who has a use waits for no claim and no
/// Change, and who has one takes no second use. A recovery takes none of the locks left of
/// the use.
///
/// As push() takes scan_mutex_, a driver that pushes must not hold a lock that its
/// scan() takes.
/// Lifetime: the LiveDevice's; the driver is called only with the gate passed, or
/// between start and end.
class Buffer {
public:
    /// `now` gives the device's time, `gate` is the device's, `health` the chip's or null.
    Buffer(const iio_dev &dev, Registry &registry, Gate &gate, Health *health,
           std::function<std::int64_t()> now);
    ~Buffer();
    Buffer(const Buffer &) = delete;
    Buffer &operator=(const Buffer &) = delete;

    // Settings. Errors of what changes them: EBUSY: the buffer runs.
    [[nodiscard]] unsigned length() const { return length_; }
    /// Below 2 becomes 2; a watermark beyond the new length is cut to it.
    [[nodiscard]] Result<void> set_length(unsigned length);
    [[nodiscard]] unsigned watermark() const { return watermark_; }
    /// Errors: EINVAL: 0, or more than the length.
    [[nodiscard]] Result<void> set_watermark(unsigned watermark);
    [[nodiscard]] bool has(const iio_chan_spec &chan) const;
    /// Errors: EINVAL: the chip cannot sample these channels together.
    [[nodiscard]] Result<void> set(const iio_chan_spec &chan, bool enabled);
    [[nodiscard]] std::shared_ptr<const Trigger> trigger() const;
    /// A name that no trigger has detaches.
    /// Errors: EINVAL: it is not for this device.
    [[nodiscard]] Result<void> set_trigger(std::string_view name);
    void set_default_trigger(std::shared_ptr<const Trigger> trigger);

    [[nodiscard]] bool is_enabled() const { return running_; }
    /// Errors: EINVAL: no channel, no trigger; ENOMEM: too long; EAGAIN: too many
    /// threads; ENODEV: the device is gone; the driver's and the trigger's.
    [[nodiscard]] Result<void> set_enabled(bool enabled);
    /// Scans that wait to be read.
    [[nodiscard]] std::size_t data_available() const;
    /// Ends streaming; it cannot be enabled again: readers get ENODEV. The gate is closed.
    void shut_down();
    /// Once the part was probed again: starts it if it was started.
    [[nodiscard]] Result<void> resume() const;

    // For the driver.
    [[nodiscard]] ModeLock &mode() { return mode_; }
    /// Errors: EBUSY: it does not run; ENOSPC: it is full.
    [[nodiscard]] Result<void> begin_scan(iio_scan &scan);
    void end_scan(std::int64_t timestamp_ns, bool keep);
    /// On the sampler's thread: lets the driver take a scan.
    void sample(std::int64_t timestamp_ns);

    // For the client that reads.
    /// Errors: EBUSY: another client has it open.
    [[nodiscard]] Result<void> open();
    void close();
    [[nodiscard]] bool is_open() const { return open_; }

    /// Takes the scans, in two pieces where they wrap around the ring; false: they stay.
    using Deliver =
        std::function<bool(std::span<const std::uint8_t>, std::span<const std::uint8_t>)>;
    /// Delivers as many scans as there are and fit in `size` bytes, once the watermark
    /// or as many as fit are there. Delivers nothing, at once, if the buffer never ran.
    /// Errors: EINVAL: too short for one; EAGAIN: nothing there, and nonblocking;
    /// EINTR: cancelled; ENODEV: the device is gone.
    [[nodiscard]] Result<void> read(std::size_t size, bool nonblocking, Cancellation &cancellation,
                                    const Deliver &deliver);
    /// The same without blocking: where read() waits, `waiter` is parked, and the answer is
    /// false; when it is woken it reads again. The chip's own fifo is not asked.
    [[nodiscard]] Result<bool> read_or_park(std::size_t size, bool nonblocking,
                                            const std::shared_ptr<Waiter> &waiter,
                                            const Deliver &deliver);
    /// The waiter's client is not there any more.
    void leave(const Waiter &waiter) { waiters_.leave(waiter); }
    /// Whether what such a read lacks may be in the chip's own fifo.
    [[nodiscard]] bool may_flush_for(std::size_t size, bool nonblocking) const;
    /// Fetches it from there. Blocks: for the chip.
    void flush_for(std::size_t size);
    /// Whether the watermark is reached; if not, `listener` is called once when it is.
    [[nodiscard]] bool poll(std::function<void()> listener);

private:
    [[nodiscard]] std::uint64_t sampled_mask(std::uint64_t wanted) const;
    [[nodiscard]] Result<void> enable();
    [[nodiscard]] Result<void> start_sampling();
    [[nodiscard]] Result<void> start(const iio_buffer_setup &setup);
    [[nodiscard]] Result<void> start_part(const iio_buffer_setup &setup);
    [[nodiscard]] Result<void> stop_part();
    [[nodiscard]] Result<void> disable();
    void stop_accepting();
    void commit(std::int64_t timestamp_ns);
    [[nodiscard]] std::shared_ptr<Fifo> fifo() const;
    [[nodiscard]] Result<bool> deliver_oldest(Fifo &scans, std::size_t most, bool nonblocking,
                                              const Deliver &deliver);
    [[nodiscard]] bool is_ready(std::size_t wanted, std::size_t to_flush);
    [[nodiscard]] std::size_t flush(std::size_t most);
    [[nodiscard]] bool has_news(std::size_t wanted, const Fifo &of);
    [[nodiscard]] Result<void> wait_for(std::size_t wanted, const Fifo &of,
                                        Cancellation &cancellation);
    void wake_at(std::size_t scans);

    const iio_dev &dev_;
    Registry &registry_;
    Gate &gate_;
    Health *const health_;
    const bool has_chip_fifo_;
    const std::function<std::int64_t()> now_;
    ModeLock mode_;

    mutable std::mutex settings_mutex_; ///< held while what is below changes
    std::atomic<unsigned> length_{2};
    std::atomic<unsigned> watermark_{1};
    std::atomic<std::uint64_t> wanted_{0}; ///< channels, by scan_index
    std::atomic<bool> with_timestamp_{false};
    std::atomic<bool> running_{false};
    std::atomic<bool> gone_{false};
    std::shared_ptr<const Trigger> trigger_; ///< with trigger_mutex_
    mutable std::mutex trigger_mutex_;
    mutable std::mutex started_mutex_;
    std::optional<iio_buffer_setup> started_; ///< what the part was started with
    std::unique_ptr<Sampler> sampler_;        ///< while a trigger drives it

    // A scan that is being filled in; recursive, as a driver whose scan() finds
    // several in the chip's FIFO pushes them from in there.
    std::recursive_mutex scan_mutex_;
    std::uint64_t active_ = 0;
    ScanLayout layout_;
    std::vector<std::uint8_t> nowhere_; ///< takes a scan that the fifo has no room for
    bool accepts_scans_ = false;

    mutable std::mutex fifo_mutex_; ///< for the pointer
    std::shared_ptr<Fifo> fifo_;    ///< of the last start; none: there was none
    std::mutex read_mutex_;         ///< one read takes at a time
    std::atomic<bool> open_{false};
    Waiters waiters_;
    std::atomic<std::size_t> wake_at_; ///< how many scans the first waiting reader needs
};

/// Adds buffer/, buffer0/, scan_elements/ and trigger/ of a device whose modes
/// have a buffer.
[[nodiscard]] Result<void> add_buffer_groups(std::vector<Group> &groups, const iio_dev &dev);

} // namespace iio::core
