/* Inside the room: operations of the opcodes on the values of registers. Each writes the register `out`. */
#ifndef FC_FILTER_VALUES_H
#define FC_FILTER_VALUES_H

#include "filter/code.h"

/* A register: n values, with room for one more than the row has. */
struct span {
    struct value *values;
    uint32_t n;
    uint8_t prefix; /* the bits of addresses that count */
};

bool span_nonzero(const struct span *a, uint8_t kind);
bool span_nonempty(const struct span *a);
/* Computes the operation for all pairs of values. The values of `out` are then in the arena. */
void span_arithmetic(struct filter_state *s, const struct insn *i, const struct span *a, const struct span *b,
                     struct span *out);
void span_minus(const struct insn *i, const struct span *a, struct span *out);
void span_slice(struct filter_state *s, const struct insn *i, const struct range *ranges,
                const struct span *a, struct span *out);
void span_len(const struct insn *i, const struct span *a, struct span *out);
void span_case(struct filter_state *s, const struct insn *i, const struct span *a, struct span *out);
void span_string(struct filter_state *s, const struct insn *i, const struct span *a, struct span *out);
void span_gather(const struct span *a, struct span *out, bool first);
bool span_extreme(const struct insn *i, const struct span *a, struct span *out);
void span_abs(const struct insn *i, const struct span *a, struct span *out);

#endif
