// SPDX-License-Identifier: MIT
//
// Reads a buffer that streams, of a mount or of the kernel, and says how fast it
// comes and how evenly.
//
//     stream_bench [-s SECONDS] [-b SCAN_BYTES] [-r READ_BYTES] [-f HERTZ] NODE
//
// A scan ends with its timestamp, of the monotonic clock. With -f it is told how far
// the intervals between scans are from a period, those between the reader's wake-ups
// (where each read gives one scan), and how long after its timestamp a scan came.
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

namespace {

struct Options {
    double seconds = 2;
    double hertz = 0;
    std::size_t scan_bytes = 16;
    std::size_t read_bytes = 16;
    const char *node = nullptr;
};

using Times = std::vector<std::int64_t>;

/// What the reads gave, in nanoseconds of the monotonic clock.
struct Seen {
    Times scans;
    Times wakes;
    Times latencies; ///< of the newest scan of each read
};

std::int64_t now()
{
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

bool parse(int argc, char **argv, Options &options)
{
    for (int c = 0; (c = getopt(argc, argv, "s:b:r:f:")) >= 0;) {
        if (c == 's')
            options.seconds = std::atof(optarg);
        else if (c == 'b')
            options.scan_bytes = std::strtoul(optarg, nullptr, 10);
        else if (c == 'r')
            options.read_bytes = std::strtoul(optarg, nullptr, 10);
        else if (c == 'f')
            options.hertz = std::atof(optarg);
        else
            return false;
    }
    if (optind + 1 != argc || options.scan_bytes < sizeof(std::int64_t) ||
        options.read_bytes < options.scan_bytes)
        return false;
    options.node = argv[optind];
    return true;
}

/// False: a read failed.
bool take(const Options &options, int fd, Seen &seen)
{
    std::vector<char> bytes(options.read_bytes);
    const auto end = now() + static_cast<std::int64_t>(options.seconds * 1e9);
    while (now() < end) {
        const auto got = read(fd, bytes.data(), bytes.size());
        if (got <= 0) {
            std::perror(options.node);
            return false;
        }
        const auto count = static_cast<std::size_t>(got) / options.scan_bytes;
        for (std::size_t i = 1; i <= count; ++i) {
            std::int64_t timestamp = 0;
            std::memcpy(&timestamp, bytes.data() + i * options.scan_bytes - sizeof timestamp,
                        sizeof timestamp);
            seen.scans.push_back(timestamp);
        }
        seen.wakes.push_back(now());
        seen.latencies.push_back(seen.wakes.back() - seen.scans.back());
    }
    return true;
}

/// How far the intervals are from `period`.
Times deviations(const Times &moments, double period)
{
    Times result;
    for (std::size_t i = 1; i < moments.size(); ++i) {
        const auto interval = static_cast<double>(moments[i] - moments[i - 1]);
        result.push_back(static_cast<std::int64_t>(std::max(interval - period, period - interval)));
    }
    return result;
}

void print_percentiles(const char *what, Times times)
{
    if (times.empty())
        return;
    std::sort(times.begin(), times.end());
    const auto percentile = [&](std::size_t p) {
        return static_cast<double>(times[(times.size() - 1) * p / 100]) / 1000;
    };
    std::printf("  %s p50 %.1f p99 %.1f us", what, percentile(50), percentile(99));
}

} // namespace

int main(int argc, char **argv)
{
    Options options;
    if (!parse(argc, argv, options)) {
        std::fprintf(stderr,
                     "stream_bench [-s SECONDS] [-b SCAN_BYTES] [-r READ_BYTES] [-f HERTZ] NODE\n");
        return 2;
    }
    const int fd = open(options.node, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        std::perror(options.node);
        return 1;
    }
    Seen seen;
    const auto begin = now();
    const bool good = take(options, fd, seen);
    const double took = static_cast<double>(now() - begin) / 1e9;
    close(fd);
    const auto count = static_cast<double>(seen.scans.size());
    std::printf("scans/s %.0f  MB/s %.3f  scans/read %.1f", count / took,
                count * static_cast<double>(options.scan_bytes) / took / 1e6,
                count / static_cast<double>(seen.wakes.size()));
    if (options.hertz > 0 && seen.scans.size() > 1) {
        const auto span = static_cast<double>(seen.scans.back() - seen.scans.front());
        const double rate = (count - 1) * 1e9 / span;
        std::printf("  rate %.3f (%+.4f %%)", rate, (rate / options.hertz - 1) * 100);
        const double period = 1e9 / options.hertz;
        print_percentiles("jitter", deviations(seen.scans, period));
        if (seen.wakes.size() == seen.scans.size())
            print_percentiles("wake-ups", deviations(seen.wakes, period));
        print_percentiles("latency", seen.latencies);
    }
    std::printf("\n");
    return good ? 0 : 1;
}
