/* The types Schema and Array: nodes of Arrow data for Python. A batch is the root of its tree.
 *
 * Invariant: an object keeps the shares that its pointers point into, and copies nothing until a value is
 * requested. Source: Apache Arrow, "The Arrow PyCapsule Interface".
 */
#include <string.h>

#include "core.h"

PyTypeObject *schema_type, *array_type;

/* One struct for both types; a Schema has no array. */
struct node_object {
    PyObject_HEAD struct share *schema_share, *array_share;
    const struct ArrowSchema *schema;
    const struct ArrowArray *array;
};

#define NODE(object) ((struct node_object *)(object))

static PyObject *node_new(PyTypeObject *type, struct share *schema_share, struct share *array_share,
                          const struct ArrowSchema *schema, const struct ArrowArray *array)
{
    struct node_object *node = PyObject_New(struct node_object, type);
    if (!node)
        return NULL;
    node->schema_share = share_keep(schema_share);
    node->array_share = array_share ? share_keep(array_share) : NULL;
    node->schema = schema;
    node->array = array;
    return (PyObject *)node;
}

PyObject *schema_object(struct share *schema)
{
    return node_new(schema_type, schema, NULL, &schema->schema, NULL);
}

PyObject *array_object(struct share *schema_share, struct share *array_share,
                       const struct ArrowSchema *schema, const struct ArrowArray *array)
{
    return node_new(array_type, schema_share, array_share, schema, array);
}

const struct ArrowSchema *schema_object_schema(PyObject *object, struct share **share)
{
    *share = NODE(object)->schema_share;
    return NODE(object)->schema;
}

const struct ArrowArray *array_object_array(PyObject *object, struct share **share)
{
    *share = NODE(object)->array_share;
    return NODE(object)->array;
}

static void node_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    share_drop(NODE(self)->array_share);
    share_drop(NODE(self)->schema_share);
    PyObject_Free(self);
    Py_DECREF(type);
}

/* ---- members of both types ---- */

static PyObject *node_name(PyObject *self, void *closure)
{
    (void)closure;
    const char *name = NODE(self)->schema->name;
    return PyUnicode_FromString(name ? name : "");
}

static PyObject *node_format(PyObject *self, void *closure)
{
    (void)closure;
    return PyUnicode_FromString(NODE(self)->schema->format);
}

/* The value of a key in Arrow's metadata: the number of pairs, then each key and value behind its length. */
static PyObject *metadata_value(const char *at, const char *key)
{
    int32_t n, len[2];
    if (!at)
        Py_RETURN_NONE;
    memcpy(&n, at, sizeof n);
    at += sizeof n;
    for (; n > 0; n--) {
        memcpy(&len[0], at, sizeof len[0]);
        const char *name = at + sizeof len[0], *value = name + len[0] + sizeof len[1];
        memcpy(&len[1], name + len[0], sizeof len[1]);
        if ((size_t)len[0] == strlen(key) && !memcmp(name, key, (size_t)len[0]))
            return PyUnicode_DecodeUTF8(value, len[1], "replace");
        at = value + len[1];
    }
    Py_RETURN_NONE;
}

static PyObject *schema_csv(PyObject *self, void *closure)
{
    (void)closure;
    return metadata_value(NODE(self)->schema->metadata, "flowcontainer.csv");
}

static PyObject *node_names(PyObject *self, void *closure)
{
    (void)closure;
    const struct ArrowSchema *schema = NODE(self)->schema;
    PyObject *names = PyTuple_New((Py_ssize_t)schema->n_children);
    for (int64_t i = 0; names && i < schema->n_children; i++) {
        PyObject *name = PyUnicode_FromString(schema->children[i]->name);
        if (!name)
            Py_CLEAR(names);
        else
            PyTuple_SetItem(names, (Py_ssize_t)i, name);
    }
    return names;
}

static PyObject *node_arrow_schema(PyObject *self, PyObject *unused)
{
    (void)unused;
    return schema_capsule(NODE(self)->schema);
}

static PyObject *schema_empty(PyObject *self, PyObject *unused)
{
    (void)unused;
    struct node_object *node = NODE(self);
    struct share *share = share_new();
    PyObject *array = NULL;
    if (!share || array_empty(&share->array, node->schema, node->schema_share))
        PyErr_NoMemory();
    else
        array = array_object(node->schema_share, share, node->schema, &share->array);
    share_drop(share);
    return array;
}

static PyObject *schema_child(PyObject *self, PyObject *index)
{
    struct node_object *node = NODE(self);
    Py_ssize_t i = PyLong_AsSsize_t(index);
    if (i == -1 && PyErr_Occurred())
        return NULL;
    if (i < 0 || i >= node->schema->n_children)
        return PyErr_Format(PyExc_IndexError, "no child %zd", i);
    return node_new(schema_type, node->schema_share, NULL, node->schema->children[i], NULL);
}

/* ---- Array: shape ---- */

static Py_ssize_t array_length(PyObject *self) { return (Py_ssize_t)NODE(self)->array->length; }

static PyObject *array_offset(PyObject *self, void *closure)
{
    (void)closure;
    return PyLong_FromLongLong(NODE(self)->array->offset);
}

static PyObject *array_null_count(PyObject *self, void *closure)
{
    (void)closure;
    return PyLong_FromLongLong(NODE(self)->array->null_count);
}

static PyObject *array_child(PyObject *self, PyObject *index)
{
    struct node_object *node = NODE(self);
    Py_ssize_t i = PyLong_AsSsize_t(index);
    if (i == -1 && PyErr_Occurred())
        return NULL;
    if (i < 0 || i >= node->array->n_children)
        return PyErr_Format(PyExc_IndexError, "no child %zd", i);
    return array_object(node->schema_share, node->array_share, node->schema->children[i],
                        node->array->children[i]);
}

static PyObject *array_dictionary(PyObject *self, void *closure)
{
    (void)closure;
    struct node_object *node = NODE(self);
    if (!node->schema->dictionary)
        Py_RETURN_NONE;
    return array_object(node->schema_share, node->array_share, node->schema->dictionary,
                        node->array->dictionary);
}

static PyObject *array_address(PyObject *self, PyObject *index)
{
    const struct ArrowArray *array = NODE(self)->array;
    Py_ssize_t i = PyLong_AsSsize_t(index);
    if (i == -1 && PyErr_Occurred())
        return NULL;
    if (i < 0 || i >= array->n_buffers)
        return PyErr_Format(PyExc_IndexError, "no buffer %zd", i);
    return PyLong_FromVoidPtr((void *)(uintptr_t)array->buffers[i]);
}

static PyObject *array_arrow_array(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"requested_schema", NULL};
    PyObject *requested = NULL; /* the protocol allows us to ignore this request */
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:__arrow_c_array__", names, &requested))
        return NULL;
    PyObject *schema = schema_capsule(NODE(self)->schema);
    PyObject *array = schema ? array_capsule(NODE(self)->array, NODE(self)->array_share) : NULL;
    if (array)
        return Py_BuildValue("(NN)", schema, array);
    Py_XDECREF(schema);
    return NULL;
}

/* ---- Array: values ---- */

static bool row_of(PyObject *self, PyObject *index, int64_t *row)
{
    Py_ssize_t i = PyLong_AsSsize_t(index), n = array_length(self);
    if (i == -1 && PyErr_Occurred())
        return false;
    if (i < -n || i >= n) {
        PyErr_Format(PyExc_IndexError, "no row %zd among %zd", i, n);
        return false;
    }
    *row = i < 0 ? i + n : i;
    return true;
}

static PyObject *array_value(PyObject *self, PyObject *index)
{
    int64_t row;
    return row_of(self, index, &row) ? value_object(NODE(self)->schema, NODE(self)->array, row) : NULL;
}

static PyObject *array_to_list(PyObject *self, PyObject *unused)
{
    (void)unused;
    Py_ssize_t n = array_length(self);
    PyObject *list = PyList_New(n);
    for (Py_ssize_t i = 0; list && i < n; i++) {
        PyObject *item = value_object(NODE(self)->schema, NODE(self)->array, i);
        if (!item)
            Py_CLEAR(list);
        else
            PyList_SetItem(list, i, item);
    }
    return list;
}

/* One value of one column of a batch, without making an object for the column. */
static bool cell_of(PyObject *self, PyObject *args, const char *form, struct node_object *column,
                    int64_t *row, Py_ssize_t *extra)
{
    Py_ssize_t c, r;
    if (!PyArg_ParseTuple(args, form, &c, &r, extra))
        return false;
    const struct node_object *node = NODE(self);
    if (c < 0 || c >= node->array->n_children || r < 0 || r >= node->array->length) {
        PyErr_SetString(PyExc_IndexError, "no such cell");
        return false;
    }
    column->schema = node->schema->children[c];
    column->array = node->array->children[c];
    *row = r + node->array->offset;
    return true;
}

static PyObject *array_cell(PyObject *self, PyObject *args)
{
    struct node_object column;
    int64_t row;
    if (!cell_of(self, args, "nn:cell", &column, &row, NULL))
        return NULL;
    return value_object(column.schema, column.array, row);
}

static PyObject *array_seconds(PyObject *self, PyObject *args)
{
    struct node_object column;
    int64_t row, from, to;
    if (!cell_of(self, args, "nn:seconds", &column, &row, NULL) ||
        !value_span(column.schema, column.array, row, &from, &to))
        return NULL;
    if (column.schema->children[0]->format[0] != 't')
        return PyErr_Format(PyExc_TypeError, "column %s holds no times", column.schema->name);
    const struct ArrowArray *times = column.array->children[0];
    const int64_t *ns = (const int64_t *)times->buffers[1] + times->offset;
    PyObject *list = PyList_New((Py_ssize_t)(to - from));
    for (int64_t i = from; list && i < to; i++) {
        PyObject *seconds = PyFloat_FromDouble(value_seconds(ns[i]));
        if (!seconds)
            Py_CLEAR(list);
        else
            PyList_SetItem(list, (Py_ssize_t)(i - from), seconds);
    }
    return list;
}

static PyObject *array_texts(PyObject *self, PyObject *args)
{
    struct node_object column;
    int64_t row;
    Py_ssize_t rule;
    if (!cell_of(self, args, "nnn:texts", &column, &row, &rule))
        return NULL;
    if (rule < 0 || (size_t)rule > UINT32_MAX)
        return PyErr_Format(PyExc_ValueError, "no such rule: %zd", rule);
    return value_texts(column.schema, column.array, row, (uint32_t)rule);
}

/* ---- the types ---- */

static PyMethodDef schema_methods[] = {
    {"__arrow_c_schema__", node_arrow_schema, METH_NOARGS, "The schema as a capsule."},
    {"empty", schema_empty, METH_NOARGS, "A batch without rows."},
    {"child", schema_child, METH_O, "child(i): the schema of a column."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef schema_getset[] = {
    {"name", node_name, NULL, "Name of the column; empty for a table.", NULL},
    {"format", node_format, NULL, "Arrow's format string.", NULL},
    {"names", node_names, NULL, "Names of the children.", NULL},
    {"csv", schema_csv, NULL,
     "How the column prints in CSV: \"plain\", \"sequence\", the text rule of a field; None: not known.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot schema_slots[] = {
    {Py_tp_dealloc, node_dealloc},
    {Py_tp_methods, schema_methods},
    {Py_tp_getset, schema_getset},
    {Py_tp_doc, "Names and Arrow types of columns."},
    {0, NULL},
};

static PyMethodDef array_methods[] = {
    {"__arrow_c_schema__", node_arrow_schema, METH_NOARGS, "The schema as a capsule."},
    {"__arrow_c_array__", (PyCFunction)(void (*)(void))array_arrow_array, METH_VARARGS | METH_KEYWORDS,
     "Schema and array as capsules; the buffers are shared."},
    {"child", array_child, METH_O, "child(i): the i-th child; of a batch: a column."},
    {"address", array_address, METH_O, "address(i): where the i-th buffer lies, 0 when there is none."},
    {"value", array_value, METH_O, "value(i): one value; times are ints of nanoseconds."},
    {"to_list", array_to_list, METH_NOARGS, "All values, as value() gives them."},
    {"cell", array_cell, METH_VARARGS, "cell(column, row): one value of a batch."},
    {"seconds", array_seconds, METH_VARARGS,
     "seconds(column, row): a list of times as floats, each the nearest to the exact time."},
    {"texts", array_texts, METH_VARARGS,
     "texts(column, row, field): [(text, packet), ...] of a field's column."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef array_getset[] = {
    {"name", node_name, NULL, "Name of the column; empty for a batch.", NULL},
    {"format", node_format, NULL, "Arrow's format string.", NULL},
    {"names", node_names, NULL, "Names of the children.", NULL},
    {"offset", array_offset, NULL, "Where the values start in the buffers.", NULL},
    {"null_count", array_null_count, NULL, "Number of nulls, -1 when not counted.", NULL},
    {"dictionary", array_dictionary, NULL, "The values that the integers stand for, or None.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot array_slots[] = {
    {Py_tp_dealloc, node_dealloc},
    {Py_tp_methods, array_methods},
    {Py_tp_getset, array_getset},
    {Py_sq_length, array_length},
    {Py_tp_doc, "A batch, or one column of it."},
    {0, NULL},
};

static PyType_Spec schema_spec = {"flowcontainer._core.Schema", sizeof(struct node_object), 0,
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, schema_slots};
static PyType_Spec array_spec = {"flowcontainer._core.Array", sizeof(struct node_object), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, array_slots};

bool core_array_ready(PyObject *module)
{
    schema_type = core_add_type(module, &schema_spec, "Schema");
    array_type = core_add_type(module, &array_spec, "Array");
    return schema_type && array_type;
}
