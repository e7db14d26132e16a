// SPDX-License-Identifier: MIT
//
// Models stand for the chips on a bus.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <daemon/config/catalogue.hpp>
#include <daemon/devices/attached_chip.hpp>
#include <daemon/scan/report.hpp>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iio/host/modules.hpp>
#include <iio/host/registry.hpp>
#include <sim/simulated.hpp>
#include <sstream>

namespace scan_test {

using namespace iiofs;
namespace fs = std::filesystem;
using iio::sim::ChipFile;
using iio::sim::SimulatedBus;
using iio::sim::SimulatedI2c;

namespace {

std::vector<ChipFile> load_chips()
{
    INFO("IIOFS_SOURCE is the folder of the sources");
    REQUIRE(std::getenv("IIOFS_SOURCE") != nullptr);
    std::set<fs::path> files;
    for (const auto *family : iio::all_modules()) {
        const auto folder = fs::path{std::getenv("IIOFS_SOURCE")} / "drivers" / family->name;
        for (const auto &entry : fs::directory_iterator{folder}) {
            if (entry.path().filename().string().ends_with(".model.json"))
                files.insert(entry.path());
        }
    }
    std::vector<ChipFile> chips;
    for (const auto &file : files) {
        auto chip = ChipFile::load(file);
        INFO(file);
        REQUIRE(chip);
        if (chip->bus == iio::BusKind::i2c)
            chips.push_back(std::move(*chip));
    }
    return chips;
}

const std::vector<ChipFile> &installed_chips()
{
    static const auto chips = load_chips();
    return chips;
}

std::shared_ptr<SimulatedBus> bus_with(const ChipFile &chip)
{
    return std::make_shared<SimulatedBus>(
        chip, SimulatedBus::Options{.clock = [] { return iio::sim::Time{}; }});
}

/// What the scan asked is in its log.
class Bus {
public:
    void add(const ChipFile &chip)
    {
        auto bus = bus_with(chip);
        bus->record(true);
        chips_.emplace(chip.address, std::move(bus));
    }
    [[nodiscard]] bool has(std::uint16_t address) const { return chips_.contains(address); }
    [[nodiscard]] BusFindings look(I2cBusEntry entry = {.name = "i2c-1"},
                                   const std::set<unsigned> &left_out = {}) const
    {
        using Client = iio::Result<std::unique_ptr<const iio::I2cClient>>;
        const auto client_at = [this](std::uint8_t address) -> Client {
            const auto chip = chips_.find(address);
            if (chip == chips_.end())
                return std::make_unique<SimulatedI2c>(empty_, address);
            return std::make_unique<SimulatedI2c>(chip->second, address);
        };
        return iiofs::look(std::move(entry), client_at, iio::all_modules(), left_out);
    }
    [[nodiscard]] SimulatedBus &at(std::uint16_t address) const { return *chips_.at(address); }

private:
    static std::shared_ptr<SimulatedBus> nobody()
    {
        auto bus = bus_with(installed_chips().front());
        bus->unplug();
        return bus;
    }
    const std::shared_ptr<SimulatedBus> empty_ = nobody();
    std::map<std::uint16_t, std::shared_ptr<SimulatedBus>> chips_;
};

const iio::Part &part_of(const ChipFile &chip)
{
    for (const auto *family : iio::all_modules()) {
        if (const auto *part = family->find(chip.driver))
            return *part;
    }
    throw std::out_of_range{chip.driver};
}

bool names(const Finding &finding, std::string_view part)
{
    return std::ranges::any_of(finding.sighting.parts,
                               [=](const auto *named) { return named->name == part; });
}

std::string configuration(const BusFindings &findings) { return configuration_of({findings}); }

/// What a client reads of the chip: all registers, where it has some.
std::vector<std::string> contents(SimulatedBus &bus, std::uint16_t address, unsigned number_bytes)
{
    bus.record(true);
    const auto before = bus.take_log();
    for (unsigned reg = 0; reg < 0x100; ++reg) {
        std::array<std::uint8_t, 4> bytes{};
        const std::array<std::uint8_t, 2> number{0, static_cast<std::uint8_t>(reg)};
        const std::array messages{iio::I2cMessage::write(std::span{number}.last(number_bytes)),
                                  iio::I2cMessage::read(bytes)};
        (void)bus.i2c(address, messages);
    }
    return bus.take_log();
}

} // namespace

TEST_CASE("a scan knows each model, or says honestly what it may be")
{
    for (const auto &chip : installed_chips()) {
        // Some tables have not room for all addresses.
        const auto &usual = part_of(chip).addresses;
        if (std::ranges::find(usual, chip.address) == usual.end())
            continue;
        Bus bus;
        bus.add(chip);
        const auto findings = bus.look();
        INFO(chip.driver << " at " << chip.address);
        REQUIRE(findings.error == 0);
        REQUIRE(findings.found.size() == 1);
        const auto &finding = findings.found.front();
        CHECK(finding.address == chip.address);
        INFO(configuration(findings));
        CHECK(names(finding, chip.driver));
        // What has an identification is recognised by it.
        CHECK(finding.sighting.code.has_value() == part_of(chip).recognition().exists());
    }
}

TEST_CASE("a scan writes register numbers and commands, and nothing else")
{
    for (const auto &chip : installed_chips()) {
        Bus bus;
        bus.add(chip);
        (void)bus.look();
        for (const auto &line : bus.at(chip.address).take_log()) {
            INFO(chip.driver << ": " << line);
            const auto read = line.find("r:");
            const auto written = line.starts_with("w:") ? line.find(' ', 2) - 2 : 0;
            if (line.starts_with("error:"))
                continue;
            // A number of one byte or two before a read; alone, a command.
            if (read != line.npos)
                CHECK((line.starts_with("r:") || written <= 4));
            else
                CHECK((line.size() == 4 || line.size() == 6));
        }
    }
}

TEST_CASE("a scan leaves a part as it was")
{
    for (const auto &chip : installed_chips()) {
        // Some take any byte for a setting, as the table says. A model of commands repeats its last
        // answer; it was asked nothing but what the table has.
        const auto recognised = part_of(chip).recognition();
        if (!recognised.why_not().empty() || recognised.is_command())
            continue;
        Bus bus;
        bus.add(chip);
        (void)bus.look();
        const auto fresh = bus_with(chip);
        INFO(chip.driver);
        const auto bytes = recognised.asking_bytes();
        const bool is_same = contents(bus.at(chip.address), chip.address, bytes) ==
                             contents(*fresh, chip.address, bytes);
        CHECK(is_same);
    }
}

TEST_CASE("a scan finds ten parts on one bus, and its configuration is accepted")
{
    Bus bus;
    std::set<std::string> put;
    for (const auto &chip : installed_chips()) {
        if (put.size() < 10 && !bus.has(chip.address) && part_of(chip).recognition().exists()) {
            bus.add(chip);
            put.insert(chip.driver);
        }
    }
    const auto findings = bus.look();
    CHECK(findings.found.size() == put.size());
    for (const auto &finding : findings.found)
        CHECK(std::ranges::any_of(put, [&](auto &part) { return names(finding, part); }));

    const auto text = configuration(findings);
    INFO(text);
    const auto config = parse_config(text, "scan.toml", "/", catalogue());
    REQUIRE(config);
    const auto certain = std::ranges::count_if(findings.found, [](const auto &finding) {
        return confidence(finding.sighting) == std::string_view{"certain"};
    });
    CHECK(config->devices.size() == static_cast<std::size_t>(certain));
}

TEST_CASE("a scan gives a stuck bus up at once")
{
    class Stuck final : public iio::I2cClient {
    public:
        explicit Stuck(unsigned &transfers) : transfers_{transfers} {}
        [[nodiscard]] iio::Result<void> transfer(std::span<const iio::I2cMessage>) const override
        {
            ++transfers_;
            return iio::fail(ETIMEDOUT);
        }

    private:
        unsigned &transfers_;
    };
    unsigned transfers = 0;
    const auto findings =
        look({.name = "i2c-1"}, [&](std::uint8_t) { return std::make_unique<Stuck>(transfers); },
             iio::all_modules(), {});
    CHECK(findings.error == ETIMEDOUT);
    CHECK(findings.found.empty());
    CHECK(transfers == 1);
}

TEST_CASE("a scan does not touch what the kernel has, nor what is to be skipped")
{
    const auto &chips = installed_chips();
    Bus bus;
    bus.add(chips.front());
    const auto address = static_cast<std::uint8_t>(chips.front().address);
    const auto findings = bus.look({.name = "i2c-1", .drivers = {{address, chips.front().driver}}});
    REQUIRE(findings.found.size() == 1);
    CHECK(findings.found.front().driver == chips.front().driver);
    CHECK(bus.at(address).take_log().empty());
    CHECK(bus.look({.name = "i2c-1"}, {address}).found.empty());
    CHECK(bus.at(address).take_log().empty());
}

TEST_CASE("a chip that is another than the configuration says is named")
{
    // Its file says BMP280, its registers something else.
    const auto refusal = [](std::string_view id) {
        std::ifstream model{fs::path{std::getenv("IIOFS_SOURCE")} /
                            "drivers/bmp280/bmp280.model.json"};
        std::string text{std::istreambuf_iterator<char>{model}, {}};
        const std::string own_id = "\"0xd0\": \"0x58\"";
        const auto at = text.find(own_id);
        REQUIRE(at != text.npos);
        text.replace(at, own_id.size(), fmt::format("\"0xd0\": \"{}\"", id));
        std::string pattern = fs::temp_directory_path() / "iiofs-other-XXXXXX";
        REQUIRE(mkdtemp(pattern.data()));
        const auto file = fs::path{pattern} / "other.model.json";
        std::ofstream{file} << text;
        iio::Registry registry;
        DeviceConfig config;
        config.driver = "bmp280";
        auto chip = iio::sim::ChipFile::load(file);
        fs::remove_all(pattern);
        REQUIRE(chip);
        config.bus = ModelFile{file, std::make_shared<const iio::sim::ChipFile>(std::move(*chip))};
        const auto attached = AttachedChip::attach(
            config, registry, {}, [] {}, [] { return true; });
        REQUIRE(!attached);
        CHECK(attached.error().error == ENODEV);
        return attached.error().why;
    };
    CHECK(refusal("0x60") == "id 0x60: that is a bme280");
    // A build may have some of the families alone.
    const bool has_bme680 = std::ranges::any_of(
        iio::all_modules(), [](const auto *module) { return module->find("bme680"); });
    CHECK(refusal("0x61") == (has_bme680 ? "id 0x61: that is a bme680" : "id 0x61"));
    CHECK(refusal("0x55") == "id 0x55: that is a bmp085 or a bmp180");
    CHECK(refusal("0x13") == "id 0x13");
}

TEST_CASE("the chips before a multiplexer are not those of its channels")
{
    const std::vector<BusFindings> scanned{
        {.bus = {.name = "i2c-1"},
         .found = {{.address = 0x70, .driver = "pca954x"}, {.address = 0x76}}},
        {.bus = {.name = "i2c-4", .parent = "i2c-1"}, .found = {{.address = 0x40}}},
        {.bus = {.name = "i2c-5", .parent = "i2c-1"}, .found = {{.address = 0x41}}}};
    const auto upstream = [&](const std::string &parent) {
        return upstream_addresses({.name = "i2c-6", .parent = parent}, scanned);
    };
    CHECK(upstream("i2c-1") == std::set<unsigned>{0x70, 0x76});
    CHECK(upstream("i2c-4") == std::set<unsigned>{0x40, 0x70, 0x76});
    CHECK(upstream("i2c-2").empty());
    CHECK(upstream("").empty());
}

TEST_CASE("the buses are those of sysfs, with what is bound, and what is no place for sensors")
{
    std::string pattern = fs::temp_directory_path() / "iiofs-sysfs-XXXXXX";
    REQUIRE(mkdtemp(pattern.data()));
    const fs::path root{pattern};
    const auto devices = root / "bus/i2c/devices";
    const auto add = [&](const std::string &name, const std::string &about) {
        fs::create_directories(devices / name);
        std::ofstream{devices / name / "name"} << about << '\n';
    };
    add("i2c-1", "bcm2835 (i2c@7e804000)");
    add("i2c-0", "i2c-1-mux (chan_id 0)");
    add("i2c-3", "SMBus I801 adapter at efa0");
    add("i2c-4", "AMDGPU DM i2c hw bus 0");
    add("i2c-20", "fef04500.i2c");
    fs::create_directories(devices / "i2c-20/of_node");
    std::ofstream{devices / "i2c-20/of_node/compatible"} << "brcm,bcm2711-hdmi-i2c";
    add("1-0070", "pca9548");
    add("1-0076", "bme280");
    add("1-0048", "ads1015");
    fs::create_symlink("../1-0070", devices / "i2c-0/mux_device");
    fs::create_symlink("../../drivers/bmp280", devices / "1-0076/driver");
    fs::create_symlink("../../drivers/pca954x", devices / "1-0070/driver");

    const auto buses = i2c_buses(root);
    REQUIRE(buses.size() == 5);
    CHECK(buses[0].name == "i2c-1");
    CHECK(buses[0].other_purpose.empty());
    CHECK(buses[0].drivers ==
          std::map<std::uint8_t, std::string>{{0x70, "pca954x"}, {0x76, "bmp280"}});
    CHECK(buses[1].other_purpose == "of the mainboard, with its memory modules");
    CHECK(buses[2].other_purpose == "of a display");
    CHECK(buses[3].name == "i2c-20");
    CHECK(buses[3].other_purpose == "of a display");
    // A channel comes after the bus that it is behind, whatever its number.
    CHECK(buses[4].name == "i2c-0");
    CHECK(buses[4].parent == "i2c-1");
    CHECK(i2c_buses(root / "nothing").empty());
    fs::remove_all(root);
}

} // namespace scan_test
