/* Invariant: while bytes are stored, memory holds the last of them and the file all before. After
 * spool_rewind memory is a window over the file, or holds all bytes when there is no file. */
#include "shark/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/temporary.h"

enum { IN_MEMORY = 4 << 20, WINDOW = 1 << 18 };

enum fc_status spool_error(struct fc_error *err)
{
    return error_set(err, FC_IO, -1, "no temporary copy in %.200s (TMPDIR names another place): %s",
                     temporary_folder(), strerror(errno));
}

bool spool_write(int fd, const void *bytes, size_t n)
{
    for (const char *at = bytes; n;) {
        ssize_t written = write(fd, at, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += written;
        n -= (size_t)written;
    }
    return true;
}

static enum fc_status to_file(struct spool *s, struct fc_error *err)
{
    if (!s->has_file) {
        s->file = temporary_file();
        s->has_file = s->file >= 0;
    }
    if (!s->has_file || !spool_write(s->file, s->bytes, s->len))
        return spool_error(err);
    s->written += s->len;
    s->len = 0;
    return FC_OK;
}

enum fc_status spool_put(struct spool *s, const void *bytes, size_t n, struct fc_error *err)
{
    if (s->len + n > IN_MEMORY && s->len) {
        enum fc_status status = to_file(s, err);
        if (status)
            return status;
    }
    if (!memory_reserve((void **)&s->bytes, &s->cap, s->len + n + 1, 1))
        return error_memory(err);
    if (n)
        memcpy(s->bytes + s->len, bytes, n);
    s->len += n;
    return FC_OK;
}

enum fc_status spool_rewind(struct spool *s, struct fc_error *err)
{
    s->at = 0;
    if (!s->has_file)
        return FC_OK;
    enum fc_status status = to_file(s, err);
    memory_free(s->bytes); /* it may be larger than the window that replaces it */
    s->bytes = NULL;
    s->cap = 0;
    return status;
}

/* Moves the window to the next byte to give back. It then holds n bytes, or all that are left. */
static enum fc_status fetch(struct spool *s, size_t n, struct fc_error *err)
{
    size_t want = n > WINDOW ? n : WINDOW;
    if (s->at)
        memmove(s->bytes, s->bytes + s->at, s->len - s->at);
    s->len -= s->at;
    s->at = 0;
    if (!memory_reserve((void **)&s->bytes, &s->cap, want, 1))
        return error_memory(err);
    while (s->len < n && s->fetched < s->written) {
        ssize_t got = pread(s->file, s->bytes + s->len, s->cap - s->len, (off_t)s->fetched);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return error_set(err, FC_IO, -1, "temporary file of values: %s",
                             got ? strerror(errno) : "cut short");
        s->len += (size_t)got;
        s->fetched += (uint64_t)got;
    }
    return FC_OK;
}

enum fc_status spool_get(struct spool *s, size_t n, const uint8_t **out, struct fc_error *err)
{
    enum fc_status status = s->has_file && s->len - s->at < n ? fetch(s, n, err) : FC_OK;
    *out = NULL;
    if (status || s->len - s->at < n)
        return status;
    *out = s->bytes + s->at;
    s->at += n;
    return FC_OK;
}

void spool_free(struct spool *s)
{
    memory_free(s->bytes);
    if (s->has_file)
        close(s->file);
    *s = (struct spool){0};
}
