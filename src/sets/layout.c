/* Options of a caller -> the columns of a family's table. Invariant: every column has a name of its own. */
#include "sets/layout.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "sets/names.h"

enum { NS_PER_S = 1000000000, MOST_OPTIONS = 1 << 12, MOST_BIT_DIGITS = 8 };

void fc_set_options_init_sized(struct fc_set_options *options, size_t size)
{
    memset(options, 0, size);
    memcpy(options, &size, sizeof size);
}

/* ---- options ---- */

/* The first option that is set though no family uses it; NULL: there is none. */
static const char *useless(const struct fc_set_options *o, unsigned uses)
{
    const struct {
        unsigned use;
        bool is_set;
        const char *name;
    } options[] = {
        {SET_USES_FAULTS, o->faults != FC_FAULTS_AS_PUBLISHED, "faults"},
        {SET_USES_PHANTOMS, o->no_phantoms, "no phantoms"},
        {SET_USES_NAMES, o->names != NULL, "names"},
        {SET_USES_ACCOUNTING, o->accounting_mode != 0, "accounting mode"},
        {SET_USES_SPLT, o->splt != 0, "splt"},
        {SET_USES_TIMEOUTS, o->idle_ns != 0, "idle"},
        {SET_USES_TIMEOUTS, o->active_ns != 0, "active"},
        {SET_USES_LAYERS, o->layers != NULL, "layers"},
        {SET_USES_LAYERS, o->payload != 0, "payload"},
        {SET_USES_CHECKSUMS, o->ignore_checksums, "ignore checksums"},
        {SET_USES_PORTS, o->server_ports != NULL, "server ports"},
        {SET_USES_VERSION, o->version != 0, "version"},
        {UINT_MAX, o->form != FC_SET_VALUES, "form"}, /* these are for all sets, but not for own flows */
        {UINT_MAX, o->nulls, "nulls"},
        {UINT_MAX, o->capture, "capture"},
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (options[i].is_set && !(uses & options[i].use))
            return options[i].name;
    return NULL;
}

enum fc_status set_options_take(struct fc_set_options *out, const struct fc_set_options *given, unsigned uses,
                                const char *who, struct fc_error *err)
{
    *out = (struct fc_set_options){.size = sizeof *out};
    if (!given)
        return FC_OK;
    const uint8_t *bytes = (const uint8_t *)given;
    if (given->size < sizeof given->size || given->size > MOST_OPTIONS)
        return error_set(err, FC_USAGE, -1,
                         "the options of feature sets have no size: fc_set_options_init was not called");
    for (size_t i = sizeof *out; i < given->size; i++)
        if (bytes[i])
            return error_set(err, FC_UNSUPPORTED, -1,
                             "an option of feature sets is set that this library, which is %s, does not know",
                             FC_VERSION);
    memcpy(out, given, given->size < sizeof *out ? given->size : sizeof *out);
    out->size = sizeof *out;
    const char *name = useless(out, uses);
    if (name)
        return error_set(err, FC_USAGE, -1, "%s: the option \"%s\" would have no effect", who, name);
    if (out->form > FC_SET_JSON || out->faults > FC_FAULTS_CORRECTED || out->reserved)
        return error_set(err, FC_USAGE, -1, "an option of feature sets has a value that does not exist");
    return FC_OK;
}

/* Seconds of a time-out. */
static enum fc_status take_timeout(unsigned *out, int64_t ns, struct fc_error *err)
{
    *out = (unsigned)(ns / NS_PER_S);
    if (ns < 0 || ns % NS_PER_S || ns / NS_PER_S > INT32_MAX)
        return error_set(err, FC_USAGE, -1, "a time-out of a feature set is a number of whole seconds");
    return FC_OK;
}

static bool keep_text(struct arena *texts, const char **out, const char *text)
{
    *out = NULL;
    if (!text)
        return true;
    char *kept = arena_alloc(texts, strlen(text) + 1);
    if (kept)
        strcpy(kept, text);
    *out = kept;
    return kept != NULL;
}

static enum fc_status take_options(struct set_layout *l, const struct fc_set_options *o, struct fc_error *err)
{
    l->form = o->form;
    l->nulls = o->nulls;
    l->options = (struct set_options){.faults = o->faults,
                                      .no_phantoms = o->no_phantoms,
                                      .accounting_mode = o->accounting_mode,
                                      .splt = o->splt,
                                      .payload = o->payload,
                                      .ignore_checksums = o->ignore_checksums,
                                      .version = o->version};
    enum fc_status status = take_timeout(&l->options.idle_s, o->idle_ns, err);
    if (!status)
        status = take_timeout(&l->options.active_s, o->active_ns, err);
    if (!status && (!keep_text(&l->texts, &l->options.layers, o->layers) ||
                    !keep_text(&l->texts, &l->options.server_ports, o->server_ports)))
        status = error_memory(err);
    return status;
}

/* ---- columns ---- */

static size_t find_column(const struct set *set, const char *name)
{
    size_t i = 0;
    while (i < set->n_columns && strcmp(set->columns[i].name, name))
        i++;
    return i;
}

static void pick(struct set_layout *l, size_t value, const char *name, const char *head)
{
    const struct set_column *column = &l->model->columns[value];
    l->picks[l->n_picks++] = (struct set_pick){column, (uint32_t)value, name, head};
    l->n_columns += column->count ? column->count : 1;
}

static enum fc_status pick_columns(struct set_layout *l, const struct fc_set_options *o, struct fc_error *err)
{
    bool renames = o->names && l->family->uses & SET_USES_NAMES;
    const struct set_names *names = renames ? set_names_find(o->names) : NULL;
    if (renames && !names)
        return error_set(err, FC_USAGE, -1, "names are cic-ids2017, cse-cic-ids2018 or hieulw, not \"%.60s\"",
                         o->names);
    size_t n = names ? names->n : l->model->n_columns;
    l->picks = memory_zero(n + 1, sizeof *l->picks);
    if (!l->picks)
        return error_memory(err);
    if (o->capture) {
        l->picks[l->n_picks++] = (struct set_pick){.name = "capture", .head = "capture"};
        l->n_columns++;
    }
    for (size_t i = 0; i < n; i++)
        if (names)
            pick(l, find_column(l->model, names->items[i].column), names->items[i].name,
                 names->items[i].published);
        else
            pick(l, i, l->model->columns[i].name, l->model->columns[i].name);
    return FC_OK;
}

const char *set_layout_bit(struct arena *texts, const char *name, uint32_t bit)
{
    size_t cap = strlen(name) + 1 + MOST_BIT_DIGITS;
    char *text = arena_alloc(texts, cap);
    if (text)
        snprintf(text, cap, "%s_%u", name, bit);
    return text;
}

/* ---- making ---- */

enum fc_status set_layout_make(struct set_layout **out, const struct set_family *family,
                               const struct fc_set_options *options, struct fc_error *err)
{
    *out = NULL;
    struct set_layout *l = memory_zero(1, sizeof *l);
    if (!l)
        return error_memory(err);
    l->family = family;
    enum fc_status status = take_options(l, options, err);
    if (!status)
        status = family->open(&l->model, &l->options, err);
    if (!status)
        status = pick_columns(l, options, err);
    if (status) {
        set_layout_free(l);
        return status;
    }
    *out = l;
    return FC_OK;
}

void set_layout_free(struct set_layout *l)
{
    if (!l)
        return;
    if (l->model)
        l->family->close(l->model);
    memory_free(l->picks);
    arena_free(&l->texts);
    memory_free(l);
}

enum fc_status set_layout_open(struct set **out, const struct set_layout *l, const char *capture,
                               struct fc_error *err)
{
    struct set_options options = l->options;
    options.capture = capture;
    return l->family->open(out, &options, err);
}
