// SPDX-License-Identifier: MIT
//
// A driver that is right, for the tests to break.
#pragma once
#include <iio/host/device.hpp>

inline constexpr std::array temp_channels{
    iio::Channel::in(iio::ChannelType::temp).separate(iio::Info::raw)};
inline constexpr iio::ChannelTable temp_table{temp_channels};

struct Base {
    explicit Base(const iio::Hardware &) {}
    iio::Result<void> probe() { return {}; }
    iio::ChannelTable channels() const { return temp_table; }
};

struct Complete : Base {
    using Base::Base;
    iio::Result<iio::Value> read_raw(const iio::Channel &, iio::Info) const { return iio::Int{1}; }
};

template <class D> using Fresh = iio::Device<D, iio::Unregistered>;
template <class D> using Live = iio::Device<D, iio::Registered>;
