// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>
#include <daemon/base/did_you_mean.hpp>
#include <daemon/config/chip.hpp>

namespace iiofs {
namespace {

std::vector<std::string> words_of(std::string_view line)
{
    constexpr std::string_view blank = " \t\r\n";
    std::vector<std::string> words;
    for (std::size_t end = 0;;) {
        const std::size_t start = line.find_first_not_of(blank, end);
        if (start == std::string_view::npos)
            return words;
        end = std::min(line.find_first_of(blank, start), line.size());
        words.emplace_back(line.substr(start, end - start));
    }
}

/// A number as C writes it: 0x76, 118 or 0166.
std::optional<std::int64_t> c_number(std::string_view text)
{
    int base = 10;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        base = 16;
        text.remove_prefix(2);
    } else if (text.starts_with('0') && text.size() > 1) {
        base = 8;
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

template <class T> void give(Field<T> &field, T value)
{
    field.present = true;
    field.value = std::move(value);
}

/// Whether the daemon would open a path because of these words: PART BUS, or model MODEL.
bool names_path(const std::vector<std::string> &words)
{
    return words.size() > 1 && (words[1].find('/') != std::string::npos ||
                                (words[0] == "model" && words[1].ends_with(".json")));
}

/// The fields that the words of a new_device line name.
void read_words(const std::vector<std::string> &words, ChipFields &fields, MistakeList &mistakes)
{
    const bool model = !words.empty() && words[0] == "model";
    if (words.size() < 2 || words.size() > (model ? 2U : 3U)) {
        mistakes.add({}, "",
                     std::string{words.size() < 2 ? "too few" : "too many"} +
                         " words; expected PART BUS [ADDRESS], or model FILE-OR-PART");
        return;
    }
    if (model)
        return give(fields.model, words[1]);
    give(fields.driver, words[0]);
    const std::string_view bus = std::string_view{words[1]}.substr(words[1].rfind('/') + 1);
    if (bus.starts_with("i2c-"))
        give(fields.i2c, words[1]);
    else if (bus.starts_with("spi"))
        give(fields.spi, words[1]);
    else
        mistakes.add({}, "bus",
                     in_quotes(words[1]) + " is not a bus; expected one such as i2c-1 or spi0.0");
    if (words.size() < 3)
        return;
    if (const auto address = c_number(words[2]))
        give(fields.address, *address);
    else
        mistakes.add({}, fields.address.key,
                     in_quotes(words[2]) + " is not a number; expected an address such as 0x76");
}

} // namespace

tl::expected<DeviceConfig, Mistakes> parse_new_device(std::string_view line,
                                                      const std::filesystem::path &folder,
                                                      const PartCatalogue &catalogue,
                                                      MayName may_name)
{
    MistakeList mistakes{"new_device"};
    ChipFields fields{};
    fields.driver.key = "part";
    fields.model.key = "model";
    fields.i2c.key = fields.spi.key = "bus";
    fields.address.key = "address";
    const auto words = words_of(line);
    if (may_name == MayName::names && names_path(words))
        mistakes.add({}, words[0] == "model" ? "model" : "bus",
                     in_quotes(words[1]) + " is a path, and only root may give a path; use " +
                         (words[0] == "model" ? "an installed model such as bme280"
                                              : "a bus such as i2c-1 or spi0.0"));
    read_words(words, fields, mistakes);
    std::optional<Chip> chip;
    if (mistakes.empty())
        chip = ChipCheck{fields, catalogue, mistakes}.chip(folder);
    if (!mistakes.empty() || !chip)
        return tl::unexpected{std::move(mistakes).sorted()};
    DeviceConfig out;
    out.driver = chip->part->name;
    out.bus = std::move(chip->bus);
    return out;
}

} // namespace iiofs
