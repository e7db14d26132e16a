// SPDX-License-Identifier: MIT
//
// What reading attributes costs: open, read to the end, close, as cat and
// libiio do, over and over.
//
//     attr_bench [-t THREADS] [-s SECONDS] [-p] FILE...
//
// -p: pread at 0 on files kept open instead. Each thread walks all files.
// Prints reads per second over all threads and p50, p90, p99 in microseconds.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
    unsigned threads = 1;
    double seconds = 2;
    bool keep_open = false;
    std::vector<std::string> files;
};

bool read_afresh(const std::string &file)
{
    const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    char page[4096];
    ssize_t total = 0;
    ssize_t got = 0;
    while ((got = read(fd, page, sizeof(page))) > 0)
        total += got;
    close(fd);
    return got == 0 && total > 0;
}

bool read_open(int fd)
{
    char page[4096];
    return pread(fd, page, sizeof(page), 0) > 0;
}

std::vector<double> run_thread(const Options &options, std::atomic<long> &failures)
{
    std::vector<int> fds;
    for (const auto &file : options.files)
        fds.push_back(options.keep_open ? open(file.c_str(), O_RDONLY | O_CLOEXEC) : -1);
    std::vector<double> times_us;
    times_us.reserve(1 << 20);
    const auto end = Clock::now() + std::chrono::duration<double>(options.seconds);
    auto before = Clock::now();
    for (std::size_t i = 0; before < end; i = (i + 1) % fds.size()) {
        if (!(options.keep_open ? read_open(fds[i]) : read_afresh(options.files[i])))
            ++failures;
        const auto now = Clock::now();
        times_us.push_back(std::chrono::duration<double, std::micro>(now - before).count());
        before = now;
    }
    for (const int fd : fds) {
        if (fd >= 0)
            close(fd);
    }
    return times_us;
}

} // namespace

int main(int argc, char **argv)
{
    Options options;
    for (int c = 0; (c = getopt(argc, argv, "t:s:p")) >= 0;) {
        if (c == 't')
            options.threads = static_cast<unsigned>(std::max(1, std::atoi(optarg)));
        else if (c == 's')
            options.seconds = std::atof(optarg);
        else if (c == 'p')
            options.keep_open = true;
        else
            return 2;
    }
    options.files.assign(argv + optind, argv + argc);
    if (options.files.empty()) {
        std::fprintf(stderr, "attr_bench [-t THREADS] [-s SECONDS] [-p] FILE...\n");
        return 2;
    }
    std::atomic<long> failures = 0;
    std::vector<std::vector<double>> of_threads(options.threads);
    {
        std::vector<std::jthread> threads;
        for (auto &times : of_threads)
            threads.emplace_back([&] { times = run_thread(options, failures); });
    }
    std::vector<double> all;
    for (const auto &times : of_threads)
        all.insert(all.end(), times.begin(), times.end());
    std::sort(all.begin(), all.end());
    const auto percentile = [&](std::size_t p) { return all[all.size() * p / 100]; };
    std::printf("reads/s %.0f  p50 %.2f p90 %.2f p99 %.2f us  failures %ld\n",
                static_cast<double>(all.size()) / options.seconds, percentile(50), percentile(90),
                percentile(99), failures.load());
    return failures ? 1 : 0;
}
