/* The table format: one line per flow, packet or frame.
 *
 * Invariant: the first block of rows decides the widths. With several captures, a capture's name is a
 * heading. Values of fields read as tshark prints them; for a flow, its first different values are shown.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "format.h"
#include "grid.h"
#include "say.h"

enum {
    BLOCK_ROWS = 500,    /* rows that decide the widths, if all rows are written */
    DISTINCT_MOST = 3,   /* different values of a field shown for a flow */
    BYTES_MOST = 8,      /* bytes of a packet that are shown */
    SCANNED_MOST = 2000, /* values of a field searched for a flow */
    VALUE_BYTES = 160,   /* most bytes of one value; the layout may shorten it further */
    MAX_BASE = 12
};

struct table {
    struct grid grid;
    struct grid_column *columns;
    struct text heads;   /* the capture of each row of the block, with NUL; empty if the same as before */
    struct text capture; /* capture of the row before */
    size_t n_rows, n_dropped;
    uint64_t n_shown, n_hidden;
    bool fitted;
};

static struct grid_column *add_column(struct table *table, const char *title, enum grid_kind kind,
                                      const char *sgr)
{
    struct grid_column *column = &table->columns[table->grid.n_columns++];
    *column = (struct grid_column){.title = title, .kind = kind, .sgr = sgr};
    return column;
}

static void flow_columns(struct table *table, bool utf8)
{
    add_column(table, "PROTO", GRID_WORD, "36");
    add_column(table, "STREAM", GRID_NUMBER, NULL)->spare = SPARE_EARLY;
    add_column(table, "CLIENT", GRID_ADDRESS, NULL);
    add_column(table, utf8 ? "\u2192" : "->", GRID_WORD, "2");
    add_column(table, "SERVER", GRID_ADDRESS, NULL);
    add_column(table, "START", GRID_TIME, NULL);
    add_column(table, "LASTED", GRID_NUMBER, NULL)->spare = SPARE_SOON;
    add_column(table, utf8 ? "PKT\u2192" : "PKT>", GRID_NUMBER, NULL)->spare = SPARE_LAST;
    add_column(table, utf8 ? "PKT\u2190" : "PKT<", GRID_NUMBER, NULL)->spare = SPARE_LAST;
    add_column(table, utf8 ? "BYTES\u2192" : "BYTES>", GRID_NUMBER, NULL)->spare = SPARE_LATE;
    add_column(table, utf8 ? "BYTES\u2190" : "BYTES<", GRID_NUMBER, NULL)->spare = SPARE_LATE;
}

static void packet_columns(struct table *table, bool utf8, bool frames)
{
    add_column(table, "NO.", GRID_NUMBER, NULL);
    add_column(table, "TIME", GRID_TIME, NULL);
    add_column(table, "PROTO", GRID_WORD, "36");
    add_column(table, "STREAM", GRID_NUMBER, NULL)->spare = SPARE_LATE;
    add_column(table, "FROM", GRID_ADDRESS, NULL);
    add_column(table, utf8 ? "\u2192" : "->", GRID_WORD, "2");
    add_column(table, "TO", GRID_ADDRESS, NULL);
    add_column(table, "FRAME", GRID_NUMBER, NULL)->spare = SPARE_LAST;
    add_column(table, "PAYLOAD", GRID_NUMBER, NULL)->spare = SPARE_SOON;
    if (frames)
        add_column(table, "LEFT OUT", GRID_WORD, "33")->spare = SPARE_LAST;
}

/* ---- cells ---- */

static void clean_cell(struct view *view, struct table *table, const char *bytes, size_t len)
{
    struct text *text = &view->scratch;
    text->len = 0;
    say_clean(text, bytes, len, view->utf8);
    grid_cell(&table->grid, text->len ? text->p : "", text->len);
}

static void text_cell(struct view *view, struct table *table, const struct ArrowArray *batch, int64_t i,
                      const char *name)
{
    size_t c = cell_child(view->type, name);
    struct cell_span span = cell_text(&view->type->children[c], batch->children[c], i);
    clean_cell(view, table, span.p, span.len);
}

static void word_cell(struct table *table, const char *text) { grid_cell(&table->grid, text, strlen(text)); }

/* False if the value is null. */
static bool number_of(struct view *view, const struct ArrowArray *batch, int64_t i, const char *name,
                      int64_t *out)
{
    size_t c = cell_child(view->type, name);
    *out = 0;
    if (cell_is_null(batch->children[c], i))
        return false;
    *out = cell_int(&view->type->children[c], batch->children[c], i);
    return true;
}

static void number_cell(struct view *view, struct table *table, const struct ArrowArray *batch, int64_t i,
                        const char *name)
{
    int64_t value;
    char text[UNIT_TEXT] = "";
    if (number_of(view, batch, i, name, &value))
        snprintf(text, sizeof text, "%lld", (long long)value);
    word_cell(table, text);
}

static void time_cell(struct view *view, struct table *table, const struct ArrowArray *batch, int64_t i,
                      const char *name)
{
    int64_t ns;
    char text[UNIT_TIME];
    if (!number_of(view, batch, i, name, &ns)) {
        word_cell(table, "");
        return;
    }
    unit_time(text, &view->clock, ns);
    text[10] = ' ';
    grid_cell(&table->grid, text, 23);
}

/* "192.0.2.1:443", "[2001:db8::1]:443", or the address alone if there is no port. */
static void address_cell(struct view *view, struct table *table, const struct ArrowArray *batch, int64_t i,
                         const char *address, const char *port)
{
    size_t c = cell_child(view->type, address);
    struct cell_span span = cell_text(&view->type->children[c], batch->children[c], i);
    bool six = memchr(span.p, ':', span.len) != NULL;
    int64_t number;
    char text[96];
    if (!number_of(view, batch, i, port, &number) || number == 0)
        snprintf(text, sizeof text, "%.*s", (int)span.len, span.p);
    else
        snprintf(text, sizeof text, six ? "[%.*s]:%d" : "%.*s:%d", (int)span.len, span.p, (int)number);
    clean_cell(view, table, text, strlen(text));
}

struct both_ways {
    uint64_t packets[2], bytes[2]; /* by direction: client to server, server to client */
};

static struct both_ways count_ways(struct view *view, const struct ArrowArray *batch, int64_t i)
{
    struct both_ways ways;
    int64_t numbers[4];
    static const char *const names[] = {"fwd_packets", "bwd_packets", "fwd_bytes", "bwd_bytes"};
    for (size_t n = 0; n < 4; n++)
        number_of(view, batch, i, names[n], &numbers[n]);
    for (size_t way = 0; way < 2; way++) {
        ways.packets[way] = (uint64_t)numbers[way];
        ways.bytes[way] = (uint64_t)numbers[2 + way];
    }
    return ways;
}

static void ways_cells(struct table *table, const struct both_ways *ways)
{
    char text[UNIT_TEXT];
    for (size_t way = 0; way < 2; way++) {
        unit_count(text, ways->packets[way]);
        word_cell(table, text);
    }
    for (size_t way = 0; way < 2; way++) {
        unit_bytes(text, ways->bytes[way]);
        word_cell(table, text);
    }
}

static void arrow_cell(struct view *view, struct table *table)
{
    word_cell(table, view->utf8 ? "\u2192" : "->");
}

/* A frame that is in no flow has no addresses. */
static void packet_arrow_cell(struct view *view, struct table *table, const struct ArrowArray *batch,
                              int64_t i)
{
    int64_t flow;
    if (number_of(view, batch, i, "flow", &flow))
        arrow_cell(view, table);
    else
        word_cell(table, "");
}

static void reason_cell(struct view *view, struct table *table, const struct ArrowArray *batch, int64_t i)
{
    char name[64];
    size_t c = cell_child(view->type, "reason");
    struct cell_span span = cell_text(&view->type->children[c], batch->children[c], i);
    snprintf(name, sizeof name, "%.*s", (int)span.len, span.p);
    word_cell(table, account_reason(name));
}

static void lasted_cell(struct view *view, struct table *table, const struct ArrowArray *batch, int64_t i)
{
    int64_t start, end;
    char text[UNIT_TEXT];
    number_of(view, batch, i, "time_start", &start);
    number_of(view, batch, i, "time_end", &end);
    unit_duration(text, end - start);
    word_cell(table, text);
}

/* ---- fields ---- */

/* Whether this text is one of the values in `shown`, which are separated by NUL. */
static bool is_shown(const struct text *shown, const char *value, size_t len)
{
    for (size_t at = 0; at < shown->len;) {
        size_t n = strlen(shown->p + at);
        if (n == len && memcmp(shown->p + at, value, len) == 0)
            return true;
        at += n + 1;
    }
    return false;
}

/* The first different values of a field, as "64,57,...". */
static void values_cell(struct view *view, struct table *table, uint32_t rule, const struct ArrowArray *items,
                        struct cell_range range)
{
    struct text value = {0}, shown = {0};
    size_t n = 0;
    int64_t end = range.to - range.from > SCANNED_MOST ? range.from + SCANNED_MOST : range.to;
    for (int64_t at = range.from; at < end && n <= DISTINCT_MOST; at++) {
        value.len = 0;
        view_field_text(&value, rule, items, at);
        value.len = value.len > VALUE_BYTES ? VALUE_BYTES : value.len;
        if (!value.len || is_shown(&shown, value.p, value.len))
            continue;
        if (n++ < DISTINCT_MOST) {
            text_add(&shown, value.p, value.len);
            text_add(&shown, "", 1);
        }
    }
    for (size_t i = 0; i + 1 < shown.len; i++)
        shown.p[i] = shown.p[i] ? shown.p[i] : ',';
    shown.len -= shown.len > 0;
    if (n > DISTINCT_MOST)
        text_add(&shown, ",...", 4);
    clean_cell(view, table, shown.len ? shown.p : "", shown.len);
    text_free(&value);
    text_free(&shown);
}

static void field_cell(struct view *view, struct table *table, size_t c, const struct ArrowArray *batch,
                       int64_t i)
{
    uint32_t rule = view->columns[c]->text_rule;
    const struct cell_type *type = &view->type->children[c];
    const struct ArrowArray *array = batch->children[c];
    if (type->kind != CELL_LIST) {
        values_cell(view, table, rule, array, (struct cell_range){i, i + 1});
        return;
    }
    struct cell_range range = cell_list(type, array, i);
    const struct ArrowArray *items = array->children[0];
    if (type->children[0].kind == CELL_STRUCT) {
        range.from += items->offset;
        range.to += items->offset;
        items = items->children[1];
    }
    values_cell(view, table, rule, items, range);
}

/* ---- columns that the caller chose ---- */

static bool is_of_bytes(const struct fc_column_info *column) { return !strcmp(column->group, "bytes"); }

static void chosen_columns(struct view *view, struct table *table)
{
    for (size_t c = 0; c < view->type->n_children; c++) {
        enum cell_kind kind = view->type->children[c].kind;
        bool number = kind == CELL_INT || kind == CELL_UINT || kind == CELL_FLOAT || kind == CELL_DURATION;
        enum grid_kind grid = view->columns[c]->is_field ? GRID_VALUE
                              : number                   ? GRID_NUMBER
                              : kind == CELL_TIME        ? GRID_TIME
                                                         : GRID_VALUE;
        add_column(table, view->columns[c]->name, grid, view->columns[c]->is_field ? "32" : NULL);
    }
}

/* The first few bytes; the table is for a look at the rows. */
static void add_bytes(struct text *out, struct cell_span bytes)
{
    char digits[3];
    for (size_t i = 0; i < bytes.len && i < BYTES_MOST; i++)
        text_add(out, digits, (size_t)snprintf(digits, sizeof digits, "%02x", (uint8_t)bytes.p[i]));
    text_add(out, "...", bytes.len > BYTES_MOST ? 3 : 0);
}

static void add_value(struct view *view, struct text *out, const struct cell_type *type,
                      const struct ArrowArray *array, int64_t i)
{
    char text[UNIT_TEXT + UNIT_TIME];
    if (type->kind == CELL_NULL || cell_is_null(array, i))
        return;
    struct cell_span span;
    switch (type->kind) {
    case CELL_INT:
        text_add(out, text, (size_t)snprintf(text, sizeof text, "%lld", (long long)cell_int(type, array, i)));
        break;
    case CELL_UINT:
        text_add(out, text,
                 (size_t)snprintf(text, sizeof text, "%llu", (unsigned long long)cell_int(type, array, i)));
        break;
    case CELL_FLOAT:
        text_add(out, text, (size_t)snprintf(text, sizeof text, "%.6g", cell_float(type, array, i)));
        break;
    case CELL_DURATION:
        unit_duration(text, cell_int(type, array, i));
        text_add(out, text, strlen(text));
        break;
    case CELL_TIME:
        unit_time(text, &view->clock, cell_int(type, array, i));
        text[10] = ' ';
        text_add(out, text, 23);
        break;
    case CELL_BYTES:
        add_bytes(out, cell_text(type, array, i));
        break;
    default:
        span = cell_text(type, array, i);
        text_add(out, span.p, span.len);
    }
}

/* A value, or the first few of a list. */
static void base_cell(struct view *view, struct table *table, size_t c, const struct ArrowArray *batch,
                      int64_t i)
{
    const struct cell_type *type = &view->type->children[c];
    const struct ArrowArray *array = batch->children[c];
    struct text text = {0};
    if (type->kind != CELL_LIST) {
        add_value(view, &text, type, array, i);
    } else {
        struct cell_range range = cell_list(type, array, i);
        for (int64_t at = range.from; at < range.to && at < range.from + DISTINCT_MOST; at++) {
            text_add(&text, ",", at > range.from);
            add_value(view, &text, type->children, array->children[0], at);
        }
        text_add(&text, ",...", range.to - range.from > DISTINCT_MOST ? 4 : 0);
    }
    clean_cell(view, table, text.len ? text.p : "", text.len);
    text_free(&text);
}

static void chosen_cells(struct view *view, struct table *table, const struct ArrowArray *batch, int64_t i)
{
    for (size_t c = 0; c < view->type->n_children; c++)
        if (view->columns[c]->is_field)
            field_cell(view, table, c, batch, i);
        else
            base_cell(view, table, c, batch, i);
}

/* ---- rows ---- */

static void flow_cells(struct view *view, struct table *table, const struct ArrowArray *batch, int64_t i)
{
    text_cell(view, table, batch, i, "protocol");
    number_cell(view, table, batch, i, "stream");
    address_cell(view, table, batch, i, "src", "sport");
    arrow_cell(view, table);
    address_cell(view, table, batch, i, "dst", "dport");
    time_cell(view, table, batch, i, "time_start");
    lasted_cell(view, table, batch, i);
    struct both_ways ways = count_ways(view, batch, i);
    ways_cells(table, &ways);
}

static void packet_cells(struct view *view, struct table *table, const struct ArrowArray *batch, int64_t i)
{
    number_cell(view, table, batch, i, "frame");
    time_cell(view, table, batch, i, "time");
    text_cell(view, table, batch, i, "protocol");
    number_cell(view, table, batch, i, "stream");
    address_cell(view, table, batch, i, "src", "sport");
    packet_arrow_cell(view, table, batch, i);
    address_cell(view, table, batch, i, "dst", "dport");
    number_cell(view, table, batch, i, "frame_length");
    number_cell(view, table, batch, i, "payload_length");
    if (view->level == FC_LEVEL_FRAMES)
        reason_cell(view, table, batch, i);
}

/* Stores the heading of this row. */
static void head_row(struct view *view, struct table *table, const struct ArrowArray *batch, int64_t i)
{
    size_t c = view->chosen ? SIZE_MAX : cell_child(view->type, "capture");
    struct cell_span span = {"", 0};
    if (c != SIZE_MAX)
        span = cell_text(&view->type->children[c], batch->children[c], i);
    bool same =
        span.len == table->capture.len && (!span.len || memcmp(span.p, table->capture.p, span.len) == 0);
    if (view->headings && !same && c != SIZE_MAX) {
        table->capture.len = 0;
        text_add(&table->capture, span.p, span.len);
        say_clean(&table->heads, span.p, span.len, view->utf8);
    }
    text_add(&table->heads, "", 1);
}

static const char *write_heading(struct view *view, const char *head)
{
    size_t len = strlen(head);
    if (len) {
        out_text(view->out, view->colour ? "\x1b[1;34m" : "");
        out_bytes(view->out, head, len);
        out_text(view->out, view->colour ? "\x1b[0m\n" : "\n");
    }
    return head + len + 1;
}

static void write_block(struct view *view, struct table *table)
{
    if (!table->fitted && table->n_rows) {
        table->n_dropped = grid_fit(&table->grid, view->width);
        grid_titles(&table->grid, view->out);
    }
    table->fitted = true;
    const char *cell = table->grid.text.p;
    const char *head = table->heads.p;
    for (size_t i = 0; i < table->n_rows; i++) {
        head = write_heading(view, head);
        cell = grid_row(&table->grid, view->out, cell);
    }
    table->n_rows = 0;
    table->heads.len = 0;
    grid_clear(&table->grid);
}

static void table_row(struct view *view, struct table *table, const struct ArrowArray *batch, int64_t i)
{
    if (view->limit && table->n_shown >= view->limit) {
        table->n_hidden++;
        return;
    }
    table->n_shown++;
    head_row(view, table, batch, i);
    if (view->chosen)
        chosen_cells(view, table, batch, i);
    else if (view->level == FC_LEVEL_FLOWS)
        flow_cells(view, table, batch, i);
    else
        packet_cells(view, table, batch, i);
    for (size_t c = 0; c < view->type->n_children && !view->chosen; c++)
        if (view->columns[c]->is_field)
            field_cell(view, table, c, batch, i);
        else if (is_of_bytes(view->columns[c]))
            base_cell(view, table, c, batch, i);
    table->n_rows++;
    if (!view->limit && table->n_rows >= BLOCK_ROWS)
        write_block(view, table);
}

static bool table_begin(struct view *view)
{
    struct table *table = calloc(1, sizeof *table);
    view->state = table;
    if (!table)
        return false;
    table->columns = calloc(MAX_BASE + view->type->n_children, sizeof *table->columns);
    if (!table->columns)
        return false;
    table->grid = (struct grid){
        .columns = table->columns, .utf8 = view->utf8, .colour = view->colour, .from_left = view->from_left};
    if (view->chosen)
        chosen_columns(view, table);
    else if (view->level == FC_LEVEL_FLOWS)
        flow_columns(table, view->utf8);
    else
        packet_columns(table, view->utf8, view->level == FC_LEVEL_FRAMES);
    for (size_t c = 0; c < view->type->n_children && !view->chosen; c++)
        if (view->columns[c]->is_field || is_of_bytes(view->columns[c]))
            add_column(table, view->columns[c]->name, GRID_VALUE, "32");
    return true;
}

static void table_rows(struct view *view, const struct ArrowArray *batch)
{
    for (int64_t i = 0; i < batch->length && !view->out->error; i++)
        table_row(view, view->state, batch, i + batch->offset);
    if (view->in_time)
        write_block(view, view->state);
}

static const char *rows_name(enum fc_level level, bool one)
{
    if (level == FC_LEVEL_FLOWS)
        return one ? "flow" : "flows";
    if (level == FC_LEVEL_PACKETS)
        return one ? "packet" : "packets";
    return one ? "frame" : "frames";
}

static void table_end(struct view *view)
{
    struct table *table = view->state;
    if (!table)
        return;
    if (table->columns && !table->grid.text.failed && !table->heads.failed)
        write_block(view, table);
    char line[160], count[UNIT_TEXT];
    unit_grouped(count, table->n_hidden);
    if (table->n_hidden)
        out_bytes(view->out, line,
                  (size_t)snprintf(line, sizeof line,
                                   "... and %s more %s (-a shows all, -o FILE keeps them)\n", count,
                                   rows_name(view->level, table->n_hidden == 1)));
    if (table->n_dropped)
        out_bytes(view->out, line,
                  (size_t)snprintf(line, sizeof line,
                                   "... %zu of the %s had no room here; -T ndjson has all\n",
                                   table->n_dropped, view->from_left ? "columns" : "fields"));
    view->scratch.failed |= table->grid.text.failed || table->heads.failed;
    text_free(&table->grid.text);
    text_free(&table->heads);
    text_free(&table->capture);
    free(table->columns);
    free(table);
    view->state = NULL;
}

const struct format FORMAT_TABLE = {table_begin, table_rows, table_end};
