// SPDX-License-Identifier: MIT
#include "sim/chip_file.hpp"

#include "sim/json_node.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <iomanip>
#include <iterator>
#include <sstream>
#include <sys/stat.h>
#include <type_traits>
#include <unistd.h>

namespace iio::sim {
namespace {

constexpr std::uint16_t highest_address = 0x7f;
constexpr double most_interrupt_hz = 100'000;
constexpr std::size_t most_levels = 32; // parsing and freeing a file recurse
constexpr std::size_t most_file_bytes = 4 << 20;
constexpr std::size_t most_commas = 20'000; // to put a key into an object looks at all others

/// How deep a text nests lists and objects, and how much it separates.
struct Extent {
    std::size_t levels = 0;
    std::size_t commas = 0;
};

Extent extent_of(std::string_view text)
{
    Extent extent;
    std::size_t level = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); i++) {
        const char c = text[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '[' || c == '{'))
            extent.levels = std::max(extent.levels, ++level);
        else if (!in_string && (c == ']' || c == '}') && level > 0)
            level--;
        else if (!in_string && c == ',')
            extent.commas++;
    }
    return extent;
}

/// How many files a file may be like, one through another.
constexpr std::size_t deepest_like = 4;

void check_keys(const JsonNode &chip, BusKind bus)
{
    // An editor's key and the recorder's say nothing about the chip.
    static constexpr std::array<std::string_view, 9> of_others{
        "$schema",  "of",     "ops",         "capture",   "irq_name",
        "settle_s", "scan_s", "skip_writes", "try_writes"};
    chip.only("a chip file",
              {"part", "driver", "about", "bus", "address", "chip_select", "spi_mode", "speed_hz",
               "irq", "interrupt_hz", "line", "ticks", "clocks", "on_read", "fifo", "model",
               "waveforms", "faults"},
              of_others);
    for (const auto *const key : {"chip_select", "spi_mode", "speed_hz"}) {
        if (const auto node = chip.find(key); node && bus != BusKind::spi)
            node->fail("is for SPI, but bus is \"i2c\"");
    }
    if (const auto node = chip.find("address"); node && bus != BusKind::i2c)
        node->fail("is for I2C, but bus is \"spi\"");
}

BusKind parse_bus(const JsonNode &node)
{
    const auto name = node.text();
    if (name != "i2c" && name != "spi")
        node.fail("\"" + name + "\" must be \"i2c\" or \"spi\"");
    return name == "i2c" ? BusKind::i2c : BusKind::spi;
}

std::uint16_t parse_address(const JsonNode &node)
{
    return static_cast<std::uint16_t>(node.number(highest_address));
}

std::vector<JsonNode> waveforms_at(const JsonNode &chip, std::uint16_t own, std::uint16_t address)
{
    std::vector<JsonNode> waveforms;
    const auto list = chip.find("waveforms");
    for (const auto &node : list ? list->elements() : std::vector<JsonNode>{}) {
        const auto where = node.find("address");
        if ((where ? parse_address(*where) : own) == address)
            waveforms.push_back(node);
    }
    return waveforms;
}

void parse_models(const JsonNode &chip, ChipFile &file)
{
    const auto model = chip.at("model");
    file.models[file.address] =
        make_model(model, file.bus, waveforms_at(chip, file.address, file.address), &chip);
    if (const auto others = model.find("also_at")) {
        if (file.bus != BusKind::i2c)
            others->fail("is for I2C only");
        for (const auto &[key, other] : others->numbered(highest_address)) {
            const auto address = static_cast<std::uint16_t>(key);
            if (file.models.contains(address))
                other.fail("is the chip's own address");
            file.models[address] =
                make_model(other, file.bus, waveforms_at(chip, file.address, address), nullptr);
        }
    }
    const auto list = chip.find("waveforms");
    for (const auto &node : list ? list->elements() : std::vector<JsonNode>{}) {
        if (const auto where = node.find("address");
            where && !file.models.contains(parse_address(*where)))
            where->fail("the chip has no model at this address");
    }
}

ChipFile parse_chip(const JsonNode &chip)
{
    ChipFile file;
    file.bus = parse_bus(chip.at("bus"));
    check_keys(chip, file.bus);
    file.part = chip.at("part").text();
    file.driver = chip.at("driver").text();
    if (const auto about = chip.find("about"))
        file.about = about->text();
    if (file.bus == BusKind::i2c)
        file.address = parse_address(chip.at("address"));
    if (const auto select = chip.find("chip_select"))
        file.chip_select = select->number<std::uint8_t>();
    if (const auto mode = chip.find("spi_mode"))
        file.spi_mode = static_cast<std::uint8_t>(mode->number(3));
    if (const auto speed = chip.find("speed_hz"))
        file.speed_hz = speed->number<std::uint32_t>(1);
    if (const auto irq = chip.find("irq"))
        file.irq = irq->number<std::uint16_t>();
    if (const auto rate = chip.find("interrupt_hz")) {
        file.interrupt_hz = rate->real(0.001, most_interrupt_hz);
        if (!file.irq)
            rate->fail("is for chips with an interrupt line; add \"irq\": 0");
    }
    if (const auto line = chip.find("line")) {
        file.has_line = true;
        if (!file.irq)
            line->fail("is for chips with an interrupt line; add \"irq\": 0");
        if (file.interrupt_hz > 0)
            line->fail("a chip has either line or interrupt_hz");
    }
    parse_models(chip, file);
    if (const auto faults = chip.find("faults"))
        file.faults = parse_faults(*faults);
    return file;
}

/// nlohmann's own words begin with "[json.exception.parse_error.101] parse error ".
std::string syntax_error(const Json::parse_error &error)
{
    const std::string_view text = error.what();
    const auto at = text.find("at line");
    return "not JSON " + std::string{at == text.npos ? text : text.substr(at)};
}

Json parse_text(std::string_view text)
{
    const auto extent = extent_of(text);
    if (extent.commas > most_commas)
        throw BadChipFile{"has too many values: at most " + std::to_string(most_commas)};
    if (extent.levels > most_levels)
        throw BadChipFile{"lists and objects are nested too deeply: at most " +
                          std::to_string(most_levels) + " levels"};
    return Json::parse(text);
}

/// What f returns, or what it found wrong, with the name of the file.
template <class F>
auto named(std::string_view name, F &&f) -> tl::expected<std::invoke_result_t<F>, std::string>
{
    const auto failed = [&](const std::string &what) {
        return tl::unexpected<std::string>{std::string{name} + ": " + what};
    };
    try {
        return f();
    } catch (const BadChipFile &bad) {
        return failed(bad.text);
    } catch (const Json::parse_error &error) {
        return failed(syntax_error(error));
    } catch (const Json::exception &error) {
        return failed(error.what());
    }
}

ChipFile parse_root(const Json &json)
{
    const JsonNode root{json, ""};
    if (const auto like = root.find("like"))
        like->fail("is for chip models in files of their own");
    const auto recorded = root.find("chip");
    return parse_chip(recorded ? *recorded : root);
}

using Path = std::filesystem::path;

/// All of a regular file; else why there is none. A path may lead to anything: a FIFO that
/// nobody writes, a device whose opening does something, a file without an end.
tl::expected<std::string, std::string> read_regular_file(const Path &path)
{
    const auto fail = [&](const char *why) {
        return tl::unexpected<std::string>{path.string() + ": " + why};
    };
    struct stat status;
    if (::stat(path.c_str(), &status) != 0)
        return fail(std::strerror(errno));
    if (!S_ISREG(status.st_mode))
        return fail("is not a regular file");
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return fail(std::strerror(errno));
    std::string text;
    ssize_t count = 0;
    int error = 0;
    // It may be another file by now, and grow while it is read.
    if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        error = EINVAL;
    while (error == 0 && text.size() <= most_file_bytes) {
        std::array<char, 65'536> piece;
        count = ::read(fd, piece.data(), piece.size());
        if (count == 0)
            break;
        if (count > 0)
            text.append(piece.data(), static_cast<std::size_t>(count));
        else if (errno != EINTR)
            error = errno;
    }
    ::close(fd);
    if (error != 0)
        return fail(std::strerror(error));
    if (text.size() > most_file_bytes)
        return fail("is too long: at most 4194304 bytes");
    return text;
}

tl::expected<Json, std::string> load_json(const Path &path)
{
    const auto text = read_regular_file(path);
    if (!text)
        return tl::unexpected{text.error()};
    return named(path.string(), [&] { return parse_text(*text); });
}

/// The file that the JSON of `path` is like, if any. `above` are the files that led to `path`.
std::optional<Path> base_of(const Path &path, const Json &json, const std::vector<Path> &above)
{
    const auto like = JsonNode{json, ""}.find("like");
    if (!like)
        return std::nullopt;
    auto base = (path.parent_path() / like->text()).lexically_normal();
    if (base == path || std::ranges::find(above, base) != above.end())
        like->fail("\"" + like->text() +
                   "\" refers back to this file; one of them must be without like");
    if (above.size() >= deepest_like)
        like->fail("leads through more than " + std::to_string(deepest_like) + " files");
    return base;
}

/// The JSON of a file, with what it changes in the file that it is like (RFC 7396).
tl::expected<Json, std::string> load_merged(const Path &path, std::vector<Path> above)
{
    auto json = load_json(path);
    if (!json)
        return json;
    const auto base = named(path.string(), [&] { return base_of(path, *json, above); });
    if (!base)
        return tl::unexpected{base.error()};
    if (!*base)
        return json;
    above.push_back(path);
    auto merged = load_merged(**base, above);
    if (!merged)
        return tl::unexpected{path.string() + ": like: " + merged.error()};
    if (merged->contains("chip"))
        merged = Json{merged->at("chip")};
    json->erase("like");
    merged->merge_patch(*json);
    return merged;
}

} // namespace

tl::expected<ChipFile, std::string> ChipFile::parse(std::string_view text, std::string_view name)
{
    return named(name, [&] { return parse_root(parse_text(text)); });
}

std::string ChipFile::location() const
{
    if (bus == BusKind::spi)
        return "spi0." + std::to_string(chip_select);
    std::ostringstream text;
    text << "0-" << std::hex << std::setw(4) << std::setfill('0') << address;
    return text.str();
}

tl::expected<ChipFile, std::string> ChipFile::load(const std::filesystem::path &path)
{
    const auto json = load_merged(path.lexically_normal(), {});
    if (!json)
        return tl::unexpected{json.error()};
    return named(path.string(), [&] { return parse_root(*json); });
}

} // namespace iio::sim
