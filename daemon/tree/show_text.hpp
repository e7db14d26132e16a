// SPDX-License-Identifier: MIT
#pragma once

#include <iio/driver/result.hpp>
#include <iio/driver/text.hpp>
#include <string_view>

namespace iiofs {

/// What a File::show does that has its text already. `page` is one of IIO_PAGE_SIZE.
inline iio::Result<std::size_t> show_text(char *page, std::string_view text)
{
    iio::Text shown{page};
    shown += text;
    return shown.size();
}

} // namespace iiofs
