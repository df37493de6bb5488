/* The families that fc_options.features may name: those of this library's own flows, then the feature sets of
 * other programs. Functions of flowcontainer.h are documented there. */
#include "run/family.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "feature/feature.h"
#include "run/sets.h"
#include "table/schema.h"

struct fc_family {
    struct set_layout *layout; /* NULL: a family of own flows */
    struct fc_column_info *columns;
    size_t n_columns;
    struct arena texts;
};

static const char *const own[] = {"basic", "stats", "entropy"};
enum { N_OWN = sizeof own / sizeof *own };

size_t fc_n_families(void) { return N_OWN + set_families(); }

struct fc_family_info fc_family_at(size_t i)
{
    if (i < N_OWN)
        return (struct fc_family_info){own[i], "flowcontainer", "flow", true};
    if (i >= fc_n_families())
        return (struct fc_family_info){0};
    const struct set_family *family = set_family_at(i - N_OWN);
    return (struct fc_family_info){family->name, family->description, family->row, false};
}

/* `basic` is made of columns that are there by default; docs/features.md names them. */
static bool is_of(const struct fc_column_info *info, const char *family)
{
    if (strcmp(family, "basic"))
        return !strcmp(info->group, family);
    return !strcmp(info->group, "totals") || !strcmp(info->name, "duration");
}

static enum fc_status describe_own(struct fc_family *f, const char *name, struct fc_error *err)
{
    size_t n;
    const struct schema_column *base = schema_columns(FC_LEVEL_FLOWS, &n);
    f->columns = memory_zero(n + feature_count(), sizeof *f->columns);
    if (!f->columns)
        return error_memory(err);
    for (size_t i = 0; i < n; i++)
        if (schema_has(&base[i], FC_LEVEL_FLOWS) && is_of(&base[i].info, name))
            f->columns[f->n_columns++] = base[i].info;
    for (size_t i = 0; i < feature_count(); i++)
        if (is_of(&feature_at(i)->info, name))
            f->columns[f->n_columns++] = feature_at(i)->info;
    return FC_OK;
}

static enum fc_status describe_set(struct fc_family *f, const struct set_family *family,
                                   const struct fc_set_options *given, struct fc_error *err)
{
    struct fc_set_options options;
    enum fc_status status = set_options_take(&options, given, family->uses, family->name, err);
    if (!status)
        status = set_layout_make(&f->layout, family, &options, err);
    if (!status && !(f->columns = sets_describe(f->layout, false, &f->texts, &f->n_columns)))
        status = error_memory(err);
    return status;
}

bool family_is_own(const char *name)
{
    for (size_t i = 0; i < N_OWN; i++)
        if (!strcmp(own[i], name))
            return true;
    return false;
}

void family_names(char *out, size_t cap)
{
    size_t used = 0;
    for (size_t i = 0; i < fc_n_families() && used < cap; i++)
        used += (size_t)snprintf(out + used, cap - used, "%s%s", i ? ", " : "", fc_family_at(i).name);
}

enum fc_status fc_family_open(struct fc_family **out, const char *name, const struct fc_set_options *options,
                              struct fc_error *err)
{
    const struct set_family *family = set_family(name);
    char families[256];
    if (!family && !family_is_own(name)) {
        family_names(families, sizeof families);
        return error_set(err, FC_USAGE, -1, "there is no family \"%.60s\"; families are %s", name, families);
    }
    struct fc_family *f = memory_zero(1, sizeof *f);
    if (!f)
        return error_memory(err);
    enum fc_status status = family ? describe_set(f, family, options, err) : describe_own(f, name, err);
    if (status)
        fc_family_free(f);
    else
        *out = f;
    return status;
}

size_t fc_family_n_columns(const struct fc_family *f) { return f->n_columns; }

const struct fc_column_info *fc_family_column(const struct fc_family *f, size_t i)
{
    return i < f->n_columns ? &f->columns[i] : NULL;
}

size_t fc_family_n_faults(const struct fc_family *f) { return f->layout ? f->layout->family->n_faults : 0; }

const struct fc_fault *fc_family_fault(const struct fc_family *f, size_t i)
{
    return i < fc_family_n_faults(f) ? &f->layout->family->faults[i] : NULL;
}

void fc_family_free(struct fc_family *f)
{
    if (!f)
        return;
    set_layout_free(f->layout);
    memory_free(f->columns);
    arena_free(&f->texts);
    memory_free(f);
}
