/* Invariant: no file of the user is changed; what has to be written goes to temporary files. */
#include "shark/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "shark/spool.h"
#include "source/source.h"

static enum fc_status copy_pipe(struct capture_file *file, int from, struct fc_error *err)
{
    char bytes[1 << 16];
    ssize_t n = 0;
    file->copy = spool_file();
    bool ok = file->copy >= 0;
    while (ok && (n = read(from, bytes, sizeof bytes)) != 0)
        ok = n > 0 ? spool_write(file->copy, bytes, (size_t)n) : errno == EINTR;
    if (!ok)
        return n < 0 ? error_set(err, FC_IO, -1, "%s", strerror(errno)) : spool_error(err);
    snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->copy);
    return FC_OK;
}

/* Opens the input by its name, and copies it if it can be read only once. */
static enum fc_status open_named(struct capture_file *file, const struct input *input, struct fc_error *err)
{
    struct stat info;
    bool is_stdin = !strcmp(input->name, "-");
    int fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(input->name, O_RDONLY | O_CLOEXEC);
    enum fc_status status = FC_OK;
    if (fd < 0 || fstat(fd, &info))
        status = error_set(err, errno == ENOENT ? FC_NOT_FOUND : FC_IO, -1, "%s", strerror(errno));
    else if (is_stdin || !S_ISREG(info.st_mode))
        status = copy_pipe(file, fd, err);
    if (status || file->copy >= 0) {
        if (fd >= 0)
            close(fd);
        fd = status ? -1 : fcntl(file->copy, F_DUPFD_CLOEXEC, 0);
    }
    file->plain = fd;
    return status;
}

/* Replaces file->plain, which may be -1, by an unpacked copy. */
static enum fc_status unpack(struct capture_file *file, const struct input *input, struct fc_error *err)
{
    const char *path = file->copy >= 0 ? file->path : input->name;
    int plain = spool_file();
    if (plain < 0)
        return spool_error(err);
    enum fc_status status = source_unpack(path, input->memory, input->len, plain, err);
    if (status) {
        close(plain);
        return status;
    }
    if (file->plain >= 0)
        close(file->plain);
    file->plain = plain;
    return FC_OK;
}

enum fc_status file_open(struct capture_file *file, const struct input *input, struct fc_error *err)
{
    *file = (struct capture_file){.plain = -1, .copy = -1};
    enum fc_status status = input->memory ? FC_OK : open_named(file, input, err);
    if (!status && (input->memory || source_is_packed(file->plain)))
        status = unpack(file, input, err);
    if (status)
        file_close(file);
    return status;
}

void file_close(struct capture_file *file)
{
    if (file->plain >= 0)
        close(file->plain);
    if (file->copy >= 0)
        close(file->copy);
    *file = (struct capture_file){.plain = -1, .copy = -1};
}

enum fc_status file_descriptor(int *out, const struct input *input, int given, struct fc_error *err)
{
    struct capture_file file;
    if (given >= 0) {
        *out = fcntl(given, F_DUPFD_CLOEXEC, 0);
        return *out >= 0 ? FC_OK : error_set(err, FC_IO, -1, "%s", strerror(errno));
    }
    if (!input->memory && source_reads_once(input->name))
        return error_set(err, FC_UNSUPPORTED, -1, "can be read only once");
    enum fc_status status = file_open(&file, input, err);
    if (!status)
        *out = file.plain; /* there is no copy of something that can be read again */
    return status;
}
