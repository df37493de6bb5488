/* Reads the parameters of a table function into fc_options: names and meaning are those of flowcontainer.scan
 * in Python. */
#include "query.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- a query ---- */

void query_fail(struct query *query, const char *format, ...)
{
    if (query->error[0])
        return;
    va_list list;
    va_start(list, format);
    vsnprintf(query->error, sizeof query->error, format, list);
    va_end(list);
}

void *query_take(struct query *query, size_t n, size_t size)
{
    struct block *block =
        size && n > (SIZE_MAX - sizeof *block) / size ? NULL : calloc(1, sizeof *block + n * size);
    if (!block) {
        query_fail(query, "out of memory");
        return NULL;
    }
    block->next = query->blocks;
    query->blocks = block;
    return block->bytes;
}

const char *query_text(struct query *query, const char *text)
{
    char *copy = text ? query_take(query, strlen(text) + 1, 1) : NULL;
    return copy ? strcpy(copy, text) : NULL;
}

void query_free(void *pointer)
{
    struct query *query = pointer;
    for (struct block *block = query->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(query);
}

/* ---- parameters ---- */

enum kind { TEXT, TEXTS, WORD, WORD64, NUMBER32, NUMBER64, SECONDS, SWITCH, SWITCH64, JOINED };

struct word {
    const char *text;
    int value;
};
static const struct word policies[] = {{"stream", FC_POLICY_STREAM}, {"timeout", FC_POLICY_TIMEOUT}, {0}};
static const struct word closes[] = {{"never", FC_CLOSE_NEVER}, {"fin", FC_CLOSE_FIN}, {0}};
static const struct word tunnels[] = {{"inner", FC_TUNNEL_INNER}, {"outer", FC_TUNNEL_OUTER}, {0}};
static const struct word engines[] = {
    {"auto", FC_ENGINE_AUTO}, {"native", FC_ENGINE_NATIVE}, {"wireshark", FC_ENGINE_WIRESHARK}, {0}};
static const struct word passes[] = {
    {"auto", FC_PASSES_AUTO}, {"1", FC_PASSES_ONE}, {"2", FC_PASSES_TWO}, {"2R", FC_PASSES_READ}, {0}};
static const struct word values[] = {{"packets", FC_VALUES_PACKETS},
                                     {"list", FC_VALUES_LIST},
                                     {"first", FC_VALUES_FIRST},
                                     {"set", FC_VALUES_SET},
                                     {0}};
static const struct word limits[] = {{"sequences", FC_LIMIT_SEQUENCES}, {"all", FC_LIMIT_ALL}, {0}};

/* The named parameters: each is a member of fc_options. */
#define AT(member) offsetof(struct fc_options, member)
static const struct option {
    const char *name;
    enum kind kind;
    size_t at, n_at; /* the member, and for TEXTS the member of its length */
    const struct word *words;
    enum fc_status (*parse)(uint32_t *out, const char *text, struct fc_error *err); /* JOINED */
} options[] = {
    {"fields", TEXTS, AT(fields), AT(n_fields)},
    {"filter", TEXT, AT(filter)},
    {"drop", JOINED, AT(drop), .parse = fc_drop_parse},
    {"protocols", JOINED, AT(protocols), .parse = fc_protocols_parse},
    {"policy", WORD, AT(policy), .words = policies},
    {"close", WORD64, AT(close), .words = closes},
    {"max_flows", NUMBER64, AT(max_flows)},
    {"idle", SECONDS, AT(idle_ns)},
    {"active", SECONDS, AT(active_ns)},
    {"tunnel", WORD, AT(tunnel), .words = tunnels},
    {"jobs", NUMBER32, AT(jobs)},
    {"max_frames", NUMBER64, AT(max_frames)},
    {"engine", WORD, AT(engine), .words = engines},
    {"preferences", TEXTS, AT(preferences), AT(n_preferences)},
    {"decode_as", TEXTS, AT(decode_as), AT(n_decode_as)},
    {"dissectors", TEXTS, AT(dissectors), AT(n_dissectors)},
    {"keylog", TEXT, AT(keylog)},
    {"wireshark", TEXT, AT(wireshark)},
    {"passes", WORD, AT(passes), .words = passes},
    {"max_memory", NUMBER64, AT(max_memory)},
    {"exact", SWITCH, AT(exact)},
    {"values", WORD, AT(values), .words = values},
    {"packets", NUMBER32, AT(packets)},
    {"limit", WORD, AT(limit), .words = limits},
    {"features", TEXTS, AT(features), AT(n_features)},
    {"join", SWITCH64, AT(join)},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };
#undef AT
_Static_assert(sizeof(enum fc_policy) == sizeof(int) && sizeof(enum fc_values) == sizeof(int),
               "a word is stored as an int");

static const char *text_of(struct query *query, duckdb_value value)
{
    char *text = duckdb_get_varchar(value);
    const char *copy = query_text(query, text);
    duckdb_free(text);
    return copy;
}

/* A text, or a list of texts, as an array; NULL, and an error of the query, for anything else. */
static const char **texts_of(struct query *query, const char *name, duckdb_value value, size_t *n)
{
    duckdb_type type = duckdb_get_type_id(duckdb_get_value_type(value));
    bool is_list = type == DUCKDB_TYPE_LIST;
    *n = is_list ? duckdb_get_list_size(value) : 1;
    const char **texts = query_take(query, *n + 1, sizeof *texts);
    if (!is_list && type != DUCKDB_TYPE_VARCHAR)
        query_fail(query, "%s must be a text or a list of texts", name);
    for (size_t i = 0; texts && i < *n && !query->error[0]; i++) {
        duckdb_value one = is_list ? duckdb_get_list_child(value, i) : value;
        if (duckdb_is_null_value(one) ||
            duckdb_get_type_id(duckdb_get_value_type(one)) != DUCKDB_TYPE_VARCHAR)
            query_fail(query, "%s must be a text or a list of texts, without NULL", name);
        else
            texts[i] = text_of(query, one);
        if (is_list)
            duckdb_destroy_value(&one);
    }
    return query->error[0] ? NULL : texts;
}

static bool word_read(struct query *query, const struct option *option, const char *text, int *out)
{
    char list[128] = "";
    for (const struct word *word = option->words; word->text; word++) {
        if (!strcmp(word->text, text)) {
            *out = word->value;
            return true;
        }
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s\"%s\"", list[0] ? ", " : "",
                 word->text);
    }
    query_fail(query, "%s must be one of %s, not \"%s\"", option->name, list, text);
    return false;
}

/* Words of a list, joined by commas: the form of fc_drop_parse. No word is "none". */
static void joined_read(struct query *query, const struct option *option, duckdb_value value, uint32_t *out)
{
    size_t n = 0, length = sizeof "none";
    struct fc_error err = {0};
    const char **texts = texts_of(query, option->name, value, &n);
    for (size_t i = 0; texts && i < n; i++)
        length += strlen(texts[i]) + 1;
    char *text = texts ? query_take(query, length, 1) : NULL;
    if (!text)
        return;
    for (size_t i = 0; i < n; i++)
        strcat(strcat(text, i ? "," : ""), texts[i]);
    if (option->parse(out, text[0] ? text : "none", &err))
        query_fail(query, "%s", err.text);
}

static void number_read(struct query *query, const struct option *option, duckdb_value value, void *out)
{
    bool is_small = option->kind == NUMBER32;
    int64_t number = duckdb_get_int64(value), least = !strcmp(option->name, "packets");
    int64_t most = !is_small ? INT64_MAX : least ? 65535 : UINT32_MAX;
    if (number < least || number > most)
        query_fail(query, "%s must be a number from %lld to %lld, not %lld", option->name, (long long)least,
                   (long long)most, (long long)number);
    else if (is_small)
        *(uint32_t *)out = (uint32_t)number;
    else
        *(uint64_t *)out = (uint64_t)number;
}

static void seconds_read(struct query *query, const struct option *option, duckdb_value value, int64_t *out)
{
    double seconds = duckdb_get_double(value);
    if (!(seconds > 0 && seconds < 9e9)) /* true for NaN; 64 bits hold 9e9 seconds */
        query_fail(query, "%s must be a number of seconds above 0, not %g", option->name, seconds);
    else if (query->options.policy == FC_POLICY_TIMEOUT)
        *out = (int64_t)(seconds * 1e9 + 0.5);
    else if (option->at == offsetof(struct fc_options, active_ns))
        query_fail(query, "active is for policy := 'timeout'");
    else if (query->options.close != FC_CLOSE_FIN)
        query_fail(query, "idle is for policy := 'timeout' and close := 'fin'");
    else
        *out = (int64_t)(seconds * 1e9 + 0.5);
}

static void option_read(struct query *query, const struct option *option, duckdb_value value)
{
    char *member = (char *)&query->options + option->at;
    switch (option->kind) {
    case TEXT:
        *(const char **)member = text_of(query, value);
        break;
    case TEXTS:
        *(const char ***)member =
            texts_of(query, option->name, value, (size_t *)((char *)&query->options + option->n_at));
        break;
    case WORD:
    case WORD64: {
        const char *text = text_of(query, value);
        int word = 0;
        if (text && word_read(query, option, text, &word)) {
            if (option->kind == WORD)
                *(int *)member = word;
            else
                *(uint64_t *)member = (uint64_t)word;
        }
        break;
    }
    case NUMBER32:
    case NUMBER64:
        number_read(query, option, value, member);
        break;
    case SECONDS:
        seconds_read(query, option, value, (int64_t *)member);
        break;
    case SWITCH:
        *(bool *)member = duckdb_get_bool(value);
        break;
    case SWITCH64:
        *(uint64_t *)member = duckdb_get_bool(value);
        break;
    case JOINED:
        joined_read(query, option, value, (uint32_t *)member);
        break;
    }
}

/* A named parameter, or NULL if it is not given or NULL. Free with duckdb_destroy_value. */
static duckdb_value parameter(duckdb_bind_info info, const char *name)
{
    duckdb_value value = duckdb_bind_get_named_parameter(info, name);
    if (value && duckdb_is_null_value(value))
        duckdb_destroy_value(&value);
    return value;
}

static bool switch_read(duckdb_bind_info info, const char *name)
{
    duckdb_value value = parameter(info, name);
    bool is_on = value && duckdb_get_bool(value);
    duckdb_destroy_value(&value);
    return is_on;
}

static void columns_read(struct query *query, duckdb_bind_info info)
{
    duckdb_value value = parameter(info, "columns");
    size_t n = 0;
    const char **names = value ? texts_of(query, "columns", value, &n) : NULL;
    struct fc_column *columns = names ? query_take(query, n + 1, sizeof *columns) : NULL;
    duckdb_destroy_value(&value);
    for (size_t i = 0; columns && i < n; i++)
        columns[i].source = names[i];
    query->options.columns = columns;
    query->options.n_columns = n;
}

void query_read(struct query *query, duckdb_bind_info info)
{
    fc_options_init(&query->options);
    query->options.batch_rows = (uint32_t)duckdb_vector_size();
    query->options.level = *(const enum fc_level *)duckdb_bind_get_extra_info(info);
    duckdb_value paths = duckdb_bind_get_parameter(info, 0);
    query->paths = texts_of(query, "the path", paths, &query->n_paths);
    duckdb_destroy_value(&paths);
    for (size_t i = 0; query->paths && i < query->n_paths; i++)
        if (!strcmp(query->paths[i], "-"))
            query_fail(query, "standard input (\"-\") cannot be read from SQL, where a query may read twice");
    for (size_t i = 0; i < N_OPTIONS; i++) {
        duckdb_value value = parameter(info, options[i].name);
        if (value)
            option_read(query, &options[i], value);
        duckdb_destroy_value(&value);
    }
    columns_read(query, info);
    query->options.taking = switch_read(info, "payload_only") ? FC_TAKING_PAYLOAD : FC_TAKING_ALL;
    query->ignore_errors = switch_read(info, "ignore_errors");
}

void query_parameters(duckdb_table_function function)
{
    static const duckdb_type of_kind[] = {
        [TEXT] = DUCKDB_TYPE_VARCHAR,   [TEXTS] = DUCKDB_TYPE_ANY,       [WORD] = DUCKDB_TYPE_VARCHAR,
        [WORD64] = DUCKDB_TYPE_VARCHAR, [NUMBER32] = DUCKDB_TYPE_BIGINT, [NUMBER64] = DUCKDB_TYPE_BIGINT,
        [SECONDS] = DUCKDB_TYPE_DOUBLE, [SWITCH] = DUCKDB_TYPE_BOOLEAN,  [SWITCH64] = DUCKDB_TYPE_BOOLEAN,
        [JOINED] = DUCKDB_TYPE_ANY};
    static const struct option others[] = {
        {"columns", TEXTS}, {"payload_only", SWITCH}, {"ignore_errors", SWITCH}};
    enum { N_OTHERS = sizeof others / sizeof others[0] };
    duckdb_logical_type path = duckdb_create_logical_type(DUCKDB_TYPE_ANY); /* a text or a list */
    duckdb_table_function_add_parameter(function, path);
    duckdb_destroy_logical_type(&path);
    for (size_t i = 0; i < N_OPTIONS + N_OTHERS; i++) {
        const struct option *option = i < N_OPTIONS ? &options[i] : &others[i - N_OPTIONS];
        duckdb_logical_type type = duckdb_create_logical_type(of_kind[option->kind]);
        duckdb_table_function_add_named_parameter(function, option->name, type);
        duckdb_destroy_logical_type(&type);
    }
}
