/* take(stream) -> (Schema, [Array, ...]): the batches of an Arrow stream that another library made.
 *
 * Invariant: the stream is released whether it failed or not, and every schema and array that came out of it
 * lies in a share of its own. The stream runs without the interpreter lock, because its threads may need it.
 * Source: Apache Arrow, "The Arrow C stream interface".
 */
#include <string.h>

#include "core.h"

static PyObject *take_fail(struct ArrowArrayStream *stream)
{
    const char *why = stream->get_last_error ? stream->get_last_error(stream) : NULL;
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, why && *why ? why : "the Arrow stream failed without a reason");
    return NULL;
}

/* A batch may be a slice, whose offset counts for every column. The readers of batches expect the offset in
 * the columns. */
static void push_offset(struct ArrowArray *batch)
{
    for (int64_t c = 0; c < batch->n_children; c++) {
        struct ArrowArray *column = batch->children[c];
        if (!batch->offset && column->length == batch->length)
            continue;
        column->offset += batch->offset;
        column->length = batch->length;
        column->null_count = column->null_count ? -1 : 0;
    }
    batch->offset = 0;
}

/* The next batch as an object; None at the end. */
static PyObject *take_batch(struct ArrowArrayStream *stream, struct share *schema)
{
    struct share *share = share_new();
    if (!share)
        return PyErr_NoMemory();
    PyObject *batch = NULL;
    int bad;
    Py_BEGIN_ALLOW_THREADS bad = stream->get_next(stream, &share->array);
    Py_END_ALLOW_THREADS if (bad) { take_fail(stream); }
    else if (share->array.release)
    {
        push_offset(&share->array);
        batch = array_object(schema, share, &schema->schema, &share->array);
    }
    else
    {
        Py_INCREF(Py_None);
        batch = Py_None;
    }
    share_drop(share);
    return batch;
}

static PyObject *take_batches(struct ArrowArrayStream *stream, struct share *schema)
{
    PyObject *list = PyList_New(0);
    while (list) {
        PyObject *batch = take_batch(stream, schema);
        bool last = batch == Py_None;
        if (!batch || (!last && PyList_Append(list, batch)))
            Py_CLEAR(list);
        Py_XDECREF(batch);
        if (last)
            break;
    }
    return list;
}

static PyObject *take_stream(struct ArrowArrayStream *stream, struct share *schema)
{
    int bad;
    Py_BEGIN_ALLOW_THREADS bad = stream->get_schema(stream, &schema->schema);
    Py_END_ALLOW_THREADS if (bad) return take_fail(stream);
    if (strcmp(schema->schema.format, "+s") != 0)
        return PyErr_Format(PyExc_TypeError, "this is a column; a table is needed");
    PyObject *batches = take_batches(stream, schema);
    PyObject *object = batches ? schema_object(schema) : NULL;
    if (object)
        return Py_BuildValue("(NN)", object, batches);
    Py_XDECREF(batches);
    return NULL;
}

PyObject *core_take(PyObject *module, PyObject *capsule)
{
    (void)module;
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    if (!stream)
        return NULL;
    if (!stream->release)
        return PyErr_Format(PyExc_ValueError, "this Arrow stream was read already");
    struct share *schema = share_new();
    if (!schema)
        return PyErr_NoMemory();
    PyObject *answer = take_stream(stream, schema);
    Py_BEGIN_ALLOW_THREADS stream->release(stream);
    Py_END_ALLOW_THREADS share_drop(schema);
    return answer;
}
