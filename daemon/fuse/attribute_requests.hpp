// SPDX-License-Identifier: MIT
//
// How the mount answers reads and writes of attributes: at once where no chip is asked, else
// when it is the request's turn at the chip's queue. Reads of one attribute that wait
// together are answered by one conversion.
#pragma once

#include <cstddef>
#include <daemon/fuse/reply.hpp>
#include <daemon/open_files/handles.hpp>
#include <memory>
#include <string_view>

namespace iiofs {

// `open` has a file open. On the thread that libfuse gave the request to.
void read_attribute(fuse_req_t request, std::shared_ptr<Handle> open, std::size_t size,
                    off_t offset);
void write_attribute(fuse_req_t request, std::shared_ptr<Handle> open, std::string_view text);

} // namespace iiofs
