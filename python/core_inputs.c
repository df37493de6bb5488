/* Captures that Python reads: objects of a store, file objects, bytes.
 *
 * Invariant: everything that an input points to is owned by its tuple, which lives until the run has been
 * freed. The library calls the functions below from its own threads, without the interpreter lock; they take
 * it once for each block of bytes, and copy out of a block without it. Blocks are bytes objects, because the
 * limited API of Python 3.10 has no other buffers. */
#include <string.h>

#include "core.h"

/* ---- reading ---- */

struct reading {
    PyObject *object; /* with next() and close() */
    PyObject *block;  /* bytes; NULL before the first */
    const char *bytes;
    size_t at, len;
};

/* Makes an error of the exception that is set. */
static enum fc_status take_exception(struct fc_error *err)
{
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    bool is_missing = PyErr_GivenExceptionMatches(type, PyExc_FileNotFoundError);
    err->status = FC_IO;
    if (PyErr_GivenExceptionMatches(type, PyExc_MemoryError))
        err->status = FC_MEMORY;
    else if (!PyErr_GivenExceptionMatches(type, PyExc_Exception)) /* KeyboardInterrupt, SystemExit */
        err->status = FC_CANCELLED;
    else if (is_missing)
        err->status = FC_NOT_FOUND;
    PyObject *name = PyObject_GetAttrString(type, "__name__");
    PyObject *text = name ? PyUnicode_FromFormat("%U: %S", name, value ? value : Py_None) : NULL;
    PyObject *bytes = text ? PyUnicode_AsEncodedString(text, "utf-8", "replace") : NULL;
    PyOS_snprintf(err->text, sizeof err->text, "%.*s", (int)sizeof err->text - 1,
                  bytes ? PyBytes_AsString(bytes) : "an exception without a text");
    PyErr_Clear();
    Py_XDECREF(bytes);
    Py_XDECREF(text);
    Py_XDECREF(name);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    return err->status;
}

static enum fc_status reading_open(void *context, void **out, struct fc_error *err)
{
    struct reading *reading = calloc(1, sizeof *reading);
    if (!reading)
        return err->status = FC_MEMORY;
    PyGILState_STATE state = PyGILState_Ensure();
    reading->object = PyObject_CallFunctionObjArgs(context, NULL);
    enum fc_status status = reading->object ? FC_OK : take_exception(err);
    PyGILState_Release(state);
    if (status)
        free(reading);
    else
        *out = reading;
    return status;
}

/* Gets the next block; the block is None if there is none yet. The caller holds the interpreter lock. */
static enum fc_status next_block(struct reading *reading, struct fc_error *err)
{
    Py_ssize_t len = 0;
    char *bytes = NULL;
    Py_CLEAR(reading->block);
    reading->at = reading->len = 0;
    PyObject *block = PyObject_CallMethod(reading->object, "next", NULL);
    if (!block)
        return take_exception(err);
    if (block != Py_None && PyBytes_AsStringAndSize(block, &bytes, &len)) {
        Py_DECREF(block);
        return take_exception(err);
    }
    reading->block = block;
    reading->bytes = bytes;
    reading->len = (size_t)len;
    return FC_OK;
}

static enum fc_status reading_read(void *context, void *dst, size_t cap, size_t *got, struct fc_error *err)
{
    struct reading *reading = context;
    bool is_quiet = false;
    enum fc_status status = FC_OK;
    if (reading->at == reading->len) {
        PyGILState_STATE state = PyGILState_Ensure();
        status = next_block(reading, err);
        is_quiet = reading->block == Py_None;
        PyGILState_Release(state);
    }
    size_t left = reading->len - reading->at, n = left < cap ? left : cap;
    if (n)
        memcpy(dst, reading->bytes + reading->at, n);
    reading->at += n;
    *got = is_quiet ? FC_INPUT_QUIET : n;
    return status;
}

static void reading_close(void *context)
{
    struct reading *reading = context;
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace); /* an exception of the caller's thread stays */
    PyObject *nothing = PyObject_CallMethod(reading->object, "close", NULL);
    if (!nothing)
        PyErr_WriteUnraisable(reading->object);
    Py_XDECREF(nothing);
    Py_XDECREF(reading->block);
    Py_DECREF(reading->object);
    PyErr_Restore(type, value, trace);
    PyGILState_Release(state);
    free(reading);
}

/* ---- the inputs ---- */

static bool fill_functions(struct fc_input *input, enum fc_input_kind kind, PyObject *tuple)
{
    PyObject *name, *open;
    unsigned long long size;
    if (!PyArg_ParseTuple(tuple, "OOKO", &name, &name, &size, &open) || !(input->name = core_text(name)))
        return false;
    input->kind = kind;
    input->size = size;
    input->context = open;
    input->open = reading_open;
    input->read = reading_read;
    input->close = reading_close;
    return true;
}

static bool fill_memory(struct fc_input *input, PyObject *tuple)
{
    PyObject *name, *bytes;
    char *data;
    Py_ssize_t len;
    if (!PyArg_ParseTuple(tuple, "OOO", &name, &name, &bytes) || !(input->name = core_text(name)) ||
        PyBytes_AsStringAndSize(bytes, &data, &len))
        return false;
    input->kind = FC_INPUT_MEMORY;
    input->data = data;
    input->size = (uint64_t)len;
    return true;
}

static bool fill_file(struct fc_input *input, PyObject *tuple)
{
    PyObject *name;
    input->kind = FC_INPUT_FILE;
    return PyArg_ParseTuple(tuple, "OO", &name, &name) && (input->name = core_text(name));
}

static bool fill_input(struct core_inputs *inputs, struct fc_input *input, PyObject *given)
{
    if (!PyTuple_Check(given) || !PyTuple_Size(given)) {
        input->kind = FC_INPUT_PATH;
        return (input->name = core_text(given)) != NULL;
    }
    const char *kind = core_text(PyTuple_GetItem(given, 0));
    if (!kind)
        return false;
    if (!strcmp(kind, "file"))
        return fill_file(input, given);
    if (!strcmp(kind, "memory"))
        return fill_memory(input, given);
    bool is_pipe = !strcmp(kind, "pipe");
    inputs->calls_python = true;
    if (is_pipe || !strcmp(kind, "reader"))
        return fill_functions(input, is_pipe ? FC_INPUT_PIPE : FC_INPUT_READER, given);
    PyErr_Format(PyExc_ValueError, "no kind of input: %s", kind);
    return false;
}

struct core_inputs *core_inputs_new(PyObject *sequence)
{
    struct core_inputs *inputs = PyMem_Calloc(1, sizeof *inputs);
    PyObject *tuple = PySequence_Tuple(sequence);
    if (!inputs || !tuple) {
        PyMem_Free(inputs);
        Py_XDECREF(tuple);
        return PyErr_Occurred() ? NULL : (PyErr_NoMemory(), NULL);
    }
    inputs->tuple = tuple;
    inputs->n = (size_t)PyTuple_Size(tuple);
    inputs->items = PyMem_Calloc(inputs->n + 1, sizeof *inputs->items);
    bool whole = inputs->items || PyErr_NoMemory();
    for (size_t i = 0; whole && i < inputs->n; i++)
        whole = fill_input(inputs, &inputs->items[i], PyTuple_GetItem(tuple, (Py_ssize_t)i));
    if (whole)
        return inputs;
    core_inputs_free(inputs);
    return NULL;
}

void core_inputs_free(struct core_inputs *inputs)
{
    if (!inputs)
        return;
    PyMem_Free(inputs->items);
    Py_XDECREF(inputs->tuple);
    PyMem_Free(inputs);
}
