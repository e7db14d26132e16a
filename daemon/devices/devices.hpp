// SPDX-License-Identifier: MIT
//
// Devices: the chips of a running daemon, each on its bus and with its driver.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <daemon/config/config.hpp>
#include <daemon/config/location.hpp>
#include <daemon/devices/attached_chip.hpp>
#include <daemon/devices/chip_state.hpp>
#include <daemon/takeover/keep.hpp>
#include <daemon/work/workers.hpp>
#include <functional>
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

/// Where a device is, and what for.
struct DevicePlace {
    ChipFolder folder{};
    std::string part{};
    std::string label{};
};

/// Whatever asks a chip is a job in the chip's own queue: its probe, each try after that, and its
/// end. A chip that takes the place of another one has the same queue, so that it is probed when
/// the other one is gone.
///
/// Threads: all members from any. None waits for a bus but add(); those that change devices wait
/// for the chips `patience` at most. Then the rest goes on without them.
/// Lifetime: the registry, the keep and the workers outlive it; its end takes all devices away.
class Devices {
public:
    /// How long a change of the devices waits for chips, most of which answer at once.
    static constexpr std::chrono::milliseconds patience{400};

    /// At the start chips that answer are registered in their order, as long as one does within
    /// this time: so their triggers have the same numbers each time.
    static constexpr std::chrono::milliseconds in_order_for{500};

    Devices(iio::Registry &registry, Keep &keep, Workers &workers);
    ~Devices();
    Devices(const Devices &) = delete;
    Devices &operator=(const Devices &) = delete;

    /// The nodes of a device of the server before, whose chip is still to be probed.
    /// Threads: called from any, without a lock.
    struct Expected {
        std::function<void(unsigned number)> show = [](unsigned) {};
        /// It does not come any more.
        std::function<void(unsigned number)> hide = [](unsigned) {};
    };
    /// Before start().
    void show_expected(Expected expected) { expected_ = std::move(expected); }

    /// Begins to attach the chips; each gets the next number, whether it answers or not. One
    /// that does not is logged and tried again until it does. The triggers that clients made are
    /// there already.
    ///
    /// After a takeover those that came and went since are what they were, with
    /// their numbers and settings: `parse` reads what was written to new_device.
    using Parse = std::function<std::optional<DeviceConfig>(std::string_view line)>;
    void start(const std::vector<DeviceConfig> &configs, const Parse &parse);
    /// Waits until each chip was tried once and those that were removed are gone, or none was
    /// and none is for so long.
    void settle(std::chrono::milliseconds how_long);
    /// Takes all devices away, without waiting for it: settle() does.
    void end();

    /// new_device, to which `line` was written. Returns the numbers of the chip's devices.
    /// Blocks: as long as the chip's bus.
    /// Errors: EBUSY: the chip is there already; ENODEV: it was removed meanwhile; ENOSPC:
    /// clients have added as many as they may; as attach().
    [[nodiscard]] OrRefusal<std::vector<unsigned>>
    add(const DeviceConfig &config, std::string_view line, const Request &request);
    /// Where add() is to wait for its turn: a queue on the chip's bus.
    [[nodiscard]] std::shared_ptr<Queue> queue_for(const DeviceConfig &config);
    /// The client does not want what add() is at. True: it ends without effect.
    [[nodiscard]] bool withdraw(const Request &request);

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

    // Of a device, by its number.
    /// Those that its configuration gives it.
    [[nodiscard]] std::optional<Permissions> permissions_of(unsigned number) const;
    /// Where its chip has its turns; null: there is no such device.
    [[nodiscard]] std::shared_ptr<Queue> queue_of(unsigned number) const;
    /// Where its chip is; all empty: there is no such device.
    [[nodiscard]] DevicePlace place_of(unsigned number) const;
    /// Why its chip was not found when it was last tried; 0: it was not tried yet.
    [[nodiscard]] int error_of(unsigned number) const;

    /// One line for people: how many chips answer, and which do not.
    [[nodiscard]] std::string summary() const;

    /// Of all chips, in the order of the configuration, then as they came.
    [[nodiscard]] std::vector<ChipState> states() const;

    /// Is called after each change of what summary() says, on the thread that made it;
    /// must not call back. Threads: before start().
    void on_change(std::function<void()> changed) { on_change_ = std::move(changed); }

private:
    class ChipJob;
    using Time = std::chrono::steady_clock::time_point;

    /// A chip. Threads: with the mutex, but for what is said to be the job's.
    struct Slot {
        DeviceConfig config;
        std::vector<unsigned> numbers;  ///< of the chip's devices
        std::vector<unsigned> given_up; ///< of them, when it is gone
        std::shared_ptr<Queue> queue{};
        std::unique_ptr<AttachedChip> chip{}; ///< none: it did not answer yet. The job's
        int last_error = 0;
        std::string why{}; ///< it has no chip: for people
        Time try_at{};     ///< or to go on streaming; max(): not
        std::chrono::milliseconds pause{0};
        std::uint64_t added_by = 0; ///< the request of add(), while that is at it
        bool has_job = false;       ///< or add() does what a job would
        bool was_tried = false;
        std::condition_variable *turn = nullptr; ///< it has answered, and waits for its turn
        bool is_registering = false;             ///< it has answered, and is there in a moment
        bool is_expected = false;                ///< and shown as such
        bool is_configured = false;
        bool waits_for_trigger = false; ///< of another chip, to stream
        bool is_leaving = false;
        bool is_forgotten = false; ///< and the next server is not to bring it back
    };
    using SlotPtr = std::shared_ptr<Slot>;
    using Slots = std::vector<SlotPtr>;
    using Lock = std::unique_lock<std::mutex>;
    struct Place {
        std::optional<Permissions> permissions{};
        std::shared_ptr<Queue> queue{};
        DevicePlace where{};
        int error = 0;
    };

    // With the lock, which those that are given it give up meanwhile.
    SlotPtr add_slot(const DeviceConfig &config, std::shared_ptr<Queue> queue,
                     std::vector<unsigned> numbers);
    SlotPtr add_configured_slot(const DeviceConfig &config);
    void start_again(std::vector<DeviceConfig> &configs, const Parse &parse);
    void retire(const SlotPtr &slot);
    void forget(Slot &slot, const Request &request);
    SlotPtr replace(const SlotPtr &slot, const DeviceConfig &config, std::vector<unsigned> numbers);
    [[nodiscard]] std::shared_ptr<Queue> make_queue(const DeviceConfig &config);
    void reserve_numbers(Slot &slot);
    void give_up_numbers(const Slot &slot);
    void take_leave(const Slots &slots, Lock &lock);
    void work_on(const SlotPtr &slot);
    void put_off(Slot &slot, int error);
    void begin();
    void probe(Slot &slot, Lock &lock);
    [[nodiscard]] OrRefusal<std::unique_ptr<AttachedChip>>
    attach(const DeviceConfig &config, const std::vector<unsigned> &numbers,
           const std::function<bool()> &is_wanted, bool &streams);
    void found(Slot &slot);
    void not_found(Slot &slot, const Refusal &refusal);
    void detach(const SlotPtr &slot, Lock &lock);
    void stream(Slot &slot, Lock &lock);
    [[nodiscard]] Slots due(Time &next);
    Time post_due(Lock &lock);
    [[nodiscard]] SlotPtr next_in_order() const;
    [[nodiscard]] bool may_register(Slot &slot);
    [[nodiscard]] bool streams_again(const iio::LiveDevice &device);
    void post_until(const std::stop_token &stop);
    void tell();
    [[nodiscard]] bool is_settled() const;

    iio::Registry &registry_;
    Keep &keep_;
    Workers &workers_;
    Expected expected_;
    std::function<void()> on_change_ = [] {};
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    bool has_news_ = false;  ///< for the thread that posts jobs
    bool is_ending_ = false; ///< what goes from here on is not logged
    Slots slots_;
    Slots leaving_;
    std::uint64_t progress_ = 0;      ///< chips that were tried, or are gone
    Time in_order_until_{};           ///< chips that answer by then come in the order of the list
    mutable std::mutex places_mutex_; ///< may be taken with the registry's held
    std::map<unsigned, Place> places_;
    std::jthread posts_; ///< jobs when they are due; last: it ends first
};

} // namespace iiofs
