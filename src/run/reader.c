/* The choice between the two walks. */
#include "run/reader.h"

#include "walk/sets.h"
#include "walk/walk.h"

enum fc_status reader_open(struct reader *r, const struct query *query, const struct input *inputs,
                           size_t n_inputs, struct progress *progress, struct fc_error *err)
{
    *r = (struct reader){0};
    if (query->n_sets)
        return sets_walk_open(&r->sets, query, inputs, n_inputs, progress, err);
    return walk_open(&r->walk, query, inputs, n_inputs, progress, err);
}

enum fc_status reader_next(struct reader *r, struct batch *out, struct fc_error *err)
{
    *out = (struct batch){.table = 0};
    if (r->sets)
        return sets_walk_next(r->sets, &out->table, &out->array, err);
    return walk_next(r->walk, &out->array, err);
}

const struct report *reader_report(const struct reader *r)
{
    return r->sets ? sets_walk_report(r->sets) : walk_report(r->walk);
}

void reader_close(struct reader *r)
{
    sets_walk_close(r->sets);
    walk_close(r->walk);
    *r = (struct reader){0};
}
