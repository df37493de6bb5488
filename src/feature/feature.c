/* The table of statistics, and the plan of a query: the parts of a state that the chosen columns need. */
#include "feature/feature.h"

#include <string.h>

#include "feature/state.h"

#define FORMAT_UINT32 "I"
#define FORMAT_UINT64 "L"
#define FORMAT_INT64 "l"
#define FORMAT_FLOAT64 "g"
#define NAME_UINT32 "uint32"
#define NAME_UINT64 "uint64"
#define NAME_INT64 "int64"
#define NAME_FLOAT64 "float64"

#define FEATURE(stem, type_, source_, statistic_, unit_, text)                                               \
    {{.name = PREFIX stem,                                                                                   \
      .source = PREFIX stem,                                                                                 \
      .type = NAME_##type_,                                                                                  \
      .group = FAMILY,                                                                                       \
      .unit = unit_,                                                                                         \
      .description = DIRECTION text},                                                                        \
     FORMAT_##type_,                                                                                         \
     SIDE,                                                                                                   \
     source_,                                                                                                \
     statistic_},
static const struct feature_column table[] = {
#define FAMILY "stats"
#define ROWS "feature/stats.def"
#include "feature/sides.def"
#undef FAMILY
#undef ROWS
#define FAMILY "entropy"
#define ROWS "feature/entropy.def"
#include "feature/sides.def"
};

size_t feature_count(void) { return sizeof table / sizeof *table; }
const struct feature_column *feature_at(size_t i) { return &table[i]; }

size_t feature_find(const char *name)
{
    for (size_t i = 0; i < feature_count(); i++)
        if (!strcmp(table[i].info.name, name))
            return i;
    return SIZE_MAX;
}

/* ---- the plan ---- */

static size_t part(struct feature_plan *plan, bool wanted, size_t len)
{
    if (!wanted)
        return FEATURE_ABSENT;
    size_t at = plan->state_len;
    plan->state_len += (len + 7) & ~(size_t)7;
    return at;
}

bool feature_is_of_sequence(const struct feature_column *column)
{
    return (column->statistic >= P25 && column->statistic <= DISTINCT) ||
           (column->source == IP_LEN && column->statistic == ENTROPY);
}

void feature_plan_make(struct feature_plan *plan, const uint16_t *chosen, size_t n_chosen, bool whole_log)
{
    bool flags = false, bytes = false;
    *plan = (struct feature_plan){.chosen = chosen, .n_chosen = n_chosen};
    for (size_t i = 0; i < n_chosen; i++) {
        const struct feature_column *column = feature_at(chosen[i]);
        uint8_t side = (uint8_t)(1 << column->side);
        if (feature_is_of_sequence(column))
            *(column->source == IAT ? &plan->wants_gaps : &plan->wants_lengths) |= side;
        else if (column->source == FLAGS)
            flags = true;
        else if (column->source == BYTES)
            bytes = true;
        else
            plan->wants_sums = true;
    }
    plan->needs_log = plan->wants_lengths || plan->wants_gaps;
    plan->needs_payload = bytes;
    plan->flags_at = part(plan, flags, sizeof(struct flag_counts));
    plan->sums_at = part(plan, plan->wants_sums && !plan->needs_log && !whole_log, sizeof(struct sums));
    plan->bytes_at = part(plan, bytes, sizeof(struct byte_counts));
}
