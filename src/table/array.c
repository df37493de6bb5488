/* Finished columns as Arrow arrays and schemas.
 * Invariant: every node of the tree owns what it needs in one private block and frees it in its own release,
 * so a consumer may move any child out (setting its release to NULL) and let the parent go. Source: the Arrow
 * C data interface, arrow.apache.org/docs/format/CDataInterface.html. */
#include "base/memory.h"
#include "table/column.h"

/* What an array node owns. Buffers stand in Arrow's order: validity, then offsets or data, then data. */
struct node {
    const void *buffers[3];
    void *memory[3];
    uint32_t n_children;
    struct ArrowArray dictionary;
    struct ArrowArray **children; /* n_children pointers that lie behind child[] */
    struct ArrowArray child[];
};

/* What an empty buffer points to; zeros, so that it is also the offsets of no values. */
static _Alignas(64) const uint8_t nothing[64];

static void array_release(struct ArrowArray *array)
{
    struct node *node = array->private_data;
    for (int i = 0; i < 3; i++)
        memory_free(node->memory[i]);
    for (uint32_t i = 0; i < node->n_children; i++)
        if (node->child[i].release)
            node->child[i].release(&node->child[i]);
    if (node->dictionary.release)
        node->dictionary.release(&node->dictionary);
    memory_free(node);
    array->release = NULL;
}

static struct node *node_make(uint32_t n_children)
{
    size_t child_size = sizeof(struct ArrowArray) + sizeof(struct ArrowArray *);
    struct node *node = memory_zero(1, sizeof *node + n_children * child_size);
    if (!node)
        return NULL;
    node->n_children = n_children;
    node->children = (struct ArrowArray **)(node->child + n_children);
    for (uint32_t i = 0; i < n_children; i++)
        node->children[i] = &node->child[i];
    return node;
}

static void node_take(struct node *node, int64_t *n, struct buffer *b)
{
    node->buffers[*n] = b->memory ? b->data : nothing;
    node->memory[*n] = b->memory;
    *b = (struct buffer){0};
    ++*n;
}

/* Everything behind the last null is valid; bits past the length mean nothing to readers. */
static bool array_complete_validity(struct column *c)
{
    size_t have = c->validity.len = ((size_t)c->n_known + 7) / 8, need = ((size_t)c->length + 7) / 8;
    if (!c->n_nulls || have >= need)
        return true;
    if (!buffer_room(&c->validity, need - have))
        return false;
    memset(c->validity.data + have, 0xff, need - have);
    return true;
}

static void array_take_buffers(struct column *c, struct ArrowArray *out, struct node *node)
{
    int64_t n = 0;
    node_take(node, &n, &c->validity);
    if (!out->null_count)
        node->buffers[0] = NULL;
    if (c->kind == COLUMN_TEXT || c->kind == COLUMN_LARGE || c->kind == COLUMN_LIST)
        node_take(node, &n, &c->offsets);
    if (c->kind != COLUMN_STRUCT && c->kind != COLUMN_LIST && c->kind != COLUMN_FIXED_LIST)
        node_take(node, &n, &c->data);
    out->n_buffers = n;
}

bool column_finish(struct column *c, struct ArrowArray *out)
{
    *out = (struct ArrowArray){0};
    struct node *node = array_complete_validity(c) ? node_make(c->n_children) : NULL;
    if (!node)
        return false;
    *out = (struct ArrowArray){.length = c->length,
                               .null_count = c->n_nulls,
                               .n_children = c->n_children,
                               .buffers = node->buffers,
                               .children = c->n_children ? node->children : NULL,
                               .dictionary = c->words ? &node->dictionary : NULL,
                               .release = array_release,
                               .private_data = node};
    bool ok = !c->words || column_finish(c->words, &node->dictionary);
    for (uint32_t i = 0; ok && i < c->n_children; i++)
        ok = column_finish(&c->children[i], &node->child[i]);
    if (!ok) {
        array_release(out);
        return false;
    }
    array_take_buffers(c, out, node);
    c->length = c->n_nulls = c->n_known = 0;
    c->last_word = NULL;
    return true;
}

/* The key of a column's metadata; its value is column->csv. */
#define CSV_KEY "flowcontainer.csv"
enum { METADATA_CAP = 3 * sizeof(int32_t) + sizeof CSV_KEY + COLUMN_CSV_CAP };

/* Arrow's form of metadata: the number of pairs, then each key and value behind its length; integers of 32
 * bits in the order of the machine. */
static void write_metadata(char *out, const char *value)
{
    int32_t n = 1, key_len = sizeof CSV_KEY - 1, value_len = (int32_t)strlen(value);
    memcpy(out, &n, sizeof n);
    memcpy(out + 4, &key_len, sizeof key_len);
    memcpy(out + 8, CSV_KEY, (size_t)key_len);
    memcpy(out + 8 + key_len, &value_len, sizeof value_len);
    memcpy(out + 12 + key_len, value, (size_t)value_len);
}

/* The things that a schema node owns. Name and format are copies: a schema may outlive the run whose fields
 * it names. */
struct schema_node {
    char *name, *format;
    char metadata[METADATA_CAP];
    uint32_t n_children;
    struct ArrowSchema dictionary;
    struct ArrowSchema **children;
    struct ArrowSchema child[];
};

static void schema_release(struct ArrowSchema *schema)
{
    struct schema_node *node = schema->private_data;
    for (uint32_t i = 0; i < node->n_children; i++)
        if (node->child[i].release)
            node->child[i].release(&node->child[i]);
    if (node->dictionary.release)
        node->dictionary.release(&node->dictionary);
    memory_free(node->name);
    memory_free(node->format);
    memory_free(node);
    schema->release = NULL;
}

static struct schema_node *schema_node_make(uint32_t n_children, const char *name, const char *format)
{
    size_t child_size = sizeof(struct ArrowSchema) + sizeof(struct ArrowSchema *);
    struct schema_node *node = memory_zero(1, sizeof *node + n_children * child_size);
    if (!node)
        return NULL;
    node->name = memory_text(name);
    node->format = memory_text(format);
    if (!node->name || !node->format) {
        memory_free(node->name);
        memory_free(node->format);
        memory_free(node);
        return NULL;
    }
    node->n_children = n_children;
    node->children = (struct ArrowSchema **)(node->child + n_children);
    for (uint32_t i = 0; i < n_children; i++)
        node->children[i] = &node->child[i];
    return node;
}

bool column_schema(const struct column *c, struct ArrowSchema *out)
{
    *out = (struct ArrowSchema){0};
    struct schema_node *node = schema_node_make(c->n_children, c->name, c->format);
    if (!node)
        return false;
    if (*c->csv)
        write_metadata(node->metadata, c->csv);
    *out = (struct ArrowSchema){.format = node->format,
                                .name = node->name,
                                .metadata = *c->csv ? node->metadata : NULL,
                                .flags = ARROW_FLAG_NULLABLE,
                                .n_children = c->n_children,
                                .children = c->n_children ? node->children : NULL,
                                .dictionary = c->words ? &node->dictionary : NULL,
                                .release = schema_release,
                                .private_data = node};
    bool ok = !c->words || column_schema(c->words, &node->dictionary);
    for (uint32_t i = 0; ok && i < c->n_children; i++)
        ok = column_schema(&c->children[i], &node->child[i]);
    if (!ok)
        schema_release(out);
    return ok;
}
