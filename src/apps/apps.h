/* The protocols above TCP and UDP: which of them gets a payload, and their state. They are run only if fields
 * or names of such protocols are asked for, and then exactly once for every frame, kept or not. */
#ifndef FC_APPS_APPS_H
#define FC_APPS_APPS_H

#include "base/cipher.h"
#include "filter/filter.h"
#include "proto/dtls.h"
#include "proto/quic.h"
#include "proto/registry.h"

struct examined;
struct source;

struct apps {
    bool wanted;              /* fields or names of these protocols are asked for */
    uint32_t readers;         /* as READER_BIT: of the fields that are asked for */
    uint32_t names[N_OWNERS]; /* the bit in `shown` of each owner that a filter may name; else 0 */
    uint32_t shown;     /* bits by enum filter_protocol: the protocols that Wireshark shows in this frame */
    bool doubt;         /* fields asked for may be inside something that is not read natively */
    bool skips_payload; /* nothing that is asked for lies in encrypted records */
    bool skips_opaque;  /* nothing that is asked for can lie in an encrypted stream */
    bool is_opaque;     /* this frame lies in an encrypted stream, and is skipped */
    struct reasm reasm;
    struct quic quic;
    struct cipher cipher; /* of quic */
    struct dtls dtls;
    struct arena arena; /* state of conversations; until the capture ends */
    int16_t mute_slots[F_COUNT];
    struct row mute;      /* wants no values: for frames that only advance the state */
    struct arena scratch; /* of the mute row; until the next frame */
};

/* slot_of: slots of the rows that will be filled; filter: that of the query, or NULL. `exact`: encrypted
 * streams are read even if only fields of other protocols are asked for. `memory` is set when memory ends. */
void apps_init(struct apps *apps, const int16_t *slot_of, const struct filter *filter, bool exact,
               struct memory_state *memory);
/* Returns true if messages of DNS over UDP have to be matched by the examiner. */
bool apps_want_names(const int16_t *slot_of, const struct filter *filter);
/* Begins a frame, before its first layer. Notes doubts about carriers, too. */
void apps_turn(struct apps *apps, const struct examined *x, const struct source *source);
/* Reads all layers of a frame; values go into the row. */
void apps_frame(struct apps *apps, struct row *row, const struct examined *x);
/* Reads all layers of a frame for the state alone. */
void apps_advance(struct apps *apps, const struct examined *x);
/* Notes that Wireshark shows a protocol in this frame. */
static inline void apps_show(struct apps *apps, enum filter_protocol protocol)
{
    apps->shown |= UINT32_C(1) << protocol;
}
/* Puts the protocols that are shown into slots by enum filter_protocol, after the frame was read. */
void apps_protocols(const struct apps *apps, struct row *row, const int16_t *slots);
/* Returns true if something that is not read natively may hold fields asked for. */
bool apps_doubts(const struct apps *apps);
/* The number of messages that were given up because of a limit. */
uint64_t apps_refused(const struct apps *apps);
/* Returns true for either of both: from this frame on, fields asked for may have other values than those
 * given. */
bool apps_lost(const struct apps *apps);
/* Clears both, so that later frames can set them again. */
void apps_go_on(struct apps *apps);
void apps_reset(struct apps *apps); /* for the next capture */
void apps_free(struct apps *apps);

#endif
