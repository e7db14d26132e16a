// SPDX-License-Identifier: MIT
#include <daemon/takeover/places.hpp>
#include <spdlog/spdlog.h>

namespace iiofs {

std::optional<std::uint32_t> Places::take()
{
    std::optional<std::uint32_t> place;
    if (!free_.empty()) {
        place = free_.back();
        free_.pop_back();
    } else if (end_ < size_) {
        place = end_++;
    }
    if (taken() >= size_ / 5 * 4 && warnings_ == 0) {
        ++warnings_;
        spdlog::warn("{}: {} of at most {} in use", what_, taken(), size_);
    }
    if (!place && warnings_ == 1) {
        ++warnings_;
        spdlog::error("{}: all {} are in use", what_, size_);
    }
    return place;
}

} // namespace iiofs
