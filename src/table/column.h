/* A column being built: buffers that grow, and that finishing moves into an ArrowArray without a copy.
 *
 * Columns form a tree as Arrow's do: a list has one child, a struct several, a dictionary column its words.
 * Every putting function returns false when memory ends or an offset of 32 bits would overflow; the tree
 * stays good for column_free alone then. */
#ifndef FC_TABLE_COLUMN_H
#define FC_TABLE_COLUMN_H

#include <flowcontainer.h>
#include <string.h>

/* Bytes that start at a multiple of 64, as Arrow likes them. */
struct buffer {
    uint8_t *data;
    size_t len, cap;
    void *memory; /* what was allocated; data lies in it */
};
FC_MUST_USE bool buffer_grow(struct buffer *b, size_t more);
void buffer_free(struct buffer *b);
/* Room for `more` bytes behind len. */
FC_MUST_USE static inline bool buffer_room(struct buffer *b, size_t more)
{
    return b->len + more <= b->cap || buffer_grow(b, more);
}

enum column_kind {
    COLUMN_BITS,
    COLUMN_FIXED,
    COLUMN_TEXT,
    COLUMN_LARGE,
    COLUMN_LIST,
    COLUMN_STRUCT,
    COLUMN_FIXED_LIST
};

/* "plain"; "sequence": a list that CSV has on request alone; or the text_rule of a field in decimal. */
enum { COLUMN_CSV_CAP = 12 };

struct column {
    const char *name, *format; /* constants */
    enum column_kind kind;
    uint32_t width; /* FIXED: bytes of a value; FIXED_LIST: items of a value */
    uint32_t n_children;
    struct column *children;
    struct column *words; /* dictionary; the column itself holds int32 */
    int64_t length, n_nulls,
        n_known; /* validity is written up to n_known; from there on everything is valid */
    struct buffer validity, offsets, data;
    char csv[COLUMN_CSV_CAP]; /* how it prints in CSV, for the metadata of its schema; "": none */
    const char *last_word;
    int32_t last_index;
    int32_t *word_slots; /* hash table of words, when they are many; words.c */
    uint32_t n_word_slots;
};

/* By Arrow format string: b c C s S i I l L f g tsn:UTC tDn u U Z w:N +l +w:N +s. name and format are kept,
 * not copied. Lists and structs get their children with column_children. *column is overwritten. */
void column_init(struct column *column, const char *name, const char *format);
/* n zeroed children, to be initialised by the caller; NULL when memory ends. */
FC_MUST_USE struct column *column_children(struct column *column, uint32_t n);
/* For +l and +w:N. */
FC_MUST_USE bool column_init_items(struct column *column, const char *name, const char *format,
                                   const char *item_format);
FC_MUST_USE bool column_init_list(struct column *column, const char *name, const char *item_format);
/* list<struct<packet: uint32, value: T>> */
FC_MUST_USE bool column_init_values(struct column *column, const char *name, const char *value_format);
/* dictionary<int32, utf8> */
FC_MUST_USE bool column_init_dictionary(struct column *column, const char *name);
void column_free(struct column *column);

/* Room for n more values of fixed width at once; where they go. The caller adds to length afterwards. */
FC_MUST_USE static inline bool column_room(struct column *c, size_t n)
{
    c->data.len = (size_t)c->length * c->width;
    return buffer_room(&c->data, n * c->width);
}

#define COLUMN_PUT(bits, type)                                                                               \
    FC_MUST_USE static inline bool column_put##bits(struct column *c, type value)                            \
    {                                                                                                        \
        if (!column_room(c, 1))                                                                              \
            return false;                                                                                    \
        ((type *)c->data.data)[c->length++] = value;                                                         \
        return true;                                                                                         \
    }
COLUMN_PUT(8, uint8_t)
COLUMN_PUT(16, uint16_t)
COLUMN_PUT(32, uint32_t)
COLUMN_PUT(64, uint64_t)
#undef COLUMN_PUT

/* Appends `size` bytes, at least n: these n and zeros. The caller adds the values to length afterwards. */
FC_MUST_USE static inline bool column_pad_bytes(struct buffer *b, const void *bytes, size_t n, size_t size)
{
    if (!buffer_room(b, size))
        return false;
    if (n)
        memcpy(b->data + b->len, bytes, n);
    memset(b->data + b->len + n, 0, size - n);
    b->len += size;
    return true;
}

FC_MUST_USE bool column_put_bool(struct column *c, bool value);
FC_MUST_USE bool column_put_bytes(struct column *c, const void *bytes,
                                  size_t len); /* text and bytes of any kind */
/* The same when the bytes were written behind data.len already. */
FC_MUST_USE bool column_put_text_here(struct column *c, size_t len);
/* A null: of fixed width, bool, text, bytes, dictionary. */
FC_MUST_USE bool column_put_null(struct column *c);
/* Makes null what stands at i, which is the newest of the nulls. */
FC_MUST_USE bool column_set_null(struct column *c, int64_t i);
/* Ends a list: its elements are what the child got since the last one. */
FC_MUST_USE bool column_put_list(struct column *c);
/* Where the list that is being made begins in the child. */
int64_t column_list_start(const struct column *c);

struct column_bytes {
    const uint8_t *data;
    size_t len;
};
/* Value i of a column of fixed width, bool, text or bytes, which is not null; *bit takes a bool. */
struct column_bytes column_bytes(const struct column *c, int64_t i, uint8_t *bit);
/* Takes back the value of such a column that was put last. */
void column_take_back(struct column *c);
/* The index of a word in the dictionary, where every word stands once; -1 when memory ends. */
FC_MUST_USE int32_t column_word(struct column *c, const char *word);
/* A row with this word, which is a constant: the same pointer is known again without comparing. NULL: null.
 */
FC_MUST_USE bool column_put_word(struct column *c, const char *word);

/* Moves everything into *out and leaves the column empty. Released memory, children and all, as the C data
 * interface asks: children may be moved out and live on. On failure out->release is NULL. */
FC_MUST_USE bool column_finish(struct column *c, struct ArrowArray *out);
FC_MUST_USE bool column_schema(const struct column *c, struct ArrowSchema *out);

#endif
