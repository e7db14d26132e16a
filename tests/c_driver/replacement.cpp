// SPDX-License-Identifier: MIT
//
// Puts the driver in C in the place of the one in C++, for the tests that replay
// recordings.
#include "../conformance/replay.hpp"
#include "hts221.h"

namespace {

const iio::ForeignModule foreign{c_hts221};
const bool is_replaced = [] {
    iio::tests::replacement() = &foreign.module();
    return true;
}();

} // namespace
