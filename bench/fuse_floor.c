// SPDX-License-Identifier: MIT
//
// The floor: the least that a libfuse low-level filesystem does for one
// attribute. One file, "attr", a constant answer, libfuse's stock loop.
//
//     fuse_floor MOUNTPOINT        in the foreground
//
// FLOOR_TREE=1000x60 in the environment: beside it so many directories of so many files each.
#define FUSE_USE_VERSION 312
#include <errno.h>
#include <fuse_lowlevel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char text[] = "23170\n";
enum { root_ino = 1, attr_ino = 2, first_directory = 1 << 20 };
// A directory's number is a multiple of this one; those behind it are its files'.
enum { stride = 1 << 10 };
static unsigned directories, files;
static const double for_a_day = 86400;

static fuse_ino_t directory_ino(unsigned i) { return first_directory + (fuse_ino_t)i * stride; }

static int is_directory(fuse_ino_t ino)
{
    return ino == root_ino || (ino >= first_directory && ino % stride == 0);
}

static int fill(fuse_ino_t ino, struct stat *st)
{
    memset(st, 0, sizeof(*st));
    st->st_ino = ino;
    st->st_mode = is_directory(ino) ? S_IFDIR | 0755 : S_IFREG | 0444;
    st->st_nlink = is_directory(ino) ? 2 : 1;
    st->st_size = is_directory(ino) ? 0 : 4096;
    return ino == root_ino || ino == attr_ino || ino >= first_directory ? 0 : -1;
}

// The entry of a directory at a place, with its name; 0: there is none.
static fuse_ino_t entry_at(fuse_ino_t directory, off_t place, char *name, size_t size)
{
    if (directory == root_ino && place == 0) {
        snprintf(name, size, "attr");
        return attr_ino;
    }
    if (directory == root_ino) {
        snprintf(name, size, "d%u", (unsigned)place - 1);
        return place <= directories ? directory_ino((unsigned)place - 1) : 0;
    }
    snprintf(name, size, "file%u", (unsigned)place);
    return place < files ? directory + 1 + (fuse_ino_t)place : 0;
}

static fuse_ino_t entry_named(fuse_ino_t directory, const char *name)
{
    unsigned i;
    if (directory == root_ino && strcmp(name, "attr") == 0)
        return attr_ino;
    if (directory == root_ino && sscanf(name, "d%u", &i) == 1 && i < directories)
        return directory_ino(i);
    if (directory != root_ino && sscanf(name, "file%u", &i) == 1 && i < files)
        return directory + 1 + i;
    return 0;
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
    entry.ino = entry_named(parent, name);
    if (entry.ino == 0) {
        fuse_reply_err(req, ENOENT);
        return;
    }
    entry.attr_timeout = entry.entry_timeout = for_a_day;
    fill(entry.ino, &entry.attr);
    fuse_reply_entry(req, &entry);
}

static void floor_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    if (is_directory(ino)) {
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

static void floor_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
                              struct fuse_file_info *fi)
{
    (void)fi;
    char name[32], *const buffer = malloc(size);
    size_t used = 0;
    struct fuse_entry_param entry;
    memset(&entry, 0, sizeof(entry));
    entry.attr_timeout = entry.entry_timeout = for_a_day;
    while (buffer && (entry.ino = entry_at(ino, offset, name, sizeof(name))) != 0) {
        fill(entry.ino, &entry.attr);
        const size_t length =
            fuse_add_direntry_plus(req, buffer + used, size - used, name, &entry, ++offset);
        if (length > size - used)
            break;
        used += length;
    }
    fuse_reply_buf(req, buffer, used);
    free(buffer);
}

static const struct fuse_lowlevel_ops operations = {
    .lookup = floor_lookup,
    .getattr = floor_getattr,
    .open = floor_open,
    .read = floor_read,
    .readdirplus = floor_readdirplus,
};

int main(int argc, char **argv)
{
    struct fuse_args args = FUSE_ARGS_INIT(argc, argv);
    struct fuse_cmdline_opts options;
    if (fuse_parse_cmdline(&args, &options) || !options.mountpoint)
        return 2;
    const char *const tree = getenv("FLOOR_TREE");
    if (tree && (sscanf(tree, "%ux%u", &directories, &files) != 2 || files >= stride))
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
