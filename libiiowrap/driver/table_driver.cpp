// SPDX-License-Identifier: MIT
#include <algorithm>
#include <iio/driver/table_driver.hpp>

namespace iio {

TableDriver::TableDriver(const Hardware &hardware, ChannelTable channels,
                         std::span<const DeviceAttribute> attributes)
    : hardware_{hardware}, channels_{channels}, attributes_{attributes}
{
    const auto add = [this](const Choices *setting, const Channel &channel) {
        if (setting && !find(*setting, &channel))
            choices_.emplace_back(setting, &channel, setting->initial);
    };
    for (const Channel &channel : channels_) {
        for (int info = 0; info < IIO_CHAN_INFO_COUNT; ++info)
            add(channel.setting_of(static_cast<Info>(info)), channel);
        for (const ExtInfo &ext : channel.ext_infos())
            add(ext.setting(), channel);
    }
}

unsigned TableDriver::modes() const
{
    const bool has_samples = std::ranges::any_of(channels_, [](const Channel &channel) {
        return channel.scan_index >= 0 && channel.type != IIO_TIMESTAMP;
    });
    return has_samples ? IIO_MODE_BUFFER_TRIGGERED : IIO_MODE_DIRECT;
}

/// A field is the part's: settings of one field, such as the scales of x and z, share the choice.
const TableDriver::InForce *TableDriver::find(const Choices &setting, const Channel *channel) const
{
    const auto found = std::ranges::find_if(choices_, [&](const InForce &choice) {
        if (setting.field.exists())
            return choice.setting->field == setting.field;
        return choice.setting == &setting && (!channel || choice.channel == channel);
    });
    return found == choices_.end() ? nullptr : &*found;
}

Result<Value> TableDriver::read_raw(const Channel &channel, Info info) const
{
    if (const Value *const constant = channel.constant_of(info))
        return *constant;
    if (const Choices *const setting = channel.setting_of(info))
        return setting->values[chosen(*setting, &channel)];
    return fail(EINVAL);
}

Result<void> TableDriver::write_raw(const Channel &channel, Info info, Written written) const
{
    const Choices *const setting = channel.setting_of(info);
    if (!setting)
        return fail(EINVAL);
    return choose(*setting, channel, IIO_TRY(setting->find(setting->values, written)));
}

WriteFormat TableDriver::write_format(const Channel &channel, Info info) const
{
    const Choices *const setting = channel.setting_of(info);
    if (!setting)
        return WriteFormat::plus_micro;
    if (setting->format)
        return *setting->format;
    if (std::holds_alternative<IntPlusNano>(setting->values.front()))
        return WriteFormat::plus_nano;
    const bool in_db = std::holds_alternative<IntPlusMicroDb>(setting->values.front());
    return in_db ? WriteFormat::plus_micro_db : WriteFormat::plus_micro;
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
    const Choices *const setting = ext.setting();
    return setting ? Result<unsigned>{chosen(*setting, &channel)} : fail(EINVAL);
}

Result<void> TableDriver::write_enum(const Channel &channel, const ExtInfo &ext,
                                     unsigned item) const
{
    const Choices *const setting = ext.setting();
    return setting ? choose(*setting, channel, item) : fail(EINVAL);
}

Result<void> TableDriver::choose(const Choices &setting, const Channel &channel,
                                 unsigned index) const
{
    if (setting.field.exists())
        return fail(EINVAL);
    remember(setting, channel, index);
    return {};
}

} // namespace iio
