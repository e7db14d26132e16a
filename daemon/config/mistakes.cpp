// SPDX-License-Identifier: MIT
#include <algorithm>
#include <daemon/config/mistakes.hpp>

namespace iiofs {

std::string format(const Mistake &mistake)
{
    std::string out = mistake.file + ":";
    if (mistake.where.line != 0)
        out +=
            std::to_string(mistake.where.line) + ":" + std::to_string(mistake.where.column) + ":";
    if (!mistake.key.empty())
        out += " " + mistake.key + ":";
    return out + " " + mistake.message;
}

Mistakes MistakeList::sorted() &&
{
    std::ranges::stable_sort(list_, {}, &Mistake::where);
    list_.erase(std::ranges::unique(list_).begin(), list_.end());
    return std::move(list_);
}

} // namespace iiofs
