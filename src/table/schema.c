/* The table of columns. Invariant: an id is an index into the table of its level. */
#include "table/schema.h"

#include "feature/feature.h"

/* Types: the Arrow format string, and the name that people read. */
#define FORMAT_UTF8 "u"
#define FORMAT_INT8 "c"
#define FORMAT_UINT16 "S"
#define FORMAT_INT32 "i"
#define FORMAT_UINT32 "I"
#define FORMAT_UINT64 "L"
#define FORMAT_TIMESTAMP "tsn:UTC"
#define FORMAT_DURATION "tDn"
#define NAME_UTF8 "utf8"
#define NAME_INT8 "int8"
#define NAME_UINT16 "uint16"
#define NAME_INT32 "int32"
#define NAME_UINT32 "uint32"
#define NAME_UINT64 "uint64"
#define NAME_TIMESTAMP "timestamp[ns, UTC]"
#define NAME_DURATION "duration[ns]"
#define TYPE_PLAIN(item) item
#define TYPE_WORD(item) "dictionary<int32, " item ">"
#define TYPE_LIST(item) "list<" item ">"

#define ROW(level, id, name_, shape_, item_, group_, when_, unit_, description_)                             \
    [level##id] = {{.name = name_,                                                                           \
                    .source = name_,                                                                         \
                    .type = TYPE_##shape_(NAME_##item_),                                                     \
                    .group = group_,                                                                         \
                    .unit = unit_,                                                                           \
                    .description = description_,                                                             \
                    .is_default = WHEN_##when_ != WHEN_REQUEST},                                             \
                   FORMAT_##item_,                                                                           \
                   SHAPE_##shape_,                                                                           \
                   WHEN_##when_},

static const struct schema_column flow_columns[N_FLOW_COLUMNS] = {
#define FLOW(...) ROW(FLOW_, __VA_ARGS__)
#define PACKET(...)
#include "table/columns.def"
#undef FLOW
#undef PACKET
};

static const struct schema_column packet_columns[N_PACKET_COLUMNS] = {
#define FLOW(...)
#define PACKET(...) ROW(PACKET_, __VA_ARGS__)
#include "table/columns.def"
#undef FLOW
#undef PACKET
};

static const struct fc_short_name short_names[] = {
#define SHORT(name, field, description) {name, field, description},
#include "table/short_names.def"
#undef SHORT
};
enum { N_SHORT_NAMES = sizeof short_names / sizeof *short_names };

const struct schema_column *schema_columns(enum fc_level level, size_t *n)
{
    *n = level == FC_LEVEL_FLOWS ? (size_t)N_FLOW_COLUMNS : (size_t)N_PACKET_COLUMNS;
    return level == FC_LEVEL_FLOWS ? flow_columns : packet_columns;
}

bool schema_has(const struct schema_column *column, enum fc_level level)
{
    return column->when != WHEN_FRAMES || level == FC_LEVEL_FRAMES;
}

bool schema_is_default(const struct schema_column *column, enum fc_level level)
{
    return column->when != WHEN_REQUEST && schema_has(column, level);
}

size_t schema_find(enum fc_level level, const char *name)
{
    size_t n;
    const struct schema_column *columns = schema_columns(level, &n);
    for (size_t i = 0; i < n; i++)
        if (schema_has(&columns[i], level) && !strcmp(columns[i].info.name, name))
            return i;
    return SIZE_MAX;
}

bool schema_init(struct column *out, const struct schema_column *column, const char *name)
{
    switch (column->shape) {
    case SHAPE_WORD:
        return column_init_dictionary(out, name);
    case SHAPE_LIST:
        return column_init_list(out, name, column->item);
    default:
        column_init(out, name, column->item);
        return true;
    }
}

const struct fc_short_name *schema_short_name(const char *name)
{
    for (size_t i = 0; i < N_SHORT_NAMES; i++)
        if (!strcmp(short_names[i].name, name))
            return &short_names[i];
    return NULL;
}

size_t fc_n_columns(enum fc_level level)
{
    size_t n, has = 0;
    const struct schema_column *columns = schema_columns(level, &n);
    for (size_t i = 0; i < n; i++)
        has += schema_has(&columns[i], level);
    return has + (level == FC_LEVEL_FLOWS ? feature_count() : 0);
}

const struct fc_column_info *fc_column_at(enum fc_level level, size_t i)
{
    size_t n;
    const struct schema_column *columns = schema_columns(level, &n);
    for (size_t id = 0; id < n; id++)
        if (schema_has(&columns[id], level) && i-- == 0)
            return &columns[id].info;
    return level == FC_LEVEL_FLOWS && i < feature_count() ? &feature_at(i)->info : NULL;
}

size_t fc_n_short_names(void) { return N_SHORT_NAMES; }

const struct fc_short_name *fc_short_name_at(size_t i) { return i < N_SHORT_NAMES ? &short_names[i] : NULL; }
