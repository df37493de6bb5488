/* CSV: the quoting of RFC 4180, lines end with a line feed.
 *
 * Invariant: one row of the data is one record, and nothing is lost. A list is one cell, its items joined by
 * ';' (a ';' or '\' inside a value is written '\;' or '\\'), and a field's list has a second column,
 * NAME#packet, with the packet of each value. Field values read as tshark prints them; the bytes of packets
 * are hexadecimal digits.
 */
#include <stdio.h>
#include <string.h>

#include "format.h"

/* Returns true if a spreadsheet would calculate with the cell. A number, or numbers between ';', is none. */
static bool is_formula(const char *text, size_t len)
{
    if (!len || !strchr("=+-@\t\r", *text) || !*text)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!text[i] || !strchr("0123456789+-.eE;", text[i]))
            return true;
    return false;
}

void csv_cell(struct out *out, const char *text, size_t len)
{
    bool quote = false, formula = out->quote_formulas && is_formula(text, len);
    for (size_t i = 0; i < len && !quote; i++)
        quote = text[i] == '"' || text[i] == ',' || text[i] == '\n' || text[i] == '\r';
    if (!quote) {
        out_bytes(out, "'", formula);
        out_bytes(out, text, len);
        return;
    }
    out_char(out, '"');
    out_bytes(out, "'", formula);
    for (const char *end = text + len; text < end;) {
        const char *mark = memchr(text, '"', (size_t)(end - text));
        size_t n = mark ? (size_t)(mark - text) + 1 : (size_t)(end - text);
        out_bytes(out, text, n);
        if (mark)
            out_char(out, '"');
        text += n;
    }
    out_char(out, '"');
}

void view_field_text(struct text *out, uint32_t rule, const struct ArrowArray *values, int64_t i)
{
    size_t room = 256;
    char *at = text_room(out, room);
    if (!at)
        return;
    room = out->cap - out->len;
    size_t len = fc_rule_text(at, room, rule, values, i, FC_TEXT_TSHARK);
    if (len > room) {
        at = text_room(out, len);
        if (!at)
            return;
        fc_rule_text(at, len, rule, values, i, FC_TEXT_TSHARK);
    }
    out->len += len;
}

static void csv_time(struct view *view, int64_t ns)
{
    char *room = out_room(view->out, UNIT_TIME);
    unit_time(room, &view->clock, ns);
    view->out->len += UNIT_TIME;
}

static void csv_duration(struct out *out, int64_t ns)
{
    char seconds[UNIT_TEXT];
    out_bytes(out, seconds, unit_seconds(seconds, ns));
}

static void csv_value(struct view *view, const struct cell_type *type, const struct ArrowArray *array,
                      int64_t i);

static void csv_list(struct view *view, const struct cell_type *type, const struct ArrowArray *array,
                     int64_t i)
{
    struct cell_range range = cell_list(type, array, i);
    for (int64_t at = range.from; at < range.to; at++) {
        if (at > range.from)
            out_char(view->out, ';');
        csv_value(view, type->children, array->children[0], at);
    }
}

/* Base columns: their lists hold only numbers, times and hexadecimal digits, which need no quotes. */
static void csv_value(struct view *view, const struct cell_type *type, const struct ArrowArray *array,
                      int64_t i)
{
    if (type->kind == CELL_NULL || cell_is_null(array, i))
        return;
    if (type->kind == CELL_LIST) {
        csv_list(view, type, array, i);
    } else if (type->kind == CELL_TIME) {
        csv_time(view, cell_int(type, array, i));
    } else if (type->kind == CELL_DURATION) {
        csv_duration(view->out, cell_int(type, array, i));
    } else if (type->kind == CELL_UINT) {
        out_uint(view->out, (uint64_t)cell_int(type, array, i));
    } else if (type->kind == CELL_INT) {
        out_int(view->out, cell_int(type, array, i));
    } else if (type->kind == CELL_FLOAT) {
        out_float(view->out, cell_float(type, array, i), type->width);
    } else if (type->kind == CELL_BYTES) {
        struct cell_span span = cell_text(type, array, i);
        out_hex(view->out, (const uint8_t *)span.p, span.len);
    } else {
        struct cell_span span = cell_text(type, array, i);
        csv_cell(view->out, span.p, span.len);
    }
}

static void add_escaped(struct text *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == ';' || bytes[i] == '\\')
            text_add(out, "\\", 1);
        text_add(out, bytes + i, 1);
    }
}

/* Values from..to of a field as one cell. */
static void csv_field_list(struct view *view, uint32_t rule, const struct ArrowArray *values,
                           struct cell_range range)
{
    struct text *cell = &view->scratch;
    struct text value = {0};
    cell->len = 0;
    for (int64_t at = range.from; at < range.to; at++) {
        if (at > range.from)
            text_add(cell, ";", 1);
        value.len = 0;
        view_field_text(&value, rule, values, at);
        add_escaped(cell, value.p, value.len);
    }
    csv_cell(view->out, cell->p, cell->len);
    text_free(&value);
}

static void csv_packets(struct view *view, const struct cell_type *type, const struct ArrowArray *packets,
                        struct cell_range range)
{
    for (int64_t at = range.from; at < range.to; at++) {
        if (at > range.from)
            out_char(view->out, ';');
        out_int(view->out, cell_int(type, packets, at));
    }
}

static void csv_single(struct view *view, uint32_t rule, const struct ArrowArray *array, int64_t i)
{
    view->scratch.len = 0;
    view_field_text(&view->scratch, rule, array, i);
    csv_cell(view->out, view->scratch.p, view->scratch.len);
}

static void csv_field(struct view *view, const struct cell_type *type, uint32_t rule,
                      const struct ArrowArray *array, int64_t i)
{
    if (type->kind != CELL_LIST) {
        csv_single(view, rule, array, i);
        return;
    }
    struct cell_range range = cell_list(type, array, i);
    const struct cell_type *item = type->children;
    const struct ArrowArray *items = array->children[0];
    if (item->kind != CELL_STRUCT) {
        csv_field_list(view, rule, items, range);
        return;
    }
    range.from += items->offset;
    range.to += items->offset;
    csv_field_list(view, rule, items->children[1], range);
    out_char(view->out, ',');
    csv_packets(view, &item->children[0], items->children[0], range);
}

static bool has_packets(const struct cell_type *type)
{
    return type->kind == CELL_LIST && type->children[0].kind == CELL_STRUCT;
}

static bool csv_begin(struct view *view)
{
    for (size_t c = 0; c < view->type->n_children; c++) {
        const struct cell_type *column = &view->type->children[c];
        if (c)
            out_char(view->out, ',');
        csv_cell(view->out, column->name, strlen(column->name));
        if (!has_packets(column))
            continue;
        out_char(view->out, ',');
        out_text(view->out, column->name);
        out_text(view->out, "#packet");
    }
    out_char(view->out, '\n');
    return true;
}

static void csv_row(struct view *view, const struct ArrowArray *batch, int64_t i)
{
    for (size_t c = 0; c < view->type->n_children; c++) {
        if (c)
            out_char(view->out, ',');
        const struct cell_type *type = &view->type->children[c];
        if (view->columns[c]->is_field)
            csv_field(view, type, view->columns[c]->text_rule, batch->children[c], i);
        else
            csv_value(view, type, batch->children[c], i);
    }
    out_char(view->out, '\n');
}

static void csv_rows(struct view *view, const struct ArrowArray *batch)
{
    for (int64_t i = 0; i < batch->length && !view->out->error; i++)
        csv_row(view, batch, i + batch->offset);
}

static void csv_end(struct view *view) { (void)view; }

const struct format FORMAT_CSV = {csv_begin, csv_rows, csv_end};
