// SPDX-License-Identifier: MIT
//
// OpenStream: a file of dev/ between open and close, in the place of the
// kernel's character device of a device's buffer, and of the descriptors for its
// events and its buffer.
#pragma once

#include <core/waiters.hpp>
#include <daemon/work/queue.hpp>
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
    /// False: there is not enough, and `waiter` is parked until there may be; then it reads
    /// again. Never blocks.
    /// Errors: those of core::Buffer::read and core::EventQueue::read.
    [[nodiscard]] virtual iio::Result<bool> read(std::size_t size, bool nonblocking,
                                                 const std::shared_ptr<iio::core::Waiter> &waiter,
                                                 const Deliver &deliver) = 0;
    /// The waiter's client is not there any more.
    virtual void leave(const iio::core::Waiter &waiter) = 0;

    /// Where to fetch() before such a read, as the chip may have what it lacks; null: nowhere.
    [[nodiscard]] virtual std::shared_ptr<Queue> fetches_on(std::size_t, bool) const
    {
        return nullptr;
    }
    /// Fetches what the chip has. Blocks: for the chip.
    virtual void fetch(std::size_t) {}

    /// Whether a read would not block; else `listener` is called once when it
    /// would not any more.
    [[nodiscard]] virtual bool poll(std::function<void()> listener) = 0;
};

/// Where the jobs of a device's chip have their turn; null: there is none.
using QueueOf = std::function<std::shared_ptr<Queue>(unsigned number)>;

using DevicePtr = std::shared_ptr<const iio::LiveDevice>;

/// Opens a file of dev/. Errors: EBUSY: it is open already; ENODEV: the device
/// is gone.
using OpenFunction = std::function<iio::Result<std::unique_ptr<OpenStream>>()>;

// `queue` is the chip's.
/// "dev/iio:deviceN"
[[nodiscard]] OpenFunction node_of(DevicePtr device, std::shared_ptr<Queue> queue);
/// What ioctl IIO_BUFFER_GET_FD gives for buffer 0; while it is open the node
/// cannot be read (EBUSY).
[[nodiscard]] OpenFunction buffer_of(DevicePtr device, std::shared_ptr<Queue> queue);
/// What ioctl IIO_GET_EVENT_FD gives.
[[nodiscard]] OpenFunction events_of(DevicePtr device);

} // namespace iiofs
