/* Feature sets of other programs: their options, and the lists of families and columns. */
#include "core.h"

bool core_sets_fill(struct fc_set_options *options, PyObject *tuple)
{
    const char *form, *faults;
    int phantoms, nulls, capture, checksums;
    long long idle_ns, active_ns;
    unsigned int accounting_mode, splt, payload, version;
    fc_set_options_init(options);
    if (!PyArg_ParseTuple(tuple, "sszzzLLIIIIpppp;options of feature sets", &form, &faults, &options->names,
                          &options->layers, &options->server_ports, &idle_ns, &active_ns, &accounting_mode,
                          &splt, &payload, &version, &phantoms, &nulls, &capture, &checksums))
        return false;
    bool as_published = !strcmp(faults, "as-published");
    if (!as_published && strcmp(faults, "corrected"))
        return PyErr_Format(PyExc_ValueError, "faults must be \"as-published\" or \"corrected\", not \"%s\"",
                            faults) != NULL;
    options->form = !strcmp(form, "text") ? FC_SET_TEXT : !strcmp(form, "json") ? FC_SET_JSON : FC_SET_VALUES;
    options->faults = as_published ? FC_FAULTS_AS_PUBLISHED : FC_FAULTS_CORRECTED;
    options->idle_ns = idle_ns;
    options->active_ns = active_ns;
    options->accounting_mode = accounting_mode;
    options->splt = splt;
    options->payload = payload;
    options->version = version;
    options->no_phantoms = !phantoms;
    options->nulls = nulls;
    options->capture = capture;
    options->ignore_checksums = !checksums;
    return true;
}

static PyObject *family_at(size_t i, const void *unused)
{
    (void)unused;
    struct fc_family_info f = fc_family_at(i);
    return Py_BuildValue("(sssN)", f.name, f.program, f.row, PyBool_FromLong(f.is_own));
}

PyObject *core_families(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return core_list(fc_n_families(), family_at, NULL);
}

static PyObject *column_at(size_t i, const void *family) { return core_column(fc_family_column(family, i)); }

PyObject *core_family_columns(PyObject *module, PyObject *args)
{
    (void)module;
    const char *name;
    PyObject *tuple;
    struct fc_set_options options;
    struct fc_error err = {0};
    struct fc_family *family = NULL;
    if (!PyArg_ParseTuple(args, "sO!:family_columns", &name, &PyTuple_Type, &tuple) ||
        !core_sets_fill(&options, tuple))
        return NULL;
    if (fc_family_open(&family, name, &options, &err))
        return core_raise(&err);
    PyObject *list = core_list(fc_family_n_columns(family), column_at, family);
    fc_family_free(family);
    return list;
}
