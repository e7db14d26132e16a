// SPDX-License-Identifier: MIT
#include <algorithm>
#include <bit>
#include <core/buffer.hpp>
#include <core/no_throw.hpp>
#include <core/sampler.hpp>
#include <cstring>
#include <iio/driver/scan.hpp>
#include <limits>

namespace iio::core {

namespace {

/// What one allocation of the kernel's can have; a longer buffer is ENOMEM there.
constexpr std::size_t largest_fifo_bytes = std::size_t{4} << 20;
constexpr std::size_t nobody_waits = std::numeric_limits<std::size_t>::max();

} // namespace

Buffer::Buffer(const iio_dev &dev, Registry &registry, Gate &gate, Health *health,
               std::function<std::int64_t()> now)
    : dev_{dev},
      registry_{registry},
      gate_{gate},
      health_{health},
      has_chip_fifo_{dev.info->flush_fifo != nullptr},
      now_{std::move(now)},
      wake_at_{nobody_waits}
{
}

Buffer::~Buffer() = default;

Result<void> Buffer::set_length(unsigned length)
{
    const std::lock_guard lock{settings_mutex_};
    if (length == length_)
        return {};
    if (running_)
        return fail(EBUSY);
    length_ = std::max(length, 2U);
    watermark_ = std::min(watermark_.load(), length_.load());
    return {};
}

Result<void> Buffer::set_watermark(unsigned watermark)
{
    const std::lock_guard lock{settings_mutex_};
    if (watermark == 0 || watermark > length_)
        return fail(EINVAL);
    if (running_)
        return fail(EBUSY);
    watermark_ = watermark;
    return {};
}

bool Buffer::has(const iio_chan_spec &chan) const
{
    return chan.type == IIO_TIMESTAMP ? with_timestamp_.load()
                                      : (wanted_ & scan_bit(chan.scan_index)) != 0;
}

Result<void> Buffer::set(const iio_chan_spec &chan, bool enabled)
{
    const std::lock_guard lock{settings_mutex_};
    if (running_)
        return fail(EBUSY);
    if (chan.type == IIO_TIMESTAMP) {
        with_timestamp_ = enabled;
        return {};
    }
    const std::uint64_t bit = scan_bit(chan.scan_index);
    if (!enabled) {
        wanted_ &= ~bit;
        return {};
    }
    const std::uint64_t wanted = wanted_ | bit;
    if ((dev_.one_hot_scan && !std::has_single_bit(wanted)) || sampled_mask(wanted) == 0)
        return fail(EINVAL);
    wanted_ = wanted;
    return {};
}

std::uint64_t Buffer::sampled_mask(std::uint64_t wanted) const
{
    const std::span masks{dev_.scan_masks, dev_.num_scan_masks};
    if (masks.empty())
        return wanted;
    const auto found =
        std::ranges::find_if(masks, [=](std::uint64_t mask) { return (wanted & ~mask) == 0; });
    return found == masks.end() ? 0 : *found;
}

std::shared_ptr<const Trigger> Buffer::trigger() const
{
    const std::lock_guard lock{trigger_mutex_};
    return trigger_;
}

Result<void> Buffer::set_trigger(std::string_view name)
{
    const std::lock_guard lock{settings_mutex_};
    if (gone_)
        return fail(ENODEV);
    if (sampler_)
        return fail(EBUSY);
    auto found = registry_.find_trigger(name);
    if (found) {
        if ((dev_.own_trigger_only && found->owner() != &dev_) || !found->may_drive(dev_))
            return fail(EINVAL);
    }
    set_default_trigger(std::move(found));
    return {};
}

void Buffer::set_default_trigger(std::shared_ptr<const Trigger> trigger)
{
    const std::lock_guard lock{trigger_mutex_};
    trigger_ = std::move(trigger);
}

Result<void> Buffer::set_enabled(bool enabled)
{
    const std::lock_guard lock{settings_mutex_};
    if (gone_)
        return fail(ENODEV);
    if (enabled == running_)
        return {};
    return enabled ? no_throw([this] { return enable(); }) : disable();
}

Result<void> Buffer::enable()
{
    const std::uint64_t wanted = wanted_;
    const std::uint64_t active = sampled_mask(wanted);
    const bool triggered = (dev_.modes & IIO_MODE_BUFFER_TRIGGERED) && trigger();
    if (wanted == 0 || active == 0 || (!triggered && !(dev_.modes & IIO_MODE_BUFFER_SOFTWARE)))
        return fail(EINVAL);
    const auto layout = ScanLayout::of(dev_, wanted, with_timestamp_);
    if (layout.bytes == 0)
        return fail(EINVAL);
    if (std::bit_ceil(std::uint64_t{length_}) > largest_fifo_bytes / layout.bytes)
        return fail(ENOMEM);
    auto fifo = std::make_shared<Fifo>(layout.bytes, length_);
    std::vector<std::uint8_t> nowhere(layout.bytes);

    ModeLock::Change change{mode_};
    {
        const std::scoped_lock lock{scan_mutex_, fifo_mutex_};
        fifo_ = std::move(fifo);
        layout_ = layout;
        active_ = active;
        nowhere_ = std::move(nowhere);
        accepts_scans_ = true;
        running_ = true; // who reads the first scans waits for the watermark
    }
    waiters_.wake();
    const iio_buffer_setup setup{active, watermark_, triggered};
    if (auto started = no_throw([&] { return start(setup); }); !started) {
        stop_accepting();
        waiters_.wake();
        return started;
    }
    change.set_streaming(true);
    return {};
}

Result<void> Buffer::start(const iio_buffer_setup &setup)
{
    IIO_TRY(start_part(setup));
    if (!setup.triggered)
        return {};
    auto started = no_throw([this] { return start_sampling(); });
    if (!started) {
        sampler_.reset();
        (void)stop_part();
    }
    return started;
}

Result<void> Buffer::start_sampling()
{
    const auto source = trigger();
    sampler_ = std::make_unique<Sampler>(source, source->owner() == &dev_, health_, now_,
                                         [this](std::int64_t time_ns) { sample(time_ns); });
    return sampler_->start();
}

Result<void> Buffer::start_part(const iio_buffer_setup &setup)
{
    const auto use = IIO_TRY(iio::enter(health_));
    if (dev_.info->start_buffer) {
        const int code = dev_.info->start_buffer(&dev_, &setup);
        if (code < 0)
            return fail(-code);
    }
    const std::lock_guard lock{started_mutex_};
    started_ = setup;
    return {};
}

/// Clears started_ first, so that a concurrent recovery does not start the part again.
Result<void> Buffer::stop_part()
{
    {
        const std::lock_guard lock{started_mutex_};
        started_.reset();
    }
    const auto use = IIO_TRY(iio::enter(health_));
    const int code = dev_.info->stop_buffer ? dev_.info->stop_buffer(&dev_) : 0;
    return code < 0 ? fail(-code) : Result<void>{};
}

Result<void> Buffer::resume() const
{
    const auto setup = [this] {
        const std::lock_guard lock{started_mutex_};
        return started_;
    }();
    const int code = setup && dev_.info->start_buffer ? dev_.info->start_buffer(&dev_, &*setup) : 0;
    return code < 0 ? fail(-code) : Result<void>{};
}

Result<void> Buffer::disable()
{
    ModeLock::Change change{mode_};
    sampler_.reset();
    auto stopped = stop_part();
    stop_accepting();
    change.set_streaming(false);
    waiters_.wake();
    return stopped;
}

void Buffer::stop_accepting()
{
    const std::lock_guard lock{scan_mutex_};
    accepts_scans_ = false;
    running_ = false;
}

void Buffer::shut_down()
{
    {
        const std::lock_guard lock{settings_mutex_};
        gone_ = true;
        if (running_)
            (void)disable();
        set_default_trigger(nullptr);
    }
    waiters_.wake();
}

Result<void> Buffer::begin_scan(iio_scan &scan)
{
    std::unique_lock lock{scan_mutex_};
    if (!accepts_scans_)
        return fail(EBUSY);
    std::uint8_t *const slot = fifo_->free_slot();
    if (!slot)
        return fail(ENOSPC);
    scan = {slot, layout_.offsets.data(), active_};
    lock.release(); // to end_scan()
    return {};
}

void Buffer::end_scan(std::int64_t timestamp_ns, bool keep)
{
    const std::unique_lock lock{scan_mutex_, std::adopt_lock};
    if (keep)
        commit(timestamp_ns);
}

/// The free slot has its samples.
void Buffer::commit(std::int64_t timestamp_ns)
{
    if (layout_.timestamp)
        std::memcpy(fifo_->free_slot() + *layout_.timestamp, &timestamp_ns, sizeof timestamp_ns);
    fifo_->commit_slot();
    if (fifo_->available() >= wake_at_) {
        wake_at_ = nobody_waits;
        waiters_.wake();
    }
}

void Buffer::sample(std::int64_t timestamp_ns)
{
    const auto use = iio::enter(health_);
    if (!use)
        return;
    const std::lock_guard lock{scan_mutex_};
    if (!accepts_scans_ || !dev_.info->scan)
        return;
    std::uint8_t *const slot = fifo_->free_slot();
    iio_scan scan{slot ? slot : nowhere_.data(), layout_.offsets.data(), active_};
    const std::size_t before = fifo_->filled();
    const bool taken = dev_.info->scan(&dev_, &scan) >= 0;
    // A part of which a transfer failed meanwhile may have been reset. A driver that
    // pushed scans from in there has filled this slot already.
    const bool counts = taken && (!health_ || health_->is_answering());
    if (counts && slot && fifo_->filled() == before)
        commit(timestamp_ns);
}

std::shared_ptr<Fifo> Buffer::fifo() const
{
    const std::lock_guard lock{fifo_mutex_};
    return fifo_;
}

std::size_t Buffer::data_available() const
{
    const auto scans = fifo();
    return scans ? scans->available() : 0;
}

Result<void> Buffer::open() { return open_.exchange(true) ? fail(EBUSY) : Result<void>{}; }

void Buffer::close() { open_ = false; }

Result<void> Buffer::read(std::size_t size, bool nonblocking, Cancellation &cancellation,
                          const Deliver &deliver)
{
    for (;;) {
        if (gone_)
            return fail(ENODEV);
        const auto scans = fifo();
        if (!scans) {
            (void)deliver({}, {});
            return {};
        }
        const std::size_t fitting = size / scans->scan_bytes();
        if (fitting == 0)
            return fail(EINVAL);
        const auto wanted = nonblocking ? 0 : std::min<std::size_t>(fitting, watermark_.load());
        if (!is_ready(wanted, fitting)) {
            IIO_TRY(wait_for(wanted, *scans, cancellation));
            continue;
        }
        if (IIO_TRY(deliver_oldest(*scans, fitting, nonblocking, deliver)))
            return {};
    }
}

Result<bool> Buffer::read_or_park(std::size_t size, bool nonblocking,
                                  const std::shared_ptr<Waiter> &waiter, const Deliver &deliver)
{
    for (;;) {
        if (gone_)
            return fail(ENODEV);
        const auto scans = fifo();
        if (!scans) {
            (void)deliver({}, {});
            return true;
        }
        const std::size_t fitting = size / scans->scan_bytes();
        if (fitting == 0)
            return fail(EINVAL);
        const auto wanted = std::min<std::size_t>(fitting, watermark_.load());
        if (!nonblocking && scans->available() < (running_ ? wanted : 1)) {
            if (waiters_.park(waiter, [&] { return has_news(wanted, *scans); }))
                return false;
            continue;
        }
        if (IIO_TRY(deliver_oldest(*scans, fitting, nonblocking, deliver)))
            return true;
    }
}

/// False: another reader has taken them.
Result<bool> Buffer::deliver_oldest(Fifo &scans, std::size_t most, bool nonblocking,
                                    const Deliver &deliver)
{
    const std::lock_guard lock{read_mutex_};
    const auto pieces = scans.take_oldest(most);
    if (pieces[0].empty())
        return nonblocking ? Result<bool>{fail(EAGAIN)} : false;
    // Who gets them may look at once how many are left.
    if (deliver(pieces[0], pieces[1]))
        scans.free_taken();
    else
        scans.put_back();
    return true;
}

bool Buffer::may_flush_for(std::size_t size, bool nonblocking) const
{
    const auto scans = fifo();
    if (!has_chip_fifo_ || !running_ || !scans)
        return false;
    const std::size_t there = scans->available(), fitting = size / scans->scan_bytes();
    return fitting > there && (nonblocking || there < watermark_);
}

void Buffer::flush_for(std::size_t size)
{
    const auto scans = fifo();
    const std::size_t fitting = scans ? size / scans->scan_bytes() : 0;
    if (const auto there = data_available(); running_ && fitting > there)
        (void)flush(fitting - there);
}

/// Whether so many scans are there, or one if it runs no more, or if the chip's
/// own fifo makes up for the rest. That is emptied, up to `to_flush` scans.
bool Buffer::is_ready(std::size_t wanted, std::size_t to_flush)
{
    if (!running_) {
        wanted = std::min<std::size_t>(wanted, 1);
        to_flush = 0;
    }
    const std::size_t there = data_available();
    if (to_flush > there && (wanted == 0 || there < wanted))
        return there + flush(to_flush - there) >= wanted;
    return there >= wanted;
}

std::size_t Buffer::flush(std::size_t most)
{
    const Gate::Pass pass{gate_};
    if (!pass || !dev_.info->flush_fifo)
        return 0;
    const auto use = iio::enter(health_);
    if (!use)
        return 0;
    const int flushed = dev_.info->flush_fifo(&dev_, static_cast<unsigned>(most));
    return flushed < 0 ? 0 : static_cast<std::size_t>(flushed);
}

Result<void> Buffer::wait_for(std::size_t wanted, const Fifo &of, Cancellation &cancellation)
{
    const auto outcome = waiters_.wait(cancellation, [&] { return has_news(wanted, of); });
    return outcome == Waiters::Outcome::cancelled ? fail(EINTR) : Result<void>{};
}

/// Who waits for `wanted` scans is to look again; else he is woken when it comes to that.
bool Buffer::has_news(std::size_t wanted, const Fifo &of)
{
    const std::size_t enough = running_ ? wanted : 1;
    wake_at(enough);
    // When it is enabled again, scans may have another size and the watermark another value.
    const auto scans = fifo();
    return gone_ || scans.get() != &of || scans->available() >= enough;
}

bool Buffer::poll(std::function<void()> listener)
{
    waiters_.listen(std::move(listener));
    wake_at(watermark_);
    return gone_ || is_ready(watermark_, 0);
}

/// The reader that waits for the fewest scans is woken first, and counts what is there.
void Buffer::wake_at(std::size_t scans)
{
    auto before = wake_at_.load();
    while (scans < before && !wake_at_.compare_exchange_weak(before, scans)) {
    }
}

} // namespace iio::core
