// SPDX-License-Identifier: MIT
//
// The floor: the least that a libfuse low-level filesystem does for one
// attribute. One file, "attr", a constant answer, libfuse's stock loop.
//
//     fuse_floor MOUNTPOINT        in the foreground
#define FUSE_USE_VERSION 312
#include <errno.h>
#include <fuse_lowlevel.h>
#include <string.h>
#include <sys/stat.h>

static const char text[] = "23170\n";
enum { root_ino = 1, attr_ino = 2 };
static const double for_a_day = 86400;

static int fill(fuse_ino_t ino, struct stat *st)
{
    memset(st, 0, sizeof(*st));
    st->st_ino = ino;
    st->st_mode = ino == root_ino ? S_IFDIR | 0755 : S_IFREG | 0444;
    st->st_nlink = ino == root_ino ? 2 : 1;
    st->st_size = ino == root_ino ? 0 : 4096;
    return ino == root_ino || ino == attr_ino ? 0 : -1;
}

static void floor_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    (void)fi;
    struct stat st;
    if (fill(ino, &st))
        fuse_reply_err(req, ENOENT);
    else
        fuse_reply_attr(req, &st, for_a_day);
}

static void floor_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    struct fuse_entry_param entry;
    memset(&entry, 0, sizeof(entry));
    if (parent != root_ino || strcmp(name, "attr") != 0) {
        fuse_reply_err(req, ENOENT);
        return;
    }
    entry.ino = attr_ino;
    entry.attr_timeout = entry.entry_timeout = for_a_day;
    fill(attr_ino, &entry.attr);
    fuse_reply_entry(req, &entry);
}

static void floor_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    if (ino != attr_ino) {
        fuse_reply_err(req, EISDIR);
        return;
    }
    fi->direct_io = 1;
    fi->noflush = 1;
    fuse_reply_open(req, fi);
}

static void floor_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
                       struct fuse_file_info *fi)
{
    (void)ino;
    (void)fi;
    const size_t length = sizeof(text) - 1;
    const size_t at = (size_t)offset < length ? (size_t)offset : length;
    fuse_reply_buf(req, text + at, length - at < size ? length - at : size);
}

static const struct fuse_lowlevel_ops operations = {
    .lookup = floor_lookup,
    .getattr = floor_getattr,
    .open = floor_open,
    .read = floor_read,
};

int main(int argc, char **argv)
{
    struct fuse_args args = FUSE_ARGS_INIT(argc, argv);
    struct fuse_cmdline_opts options;
    if (fuse_parse_cmdline(&args, &options) || !options.mountpoint)
        return 2;
    struct fuse_session *session = fuse_session_new(&args, &operations, sizeof(operations), NULL);
    if (!session || fuse_set_signal_handlers(session) ||
        fuse_session_mount(session, options.mountpoint))
        return 1;
    struct fuse_loop_config *config = fuse_loop_cfg_create();
    const int status = fuse_session_loop_mt(session, config);
    fuse_loop_cfg_destroy(config);
    fuse_session_unmount(session);
    fuse_session_destroy(session);
    return status;
}
