/* Invariants: a block in the file starts at a page; the lock covers all members but `has_file`. */
#include "base/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/os.h"
#include "base/temporary.h"

/* LARGE_PAGE: a segment begins at a multiple of the system's page, which is 64 KB on some ARM systems. */
enum {
    PAGE = 4096,
    LARGE_PAGE = 1 << 16,
    FIRST_SEGMENT = 1 << 20,
    LAST_SEGMENT = 1 << 26,
    LEAST_STEP = 1 << 18
};

/* A part of the file that is mapped at once. */
struct segment {
    uint8_t *bytes;
    size_t size, used;
};

/* Blocks of one size that were given back. They are listed outside of the file, because a block that is
 * touched comes back into memory. */
struct free_list {
    size_t size;
    void **blocks; /* has room for all blocks of this size, so that giving back never fails */
    size_t n, n_made, capacity;
};

struct spill {
    pthread_mutex_t lock;
    uint64_t limit;
    uint64_t outside; /* bytes of blocks that are not in the file */
    int file, usage;  /* descriptors: the file; the system's account of this process's memory, or -1 */
    struct segment *segments;
    size_t n_segments, segments_capacity;
    struct free_list *lists;
    size_t n_lists, lists_capacity;
    uint64_t size;    /* of the file */
    uint64_t in_file; /* bytes of mapped files in memory after the last time that blocks were taken out */
    int error;        /* errno of the first failure of the file */
    _Atomic bool has_file;
};

struct spill *spill_new(uint64_t limit)
{
    struct spill *s = memory_zero(1, sizeof *s);
    if (!s)
        return NULL;
    s->limit = limit;
    s->file = s->usage = -1;
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

/* ---- blocks ---- */

static size_t whole(size_t n, size_t page) { return (n + page - 1) / page * page; }

static bool open_file(struct spill *s)
{
    if (s->file >= 0)
        return true;
    s->file = temporary_file();
    if (s->file < 0)
        return false;
    s->usage = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    return true;
}

/* Makes the file longer, and maps its new end, of at least n bytes. */
static bool add_segment(struct spill *s, size_t n)
{
    size_t size = s->size < FIRST_SEGMENT ? FIRST_SEGMENT : s->size < LAST_SEGMENT ? s->size : LAST_SEGMENT;
    size = whole(size < n ? n : size, LARGE_PAGE);
    if (!memory_reserve((void **)&s->segments, &s->segments_capacity, s->n_segments + 1, sizeof *s->segments))
        return false;
    if (!open_file(s)) {
        s->error = errno;
        return false;
    }
    s->error = os_reserve(s->file, (off_t)s->size, (off_t)size);
    if (s->error)
        return false;
    void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, s->file, (off_t)s->size);
    if (bytes == MAP_FAILED) {
        s->error = errno;
        return false;
    }
#ifdef MADV_DONTFORK
    madvise(bytes, size, MADV_DONTFORK); /* a child would write into the memory of its parent */
#endif
    s->segments[s->n_segments++] = (struct segment){.bytes = bytes, .size = size};
    s->size += size;
    atomic_store_explicit(&s->has_file, true, memory_order_relaxed);
    return true;
}

/* The list of a size, which is made if needed; NULL when memory ends. */
static struct free_list *list_of(struct spill *s, size_t size)
{
    for (size_t i = 0; i < s->n_lists; i++)
        if (s->lists[i].size == size)
            return &s->lists[i];
    if (!memory_reserve((void **)&s->lists, &s->lists_capacity, s->n_lists + 1, sizeof *s->lists))
        return NULL;
    s->lists[s->n_lists] = (struct free_list){.size = size};
    return &s->lists[s->n_lists++];
}

static void *take_in_file(struct spill *s, size_t size)
{
    struct free_list *list = list_of(s, size);
    if (list && list->n)
        return list->blocks[--list->n];
    if (!list ||
        !memory_reserve((void **)&list->blocks, &list->capacity, list->n_made + 1, sizeof *list->blocks))
        return NULL;
    const struct segment *last = s->n_segments ? &s->segments[s->n_segments - 1] : NULL;
    if ((!last || last->size - last->used < size) && !add_segment(s, size))
        return NULL;
    struct segment *segment = &s->segments[s->n_segments - 1];
    segment->used += size;
    list->n_made++;
    return segment->bytes + segment->used - size;
}

void *spill_take(struct spill *s, size_t n)
{
    if (!s)
        return memory_alloc(n);
    pthread_mutex_lock(&s->lock);
    bool outside = s->outside + n <= s->limit / 2;
    void *block = outside ? memory_alloc(n) : memory_refuse() ? NULL : take_in_file(s, whole(n, PAGE));
    if (block && outside)
        s->outside += n;
    pthread_mutex_unlock(&s->lock);
    return block;
}

static bool is_in_file(const struct spill *s, const void *block)
{
    for (size_t i = 0; i < s->n_segments; i++) {
        uintptr_t from = (uintptr_t)s->segments[i].bytes, at = (uintptr_t)block;
        if (at >= from && at - from < s->segments[i].size)
            return true;
    }
    return false;
}

void spill_give(struct spill *s, void *block, size_t n)
{
    if (!s || !block) {
        memory_free(block);
        return;
    }
    pthread_mutex_lock(&s->lock);
    if (is_in_file(s, block)) {
        struct free_list *list = list_of(s, whole(n, PAGE)); /* was made for this block */
        list->blocks[list->n++] = block;
    } else {
        memory_free(block);
        s->outside -= n;
    }
    pthread_mutex_unlock(&s->lock);
}

/* ---- the limit ---- */

/* The bytes of this process that are in memory, and those of mapped files among them. False where the system
 * does not tell them; it then decides by itself which pages of the file stay in memory. */
static bool read_usage(const struct spill *s, uint64_t *all, uint64_t *files)
{
    char text[128];
    ssize_t n = s->usage < 0 ? -1 : pread(s->usage, text, sizeof text - 1, 0);
    if (n <= 0)
        return false;
    text[n] = 0;
    char *at = text;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    (void)strtoull(at, &at, 10); /* the size of the address space */
    *all = strtoull(at, &at, 10) * page;
    *files = strtoull(at, &at, 10) * page;
    return true;
}

/* Where other memory of the process alone is beyond the limit, blocks are taken out no more often than after
 * `step` bytes of them came back. */
void spill_look(struct spill *s, uint64_t more)
{
    uint64_t all, files;
    if (!s || !atomic_load_explicit(&s->has_file, memory_order_relaxed))
        return;
    pthread_mutex_lock(&s->lock);
    uint64_t step = s->limit / 32 > LEAST_STEP ? s->limit / 32 : LEAST_STEP;
    if (read_usage(s, &all, &files) && all + more + s->limit / 16 > s->limit && files > s->in_file + step) {
        for (size_t i = 0; i < s->n_segments; i++)
            madvise(s->segments[i].bytes, s->segments[i].size, MADV_DONTNEED);
        if (read_usage(s, &all, &files))
            s->in_file = files;
    }
    pthread_mutex_unlock(&s->lock);
}

bool spill_failed(struct spill *s, struct fc_error *err)
{
    if (!s)
        return false;
    pthread_mutex_lock(&s->lock);
    int error = s->error;
    pthread_mutex_unlock(&s->lock);
    if (error)
        error_set(
            err, FC_IO, -1,
            "flows beyond the limit of memory could not be put into a file in %.200s (TMPDIR names another "
            "place): %s",
            temporary_folder(), strerror(error));
    return error != 0;
}

uint64_t spill_bytes(struct spill *s)
{
    if (!s)
        return 0;
    pthread_mutex_lock(&s->lock);
    uint64_t size = s->size;
    pthread_mutex_unlock(&s->lock);
    return size;
}

void spill_free(struct spill *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n_segments; i++)
        munmap(s->segments[i].bytes, s->segments[i].size);
    if (s->file >= 0)
        close(s->file);
    if (s->usage >= 0)
        close(s->usage);
    for (size_t i = 0; i < s->n_lists; i++)
        memory_free(s->lists[i].blocks);
    memory_free(s->segments);
    memory_free(s->lists);
    pthread_mutex_destroy(&s->lock);
    memory_free(s);
}
