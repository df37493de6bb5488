/* NDJSON, one object a row, and JSON, one array of the same objects.
 *
 * Invariant: values keep their types. Numbers are numbers (exact to 64 bits), times are RFC 3339 in UTC with
 * nine decimals, durations are seconds with nine decimals, bytes are hexadecimal text, lists are arrays, and
 * a field's values are {"packet":i,"value":v}. The text is always valid UTF-8 (RFC 8259, section 8.1).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "say.h"

static const char REPLACEMENT[] = "\xef\xbf\xbd";

static void escaped_char(struct out *out, char c)
{
    static const char *const short_forms = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (const char *at = short_forms; *at; at += 2)
        if (*at == c) {
            out_char(out, '\\');
            out_char(out, at[1]);
            return;
        }
    char *room = out_room(out, 8);
    out->len += (size_t)snprintf(room, 8, "\\u%04x", (unsigned char)c);
}

static bool is_plain(char c)
{
    unsigned char u = (unsigned char)c;
    return u >= 0x20 && u < 0x7f && u != '"' && u != '\\';
}

void json_string(struct out *out, const char *text, size_t len)
{
    out_char(out, '"');
    while (len) {
        size_t n = 0;
        while (n < len && is_plain(text[n]))
            n++;
        out_bytes(out, text, n);
        text += n;
        len -= n;
        if (!len)
            break;
        unsigned code = 0;
        n = say_utf8_next(text, len, &code);
        if (n == 1)
            escaped_char(out, *text);
        else
            out_bytes(out, n ? text : REPLACEMENT, n ? n : 3);
        n = n ? n : 1;
        text += n;
        len -= n;
    }
    out_char(out, '"');
}

static void json_time(struct view *view, int64_t ns)
{
    char *room = out_room(view->out, UNIT_TIME + 2);
    room[0] = '"';
    unit_time(room + 1, &view->clock, ns);
    room[UNIT_TIME + 1] = '"';
    view->out->len += UNIT_TIME + 2;
}

static void json_duration(struct out *out, int64_t ns)
{
    char seconds[UNIT_TEXT];
    out_bytes(out, seconds, unit_seconds(seconds, ns));
}

/* JSON has no infinities. */
static void json_float(struct out *out, double value, uint8_t width)
{
    if (isfinite(value))
        out_float(out, value, width);
    else
        out_text(out, "null");
}

static void json_bytes(struct out *out, struct cell_span bytes)
{
    out_char(out, '"');
    out_hex(out, (const uint8_t *)bytes.p, bytes.len);
    out_char(out, '"');
}

static void json_value(struct view *view, const struct cell_type *type, const struct ArrowArray *array,
                       int64_t i);

static void json_list(struct view *view, const struct cell_type *type, const struct ArrowArray *array,
                      int64_t i)
{
    struct cell_range range = cell_list(type, array, i);
    out_char(view->out, '[');
    for (int64_t at = range.from; at < range.to; at++) {
        if (at > range.from)
            out_char(view->out, ',');
        json_value(view, type->children, array->children[0], at);
    }
    out_char(view->out, ']');
}

static void json_object(struct view *view, const struct cell_type *type, const struct ArrowArray *array,
                        int64_t i)
{
    out_char(view->out, '{');
    for (size_t c = 0; c < type->n_children; c++) {
        if (c)
            out_char(view->out, ',');
        json_string(view->out, type->children[c].name, strlen(type->children[c].name));
        out_char(view->out, ':');
        json_value(view, &type->children[c], array->children[c], i + array->offset);
    }
    out_char(view->out, '}');
}

static void json_value(struct view *view, const struct cell_type *type, const struct ArrowArray *array,
                       int64_t i)
{
    struct out *out = view->out;
    if (type->kind == CELL_NULL || cell_is_null(array, i)) {
        out_text(out, "null");
        return;
    }
    struct cell_span span;
    switch (type->kind) {
    case CELL_NULL:
        break;
    case CELL_BOOL:
        out_text(out, cell_bool(array, i) ? "true" : "false");
        break;
    case CELL_INT:
        out_int(out, cell_int(type, array, i));
        break;
    case CELL_UINT:
        out_uint(out, (uint64_t)cell_int(type, array, i));
        break;
    case CELL_FLOAT:
        json_float(out, cell_float(type, array, i), type->width);
        break;
    case CELL_TIME:
        json_time(view, cell_int(type, array, i));
        break;
    case CELL_DURATION:
        json_duration(out, cell_int(type, array, i));
        break;
    case CELL_LIST:
        json_list(view, type, array, i);
        break;
    case CELL_STRUCT:
        json_object(view, type, array, i);
        break;
    case CELL_BYTES:
        json_bytes(out, cell_text(type, array, i));
        break;
    case CELL_TEXT:
    case CELL_DICT:
        span = cell_text(type, array, i);
        json_string(out, span.p, span.len);
        break;
    }
}

static bool ndjson_begin(struct view *view)
{
    (void)view;
    return true;
}

static void ndjson_rows(struct view *view, const struct ArrowArray *batch)
{
    for (int64_t i = 0; i < batch->length && !view->out->error; i++) {
        json_object(view, view->type, batch, i);
        out_char(view->out, '\n');
    }
}

static void ndjson_end(struct view *view) { (void)view; }

/* state: NULL before the first row, which has no comma before it. */
static bool json_begin(struct view *view)
{
    view->state = NULL;
    out_text(view->out, "[");
    return true;
}

static void json_rows(struct view *view, const struct ArrowArray *batch)
{
    for (int64_t i = 0; i < batch->length && !view->out->error; i++) {
        out_text(view->out, view->state ? ",\n" : "\n");
        json_object(view, view->type, batch, i);
        view->state = view;
    }
}

static void json_end(struct view *view) { out_text(view->out, "\n]\n"); }

const struct format FORMAT_NDJSON = {ndjson_begin, ndjson_rows, ndjson_end};
const struct format FORMAT_JSON = {json_begin, json_rows, json_end};
