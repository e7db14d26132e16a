// SPDX-License-Identifier: MIT
#include <algorithm>
#include <daemon/devices/chip_log.hpp>
#include <daemon/devices/devices.hpp>
#include <daemon/takeover/restore.hpp>
#include <spdlog/spdlog.h>
#include <utility>

namespace iiofs {

namespace {

using namespace std::chrono_literals;

// A chip that does not answer is tried again after a second, then less often.
constexpr std::chrono::milliseconds first_pause = 1s;
constexpr std::chrono::milliseconds longest_pause = 30s;
// Devices that clients may add; those of the configuration are not counted.
constexpr std::ptrdiff_t max_added = 256;

/// What chips share that wait for each other; empty: the chip has its bus alone, as a model
/// has.
std::string bus_name(const Bus &bus)
{
    if (const auto *i2c = std::get_if<I2cBus>(&bus))
        return i2c->path;
    if (const auto *spi = std::get_if<SpiBus>(&bus))
        return spi->path.substr(0, spi->path.find('.'));
    return {};
}

} // namespace

Devices::Devices(iio::Registry &registry, Keep &keep, Workers &workers)
    : registry_{registry},
      keep_{keep},
      workers_{workers},
      retry_{[this](const std::stop_token &stop) { retry_until(stop); }}
{
}

Devices::~Devices()
{
    retry_.request_stop();
    retry_.join();
    // The last one first, as a shutdown does.
    while (!slots_.empty())
        slots_.pop_back();
}

void Devices::start(const std::vector<DeviceConfig> &configs, const Parse &parse)
{
    auto rest = configs;
    Lock lock{mutex_};
    start_again(rest, parse, lock);
    for (const auto &config : rest)
        try_slot(add_configured_slot(config), lock);
}

/// What the keep tells of; takes what it tells of the configuration out of that.
void Devices::start_again(std::vector<DeviceConfig> &configs, const Parse &parse, Lock &lock)
{
    for (const auto &kept : keep_.devices()) {
        std::optional<DeviceConfig> config;
        if (kept.from_config) {
            const auto found = std::ranges::find(configs, kept.text, identity);
            if (found != configs.end()) {
                config = std::move(*found);
                configs.erase(found);
            }
        } else {
            config = parse(kept.text);
        }
        if (config && !kept.gone) {
            Slot &slot = add_slot(*config, kept.numbers);
            slot.is_configured = kept.from_config;
            try_slot(slot, lock);
        } else if (!kept.gone) {
            keep_.remove_device(kept.numbers); // not in the configuration any more
        }
    }
}

void Devices::restore_streaming()
{
    const std::lock_guard lock{mutex_};
    streams_ = true;
    for (const auto &view : registry_.devices())
        iiofs::restore_streaming(keep_, *view);
}

OrRefusal<std::vector<unsigned>> Devices::add(const DeviceConfig &config, std::string_view line,
                                              const Request &request)
{
    Lock lock{mutex_};
    if (std::ranges::any_of(slots_, [&](const Slot &s) { return same_chip(s.config, config); }))
        return iio::fail(EBUSY);
    if (std::ranges::count(slots_, false, &Slot::is_configured) >= max_added)
        return iio::fail(ENOSPC);
    Slot &slot = add_slot(config);
    try_slot(slot, lock);
    if (slot.chip) {
        if (!keep_.add_device(line, false, slot.numbers, request))
            spdlog::warn("{}: the keep has no room for it", describe(config.bus));
        return slot.numbers;
    }
    Refusal refusal{slot.last_error, slot.why};
    remove_slot(std::ranges::find(slots_, &slot, [](const Slot &s) { return &s; }));
    return tl::unexpected{std::move(refusal)};
}

Devices::Slot &Devices::add_slot(const DeviceConfig &config, std::span<const unsigned> numbers)
{
    Slot &slot = slots_.emplace_back(config);
    for (const unsigned number : numbers)
        slot.numbers.push_back(registry_.reserve_number(number) ? number
                                                                : registry_.reserve_number());
    reserve_numbers(slot);
    return slot;
}

Devices::Slot &Devices::add_configured_slot(const DeviceConfig &config)
{
    Slot &slot = add_slot(config);
    slot.is_configured = true;
    keep_.add_device(identity(config), true, slot.numbers);
    return slot;
}

/// As many numbers as the chip has devices; those that it has stay.
void Devices::reserve_numbers(Slot &slot)
{
    const auto *module = module_of(slot.config.driver);
    const std::size_t count = module ? module->find(slot.config.driver)->devices : 1;
    while (slot.numbers.size() < count)
        slot.numbers.push_back(registry_.reserve_number());
    for (; slot.numbers.size() > count; slot.numbers.pop_back())
        give_up_number(slot.numbers.back());
    for (const unsigned number : slot.numbers)
        set_permissions(number, slot.config);
}

void Devices::set_permissions(unsigned number, const DeviceConfig &config)
{
    const std::lock_guard lock{numbers_mutex_};
    if (config.permissions)
        permissions_.insert_or_assign(number, *config.permissions);
    else
        permissions_.erase(number);
}

void Devices::give_up_number(unsigned number)
{
    {
        const std::lock_guard lock{numbers_mutex_};
        permissions_.erase(number);
        queues_.erase(number);
    }
    registry_.release_number(number);
}

std::optional<Permissions> Devices::permissions_of(unsigned number) const
{
    const std::lock_guard lock{numbers_mutex_};
    const auto found = permissions_.find(number);
    return found == permissions_.end() ? std::nullopt : std::optional{found->second};
}

/// One of its own until the chip is dropped.
void Devices::give_queue(Slot &slot)
{
    if (!slot.queue)
        slot.queue = workers_.make_queue(bus_name(slot.config.bus));
    const std::lock_guard lock{numbers_mutex_};
    for (const unsigned number : slot.numbers)
        queues_[number] = slot.queue;
}

std::shared_ptr<Queue> Devices::queue_of(unsigned number) const
{
    const std::lock_guard lock{numbers_mutex_};
    const auto found = queues_.find(number);
    return found == queues_.end() ? nullptr : found->second;
}

/// A chip that has been found later goes on streaming.
void Devices::stream_again(const Slot &slot)
{
    if (!streams_)
        return;
    for (const auto &view : registry_.devices()) {
        if (std::ranges::find(slot.numbers, view->number()) != slot.numbers.end())
            iiofs::restore_streaming(keep_, *view);
    }
}

void Devices::remove_slot(std::list<Slot>::iterator slot)
{
    for (const unsigned number : slot->numbers)
        give_up_number(number);
    slots_.erase(slot);
    changed_.notify_all();
    on_change_();
}

iio::Result<void> Devices::remove(std::string_view which, const Request &request)
{
    Lock lock{mutex_};
    const auto found = std::ranges::find_if(slots_, [&](const Slot &slot) {
        const auto is_it = [&](unsigned number) { return directory_of(number) == which; };
        return !slot.busy &&
               (describe(slot.config.bus) == which || std::ranges::any_of(slot.numbers, is_it));
    });
    if (found == slots_.end())
        return iio::fail(ENODEV);
    drop_chip(*found, lock);
    forget(*found, request);
    remove_slot(found);
    return {};
}

/// The slot stays busy.
void Devices::drop_chip(Slot &slot, Lock &lock)
{
    slot.busy = true;
    auto chip = std::move(slot.chip);
    const auto queue = std::exchange(slot.queue, nullptr);
    lock.unlock();
    if (queue)
        queue->close();
    log_device(spdlog::level::info, subject(slot.config, slot.numbers), "removed from {}",
               describe(slot.config.bus));
    chip.reset(); // waits for calls in flight
    lock.lock();
}

/// The next server is not to bring it back.
void Devices::forget(const Slot &slot, const Request &request)
{
    keep_.remove_device(slot.numbers, request);
    for (const unsigned number : slot.numbers)
        keep_.remove_settings(directory_of(number));
}

void Devices::renumber(const std::set<unsigned> &numbers)
{
    const auto is_in_the_way = [&](const Slot &slot) {
        return std::ranges::any_of(slot.numbers, [&](unsigned n) { return numbers.contains(n); });
    };
    Lock lock{mutex_};
    for (;;) {
        const auto slot = std::ranges::find_if(slots_, is_in_the_way);
        if (slot == slots_.end())
            return;
        if (slot->busy)
            changed_.wait(lock); // and look again: it may have gone
        else
            renumber_slot(*slot, numbers, lock);
    }
}

void Devices::renumber_slot(Slot &slot, const std::set<unsigned> &taken, Lock &lock)
{
    const bool was_attached = slot.chip != nullptr;
    drop_chip(slot, lock);
    const auto were = slot.numbers;
    for (auto &number : slot.numbers) {
        if (!taken.contains(number))
            continue;
        const unsigned old = std::exchange(number, registry_.reserve_number());
        set_permissions(number, slot.config);
        move_settings(keep_, old, number);
        give_up_number(old);
        spdlog::warn("{} is the kernel's now: {} on {} becomes {}", directory_of(old),
                     slot.config.driver, describe(slot.config.bus), directory_of(number));
    }
    keep_.renumber_device(were, slot.numbers);
    slot.busy = false;
    if (was_attached)
        try_slot(slot, lock);
}

std::size_t Devices::attached() const
{
    const std::lock_guard lock{mutex_};
    return static_cast<std::size_t>(
        std::ranges::count_if(slots_, [](const Slot &slot) { return slot.chip != nullptr; }));
}

std::string Devices::summary() const
{
    constexpr std::size_t max_named = 4;
    const std::lock_guard lock{mutex_};
    std::string absent;
    std::size_t absent_count = 0;
    for (const auto &slot : slots_) {
        if ((slot.chip && !slot.chip->is_absent()) || ++absent_count > max_named)
            continue;
        absent +=
            fmt::format("{}{} ({} on {})", absent.empty() ? "" : ", ", directories_of(slot.numbers),
                        slot.config.driver, describe(slot.config.bus));
    }
    auto text = fmt::format("{} of {} devices", slots_.size() - absent_count, slots_.size());
    if (absent_count > 0)
        text += "; absent: " + absent;
    if (absent_count > max_named)
        text += fmt::format(" and {} more", absent_count - max_named);
    return text;
}

void Devices::try_slot(Slot &slot, Lock &lock)
{
    slot.busy = true;
    give_queue(slot);
    lock.unlock();
    auto attached = AttachedChip::attach(slot.config, registry_,
                                         {.label = slot.config.label,
                                          .numbers = slot.numbers,
                                          .settings = settings_of(keep_, slot.numbers)},
                                         on_change_);
    if (attached)
        stream_again(slot);
    lock.lock();
    slot.busy = false;
    changed_.notify_all();
    const auto where = describe(slot.config.bus);
    if (attached) {
        slot.chip = std::move(*attached);
        slot.last_error = 0;
        log_device(spdlog::level::info, subject(slot.config, slot.numbers), "{} on {}",
                   directories_of(slot.numbers), where);
        on_change_();
        return;
    }
    const auto &[error, why] = attached.error();
    slot.pause = std::clamp(slot.pause * 2, first_pause, longest_pause);
    slot.try_at = std::chrono::steady_clock::now() + slot.pause;
    slot.why = why;
    // One line for a state, not one for each try.
    if (std::exchange(slot.last_error, error) == error)
        return;
    log_device(spdlog::level::warn, subject(slot.config, slot.numbers, error),
               "no device on {}: {} ({})", where, why, iio::errno_name(error));
    on_change_();
}

void Devices::retry_until(const std::stop_token &stop)
{
    Lock lock{mutex_};
    while (!stop.stop_requested()) {
        const auto waits = [](const Slot &slot) { return !slot.chip && !slot.busy; };
        auto due = slots_.end();
        for (auto slot = slots_.begin(); slot != slots_.end(); ++slot) {
            if (waits(*slot) && (due == slots_.end() || slot->try_at < due->try_at))
                due = slot;
        }
        if (due == slots_.end())
            changed_.wait(lock, stop, [&] { return std::ranges::any_of(slots_, waits); });
        else if (const auto at = due->try_at; at > std::chrono::steady_clock::now())
            changed_.wait_until(lock, stop, at, [] { return false; });
        else
            try_slot(*due, lock);
    }
}

} // namespace iiofs
