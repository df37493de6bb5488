/* The functions that all files of the module use: exceptions, and new types. */
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

const char *core_text(PyObject *object)
{
    Py_ssize_t len = 0;
    const char *text =
        PyBytes_Check(object) ? PyBytes_AsString(object) : PyUnicode_AsUTF8AndSize(object, &len);
    if (!text)
        return NULL;
    if (PyBytes_Check(object))
        len = PyBytes_Size(object);
    if ((size_t)len == strlen(text))
        return text;
    PyErr_SetString(PyExc_ValueError, "embedded null byte");
    return NULL;
}

PyTypeObject *core_add_type(PyObject *module, PyType_Spec *spec, const char *name)
{
    PyObject *type = PyType_FromSpec(spec);
    if (!type || PyModule_AddObjectRef(module, name, type))
        return NULL;
    return (PyTypeObject *)type; /* the C variable keeps the reference */
}

PyObject *core_list(size_t n, PyObject *(*make)(size_t i, const void *of), const void *of)
{
    PyObject *list = PyList_New((Py_ssize_t)n);
    for (size_t i = 0; list && i < n; i++) {
        PyObject *item = make(i, of);
        if (!item)
            Py_CLEAR(list);
        else
            PyList_SetItem(list, (Py_ssize_t)i, item);
    }
    return list;
}

PyObject *core_column(const struct fc_column_info *column)
{
    return Py_BuildValue("(sssNss)", column->name, column->type, column->group,
                         PyBool_FromLong(column->is_default), column->unit, column->description);
}
