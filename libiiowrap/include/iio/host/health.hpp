// SPDX-License-Identifier: MIT
//
// Health: whether a chip answers, and how it is brought back when it did not.
//
//     answering ── a transfer fails ──▶ doubtful ── recovered ──▶ answering
//                                          └─ that fails ──▶ absent, tried again after a pause
//
// The bus that a driver is given is watched: each transfer that fails makes the
// chip doubtful, whatever the driver makes of it. A call into the driver then has
// to wait for a recovery: the chip is asked whether it is configured as it was,
// and if not, or if a write was lost, its driver is built and probed anew, the
// settings are stored and streaming starts again. While nothing fails there is
// no transfer more than the driver's.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <iio/driver/hardware.hpp>
#include <mutex>
#include <shared_mutex>
#include <vector>

namespace iio {

class LiveDevice;

/// What a Health recovers. Called while nobody is in the chip's drivers.
class Recoverable {
public:
    virtual ~Recoverable() = default;
    /// Whether the chip holds what its drivers told it. Errors: the bus's.
    [[nodiscard]] virtual Result<bool> is_configured() const = 0;
    /// The drivers go, without a word to the chip.
    virtual void drop_drivers() = 0;
    /// They are built and probed anew. Errors: their probe's.
    [[nodiscard]] virtual Result<void> make_drivers() = 0;
};

/// A change of a chip's state that its owner is told of.
struct HealthChange {
    enum What {
        configured_anew, ///< after a single failure
        absent,          ///< it does not answer
        back,            ///< it answers again, configured
    } what;
    /// The errno of the transfer, or why it does not answer; 0: it was found to be
    /// reset although no transfer failed.
    int error;
};
/// Called on the thread of a reader, which waits for it; must not call the chip's
/// devices.
using HealthObserver = std::function<void(const HealthChange &)>;

/// Threads: all from any. Lifetime: outlives the chip's devices and drivers.
///
/// Locks: who calls a driver holds users_ shared, and takes it at once before the
/// call with no lock of the driver's, the scan's or a trigger's held. A recovery
/// holds it alone, and takes the drivers' locks and the scan's only.
class Health {
public:
    /// A call into the chip's drivers, for as long as it lives.
    using Use = std::shared_lock<std::shared_mutex>;

    /// Without an observer the log is told.
    explicit Health(const Hardware &hardware, HealthObserver tell = {});
    ~Health();
    Health(const Health &) = delete;
    Health &operator=(const Health &) = delete;

    /// The Hardware for the drivers: with the bus that is watched.
    [[nodiscard]] const Hardware &hardware() const { return hardware_; }

    /// From here on the chip is recovered when it has to be.
    void begin(Recoverable &chip);
    /// No recovery begins after it, and none runs. The drivers may go then.
    void end();
    /// One of the chip's devices, which is to be set up after a recovery.
    void add(const LiveDevice &device);

    /// Recovers the chip where needed; one caller does, the others wait.
    /// Errors: why it does not answer; ENODEV: it is being removed.
    [[nodiscard]] Result<Use> enter();
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
    class WatchedI2c final : public I2cClient {
    public:
        WatchedI2c(const I2cClient *bus, Health &health) : bus_{bus}, health_{health} {}
        [[nodiscard]] Result<void> transfer(std::span<const I2cMessage> messages) const override;
        [[nodiscard]] std::size_t most_read_at_once() const override
        {
            return bus_->most_read_at_once();
        }

    private:
        const I2cClient *bus_;
        Health &health_;
    };
    class WatchedSpi final : public SpiDevice {
    public:
        WatchedSpi(const SpiDevice *bus, Health &health) : bus_{bus}, health_{health} {}
        [[nodiscard]] Result<void> transfer(std::span<const SpiTransfer> transfers) const override;

    private:
        const SpiDevice *bus_;
        Health &health_;
    };

    void note_failure(int error, bool lost_write);
    [[nodiscard]] Result<void> recover();
    [[nodiscard]] Result<void> bring_back();
    [[nodiscard]] Result<void> configure_anew();
    void conclude(const Result<void> &recovered);
    void log_change(const HealthChange &change) const;

    const WatchedI2c i2c_;
    const WatchedSpi spi_;
    const Hardware hardware_;
    const HealthObserver tell_;

    std::shared_mutex users_;
    std::atomic<bool> answering_{true};   ///< false: doubtful or absent
    std::atomic<bool> muted_{false};      ///< transfers fail before they reach the bus
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
    bool ended_ = false;
    std::chrono::milliseconds pause_{0}; ///< 0: it is not absent
    std::chrono::steady_clock::time_point try_at_{};
    int absent_error_ = 0;
};

/// The same where nobody watches the chip.
[[nodiscard]] inline Result<Health::Use> enter(Health *health)
{
    return health ? health->enter() : Result<Health::Use>{Health::Use{}};
}

} // namespace iio
