// SPDX-License-Identifier: MIT
//
// Health: whether a chip answers, and how it is brought back when it did not.
//
//     answering ── a transfer fails ──▶ doubtful ── recovered ──▶ answering
//                                          └─ that fails ──▶ absent, tried again after a pause
//
// The bus that a driver is given is watched: each transfer that fails makes the
// chip doubtful, whatever the driver makes of it. The next call into the driver
// waits for a recovery: the chip is asked whether it is configured as it was. If
// it is not, or a write was lost, its driver is destroyed, built and probed, the
// settings are stored and streaming starts again. As long as nothing fails, no
// extra transfers are made.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <iio/driver/hardware.hpp>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <thread>
#include <vector>

namespace iio {

class LiveDevice;

/// What a Health recovers. Called while no other thread is in the chip's drivers.
class Recoverable {
public:
    virtual ~Recoverable() = default;
    /// Whether the chip holds what its drivers told it. Errors: the bus's.
    [[nodiscard]] virtual Result<bool> is_configured() const = 0;
    /// Destroys the drivers; their transfers do not reach the bus.
    virtual void drop_drivers() = 0;
    /// Builds and probes them again. Errors: their probe's.
    [[nodiscard]] virtual Result<void> make_drivers() = 0;
};

/// A change of a chip's state that its owner is told of.
struct HealthChange {
    enum What {
        configured_anew, ///< it had lost its state, and has it again
        absent,          ///< it does not answer
        back,            ///< it answers again, configured
    } what;
    /// The errno of the transfer, or why it does not answer; 0: it was found to be
    /// reset although no transfer failed.
    int error;
};
/// Called on the thread of a client, which waits for it; must not call the chip's
/// devices.
using HealthObserver = std::function<void(const HealthChange &)>;

/// Threads: all from any. Lifetime: outlives the chip's devices and drivers.
///
/// Locks: every call into a driver holds users_ shared. It is taken immediately before
/// the call, with no driver, scan or trigger lock held. A recovery holds it alone.
/// Where it stands among the core's locks: core/buffer.hpp.
class Health {
public:
    /// A call into the chip's drivers, for as long as it lives. Its holder waits for no
    /// claim of direct mode and no start or end of a buffer.
    using Use = std::shared_lock<std::shared_mutex>;

    /// Without an observer changes are written to the log.
    explicit Health(const Hardware &hardware, HealthObserver tell = {});
    ~Health();
    Health(const Health &) = delete;
    Health &operator=(const Health &) = delete;

    /// The Hardware for the drivers: with the bus that is watched, and waits that end
    /// when the chip is removed.
    [[nodiscard]] const Hardware &hardware() const { return hardware_; }

    /// From here on the chip is recovered when it has to be.
    void begin(Recoverable &chip);
    /// The chip's devices are about to be removed by this thread. Of all other threads
    /// transfers fail with ENODEV from here on and do not reach the bus, and waits end:
    /// whatever a driver is doing, it ends. No recovery begins. May be called again.
    void begin_removal();
    [[nodiscard]] bool is_being_removed() const { return removing_; }
    /// Begins the removal and waits for a recovery. The drivers may be destroyed then.
    void end();
    /// One of the chip's devices, which is set up after a recovery.
    void add(const LiveDevice &device);

    /// Recovers the chip where needed; one caller does, the others wait.
    /// Errors: why it does not answer; ENODEV: it is being removed.
    [[nodiscard]] Result<Use> enter();
    /// None where that had to wait, or the chip does not answer or is being removed.
    [[nodiscard]] std::optional<Use> try_enter();
    /// Waits so long for a driver. False, at once: the chip is being removed. The thread
    /// that removes it waits all the same, as it has the chip to stop.
    bool wait(std::chrono::nanoseconds duration);
    [[nodiscard]] bool is_answering() const { return answering_; }
    /// The chip does not hold all that it was told: it is to be configured again.
    void doubt();
    /// How often it was doubted, ever.
    [[nodiscard]] std::uint64_t doubts() const { return doubts_; }
    /// Transfers that failed, ever.
    [[nodiscard]] std::uint64_t failures() const { return failures_; }
    /// The errno of the last one; EIO: there was none.
    [[nodiscard]] int error() const { return last_error_ != 0 ? last_error_.load() : EIO; }

    /// An absent chip is tried again after these pauses.
    static constexpr std::chrono::milliseconds first_pause{100};
    static constexpr std::chrono::milliseconds longest_pause{5000};
    [[nodiscard]] static std::chrono::milliseconds next_pause(std::chrono::milliseconds pause)
    {
        return std::clamp(2 * pause, first_pause, longest_pause);
    }

private:
    class WatchedI2c : public I2cClient {
    public:
        WatchedI2c(const I2cClient *bus, Health &health) : bus_{bus}, health_{health} {}
        [[nodiscard]] Result<void> transfer(std::span<const I2cMessage> messages) const override;
        [[nodiscard]] std::size_t most_read_at_once() const override
        {
            return bus_->most_read_at_once();
        }
        [[nodiscard]] std::unique_ptr<const I2cClient>
        client_at(std::uint8_t address) const override;

    private:
        const I2cClient *bus_;
        Health &health_;
    };
    class OwnWatchedI2c;
    class WatchedSpi final : public SpiDevice {
    public:
        WatchedSpi(const SpiDevice *bus, Health &health) : bus_{bus}, health_{health} {}
        [[nodiscard]] Result<void> transfer(std::span<const SpiTransfer> transfers) const override;

    private:
        const SpiDevice *bus_;
        Health &health_;
    };

    class WatchedTiming final : public Timing {
    public:
        WatchedTiming(const Timing &timing, Health &health) : timing_{timing}, health_{health} {}
        [[nodiscard]] std::chrono::nanoseconds now() const override { return timing_.now(); }
        void delay(std::chrono::nanoseconds duration) const override;
        [[nodiscard]] bool passes_by_itself() const override { return timing_.passes_by_itself(); }
        [[nodiscard]] bool run(const std::function<void()> &call) const override;

    private:
        const Timing &timing_;
        Health &health_;
    };

    [[nodiscard]] bool is_muted() const { return muted_ || is_cut_off(); }
    [[nodiscard]] bool is_cut_off() const
    {
        return removing_ && std::this_thread::get_id() != remover_;
    }
    void note_failure(int error, bool lost_write);
    [[nodiscard]] Result<void> recover();
    void recover_aside();
    [[nodiscard]] Result<void> bring_back();
    [[nodiscard]] Result<void> configure_anew();
    void conclude(const Result<void> &recovered);
    void tell(const HealthChange &change) const noexcept;
    void log_change(const HealthChange &change) const;

    const WatchedI2c i2c_;
    const WatchedSpi spi_;
    const WatchedTiming timing_;
    const Hardware hardware_;
    const HealthObserver tell_;

    std::shared_mutex users_;
    std::atomic<bool> answering_{true}; ///< false: doubtful or absent
    std::atomic<bool> muted_{false};    ///< transfers fail before they reach the bus
    std::atomic<bool> removing_{false}; ///< so do those of all threads but the remover
    std::atomic<std::thread::id> remover_{};
    std::atomic<bool> lost_write_{false}; ///< the part lost or never got what it is to hold
    std::atomic<bool> doubted_{false};    ///< since it was last configured
    std::atomic<std::uint64_t> failures_{0};
    std::atomic<std::uint64_t> doubts_{0};
    std::atomic<int> last_error_{0};

    std::mutex mutex_; ///< for what follows
    std::condition_variable changed_;
    Recoverable *chip_ = nullptr;
    std::vector<const LiveDevice *> devices_;
    bool recovering_ = false;
    std::chrono::milliseconds pause_{0}; ///< 0: it is not absent
    std::chrono::steady_clock::time_point try_at_{};
    int absent_error_ = 0;
    bool aside_ = false;     ///< a recovery for a driver's own thread is under way; under mutex_
    std::jthread recoverer_; ///< that one's thread; replaced by those who set aside_
};

/// The same for a chip that may have no Health: null.
[[nodiscard]] inline Result<Health::Use> enter(Health *health)
{
    return health ? health->enter() : Result<Health::Use>{Health::Use{}};
}

} // namespace iio
