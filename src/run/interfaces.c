/* The list of interfaces, as `dumpcap -D` ("2. lo (Loopback)") or `tcpdump -D` ("2.lo [Up, Running,
 * Loopback]") prints it. Invariant: a line of another form is left out. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/memory.h"
#include "run/capturer.h"
#include "run/live.h"

struct fc_interfaces {
    struct memory_state memory;
    struct arena texts;
    struct fc_interface *items;
    size_t n, capacity;
};

static const char *copy_text(struct fc_interfaces *f, const char *text, size_t len)
{
    char *copy = arena_alloc(&f->texts, len + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, len);
    copy[len] = 0;
    return copy;
}

/* The text in the last pair of brackets of either kind that begins behind the name. */
static const char *find_description(const char *text, size_t *len)
{
    const char *open = strpbrk(text, "([");
    if (!open)
        return *len = 0, "";
    const char *close = strchr(open, *open == '(' ? ')' : ']');
    *len = close ? (size_t)(close - open) - 1 : strlen(open) - 1;
    return open + 1;
}

static bool take_line(struct fc_interfaces *f, const char *line)
{
    char *at;
    unsigned long number = strtoul(line, &at, 10);
    if (at == line || *at != '.')
        return true;
    at += 1 + (at[1] == ' ');
    size_t name_len = strcspn(at, " "), len;
    const char *description = find_description(at + name_len, &len);
    struct fc_interface found = {.number = (uint32_t)number,
                                 .name = copy_text(f, at, name_len),
                                 .description = copy_text(f, description, len)};
    if (!name_len)
        return true;
    if (!found.name || !found.description ||
        !memory_reserve((void **)&f->items, &f->capacity, f->n + 1, sizeof *f->items))
        return false;
    f->items[f->n++] = found;
    return true;
}

static enum fc_status take_list(struct fc_interfaces *f, char *text, struct fc_error *err)
{
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));)
        if (!take_line(f, line))
            return error_memory(err);
    return FC_OK;
}

enum fc_status fc_interfaces_load(struct fc_interfaces **out, struct fc_error *err)
{
    struct capturer capturer;
    char *text = NULL;
    enum fc_status status = capturer_find(&capturer, err);
    struct fc_interfaces *f = status ? NULL : memory_zero(1, sizeof *f);
    if (!status && !f)
        status = error_memory(err);
    if (!status) {
        f->texts.memory = &f->memory;
        status = live_list(&text, &capturer, err);
    }
    if (!status)
        status = take_list(f, text, err);
    memory_free(text);
    if (status)
        fc_interfaces_free(f);
    else
        *out = f;
    return status;
}

size_t fc_interfaces_count(const struct fc_interfaces *f) { return f->n; }

struct fc_interface fc_interfaces_at(const struct fc_interfaces *f, size_t i)
{
    return i < f->n ? f->items[i] : (struct fc_interface){0};
}

void fc_interfaces_free(struct fc_interfaces *f)
{
    if (!f)
        return;
    arena_free(&f->texts);
    memory_free(f->items);
    memory_free(f);
}
