/* Owners of Arrow structs, and copies of them whose nodes other libraries may move and release separately.
 *
 * Invariant: every node of an exported array holds its own reference to the share, so that a consumer may
 * move a child out of its parent and release the two in any order, on any thread. Source: Apache Arrow, "The
 * Arrow C data interface", "Moving child arrays".
 */
#include <errno.h>
#include <string.h>

#include "core.h"

struct share *share_new(void)
{
    struct share *share = calloc(1, sizeof *share);
    if (share)
        atomic_init(&share->refs, 1);
    return share;
}

struct share *share_keep(struct share *share)
{
    atomic_fetch_add(&share->refs, 1);
    return share;
}

void share_drop(struct share *share)
{
    if (!share || atomic_fetch_sub(&share->refs, 1) > 1)
        return;
    if (share->schema.release)
        share->schema.release(&share->schema);
    if (share->array.release)
        share->array.release(&share->array);
    free(share);
}

/* ---- schemas: full copies ---- */

struct schema_node {
    struct ArrowSchema dictionary;
    char *format, *name, *metadata;
    struct ArrowSchema **children;
    struct ArrowSchema rooms[]; /* what children points to */
};

static void schema_release(struct ArrowSchema *schema)
{
    struct schema_node *node = schema->private_data;
    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release)
            schema->children[i]->release(schema->children[i]);
    if (schema->dictionary && schema->dictionary->release)
        schema->dictionary->release(schema->dictionary);
    free(node->format);
    free(node->name);
    free(node->metadata);
    free(node->children);
    free(node);
    schema->release = NULL;
}

static char *text_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

/* Arrow's metadata: the number of pairs, then each key and value behind its length. */
static char *metadata_copy(const char *from)
{
    int32_t n, len;
    const char *at = from + sizeof n;
    memcpy(&n, from, sizeof n);
    for (int32_t i = 0; i < 2 * n; i++) {
        memcpy(&len, at, sizeof len);
        at += sizeof len + (size_t)len;
    }
    char *copy = malloc((size_t)(at - from));
    return copy ? memcpy(copy, from, (size_t)(at - from)) : NULL;
}

/* A node without children yet, which schema_release can already release. */
static struct schema_node *schema_node_new(struct ArrowSchema *out, const struct ArrowSchema *from)
{
    size_t n = (size_t)from->n_children;
    struct schema_node *node = calloc(1, sizeof *node + n * sizeof node->rooms[0]);
    if (!node)
        return NULL;
    node->format = text_copy(from->format);
    node->name = text_copy(from->name ? from->name : "");
    node->metadata = from->metadata ? metadata_copy(from->metadata) : NULL;
    node->children = calloc(n + 1, sizeof(struct ArrowSchema *));
    *out = (struct ArrowSchema){.format = node->format,
                                .name = node->name,
                                .metadata = node->metadata,
                                .flags = from->flags,
                                .children = node->children,
                                .release = schema_release,
                                .private_data = node};
    if (node->format && node->name && node->children && (!from->metadata || node->metadata))
        return node;
    schema_release(out);
    return NULL;
}

int schema_copy(struct ArrowSchema *out, const struct ArrowSchema *from)
{
    struct schema_node *node = schema_node_new(out, from);
    if (!node)
        return ENOMEM;
    for (int64_t i = 0; i < from->n_children; i++) {
        node->children[i] = &node->rooms[i];
        out->n_children = i + 1;
        if (schema_copy(&node->rooms[i], from->children[i]))
            goto failed;
    }
    if (from->dictionary) {
        out->dictionary = &node->dictionary;
        if (schema_copy(&node->dictionary, from->dictionary))
            goto failed;
    }
    return 0;
failed:
    schema_release(out);
    return ENOMEM;
}

/* ---- arrays: a copy of the tree, with the same buffers ---- */

struct array_node {
    struct share *share;
    struct ArrowArray dictionary;
    struct ArrowArray **children;
    struct ArrowArray rooms[]; /* what children points to */
};

static void array_release(struct ArrowArray *array)
{
    struct array_node *node = array->private_data;
    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release)
            array->children[i]->release(array->children[i]);
    if (array->dictionary && array->dictionary->release)
        array->dictionary->release(array->dictionary);
    share_drop(node->share);
    free(node->children);
    free(node);
    array->release = NULL;
}

/* A copy of the node `like` without children yet, which array_release can already release. */
static struct array_node *array_node_new(struct ArrowArray *out, const struct ArrowArray *like,
                                         int64_t n_children, struct share *share)
{
    size_t n = (size_t)n_children;
    struct array_node *node = calloc(1, sizeof *node + n * sizeof node->rooms[0]);
    struct ArrowArray **children = calloc(n + 1, sizeof(struct ArrowArray *));
    if (!node || !children) {
        free(node);
        free(children);
        return NULL;
    }
    node->share = share_keep(share);
    node->children = children;
    *out = *like;
    out->n_children = 0;
    out->children = children;
    out->dictionary = NULL;
    out->release = array_release;
    out->private_data = node;
    return node;
}

int array_borrow(struct ArrowArray *out, const struct ArrowArray *from, struct share *share)
{
    struct array_node *node = array_node_new(out, from, from->n_children, share);
    if (!node)
        return ENOMEM;
    for (int64_t i = 0; i < from->n_children; i++) {
        node->children[i] = &node->rooms[i];
        out->n_children = i + 1;
        if (array_borrow(&node->rooms[i], from->children[i], share))
            goto failed;
    }
    if (from->dictionary) {
        out->dictionary = &node->dictionary;
        if (array_borrow(&node->dictionary, from->dictionary, share))
            goto failed;
    }
    return 0;
failed:
    array_release(out);
    return ENOMEM;
}

/* The validity buffer and, depending on the format, data or offsets and data. */
static int64_t buffers_of(const char *format)
{
    if (!strcmp(format, "+s") || !strncmp(format, "+w", 2))
        return 1;
    return strchr("uUzZ", format[0]) ? 3 : 2;
}

int array_empty(struct ArrowArray *out, const struct ArrowSchema *schema, struct share *share)
{
    static const int64_t zero; /* an array without rows still has one offset */
    static const void *buffers[] = {NULL, &zero, &zero};
    struct ArrowArray like = {.n_buffers = buffers_of(schema->format), .buffers = buffers};
    struct array_node *node = array_node_new(out, &like, schema->n_children, share);
    if (!node)
        return ENOMEM;
    for (int64_t i = 0; i < schema->n_children; i++) {
        node->children[i] = &node->rooms[i];
        out->n_children = i + 1;
        if (array_empty(&node->rooms[i], schema->children[i], share))
            goto failed;
    }
    if (schema->dictionary) {
        out->dictionary = &node->dictionary;
        if (array_empty(&node->dictionary, schema->dictionary, share))
            goto failed;
    }
    return 0;
failed:
    array_release(out);
    return ENOMEM;
}
