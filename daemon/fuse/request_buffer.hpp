// SPDX-License-Identifier: MIT
//
// RequestBuffer: memory that one request is read into.
#pragma once

#include <cstddef>
#include <span>
#include <sys/types.h>
#include <utility>

namespace iiofs {

/// Threads: one at a time.
class RequestBuffer {
public:
    /// Throws std::bad_alloc: there is no room in the address space.
    RequestBuffer();
    ~RequestBuffer();
    RequestBuffer(RequestBuffer &&other) noexcept
        : bytes_{std::exchange(other.bytes_, {})}, is_locked_{other.is_locked_}
    {
    }
    RequestBuffer &operator=(RequestBuffer &&) = delete;

    /// As read(2) of /dev/fuse or /dev/cuse.
    [[nodiscard]] ssize_t read(int fuse);
    [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }
    /// A request of that length is done: memory beyond what most requests need goes back.
    void release(std::size_t length) const;

private:
    std::span<std::byte> bytes_;
    bool is_locked_;
};

/// The longest write that the kernel may send in one request.
inline constexpr unsigned longest_write = 1U << 20;

} // namespace iiofs
