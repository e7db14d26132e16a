// SPDX-License-Identifier: MIT
#include <cerrno>
#include <daemon/mounter/mountpoint.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace iiofs {

namespace fs = std::filesystem;

OrProblem<Mountpoint> Mountpoint::find_or_make(const fs::path &path)
{
    std::error_code error;
    const auto whole = fs::weakly_canonical(fs::absolute(path), error);
    if (error)
        return problem(path.string() + ": " + error.message());
    Mountpoint out{{}, 0};
    for (const auto &component : whole) {
        if (component.empty()) // behind a slash at the end
            break;
        const auto next = out.path_ / component;
        struct stat status;
        if (::stat(next.c_str(), &status) != 0) {
            if (errno != ENOENT)
                return failed(next.string());
            const bool is_made = ::mkdir(next.c_str(), 0755) == 0;
            if (!is_made && errno != EEXIST)
                return failed(next.string() + ": cannot create the mountpoint");
            if (::stat(next.c_str(), &status) != 0)
                return failed(next.string());
            out.made_ = is_made ? out.made_ + 1 : 0;
        }
        if (!S_ISDIR(status.st_mode)) {
            errno = ENOTDIR;
            return failed(next.string());
        }
        out.path_ = next;
    }
    return out;
}

Mountpoint::~Mountpoint()
{
    for (auto path = path_; made_ > 0 && ::rmdir(path.c_str()) == 0; --made_)
        path = path.parent_path();
}

} // namespace iiofs
