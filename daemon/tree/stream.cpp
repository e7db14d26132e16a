// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <core/buffer.hpp>
#include <core/events.hpp>
#include <cstring>
#include <daemon/tree/stream.hpp>
#include <utility>

namespace iiofs {

namespace {

using iio::core::Waiter;

class BufferStream final : public OpenStream {
public:
    BufferStream(DevicePtr device, std::shared_ptr<Queue> queue)
        : device_{std::move(device)}, queue_{std::move(queue)}
    {
    }
    ~BufferStream() override { device_->buffer()->close(); }

    iio::Result<bool> read(std::size_t size, bool nonblocking,
                           const std::shared_ptr<Waiter> &waiter, const Deliver &deliver) override
    {
        return device_->buffer()->read_or_park(size, nonblocking, waiter, deliver);
    }
    void leave(const Waiter &waiter) override { device_->buffer()->leave(waiter); }
    std::shared_ptr<Queue> fetches_on(std::size_t size, bool nonblocking) const override
    {
        return device_->buffer()->may_flush_for(size, nonblocking) ? queue_ : nullptr;
    }
    void fetch(std::size_t size) override { device_->buffer()->flush_for(size); }
    bool poll(std::function<void()> listener) override
    {
        return device_->buffer()->poll(std::move(listener));
    }

private:
    const DevicePtr device_;
    const std::shared_ptr<Queue> queue_;
};

class NodeStream final : public OpenStream {
public:
    NodeStream(DevicePtr device, std::shared_ptr<Queue> queue)
        : device_{std::move(device)}, queue_{std::move(queue)}
    {
    }
    ~NodeStream() override { device_->close_node(); }

    iio::Result<bool> read(std::size_t size, bool nonblocking,
                           const std::shared_ptr<Waiter> &waiter, const Deliver &deliver) override
    {
        iio::core::Buffer *const buffer = device_->buffer();
        if (!buffer)
            return iio::fail(EINVAL);
        if (buffer->is_open())
            return iio::fail(EBUSY);
        return buffer->read_or_park(size, nonblocking, waiter, deliver);
    }
    void leave(const Waiter &waiter) override
    {
        if (device_->buffer())
            device_->buffer()->leave(waiter);
    }
    std::shared_ptr<Queue> fetches_on(std::size_t size, bool nonblocking) const override
    {
        iio::core::Buffer *const buffer = device_->buffer();
        const bool fetches =
            buffer && !buffer->is_open() && buffer->may_flush_for(size, nonblocking);
        return fetches ? queue_ : nullptr;
    }
    void fetch(std::size_t size) override { device_->buffer()->flush_for(size); }
    bool poll(std::function<void()> listener) override
    {
        iio::core::Buffer *const buffer = device_->buffer();
        return buffer && !buffer->is_open() && buffer->poll(std::move(listener));
    }

private:
    const DevicePtr device_;
    const std::shared_ptr<Queue> queue_;
};

class EventStream final : public OpenStream {
public:
    explicit EventStream(DevicePtr device) : device_{std::move(device)} {}
    ~EventStream() override { device_->events()->close(); }

    iio::Result<bool> read(std::size_t size, bool nonblocking,
                           const std::shared_ptr<Waiter> &waiter, const Deliver &deliver) override
    {
        std::array<iio_event_data, 16> records{};
        const auto fitting = std::min(records.size(), size / sizeof(iio_event_data));
        const auto count = IIO_TRY(device_->events()->read_or_park(
            std::span{records}.first(fitting), nonblocking, waiter));
        if (count == 0)
            return false;
        std::array<std::uint8_t, sizeof records> bytes;
        std::memcpy(bytes.data(), records.data(), sizeof records);
        (void)deliver(std::span{bytes}.first(count * sizeof(iio_event_data)), {});
        return true;
    }
    void leave(const Waiter &waiter) override { device_->events()->leave(waiter); }
    bool poll(std::function<void()> listener) override
    {
        return device_->events()->poll(std::move(listener));
    }

private:
    const DevicePtr device_;
};

} // namespace

OpenFunction node_of(DevicePtr device, std::shared_ptr<Queue> queue)
{
    return [device = std::move(device),
            queue = std::move(queue)]() -> iio::Result<std::unique_ptr<OpenStream>> {
        IIO_TRY(device->open_node());
        return std::make_unique<NodeStream>(device, queue);
    };
}

OpenFunction buffer_of(DevicePtr device, std::shared_ptr<Queue> queue)
{
    return [device = std::move(device),
            queue = std::move(queue)]() -> iio::Result<std::unique_ptr<OpenStream>> {
        if (device->is_removed())
            return iio::fail(ENODEV);
        IIO_TRY(device->buffer()->open());
        return std::make_unique<BufferStream>(device, queue);
    };
}

OpenFunction events_of(DevicePtr device)
{
    return [device = std::move(device)]() -> iio::Result<std::unique_ptr<OpenStream>> {
        IIO_TRY(device->events()->open());
        return std::make_unique<EventStream>(device);
    };
}

} // namespace iiofs
