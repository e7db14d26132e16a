// SPDX-License-Identifier: MIT
//
// The terminal, by ncurses.
#pragma once

#include <daemon/base/problem.hpp>
#include <daemon/top/canvas.hpp>
#include <optional>

namespace iiofs::top {

enum class Key {
    up,
    down,
    page_up,
    page_down,
    home,
    end,
    watch,
    pause,
    faster,
    slower,
    redraw,
    quit,
    other,
};

/// Full screen from its beginning to its end.
/// Threads: one. SIGWINCH and SIGTSTP must be blocked, so that ncurses handles
/// neither: see resize() and suspend().
class Terminal {
public:
    /// Problems: $TERM is not known, or can do too little.
    [[nodiscard]] static OrProblem<void> usable();
    Terminal();
    ~Terminal();
    Terminal(const Terminal &) = delete;
    Terminal &operator=(const Terminal &) = delete;

    [[nodiscard]] int rows() const;
    [[nodiscard]] int columns() const;
    void show(const Canvas &canvas);
    /// One that was pressed; none: no further one.
    [[nodiscard]] std::optional<Key> key();
    /// The window has another size now.
    void resize();
    /// Everything is drawn anew with the next show().
    void redraw();
    /// Gives the terminal back while the process is stopped.
    void suspend();

private:
    [[nodiscard]] unsigned long attributes_of(const Cell &cell) const;
    bool colours_ = false;
};

} // namespace iiofs::top
