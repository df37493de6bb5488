/* Display filters of Wireshark 4.0 over native fields: text -> program -> verdict.
 *
 * A filter is compiled only if its verdicts are exactly Wireshark's. Otherwise filter_compile returns
 * FC_UNSUPPORTED with the reason: a name that is not a native field or protocol, or a part of the language
 * that is not reproduced here. FC_FILTER means that Wireshark refuses the filter too; the message is of the
 * same kind and the offset is the same. */
#ifndef FC_FILTER_FILTER_H
#define FC_FILTER_FILTER_H

#include <flowcontainer.h>

#include "field/row.h"

/* The protocols whose presence, headers and order the native engine knows exactly. A row holds them like
 * fields: the value is the bytes of the header (for `frame`, all the captured bytes). */
enum filter_protocol {
#define PROTOCOL(id, name, what) P_##id,
#include "filter/protocols.def"
#undef PROTOCOL
    P_COUNT
};
const char *filter_protocol_name(enum filter_protocol protocol);
/* Returns true for a protocol above TCP and UDP. Only its presence is known; its value has no bytes. */
static inline bool filter_protocol_is_app(enum filter_protocol protocol) { return protocol >= P_TLS; }

/* A compiled filter. It is read-only, so threads can share it. */
struct filter;

/* Compiles a filter. Errors: FC_FILTER, FC_UNSUPPORTED (see above), FC_MEMORY, and FC_USAGE for blank text,
 * because a caller without a filter must not call this function. Free the result with filter_free. */
FC_MUST_USE enum fc_status filter_compile(struct filter **out, const char *text, struct fc_error *err);
void filter_free(struct filter *filter);

/* The slots that the filter reads, by field (F_COUNT entries) and by protocol (P_COUNT); -1: not read. */
const int16_t *filter_slots(const struct filter *filter);
const int16_t *filter_protocol_slots(const struct filter *filter);
/* Returns true if the filter reads a protocol. */
bool filter_wants_protocols(const struct filter *filter);
/* Returns true if the filter reads a field or protocol above TCP and UDP. */
bool filter_wants_apps(const struct filter *filter);

/* Registers and scratch memory of one thread; they grow with the longest row. Zero-initialise it. */
struct filter_state {
    struct value *values;
    size_t capacity;
    struct arena arena; /* its memory state is set when memory ends */
    void *match_data;
};
void filter_state_free(struct filter_state *state);

/* Returns the verdict on a row that was filled by the filter's slots. When memory ends it returns false and
 * sets the memory state of state->arena. */
bool filter_run(const struct filter *filter, struct filter_state *state, const struct row *row);

/* Prints the program as text, one instruction in each line. Writes at most cap bytes, with a NUL. Returns the
 * length of the whole text. */
size_t filter_dump(char *out, size_t cap, const struct filter *filter);

#endif
