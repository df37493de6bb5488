/* Invariant: the written bytes are a prefix of the given ones, also after an error. */
#include "source/copy.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"

enum { LOOK_MS = 50 /* between two checks whether the run was cancelled */ };

/* Space that stays free: 256 MiB, or a twentieth of a small file system. */
static const uint64_t KEEP_FREE = 256u << 20;
/* Captures of real traffic seldom shrink to less than a fiftieth. Copies of up to 1 GiB are never refused. */
static const uint64_t MOST_RATIO = 1000, MOST_AT_ANY_RATIO = 1u << 30;

static bool is_set(const _Atomic bool *flag)
{
    return flag && atomic_load_explicit(flag, memory_order_relaxed);
}

static bool is_cancelled(const struct copy *copy) { return is_set(copy->cancelled); }

/* Returns false if n more bytes would take space that stays free. */
static bool has_space(int to, uint64_t n)
{
    struct statvfs fs;
    if (fstatvfs(to, &fs) || !fs.f_blocks) /* a file system without a size, such as some overlays */
        return true;
    uint64_t twentieth = (uint64_t)fs.f_blocks * fs.f_frsize / 20;
    uint64_t kept = twentieth < KEEP_FREE ? twentieth : KEEP_FREE;
    return (uint64_t)fs.f_bavail * fs.f_frsize >= kept + n;
}

static enum fc_status check_limits(const struct copy *copy, size_t n, uint64_t packed, struct fc_error *err)
{
    if (is_cancelled(copy))
        return error_set(err, FC_CANCELLED, -1, "cancelled");
    if (!has_space(copy->to, n))
        return error_set(err, FC_IO, -1,
                         "no temporary copy of it: after %llu bytes too little space is left (TMPDIR names "
                         "another place)",
                         (unsigned long long)copy->written);
    uint64_t len = copy->written + n;
    if (packed && len > MOST_AT_ANY_RATIO && len / MOST_RATIO > packed)
        return error_set(err, FC_IO, -1,
                         "no temporary copy of it: %llu compressed bytes unpack to more than %llu times as "
                         "many; unpack the capture first",
                         (unsigned long long)packed, (unsigned long long)MOST_RATIO);
    return FC_OK;
}

enum fc_status copy_put(struct copy *copy, const void *bytes, size_t n, uint64_t packed, struct fc_error *err)
{
    enum fc_status status = check_limits(copy, n, packed, err);
    for (const char *at = bytes; !status && n;) {
        ssize_t written = write(copy->to, at, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return error_set(err, FC_IO, -1, "cannot write the temporary copy: %s", strerror(errno));
        copy->written += (uint64_t)written;
        at += written;
        n -= (size_t)written;
    }
    return status;
}

enum fc_status copy_descriptor(struct copy *copy, int from, struct fc_error *err)
{
    char bytes[1 << 16];
    enum fc_status status = FC_OK;
    while (!status && copy_goes_on(copy)) {
        struct pollfd waiting = {.fd = from, .events = POLLIN};
        while (poll(&waiting, 1, LOOK_MS) <= 0)
            if (is_cancelled(copy))
                return error_set(err, FC_CANCELLED, -1, "cancelled");
            else if (is_set(copy->finishing))
                return FC_OK;
        ssize_t n = read(from, bytes, sizeof bytes);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n < 0)
            return error_set(err, FC_IO, -1, "cannot read: %s", strerror(errno));
        if (n == 0)
            return FC_OK;
        status = copy_put(copy, bytes, (size_t)n, 0, err);
    }
    return status;
}
