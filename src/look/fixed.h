/* Header fields at fixed places, such as ip.ttl and tcp.port, are read directly, without a pass through the
 * header. */
#ifndef FC_LOOK_FIXED_H
#define FC_LOOK_FIXED_H

#include "field/row.h"
#include "look/examine.h"

enum { FIXED_MOST = 12 }; /* of one query; for more fields the readers are as fast */

/* The value is (the big-endian number at the place >> shift) & mask. */
struct fixed_place {
    uint16_t id, slot; /* field_id; the slot in the row */
    uint8_t kind;      /* enum layer_kind */
    uint8_t at;        /* offset in the header, bytes */
    uint8_t bytes;     /* 1, 2 or 4; other values mean numbers that are in no header (fixed.c) */
    uint8_t shift;
    uint32_t mask;
};

/* The places of the field, one for each of its values in a header, in order. Returns their number; 0: the
 * field has no fixed place. */
size_t fixed_places(field_id id, struct fixed_place out[2]);
/* Puts the values of those places that are of layer i's kind. Returns false and puts nothing if the header's
 * reader would stop early, or if the header has options that change its values. */
bool fixed_put(struct row *row, const struct fixed_place *places, size_t n, const struct examined *x, int i);

#endif
