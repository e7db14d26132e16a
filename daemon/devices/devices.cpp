// SPDX-License-Identifier: MIT
#include <algorithm>
#include <daemon/devices/chip_log.hpp>
#include <daemon/devices/devices.hpp>
#include <spdlog/spdlog.h>
#include <utility>

namespace iiofs {

namespace {

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
      posts_{[this](const std::stop_token &stop) { post_until(stop); }}
{
}

Devices::~Devices()
{
    end();
    Lock lock{mutex_};
    changed_.wait(lock, [this] { return leaving_.empty(); });
}

// ---- All of them

void Devices::start(const std::vector<DeviceConfig> &configs, const Parse &parse)
{
    std::vector<unsigned> expected;
    {
        const Lock lock{mutex_};
        auto rest = configs;
        start_again(rest, parse);
        for (const auto &slot : slots_)
            expected.insert(expected.end(), slot->numbers.begin(), slot->numbers.end());
        for (const auto &config : rest)
            add_configured_slot(config);
    }
    for (const unsigned number : expected)
        expected_.show(number);
    Lock lock{mutex_};
    // Numbers of triggers that were there are known. What asks a chip is to be behind its probe.
    if (expected.empty())
        in_order_until_ = std::chrono::steady_clock::now() + in_order_for;
    begin();
    post_due(lock);
}

/// What the keep tells of; takes what it tells of the configuration out of that.
void Devices::start_again(std::vector<DeviceConfig> &configs, const Parse &parse)
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
            std::vector<unsigned> numbers;
            numbers.reserve(kept.numbers.size());
            for (const unsigned number : kept.numbers)
                numbers.push_back(registry_.reserve_number(number) ? number
                                                                   : registry_.reserve_number());
            const auto slot = add_slot(*config, make_queue(*config), std::move(numbers));
            slot->is_configured = kept.from_config;
            slot->is_expected = true;
            slot->try_at = Time::max(); // when its nodes are there
        } else if (!kept.gone) {
            keep_.remove_device(kept.numbers); // not in the configuration any more
        }
    }
}

bool Devices::is_settled() const
{
    return leaving_.empty() &&
           std::ranges::all_of(slots_, [](const SlotPtr &slot) { return slot->was_tried; });
}

void Devices::settle(std::chrono::milliseconds how_long)
{
    Lock lock{mutex_};
    while (!is_settled()) {
        const auto before = progress_;
        if (!changed_.wait_for(lock, how_long, [&] { return progress_ != before; }))
            return;
    }
}

void Devices::end()
{
    Lock lock{mutex_};
    is_ending_ = true;
    const Slots all = slots_;
    for (const auto &slot : all)
        retire(slot);
    take_leave(all, lock);
}

// ---- One of them

/// `numbers` are reserved; more are where it has more devices.
Devices::SlotPtr Devices::add_slot(const DeviceConfig &config, std::shared_ptr<Queue> queue,
                                   std::vector<unsigned> numbers)
{
    auto slot = std::make_shared<Slot>(
        Slot{.config = config, .numbers = std::move(numbers), .queue = std::move(queue)});
    reserve_numbers(*slot);
    slot->given_up = slot->numbers;
    slots_.push_back(slot);
    return slot;
}

Devices::SlotPtr Devices::add_configured_slot(const DeviceConfig &config)
{
    auto slot = add_slot(config, make_queue(config), {});
    slot->is_configured = true;
    keep_.add_device(identity(config), true, slot->numbers);
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
        registry_.release_number(slot.numbers.back());
    const auto &config = slot.config;
    const DevicePlace where{folder_of(config, slot.numbers.front()), config.driver, config.label};
    const std::lock_guard lock{places_mutex_};
    for (const unsigned number : slot.numbers)
        places_.insert_or_assign(number, Place{config.permissions, slot.queue, where});
}

void Devices::give_up_numbers(const Slot &slot)
{
    {
        const std::lock_guard lock{places_mutex_};
        for (const unsigned number : slot.given_up)
            places_.erase(number);
    }
    for (const unsigned number : slot.given_up) {
        if (slot.is_forgotten) // what a client stored at the last moment
            keep_.remove_settings(directory_of(number));
        registry_.release_number(number);
    }
}

/// A chip that is at the place of one that goes has to wait for that.
std::shared_ptr<Queue> Devices::make_queue(const DeviceConfig &config)
{
    const auto goes = std::ranges::find_if(
        leaving_, [&](const SlotPtr &slot) { return same_chip(slot->config, config); });
    return goes == leaving_.end() ? workers_.make_queue(bus_name(config.bus)) : (*goes)->queue;
}

std::shared_ptr<Queue> Devices::queue_for(const DeviceConfig &config)
{
    const Lock lock{mutex_};
    return make_queue(config);
}

OrRefusal<std::vector<unsigned>> Devices::add(const DeviceConfig &config, std::string_view line,
                                              const Request &request)
{
    Lock lock{mutex_};
    for (const Slots *const slots : {&slots_, &leaving_}) {
        if (std::ranges::any_of(
                *slots, [&](const SlotPtr &slot) { return same_chip(slot->config, config); }))
            return iio::fail(EBUSY);
    }
    const auto is_added = [](const SlotPtr &slot) { return !slot->is_configured; };
    if (std::ranges::count_if(slots_, is_added) >= max_added)
        return iio::fail(ENOSPC);
    const auto slot = add_slot(config, make_queue(config), {});
    slot->added_by = request.unique;
    slot->has_job = true;
    probe(*slot, lock);
    slot->added_by = 0;
    if (slot->is_leaving) {
        detach(slot, lock);
        return iio::fail(ENODEV);
    }
    slot->has_job = false;
    tell();
    if (slot->chip) {
        if (!keep_.add_device(line, false, slot->numbers, request))
            spdlog::warn("{}: cannot be recorded, and is lost when the server is replaced",
                         describe(config.bus));
        return slot->numbers;
    }
    std::erase(slots_, slot);
    give_up_numbers(*slot);
    on_change_();
    return tl::unexpected{Refusal{slot->last_error, slot->why}};
}

bool Devices::withdraw(const Request &request)
{
    const Lock lock{mutex_};
    const auto found = std::ranges::find_if(slots_, [&](const SlotPtr &slot) {
        return slot->added_by == request.unique && !slot->is_registering;
    });
    if (request.unique == 0 || found == slots_.end())
        return false;
    retire(SlotPtr{*found});
    return true;
}

iio::Result<void> Devices::remove(std::string_view which, const Request &request)
{
    Lock lock{mutex_};
    const auto found = std::ranges::find_if(slots_, [&](const SlotPtr &slot) {
        const auto is_it = [&](unsigned number) { return directory_of(number) == which; };
        return describe(slot->config.bus) == which || std::ranges::any_of(slot->numbers, is_it);
    });
    if (found == slots_.end())
        return iio::fail(ENODEV);
    const SlotPtr slot = *found;
    forget(*slot, request);
    retire(slot);
    take_leave({slot}, lock);
    changed_.wait_for(lock, patience,
                      [&] { return std::ranges::find(leaving_, slot) == leaving_.end(); });
    return {};
}

/// The next server is not to bring it back.
void Devices::forget(Slot &slot, const Request &request)
{
    slot.is_forgotten = true;
    keep_.remove_device(slot.numbers, request);
    for (const unsigned number : slot.numbers)
        keep_.remove_settings(directory_of(number));
}

// ---- What others ask

std::optional<Permissions> Devices::permissions_of(unsigned number) const
{
    const std::lock_guard lock{places_mutex_};
    const auto found = places_.find(number);
    return found == places_.end() ? std::nullopt : found->second.permissions;
}

std::shared_ptr<Queue> Devices::queue_of(unsigned number) const
{
    const std::lock_guard lock{places_mutex_};
    const auto found = places_.find(number);
    return found == places_.end() ? nullptr : found->second.queue;
}

DevicePlace Devices::place_of(unsigned number) const
{
    const std::lock_guard lock{places_mutex_};
    const auto found = places_.find(number);
    return found == places_.end() ? DevicePlace{} : found->second.where;
}

int Devices::error_of(unsigned number) const
{
    const std::lock_guard lock{places_mutex_};
    const auto found = places_.find(number);
    return found == places_.end() ? ENODEV : found->second.error;
}

std::string Devices::summary() const
{
    constexpr std::size_t max_named = 4;
    const std::lock_guard lock{mutex_};
    std::string absent;
    std::size_t absent_count = 0;
    for (const auto &slot : slots_) {
        if ((slot->chip && !slot->chip->is_absent()) || ++absent_count > max_named)
            continue;
        absent += fmt::format("{}{} ({} on {})", absent.empty() ? "" : ", ",
                              directories_of(slot->numbers), slot->config.driver,
                              describe(slot->config.bus));
    }
    auto text = fmt::format("{} of {} devices", slots_.size() - absent_count, slots_.size());
    if (absent_count > 0)
        text += "; absent: " + absent;
    if (absent_count > max_named)
        text += fmt::format(" and {} more", absent_count - max_named);
    return text;
}

} // namespace iiofs
