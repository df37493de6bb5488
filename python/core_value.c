/* Arrow values as Python objects: for `extract`, for text, and for use without numpy and pyarrow.
 *
 * Invariant: an index given by a caller does not include the array's offset; this file adds the offset once
 * for every array on the way down. Source: Apache Arrow, "The Arrow C data interface" (format strings) and
 * "Arrow columnar format" (layouts).
 */
#include <stdlib.h>
#include <string.h>

#include "core.h"

double value_seconds(int64_t ns)
{
    uint64_t u = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    double seconds;
    if (u < (UINT64_C(1) << 53)) {
        seconds = (double)u / 1e9; /* both operands are exact, so only the division rounds */
    } else {
        /* 62 or 63 bits of the quotient and a sticky bit, so that only the conversion to double rounds. */
        int shift = __builtin_clzll(u) + 29;
        unsigned __int128 n = (unsigned __int128)u << shift;
        uint64_t quotient = (uint64_t)(n / 1000000000u);
        quotient |= n % 1000000000u != 0;
        seconds = (double)quotient / (double)(UINT64_C(1) << shift);
    }
    return ns < 0 ? -seconds : seconds;
}

static bool is_null(const struct ArrowArray *array, int64_t at)
{
    if (!array->null_count || array->n_buffers < 1 || !array->buffers[0])
        return false;
    const uint8_t *bits = array->buffers[0];
    return !(bits[at >> 3] >> (at & 7) & 1);
}

/* The bytes of value `at` of a text or binary array with offsets of 32 or 64 bits. */
static const char *span_of(const struct ArrowArray *array, int64_t at, bool large, Py_ssize_t *len)
{
    int64_t from, to;
    if (large) {
        const int64_t *offsets = array->buffers[1];
        from = offsets[at], to = offsets[at + 1];
    } else {
        const int32_t *offsets = array->buffers[1];
        from = offsets[at], to = offsets[at + 1];
    }
    *len = (Py_ssize_t)(to - from);
    const char *data = array->buffers[2];
    return *len ? data + from : "";
}

static PyObject *text_object(const struct ArrowArray *array, int64_t at, bool large)
{
    Py_ssize_t len;
    const char *text = span_of(array, at, large, &len);
    return PyUnicode_DecodeUTF8(text, len, "surrogateescape");
}

static PyObject *bytes_object(const struct ArrowArray *array, int64_t at, bool large)
{
    Py_ssize_t len;
    const char *bytes = span_of(array, at, large, &len);
    return PyBytes_FromStringAndSize(bytes, len);
}

/* A view: 4 bytes of length, then up to 12 bytes of text, or 4 of its beginning, the number of its buffer and
 * the place in it. polars gives text in this form. */
static PyObject *view_object(const struct ArrowArray *array, int64_t at, bool text)
{
    const char *view = (const char *)array->buffers[1] + at * 16, *bytes = view + 4;
    int32_t len, place[2];
    memcpy(&len, view, sizeof len);
    memcpy(place, view + 8, sizeof place);
    if (len > 12)
        bytes = (const char *)array->buffers[2 + place[0]] + place[1];
    return text ? PyUnicode_DecodeUTF8(bytes, len, "surrogateescape") : PyBytes_FromStringAndSize(bytes, len);
}

/* True for the integer types, with the value in *out; UINT64 keeps its bits. */
static bool integer_at(char format, const void *data, int64_t at, int64_t *out)
{
    switch (format) {
    case 'c':
        *out = ((const int8_t *)data)[at];
        return true;
    case 'C':
        *out = ((const uint8_t *)data)[at];
        return true;
    case 's':
        *out = ((const int16_t *)data)[at];
        return true;
    case 'S':
        *out = ((const uint16_t *)data)[at];
        return true;
    case 'i':
        *out = ((const int32_t *)data)[at];
        return true;
    case 'I':
        *out = ((const uint32_t *)data)[at];
        return true;
    case 'l':
    case 't':
        *out = ((const int64_t *)data)[at];
        return true;
    case 'L':
        *out = (int64_t)((const uint64_t *)data)[at];
        return true;
    default:
        return false;
    }
}

/* Items or bytes of a value: 5 of "+w:5" and "w:5". */
static int64_t fixed_size(const char *format) { return strtoll(strchr(format, ':') + 1, NULL, 10); }

static PyObject *fixed_bytes_object(const struct ArrowSchema *schema, const struct ArrowArray *array,
                                    int64_t at)
{
    int64_t size = fixed_size(schema->format);
    return PyBytes_FromStringAndSize((const char *)array->buffers[1] + at * size, (Py_ssize_t)size);
}

bool value_span(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t i, int64_t *from,
                int64_t *to)
{
    int64_t at = i + array->offset;
    if (!strcmp(schema->format, "+l")) {
        const int32_t *offsets = array->buffers[1];
        *from = offsets[at], *to = offsets[at + 1];
        return true;
    }
    if (!strcmp(schema->format, "+L")) {
        const int64_t *offsets = array->buffers[1];
        *from = offsets[at], *to = offsets[at + 1];
        return true;
    }
    if (!strncmp(schema->format, "+w:", 3)) {
        int64_t size = fixed_size(schema->format);
        *from = at * size, *to = (at + 1) * size;
        return true;
    }
    PyErr_Format(PyExc_TypeError, "column %s holds no lists", schema->name ? schema->name : "");
    return false;
}

static PyObject *list_object(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t i)
{
    int64_t from, to;
    if (!value_span(schema, array, i, &from, &to))
        return NULL;
    PyObject *list = PyList_New((Py_ssize_t)(to - from));
    for (int64_t j = from; list && j < to; j++) {
        PyObject *item = value_object(schema->children[0], array->children[0], j);
        if (!item)
            Py_CLEAR(list);
        else
            PyList_SetItem(list, (Py_ssize_t)(j - from), item);
    }
    return list;
}

static PyObject *struct_object(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t at)
{
    PyObject *dict = PyDict_New();
    for (int64_t c = 0; dict && c < schema->n_children; c++) {
        PyObject *item = value_object(schema->children[c], array->children[c], at);
        if (!item || PyDict_SetItemString(dict, schema->children[c]->name, item))
            Py_CLEAR(dict);
        Py_XDECREF(item);
    }
    return dict;
}

PyObject *value_object(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t i)
{
    const char *format = schema->format;
    int64_t at = i + array->offset, integer;
    if (format[0] == 'n' || is_null(array, at))
        Py_RETURN_NONE;
    bool is_integer = array->n_buffers > 1 && integer_at(format[0], array->buffers[1], at, &integer);
    if (is_integer && schema->dictionary)
        return value_object(schema->dictionary, array->dictionary, integer);
    if (is_integer)
        return format[0] == 'L' ? PyLong_FromUnsignedLongLong((uint64_t)integer)
                                : PyLong_FromLongLong(integer);
    switch (format[0]) {
    case 'b':
        return PyBool_FromLong(((const uint8_t *)array->buffers[1])[at >> 3] >> (at & 7) & 1);
    case 'f':
        return PyFloat_FromDouble((double)((const float *)array->buffers[1])[at]);
    case 'g':
        return PyFloat_FromDouble(((const double *)array->buffers[1])[at]);
    case 'u':
    case 'U':
        return text_object(array, at, format[0] == 'U');
    case 'z':
    case 'Z':
        return bytes_object(array, at, format[0] == 'Z');
    case 'v':
        return view_object(array, at, format[1] == 'u');
    case 'w':
        return fixed_bytes_object(schema, array, at);
    case '+':
        return format[1] == 's' ? struct_object(schema, array, at) : list_object(schema, array, i);
    default:
        return PyErr_Format(PyExc_TypeError, "Arrow type '%s' is not supported", format);
    }
}

/* ---- a field's values as text ---- */

enum { TEXT_ROOM = 4096 }; /* room for the payload of an Ethernet frame in hexadecimal */

/* The text of value i; if `before` is not NULL, after that text and a comma. */
static PyObject *text_after(PyObject *before, uint32_t rule, const struct ArrowArray *values, int64_t i)
{
    char room[TEXT_ROOM], *text = room;
    size_t len = fc_rule_text(room, sizeof room, rule, values, i, FC_TEXT_CLASSIC);
    if (len > sizeof room) {
        text = malloc(len);
        if (!text)
            return PyErr_NoMemory();
        fc_rule_text(text, len, rule, values, i, FC_TEXT_CLASSIC);
    }
    PyObject *object = PyUnicode_DecodeUTF8(text, (Py_ssize_t)len, "surrogateescape");
    if (text != room)
        free(text);
    if (!object || !before)
        return object;
    PyObject *joined = PyUnicode_FromFormat("%U,%U", before, object);
    Py_DECREF(object);
    return joined;
}

/* Appends (text, packet); takes ownership of the text. */
static bool texts_append(PyObject *list, PyObject *text, uint32_t packet)
{
    PyObject *pair = Py_BuildValue("(NI)", text, (unsigned int)packet);
    bool done = pair && !PyList_Append(list, pair);
    Py_XDECREF(pair);
    return done;
}

PyObject *value_texts(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t i,
                      uint32_t rule)
{
    int64_t from, to;
    if (!value_span(schema, array, i, &from, &to))
        return NULL;
    const struct ArrowArray *items = array->children[0];
    if (items->n_children != 2)
        return PyErr_Format(PyExc_TypeError, "column %s is not the column of a field",
                            schema->name ? schema->name : "");
    const struct ArrowArray *numbers = items->children[0], *values = items->children[1];
    const uint32_t *packets = (const uint32_t *)numbers->buffers[1] + numbers->offset + items->offset;
    PyObject *list = PyList_New(0), *text = NULL;
    for (int64_t j = from; list && j < to; j++) {
        PyObject *longer = text_after(text, rule, values, j + items->offset);
        Py_XDECREF(text);
        text = longer;
        if (text && j + 1 < to && packets[j + 1] == packets[j])
            continue;
        if (!text || !texts_append(list, text, packets[j]))
            Py_CLEAR(list);
        text = NULL;
    }
    return list;
}
