// SPDX-License-Identifier: MIT
#include <algorithm>
#include <core/attributes.hpp>
#include <core/device_trigger.hpp>
#include <core/promises.hpp>
#include <iio/host/log.hpp>
#include <iio/host/registry.hpp>
#include <iterator>
#include <ranges>
#include <set>
#include <utility>

namespace iio {

void Registry::observe(DeviceObserver &observer)
{
    const std::lock_guard lock{mutex_};
    observers_.push_back(&observer);
    for (const auto &trigger : triggers_)
        observer.trigger_added(trigger);
    for (const auto &device : devices_)
        observer.device_added(device);
}

void Registry::stop_observing(DeviceObserver &observer)
{
    const std::lock_guard lock{mutex_};
    std::erase(observers_, &observer);
}

Result<std::shared_ptr<const LiveDevice>> Registry::add(iio_dev &dev, const DeviceOptions &options)
{
    if (dev.abi_version != IIO_WRAP_ABI_VERSION || !dev.name || !*dev.name || !dev.info ||
        !dev.info->read_raw) {
        log(std::string{dev.name ? dev.name : "a device"} +
            ": the abi_version is wrong, or name, info or read_raw is missing");
        return fail(EINVAL);
    }
    IIO_TRY(core::check_promises(dev));
    auto groups = share(IIO_TRY(core::make_groups(dev, options.label)));

    const unsigned number = IIO_TRY(claim_number(options));
    const auto view =
        std::make_shared<const LiveDevice>(dev, *this, number, options, std::move(groups));
    // Without the lock: a slow bus delays only its own clients.
    if (!options.settings.empty())
        view->adopt(options.settings.front());
    const auto started = start(*view, options.interrupt);
    if (started && options.before_shown)
        options.before_shown(*view);
    const std::lock_guard lock{mutex_};
    claimed_.erase(number);
    if (options.numbers.empty())
        reserved_.erase(number);
    lowest_candidate_ = std::min(lowest_candidate_, number);
    if (!started)
        return fail(started.error());
    devices_.insert(std::ranges::lower_bound(devices_, number, {}, &LiveDevice::number), view);
    if (options.health)
        options.health->add(*view);
    for (auto *const observer : observers_)
        observer->device_added(view);
    return view;
}

/// With its triggers, of which it has all or none.
Result<void> Registry::start(const LiveDevice &device, const InterruptLine *interrupt)
{
    const std::lock_guard lock{mutex_};
    for (const auto &trigger : device.triggers_) {
        if (const auto added = add_trigger(trigger, lock); !added) {
            remove_triggers(device, lock);
            return fail(added.error());
        }
    }
    const auto started = device.start(interrupt);
    if (!started)
        remove_triggers(device, lock);
    return started;
}

/// Those of another device of the same part, most often.
Groups Registry::share(std::vector<Group> groups) const
{
    const std::lock_guard lock{mutex_};
    const auto same = std::ranges::find_if(
        devices_, [&](const auto &device) { return *device->groups_ == groups; });
    if (same != devices_.end())
        return (*same)->groups_;
    groups.shrink_to_fit();
    for (auto &group : groups)
        group.attributes.shrink_to_fit();
    return std::make_shared<const std::vector<Group>>(std::move(groups));
}

Result<unsigned> Registry::claim_number(const DeviceOptions &options)
{
    const std::lock_guard lock{mutex_};
    if (options.numbers.empty()) {
        const unsigned number = lowest_free_number();
        reserved_.insert(number);
        claimed_.insert(number);
        return number;
    }
    const unsigned number = options.numbers.front();
    if (std::ranges::binary_search(devices_, number, {}, &LiveDevice::number) ||
        !claimed_.insert(number).second)
        return fail(EBUSY);
    return number;
}

void Registry::notify_setting(const LiveDevice &device, const Setting &setting)
{
    const std::lock_guard lock{mutex_};
    for (auto *const observer : observers_)
        observer->setting_changed(device, setting);
}

void Registry::hide(const std::shared_ptr<const LiveDevice> &device)
{
    {
        const std::lock_guard lock{mutex_};
        const auto found = std::ranges::find(devices_, device);
        if (found == devices_.end())
            return;
        devices_.erase(found);
        lowest_candidate_ = std::min(lowest_candidate_, device->number());
        device->gate_.close();
        for (auto *const observer : std::views::reverse(observers_))
            observer->device_removed(device);
    }
    if (device->health_)
        device->health_->begin_removal();
}

void Registry::remove(const std::shared_ptr<const LiveDevice> &device)
{
    hide(device);
    {
        const std::lock_guard lock{mutex_};
        if (std::exchange(device->is_removed_, true))
            return;
    }
    // Once more: from here on this thread is the one that stops the chip.
    if (device->health_)
        device->health_->begin_removal();
    device->shut_down();
    // Those of other devices that use them sample no more.
    for (const auto &trigger : device->triggers_)
        trigger->give_up();
    device->gate_.wait_until_empty();
    device->disconnect();
    const std::lock_guard lock{mutex_};
    remove_triggers(*device, lock);
}

void Registry::remove_triggers(const LiveDevice &device, const std::lock_guard<std::mutex> &)
{
    for (const auto &trigger : device.triggers_) {
        if (std::erase(triggers_, trigger) == 0)
            continue;
        for (auto *const observer : std::views::reverse(observers_))
            observer->trigger_removed(trigger);
    }
}

Result<void> Registry::add_trigger(const std::shared_ptr<Trigger> &trigger)
{
    const std::lock_guard lock{mutex_};
    return add_trigger(trigger, lock);
}

Result<void> Registry::add_trigger(const std::shared_ptr<Trigger> &trigger,
                                   const std::lock_guard<std::mutex> &lock)
{
    if (std::ranges::find(triggers_, trigger->name(), &Trigger::name) != triggers_.end())
        return fail(EEXIST);
    place_trigger(trigger, lock);
    return {};
}

/// Gives it its number, and tells of it.
void Registry::place_trigger(const std::shared_ptr<const Trigger> &trigger,
                             const std::lock_guard<std::mutex> &)
{
    trigger->number_ = take_trigger_number(trigger->name());
    triggers_.insert(std::ranges::upper_bound(triggers_, trigger->number_, {}, &Trigger::number),
                     trigger);
    for (auto *const observer : observers_)
        observer->trigger_added(trigger);
}

/// The one that is expected for the name, else the lowest that is neither taken nor
/// is expected with.
unsigned Registry::take_trigger_number(const std::string &name)
{
    const auto is_free = [this](unsigned number) {
        return !trigger_numbers_.taken.contains(number) &&
               !std::ranges::binary_search(triggers_, number, {}, &Trigger::number);
    };
    if (const auto expected = expected_triggers_.extract(name);
        expected && is_free(expected.mapped()))
        return expected.mapped();
    std::set<unsigned> expected;
    for (const auto &[other, number] : expected_triggers_)
        expected.insert(number);
    unsigned number = trigger_numbers_.first;
    auto next = std::ranges::lower_bound(triggers_, number, {}, &Trigger::number);
    for (;; ++number) {
        if (next != triggers_.end() && (*next)->number() == number)
            ++next;
        else if (!trigger_numbers_.taken.contains(number) && !expected.contains(number))
            return number;
    }
}

void Registry::expect_trigger(std::string name, unsigned number)
{
    const std::lock_guard lock{mutex_};
    expected_triggers_.insert_or_assign(std::move(name), number);
}

Result<void> Registry::remove_trigger(std::string_view name)
{
    std::unique_lock lock{mutex_};
    const auto found = std::ranges::find(triggers_, name, &Trigger::name);
    if (found == triggers_.end())
        return fail(ENOENT);
    const auto trigger = *found;
    triggers_.erase(found);
    for (auto *const observer : std::views::reverse(observers_))
        observer->trigger_removed(trigger);
    lock.unlock();
    trigger->give_up();
    return {};
}

std::shared_ptr<const Trigger> Registry::find_trigger(std::string_view name) const
{
    const std::lock_guard lock{mutex_};
    const auto found = std::ranges::find(triggers_, name, &Trigger::name);
    return found == triggers_.end() ? nullptr : *found;
}

unsigned Registry::reserve_number()
{
    const std::lock_guard lock{mutex_};
    const unsigned number = lowest_free_number();
    reserved_.insert(number);
    return number;
}

Result<void> Registry::reserve_number(unsigned number)
{
    const std::lock_guard lock{mutex_};
    if (std::ranges::binary_search(devices_, number, {}, &LiveDevice::number) ||
        !reserved_.insert(number).second)
        return fail(EBUSY);
    return {};
}

void Registry::release_number(unsigned number)
{
    const std::lock_guard lock{mutex_};
    reserved_.erase(number);
    lowest_candidate_ = std::min(lowest_candidate_, number);
}

std::vector<std::shared_ptr<const Trigger>> Registry::set_number_spaces(NumberSpace devices,
                                                                        NumberSpace triggers)
{
    const std::lock_guard lock{mutex_};
    device_numbers_ = std::move(devices);
    lowest_candidate_ = 0;
    trigger_numbers_ = std::move(triggers);
    std::vector<std::shared_ptr<const Trigger>> moved;
    std::ranges::copy_if(triggers_, std::back_inserter(moved), [this](const auto &trigger) {
        return trigger_numbers_.taken.contains(trigger->number());
    });
    for (const auto &trigger : moved) {
        for (auto *const observer : std::views::reverse(observers_))
            observer->trigger_removed(trigger);
        std::erase(triggers_, trigger);
    }
    for (const auto &trigger : moved)
        place_trigger(trigger, lock);
    return moved;
}

std::vector<std::shared_ptr<const LiveDevice>> Registry::devices() const
{
    const std::lock_guard lock{mutex_};
    return devices_;
}

unsigned Registry::lowest_free_number()
{
    const auto taken = [this](unsigned number) {
        return reserved_.contains(number) || claimed_.contains(number) ||
               device_numbers_.taken.contains(number) ||
               std::ranges::binary_search(devices_, number, {}, &LiveDevice::number);
    };
    unsigned number = std::max(device_numbers_.first, lowest_candidate_);
    while (taken(number))
        ++number;
    lowest_candidate_ = number;
    return number;
}

} // namespace iio
