/* Capsules of the Arrow PyCapsule protocol.
 *
 * Invariant: a capsule owns its struct, and releases it unless the consumer has moved it out. Source: Apache
 * Arrow, "The Arrow PyCapsule Interface".
 */
#include "core.h"

static void schema_capsule_free(PyObject *capsule)
{
    struct ArrowSchema *schema = PyCapsule_GetPointer(capsule, "arrow_schema");
    if (schema->release)
        schema->release(schema);
    free(schema);
}

PyObject *schema_capsule(const struct ArrowSchema *schema)
{
    struct ArrowSchema *copy = calloc(1, sizeof *copy);
    if (!copy || schema_copy(copy, schema)) {
        free(copy);
        return PyErr_NoMemory();
    }
    PyObject *capsule = PyCapsule_New(copy, "arrow_schema", schema_capsule_free);
    if (!capsule) {
        copy->release(copy);
        free(copy);
    }
    return capsule;
}

static void array_capsule_free(PyObject *capsule)
{
    struct ArrowArray *array = PyCapsule_GetPointer(capsule, "arrow_array");
    if (array->release)
        array->release(array);
    free(array);
}

PyObject *array_capsule(const struct ArrowArray *array, struct share *share)
{
    struct ArrowArray *copy = calloc(1, sizeof *copy);
    if (!copy || array_borrow(copy, array, share)) {
        free(copy);
        return PyErr_NoMemory();
    }
    PyObject *capsule = PyCapsule_New(copy, "arrow_array", array_capsule_free);
    if (!capsule) {
        copy->release(copy);
        free(copy);
    }
    return capsule;
}

static void stream_capsule_free(PyObject *capsule)
{
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    if (stream->release)
        stream->release(stream);
    free(stream);
}

PyObject *stream_capsule(struct ArrowArrayStream *stream)
{
    struct ArrowArrayStream *moved = malloc(sizeof *moved);
    PyObject *capsule = NULL;
    if (moved) {
        *moved = *stream;
        capsule = PyCapsule_New(moved, "arrow_array_stream", stream_capsule_free);
    }
    if (capsule) {
        stream->release = NULL;
        return capsule;
    }
    free(moved);
    stream->release(stream);
    return PyErr_NoMemory();
}
