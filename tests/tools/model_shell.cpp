// SPDX-License-Identifier: MIT
//
// model_shell CHIP.json: transactions (transaction_text.hpp) from standard
// input, answers on standard output, one a line.
#include "transaction_text.hpp"

#include <iostream>

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::cerr << "usage: model_shell CHIP.json\n";
        return 2;
    }
    const auto chip = iio::sim::ChipFile::load(argv[1]);
    if (!chip) {
        std::cerr << chip.error() << '\n';
        return 1;
    }
    iio::sim::SimulatedBus bus{*chip};
    for (std::string line; std::getline(std::cin, line);)
        std::cout << transaction_text::ask(bus, line) << '\n';
}
