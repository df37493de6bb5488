/* An Arrow stream over a Python iterator of batches: how a lazy Scan reaches pyarrow, polars, DuckDB and
 * others.
 *
 * Invariant: a callback may be called on any thread, with or without the interpreter lock. It takes the lock
 * itself and leaves no exception behind: an exception becomes an errno and a line of text. Source: Apache
 * Arrow, "The Arrow C stream interface".
 */
#include <errno.h>

#include "core.h"

struct iterator_stream {
    struct share *share; /* of the schema */
    const struct ArrowSchema *schema;
    PyObject *iterator;
    char error[1024];
};

static int iterator_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    struct iterator_stream *self = stream->private_data;
    return schema_copy(out, self->schema);
}

static int exception_errno(void)
{
    if (PyErr_ExceptionMatches(PyExc_MemoryError))
        return ENOMEM;
    if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt))
        return EINTR;
    return PyErr_ExceptionMatches(PyExc_OSError) ? EIO : EINVAL;
}

/* Turns the exception into text. A KeyboardInterrupt is scheduled again, so that the caller of the consumer
 * gets it. */
static int exception_keep(struct iterator_stream *self)
{
    int status = exception_errno();
    core_exception_line(self->error, sizeof self->error);
    if (status == EINTR)
        PyErr_SetInterrupt();
    return status;
}

static int iterator_step(struct iterator_stream *self, struct ArrowArray *out)
{
    PyObject *batch = PyIter_Next(self->iterator);
    if (!batch && PyErr_Occurred())
        return exception_keep(self);
    *out = (struct ArrowArray){0};
    if (!batch)
        return 0;
    int status = EINVAL;
    if (Py_IS_TYPE(batch, array_type)) {
        struct share *share;
        const struct ArrowArray *array = array_object_array(batch, &share);
        status = array_borrow(out, array, share);
    }
    Py_DECREF(batch);
    return status;
}

static int iterator_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    PyGILState_STATE lock = PyGILState_Ensure();
    int status = iterator_step(stream->private_data, out);
    PyGILState_Release(lock);
    return status;
}

static const char *iterator_error(struct ArrowArrayStream *stream)
{
    struct iterator_stream *self = stream->private_data;
    return self->error[0] ? self->error : NULL;
}

static void iterator_release(struct ArrowArrayStream *stream)
{
    struct iterator_stream *self = stream->private_data;
    stream->release = NULL;
    if (!Py_IsInitialized())
        return; /* the interpreter has ended, and the iterator with it */
    PyGILState_STATE lock = PyGILState_Ensure();
    Py_DECREF(self->iterator);
    share_drop(self->share);
    free(self);
    PyGILState_Release(lock);
}

PyObject *core_stream(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *schema, *iterator;
    if (!PyArg_ParseTuple(args, "O!O:stream", schema_type, &schema, &iterator))
        return NULL;
    if (!PyIter_Check(iterator))
        return PyErr_Format(PyExc_TypeError, "stream() takes an iterator of batches");
    struct iterator_stream *self = calloc(1, sizeof *self);
    if (!self)
        return PyErr_NoMemory();
    struct share *share;
    self->schema = schema_object_schema(schema, &share);
    self->share = share_keep(share);
    Py_INCREF(iterator);
    self->iterator = iterator;
    struct ArrowArrayStream stream = {iterator_schema, iterator_next, iterator_error, iterator_release, self};
    return stream_capsule(&stream);
}
