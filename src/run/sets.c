/* Options -> the tables of feature sets, and the list of all families. */
#include "run/sets.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "feature/feature.h"
#include "table/schema.h"

/* ---- options ---- */

bool sets_asked(const struct fc_options *o)
{
    for (size_t i = 0; i < o->n_features; i++)
        if (o->features[i] && set_family(o->features[i]))
            return true;
    return false;
}

/* The first option that is set though feature sets have no use for it; NULL: there is none. */
static const char *useless(const struct fc_options *o, const struct fc_options *d)
{
    const struct {
        bool is_set;
        const char *name;
    } options[] = {
        {o->filter && o->filter[strspn(o->filter, " \t\r\n")], "a display filter"},
        {o->n_fields > 0, "fields"},
        {o->n_bytes > 0, "bytes"},
        {o->columns != NULL, "columns"},
        {o->n_bytes > 0, "matrices of bytes"},
        {o->level != d->level, "a level"},
        {o->style != d->style, "the classic style"},
        {o->drop != d->drop, "packets to leave out"},
        {o->protocols != d->protocols, "protocols"},
        {o->policy != d->policy, "a policy of flows"},
        {o->close || o->max_flows, "a choice of flows that leave early"},
        {o->tunnel != d->tunnel, "the choice of a tunnel's header"},
        {o->values > FC_VALUES_PACKETS, "values of fields"},
        {o->packets || o->taking || o->limit, "a limit on packets"},
        {o->n_preferences || o->n_decode_as || o->n_dissectors || o->keylog || o->exact || o->passes ||
             o->max_memory || o->wireshark || o->engine == FC_ENGINE_WIRESHARK,
         "an option of the wireshark engine"},
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (options[i].is_set)
            return options[i].name;
    return NULL;
}

/* A name that is no feature set stands among names that are. */
static enum fc_status refuse_mixture(const char *set, const char *other, struct fc_error *err)
{
    return error_set(
        err, FC_USAGE, -1,
        "\"%.60s\" and \"%.60s\" cannot be asked for together: %.60s is a table of the flows that another "
        "program makes, and %.60s is no such table; families of flowcontainer's own flows (basic, "
        "stats, entropy) need a query of their own",
        set, other, set, other);
}

static const char *first_set(const struct fc_options *o)
{
    size_t i = 0;
    while (!o->features[i] || !set_family(o->features[i]))
        i++;
    return o->features[i];
}

enum fc_status sets_plan(struct query *q, const struct fc_options *o, const struct fc_options *defaults,
                         struct fc_error *err)
{
    struct fc_set_options options;
    const char *name = useless(o, defaults);
    if (name)
        return error_set(
            err, FC_USAGE, -1,
            "%s: %s would have no effect; the feature sets of other programs take the frames that "
            "the original takes",
            first_set(o), name);
    unsigned uses = 0;
    for (size_t i = 0; i < o->n_features; i++) {
        const struct set_family *family = o->features[i] ? set_family(o->features[i]) : NULL;
        uses |= family ? family->uses : 0;
    }
    enum fc_status status = set_options_take(&options, o->sets, uses, first_set(o), err);
    for (size_t i = 0; !status && i < o->n_features; i++) {
        const char *asked = o->features[i] ? o->features[i] : "";
        const struct set_family *family = set_family(asked);
        if (!family)
            return refuse_mixture(first_set(o), asked, err);
        for (size_t k = 0; k < q->n_sets; k++)
            if (q->sets[k]->family == family)
                return error_set(err, FC_USAGE, -1, "\"%s\" is asked for twice", asked);
        status = set_layout_make(&q->sets[q->n_sets], family, &options, err);
        q->n_sets += !status;
    }
    return status;
}

void sets_forget(struct query *q)
{
    for (size_t i = 0; i < q->n_sets; i++)
        set_layout_free(q->sets[i]);
    q->n_sets = 0;
}

void sets_explain(char *out, size_t cap, const struct query *q)
{
    size_t used =
        (size_t)snprintf(out, cap, "feature sets of other programs, each with its own reading of a frame:");
    for (size_t i = 0; i < q->n_sets && used < cap; i++)
        used += (size_t)snprintf(out + used, cap - used, "%s %s (%s)", i ? "," : "", q->sets[i]->family->name,
                                 q->sets[i]->family->description);
}

/* ---- columns ---- */

static const char *type_name(const char *format)
{
    switch (format[0]) {
    case 'l':
        return "int64";
    case 'L':
        return "uint64";
    case 'g':
        return "float64";
    case 'u':
        return "utf8";
    case 'b':
        return "bool";
    case 'c':
        return "int8";
    default:
        return "list<int32>";
    }
}

static struct fc_column_info info_of(const struct set_layout *l, const struct set_pick *pick,
                                     const char *name)
{
    const struct set_column *column = pick->column;
    return (struct fc_column_info){.name = name,
                                   .source = column ? column->name : "capture",
                                   .type = column ? type_name(column->format) : "dictionary<utf8>",
                                   .group = l->family->name,
                                   .unit = column ? column->unit : "",
                                   .description =
                                       column ? column->description : "the capture that the row is from",
                                   .is_default = true};
}

/* "tcp_seq_0 to tcp_seq_31" */
static const char *run_name(struct arena *texts, const struct set_pick *pick)
{
    size_t cap = 2 * strlen(pick->name) + 24;
    char *text = arena_alloc(texts, cap);
    if (text && pick->column->count > 1)
        snprintf(text, cap, "%s_0 to %s_%u", pick->name, pick->name, pick->column->count - 1U);
    else if (text)
        snprintf(text, cap, "%s_0", pick->name);
    return text;
}

struct fc_column_info *sets_describe(const struct set_layout *l, bool each_bit, struct arena *texts,
                                     size_t *n)
{
    struct fc_column_info *infos = memory_zero(l->n_columns + 1, sizeof *infos);
    bool good = infos != NULL;
    *n = 0;
    for (size_t i = 0; good && i < l->n_picks; i++) {
        const struct set_pick *pick = &l->picks[i];
        uint32_t count = pick->column ? pick->column->count : 0;
        for (uint32_t bit = 0; good && bit < (count && each_bit ? count : 1); bit++) {
            const char *name = !count     ? pick->name
                               : each_bit ? set_layout_bit(texts, pick->name, bit)
                                          : run_name(texts, pick);
            infos[(*n)++] = info_of(l, pick, name);
            good = name != NULL;
        }
    }
    if (good)
        return infos;
    memory_free(infos);
    return NULL;
}
