// SPDX-License-Identifier: MIT
#include <algorithm>
#include <core/no_throw.hpp>
#include <iio/host/health.hpp>
#include <iio/host/log.hpp>
#include <iio/host/registry.hpp>
#include <utility>

namespace iio {

namespace {

/// Such transfers were never tried.
bool is_callers_mistake(int error)
{
    return error == EINVAL || error == EMSGSIZE || error == EOPNOTSUPP;
}

/// A kernel driver is bound to it, and tells it what it likes.
bool is_others_chip(int error) { return error == EBUSY; }

Hardware with_bus(const Hardware &hardware, const I2cClient &i2c, const SpiDevice &spi)
{
    return hardware.i2c() ? hardware.with_bus(i2c) : hardware.with_bus(spi);
}

} // namespace

Health::Health(const Hardware &hardware, HealthObserver tell)
    : i2c_{hardware.i2c(), *this},
      spi_{hardware.spi(), *this},
      timing_{hardware.timing(), *this},
      hardware_{with_bus(hardware, i2c_, spi_).with_timing(timing_)},
      tell_{tell ? std::move(tell) : [this](const HealthChange &change) { log_change(change); }}
{
}

Health::~Health() = default;

Result<void> Health::WatchedI2c::transfer(std::span<const I2cMessage> messages) const
{
    if (health_.is_muted())
        return fail(ENODEV);
    auto done = bus_->transfer(messages);
    if (!done)
        health_.note_failure(done.error().value(),
                             std::ranges::none_of(messages, &I2cMessage::is_read));
    return done;
}

/// Watched at an address that its driver asked for.
class Health::OwnWatchedI2c final : public WatchedI2c {
public:
    OwnWatchedI2c(std::unique_ptr<const I2cClient> bus, Health &health)
        : WatchedI2c{bus.get(), health}, bus_{std::move(bus)}
    {
    }

private:
    const std::unique_ptr<const I2cClient> bus_;
};

std::unique_ptr<const I2cClient> Health::WatchedI2c::client_at(std::uint8_t address) const
{
    auto bus = bus_->client_at(address);
    return bus ? std::make_unique<OwnWatchedI2c>(std::move(bus), health_) : nullptr;
}

Result<void> Health::WatchedSpi::transfer(std::span<const SpiTransfer> transfers) const
{
    if (health_.is_muted())
        return fail(ENODEV);
    auto done = bus_->transfer(transfers);
    if (!done)
        health_.note_failure(done.error().value(),
                             std::ranges::all_of(transfers, [](const SpiTransfer &transfer) {
                                 return transfer.in.empty();
                             }));
    return done;
}

/// A simulated time takes none, so there is nothing to end.
void Health::WatchedTiming::delay(std::chrono::nanoseconds duration) const
{
    if (&timing_ == &Timing::real())
        (void)health_.wait(duration);
    else
        timing_.delay(duration);
}

bool Health::WatchedTiming::run(const std::function<void()> &call) const
{
    const auto use = health_.try_enter();
    if (!use) {
        health_.recover_aside();
        return false;
    }
    call();
    return true;
}

void Health::note_failure(int error, bool lost_write)
{
    if (is_callers_mistake(error))
        return;
    if (lost_write || is_others_chip(error))
        lost_write_ = true;
    last_error_ = error;
    ++failures_;
    answering_ = false;
}

void Health::doubt()
{
    lost_write_ = true;
    doubted_ = true;
    ++doubts_;
    answering_ = false;
}

void Health::begin(Recoverable &chip)
{
    const std::lock_guard lock{mutex_};
    chip_ = &chip;
}

void Health::begin_removal()
{
    {
        const std::lock_guard lock{mutex_};
        remover_ = std::this_thread::get_id();
        removing_ = true;
    }
    changed_.notify_all();
}

void Health::end()
{
    begin_removal();
    {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return !recovering_; });
    }
    recoverer_ = {}; // no other comes, as the chip is being removed
}

bool Health::wait(std::chrono::nanoseconds duration)
{
    std::unique_lock lock{mutex_};
    return !changed_.wait_for(lock, duration, [this] { return is_cut_off(); });
}

void Health::add(const LiveDevice &device)
{
    const std::lock_guard lock{mutex_};
    devices_.push_back(&device);
}

Result<Health::Use> Health::enter()
{
    for (;;) {
        if (answering_) {
            Use use{users_};
            if (answering_)
                return use;
        }
        IIO_TRY(recover());
    }
}

std::optional<Health::Use> Health::try_enter()
{
    Use use{users_, std::try_to_lock};
    if (!use || !answering_ || removing_)
        return std::nullopt;
    return use;
}

/// For a thread that the driver has, which a recovery may have to end: nobody else may be there
/// who would recover the chip. The new thread has no signals, as the caller has none.
void Health::recover_aside()
{
    const std::lock_guard lock{mutex_};
    const bool is_paused = pause_.count() > 0 && std::chrono::steady_clock::now() < try_at_;
    if (answering_ || removing_ || recovering_ || aside_ || is_paused)
        return;
    aside_ = true;
    recoverer_ = std::jthread{[this] {
        (void)recover();
        const std::lock_guard done{mutex_};
        aside_ = false;
    }};
}

Result<void> Health::recover()
{
    std::unique_lock lock{mutex_};
    while (recovering_ && pause_.count() == 0 && !removing_)
        changed_.wait(lock);
    if (removing_)
        return fail(ENODEV);
    if (pause_.count() > 0 && (recovering_ || std::chrono::steady_clock::now() < try_at_))
        return fail(absent_error_);
    if (answering_)
        return {};
    if (!chip_) // it is not yet bound
        return fail(error());
    recovering_ = true;
    lock.unlock();
    const auto recovered = core::no_throw([this] {
        const std::unique_lock alone{users_};
        return bring_back();
    });
    lock.lock();
    recovering_ = false;
    conclude(recovered);
    changed_.notify_all();
    return recovered;
}

Result<void> Health::bring_back()
{
    const auto failures = failures_ + doubts_;
    const auto works = [&]() -> Result<void> {
        return failures_ + doubts_ == failures ? Result<void>{} : fail(error());
    };
    if (lost_write_ || !IIO_TRY(chip_->is_configured())) {
        lost_write_ = true; // until all of it is done
        IIO_TRY(configure_anew());
        IIO_TRY(works());
        lost_write_ = false;
    }
    // A thread of the driver's own may lose a write even now.
    answering_ = true;
    const auto still = works();
    if (!still)
        answering_ = false;
    return still;
}

Result<void> Health::configure_anew()
{
    muted_ = true;
    chip_->drop_drivers();
    muted_ = false;
    IIO_TRY(chip_->make_drivers());
    for (const LiveDevice *const device : devices_)
        IIO_TRY(device->resume());
    if (pause_.count() == 0)
        tell({HealthChange::configured_anew, doubted_ ? 0 : error()});
    doubted_ = false;
    return {};
}

void Health::conclude(const Result<void> &recovered)
{
    if (!recovered && removing_)
        return;
    if (recovered) {
        if (std::exchange(pause_, std::chrono::milliseconds{0}).count() > 0)
            tell({HealthChange::back, absent_error_});
        return;
    }
    absent_error_ = recovered.error().value();
    if (pause_.count() == 0)
        tell({HealthChange::absent, absent_error_});
    pause_ = next_pause(pause_);
    try_at_ = std::chrono::steady_clock::now() + pause_;
}

void Health::tell(const HealthChange &change) const noexcept
{
    try {
        tell_(change);
    } catch (...) { // this call is lost, later ones are served
    }
}

void Health::log_change(const HealthChange &change) const
{
    std::string line;
    for (const LiveDevice *const device : devices_)
        line += (line.empty() ? "" : ", ") + device->directory();
    line += " (" + std::string{hardware_.part()} + "): ";
    switch (change.what) {
    case HealthChange::configured_anew:
        line += change.error != 0 ? "configured again after " + errno_name(change.error)
                                  : "was reset, and has been configured again";
        break;
    case HealthChange::absent:
        line += "does not answer: " + errno_name(change.error);
        break;
    case HealthChange::back:
        line += "answers again";
        break;
    }
    log(line);
}

} // namespace iio
