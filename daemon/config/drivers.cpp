// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <daemon/base/fd.hpp>
#include <daemon/config/drivers.hpp>
#include <daemon/version.hpp>
#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <iio/host/modules.hpp>
#include <optional>
#include <spdlog/spdlog.h>
#include <string_view>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace iiofs {

namespace fs = std::filesystem;

namespace {

constexpr unsigned longest_trial_s = 10;
constexpr unsigned newest_version_asked_for = 99;
// How many devices one chip may be; the kernel's drivers make up to three.
constexpr unsigned most_devices = 8;

/// Whoever could write it could run a program of his own as this one.
OrProblem<void> check_owner(int fd, const char *what)
{
    struct stat status {};
    if (::fstat(fd, &status) != 0)
        return failed(what);
    if (status.st_uid != 0 && status.st_uid != ::geteuid())
        return problem(fmt::format("{} belongs to user {}, not to root", what, status.st_uid));
    if (status.st_mode & (S_IWGRP | S_IWOTH))
        return problem(fmt::format("{} can be written by others than its owner", what));
    return {};
}

/// The file, open to be loaded: what is loaded is what was checked.
OrProblem<Fd> open_driver(const fs::path &file)
{
    const Fd folder{::open(file.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!folder)
        return failed("its folder");
    if (const auto checked = check_owner(folder.get(), "its folder"); !checked)
        return problem(checked.error());
    Fd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd)
        return problem(std::strerror(errno));
    if (const auto checked = check_owner(fd.get(), "it"); !checked)
        return problem(checked.error());
    return fd;
}

bool is_part_name(const char *name)
{
    return name && *name != '\0' && std::ranges::all_of(std::string_view{name}, [](char c) {
               return std::islower(static_cast<unsigned char>(c)) ||
                      std::isdigit(static_cast<unsigned char>(c)) || c == '_' || c == '-';
           });
}

std::string fault_of_part(const iio_part &part)
{
    constexpr std::uint8_t first_address = 0x03, last_address = 0x77;
    if (!is_part_name(part.name))
        return "a part's name is empty, or has other characters than a-z, 0-9, '-' and '_'";
    if (part.num_addresses > IIO_MAX_ADDRESSES)
        return fmt::format("part {}: num_addresses is {}, more than {}", part.name,
                           part.num_addresses, IIO_MAX_ADDRESSES);
    for (const auto address : std::span{part.addresses}.first(part.num_addresses)) {
        if (address < first_address || address > last_address)
            return fmt::format("part {}: {:#04x} is not a valid 7-bit I2C address", part.name,
                               address);
    }
    if (part.num_addresses == 0 && !part.on_spi)
        return fmt::format("part {}: it is neither on I2C nor on SPI", part.name);
    if (part.num_devices == 0 || part.num_devices > most_devices)
        return fmt::format("part {}: num_devices is {}, not 1 to {}", part.name, part.num_devices,
                           most_devices);
    return {};
}

/// The driver that a loaded object has, or what is wrong with it.
OrProblem<const iio_driver *> find_driver(void *object)
{
    const auto *const driver = static_cast<const iio_driver *>(::dlsym(object, IIO_DRIVER_SYMBOL));
    if (!driver) {
        for (unsigned version = 1; version <= newest_version_asked_for; ++version) {
            if (::dlsym(object, fmt::format("iio_driver_v{}", version).c_str()))
                return problem(fmt::format("it is for version {} of the driver ABI, and this "
                                           "program has version {}: build it again",
                                           version, IIO_WRAP_ABI_VERSION));
        }
        return problem("it is not a driver: it does not export " IIO_DRIVER_SYMBOL);
    }
    const auto *const interface = static_cast<const char *>(::dlsym(object, IIO_CPP_SYMBOL));
    if (interface && std::strncmp(interface, IIO_CPP_INTERFACE, sizeof IIO_CPP_INTERFACE) != 0)
        return problem(fmt::format("it was built with libiiowrap's headers of version {:.16}, and "
                                   "this program has {}: build it again",
                                   interface, IIO_CPP_INTERFACE));
    if (auto fault = fault_of(*driver); !fault.empty())
        return problem(std::move(fault));
    return driver;
}

/// By its descriptor, so that nobody exchanges the file meanwhile. The loader tells objects
/// apart by their paths: the descriptor of one that is loaded is not to be another file's.
OrProblem<const iio_driver *> load(int fd)
{
    const auto path = fmt::format("/proc/self/fd/{}", fd);
    void *const object = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!object) {
        std::string_view said = ::dlerror();
        if (said.starts_with(path))
            said.remove_prefix(std::min(said.size(), path.size() + 2)); // and ": "
        return problem(std::string{said});
    }
    return find_driver(object);
}

/// In a process of its own: says what is wrong, if anything is.
[[noreturn]] void try_to_load(int fd, int said)
{
    // A crash is this process's own: nobody else is to note it, and no core is wanted.
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
        ::signal(signal, SIG_DFL);
    constexpr rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::alarm(longest_trial_s);
    const auto driver = load(fd);
    if (!driver)
        (void)!::write(said, driver.error().data(), driver.error().size());
    ::_exit(driver ? 0 : 1);
}

std::string read_all(int fd)
{
    std::string text;
    std::array<char, 1024> piece; // NOLINT(cppcoreguidelines-pro-type-member-init)
    for (;;) {
        const auto length = ::read(fd, piece.data(), piece.size());
        if (length <= 0 && !(length < 0 && errno == EINTR))
            return text;
        if (length > 0)
            text.append(piece.data(), static_cast<std::size_t>(length));
    }
}

OrProblem<void> can_be_loaded(int fd)
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return failed("pipe");
    const Fd reads{ends[0]};
    std::optional<Fd> writes{Fd{ends[1]}};
    const auto child = ::fork();
    if (child < 0)
        return failed("fork");
    if (child == 0)
        try_to_load(fd, writes->get());
    writes.reset();
    auto said = read_all(reads.get());
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        return problem(fmt::format("loading it takes more than {} s", longest_trial_s));
    if (WIFSIGNALED(status))
        return problem(
            fmt::format("it crashes when it is loaded (SIG{})", ::sigabbrev_np(WTERMSIG(status))));
    if (WEXITSTATUS(status) != 0)
        return problem(said.empty() ? "it ends the process that loads it" : std::move(said));
    return {};
}

/// In the order of their names.
std::vector<fs::path> objects_in(const fs::path &folder)
{
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto &entry : fs::directory_iterator{folder, error}) {
        if (entry.path().extension() == ".so")
            files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
}

std::vector<const iio::Module *> load_all()
{
    const auto own = iio::all_modules();
    std::vector<const iio::Module *> drivers{own.begin(), own.end()};
    static std::vector<std::unique_ptr<iio::ForeignModule>> loaded;
    for (const auto &folder : driver_folders()) {
        for (const auto &file : objects_in(folder)) {
            auto driver = load_driver(file);
            if (!driver) {
                spdlog::error("{}: {}", file.string(), driver.error());
                continue;
            }
            const auto &module = (*driver)->module();
            const auto taken = std::ranges::find_if(module.parts, [&](const iio::Part &part) {
                return driver_of(drivers, part.name) != nullptr;
            });
            if (taken != module.parts.end()) {
                spdlog::error("{}: the part {} has a driver already, {}", file.string(),
                              taken->name, driver_of(drivers, taken->name)->name);
                continue;
            }
            spdlog::debug("{}: the driver {}", file.string(), module.name);
            drivers.push_back(&module);
            loaded.push_back(std::move(*driver));
        }
    }
    return drivers;
}

} // namespace

const iio::Module *driver_of(std::span<const iio::Module *const> drivers, std::string_view part)
{
    const auto found =
        std::ranges::find_if(drivers, [&](const auto *module) { return module->find(part); });
    return found == drivers.end() ? nullptr : *found;
}

std::string fault_of(const iio_driver &driver)
{
    if (driver.abi_version != IIO_WRAP_ABI_VERSION)
        return fmt::format("abi_version is {}, not {}", driver.abi_version, IIO_WRAP_ABI_VERSION);
    if (!driver.name || *driver.name == '\0')
        return "it has no name";
    if (!driver.create || !driver.probe || !driver.destroy)
        return fmt::format("it has no {}()", !driver.create  ? "create"
                                             : !driver.probe ? "probe"
                                                             : "destroy");
    if (!driver.parts || driver.num_parts == 0)
        return "it has no parts";
    for (const auto &part : std::span{driver.parts, driver.num_parts}) {
        if (auto fault = fault_of_part(part); !fault.empty())
            return fault;
    }
    return {};
}

OrProblem<std::unique_ptr<iio::ForeignModule>> load_driver(const fs::path &file)
{
    auto fd = open_driver(file);
    if (!fd)
        return problem(fd.error());
    if (const auto tried = can_be_loaded(fd->get()); !tried)
        return problem(tried.error());
    const auto driver = load(fd->release());
    if (!driver)
        return problem(driver.error());
    return std::make_unique<iio::ForeignModule>(**driver);
}

std::vector<fs::path> driver_folders()
{
    std::vector<fs::path> folders;
    if (const char *named = std::getenv("IIOFS_DRIVERS")) {
        for (std::string_view rest = named; !rest.empty();) {
            const auto colon = std::min(rest.find(':'), rest.size());
            if (colon > 0)
                folders.emplace_back(rest.substr(0, colon));
            rest.remove_prefix(std::min(colon + 1, rest.size()));
        }
    }
    std::error_code error;
    const auto program = fs::read_symlink("/proc/self/exe", error).parent_path();
    if (!error)
        folders.push_back((program / drivers_beside_bindir).lexically_normal());
    return folders;
}

std::span<const iio::Module *const> all_drivers()
{
    static const auto drivers = load_all();
    return drivers;
}

} // namespace iiofs
