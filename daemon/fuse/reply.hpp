// SPDX-License-Identifier: MIT
//
// Answers to FUSE requests, whatever session they come from.
#pragma once

#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 12)
#include <cerrno>
#include <fuse_lowlevel.h>
#include <iio/driver/result.hpp>

namespace iiofs {

/// ENOSYS would switch the operation off for the whole mount, and the kernel
/// drops an answer of 512 and above as malformed, which hangs the client.
inline int presentable(iio::Errno error)
{
    if (error.value() == ENOSYS)
        return EOPNOTSUPP;
    return error.value() < 512 ? error.value() : EIO;
}

inline void reply_error(fuse_req_t request, iio::Errno error)
{
    fuse_reply_err(request, presentable(error));
}

/// The answer to operations that are refused, whatever they are about.
template <int error, class... Arguments> void refuse(fuse_req_t request, Arguments...)
{
    fuse_reply_err(request, error);
}

} // namespace iiofs
