/* Display filters of Wireshark 4.0 over native fields: text -> program -> verdict.
 *
 * A filter is answered here only when it can be answered exactly; FC_UNSUPPORTED says that it cannot, and
 * why: a name that is none of the native table's, or a corner of the language that is not reproduced.
 * FC_FILTER is a filter that Wireshark refuses too, with its kind of message and the same offset. */
#ifndef FC_FILTER_FILTER_H
#define FC_FILTER_FILTER_H

#include <flowcontainer.h>

#include "field/row.h"

/* Protocols whose presence, headers and order the native engine knows exactly. Their values are put into the
 * row like a field's: the bytes of the header (of `frame`: all that was captured). */
enum filter_protocol {
#define PROTOCOL(id, name, what) P_##id,
#include "filter/protocols.def"
#undef PROTOCOL
    P_COUNT
};
const char *filter_protocol_name(enum filter_protocol protocol);
/* Whether it is above TCP and UDP: then its presence alone is known, and its value has no bytes. */
static inline bool filter_protocol_is_app(enum filter_protocol protocol) { return protocol >= P_TLS; }

/* A compiled filter; read-only, so that threads share it. */
struct filter;

/* Blank text is FC_USAGE: no filter is the caller's case. Free with filter_free. */
FC_MUST_USE enum fc_status filter_compile(struct filter **out, const char *text, struct fc_error *err);
void filter_free(struct filter *filter);

/* What the filter reads: slots of fields (F_COUNT entries) and of protocols (P_COUNT), -1 where it does not
 * ask. */
const int16_t *filter_slots(const struct filter *filter);
const int16_t *filter_protocol_slots(const struct filter *filter);
/* Some protocol is asked for. */
bool filter_wants_protocols(const struct filter *filter);
/* Some field or protocol is asked for that is above TCP and UDP. */
bool filter_wants_apps(const struct filter *filter);

/* Registers and scratch of one thread; grows with the longest row. Zero-initialise. */
struct filter_state {
    struct value *values;
    size_t capacity;
    struct arena arena;
    void *match_data;
    bool out_of_memory;
};
void filter_state_free(struct filter_state *state);

/* The verdict on a row made with the filter's slots. out_of_memory is noted in the state. */
bool filter_run(const struct filter *filter, struct filter_state *state, const struct row *row);

/* The program as text, a line an instruction. Writes at most cap bytes with a NUL, returns the length of the
 * whole. */
size_t filter_dump(char *out, size_t cap, const struct filter *filter);

#endif
