// SPDX-License-Identifier: MIT
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <daemon/base/fd.hpp>
#include <daemon/base/log.hpp>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

namespace iiofs {

namespace {

constexpr auto journal_socket = "/run/systemd/journal/socket";

/// Of the line that this thread is logging; a sink is called on the same one.
thread_local const LogSubject *current_subject = nullptr;

int priority(spdlog::level::level_enum level)
{
    switch (level) {
    case spdlog::level::critical:
        return LOG_CRIT;
    case spdlog::level::err:
        return LOG_ERR;
    case spdlog::level::warn:
        return LOG_WARNING;
    case spdlog::level::info:
        return LOG_INFO;
    default:
        return LOG_DEBUG;
    }
}

/// One field of the journal's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL).
void add_field(std::string &datagram, std::string_view name, std::string_view value)
{
    datagram += name;
    if (value.find('\n') == value.npos) {
        datagram += '=';
    } else {
        datagram += '\n';
        for (unsigned shift = 0; shift < 64; shift += 8) // the length, little endian
            datagram += static_cast<char>(std::uint64_t{value.size()} >> shift);
    }
    datagram += value;
    datagram += '\n';
}

class JournalSink : public spdlog::sinks::base_sink<std::mutex> {
    void sink_it_(const spdlog::details::log_msg &message) override
    {
        const std::string_view text{message.payload.data(), message.payload.size()};
        std::string datagram;
        add_field(datagram, "MESSAGE", text);
        add_field(datagram, "PRIORITY", std::to_string(priority(message.level)));
        add_field(datagram, "SYSLOG_IDENTIFIER", "iiofs");
        if (const auto *subject = current_subject) {
            for (const auto &[name, value] : {std::pair{"IIOFS_DRIVER", &subject->driver},
                                              {"IIOFS_BUS", &subject->bus},
                                              {"IIOFS_DEVICE", &subject->device}}) {
                if (!value->empty())
                    add_field(datagram, name, *value);
            }
            if (subject->error != 0)
                add_field(datagram, "ERRNO", std::to_string(subject->error));
        }
        // Standard error is the journal as well, without the fields.
        if (!send(datagram))
            ::dprintf(STDERR_FILENO, "<%d>%.*s\n", priority(message.level),
                      static_cast<int>(text.size()), text.data());
    }
    void flush_() override {}

    bool send(const std::string &datagram)
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, journal_socket, sizeof address.sun_path - 1);
        return ::sendto(socket_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL,
                        reinterpret_cast<const sockaddr *>(&address), sizeof address) >= 0;
    }

    const Fd socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

/// $JOURNAL_STREAM is "device:inode" of a stream to the journal; it is inherited, so
/// standard error may be another one.
bool stderr_is_journal()
{
    const char *stream = std::getenv("JOURNAL_STREAM");
    struct stat status;
    return stream && ::fstat(STDERR_FILENO, &status) == 0 &&
           stream == fmt::format("{}:{}", status.st_dev, status.st_ino);
}

/// Of the logger, which stays the same: where its lines go changes while threads log.
const std::shared_ptr<spdlog::sinks::dist_sink_mt> &destination()
{
    static const auto sink = std::make_shared<spdlog::sinks::dist_sink_mt>();
    return sink;
}

} // namespace

void log_to_stderr(bool verbose)
{
    const bool journal = stderr_is_journal();
    if (journal)
        destination()->set_sinks({std::make_shared<JournalSink>()});
    else
        destination()->set_sinks({std::make_shared<spdlog::sinks::stderr_color_sink_mt>()});
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("iiofs", destination()));
    if (!journal)
        spdlog::set_pattern("iiofs: %^%l%$: %v");
    spdlog::set_level(verbose ? spdlog::level::debug : spdlog::level::info);
}

void log_to_syslog()
{
    destination()->set_sinks(
        {std::make_shared<spdlog::sinks::syslog_sink_mt>("iiofs", LOG_PID, LOG_USER, false)});
}

int log_exception() noexcept
{
    try {
        int error = EIO;
        const char *what = "an exception was thrown";
        try {
            throw;
        } catch (const std::bad_alloc &) {
            error = ENOMEM;
            what = "out of memory";
        } catch (const std::exception &exception) {
            spdlog::error("a request failed: {}", exception.what());
            return error;
        } catch (...) {
            // It says nothing of itself.
        }
        spdlog::error("a request failed: {}", what);
        return error;
    } catch (...) {
        return ENOMEM; // nor can it be logged
    }
}

void detail::log_about(spdlog::level::level_enum level, const LogSubject &subject, std::string text)
{
    current_subject = &subject;
    spdlog::log(level, "{}: {}", subject.driver, text);
    current_subject = nullptr;
}

} // namespace iiofs
