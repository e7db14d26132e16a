// SPDX-License-Identifier: MIT
//
// A device that is not registered cannot be read.
// expect: has no member named 'view'
#include "driver.hpp"

void f(const Fresh<Complete> &fresh, const Live<Complete> &live)
{
    (void)live.view().read("in_temp_raw");
    (void)fresh;
#ifdef FORBIDDEN
    (void)fresh.view().read("in_temp_raw");
#endif
}
