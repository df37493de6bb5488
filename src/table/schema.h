/* The columns that there are beside fields: one table, made of columns.def. */
#ifndef FC_TABLE_SCHEMA_H
#define FC_TABLE_SCHEMA_H

#include <flowcontainer.h>

#include "table/column.h"

enum flow_column {
#define FLOW(id, name, shape, item, group, when, unit, description) FLOW_##id,
#define PACKET(id, name, shape, item, group, when, unit, description)
#include "table/columns.def"
#undef FLOW
#undef PACKET
    N_FLOW_COLUMNS
};

enum packet_column {
#define FLOW(id, name, shape, item, group, when, unit, description)
#define PACKET(id, name, shape, item, group, when, unit, description) PACKET_##id,
#include "table/columns.def"
#undef FLOW
#undef PACKET
    N_PACKET_COLUMNS
};

enum {
    MOST_COLUMNS = (int)N_FLOW_COLUMNS > (int)N_PACKET_COLUMNS ? (int)N_FLOW_COLUMNS : (int)N_PACKET_COLUMNS
};

enum schema_shape { SHAPE_PLAIN, SHAPE_WORD, SHAPE_LIST };
enum schema_when { WHEN_DEFAULT, WHEN_REQUEST, WHEN_FRAMES };

struct schema_column {
    struct fc_column_info info;
    const char *item; /* Arrow format string */
    enum schema_shape shape;
    enum schema_when when;
};

/* The columns of a level by their ids (enum flow_column, enum packet_column); *n of them. */
const struct schema_column *schema_columns(enum fc_level level, size_t *n);
/* Whether the level has the column, and whether it is there without being asked for. */
bool schema_has(const struct schema_column *column, enum fc_level level);
bool schema_is_default(const struct schema_column *column, enum fc_level level);
/* The id of the column of this name, or SIZE_MAX. */
size_t schema_find(enum fc_level level, const char *name);
/* False when memory ends. */
FC_MUST_USE bool schema_init(struct column *out, const struct schema_column *column, const char *name);

/* The short name of this text; NULL: there is none. */
const struct fc_short_name *schema_short_name(const char *name);

#endif
