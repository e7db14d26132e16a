// SPDX-License-Identifier: MIT
//
// Guarded<T>: state that several threads change, reachable only while locked.
//
// The driver's operations are const and run on several threads at once; what
// they change lives in here. Holding the Access across bus transfers is how a
// driver makes a sequence of them one step for everybody else.
//
// Not recursive: a function that holds an Access and calls lock() again, itself or in a
// function that it calls, waits for ever; so does an expression with two lock() of one
// Guarded. A driver that has several takes them in one order.
//
// Threads: lock() from any; blocks while another thread holds an Access.
// Lifetime: an Access must not outlive its Guarded.
#pragma once

#include <mutex>
#include <utility>

namespace iio {

template <class T> class Guarded {
public:
    class Access {
    public:
        T *operator->() const { return value_; }
        T &operator*() const { return *value_; }

    private:
        friend Guarded;
        Access(std::mutex &mutex, T &value) : lock_{mutex}, value_{&value} {}
        std::unique_lock<std::mutex> lock_;
        T *value_;
    };

    template <class... Args> explicit Guarded(Args &&...args) : value_{std::forward<Args>(args)...}
    {
    }
    Guarded(const Guarded &) = delete;
    Guarded &operator=(const Guarded &) = delete;

    [[nodiscard]] Access lock() const { return Access{mutex_, value_}; }

private:
    mutable std::mutex mutex_;
    mutable T value_;
};

} // namespace iio
