/* The extension module `_core`: flowcontainer.h for Python, in the limited API of Python 3.10.
 *
 * Invariant: the module knows nothing about flows; the Python files beside it give the columns their meaning.
 */
#include <string.h>

#include "core.h"

PyObject *unsupported_error, *cancelled_error;

static PyObject *exception_of(enum fc_status status)
{
    switch (status) {
    case FC_NOT_FOUND:
        return PyExc_FileNotFoundError;
    case FC_IO:
        return PyExc_OSError;
    case FC_MEMORY:
        return PyExc_MemoryError;
    case FC_UNSUPPORTED:
        return unsupported_error;
    case FC_CANCELLED:
        return cancelled_error;
    default:
        return PyExc_ValueError;
    }
}

PyObject *core_raise(const struct fc_error *err)
{
    const char *reason = err->text[0] ? err->text : fc_status_name(err->status);
    PyObject *text = PyUnicode_DecodeUTF8(reason, (Py_ssize_t)strlen(reason), "replace");
    PyObject *whole = NULL;
    if (text && err->status == FC_FILTER && err->offset >= 0)
        whole = PyUnicode_FromFormat("%U (at byte %lld of the filter)", text, (long long)err->offset);
    if (text && !PyErr_Occurred())
        PyErr_SetObject(exception_of(err->status), whole ? whole : text);
    Py_XDECREF(whole);
    Py_XDECREF(text);
    return NULL;
}

void core_exception_line(char *message, size_t cap)
{
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyObject *text = value ? PyObject_Str(value) : NULL;
    const char *line = text ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
    PyOS_snprintf(message, cap, "%s", line && *line ? line : "interrupted");
    message[strcspn(message, "\n")] = 0;
    PyErr_Clear();
    Py_XDECREF(text);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
}

PyTypeObject *core_add_type(PyObject *module, PyType_Spec *spec, const char *name)
{
    PyObject *type = PyType_FromSpec(spec);
    if (!type || PyModule_AddObjectRef(module, name, type))
        return NULL;
    return (PyTypeObject *)type; /* the C variable keeps the reference */
}

static PyObject *core_seconds(PyObject *module, PyObject *ns)
{
    (void)module;
    long long value = PyLong_AsLongLong(ns);
    if (value == -1 && PyErr_Occurred())
        return NULL;
    return PyFloat_FromDouble(value_seconds(value));
}

static PyMethodDef core_methods[] = {
    {"open", (PyCFunction)(void (*)(void))core_open, METH_VARARGS | METH_KEYWORDS,
     "open(paths, fields, ...) -> Run. Checks the options; reads no packet."},
    {"stream", core_stream, METH_VARARGS, "stream(schema, iterator of batches) -> Arrow stream capsule."},
    {"cli", core_cli, METH_VARARGS, "cli(argv, sinks) -> exit status of the command."},
    {"columns", core_columns, METH_VARARGS,
     "columns(level) -> [(name, type, group, is default, unit, description)]; level: 0 flows, 1 packets, 2 "
     "frames"},
    {"short_names", core_short_names, METH_NOARGS, "short_names() -> [(name, field, description)]"},
    {"fields", core_fields, METH_VARARGS,
     "fields(glob or function, native) -> [(name, type, arrow, description, engine, unit, named, single), "
     "...]"},
    {"seconds", core_seconds, METH_O, "seconds(ns) -> the float nearest to ns / 10**9."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef core_module = {
    PyModuleDef_HEAD_INIT,
    "flowcontainer._core",
    "Captures in, Arrow out.",
    -1,
    core_methods,
    NULL,
    NULL,
    NULL,
    NULL,
};

PyMODINIT_FUNC PyInit__core(void);
PyMODINIT_FUNC PyInit__core(void)
{
    PyObject *module = PyModule_Create(&core_module);
    if (!module)
        return NULL;
    unsupported_error = PyErr_NewExceptionWithDoc(
        "flowcontainer.UnsupportedError",
        "A known request that this build or the available engines cannot answer.", PyExc_ValueError, NULL);
    cancelled_error =
        PyErr_NewExceptionWithDoc("flowcontainer.Cancelled", "cancel() was called while this was being read.",
                                  PyExc_RuntimeError, NULL);
    bool ready = unsupported_error && cancelled_error &&
                 !PyModule_AddObjectRef(module, "UnsupportedError", unsupported_error) &&
                 !PyModule_AddObjectRef(module, "Cancelled", cancelled_error) &&
                 !PyModule_AddStringConstant(module, "version", fc_version()) && core_array_ready(module) &&
                 core_run_ready(module);
    if (ready)
        return module;
    Py_DECREF(module);
    return NULL;
}
