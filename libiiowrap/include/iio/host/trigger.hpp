// SPDX-License-Identifier: MIT
//
// Trigger: what tells buffers the moments at which to take a sample.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <iio/driver/result.hpp>
#include <iiowrap.h>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace iio {

class Trigger;

/// One file of a trigger's directory besides name and uevent.
struct TriggerAttribute {
    std::string_view name;
    unsigned mode;
    Result<std::size_t> (*show)(const Trigger &, char *page) = nullptr;
    Result<std::size_t> (*store)(const Trigger &, std::string_view text) = nullptr;
};

/// A buffer that a trigger drives.
class TriggerConsumer {
public:
    virtual ~TriggerConsumer() = default;
    /// Take a sample, on a thread of one's own, and say sampled() to the
    /// trigger. `moment_ns`: when it happened, by the clock of its source; none: now.
    /// Must not block.
    virtual void poll(std::optional<std::int64_t> moment_ns) = 0;
};

/// Threads: all members from any. Lifetime: shared by the registry and the
/// devices that have it as their current trigger; one that the registry gave up
/// fires no more.
class Trigger {
public:
    explicit Trigger(std::string name) : name_{std::move(name)} {}
    virtual ~Trigger() = default;
    Trigger(const Trigger &) = delete;
    Trigger &operator=(const Trigger &) = delete;

    [[nodiscard]] const std::string &name() const { return name_; }
    /// N of its directory "triggerN"; given by the registry.
    [[nodiscard]] unsigned number() const { return number_; }
    [[nodiscard]] std::string directory() const { return "trigger" + std::to_string(number_); }

    [[nodiscard]] virtual std::span<const TriggerAttribute> attributes() const { return {}; }
    /// The device that is its source; null: none is.
    [[nodiscard]] virtual const iio_dev *owner() const { return nullptr; }
    /// Its number; none: there is no such device.
    [[nodiscard]] virtual std::optional<unsigned> owner_number() const { return std::nullopt; }
    /// Whether this device's buffer may have it as its trigger.
    [[nodiscard]] virtual bool may_drive(const iio_dev &) const { return true; }

    /// All consumers take a sample; false: one of them is still at the last one,
    /// and this moment is lost to all. `moment_ns`: of an own trigger, when the
    /// device's line told it, by the device's clock.
    bool fire(std::optional<std::int64_t> moment_ns = std::nullopt) const;
    /// It does not fire any more, even if it is in use. No call to its source is under
    /// way afterwards, and none comes.
    void give_up() const;

    /// Errors: what the source says when its first consumer comes.
    [[nodiscard]] Result<void> attach(TriggerConsumer &consumer) const;
    /// No poll() comes after it; a sampled() that is owed still must.
    void detach(TriggerConsumer &consumer) const;
    /// After detach(), once the consumer's samples are all taken.
    void release() const;
    void sampled() const;
    /// Its source can tell moments: it is no part that does not answer.
    [[nodiscard]] bool is_answering() const;
    /// A source that does not answer is tried again.
    void try_again() const;
    /// A consumer is still at the last sample, or reenable() has not returned yet.
    [[nodiscard]] bool is_busy() const;

protected:
    /// The first consumer comes, the last one is gone; not at the same time.
    [[nodiscard]] virtual Result<void> set_state(bool) const { return {}; }
    /// All consumers have their sample.
    virtual void reenable() const {}
    /// reenable() is done; is_busy() is false unless it fired meanwhile.
    virtual void served() const {}
    [[nodiscard]] virtual bool source_answers() const { return true; }
    virtual void try_source() const {}

private:
    friend class Registry;
    class SourceCall;

    std::string name_;
    mutable unsigned number_ = 0;    ///< the registry's, with its lock
    mutable std::mutex state_mutex_; ///< around set_state
    mutable unsigned users_ = 0;     ///< with state_mutex_
    mutable std::mutex mutex_;
    mutable bool given_up_ = false; ///< changed with state_mutex_ and mutex_, read with either
    mutable unsigned calls_ = 0;    ///< with mutex_, as below: source calls under way
    mutable std::condition_variable no_call_; ///< calls_ is 0
    mutable std::vector<TriggerConsumer *> consumers_;
    mutable unsigned busy_ = 0;
    mutable unsigned reenabling_ = 0;
};

} // namespace iio
