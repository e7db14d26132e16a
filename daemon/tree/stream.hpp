// SPDX-License-Identifier: MIT
//
// OpenStream: a file of dev/ between open and close, in the place of the
// kernel's character device of a device's buffer, and of the descriptors for its
// events and its buffer.
#pragma once

#include <core/waiters.hpp>
#include <functional>
#include <iio/host/registry.hpp>
#include <memory>
#include <span>

namespace iiofs {

/// Threads: all members from any.
class OpenStream {
public:
    OpenStream() = default;
    OpenStream(const OpenStream &) = delete;
    OpenStream &operator=(const OpenStream &) = delete;
    virtual ~OpenStream() = default;

    /// Takes the bytes, in two pieces where they are not together; false: they
    /// were not taken and stay.
    using Deliver =
        std::function<bool(std::span<const std::uint8_t>, std::span<const std::uint8_t>)>;
    /// Errors: those of core::Buffer::read and core::EventQueue::read.
    [[nodiscard]] virtual iio::Result<void> read(std::size_t size, bool nonblocking,
                                                 iio::core::Cancellation &cancellation,
                                                 const Deliver &deliver) = 0;
    /// Whether a read would not block; else `listener` is called once when it
    /// would not any more.
    [[nodiscard]] virtual bool poll(std::function<void()> listener) = 0;
};

using DevicePtr = std::shared_ptr<const iio::LiveDevice>;

/// Opens a file of dev/. Errors: EBUSY: it is open already; ENODEV: the device
/// is gone.
using OpenFunction = std::function<iio::Result<std::unique_ptr<OpenStream>>()>;

/// "dev/iio:deviceN"
[[nodiscard]] OpenFunction node_of(DevicePtr device);
/// What ioctl IIO_BUFFER_GET_FD gives for buffer 0; while it is open the node
/// cannot be read (EBUSY).
[[nodiscard]] OpenFunction buffer_of(DevicePtr device);
/// What ioctl IIO_GET_EVENT_FD gives.
[[nodiscard]] OpenFunction events_of(DevicePtr device);

} // namespace iiofs
