// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <daemon/base/did_you_mean.hpp>
#include <daemon/config/config.hpp>
#include <daemon/config/reader.hpp>
#include <fcntl.h>
#include <map>
#include <system_error>
#include <unistd.h>

namespace iiofs {
namespace {

/// Finds what two devices have although only one can.
class Duplicates {
public:
    /// The line of an earlier device that has it, none if this one is the first.
    std::optional<std::uint32_t> earlier(const std::string &what, SourceLine device)
    {
        if (what.empty())
            return std::nullopt;
        const auto [first, added] = lines_.emplace(what, device.line);
        return added ? std::nullopt : std::optional{first->second};
    }

private:
    std::map<std::string, std::uint32_t> lines_;
};

std::optional<std::string> read_mountpoint(TableReader &reader)
{
    const auto field = reader.string("mountpoint", "an absolute path such as \"/run/iiofs\"");
    if (field.value && !field.value->starts_with('/'))
        reader.mistake("mountpoint", field.where,
                       in_quotes(*field.value) +
                           " is no absolute path; one such as \"/run/iiofs\"");
    return field.value;
}

std::optional<unsigned> read_first_number(TableReader &reader)
{
    constexpr std::int64_t highest = 9'999;
    const char *const key = "first-number";
    const char *const right = "the number of the first device, 0 to 9999";
    const auto field = reader.integer(key, right);
    if (!field.value)
        return std::nullopt;
    if (*field.value < 0 || *field.value > highest)
        reader.mistake(key, field.where,
                       std::to_string(*field.value) + " is out of range; " + right);
    return static_cast<unsigned>(std::clamp(*field.value, std::int64_t{0}, highest));
}

std::vector<DeviceConfig> read_devices(TableReader &reader, const DeviceContext &context,
                                       MistakeList &mistakes)
{
    const char *const right = "[[device]], in two brackets, before the keys of each device";
    const toml::node *node = reader.node("device");
    if (node == nullptr)
        return {};
    const toml::array *array = node->as_array();
    if (array == nullptr) {
        reader.wrong_kind("device", *node, right);
        return {};
    }
    if (array->size() > max_configured_devices) {
        mistakes.add(place(node->source()), "device",
                     "are " + std::to_string(array->size()) + "; at most " +
                         std::to_string(max_configured_devices));
        return {};
    }
    Duplicates places;
    Duplicates labels;
    std::vector<DeviceConfig> out;
    for (const toml::node &entry : *array) {
        if (!entry.is_table()) {
            reader.wrong_kind("device", entry, right);
            continue;
        }
        ParsedDevice device = read_device(*entry.as_table(), context, mistakes);
        const SourceLine where = device.config.where;
        if (const auto line = labels.earlier(device.config.label, where))
            mistakes.add(device.label_where, "device.label",
                         in_quotes(device.config.label) + " is the label of the device of line " +
                             std::to_string(*line) + " already; a label of its own");
        if (device.chip) {
            const bool i2c = std::holds_alternative<I2cBus>(device.chip->bus);
            if (const auto line = places.earlier(bus_location(device.chip->bus), where))
                mistakes.add(device.chip->where, i2c ? "device.address" : "device.spi",
                             "the device of line " + std::to_string(*line) + " is there already; " +
                                 (i2c ? "another address or another bus" : "another chip select"));
        }
        out.push_back(std::move(device.config));
    }
    return out;
}

tl::unexpected<Mistakes> one_mistake(std::string file, std::string message)
{
    return tl::unexpected{Mistakes{{std::move(file), {}, "", std::move(message)}}};
}

/// All of a file, or an errno. One byte more than is allowed shows that it is
/// too long.
tl::expected<std::string, int> read_file(const std::filesystem::path &file)
{
    const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return tl::unexpected{errno};
    std::string text(max_config_bytes + 1, '\0');
    std::size_t size = 0;
    ssize_t count = 0;
    int error = 0;
    do {
        count = read(fd, text.data() + size, text.size() - size);
        error = count < 0 ? errno : 0;
        size += count > 0 ? static_cast<std::size_t>(count) : 0;
    } while (count > 0 || error == EINTR);
    close(fd);
    if (error != 0)
        return tl::unexpected{error};
    text.resize(size);
    return text;
}

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
                         " words; PART BUS [ADDRESS], or model FILE-OR-PART");
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
        mistakes.add({}, "bus", in_quotes(words[1]) + " is no bus; one such as i2c-1 or spi0.0");
    if (words.size() < 3)
        return;
    if (const auto address = c_number(words[2]))
        give(fields.address, *address);
    else
        mistakes.add({}, fields.address.key,
                     in_quotes(words[2]) + " is no number; an address such as 0x76");
}

} // namespace

tl::expected<Config, Mistakes> parse_config(std::string_view text, const std::string &name,
                                            const std::filesystem::path &folder,
                                            const PartCatalogue &catalogue,
                                            const Accounts &accounts)
{
    if (text.size() > max_config_bytes)
        return one_mistake(name,
                           "is too long; at most " + std::to_string(max_config_bytes) + " bytes");
    MistakeList mistakes{name};
    const toml::table root = read_tables(std::string{text}, mistakes);
    TableReader reader{root, "", mistakes};
    Config out{.permissions = default_permissions(accounts)};
    out.mountpoint = read_mountpoint(reader);
    out.device_nodes =
        reader.boolean("device-nodes", "true or false, without quotes").value.value_or(false);
    out.kernel_devices = reader.boolean("kernel-devices", "true or false, without quotes").value;
    out.first_number = read_first_number(reader);
    out.polling = reader.boolean("polling", "true or false, without quotes").value.value_or(true);
    if (const toml::table *permissions =
            reader.table("permissions", "a line [permissions], then its keys"))
        out.permissions = read_permissions(*permissions, "", out.permissions, accounts, mistakes);
    out.devices = read_devices(reader, {folder, catalogue, accounts, out.permissions}, mistakes);
    reader.finish();
    if (!mistakes.empty())
        return tl::unexpected{std::move(mistakes).sorted()};
    return out;
}

tl::expected<Config, Mistakes> load_config(const std::filesystem::path &file,
                                           const PartCatalogue &catalogue, const Accounts &accounts)
{
    const auto text = read_file(file);
    if (!text)
        return one_mistake(file.string(),
                           "cannot be read: " + std::generic_category().message(text.error()));
    std::error_code error;
    const auto folder = std::filesystem::absolute(file, error).parent_path();
    return parse_config(*text, file.string(), folder, catalogue, accounts);
}

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
                     in_quotes(words[1]) + " is a path, and root alone names those; " +
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
