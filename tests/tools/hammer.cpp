// SPDX-License-Identifier: MIT
//
// hammer: reads and writes every attribute of every device of a mount from many
// threads, while devices come and go.
//
//     hammer MOUNT THREADS SECONDS MODEL...
//
// Another thread adds chips of the MODELs by new_device and takes away random
// devices by delete_device. Errors are part of it; an operation of more than
// 15 s is a hang. Prints what was done; exit status 1 on a hang, on an errno
// that no attribute gives, if nothing could be read, or at once if the server dies.
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <random>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

std::atomic<bool> stop = false;
std::atomic<bool> dead = false; ///< the server is
std::atomic<long> reads = 0, writes = 0, errors = 0, odd = 0, added = 0, removed = 0;

/// Start of the operation that each thread is in; 0: none.
std::vector<std::atomic<Clock::rep>> busy_since;

struct Busy {
    explicit Busy(std::size_t thread) : since{busy_since[thread]}
    {
        since = Clock::now().time_since_epoch().count();
    }
    ~Busy() { since = 0; }
    std::atomic<Clock::rep> &since;
};

/// What an attribute may answer while devices come and go.
void count_error(const char *operation, const std::string &path)
{
    constexpr std::array expected{ENODEV, ENOENT, EINVAL,  EBUSY,     EACCES,
                                  EIO,    EAGAIN, ENODATA, ETIMEDOUT, ERANGE};
    if (errno == ENOTCONN || errno == ECONNABORTED)
        dead = stop = true;
    if (stop)
        return;
    ++errors;
    if (std::ranges::find(expected, errno) == expected.end()) {
        ++odd;
        std::fprintf(stderr, "%s %s: %s\n", operation, path.c_str(), std::strerror(errno));
    }
}

std::vector<std::string> entries(const std::string &directory)
{
    std::vector<std::string> names;
    if (DIR *dir = opendir(directory.c_str())) {
        while (const dirent *entry = readdir(dir)) {
            if (entry->d_name[0] != '.')
                names.emplace_back(entry->d_name);
        }
        closedir(dir);
    }
    return names;
}

std::string read_attribute(const std::string &path)
{
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        count_error("open", path);
        return {};
    }
    std::array<char, 4096> page{};
    const auto got = read(fd, page.data(), page.size());
    if (got < 0)
        count_error("read", path);
    else
        ++reads;
    close(fd);
    return {page.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
}

void write_attribute(const std::string &path, const std::string &text)
{
    const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        count_error("open", path);
        return;
    }
    if (write(fd, text.data(), text.size()) < 0)
        count_error("write", path);
    else
        ++writes;
    close(fd);
}

void visit(std::size_t thread, const std::string &directory)
{
    for (const auto &name : entries(directory)) {
        if (stop)
            return;
        const auto path = directory + "/" + name;
        const Busy busy{thread};
        struct stat st {};
        if (lstat(path.c_str(), &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode))
            visit(thread, path);
        if (!S_ISREG(st.st_mode))
            continue;
        const auto text = st.st_mode & 0444 ? read_attribute(path) : std::string{"1\n"};
        if (st.st_mode & 0222)
            write_attribute(path, text.empty() ? "0\n" : text);
    }
}

void work(std::size_t thread, const std::string &devices)
{
    std::mt19937 random{static_cast<unsigned>(thread)};
    while (!stop) {
        auto names = entries(devices);
        std::ranges::shuffle(names, random);
        for (const auto &name : names) {
            if (stop)
                return;
            visit(thread, devices + "/" + name);
        }
    }
}

bool control(const std::string &path, const std::string &line)
{
    const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const bool done = write(fd, line.data(), line.size()) > 0;
    close(fd);
    return done;
}

void churn(std::size_t thread, const std::string &mount, const std::vector<std::string> &models)
{
    std::mt19937 random{4711};
    const auto devices = mount + "/devices";
    while (!stop) {
        {
            const Busy busy{thread};
            const auto names = entries(devices);
            if (!names.empty() &&
                control(mount + "/delete_device", names[random() % names.size()] + "\n"))
                ++removed;
            if (control(mount + "/new_device", "model " + models[random() % models.size()] + "\n"))
                ++added;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 5) {
        std::fprintf(stderr, "hammer MOUNT THREADS SECONDS MODEL...\n");
        return 2;
    }
    const std::string mount = argv[1];
    const auto count = static_cast<std::size_t>(std::atoi(argv[2]));
    const auto end = Clock::now() + std::chrono::seconds{std::atoi(argv[3])};
    busy_since = std::vector<std::atomic<Clock::rep>>(count + 1);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < count; ++i)
        threads.emplace_back(work, i, mount + "/devices");
    threads.emplace_back(churn, count, mount, std::vector<std::string>{argv + 4, argv + argc});

    bool hang = false;
    while (Clock::now() < end && !hang && !dead) {
        std::this_thread::sleep_for(std::chrono::milliseconds{200});
        const auto now = Clock::now().time_since_epoch().count();
        hang = std::ranges::any_of(busy_since, [=](const auto &since) {
            const auto at = since.load();
            return at != 0 && Clock::duration{now - at} > std::chrono::seconds{15};
        });
    }
    stop = true;
    std::printf("%ld reads, %ld writes, %ld errors, %ld added, %ld removed%s%s\n", reads.load(),
                writes.load(), errors.load(), added.load(), removed.load(),
                hang ? ", and one operation HANGS" : "", dead ? ", and the server is DEAD" : "");
    std::fflush(stdout);
    if (hang)
        std::_Exit(1);
    for (auto &thread : threads)
        thread.join();
    return odd || dead || !reads || !writes || !added || !removed ? 1 : 0;
}
