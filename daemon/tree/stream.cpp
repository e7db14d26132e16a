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

using iio::core::Cancellation;

class BufferStream final : public OpenStream {
public:
    explicit BufferStream(DevicePtr device) : device_{std::move(device)} {}
    ~BufferStream() override { device_->buffer()->close(); }

    iio::Result<void> read(std::size_t size, bool nonblocking, Cancellation &cancellation,
                           const Deliver &deliver) override
    {
        return device_->buffer()->read(size, nonblocking, cancellation, deliver);
    }
    bool poll(std::function<void()> listener) override
    {
        return device_->buffer()->poll(std::move(listener));
    }

private:
    const DevicePtr device_;
};

class NodeStream final : public OpenStream {
public:
    explicit NodeStream(DevicePtr device) : device_{std::move(device)} {}
    ~NodeStream() override { device_->close_node(); }

    iio::Result<void> read(std::size_t size, bool nonblocking, Cancellation &cancellation,
                           const Deliver &deliver) override
    {
        iio::core::Buffer *const buffer = device_->buffer();
        if (!buffer)
            return iio::fail(EINVAL);
        if (buffer->is_open())
            return iio::fail(EBUSY);
        return buffer->read(size, nonblocking, cancellation, deliver);
    }
    bool poll(std::function<void()> listener) override
    {
        iio::core::Buffer *const buffer = device_->buffer();
        return buffer && !buffer->is_open() && buffer->poll(std::move(listener));
    }

private:
    const DevicePtr device_;
};

class EventStream final : public OpenStream {
public:
    explicit EventStream(DevicePtr device) : device_{std::move(device)} {}
    ~EventStream() override { device_->events()->close(); }

    iio::Result<void> read(std::size_t size, bool nonblocking, Cancellation &cancellation,
                           const Deliver &deliver) override
    {
        std::array<iio_event_data, 16> records{};
        const auto fitting = std::min(records.size(), size / sizeof(iio_event_data));
        const auto count = IIO_TRY(
            device_->events()->read(std::span{records}.first(fitting), nonblocking, cancellation));
        std::array<std::uint8_t, sizeof records> bytes;
        std::memcpy(bytes.data(), records.data(), sizeof records);
        (void)deliver(std::span{bytes}.first(count * sizeof(iio_event_data)), {});
        return {};
    }
    bool poll(std::function<void()> listener) override
    {
        return device_->events()->poll(std::move(listener));
    }

private:
    const DevicePtr device_;
};

} // namespace

OpenFunction node_of(DevicePtr device)
{
    return [device = std::move(device)]() -> iio::Result<std::unique_ptr<OpenStream>> {
        IIO_TRY(device->open_node());
        return std::make_unique<NodeStream>(device);
    };
}

OpenFunction buffer_of(DevicePtr device)
{
    return [device = std::move(device)]() -> iio::Result<std::unique_ptr<OpenStream>> {
        if (device->is_removed())
            return iio::fail(ENODEV);
        IIO_TRY(device->buffer()->open());
        return std::make_unique<BufferStream>(device);
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
