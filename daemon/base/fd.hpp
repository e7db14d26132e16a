// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>
#include <utility>

namespace iiofs {

/// An open file. Below 0: there is none, see errno.
class Fd {
public:
    explicit Fd(int fd) : fd_{fd} {}
    ~Fd()
    {
        if (fd_ >= 0)
            ::close(fd_);
    }
    Fd(Fd &&other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
    Fd(const Fd &) = delete;
    Fd &operator=(const Fd &) = delete;
    Fd &operator=(Fd &&) = delete;

    explicit operator bool() const { return fd_ >= 0; }
    [[nodiscard]] int get() const { return fd_; }
    /// Somebody else closes it.
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }

private:
    int fd_;
};

} // namespace iiofs
