// SPDX-License-Identifier: MIT
//
// A list of what an element can be set to is the driver's to give.
// expect: an_available_list_needs_read_avail
#include "driver.hpp"

constexpr std::array promising{iio::Channel::in(iio::ChannelType::temp)
                                   .separate(iio::Info::raw)
                                   .available(iio::Shared::separate, iio::Info::scale)};
constexpr iio::ChannelTable promising_table{promising};
#ifdef FORBIDDEN
using Operations = Complete;
#else
struct Operations : Complete {
    using Complete::Complete;
    iio::Result<iio::Available> read_avail(const iio::Channel &, iio::Info) const
    {
        return iio::fail(EINVAL);
    }
};
#endif
struct D : Operations {
    using Operations::Operations;
    static constexpr iio::ChannelTable channels() { return promising_table; }
};
auto f(const iio::Hardware &hardware) { return Fresh<D>::probe(hardware); }
