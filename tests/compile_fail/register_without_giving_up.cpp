// SPDX-License-Identifier: MIT
//
// Registering takes the unregistered device away from its owner.
// expect: passing 'Fresh<Complete>'
#include "driver.hpp"

void f(Fresh<Complete> fresh, iio::Registry &registry)
{
#ifdef FORBIDDEN
    (void)fresh.register_on(registry);
#else
    (void)std::move(fresh).register_on(registry);
#endif
}
