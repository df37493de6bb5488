/* What is kept of libwireshark's fields between runs, since asking for them takes a third of a second: a file
 * in the user's cache folder. Invariant: a file is used only when it is whole and of the same worker and the
 * same libwireshark (path, size, time of change); anything else about it is no error, it is made anew.
 *
 * A line that names the worker, one that names libwireshark's file, a line with libwireshark's version and
 * the two counts; then of each field three bytes (type, base, flags) and three texts that end with NUL; of
 * each old name two texts. */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/os.h"
#include "run/catalog.h"

enum { FORMAT = 2, NAMED = 1, MAY_BE_EMPTY = 2, MOST = 256 << 20 /* bytes; today it is a tenth of that */ };

/* ---- where, and for which worker ---- */

static bool cache_folder(char out[PATH_MAX])
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n = -1;
    if (cache && *cache == '/')
        n = snprintf(out, PATH_MAX, "%s/flowcontainer", cache);
    else if (home && *home == '/' && !access(home, W_OK)) /* some users have a home that must not be */
        n = snprintf(out, PATH_MAX, "%s/.cache/flowcontainer", home);
    return n > 0 && n < PATH_MAX - 64;
}

static uint64_t hash_text(const char *text)
{
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */
    for (; *text; text++)
        h = (h ^ (uint8_t)*text) * UINT64_C(1099511628211);
    return h;
}

static bool cache_path(char out[PATH_MAX], const char *worker)
{
    char folder[PATH_MAX];
    return cache_folder(folder) &&
           snprintf(out, PATH_MAX, "%s/fields-%016" PRIx64, folder, hash_text(worker)) < PATH_MAX;
}

static bool file_line(char *out, size_t cap, const char *file)
{
    struct stat s;
    if (stat(file, &s) || strchr(file, '\n'))
        return false;
    int n = snprintf(out, cap, "flowcontainer fields %d %lld %lld.%09ld %s\n", FORMAT, (long long)s.st_size,
                     (long long)os_changed(&s).tv_sec, os_changed(&s).tv_nsec, file);
    return n > 0 && (size_t)n < cap;
}

/* ---- reading ---- */

static char *read_file(const char *path, size_t *len)
{
    struct stat s;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *bytes = NULL;
    if (fd >= 0 && !fstat(fd, &s) && S_ISREG(s.st_mode) && s.st_size > 0 && s.st_size < MOST)
        bytes = memory_alloc((size_t)s.st_size + 1);
    *len = 0;
    while (bytes && *len < (size_t)s.st_size) {
        ssize_t n = read(fd, bytes + *len, (size_t)s.st_size - *len);
        if (n <= 0)
            break;
        *len += (size_t)n;
    }
    if (fd >= 0)
        close(fd);
    if (bytes)
        bytes[*len] = 0;
    return bytes;
}

struct cursor {
    const char *at, *end; /* *end is NUL */
};

static const char *next_text(struct cursor *c)
{
    const char *text = c->at, *stop = c->at < c->end ? memchr(c->at, 0, (size_t)(c->end - c->at)) : NULL;
    c->at = stop ? stop + 1 : c->end + 1;
    return stop ? text : NULL;
}

static bool next_field(struct cursor *c, struct fc_fields *out)
{
    if (c->end - c->at < 3)
        return false;
    uint8_t type = (uint8_t)c->at[0], base = (uint8_t)c->at[1], flags = (uint8_t)c->at[2];
    c->at += 3;
    const char *name = next_text(c), *type_name = name ? next_text(c) : NULL,
               *description = type_name ? next_text(c) : NULL;
    if (!description || type >= N_FIELD_TYPES || base >= N_FIELD_BASES)
        return false;
    bool sorted = !out->n || strcmp(out->entries[out->n - 1].field.name, name) < 0;
    struct field field = {.name = name,
                          .unit = "",
                          .description = description,
                          .type = type,
                          .base = base,
                          .named = flags & NAMED,
                          .may_be_empty = flags & MAY_BE_EMPTY};
    catalog_add(out, &field, type_name, "wireshark");
    return sorted && !out->memory.ended;
}

static bool parse(struct fc_fields *out, struct cursor *c)
{
    size_t n = 0, n_old = 0;
    int used = 0;
    if (sscanf(c->at, "%63s %zu %zu\n%n", out->version, &n, &n_old, &used) != 3 || !used || n > MOST)
        return false;
    c->at += used;
    for (size_t i = 0; i < n; i++)
        if (!next_field(c, out))
            return false;
    for (size_t i = 0; i < n_old; i++) {
        const char *old = next_text(c), *today = old ? next_text(c) : NULL;
        if (!today)
            return false;
        catalog_add_old_name(out, old, today);
    }
    return c->at == c->end && !out->memory.ended;
}

/* Whether the next line names a libwireshark that is as it was. Its path is the last word of the line. */
static bool same_library(struct cursor *c)
{
    char line[PATH_MAX + 128], path[PATH_MAX];
    int used = 0;
    bool same = sscanf(c->at, "flowcontainer fields %*d %*d %*d.%*d %4095[^\n]%n", path, &used) == 1 &&
                file_line(line, sizeof line, path) && !strncmp(c->at, line, strlen(line));
    c->at += used + 1;
    return same;
}

bool catalog_read(struct fc_fields *fields, const char *worker)
{
    char path[PATH_MAX], line[PATH_MAX + 128];
    size_t len = 0;
    char *bytes =
        cache_path(path, worker) && file_line(line, sizeof line, worker) ? read_file(path, &len) : NULL;
    size_t skip = bytes ? strlen(line) : 0;
    struct cursor c = {bytes + skip, bytes + len};
    bool whole = bytes && len > skip && !memcmp(bytes, line, skip) && same_library(&c) && parse(fields, &c);
    memory_free(bytes);
    if (!whole) {
        fields->n = fields->n_old = 0;
        fields->version[0] = 0;
    }
    return whole;
}

/* ---- writing ---- */

static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0700);
        *slash = '/';
    }
}

static void put_text(FILE *out, const char *text) { fwrite(text, 1, strlen(text) + 1, out); }

static bool write_all(FILE *out, const struct fc_fields *fields, const char *line)
{
    char library[PATH_MAX + 128];
    if (!file_line(library, sizeof library, fields->library))
        return false;
    fprintf(out, "%s%s%s %zu %zu\n", line, library, fields->version, fields->n, fields->n_old);
    for (size_t i = 0; i < fields->n; i++) {
        const struct field *f = &fields->entries[i].field;
        fputc((int)f->type, out);
        fputc((int)f->base, out);
        fputc((f->named ? NAMED : 0) | (f->may_be_empty ? MAY_BE_EMPTY : 0), out);
        put_text(out, f->name);
        put_text(out, fields->entries[i].type);
        put_text(out, f->description);
    }
    for (size_t i = 0; i < fields->n_old; i++) {
        put_text(out, fields->old_names[i].old);
        put_text(out, fields->old_names[i].today);
    }
    return !ferror(out);
}

void catalog_write(const struct fc_fields *fields, const char *worker)
{
    char path[PATH_MAX], temporary[PATH_MAX + 16], line[PATH_MAX + 128];
    if (!cache_path(path, worker) || !file_line(line, sizeof line, worker))
        return;
    make_folders(path);
    snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "wb");
    if (!out) {
        if (fd >= 0)
            close(fd);
        return;
    }
    bool whole = write_all(out, fields, line);
    whole = !fclose(out) && whole;
    if (!whole || rename(temporary, path))
        unlink(temporary);
}
