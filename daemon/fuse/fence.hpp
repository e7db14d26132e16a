// SPDX-License-Identifier: MIT
//
// The fence around the operations: C calls them, so nothing may be thrown out of them. A
// request for which there is no memory fails alone.
#pragma once

#include <daemon/base/log.hpp>
#include <daemon/fuse/reply.hpp>

namespace iiofs {

/// The operation throws nothing after its reply.
template <auto operation> struct Fence;
template <class... Arguments, void (*operation)(fuse_req_t, Arguments...)> struct Fence<operation> {
    static void call(fuse_req_t request, Arguments... arguments) noexcept
    {
        try {
            operation(request, arguments...);
        } catch (...) {
            fuse_reply_err(request, log_exception());
        }
    }
    static void call_without_answer(fuse_req_t request, Arguments... arguments) noexcept
    {
        try {
            operation(request, arguments...);
        } catch (...) {
            (void)log_exception();
            fuse_reply_none(request);
        }
    }
};

/// The operation with the fence around it.
template <auto operation> constexpr auto fenced = Fence<operation>::call;
/// The same for what is not answered: a forget.
template <auto operation> constexpr auto fenced_unanswered = Fence<operation>::call_without_answer;

} // namespace iiofs
