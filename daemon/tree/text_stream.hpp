// SPDX-License-Identifier: MIT
//
// A file whose text may be longer than an attribute's page.
#pragma once

#include <daemon/tree/stream.hpp>
#include <functional>
#include <string>

namespace iiofs {

/// Each open takes the text once, and any number of clients may. Reads never wait.
[[nodiscard]] OpenFunction text_of(std::function<std::string()> text);

} // namespace iiofs
