// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace iiofs {

/// A T, or one line for people that says why there is none.
template <class T> using OrProblem = tl::expected<T, std::string>;

inline tl::unexpected<std::string> problem(std::string text)
{
    return tl::unexpected<std::string>{std::move(text)};
}

/// With what the errno of the call before says.
inline tl::unexpected<std::string> failed(const std::string &what)
{
    return problem(what + ": " + std::strerror(errno));
}

} // namespace iiofs
