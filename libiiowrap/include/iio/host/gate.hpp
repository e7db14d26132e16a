// SPDX-License-Identifier: MIT
//
// Gate: lets calls in until it is closed, and lets its closer wait for those
// that are inside.
//
// Threads: all from any; one atomic of its own, no lock.
#pragma once

#include <atomic>
#include <cstdint>

namespace iio {

class Gate {
public:
    /// One call inside, for as long as it lives; false if the gate is closed.
    class Pass {
    public:
        explicit Pass(Gate &gate) : gate_{gate.enter() ? &gate : nullptr} {}
        ~Pass()
        {
            if (gate_)
                gate_->leave();
        }
        Pass(const Pass &) = delete;
        Pass &operator=(const Pass &) = delete;
        explicit operator bool() const { return gate_; }

    private:
        Gate *gate_;
    };

    [[nodiscard]] bool is_closed() const { return state_.load(std::memory_order_acquire) & closed; }
    /// Lets no caller in any more. Idempotent.
    void close() { state_.fetch_or(closed, std::memory_order_acq_rel); }
    /// Blocks until no caller is inside; close() comes first.
    void wait_until_empty() const
    {
        for (auto state = state_.load(std::memory_order_acquire); state != closed;
             state = state_.load(std::memory_order_acquire))
            state_.wait(state, std::memory_order_acquire);
    }

private:
    static constexpr std::uint32_t closed = 0x8000'0000;

    bool enter()
    {
        if (!(state_.fetch_add(1, std::memory_order_acq_rel) & closed))
            return true;
        leave();
        return false;
    }
    void leave()
    {
        if (state_.fetch_sub(1, std::memory_order_acq_rel) == closed + 1)
            state_.notify_all();
    }
    std::atomic<std::uint32_t> state_{0};
};

} // namespace iio
