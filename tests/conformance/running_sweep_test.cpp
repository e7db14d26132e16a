// SPDX-License-Identifier: MIT
//
// Every transfer of every running stream fails once: scans go on, in order, and none
// is invented. And a device whose chip always has something to tell is removed at once.
//
// Runs on all chip models of drivers/ that drive an interrupt line.
#include "checks.hpp"
#include "replay.hpp"

#include <array>
#include <core/buffer.hpp>
#include <cstdio>
#include <future>
#include <sstream>

namespace {

using namespace iio;
using namespace std::chrono_literals;
using nlohmann::json;
using tests::Checks;

enum class Source { own_trigger, fifo };

/// FIFOs hold a second, whatever else the machine does; so do the 8 bits of a count.
constexpr double most_hz = 65;

/// A chip file, with what it changes in the one that it is like.
json load_model(const std::filesystem::path &path)
{
    auto chip = tests::load(path);
    if (!chip.contains("like"))
        return chip;
    auto whole = load_model(path.parent_path() / chip["like"].get<std::string>());
    chip.erase("like");
    whole.merge_patch(chip);
    return whole;
}

/// The models of the family that IIOFS_GOLDEN is about, or of all.
std::vector<std::filesystem::path> models_with_line()
{
    const auto golden = std::filesystem::canonical(tests::golden_directory());
    auto root = golden;
    while (!std::filesystem::exists(root / "drivers"))
        root = root.parent_path();
    std::vector<std::filesystem::path> found;
    for (const auto &path : tests::recordings(root / "drivers")) {
        const bool is_of_family =
            golden.filename() == "golden" || path.parent_path().filename() == golden.filename();
        if (is_of_family && load_model(path).contains("line"))
            found.push_back(path);
    }
    return found;
}

/// What the model's fields hold counts up with each sample that the chip tells of, or that
/// its FIFO takes in.
json counting(json chip, Source source)
{
    json fields = json::array();
    for (const auto &waveform : chip.value("waveforms", json::array())) {
        if (!waveform.contains("registers"))
            continue;
        json field{{"registers", waveform["registers"]}};
        if (waveform.contains("mask"))
            field["mask"] = waveform["mask"];
        fields.push_back(field);
    }
    chip.erase("waveforms");
    if (source == Source::own_trigger) {
        auto &tick = chip["ticks"].back();
        tick["count"] = fields;
        if (tick["hz"].is_number() && !tick.contains("divider"))
            tick["hz"] = std::min(tick["hz"].get<double>(), most_hz);
        return chip;
    }
    json tick{{"count", fields}};
    for (const auto *const key : {"hz", "divider", "when"}) {
        if (chip["fifo"].contains(key))
            tick[key] = chip["fifo"][key];
    }
    chip["ticks"].push_back(tick);
    return chip;
}

/// The chip tells of each sample by an edge, whatever is read: one that is handled late, as on
/// a busy machine, may find the sample of the next one.
bool tells_by_edges(const json &chip)
{
    return chip.value("ticks", json::array({json::object()})).back().contains("pulse");
}

/// Its driver, as the kernel's, asks no status before it reads: an edge that comes while a sample
/// is read is served again, although the sample was the new one already.
bool asks_no_status(const json &chip)
{
    const auto driver = chip["driver"].get<std::string>();
    return std::ranges::any_of(std::array{"bma023", "bma150", "bma180", "bmc150_magn",
                                          "bmc156_magn", "bmm150_magn", "smb380"},
                               [&](const char *name) { return driver == name; });
}

/// A model's chip on a bus, its line, and the device on both.
class Running {
public:
    explicit Running(const json &chip)
    {
        auto file = sim::ChipFile::parse(chip.dump(), "the model");
        if (!file)
            throw std::runtime_error{file.error()};
        part = file->driver;
        bus = std::make_shared<sim::SimulatedBus>(*file);
        line = std::make_unique<sim::ChipLine>(bus);
        const bool is_i2c = file->bus == BusKind::i2c;
        if (is_i2c)
            i2c = std::make_unique<sim::SimulatedI2c>(bus, file->address);
        else
            spi = std::make_unique<sim::SimulatedSpi>(bus);
        const auto hardware =
            (is_i2c ? Hardware{part, *i2c, supplies} : Hardware{part, *spi, supplies})
                .with_interrupt(line.get());
        auto bound =
            tests::module_of(file->driver).bind(hardware, registry, {.interrupt = line.get()});
        if (!bound)
            throw std::runtime_error{iio::errno_name(bound.error().value())};
        device = std::move(*bound);
    }

    /// The first device that can stream.
    [[nodiscard]] const LiveDevice *streamer() const
    {
        for (const auto &view : device->views()) {
            if (view->buffer())
                return view.get();
        }
        return nullptr;
    }

    std::string part; ///< the hardware refers to it
    std::shared_ptr<sim::SimulatedBus> bus;
    std::unique_ptr<sim::ChipLine> line;
    std::unique_ptr<I2cClient> i2c;
    std::unique_ptr<SpiDevice> spi;
    Supplies supplies;
    Registry registry;
    std::unique_ptr<BoundChip> device;
};

/// How the first channel of a scan is packed: "le:s12/16>>4".
struct Packing {
    bool little = true;
    unsigned bits = 0;
    unsigned storage = 0;
    unsigned shift = 0;

    static Packing of(const std::string &type)
    {
        Packing packing{.little = type.starts_with("le")};
        (void)std::sscanf(type.c_str() + 4, "%u/%u>>%u", &packing.bits, &packing.storage,
                          &packing.shift);
        return packing;
    }
    [[nodiscard]] std::uint64_t mask() const { return (std::uint64_t{1} << bits) - 1; }
    [[nodiscard]] std::uint64_t value(const std::uint8_t *bytes) const
    {
        std::uint64_t word = 0;
        for (unsigned i = 0; i < storage / 8; ++i)
            word = word << 8 | bytes[little ? storage / 8 - 1 - i : i];
        return word >> shift & mask();
    }
};

/// What a scan has to differ by from the one before.
struct Step {
    unsigned count = 1;
    std::int64_t time_ns = 1;
};

/// A buffer that runs, and what was read of it last.
class Stream {
public:
    Stream(const LiveDevice &view, Source source, Step least = {}) : view_{view}, least_{least}
    {
        if (source == Source::own_trigger)
            must("trigger/current_trigger", own_trigger());
        else if (view.read("trigger/current_trigger"))
            must("trigger/current_trigger", "\n");
        choose_rate();
        enable_channels();
        must("buffer/length", "512");
        must("buffer/enable", "1");
    }

    /// False: so many more scans did not come in time, or what came is wrong. The interrupt of a
    /// transfer that fails is served again, at a moment that may be just after one and before
    /// the next.
    bool goes_on(Checks &checks, const std::string &where, unsigned scans, unsigned failures = 0)
    {
        served_again_ = 2 * failures;
        const auto until = std::chrono::steady_clock::now() + 20s;
        const auto before = count_;
        while (count_ < before + scans && checks.findings().empty()) {
            if (std::chrono::steady_clock::now() > until)
                return checks.holds(false, [&] {
                    return where + ": " + std::to_string(count_ - before) +
                           " more scans, expected " + std::to_string(scans);
                });
            if (!take(checks, where))
                std::this_thread::sleep_for(2ms);
        }
        return checks.holds(true, [] { return std::string{}; }) && checks.findings().empty();
    }

private:
    void must(const std::string &path, const std::string &text)
    {
        if (const auto wrote = view_.write(path, text); !wrote)
            throw std::runtime_error{path + " <- " + text + ": " +
                                     iio::errno_name(wrote.error().value())};
    }
    /// The one that tells of data: what it is called ends in no event's name.
    [[nodiscard]] std::string own_trigger() const
    {
        const std::string name = view_.read("name").value_or("");
        const auto stem = name.substr(0, name.find('\n'));
        for (const std::string end : {"-trigger", "-dev0", "-trig-0"}) {
            // A name that nobody has is taken for none.
            (void)view_.write("trigger/current_trigger", stem + end);
            if (view_.read("trigger/current_trigger").value_or("") == stem + end + "\n")
                return stem + end;
        }
        throw std::runtime_error{stem + " has no trigger of its own"};
    }
    /// All that may be sampled together, and the time, which comes last in a scan.
    void enable_channels()
    {
        std::map<int, Packing> enabled;
        for (const auto &group : view_.groups()) {
            for (const auto &attribute : group.attributes) {
                if (group.name != "scan_elements" || !attribute.name.ends_with("_index"))
                    continue;
                const auto stem =
                    "scan_elements/" + attribute.name.substr(0, attribute.name.size() - 6);
                const auto index = std::stoi(view_.read(stem + "_index").value());
                if (!stem.ends_with("timestamp") && !(first_mask() >> index & 1))
                    continue;
                must(stem + "_en", "1");
                enabled[index] = Packing::of(view_.read(stem + "_type").value());
            }
        }
        packing_ = enabled.begin()->second;
        for (const auto &[index, packing] : enabled) {
            const std::size_t bytes = packing.storage / 8;
            scan_bytes_ = (scan_bytes_ + bytes - 1) / bytes * bytes + bytes;
        }
    }
    [[nodiscard]] std::uint64_t first_mask() const
    {
        const iio_dev &dev = view_.dev();
        return dev.num_scan_masks > 0 ? dev.scan_masks[0] : ~std::uint64_t{0};
    }
    /// Where it can be chosen.
    void choose_rate()
    {
        const auto list = view_.read("sampling_frequency_available");
        if (!list)
            return;
        std::istringstream words{*list};
        std::string best;
        for (std::string word; words >> word;) {
            if (best.empty() || (std::stod(word) > std::stod(best) && std::stod(word) <= most_hz))
                best = word;
        }
        (void)view_.write("sampling_frequency", best);
    }

    bool take(Checks &checks, const std::string &where)
    {
        std::vector<std::uint8_t> bytes;
        core::Cancellation never;
        (void)view_.buffer()->read(65'536, true, never, [&](auto first, auto second) {
            bytes.assign(first.begin(), first.end());
            bytes.insert(bytes.end(), second.begin(), second.end());
            return true;
        });
        for (std::size_t at = 0; at + scan_bytes_ <= bytes.size(); at += scan_bytes_)
            check(checks, where, &bytes[at]);
        return !bytes.empty();
    }

    void check(Checks &checks, const std::string &where, const std::uint8_t *scan)
    {
        std::int64_t time_ns = 0;
        std::memcpy(&time_ns, scan + scan_bytes_ - sizeof time_ns, sizeof time_ns);
        const auto value = packing_.value(scan);
        if (count_++ > 0) {
            const bool is_soon = time_ns > time_ns_ && time_ns < time_ns_ + least_.time_ns;
            const bool may_be_soon = is_soon && served_again_ > 0;
            served_again_ -= may_be_soon ? 1 : 0;
            checks.holds(may_be_soon || time_ns >= time_ns_ + least_.time_ns, [&] {
                return where + ": a scan's time goes on by " + std::to_string(time_ns - time_ns_);
            });
            const auto step = (value - value_) & packing_.mask();
            checks.holds(step >= least_.count && step <= packing_.mask() / 2, [&] {
                return where + ": the count goes from " + std::to_string(value_) + " to " +
                       std::to_string(value);
            });
        }
        time_ns_ = time_ns;
        value_ = value;
    }

    const LiveDevice &view_;
    const Step least_;
    Packing packing_; ///< of the first channel
    std::size_t scan_bytes_ = 0;
    std::uint64_t count_ = 0;
    std::int64_t time_ns_ = 0;
    std::uint64_t value_ = 0;
    unsigned served_again_ = 0; ///< scans that may be close to their neighbours
};

/// How the model's part can stream by its line.
std::vector<Source> sources_of(const json &chip)
{
    std::vector<Source> sources;
    const Running probe{chip};
    const auto *const view = probe.streamer();
    if (!view)
        return sources;
    if (view->dev().num_triggers > 0 && chip.contains("ticks"))
        sources.push_back(Source::own_trigger);
    if (chip.contains("fifo") && view->dev().modes & IIO_MODE_BUFFER_SOFTWARE)
        sources.push_back(Source::fifo);
    return sources;
}

void sweep_stream(Checks &checks, const json &model, Source source)
{
    const Running running{counting(model, source)};
    Step least;
    if (source == Source::own_trigger && tells_by_edges(model))
        least = {.count = 0, .time_ns = 1'000'000};
    else if (source == Source::own_trigger && asks_no_status(model))
        least.count = 0;
    Stream stream{*running.streamer(), source, least};
    if (!stream.goes_on(checks, "at first", 4))
        return;
    running.bus->arm({});
    if (!stream.goes_on(checks, "without a failure", 4))
        return;
    const auto transfers = std::min<std::uint64_t>(running.bus->transfers() + 1, 16);
    for (std::uint64_t n = 1; n <= transfers; ++n) {
        running.bus->fail_transfer(n, EIO);
        if (!stream.goes_on(checks, "transfer " + std::to_string(n) + " fails", 6, 1))
            return;
    }
}

/// The line is active whatever the driver does, and the FIFO never empty.
json insatiable(json chip)
{
    chip["line"] = {{"any", {json::array()}}};
    if (chip.contains("fifo")) {
        const auto count = chip["fifo"]["count"]["registers"];
        chip["model"]["registers"][count.is_array() ? count.back() : count] = "0x10";
        chip.erase("fifo");
    }
    return chip;
}

void remove_insatiable(Checks &checks, const json &model, Source source)
{
    Running running{insatiable(model)};
    try {
        const Stream stream{*running.streamer(), source};
    } catch (const std::runtime_error &) {
        return; // the part is not one to start then
    }
    std::this_thread::sleep_for(200ms);
    auto removal = std::async(std::launch::async, [&] { running.device.reset(); });
    const bool is_quick = removal.wait_for(1s) == std::future_status::ready;
    checks.holds(is_quick, [] { return std::string{"is not removed within a second"}; });
    if (!is_quick) // else nothing ends it
        running.bus->unplug();
}

std::vector<tests::Job> jobs_of(void (*run)(Checks &, const json &, Source))
{
    std::vector<tests::Job> jobs;
    for (const auto &path : models_with_line()) {
        const auto model = load_model(path);
        const auto name = model["driver"].get<std::string>();
        for (const auto source : sources_of(model))
            jobs.push_back({name + (source == Source::fifo ? ", FIFO" : ", own trigger"),
                            [=](Checks &checks) { run(checks, model, source); }});
    }
    return jobs;
}

} // namespace

TEST_CASE("a running stream goes on after any transfer that fails")
{
    if (const auto jobs = jobs_of(sweep_stream); !jobs.empty())
        tests::run_jobs(jobs);
}

TEST_CASE("a chip that always has something to tell is removed within a second")
{
    if (const auto jobs = jobs_of(remove_insatiable); !jobs.empty())
        tests::run_jobs(jobs);
}
