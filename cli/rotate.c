/* One stream of rows cut into files. Invariant: each row is in exactly one file, and no file is empty. Times
 * are those of the rows, so that the same captures give the same files; where rows come as they happen, the
 * clock ends a file, too, although no row comes. */
#include "rotate.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "say.h"
#include "stop.h"
#include "value.h"

/* ---- the option ---- */

static int parse_part(struct rotate_rule *rule, char *part)
{
    size_t len = strlen(part), digits = strspn(part, "0123456789");
    if (digits && !strcmp(part + digits, "rows")) {
        part[digits] = 0;
        int bad = opt_number(&rule->rows, "--rotate", part, INT64_MAX);
        return bad || rule->rows ? bad : say_usage("--rotate takes a number of rows above 0, not 0rows");
    }
    if (len && strchr("KMGT", part[len - 1]))
        return opt_size(&rule->bytes, "--rotate", part);
    return opt_duration(&rule->ns, "--rotate", part);
}

int rotate_parse(struct rotate_rule *rule, const char *text)
{
    char *copy = strdup(text), *rest = copy;
    int bad = copy ? 0 : say_usage("out of memory");
    for (char *part; !bad && (part = strsep(&rest, ","));)
        bad = parse_part(rule, part);
    free(copy);
    return bad;
}

/* ---- a part of a batch, with the interface of a batch ---- */

/* A batch that several parts share. */
struct shared {
    atomic_int refs;
    struct ArrowArray whole;
};

static void shared_drop(struct shared *s)
{
    if (!s || atomic_fetch_sub(&s->refs, 1) > 1)
        return;
    if (s->whole.release)
        s->whole.release(&s->whole);
    free(s);
}

/* A copy of the structs of an array; its buffers are those of the batch. A consumer may release each struct
 * apart. */
static void node_release(struct ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_children; i++) {
        if (array->children[i]->release)
            array->children[i]->release(array->children[i]);
        free(array->children[i]);
    }
    if (array->dictionary && array->dictionary->release)
        array->dictionary->release(array->dictionary);
    free(array->dictionary);
    free(array->children);
    shared_drop(array->private_data);
    array->release = NULL;
}

static bool node_copy(struct ArrowArray *out, const struct ArrowArray *from, struct shared *s)
{
    *out = *from;
    out->n_children = 0;
    out->dictionary = NULL;
    out->release = node_release;
    out->private_data = s;
    atomic_fetch_add(&s->refs, 1);
    out->children = from->n_children ? calloc((size_t)from->n_children, sizeof *out->children) : NULL;
    bool ok = !from->n_children || out->children;
    for (int64_t i = 0; ok && i < from->n_children; i++) {
        ok = (out->children[i] = calloc(1, sizeof **out->children)) != NULL;
        out->n_children += ok;
        ok = ok && node_copy(out->children[i], from->children[i], s);
    }
    if (ok && from->dictionary)
        ok = (out->dictionary = calloc(1, sizeof *out->dictionary)) &&
             node_copy(out->dictionary, from->dictionary, s);
    return ok;
}

/* Rows at .. at + n of the batch. */
static int part_of(struct ArrowArray *out, struct shared *s, int64_t at, int64_t n)
{
    if (!node_copy(out, &s->whole, s)) {
        node_release(out);
        return ENOMEM;
    }
    for (int64_t i = 0; i < out->n_children; i++) { /* readers of a table expect columns of its length */
        struct ArrowArray *column = out->children[i];
        column->offset += out->offset + at;
        column->length = n;
        column->null_count = column->null_count ? -1 : 0;
    }
    out->offset = 0;
    out->length = n;
    return 0;
}

/* ---- when a file ends ---- */

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The time of row i of the batch at hand; a row without a time counts to the file at hand. */
static int64_t time_of(const struct rotation *r, int64_t i, int64_t otherwise)
{
    if (r->time == SIZE_MAX)
        return otherwise;
    const struct ArrowArray *array = r->batch->whole.children[r->time];
    int64_t row = i + r->batch->whole.offset;
    return cell_is_null(array, row) ? otherwise : cell_int(&r->type->children[r->time], array, row);
}

static bool is_full(struct rotation *r)
{
    struct stat info;
    if (!r->n_rows)
        return false;
    if (stop_hups() != r->hups || (r->rule.rows && r->n_rows >= r->rule.rows))
        return true;
    if (r->by_clock && r->rule.ns && (now_ms() - r->begin_ms) >= r->rule.ns / 1000000)
        return true;
    return r->rule.bytes && r->path && !stat(r->path, &info) && (uint64_t)info.st_size >= r->rule.bytes;
}

/* How many of the rows at hand still belong to the file. */
static int64_t count_rows(const struct rotation *r)
{
    int64_t left = r->batch->whole.length - r->at, n = 0;
    if (r->rule.rows && (uint64_t)left > r->rule.rows - r->n_rows)
        left = (int64_t)(r->rule.rows - r->n_rows);
    if (r->piece_rows && left > r->piece_rows)
        left = r->piece_rows;
    while (n < left && !(r->rule.ns && time_of(r, r->at + n, r->first_ns) - r->first_ns >= r->rule.ns))
        n++;
    return n;
}

/* ---- the stream ---- */

/* Makes sure that there are rows at hand. False at the end, and after an error. */
static bool has_rows(struct rotation *r, bool waits)
{
    while (!r->ended && (!r->batch || r->at == r->batch->whole.length)) {
        shared_drop(r->batch);
        r->at = 0;
        if (!(r->batch = calloc(1, sizeof *r->batch))) {
            r->status = ENOMEM;
            return false;
        }
        atomic_init(&r->batch->refs, 1);
        r->status = r->inner->get_next(r->inner, &r->batch->whole);
        r->ended = r->status || !r->batch->whole.release;
        if (!waits && !r->ended && !r->batch->whole.length)
            return false; /* somebody asked to look whether the file ends */
    }
    return !r->ended;
}

static int part_next(struct ArrowArrayStream *self, struct ArrowArray *out)
{
    struct rotation *r = self->private_data;
    out->release = NULL;
    for (;;) {
        if (is_full(r))
            return 0;
        if (has_rows(r, false))
            break;
        if (r->ended || r->status)
            return r->status;
    }
    int64_t n = count_rows(r);
    if (!n)
        return 0;
    int bad = part_of(out, r->batch, r->at, n);
    r->at += bad ? 0 : n;
    r->n_rows += bad ? 0 : (uint64_t)n;
    return bad;
}

static int part_schema(struct ArrowArrayStream *self, struct ArrowSchema *out)
{
    struct rotation *r = self->private_data;
    return r->inner->get_schema(r->inner, out);
}

static const char *part_error(struct ArrowArrayStream *self)
{
    struct rotation *r = self->private_data;
    return r->inner->get_last_error(r->inner);
}

static void part_release(struct ArrowArrayStream *self) { self->release = NULL; }

bool rotation_begin(struct rotation *r, int *status)
{
    bool found = has_rows(r, true);
    *status = r->status;
    if (!found)
        return false;
    r->first_ns = time_of(r, r->at, 0);
    r->begin_ms = now_ms();
    r->n_rows = 0;
    r->hups = stop_hups();
    if (r->by_clock && r->rule.ns)
        r->due(r->context, r->rule.ns / 1000000);
    return true;
}

void rotation_stream(struct rotation *r, struct ArrowArrayStream *out)
{
    *out = (struct ArrowArrayStream){part_schema, part_next, part_error, part_release, r};
}

/* A file that exists is never replaced: the next free name has "-2" or a higher number before its ending. */
char *rotation_name(struct rotation *r)
{
    char text[1024], *name = NULL;
    time_t seconds = (time_t)(r->first_ns / 1000000000 - (r->first_ns % 1000000000 < 0));
    struct tm parts;
    if (!gmtime_r(&seconds, &parts) || !strftime(text, sizeof text, r->pattern, &parts))
        return NULL;
    const char *slash = strrchr(text, '/'), *dot = strrchr(slash ? slash : text, '.');
    int len = dot ? (int)(dot - text) : (int)strlen(text);
    int made = asprintf(&name, "%s", text);
    for (unsigned i = 2; made >= 0 && access(name, F_OK) == 0; i++) {
        free(name);
        made = asprintf(&name, "%.*s-%u%s", len, text, i, text + len);
    }
    return made >= 0 ? name : NULL;
}

void rotation_end(struct rotation *r)
{
    shared_drop(r->batch);
    r->batch = NULL;
}
