// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <core/attributes.hpp>
#include <core/buffer.hpp>
#include <iio/registry.hpp>
#include <utility>

namespace iio {

DeviceView::DeviceView(const iio_dev &dev, unsigned number, std::string label,
                       std::vector<Group> groups)
    : dev_{dev},
      number_{number},
      directory_{"iio:device" + std::to_string(number)},
      label_{std::move(label)},
      groups_{std::move(groups)},
      debug_{core::make_debug_attributes(dev)}
{
    if (dev.modes & IIO_MODE_BUFFER_TRIGGERED)
        buffer_ = std::make_unique<core::Buffer>(dev);
}

DeviceView::~DeviceView() = default;

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

void Registry::observe(DeviceObserver *observer)
{
    const std::lock_guard lock{mutex_};
    observer_ = observer;
    if (!observer_)
        return;
    for (const auto &device : devices_)
        observer_->device_added(device);
}

Result<std::shared_ptr<const DeviceView>> Registry::add(const iio_dev &dev,
                                                        const DeviceOptions &options)
{
    if (dev.abi_version != IIO_WRAP_ABI_VERSION || !dev.name || !*dev.name || !dev.info ||
        !dev.info->read_raw)
        return fail(EINVAL);
    auto groups = IIO_TRY(core::make_groups(dev, options.label));

    const std::lock_guard lock{mutex_};
    const unsigned number = options.number.value_or(lowest_free_number());
    const auto place =
        std::ranges::lower_bound(devices_, number, {}, [](const auto &d) { return d->number(); });
    if (place != devices_.end() && (*place)->number() == number)
        return fail(EBUSY);
    auto view = std::make_shared<const DeviceView>(dev, number, options.label, std::move(groups));
    devices_.insert(place, view);
    if (observer_)
        observer_->device_added(view);
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
        if (observer_)
            observer_->device_removed(device);
    }
    device->gate_.wait_until_empty();
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

std::vector<std::shared_ptr<const DeviceView>> Registry::devices() const
{
    const std::lock_guard lock{mutex_};
    return devices_;
}

unsigned Registry::lowest_free_number() const
{
    const auto taken = [this](unsigned number) {
        return reserved_.contains(number) ||
               std::ranges::any_of(devices_, [=](const auto &d) { return d->number() == number; });
    };
    unsigned number = 0;
    while (taken(number))
        ++number;
    return number;
}

} // namespace iio
