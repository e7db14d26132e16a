// SPDX-License-Identifier: MIT
//
// SimulatedBus: one simulated chip on a bus of its own; SimulatedI2c and
// SimulatedSpi are what drivers are given of it.
#pragma once

#include "bus/node.hpp"
#include "sim/chip_file.hpp"

#include <condition_variable>
#include <functional>
#include <iio/driver/interrupt.hpp>
#include <iio/driver/spi.hpp>
#include <mutex>

namespace iio::sim {

/// A monotonic clock; tests bring their own.
using Clock = std::function<Time()>;
[[nodiscard]] Time steady_clock_now();

/// The chip behind both clients and its line, with its faults and a log of transfers.
///
/// On SPI chip select is released at the end of every transaction, also where
/// the last transfer sets cs_change.
/// Threads: all from any; transactions exclude each other. Lifetime: shared with
/// the clients; nothing of the ChipFile is kept but its (immutable) models.
class SimulatedBus {
public:
    struct Options {
        Clock clock = steady_clock_now;
        /// How long a transfer waits for a stuck bus before it is ETIMEDOUT.
        std::chrono::milliseconds timeout = bus::transaction_bound;
    };
    explicit SimulatedBus(const ChipFile &chip) : SimulatedBus{chip, Options{}} {}
    SimulatedBus(const ChipFile &chip, Options options);

    /// I2cClient's contract. Errors: EINVAL; ENXIO: no chip at this address;
    /// EOPNOTSUPP: an SPI chip; ETIMEDOUT: stuck; the armed faults' own.
    [[nodiscard]] Result<void> i2c(std::uint16_t address, std::span<const I2cMessage> messages);
    /// SpiDevice's contract, with the same errors.
    [[nodiscard]] Result<void> spi(std::span<const SpiTransfer> transfers);

    /// Replaces all faults, also the chip file's; transfers count from 1 and
    /// time from 0 again. A stuck bus comes free.
    void arm(const std::vector<Fault> &faults);
    /// arm() for one transfer: the n-th from now, n from 1, fails.
    void fail_transfer(std::uint64_t n, int error);
    /// The chip is taken off: ENXIO until it is plugged in again, then at reset.
    void unplug();
    void plug();
    /// Transactions since arming, those that failed among them.
    [[nodiscard]] std::uint64_t transfers() const;

    // For a ChipLine, which is the one that waits.

    /// InterruptLine's contract, for an edge to this level. Times are of the clock given in
    /// Options, which is CLOCK_MONOTONIC unless a test brings its own.
    [[nodiscard]] std::optional<std::int64_t>
    wait_for_edge(Edge edge, std::optional<std::chrono::milliseconds> at_most);
    [[nodiscard]] bool line_is_active(Edge edge);
    void wake_line();

    /// Switches the log on or off (off at first); it grows until it is taken.
    void record(bool on);
    /// One line a transaction: "w:d0 r:58", "tx:d000 rx:0060", "error:EIO".
    [[nodiscard]] std::vector<std::string> take_log();

private:
    using Lock = std::unique_lock<std::mutex>;
    [[nodiscard]] Result<void> admit(Lock &lock);
    [[nodiscard]] Result<void> wait_until_free(Lock &lock);
    [[nodiscard]] Result<void> answer_i2c(Lock &lock, std::uint16_t address,
                                          std::span<const I2cMessage> messages);
    [[nodiscard]] Result<void> answer_spi(Lock &lock, std::span<const SpiTransfer> transfers);
    void gather(std::span<const SpiTransfer> transfers);
    void power_up();
    [[nodiscard]] double seconds() const;
    [[nodiscard]] ModelChip &own_chip() { return *chips_.at(own_address_); }
    void run_chip();
    void look_at_line();
    void log_error(Errno error);

    const std::map<std::uint16_t, std::shared_ptr<const ModelChip>> at_reset_;
    const std::uint16_t own_address_;
    const BusKind kind_;
    const Options options_;
    const Time made_at_;

    mutable std::mutex mutex_;
    std::condition_variable freed_;
    std::chrono::steady_clock::time_point stuck_until_{};
    std::map<std::uint16_t, std::unique_ptr<ModelChip>> chips_;
    FaultPlan faults_;
    bool present_ = true;
    std::condition_variable line_changed_;
    LineEdges line_edges_; ///< that no client waited for
    std::optional<double> next_event_;
    bool line_woken_ = false;
    bool recording_ = false;
    std::vector<std::string> log_;
    std::vector<std::uint8_t> tx_, rx_; // kept between transactions for their memory
    std::vector<std::size_t> frame_ends_;
};

class SimulatedI2c final : public I2cClient {
public:
    SimulatedI2c(std::shared_ptr<SimulatedBus> bus, std::uint16_t address)
        : bus_{std::move(bus)}, address_{address}
    {
    }
    [[nodiscard]] Result<void> transfer(std::span<const I2cMessage> messages) const override
    {
        return bus_->i2c(address_, messages);
    }
    [[nodiscard]] std::unique_ptr<const I2cClient> client_at(std::uint8_t address) const override
    {
        return std::make_unique<SimulatedI2c>(bus_, address);
    }

private:
    std::shared_ptr<SimulatedBus> bus_;
    std::uint16_t address_;
};

class SimulatedSpi final : public SpiDevice {
public:
    explicit SimulatedSpi(std::shared_ptr<SimulatedBus> bus) : bus_{std::move(bus)} {}
    [[nodiscard]] Result<void> transfer(std::span<const SpiTransfer> transfers) const override
    {
        return bus_->spi(transfers);
    }

private:
    std::shared_ptr<SimulatedBus> bus_;
};

/// The interrupt output of a model whose file has a "line".
class ChipLine final : public InterruptLine {
public:
    explicit ChipLine(std::shared_ptr<SimulatedBus> bus, Edge edge = Edge::rising)
        : bus_{std::move(bus)}, edge_{edge}
    {
    }
    [[nodiscard]] Edge edge() const override { return edge_; }
    [[nodiscard]] Result<std::optional<std::int64_t>>
    wait(std::optional<std::chrono::milliseconds> at_most) const override
    {
        return bus_->wait_for_edge(edge_, at_most);
    }
    [[nodiscard]] bool is_active() const override { return bus_->line_is_active(edge_); }
    void wake() const override { bus_->wake_line(); }

private:
    std::shared_ptr<SimulatedBus> bus_;
    const Edge edge_;
};

} // namespace iio::sim
