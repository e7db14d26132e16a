// SPDX-License-Identifier: MIT
//
// Devices: the chips of a running daemon, each on its bus and with its driver.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <daemon/config/config.hpp>
#include <daemon/devices/attached_chip.hpp>
#include <daemon/devices/chip_state.hpp>
#include <daemon/takeover/keep.hpp>
#include <daemon/work/workers.hpp>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace iiofs {

/// Threads: all members from any. A slow bus holds up nobody else: chips are
/// probed and dropped without the lock.
/// Lifetime: the registry, the keep and the workers outlive it; its end takes all devices away.
class Devices {
public:
    Devices(iio::Registry &registry, Keep &keep, Workers &workers);
    ~Devices();
    Devices(const Devices &) = delete;
    Devices &operator=(const Devices &) = delete;

    /// Attaches the chips in order; each gets the next number, whether it
    /// answers or not. One that does not is logged and tried again until it does.
    ///
    /// After a takeover those that came and went since are what they were, with
    /// their numbers and settings: `parse` reads what was written to new_device.
    using Parse = std::function<std::optional<DeviceConfig>(std::string_view line)>;
    void start(const std::vector<DeviceConfig> &configs, const Parse &parse);
    /// The triggers are there: streaming goes on, also of devices that come later.
    void restore_streaming();

    /// new_device, to which `line` was written. Returns the numbers of the chip's devices.
    /// Errors: EBUSY: the chip is there already; ENOSPC: clients have added as many as they
    /// may; as attach().
    [[nodiscard]] OrRefusal<std::vector<unsigned>>
    add(const DeviceConfig &config, std::string_view line, const Request &request);

    /// delete_device, by a device's directory or by "BUS ADDRESS" ("iio:device2",
    /// "i2c-1 0x76", "spi0.0"). A chip that is still being tried goes as well.
    /// Errors: ENODEV: there is none.
    [[nodiscard]] iio::Result<void> remove(std::string_view which, const Request &request);

    /// Chips whose devices have one of these numbers are dropped and attached anew,
    /// with the next numbers that the registry gives.
    void renumber(const std::set<unsigned> &numbers);

    /// Makes the configured devices those of a new configuration. Devices that it has
    /// as they are, and those of new_device, are not touched; a chip whose settings
    /// change is attached anew with the numbers that it has.
    void reconfigure(const std::vector<DeviceConfig> &configs);

    [[nodiscard]] std::size_t attached() const;

    /// Those of a device that its configuration gives it.
    [[nodiscard]] std::optional<Permissions> permissions_of(unsigned number) const;

    /// Where the chip of a device has its turns; null: there is no such device.
    [[nodiscard]] std::shared_ptr<Queue> queue_of(unsigned number) const;

    /// One line for people: how many chips answer, and which do not.
    [[nodiscard]] std::string summary() const;

    /// Of all chips, in the order of the configuration, then as they came.
    [[nodiscard]] std::vector<ChipState> states() const;

    /// Is called after each change of what summary() says, on the thread that made it;
    /// must not call back. Threads: before start().
    void on_change(std::function<void()> changed) { on_change_ = std::move(changed); }

private:
    struct Slot {
        DeviceConfig config;
        std::vector<unsigned> numbers;        ///< of the chip's devices
        std::shared_ptr<Queue> queue{};       ///< closed when the chip is dropped
        std::unique_ptr<AttachedChip> chip{}; ///< none: it did not answer yet
        int last_error = 0;
        std::string why; ///< it has no chip: for people
        std::chrono::steady_clock::time_point try_at{};
        std::chrono::milliseconds pause{0};
        bool busy = false; ///< being probed or dropped, out of the lock
        bool is_configured = false;
    };
    using Lock = std::unique_lock<std::mutex>;

    [[nodiscard]] Slot &add_slot(const DeviceConfig &config,
                                 std::span<const unsigned> numbers = {});
    [[nodiscard]] Slot &add_configured_slot(const DeviceConfig &config);
    void set_permissions(unsigned number, const DeviceConfig &config);
    void give_queue(Slot &slot);
    void give_up_number(unsigned number);
    void stream_again(const Slot &slot);
    void start_again(std::vector<DeviceConfig> &configs, const Parse &parse, Lock &lock);
    void remove_slot(std::list<Slot>::iterator slot);
    void reserve_numbers(Slot &slot);
    void drop_chip(Slot &slot, Lock &lock);
    void forget(const Slot &slot, const Request &request = {});
    void change_slot(Slot &slot, const DeviceConfig &config, Lock &lock);
    void renumber_slot(Slot &slot, const std::set<unsigned> &taken, Lock &lock);
    void try_slot(Slot &slot, Lock &lock);
    void retry_until(const std::stop_token &stop);

    iio::Registry &registry_;
    Keep &keep_;
    Workers &workers_;
    std::atomic<bool> streams_{false}; ///< triggers are there
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::function<void()> on_change_ = [] {};
    std::list<Slot> slots_;            ///< Slots stay in place while busy
    mutable std::mutex numbers_mutex_; ///< may be taken with the registry's held
    std::map<unsigned, Permissions> permissions_;
    std::map<unsigned, std::shared_ptr<Queue>> queues_;
    std::jthread retry_; ///< last: it ends first
};

} // namespace iiofs
