/* The protocols above TCP: hands each segment's payload to reassembly and whole messages to their parsers. Runs
 * only when the query asks for fields of such protocols, and then for every frame, kept or not. */
#ifndef FC_ENGINE_APPS_H
#define FC_ENGINE_APPS_H

#include "engine/examine.h"
#include "proto/quic.h"
#include "proto/registry.h"

struct apps {
    bool wanted, only; /* fields of these protocols are asked for; and no others */
    struct reasm reasm;
    struct arena arena; /* of conversations; until the capture ends */
    unsigned families;  /* bits of enum family: what is asked for */
    bool foreign;       /* something of ours may be inside a protocol that is not read here */
    int16_t mute_slots[F_COUNT];
    struct row mute; /* wants nothing */
    struct arena scratch; /* of the mute row: one frame */
    struct quic quic;
    bool failed;
};

void apps_init(struct apps *apps, const int16_t *slot_of);
/* Before a frame's first layer. Notes, too, what may hold fields asked for inside something that is not read here. */
void apps_turn(struct apps *apps, const struct examined *x, const struct source *source);
/* The latter part of it (apps_foreign.c). */
void apps_note(struct apps *apps, const struct examined *x, const struct source *source);
/* TCP layer i of the frame; values go into the row. */
void apps_tcp(struct apps *apps, struct row *row, const struct examined *x, int i);
/* The same of UDP layer i: SSDP, which is HTTP in datagrams, and QUIC. */
void apps_udp(struct apps *apps, struct row *row, const struct examined *x, int i);
/* The part of apps_udp that is QUIC's (apps_quic.c). */
void apps_quic(struct apps *apps, struct row *row, const struct examined *x, int i);
/* All of a frame's layers. */
void apps_frame(struct apps *apps, struct row *row, const struct examined *x);
/* The same for their state alone. */
void apps_advance(struct apps *apps, const struct examined *x);
void apps_reset(struct apps *apps); /* for the next capture */
void apps_free(struct apps *apps);

#endif
