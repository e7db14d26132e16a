// SPDX-License-Identifier: MIT
//
// An attribute that a client writes is the driver's to take.
// expect: an_ext_info_needs_read_ext_write_ext_read_enum_or_write_enum
#include "driver.hpp"

constexpr std::array infos{
    iio::ExtInfo::text("reset", iio::Shared::separate, iio::ExtInfo::Access::order)};
constexpr std::array promising{
    iio::Channel::in(iio::ChannelType::temp).separate(iio::Info::raw).with_ext_info(infos)};
constexpr iio::ChannelTable promising_table{promising};
#ifdef FORBIDDEN
using Operations = Complete;
#else
struct Operations : Complete {
    using Complete::Complete;
    iio::Result<std::size_t> write_ext(const iio::Channel &, const iio::ExtInfo &,
                                       std::string_view text) const
    {
        return text.size();
    }
};
#endif
struct D : Operations {
    using Operations::Operations;
    static constexpr iio::ChannelTable channels() { return promising_table; }
};
auto f(const iio::Hardware &hardware) { return Fresh<D>::probe(hardware); }
