// SPDX-License-Identifier: MIT
#include <algorithm>
#include <core/uevent.hpp>
#include <daemon/tree/files.hpp>
#include <daemon/tree/show_text.hpp>

namespace iiofs {

std::string_view c_string(std::string_view text)
{
    text = text.substr(0, IIO_PAGE_SIZE - 1);
    return text.substr(0, text.find('\0'));
}

std::string_view word(std::string_view text)
{
    text = c_string(text);
    if (text.ends_with('\n'))
        text.remove_suffix(1);
    return text;
}

namespace {

const std::string &group_of(const iio::LiveDevice &device, const iio::Attribute &attribute)
{
    const auto has_it = [&](const iio::Group &group) {
        return std::ranges::any_of(group.attributes,
                                   [&](const auto &other) { return &other == &attribute; });
    };
    return std::ranges::find_if(device.groups(), has_it)->name;
}

} // namespace

iio::Result<std::size_t> AttributeFile::show(char *page) const
{
    return common_->device->show(attribute_, page);
}

std::optional<iio::Result<std::size_t>> AttributeFile::show_at_once(char *page) const
{
    return common_->device->show_at_once(attribute_, page);
}

iio::Result<std::size_t> AttributeFile::store(std::string_view text, const Request &) const
{
    const iio::LiveDevice &device = *common_->device;
    const auto taken = IIO_TRY(device.store(attribute_, text));
    if (common_->observer)
        common_->observer->stored(device, group_of(device, attribute_), attribute_, c_string(text));
    return taken;
}

bool AttributeFile::is_order() const
{
    const auto access = attribute_.ext   ? attribute_.ext->access
                        : attribute_.own ? attribute_.own->access
                                         : 0U;
    return (attribute_.mode & 0444) == 0 || (access & IIO_EXT_ORDER) != 0;
}

iio::Result<std::size_t> TextFile::show(char *page) const { return show_text(page, text_); }

iio::Result<std::size_t> UeventFile::store(std::string_view text, const Request &) const
{
    return iio::core::take_uevent(text);
}

iio::Result<std::size_t> PowerControlFile::show(char *page) const
{
    return show_text(page, is_on_ ? "on\n" : "auto\n");
}

iio::Result<std::size_t> PowerControlFile::store(std::string_view text, const Request &) const
{
    const auto wanted = word(text);
    if (wanted != "on" && wanted != "auto")
        return iio::fail(EINVAL);
    is_on_ = wanted == "on";
    return text.size();
}

iio::Result<std::size_t> FunctionFile::show(char *page) const
{
    return functions_.show ? functions_.show(page) : File::show(page);
}

iio::Result<std::size_t> FunctionFile::store(std::string_view text, const Request &request) const
{
    return functions_.store ? functions_.store(text, request) : File::store(text, request);
}

std::shared_ptr<Queue> FunctionFile::queue_for(std::string_view text) const
{
    return functions_.queue_for ? functions_.queue_for(text) : File::queue_for(text);
}

bool FunctionFile::withdraw(const Request &request) const
{
    return functions_.withdraw && functions_.withdraw(request);
}

} // namespace iiofs
