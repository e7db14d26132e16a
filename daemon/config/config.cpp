// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <daemon/base/did_you_mean.hpp>
#include <daemon/config/config.hpp>
#include <daemon/config/reader.hpp>
#include <fcntl.h>
#include <iterator>
#include <map>
#include <system_error>
#include <unistd.h>

namespace iiofs {

namespace fs = std::filesystem;

namespace {

/// Finds what two devices have although only one can.
class Duplicates {
public:
    /// Which earlier device has it, "the device of line 5"; none if this one is the first.
    std::optional<std::string> earlier(const std::string &what, const std::string &file,
                                       SourceLine device)
    {
        if (what.empty())
            return std::nullopt;
        const auto [first, added] = places_.try_emplace(what, Place{file, device.line});
        if (added)
            return std::nullopt;
        const auto &[its_file, line] = first->second;
        return "the device of " + (its_file == file ? "line " : its_file + ":") +
               std::to_string(line);
    }

private:
    struct Place {
        std::string file;
        std::uint32_t line;
    };
    std::map<std::string, Place> places_;
};

std::optional<std::string> read_mountpoint(TableReader &reader)
{
    const auto field = reader.string("mountpoint", "an absolute path such as \"/run/iiofs\"");
    if (field.value && !field.value->starts_with('/'))
        reader.mistake("mountpoint", field.where,
                       in_quotes(*field.value) +
                           " is not an absolute path; expected one such as \"/run/iiofs\"");
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
                       std::to_string(*field.value) + " is out of range; expected " + right);
    return static_cast<unsigned>(std::clamp(*field.value, std::int64_t{0}, highest));
}

tl::unexpected<Mistakes> one_mistake(std::string file, std::string message)
{
    return tl::unexpected{Mistakes{{std::move(file), {}, "", std::move(message)}}};
}

std::string too_long()
{
    return "is too long; at most " + std::to_string(max_config_bytes) + " bytes";
}

/// All of a file, or an errno. One byte more than is allowed shows that it is
/// too long.
tl::expected<std::string, int> text_of(const fs::path &file)
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

/// One file after the other becomes one configuration.
class ConfigFiles {
public:
    ConfigFiles(const PartCatalogue &catalogue, const Accounts &accounts)
        : catalogue_{catalogue},
          accounts_{accounts},
          config_{.permissions = default_permissions(accounts)}
    {
    }

    struct File {
        std::string name;
        std::string text;
        fs::path folder; ///< where the paths of models start
    };
    /// The first one, with all keys.
    void read_main(const File &file);
    /// Another one, with devices alone. `main` is the first one's name.
    void read_further(const File &file, const std::string &main);
    void add(Mistakes mistakes)
    {
        mistakes_.insert(mistakes_.end(), std::make_move_iterator(mistakes.begin()),
                         std::make_move_iterator(mistakes.end()));
    }
    [[nodiscard]] tl::expected<Config, Mistakes> result() &&
    {
        if (!mistakes_.empty())
            return tl::unexpected{std::move(mistakes_)};
        return std::move(config_);
    }

private:
    void read_devices(TableReader &reader, const File &file, MistakeList &mistakes);
    void take(ParsedDevice device, const File &file, MistakeList &mistakes);

    const PartCatalogue &catalogue_;
    const Accounts &accounts_;
    Config config_;
    Mistakes mistakes_;
    Duplicates places_, labels_;
};

void ConfigFiles::read_main(const File &file)
{
    MistakeList mistakes{file.name};
    const toml::table root = read_tables(file.text, mistakes);
    TableReader reader{root, "", mistakes};
    config_.mountpoint = read_mountpoint(reader);
    const char *const flag = "true or false, without quotes";
    config_.device_nodes = reader.boolean("device-nodes", flag).value.value_or(false);
    config_.kernel_devices = reader.boolean("kernel-devices", flag).value;
    config_.first_number = read_first_number(reader);
    config_.polling = reader.boolean("polling", flag).value.value_or(true);
    if (const toml::table *permissions =
            reader.table("permissions", "a line [permissions], then its keys"))
        config_.permissions =
            read_permissions(*permissions, "", config_.permissions, accounts_, mistakes);
    read_devices(reader, file, mistakes);
    reader.finish();
    add(std::move(mistakes).sorted());
}

void ConfigFiles::read_further(const File &file, const std::string &main)
{
    MistakeList mistakes{file.name};
    toml::table root = read_tables(file.text, mistakes);
    for (const char *key : {"mountpoint", "device-nodes", "kernel-devices", "first-number",
                            "polling", "permissions"}) {
        if (const auto *node = root.get(key)) {
            mistakes.add(place(node->source()), key, "is for all devices; it belongs in " + main);
            root.erase(key);
        }
    }
    TableReader reader{root, "", mistakes};
    read_devices(reader, file, mistakes);
    reader.finish();
    add(std::move(mistakes).sorted());
}

void ConfigFiles::read_devices(TableReader &reader, const File &file, MistakeList &mistakes)
{
    const char *const right = "[[device]], in two brackets, before the keys of each device";
    const toml::node *node = reader.node("device");
    if (node == nullptr)
        return;
    const toml::array *array = node->as_array();
    if (array == nullptr)
        return reader.wrong_kind("device", *node, right);
    const std::size_t count = config_.devices.size() + array->size();
    if (count > max_configured_devices)
        return mistakes.add(place(node->source()), "device",
                            "are " + std::to_string(count) + "; at most " +
                                std::to_string(max_configured_devices));
    const DeviceContext context{file.folder, catalogue_, accounts_, config_.permissions};
    for (const toml::node &entry : *array) {
        if (const auto *table = entry.as_table())
            take(read_device(*table, context, mistakes), file, mistakes);
        else
            reader.wrong_kind("device", entry, right);
    }
}

void ConfigFiles::take(ParsedDevice device, const File &file, MistakeList &mistakes)
{
    const SourceLine where = device.config.where;
    if (const auto earlier = labels_.earlier(device.config.label, file.name, where))
        mistakes.add(device.label_where, "device.label",
                     *earlier + " has the label " + in_quotes(device.config.label) +
                         " already; use another label");
    if (device.chip) {
        const bool i2c = std::holds_alternative<I2cBus>(device.chip->bus);
        if (const auto earlier = places_.earlier(bus_location(device.chip->bus), file.name, where))
            mistakes.add(device.chip->where, i2c ? "device.address" : "device.spi",
                         *earlier + " has this " +
                             (i2c ? "address already; use another address or another bus"
                                  : "chip select already; use another one"));
    }
    config_.devices.push_back(std::move(device.config));
}

/// A file of the disk, or a mistake.
tl::expected<ConfigFiles::File, Mistakes> read_file(const fs::path &path)
{
    auto text = text_of(path);
    if (!text)
        return one_mistake(path.string(),
                           "cannot be read: " + std::generic_category().message(text.error()));
    if (text->size() > max_config_bytes)
        return one_mistake(path.string(), too_long());
    std::error_code error;
    return ConfigFiles::File{path.string(), std::move(*text),
                             fs::absolute(path, error).parent_path()};
}

/// The files of X.d beside X.toml, in the order of their names.
tl::expected<std::vector<fs::path>, Mistakes> further_files(const fs::path &main)
{
    std::vector<fs::path> files;
    if (main.extension() != ".toml")
        return files;
    auto folder = main;
    folder.replace_extension(".d");
    std::error_code error;
    fs::directory_iterator entry{folder, error};
    for (; !error && entry != fs::directory_iterator{}; entry.increment(error)) {
        const auto name = entry->path().filename().string();
        if (name.ends_with(".toml") && !name.starts_with('.'))
            files.push_back(entry->path());
    }
    if (error && error != std::errc::no_such_file_or_directory)
        return one_mistake(folder.string(), "cannot be read: " + error.message());
    std::ranges::sort(files);
    return files;
}

} // namespace

tl::expected<Config, Mistakes> parse_config(std::string_view text, const std::string &name,
                                            const fs::path &folder, const PartCatalogue &catalogue,
                                            const Accounts &accounts)
{
    if (text.size() > max_config_bytes)
        return one_mistake(name, too_long());
    ConfigFiles files{catalogue, accounts};
    files.read_main({name, std::string{text}, folder});
    return std::move(files).result();
}

tl::expected<Config, Mistakes> load_config(const fs::path &file, const PartCatalogue &catalogue,
                                           const Accounts &accounts)
{
    const auto main = read_file(file);
    if (!main)
        return tl::unexpected{main.error()};
    ConfigFiles files{catalogue, accounts};
    files.read_main(*main);
    const auto further = further_files(file);
    if (!further)
        files.add(further.error());
    for (const auto &path : further.value_or(std::vector<fs::path>{})) {
        if (const auto read = read_file(path))
            files.read_further(*read, main->name);
        else
            files.add(read.error());
    }
    return std::move(files).result();
}

} // namespace iiofs
