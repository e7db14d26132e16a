// SPDX-License-Identifier: MIT
//
// How a driver's members become the functions of the C ABI: for each line of
// IIO_OPERATIONS a noexcept function, made from the slot's type, that converts the C
// arguments, calls the member and converts its result. For those who bind drivers.
#pragma once

#include <algorithm>
#include <iio/driver/driver.hpp>
#include <tuple>

namespace iio::detail {

/// For a catch block: says once in the log what was thrown; returns -ENOMEM or -EIO.
int driver_threw(const char *who, const char *operation) noexcept;
/// Says in the log that the values of a list have several types; returns -EINVAL.
int values_differ_in_type(const iio_dev *dev, const iio_chan_spec *chan) noexcept;

/// Calls f, which returns a number or a negative errno.
template <class F> int guarded_call(const char *who, const char *operation, F &&f) noexcept
{
    try {
        return f();
    } catch (...) {
        return driver_threw(who, operation);
    }
}

template <class T> int code_of(const Result<T> &result)
{
    return result ? 0 : -result.error().value();
}

/// A parameter of a member, made of `count` C arguments.
template <class T> struct Parameter {
    static constexpr std::size_t count = 1;
    template <class C> static constexpr T make(C argument) { return static_cast<T>(argument); }
};
/// Channel, Scan and their like are the C structs.
template <class T> struct Parameter<T &> {
    static constexpr std::size_t count = 1;
    template <class C> static T &make(C *argument) { return static_cast<T &>(*argument); }
};
/// The page stays, for its length is the result.
template <> struct Parameter<Text &> {
    static constexpr std::size_t count = 0;
    static Text &make(Text &page) { return page; }
};
template <> struct Parameter<Written> {
    static constexpr std::size_t count = 2;
    static Written make(int integer, int fraction) { return {integer, fraction}; }
};
template <> struct Parameter<Event> {
    static constexpr std::size_t count = 2;
    static Event make(std::uint32_t type, std::uint32_t direction)
    {
        return {static_cast<EventType>(type), static_cast<EventDirection>(direction)};
    }
};
template <> struct Parameter<std::string_view> {
    static constexpr std::size_t count = 2;
    static std::string_view make(const char *text, std::size_t length) { return {text, length}; }
};

// What the C function returns for a member's result. The arguments behind it are the
// C arguments that no parameter was made of: they take the result.
template <class T> int answer(const iio_dev *, const iio_chan_spec *, const Result<T> &result)
{
    if constexpr (!std::is_void_v<T>)
        return result ? static_cast<int>(*result) : code_of(result);
    else
        return code_of(result);
}
inline int answer(const iio_dev *, const iio_chan_spec *, WriteFormat format)
{
    return static_cast<int>(format);
}
inline int answer(const iio_dev *, const iio_chan_spec *, const Result<void> &done,
                  const Text &page)
{
    return done ? static_cast<int>(page.size()) : code_of(done);
}
inline int answer(const iio_dev *, const iio_chan_spec *, const Result<unsigned> &read,
                  unsigned *value)
{
    if (read)
        *value = *read;
    return code_of(read);
}
inline int answer(const iio_dev *, const iio_chan_spec *, const Result<Value> &value, int *vals,
                  int *count = nullptr)
{
    if (!value)
        return code_of(value);
    const RawNumbers raw = to_raw(*value);
    std::ranges::copy_n(raw.vals.begin(), raw.count, vals);
    if (count)
        *count = raw.count;
    return raw.type;
}
inline int answer(const iio_dev *dev, const iio_chan_spec *chan, const Result<Available> &available,
                  int *vals, int *count, int *range)
{
    if (!available)
        return code_of(available);
    const auto values = available->values;
    *count = 0;
    *range = available->range;
    for (const Value &value : values) {
        const RawNumbers raw = to_raw(value);
        if (value.index() != values.front().index())
            return values_differ_in_type(dev, chan);
        if (*count + raw.count > IIO_MAX_AVAIL)
            return -EOVERFLOW;
        std::ranges::copy_n(raw.vals.begin(), raw.count, vals + *count);
        *count += raw.count;
    }
    return values.empty() ? IIO_VAL_INT : to_raw(values.front()).type;
}

/// The C arguments of a call, and the page as a Text.
template <class... C>
using Arguments = std::tuple<std::conditional_t<std::same_as<C, char *>, Text, C>...>;

template <class First, class... Rest> const iio_chan_spec *channel_in(const First &first, Rest...)
{
    if constexpr (std::same_as<First, const iio_chan_spec *>)
        return first;
    else
        return nullptr;
}
inline const iio_chan_spec *channel_in() { return nullptr; }

/// A call of a member with these parameters.
template <class R, class... P> struct MemberCall {
    /// Where the C arguments of each parameter begin, and those for the result.
    static constexpr auto places = [] {
        std::array<std::size_t, sizeof...(P) + 1> places{};
        std::size_t i = 0;
        ((places[i + 1] = places[i] + Parameter<P>::count, ++i), ...);
        return places;
    }();

    template <class T, std::size_t place, class Tuple> static T parameter(Tuple &c)
    {
        if constexpr (Parameter<T>::count == 2)
            return Parameter<T>::make(std::get<place>(c), std::get<place + 1>(c));
        else
            return Parameter<T>::make(std::get<place>(c));
    }

    template <class D, class Member, class... C>
    static int run(const iio_dev *dev, Member member, C... c)
    {
        const D &driver = *static_cast<const D *>(dev->priv);
        Arguments<C...> arguments{c...};
        const auto call = [&]<std::size_t... i>(std::index_sequence<i...>)->R
        {
            return (driver.*member)(parameter<P, places[i]>(arguments)...);
        };
        constexpr std::index_sequence_for<P...> all;
        if constexpr (std::is_void_v<R>) {
            call(all);
            return 0;
        } else {
            return [&]<std::size_t... i>(std::index_sequence<i...>)
            {
                return answer(dev, channel_in(c...), call(all),
                              std::get<places.back() + i>(arguments)...);
            }
            (std::make_index_sequence<sizeof...(C) - places.back()>{});
        }
    }
};

/// Calls a member of D, or of a base of it.
template <class D, class Base, class R, class... P, class... C>
int call_member(const iio_dev *dev, R (Base::*member)(P...) const, C... c)
{
    return MemberCall<R, P...>::template run<D>(dev, member, c...);
}

/// What is called `member` in D is one of these; false: there is none of this name.
#define IIO_HAS_MEMBER(D, member, ...)                                                             \
    [] {                                                                                           \
        if constexpr (requires { &D::member; }) {                                                  \
            static_assert(                                                                         \
                Matches<D, decltype(&D::member), __VA_ARGS__>,                                     \
                #member " is not const or has another signature than iio/driver/driver.hpp says"); \
            return true;                                                                           \
        } else {                                                                                   \
            return false;                                                                          \
        }                                                                                          \
    }()

/// A struct for each operation, which puts the function for D's member into the slot.
#define IIO_DEFINE_OPERATION(slot, member, ...)                                                    \
    struct Operation_##slot {                                                                      \
        template <class D, class R, class... C>                                                    \
        static constexpr auto function(R (*iio_info::*)(const iio_dev *, C...))                    \
        {                                                                                          \
            return +[](const iio_dev *dev, C... c) noexcept -> R {                                 \
                return static_cast<R>(guarded_call(                                                \
                    dev->name, #member, [&] { return call_member<D>(dev, &D::member, c...); }));   \
            };                                                                                     \
        }                                                                                          \
        template <class D> static consteval void put(iio_info &info)                               \
        {                                                                                          \
            if constexpr (IIO_HAS_MEMBER(D, member, __VA_ARGS__))                                  \
                info.slot = function<D>(&iio_info::slot);                                          \
        }                                                                                          \
    };
IIO_OPERATIONS(IIO_DEFINE_OPERATION)
#undef IIO_DEFINE_OPERATION

template <class D> consteval iio_info make_info()
{
    iio_info info{};
#define IIO_PUT_OPERATION(slot, ...) Operation_##slot::put<D>(info);
    IIO_OPERATIONS(IIO_PUT_OPERATION)
#undef IIO_PUT_OPERATION
    return info;
}

} // namespace iio::detail
