/* The extension module `_core`: flowcontainer.h for Python, in the limited API of Python 3.10.
 *
 * Invariant: the module knows nothing about flows; the Python files beside it give the columns their meaning.
 */
#include "core.h"

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
    {"write_csv", core_write_csv, METH_VARARGS, "write_csv(schema, iterator of batches, rules, path)."},
    {"take", core_take, METH_O, "take(Arrow stream capsule) -> (schema, list of batches)."},
    {"cli", core_cli, METH_VARARGS, "cli(argv, sinks) -> exit status of the command."},
    {"columns", core_columns, METH_VARARGS,
     "columns(level) -> [(name, type, group, is default, unit, description)]; level: 0 flows, 1 packets, 2 "
     "frames"},
    {"families", core_families, METH_NOARGS, "families() -> [(name, program, row, is own)]"},
    {"family_columns", core_family_columns, METH_VARARGS,
     "family_columns(name, options) -> [(name, type, group, is default, unit, description)]"},
    {"interfaces", core_interfaces, METH_NOARGS, "interfaces() -> [(name, description)]"},
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
