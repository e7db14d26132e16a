// SPDX-License-Identifier: MIT
//
// The threads that ask the tree: one for each device and one for what devices
// there are, so that one that blocks delays nothing but itself.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <daemon/base/fd.hpp>
#include <daemon/top/device_reader.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <variant>
#include <vector>

namespace iiofs::top {

/// When devices are read: ticks, counted from 1. Who misses some goes on with the
/// current one.
/// Threads: any.
class Schedule {
public:
    using Clock = std::chrono::steady_clock;
    explicit Schedule(std::chrono::milliseconds interval) : interval_{interval} {}

    /// Waits for one later than `last`; none: stopped.
    [[nodiscard]] std::optional<std::uint64_t> next(std::uint64_t last,
                                                    const std::stop_token &stop);
    [[nodiscard]] std::uint64_t current() const;
    /// When the one after the current one is.
    [[nodiscard]] Clock::time_point next_at() const;
    [[nodiscard]] std::chrono::milliseconds interval() const;
    [[nodiscard]] bool paused() const;
    void set_interval(std::chrono::milliseconds interval);
    void set_paused(bool paused);

private:
    [[nodiscard]] std::uint64_t tick_at(Clock::time_point now) const;
    [[nodiscard]] Clock::time_point time_of(std::uint64_t tick) const;

    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::chrono::milliseconds interval_;
    Clock::time_point start_ = Clock::now(); ///< of tick first_
    std::uint64_t first_ = 1;
    bool paused_ = false;
};

/// Which devices there are.
struct DeviceList {
    std::vector<unsigned> devices;
    int error = 0; ///< why that is not known, an errno; 0: it is
};

using Report = std::variant<DeviceList, Pass>;

/// Reports on their way to the one who shows them.
/// Threads: any.
class Mailbox {
public:
    Mailbox();
    void post(Report report);
    [[nodiscard]] std::vector<Report> take();
    /// Readable while there are some.
    [[nodiscard]] int fd() const { return event_.get(); }

private:
    std::mutex mutex_;
    std::vector<Report> reports_;
    Fd event_;
};

/// Threads: the owner's only.
class Readers {
public:
    Readers(std::filesystem::path tree, Wanted wanted, std::chrono::milliseconds interval);
    /// Does not wait for a thread that the tree lets wait: that one is left behind.
    ~Readers();
    Readers(const Readers &) = delete;
    Readers &operator=(const Readers &) = delete;

    [[nodiscard]] Schedule &schedule() { return shared_->schedule; }
    [[nodiscard]] int fd() const { return shared_->mailbox.fd(); }
    /// What came; devices that come and go get and lose their thread here.
    [[nodiscard]] std::vector<Report> take();

private:
    struct Shared {
        explicit Shared(std::chrono::milliseconds interval) : schedule{interval} {}
        Schedule schedule;
        Mailbox mailbox;
        std::mutex mutex;
        std::condition_variable ended;
        unsigned threads = 0;
    };
    void follow(const DeviceList &list);
    template <class Work> void start(std::stop_token stop, Work work);

    std::filesystem::path tree_;
    Wanted wanted_;
    std::shared_ptr<Shared> shared_;
    std::stop_source stop_listing_;
    std::map<unsigned, std::stop_source> readers_;
};

} // namespace iiofs::top
