// SPDX-License-Identifier: MIT
#define NCURSES_NOMACROS 1
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <curses.h>
#include <daemon/top/terminal.hpp>
#include <string>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>
// Macros of term.h, though asked for none.
#undef columns
#undef lines

namespace iiofs::top {

namespace {

/// Pairs of ncurses; 0 is the terminal's own. The graphs' ones come last.
enum Pair : short { plain, blue, red, yellow, first_graph };

constexpr std::array<short, graph_count> graph_colours{COLOR_CYAN, COLOR_GREEN, COLOR_YELLOW,
                                                       COLOR_MAGENTA, COLOR_BLUE};

bool colour_is_wanted()
{
    const char *const no_color = std::getenv("NO_COLOR"); // no-color.org
    return no_color == nullptr || *no_color == '\0';
}

} // namespace

OrProblem<void> Terminal::usable()
{
    const char *const term = std::getenv("TERM");
    int found = 0;
    if (term == nullptr || ::setupterm(term, STDOUT_FILENO, &found) != OK)
        return problem(std::string{"unknown terminal type: TERM="} + (term != nullptr ? term : ""));
    if (::tigetstr("cup") == nullptr)
        return problem(std::string{"the terminal cannot move its cursor: TERM="} + term);
    return {};
}

Terminal::Terminal()
{
    ::set_escdelay(100);
    ::initscr();
    ::cbreak();
    ::noecho();
    ::nonl();
    ::keypad(::stdscr, TRUE);
    // Of terminals that know no application mode, whatever $TERM says.
    ::define_key("\033[A", KEY_UP);
    ::define_key("\033[B", KEY_DOWN);
    ::nodelay(::stdscr, TRUE);
    ::curs_set(0);
    if (!colour_is_wanted() || ::has_colors() == FALSE)
        return;
    colours_ = true;
    ::start_color();
    ::use_default_colors();
    ::init_pair(blue, COLOR_BLUE, -1);
    ::init_pair(red, COLOR_RED, -1);
    ::init_pair(yellow, COLOR_YELLOW, -1);
    for (int i = 0; i < graph_count; ++i)
        ::init_pair(static_cast<short>(first_graph + i),
                    graph_colours.at(static_cast<std::size_t>(i)), -1);
}

Terminal::~Terminal() { ::endwin(); }

int Terminal::rows() const { return ::getmaxy(::stdscr); }

int Terminal::columns() const { return ::getmaxx(::stdscr); }

unsigned long Terminal::attributes_of(const Cell &cell) const
{
    const auto pair = [&](int number) {
        return colours_ ? static_cast<unsigned long>(COLOR_PAIR(number)) : 0UL;
    };
    const unsigned long selected = cell.selected ? A_REVERSE : A_NORMAL;
    switch (cell.role) {
    case Role::title:
    case Role::device:
    case Role::value:
        return selected | A_BOLD;
    case Role::heading:
        return selected | A_UNDERLINE;
    case Role::quiet:
        return selected | A_DIM;
    case Role::trend:
        return selected | pair(first_graph);
    case Role::failed:
        return selected | A_BOLD | pair(red);
    case Role::trouble:
        return selected | pair(yellow);
    case Role::graph:
        return selected | pair(first_graph + cell.graph);
    case Role::text:
        break;
    }
    return selected;
}

void Terminal::show(const Canvas &canvas)
{
    ::werase(::stdscr);
    for (int row = 0; row < std::min(canvas.rows(), rows()); ++row) {
        for (int column = 0; column < std::min(canvas.columns(), columns()); ++column) {
            const auto &cell = canvas.at(row, column);
            if (cell.glyph == 0)
                continue;
            const auto glyph = static_cast<wchar_t>(cell.glyph);
            ::wattrset(::stdscr, static_cast<int>(attributes_of(cell)));
            ::mvwaddnwstr(::stdscr, row, column, &glyph, 1);
        }
    }
    ::wrefresh(::stdscr);
}

std::optional<Key> Terminal::key()
{
    const int code = ::wgetch(::stdscr);
    switch (code) {
    case ERR:
        return std::nullopt;
    case KEY_UP:
    case 'k':
        return Key::up;
    case KEY_DOWN:
    case 'j':
        return Key::down;
    case KEY_PPAGE:
        return Key::page_up;
    case KEY_NPAGE:
        return Key::page_down;
    case KEY_HOME:
    case 'g':
        return Key::home;
    case KEY_END:
    case 'G':
        return Key::end;
    case ' ':
    case '\r':
    case KEY_ENTER:
        return Key::watch;
    case 'p':
        return Key::pause;
    case '-':
        return Key::faster;
    case '+':
    case '=': // + without Shift
        return Key::slower;
    case 'L' - '@':
        return Key::redraw;
    case 'q':
        return Key::quit;
    default:
        return Key::other;
    }
}

void Terminal::resize()
{
    struct winsize size;
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        ::resizeterm(size.ws_row, size.ws_col);
    // Terminals differ in what they make of the lines that they had.
    redraw();
}

void Terminal::redraw() { ::clearok(::stdscr, TRUE); }

void Terminal::suspend()
{
    ::endwin();
    std::raise(SIGSTOP);
    resize();
}

} // namespace iiofs::top
