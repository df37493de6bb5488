/* The values of one packet. Readers put every field they meet; a field that the query did not ask for costs
 * one table look-up. Values stand in the order in which they were put, which is Wireshark's order in the
 * tree: outer header first. Their bytes belong to the frame or to the row's arena, and are valid until the
 * next row_reset. */
#ifndef FC_FIELD_ROW_H
#define FC_FIELD_ROW_H

#include "base/arena.h"
#include "base/rd.h"
#include "field/field.h"

struct value {
    uint16_t slot;  /* which of the wanted fields */
    uint16_t layer; /* which of the frame's headers of its protocol, from 1; for filters */
    uint32_t len;   /* of bytes */
    union {
        uint64_t u;
        int64_t i;
        double f;
        const uint8_t *bytes;
    };
};

struct row {
    const int16_t *slot_of; /* F_COUNT entries: index of a wanted field, or -1 */
    const int16_t
        *own_slots; /* while a protocol borrows the fields of another: slot_of as it is otherwise; or NULL */
    struct value *values;
    uint32_t n_values, capacity;
    bool malformed; /* a reader met bytes that its protocol does not allow; the caller asks and clears it */
    uint16_t layer; /* of the values put from now on */
    struct arena *arena; /* for values that are not bytes of the frame; its memory state is the row's, too */
};

/* Grows the row by one value; NULL when memory ends; the arena's memory state is then set. */
struct value *row_grow(struct row *row);
static inline void row_reset(struct row *row) { row->n_values = 0; }
void row_free(struct row *row);

static inline bool row_wants(const struct row *row, field_id id) { return row->slot_of[id] >= 0; }

static inline struct value *row_value(struct row *row, field_id id)
{
    int16_t slot = row->slot_of[id];
    if (slot < 0)
        return NULL;
    struct value *v = row_grow(row);
    if (v) {
        v->slot = (uint16_t)slot;
        v->layer = row->layer;
    }
    return v;
}

static inline void put_uint(struct row *row, field_id id, uint64_t u)
{
    struct value *v = row_value(row, id);
    if (v)
        v->u = u;
}
static inline void put_int(struct row *row, field_id id, int64_t i)
{
    struct value *v = row_value(row, id);
    if (v)
        v->i = i;
}
static inline void put_bool(struct row *row, field_id id, bool b) { put_uint(row, id, b); }
/* A label: present or not (FT_NONE). */
static inline void put_label(struct row *row, field_id id) { put_uint(row, id, 1); }
/* Borrowed bytes: FT_BYTES, FT_ETHER (6), FT_IPv6 (16). NULL (a failed read) puts nothing. */
static inline void put_bytes(struct row *row, field_id id, const uint8_t *bytes, uint32_t len)
{
    struct value *v = bytes ? row_value(row, id) : NULL;
    if (v) {
        v->bytes = bytes;
        v->len = len;
    }
}
/* Text: valid UTF-8 that lives as long as the row (constant, frame or arena). */
static inline void put_text(struct row *row, field_id id, const char *text, uint32_t len)
{
    put_bytes(row, id, (const uint8_t *)text, len);
}
/* Text copied into the row's arena. */
void put_text_copy(struct row *row, field_id id, const char *text, uint32_t len);
/* Copies the wanted values of a row whose slots are the ids of fields. */
void row_take(struct row *row, const struct row *from);
/* Puts a value of any field by its slot; NULL when memory ends. */
struct value *row_slot(struct row *row, uint32_t slot);
/* The same for text from the wire; see put_text_utf8. */
void row_slot_utf8(struct row *row, uint32_t slot, const uint8_t *text, uint32_t len);
/* Text from the wire: as it is when it is valid UTF-8, else copied with U+FFFD for every byte that is not
 * part of a valid character. NULL (a failed read) puts nothing. */
void put_text_utf8(struct row *row, field_id id, const uint8_t *text, uint32_t len);

/* Text as Wireshark takes it from bytes that should be ASCII: up to the first NUL, U+FFFD for every byte from
 * 0x80. */
void put_text_wire(struct row *row, field_id id, const uint8_t *text, uint32_t len);

/* Text of a protocol that says UTF-8: U+FFFD for every sequence that is none, as far as it began well
 * (Unicode's maximal subparts); it ends at a NUL. NULL puts nothing. */
void put_text_mended(struct row *row, field_id id, const uint8_t *text, uint32_t len);

/* Read and put in one: nothing is put when the read fails. The value is returned for the parser's own use. */
static inline uint8_t put_u8(struct row *row, field_id id, struct rd *r)
{
    uint8_t u = rd_u8(r);
    if (rd_ok(r))
        put_uint(row, id, u);
    return u;
}
static inline uint16_t put_u16(struct row *row, field_id id, struct rd *r)
{
    uint16_t u = rd_u16(r);
    if (rd_ok(r))
        put_uint(row, id, u);
    return u;
}
static inline uint32_t put_u24(struct row *row, field_id id, struct rd *r)
{
    uint32_t u = rd_u24(r);
    if (rd_ok(r))
        put_uint(row, id, u);
    return u;
}
static inline uint32_t put_u32(struct row *row, field_id id, struct rd *r)
{
    uint32_t u = rd_u32(r);
    if (rd_ok(r))
        put_uint(row, id, u);
    return u;
}
static inline uint64_t put_u64(struct row *row, field_id id, struct rd *r)
{
    uint64_t u = rd_u64(r);
    if (rd_ok(r))
        put_uint(row, id, u);
    return u;
}
static inline void put_span(struct row *row, field_id id, struct rd *r, uint32_t n)
{
    put_bytes(row, id, rd_bytes(r, n), n);
}

#endif
