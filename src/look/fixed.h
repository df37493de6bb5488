/* Header fields at fixed places, such as ip.ttl and tcp.port: read where they stand, without going through
 * the header. */
#ifndef FC_LOOK_FIXED_H
#define FC_LOOK_FIXED_H

#include "field/row.h"
#include "look/examine.h"

enum { FIXED_MOST = 12 /* of one query; with more of them the readers are as fast */ };

/* The value is the big-endian number at the place, >> shift, & mask. */
struct fixed_place {
    uint16_t id, slot; /* field_id; the row's */
    uint8_t kind;      /* enum layer_kind */
    uint8_t at;        /* bytes from the header's first */
    uint8_t bytes;     /* 1, 2 or 4; others stand for numbers that are in no header (fixed.c) */
    uint8_t shift;
    uint32_t mask;
};

/* Places of the field, one for each of its values in a header, in order; 0: it stands at none. */
size_t fixed_places(field_id id, struct fixed_place out[2]);
/* Puts the values of these places that are of layer i's kind. False, and nothing is put: the header is one
 * that its reader would leave early, or that has more than its fixed part in the way. */
bool fixed_put(struct row *row, const struct fixed_place *places, size_t n, const struct examined *x, int i);

#endif
