/* Invariant: no file of the user is changed; what has to be written goes to temporary files. */
#include "shark/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/temporary.h"
#include "shark/convert.h"
#include "shark/spool.h"
#include "source/copy.h"
#include "source/feed.h"
#include "source/source.h"

/* The most bytes of a record of a capture. */
enum { HEAD = 1 << 20 };

/* The purpose of a copy of a capture. */
struct job {
    const struct input *input;
    struct worker *worker;
    const struct progress *progress;
};

static struct copy copy_to(int to, const struct job *job, uint64_t most)
{
    return (struct copy){.to = to,
                         .cancelled = &job->progress->cancelled,
                         .finishing = &job->progress->finishing,
                         .most = most};
}

/* Unpacks to a new file: at most `most` bytes, or all of them if it is 0. */
static enum fc_status unpack_to(int *out, const struct capture_file *file, const struct job *job,
                                uint64_t most, struct fc_error *err)
{
    const struct source_place copied = {.kind = SOURCE_PATH, .name = file->path};
    int to = temporary_file();
    if (to < 0)
        return spool_error(err);
    struct copy copy = copy_to(to, job, most);
    enum fc_status status = source_unpack(file->copy >= 0 ? &copied : &job->input->place, &copy, err);
    if (status)
        close(to);
    else
        *out = to;
    return status;
}

/* Whether the unpacked bytes are a capture, by the first of them. */
static enum fc_status judge_packed(const struct capture_file *file, const struct job *job,
                                   struct fc_error *err)
{
    int head = -1;
    enum fc_status status = unpack_to(&head, file, job, HEAD, err);
    if (status)
        return status;
    status = convert_judge(head, job->worker, job->progress, err);
    close(head);
    return status;
}

/* The bytes of a pipe: of a descriptor, or of an input of the caller. */
struct pipe {
    int descriptor;
    struct feed feed;
};

static enum fc_status copy_on(struct copy *copy, struct pipe *from, struct fc_error *err)
{
    return from->feed.input ? feed_copy(&from->feed, copy, err)
                            : copy_descriptor(copy, from->descriptor, err);
}

static enum fc_status copy_pipe(struct capture_file *file, struct pipe *from, const struct job *job,
                                struct fc_error *err)
{
    file->copy = temporary_file();
    if (file->copy < 0)
        return spool_error(err);
    snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->copy);
    struct copy copy = copy_to(file->copy, job, HEAD);
    enum fc_status status = copy_on(&copy, from, err);
    if (!status && job->worker)
        status = source_is_packed(file->copy) ? judge_packed(file, job, err)
                                              : convert_judge(file->copy, job->worker, job->progress, err);
    copy.most = 0;
    if (!status)
        status = copy_on(&copy, from, err);
    return status;
}

/* Copies an input of the caller that can be read only once. */
static enum fc_status open_feed(struct capture_file *file, const struct job *job, struct fc_error *err)
{
    struct pipe from = {.descriptor = -1};
    const struct source_watch watch = {&job->progress->cancelled, &job->progress->finishing};
    enum fc_status status = feed_open(&from.feed, job->input->place.input, &watch, err);
    if (!status)
        status = copy_pipe(file, &from, job, err);
    feed_close(&from.feed);
    if (!status)
        file->plain = fcntl(file->copy, F_DUPFD_CLOEXEC, 0);
    return status;
}

/* Opens the input by its name, and copies it if it can be read only once. */
static enum fc_status open_named(struct capture_file *file, const struct job *job, struct fc_error *err)
{
    struct stat info;
    const struct source_place *place = &job->input->place;
    bool is_live = place->kind == SOURCE_DESCRIPTOR, is_stdin = !is_live && !strcmp(place->name, "-");
    int fd = is_live || is_stdin ? fcntl(is_live ? place->descriptor : STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                 : open(place->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum fc_status status = FC_OK;
    if (fd < 0 || fstat(fd, &info))
        status = error_set(err, errno == ENOENT ? FC_NOT_FOUND : FC_IO, -1, "%s", strerror(errno));
    else if (is_stdin || !S_ISREG(info.st_mode))
        status = copy_pipe(file, &(struct pipe){.descriptor = fd}, job, err);
    if (status || file->copy >= 0) {
        if (fd >= 0)
            close(fd);
        fd = status ? -1 : fcntl(file->copy, F_DUPFD_CLOEXEC, 0);
    }
    file->plain = fd;
    return status;
}

/* Replaces file->plain, which may be -1, by an unpacked copy. */
static enum fc_status unpack(struct capture_file *file, const struct job *job, struct fc_error *err)
{
    int plain = -1;
    enum fc_status status = job->worker ? judge_packed(file, job, err) : FC_OK;
    if (!status)
        status = unpack_to(&plain, file, job, 0, err);
    if (status)
        return status;
    if (file->plain >= 0)
        close(file->plain);
    file->plain = plain;
    return FC_OK;
}

enum fc_status file_open(struct capture_file *file, const struct input *input, struct worker *worker,
                         const struct progress *progress, struct fc_error *err)
{
    const struct job job = {input, worker, progress};
    *file = (struct capture_file){.plain = -1, .copy = -1};
    enum source_kind kind = input->place.kind;
    bool is_input = kind == SOURCE_INPUT, is_named = kind == SOURCE_PATH || kind == SOURCE_DESCRIPTOR;
    enum fc_status status = FC_OK;
    if (is_named)
        status = open_named(file, &job, err);
    else if (is_input && input->reads_once)
        status = open_feed(file, &job, err);
    if (!status && (file->plain < 0 || source_is_packed(file->plain)))
        status = unpack(file, &job, err);
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

enum fc_status file_descriptor(int *out, const struct input *input, int given, struct worker *worker,
                               const struct progress *progress, struct fc_error *err)
{
    struct capture_file file;
    if (given >= 0) {
        *out = fcntl(given, F_DUPFD_CLOEXEC, 0);
        return *out >= 0 ? FC_OK : error_set(err, FC_IO, -1, "%s", strerror(errno));
    }
    if (input->reads_once)
        return error_set(err, FC_UNSUPPORTED, -1, "can be read only once");
    enum fc_status status = file_open(&file, input, worker, progress, err);
    if (!status)
        *out = file.plain; /* there is no copy of something that can be read again */
    return status;
}
