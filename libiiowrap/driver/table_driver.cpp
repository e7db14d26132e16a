// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cassert>
#include <iio/driver/table_driver.hpp>

namespace iio {

namespace {

const Choices *setting_of(const ExtInfo &ext) { return static_cast<const Choices *>(ext.data); }

} // namespace

TableDriver::TableDriver(const Hardware &hardware, ChannelTable channels,
                         std::span<const DeviceAttribute> attributes)
    : hardware_{hardware}, channels_{channels}, attributes_{attributes}
{
    std::size_t most = 0;
    for (const Channel &channel : channels_.channels())
        most += IIO_MAX_CHAN_BINDINGS + channel.ext_infos().size();
    choices_ = std::make_unique<InForce[]>(most);
    for (const Channel &channel : channels_.channels()) {
        for (int info = 0; info < IIO_CHAN_INFO_COUNT; ++info) {
            if (const Choices *const setting = channel.setting_of(static_cast<Info>(info)))
                add(*setting, channel);
        }
        for (const ExtInfo &ext : channel.ext_infos()) {
            if (const Choices *const setting = setting_of(ext))
                add(*setting, channel);
        }
    }
}

void TableDriver::add(const Choices &setting, const Channel &channel)
{
    if (place_of(setting, &channel))
        return;
    InForce &choice = choices_[choice_count_++];
    choice.setting = &setting;
    choice.channel = &channel;
    choice.index = setting.initial;
}

/// A field is the part's: settings of one field, such as the scales of x and z, share the choice.
const TableDriver::InForce *TableDriver::place_of(const Choices &setting,
                                                  const Channel *channel) const
{
    const std::span choices{choices_.get(), choice_count_};
    const auto found = std::ranges::find_if(choices, [&](const InForce &choice) {
        if (setting.field.exists())
            return choice.setting->field == setting.field;
        return choice.setting == &setting && (!channel || choice.channel == channel);
    });
    return found == choices.end() ? nullptr : &*found;
}

unsigned TableDriver::chosen(const Choices &setting, const Channel &channel) const
{
    const InForce *const choice = place_of(setting, &channel);
    assert(choice);
    return choice->index;
}

unsigned TableDriver::chosen(const Choices &setting) const
{
    const InForce *const choice = place_of(setting, nullptr);
    assert(choice);
    return choice->index;
}

Result<Value> TableDriver::read_raw(const Channel &channel, Info info) const
{
    if (const Value *const constant = channel.constant_of(info))
        return *constant;
    if (const Choices *const setting = channel.setting_of(info))
        return setting->values[chosen(*setting, channel)];
    return fail(EINVAL);
}

Result<void> TableDriver::write_raw(const Channel &channel, Info info, Written written) const
{
    const Choices *const setting = channel.setting_of(info);
    if (!setting || setting->field.exists())
        return fail(EINVAL);
    const unsigned index = IIO_TRY(setting->find(setting->values, written));
    return choose(*setting, channel, index);
}

WriteFormat TableDriver::write_format(const Channel &channel, Info info) const
{
    const Choices *const setting = channel.setting_of(info);
    return setting ? setting->write_format() : WriteFormat::plus_micro;
}

Result<Available> TableDriver::read_avail(const Channel &channel, Info info) const
{
    const Choices *const setting = channel.setting_of(info);
    if (!setting)
        return fail(EINVAL);
    return Available::list(setting->values.subspan(setting->listed_from));
}

Result<unsigned> TableDriver::read_enum(const Channel &channel, const ExtInfo &ext) const
{
    const Choices *const setting = setting_of(ext);
    return setting ? Result<unsigned>{chosen(*setting, channel)} : fail(EINVAL);
}

Result<void> TableDriver::write_enum(const Channel &channel, const ExtInfo &ext,
                                     unsigned item) const
{
    const Choices *const setting = setting_of(ext);
    if (!setting || setting->field.exists())
        return fail(EINVAL);
    return choose(*setting, channel, item);
}

} // namespace iio
