// SPDX-License-Identifier: MIT
#include <iio/driver/commands.hpp>

namespace iio {

Result<void> Commands::send(unsigned command, std::span<const std::uint16_t> words) const
{
    if (words.size() > most_words)
        return fail(EMSGSIZE);
    std::array<std::uint8_t, 2 + 3 * most_words> message{};
    std::size_t size = 0;
    const auto put = [&](unsigned byte) { message[size++] = static_cast<std::uint8_t>(byte); };
    if (format_.command_bytes == 2)
        put(command >> 8);
    put(command & 0xff);
    for (const unsigned word : words) {
        put(word >> 8);
        put(word & 0xff);
        if (format_.check)
            put(format_.check->of(std::span{message}.subspan(size - 2, 2)));
    }
    return client_.write(std::span{message}.first(size));
}

Result<void> Commands::receive(std::span<std::uint16_t> words) const
{
    if (words.size() > most_words)
        return fail(EMSGSIZE);
    const std::size_t stride = format_.check ? 3 : 2;
    std::array<std::uint8_t, 3 * most_words> answer{};
    IIO_TRY(client_.read(std::span{answer}.first(stride * words.size())));
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::span<const std::uint8_t> word = std::span{answer}.subspan(stride * i, stride);
        if (format_.check && format_.check->of(word.first(2)) != word[2])
            return fail(EIO);
        words[i] = static_cast<std::uint16_t>(big_endian(word.first(2)));
    }
    return {};
}

} // namespace iio
