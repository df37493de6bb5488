/* Inside the room: reads DER (X.690), one element at a time. */
#ifndef FC_PROTO_DER_H
#define FC_PROTO_DER_H

#include <string.h>

#include "base/rd.h"

enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_OID = 0x06,
    DER_UTF8 = 0x0c,
    DER_PRINTABLE = 0x13,
    DER_TELETEX = 0x14,
    DER_IA5 = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_UNIVERSAL = 0x1c,
    DER_BMP = 0x1e,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_CONTEXT = 0x80,
    DER_CONTEXT_CONSTRUCTED = 0xa0
};

struct der {
    uint8_t tag; /* the whole identifier octet; long forms of tags are not supported */
    struct rd body;
};

/* Reads the next element. Returns false at the end, or if its length is indefinite or does not fit. */
static inline bool der_next(struct rd *r, struct der *out)
{
    if (!rd_has(r, 2))
        return false;
    out->tag = rd_u8(r);
    uint32_t len = rd_u8(r);
    if ((out->tag & 0x1f) == 0x1f || len == 0x80 || len > 0x84)
        return false;
    if (len > 0x80) {
        uint32_t n = len & 0x7f;
        for (len = 0; n; n--)
            len = len << 8 | rd_u8(r);
    }
    out->body = rd_sub(r, len);
    return rd_ok(r);
}

/* Reads the next element if it has this tag. Otherwise the reader does not move. */
static inline bool der_take(struct rd *r, uint8_t tag, struct rd *body)
{
    struct der element;
    if (rd_peek8(r, 0) != tag || !der_next(r, &element))
        return false;
    *body = element.body;
    return true;
}

/* The number of elements to the end, or to the first bytes that are none. */
static inline uint32_t der_count(struct rd r)
{
    struct der element;
    uint32_t n = 0;
    while (rd_left(&r) && der_next(&r, &element))
        n++;
    return n;
}

/* Returns true if the next n bytes were captured and are decimal digits, as in times. */
static inline bool der_digits(const struct rd *r, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (rd_peek8(r, i) < '0' || rd_peek8(r, i) > '9')
            return false;
    return rd_has(r, n);
}

/* Returns true if the content of an OID is these bytes. */
static inline bool der_is(const struct rd *oid, const char *bytes, uint32_t len)
{
    return rd_left(oid) == len && rd_has(oid, len) && !memcmp(oid->data + oid->pos, bytes, len);
}

#endif
