/* _core.fields: the list of all fields, or of those that match a pattern.
 *
 * Invariant: only matching entries become Python objects, because there are more than 200,000 entries.
 */
#include <fnmatch.h>
#include <string.h>

#include "core.h"

struct picker {
    PyObject *function; /* name -> whether it matches; NULL: use the glob */
    char glob[256];     /* with the protocol's new name */
    bool native;
};

/* Whether an entry matches: 1, 0, or -1 with an exception set. */
static int picks(const struct picker *p, const struct fc_field_info *f)
{
    if (p->native && strcmp(f->engine, "native") != 0)
        return 0;
    if (!p->function)
        return fnmatch(p->glob, f->name, FNM_NOESCAPE) == 0;
    PyObject *name = PyUnicode_FromString(f->name);
    PyObject *answer = name ? PyObject_CallFunctionObjArgs(p->function, name, NULL) : NULL;
    int yes = answer ? PyObject_IsTrue(answer) : -1;
    Py_XDECREF(answer);
    Py_XDECREF(name);
    return yes;
}

static PyObject *entry(const struct fc_field_info *f)
{
    PyObject *description =
        PyUnicode_DecodeUTF8(f->description, (Py_ssize_t)strlen(f->description), "replace");
    if (!description)
        return NULL;
    return Py_BuildValue("(sssNssOO)", f->name, f->type, f->arrow, description, f->engine, f->unit,
                         f->named ? Py_True : Py_False, f->single ? Py_True : Py_False);
}

static PyObject *list_of(const struct fc_fields *fields, const struct picker *p)
{
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < fc_fields_count(fields); i++) {
        struct fc_field_info f = fc_fields_at(fields, i);
        int yes = picks(p, &f);
        PyObject *item = yes > 0 ? entry(&f) : NULL;
        if (yes < 0 || (yes && (!item || PyList_Append(list, item))))
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

PyObject *core_fields(PyObject *module, PyObject *args)
{
    (void)module;
    struct picker picker = {0};
    struct fc_error err = {0};
    struct fc_fields *fields = NULL;
    enum fc_status status;
    const char *glob = NULL;
    int native = 0;
    PyObject *pattern;
    if (!PyArg_ParseTuple(args, "Op:fields", &pattern, &native))
        return NULL;
    if (PyUnicode_Check(pattern) && !(glob = PyUnicode_AsUTF8AndSize(pattern, NULL)))
        return NULL;
    Py_BEGIN_ALLOW_THREADS status = fc_fields_load(&fields, &err);
    Py_END_ALLOW_THREADS if (status) return core_raise(&err);
    picker.native = native;
    picker.function = glob ? NULL : pattern;
    PyObject *list = NULL;
    if (glob && fc_fields_today(picker.glob, sizeof picker.glob, fields, glob) >= sizeof picker.glob)
        PyErr_SetString(PyExc_ValueError, "a pattern has at most 255 bytes");
    else
        list = list_of(fields, &picker);
    fc_fields_free(fields);
    return list;
}

static PyObject *column_at(size_t i, const void *level)
{
    return core_column(fc_column_at(*(const enum fc_level *)level, i));
}

PyObject *core_columns(PyObject *module, PyObject *args)
{
    (void)module;
    int number;
    if (!PyArg_ParseTuple(args, "i:columns", &number))
        return NULL;
    enum fc_level level = (enum fc_level)number;
    return core_list(fc_n_columns(level), column_at, &level);
}

static PyObject *short_name_at(size_t i, const void *unused)
{
    (void)unused;
    const struct fc_short_name *s = fc_short_name_at(i);
    return Py_BuildValue("(sss)", s->name, s->field, s->description);
}

PyObject *core_short_names(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return core_list(fc_n_short_names(), short_name_at, NULL);
}
