// SPDX-License-Identifier: MIT
#include <cstring>
#include <iio/driver/result.hpp>

namespace iio {

namespace {

/// One that the kernel's drivers return although user space has no name for it
/// (include/linux/errno.h).
constexpr int not_supported = 524;

const char *known_name(int error)
{
#ifdef __GLIBC__
    return ::strerrorname_np(error);
#else
    (void)error;
    return nullptr;
#endif
}

} // namespace

std::string errno_name(int error)
{
    if (error == not_supported)
        return "ENOTSUPP";
    const char *const name = error > 0 ? known_name(error) : nullptr;
    return name ? std::string{name} : "errno " + std::to_string(error);
}

} // namespace iio
