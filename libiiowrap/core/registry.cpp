// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <core/attributes.hpp>
#include <core/buffer.hpp>
#include <core/clock.hpp>
#include <core/device_trigger.hpp>
#include <core/events.hpp>
#include <core/interrupt_thread.hpp>
#include <iio/registry.hpp>
#include <iterator>
#include <ranges>
#include <sys/sysmacros.h>
#include <utility>

namespace iio {

namespace {

// The kernel hands IIO a dynamic major, from 254 downwards.
constexpr unsigned usual_major = 254;

} // namespace

struct DeviceView::CoreCalls {
    static const DeviceView &view(const iio_dev *dev)
    {
        return *static_cast<const DeviceView *>(dev->core_priv);
    }
    template <class T> static int code_of(const Result<T> &result)
    {
        return result ? 0 : -result.error().value();
    }

    static int claim_direct(const iio_dev *dev)
    {
        core::Buffer *const buffer = view(dev).buffer();
        return buffer ? code_of(buffer->mode().claim_direct()) : 0;
    }
    static void release_direct(const iio_dev *dev)
    {
        if (core::Buffer *const buffer = view(dev).buffer())
            buffer->mode().release_direct();
    }
    static std::int64_t now(const iio_dev *dev) { return view(dev).now(); }
    static void push_event(const iio_dev *dev, std::uint64_t code, std::int64_t timestamp)
    {
        if (core::EventQueue *const events = view(dev).events())
            events->push(code, timestamp);
    }
    static int begin_scan(const iio_dev *dev, iio_scan *scan)
    {
        core::Buffer *const buffer = view(dev).buffer();
        return buffer ? code_of(buffer->begin_scan(*scan)) : -EBUSY;
    }
    static void end_scan(const iio_dev *dev, std::int64_t timestamp, int keep)
    {
        view(dev).buffer()->end_scan(timestamp, keep != 0);
    }
    static void fire_trigger(const iio_dev *dev, std::uint32_t id, std::int64_t timestamp)
    {
        for (const auto &trigger : view(dev).triggers_) {
            if (trigger->id() == id)
                trigger->fire(timestamp);
        }
    }
    static constexpr iio_core calls{claim_direct, release_direct, now,         push_event,
                                    begin_scan,   end_scan,       fire_trigger};
};

constexpr iio_core DeviceView::CoreCalls::calls;

DeviceView::DeviceView(iio_dev &dev, Registry &registry, unsigned number, std::string label,
                       std::vector<Group> groups)
    : dev_{dev},
      number_{number},
      directory_{"iio:device" + std::to_string(number)},
      label_{std::move(label)},
      groups_{std::move(groups)},
      debug_{core::make_debug_attributes(dev)},
      node_number_{makedev(usual_major, number)}
{
    if (dev.modes & (IIO_MODE_BUFFER_TRIGGERED | IIO_MODE_BUFFER_SOFTWARE))
        buffer_ = std::make_unique<core::Buffer>(dev, registry, gate_, [this] { return now(); });
    if (std::ranges::find(groups_, "events", &Group::name) != groups_.end())
        events_ = std::make_unique<core::EventQueue>();
    for (const auto &spec : std::span{dev.triggers, dev.num_triggers}) {
        triggers_.push_back(std::make_shared<core::DeviceTrigger>(dev, spec, number));
        if (spec.is_default && buffer_)
            buffer_->set_default_trigger(triggers_.back());
    }
    dev.core_priv = this;
    dev.core = &CoreCalls::calls;
}

DeviceView::~DeviceView() = default;

std::int64_t DeviceView::now() const
{
    return core::nanoseconds(
        core::clocks.at(static_cast<std::size_t>(clock_.load(std::memory_order_relaxed))).id);
}

Result<void> DeviceView::open_node() const
{
    if (is_removed())
        return fail(ENODEV);
    return node_is_open_.exchange(true) ? fail(EBUSY) : Result<void>{};
}

Result<void> DeviceView::start(const InterruptLine *interrupt) const
{
    if (!interrupt || !dev_.info->handle_interrupt)
        return {};
    interrupt_ =
        std::make_unique<core::InterruptThread>(dev_, *interrupt, [this] { return now(); });
    return interrupt_->start();
}

/// Nobody but calls in flight comes to the driver any more.
void DeviceView::shut_down() const
{
    interrupt_.reset();
    if (buffer_)
        buffer_->shut_down();
    if (events_)
        events_->shut_down();
}

const Attribute *DeviceView::find(std::string_view path) const
{
    const auto slash = path.find('/');
    const auto group_name = slash == path.npos ? std::string_view{} : path.substr(0, slash);
    const auto name = slash == path.npos ? path : path.substr(slash + 1);
    const auto group = std::ranges::find(groups_, group_name, &Group::name);
    if (group == groups_.end())
        return nullptr;
    const auto found = std::ranges::find(group->attributes, name, &Attribute::name);
    return found == group->attributes.end() ? nullptr : &*found;
}

Result<std::size_t> DeviceView::show(const Attribute &attribute, char *page) const
{
    const Gate::Pass pass{gate_};
    if (!pass)
        return fail(ENODEV);
    if (!attribute.show)
        return fail(EIO);
    return attribute.show(*this, attribute, page);
}

Result<std::size_t> DeviceView::store(const Attribute &attribute, std::string_view text) const
{
    const Gate::Pass pass{gate_};
    if (!pass)
        return fail(ENODEV);
    if (!attribute.store)
        return fail(EIO);
    // A store gets a C string of at most a page: a NUL ends it, and libiio
    // writes one behind each value.
    auto word = text.substr(0, IIO_PAGE_SIZE - 1);
    word = word.substr(0, word.find('\0'));
    const auto taken = IIO_TRY(attribute.store(*this, attribute, word));
    return taken == word.size() ? text.size() : taken;
}

Result<std::string> DeviceView::read(std::string_view path) const
{
    const Attribute *attribute = find(path);
    if (!attribute)
        return fail(ENOENT);
    std::array<char, IIO_PAGE_SIZE> page;
    const auto length = IIO_TRY(show(*attribute, page.data()));
    return std::string{page.data(), length};
}

Result<std::size_t> DeviceView::write(std::string_view path, std::string_view text) const
{
    const Attribute *attribute = find(path);
    if (!attribute)
        return fail(ENOENT);
    return store(*attribute, text);
}

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

Result<std::shared_ptr<const DeviceView>> Registry::add(iio_dev &dev, const DeviceOptions &options)
{
    if (dev.abi_version != IIO_WRAP_ABI_VERSION || !dev.name || !*dev.name || !dev.info ||
        !dev.info->read_raw)
        return fail(EINVAL);
    auto groups = IIO_TRY(core::make_groups(dev, options.label));

    const std::lock_guard lock{mutex_};
    const unsigned number =
        options.numbers.empty() ? lowest_free_number() : options.numbers.front();
    const auto place =
        std::ranges::lower_bound(devices_, number, {}, [](const auto &d) { return d->number(); });
    if (place != devices_.end() && (*place)->number() == number)
        return fail(EBUSY);
    auto view =
        std::make_shared<const DeviceView>(dev, *this, number, options.label, std::move(groups));
    for (const auto &trigger : view->triggers_) {
        if (const auto added = add_trigger(trigger, lock); !added) {
            give_up_triggers(*view, lock);
            return fail(added.error());
        }
    }
    if (const auto started = view->start(options.interrupt); !started) {
        give_up_triggers(*view, lock);
        return fail(started.error());
    }
    devices_.insert(place, view);
    for (auto *const observer : observers_)
        observer->device_added(view);
    return view;
}

void Registry::remove(const std::shared_ptr<const DeviceView> &device)
{
    {
        const std::lock_guard lock{mutex_};
        const auto found = std::ranges::find(devices_, device);
        if (found == devices_.end())
            return;
        devices_.erase(found);
        device->gate_.close();
        for (auto *const observer : std::views::reverse(observers_))
            observer->device_removed(device);
    }
    device->shut_down();
    device->gate_.wait_until_empty();
    const std::lock_guard lock{mutex_};
    give_up_triggers(*device, lock);
}

void Registry::give_up_triggers(const DeviceView &device, const std::lock_guard<std::mutex> &)
{
    for (const auto &trigger : device.triggers_) {
        if (std::erase(triggers_, trigger) == 0)
            continue;
        for (auto *const observer : std::views::reverse(observers_))
            observer->trigger_removed(trigger);
    }
    device.dev_.core = nullptr;
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

/// Gives it the lowest number that is free, and tells of it.
void Registry::place_trigger(const std::shared_ptr<const Trigger> &trigger,
                             const std::lock_guard<std::mutex> &)
{
    unsigned number = trigger_numbers_.first;
    const auto is_taken = [&] {
        return trigger_numbers_.taken.contains(number) ||
               std::ranges::find(triggers_, number, &Trigger::number) != triggers_.end();
    };
    while (is_taken())
        ++number;
    trigger->number_ = number;
    triggers_.insert(std::ranges::lower_bound(triggers_, number, {}, &Trigger::number), trigger);
    for (auto *const observer : observers_)
        observer->trigger_added(trigger);
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

void Registry::release_number(unsigned number)
{
    const std::lock_guard lock{mutex_};
    reserved_.erase(number);
}

std::vector<std::shared_ptr<const Trigger>> Registry::share_numbers(NumberSpace devices,
                                                                    NumberSpace triggers)
{
    const std::lock_guard lock{mutex_};
    device_numbers_ = std::move(devices);
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

std::vector<std::shared_ptr<const DeviceView>> Registry::devices() const
{
    const std::lock_guard lock{mutex_};
    return devices_;
}

unsigned Registry::lowest_free_number() const
{
    const auto taken = [this](unsigned number) {
        return reserved_.contains(number) || device_numbers_.taken.contains(number) ||
               std::ranges::any_of(devices_, [=](const auto &d) { return d->number() == number; });
    };
    unsigned number = device_numbers_.first;
    while (taken(number))
        ++number;
    return number;
}

} // namespace iio
