// SPDX-License-Identifier: MIT
//
// Whether an event is enabled can be read.
// expect: an_event_needs_read_event_config_and_read_event_value
#include "driver.hpp"

constexpr std::array events{iio::EventSpec::of(iio::EventType::thresh, iio::EventDirection::rising,
                                               iio::EventInfo::enable)};
constexpr std::array promising{
    iio::Channel::in(iio::ChannelType::temp).separate(iio::Info::raw).with_events(events)};
constexpr iio::ChannelTable promising_table{promising};
#ifdef FORBIDDEN
using Operations = Complete;
#else
struct Operations : Complete {
    using Complete::Complete;
    iio::Result<bool> read_event_config(const iio::Channel &, iio::Event) const { return false; }
};
#endif
struct D : Operations {
    using Operations::Operations;
    static constexpr iio::ChannelTable channels() { return promising_table; }
};
auto f(const iio::Hardware &hardware) { return Fresh<D>::probe(hardware); }
