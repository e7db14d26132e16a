// SPDX-License-Identifier: MIT
//
// A registered device cannot be registered again.
// expect: has no member named 'register_on'
#include "driver.hpp"

void f(Fresh<Complete> fresh, Live<Complete> live, iio::Registry &registry)
{
    (void)std::move(fresh).register_on(registry);
    (void)live;
#ifdef FORBIDDEN
    (void)std::move(live).register_on(registry);
#endif
}
