// SPDX-License-Identifier: MIT
//
// Runs a program that dies, as by SIGKILL, at its n-th system call, before it is made. The calls
// of all its threads count.
//   die_at CALL [--from-signal] PROGRAM [ARGUMENT...]
// --from-signal: from a SIGUSR2 on, which the program does not see. The program has the process id
// of this one; a child of it traces its parent.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr int is_system_call = SIGTRAP | 0x80;

bool enters_system_call(pid_t thread)
{
    __ptrace_syscall_info info{};
    return ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) > 0 &&
           info.op == PTRACE_SYSCALL_INFO_ENTRY;
}

/// Returns when the program has ended.
void trace(pid_t program, long call, bool counts)
{
    int status = 0;
    for (pid_t thread; (thread = waitpid(-1, &status, __WALL)) > 0;) {
        if (!WIFSTOPPED(status))
            continue;
        int signal = WSTOPSIG(status);
        if (signal == is_system_call) {
            if (counts && enters_system_call(thread) && --call == 0)
                kill(program, SIGKILL);
            signal = 0;
        } else if (status >> 16 != 0) {
            signal = 0; // a new thread, or the program itself
        } else if (signal == SIGUSR2 && !counts) {
            counts = true;
            signal = 0;
        }
        ptrace(PTRACE_SYSCALL, thread, 0, signal);
    }
}

} // namespace

int main(int argc, char **argv)
{
    const bool from_signal = argc > 2 && std::strcmp(argv[2], "--from-signal") == 0;
    const int program = from_signal ? 3 : 2;
    int ready[2];
    if (argc <= program || pipe(ready) != 0) {
        std::fprintf(stderr, "die_at CALL [--from-signal] PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    const pid_t parent = getpid();
    const pid_t tracer = fork();
    if (tracer == 0) {
        // Not a child that the program would wait for, nor one that keeps its files open.
        if (fork() != 0)
            _exit(0);
        if (ptrace(PTRACE_SEIZE, parent, 0,
                   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL) != 0 ||
            ptrace(PTRACE_INTERRUPT, parent, 0, 0) != 0)
            _exit(1);
        [[maybe_unused]] const auto written = write(ready[1], "r", 1);
        closefrom(3);
        trace(parent, std::atol(argv[1]), !from_signal);
        _exit(0);
    }
    waitpid(tracer, nullptr, 0);
    close(ready[1]);
    char traced = 0;
    if (read(ready[0], &traced, 1) != 1) {
        std::fprintf(stderr, "die_at: it cannot be traced\n");
        return 1;
    }
    close(ready[0]);
    execvp(argv[program], argv + program);
    std::perror(argv[program]);
    return 127;
}
