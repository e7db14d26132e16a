// SPDX-License-Identifier: MIT
//
// The input is a series of requests to a session on a socket, where the kernel would be: each is
// answered or, where that is right, not; the session goes on; at the end nothing is left.
#include "requests.hpp"
#include "well_formed.hpp"

#include <core/software_triggers.hpp>
#include <daemon/fuse/request_buffer.hpp>
#include <daemon/fuse/session.hpp>
#include <daemon/work/workers.hpp>
#include <iio/host/log.hpp>
#include <iio/host/modules.hpp>
#include <poll.h>
#include <sim/simulated.hpp>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <thread>

namespace {

using namespace iiofs;
using namespace std::chrono_literals;

void must(bool done) { fuzz::require(done, "there is memory and there are descriptors"); }

iio::sim::ChipFile load(const std::string &part)
{
    const char *const source = std::getenv("IIOFS_SOURCE");
    fuzz::require(source, "IIOFS_SOURCE names the source folder");
    auto chip = iio::sim::ChipFile::load(std::string{source} + "/drivers/" + part + "/" + part +
                                         ".model.json");
    if (!chip)
        fuzz::fail(chip.error());
    return std::move(*chip);
}

/// A server's parts: a tree with a chip, and a session that serves it.
class Served {
public:
    explicit Served(std::uint32_t init_flags)
    {
        registry_.observe(tree_);
        tree_.set_queue_of([this](unsigned) { return queue_; });
        static const std::array chips{load("ads1015"), load("mcp4725")};
        std::ranges::for_each(chips, [this](const auto &chip) { bind(chip); });
        std::array<int, 2> ends{};
        must(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
        kernel_.emplace(ends[0]);
        auto session =
            Session::create(tree_, *keep_, "/nowhere", HeldMount{Fd{ends[1]}, false}, false);
        must(session.has_value());
        session_ = std::move(*session);
        thread_ = std::thread{[this] { status_ = session_->run([] {}); }};
        fuse_init_in init{};
        init.major = FUSE_KERNEL_VERSION;
        init.minor = FUSE_KERNEL_MINOR_VERSION;
        init.flags = init_flags;
        send(message(FUSE_INIT, 2, &init, sizeof init));
        wait_for(2);
    }
    Served(const Served &) = delete;
    Served &operator=(const Served &) = delete;
    ~Served()
    {
        session_->request_exit();
        thread_.join();
        session_.reset();
        chips_.clear();
        for (unsigned id = 0; id < 3; ++id)
            (void)registry_.remove_trigger(iio::core::SysfsTrigger::name_of(id));
        registry_.stop_observing(tree_);
    }

    void ask(const std::vector<char> &request, std::uint64_t unique)
    {
        if (!fuzz::is_well_formed(std::as_bytes(std::span{request}), longest_write))
            return;
        send(request);
        // Which is answered when the request before has left its operation, or waits.
        const auto probe = unique + 2;
        const fuse_getattr_in root{};
        send(message(FUSE_GETATTR, probe, &root, sizeof root));
        wait_for(probe);
    }
    [[nodiscard]] fuzz::Requests &requests() { return requests_; }

private:
    static std::vector<char> message(std::uint32_t opcode, std::uint64_t unique, const void *body,
                                     std::size_t size)
    {
        fuse_in_header header{};
        header.len = static_cast<std::uint32_t>(sizeof header + size);
        header.opcode = opcode;
        header.unique = unique;
        header.nodeid = FUSE_ROOT_ID;
        std::vector<char> bytes(header.len);
        std::memcpy(bytes.data(), &header, sizeof header);
        std::memcpy(bytes.data() + sizeof header, body, size);
        return bytes;
    }
    void send(const std::vector<char> &bytes) const
    {
        must(::send(kernel_->get(), bytes.data(), bytes.size(), 0) ==
             static_cast<ssize_t>(bytes.size()));
    }
    void wait_for(std::uint64_t unique)
    {
        for (;;) {
            pollfd event{kernel_->get(), POLLIN, 0};
            const int answers = ::poll(&event, 1, 20'000);
            if (answers < 0 && errno == EINTR) // libFuzzer has a clock
                continue;
            fuzz::require(answers > 0, "the session goes on");
            const auto length = ::recv(kernel_->get(), reply_.data(), reply_.size(), MSG_DONTWAIT);
            fuzz::require(length >= static_cast<ssize_t>(sizeof(fuse_out_header)),
                          "a reply has its header");
            fuse_out_header header{};
            std::memcpy(&header, reply_.data(), sizeof header);
            fuzz::require(header.len == static_cast<std::size_t>(length),
                          "a reply is as long as it says");
            fuzz::require(header.unique == 0 || (header.error <= 0 && header.error > -512),
                          "a reply has an errno that the kernel takes");
            if (header.unique == unique)
                return;
            requests_.learn(std::span{reply_}.first(static_cast<std::size_t>(length)));
        }
    }
    void bind(const iio::sim::ChipFile &chip)
    {
        for (const auto *module : iio::all_modules()) {
            if (!module->find(chip.driver))
                continue;
            auto bus = std::make_shared<iio::sim::SimulatedBus>(chip);
            const auto &i2c = *buses_.emplace_back(
                std::make_unique<iio::sim::SimulatedI2c>(std::move(bus), chip.address));
            auto bound = module->bind(iio::Hardware{chip.driver, i2c, {}}, registry_, {});
            must(bound.has_value());
            chips_.push_back(std::move(*bound));
        }
    }
    iio::Result<std::size_t> add_trigger(std::string_view text)
    {
        const auto id = static_cast<unsigned>(text.size() % 3);
        IIO_TRY(registry_.add_trigger(std::make_shared<iio::core::SysfsTrigger>(id)));
        return text.size();
    }
    iio::Result<std::size_t> remove_trigger(std::string_view text)
    {
        const auto id = static_cast<unsigned>(text.size() % 3);
        IIO_TRY(registry_.remove_trigger(iio::core::SysfsTrigger::name_of(id)));
        return text.size();
    }
    TreeControls controls()
    {
        const auto refused = [](auto &&...) -> iio::Result<std::size_t> {
            return iio::fail(EINVAL);
        };
        const auto orders = workers_.make_queue("");
        return {
            .new_device = refused,
            .delete_device = refused,
            .add_trigger = [this](auto text, const auto &) { return add_trigger(text); },
            .remove_trigger = [this](auto text, const auto &) { return remove_trigger(text); },
            .hrtimer = {.make = [this](const std::string &name, const auto &) -> iio::Result<void> {
                            tree_.add_hrtimer(name);
                            return {};
                        },
                        .remove = [this](const std::string &name,
                                         const auto &) -> iio::Result<void> {
                            if (!tree_.remove_hrtimer(name))
                                return iio::fail(ENOENT);
                            return {};
                        }},
            .new_device_queue = [orders](auto) { return orders; },
            .delete_device_queue = [orders](auto) { return orders; },
            .opens = workers_.make_queue("")};
    }

    std::unique_ptr<Keep> keep_ = Keep::make();
    Workers workers_;
    std::shared_ptr<Queue> queue_ = workers_.make_queue("");
    iio::Registry registry_;
    Tree tree_{{}, controls(), keep_->node_records(), keep_->birth()};
    std::vector<std::unique_ptr<iio::sim::SimulatedI2c>> buses_;
    std::vector<std::unique_ptr<iio::BoundChip>> chips_;
    std::optional<Fd> kernel_;
    std::unique_ptr<Session> session_;
    int status_ = 0;
    std::thread thread_;
    std::vector<char> reply_ = std::vector<char>(std::size_t{2} << 20);
    fuzz::Requests requests_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    spdlog::set_level(spdlog::level::off);
    iio::set_log_sink([](std::string_view) noexcept {});
    fuzz::Input input{{data, size}};
    constexpr std::uint32_t with_second_flags = FUSE_INIT_EXT;
    Served served{input.byte() & 1 ? with_second_flags : 0};
    constexpr int most = 64;
    std::uint64_t unique = 4;
    for (int i = 0; i < most && !input.is_empty(); ++i, unique += 4)
        served.ask(served.requests().next(input, unique), unique);
    return 0;
}
