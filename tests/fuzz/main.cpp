// SPDX-License-Identifier: MIT
//
// Runs a fuzz target on the files that are named, and on those of folders that are named: the
// tests of a build without libFuzzer.
#include "fuzz.hpp"

#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace {

void run(const std::filesystem::path &file)
{
    std::ifstream stream{file, std::ios::binary};
    const std::vector<char> bytes{std::istreambuf_iterator<char>{stream}, {}};
    // A copy of its own size, so that a sanitizer sees what is read behind it.
    const std::vector<std::uint8_t> input{bytes.begin(), bytes.end()};
    std::printf("%s\n", file.c_str());
    std::fflush(stdout);
    LLVMFuzzerTestOneInput(input.data(), input.size());
}

} // namespace

int main(int count, char **arguments)
{
    std::size_t inputs = 0;
    try {
        for (const std::filesystem::path path :
             std::span{arguments, arguments + count}.subspan(1)) {
            std::vector<std::filesystem::path> files;
            if (std::filesystem::is_directory(path))
                for (const auto &entry : std::filesystem::directory_iterator{path})
                    files.push_back(entry.path());
            else
                files.push_back(path);
            std::ranges::sort(files);
            for (const auto &file : files)
                run(file);
            inputs += files.size();
        }
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    std::printf("%zu inputs\n", inputs);
    return inputs > 0 ? 0 : 1;
}
