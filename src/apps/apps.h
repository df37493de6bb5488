/* The protocols above TCP and UDP: hands each segment's payload to reassembly and whole messages to their
 * parsers. Runs only when the query or its filter asks for such protocols, and then once for every frame,
 * kept or not. */
#ifndef FC_APPS_APPS_H
#define FC_APPS_APPS_H

#include "apps/opaque.h"
#include "base/cipher.h"
#include "filter/filter.h"
#include "look/examine.h"
#include "proto/dtls.h"
#include "proto/quic.h"
#include "proto/registry.h"

/* What a conversation remembers for the protocols above it. */
struct app_conv {
    const struct protocol *claimed; /* asked first */
    const struct protocol *carrier; /* who claimed it for another one, and goes on carrying it */
    bool carries;                   /* bytes for it were seen */
    struct reasm_side sides[2];
    void *states[N_TCP_PROTOCOLS]; /* made when first needed */
    struct dtls_path *dtls;        /* the same */
};

struct apps {
    bool wanted;    /* these protocols are asked for */
    uint32_t shown; /* bits by enum filter_protocol: those that Wireshark shows in this frame */
    struct reasm reasm;
    struct arena arena; /* of conversations; until the capture ends */
    unsigned families;  /* bits of enum family: what is asked for */
    bool foreign;       /* something of ours may be inside a protocol that is not read here */
    int16_t mute_slots[F_COUNT];
    struct row mute;      /* wants nothing */
    struct arena scratch; /* of the mute row: one frame */
    struct quic quic;
    struct cipher cipher; /* of quic */
    struct dtls dtls;
    bool skips_payload; /* of encrypted records */
    bool skips_opaque;  /* nothing that is asked for can be found in an encrypted stream */
    bool is_opaque;     /* nor in this frame */
};

/* By the slots of the rows it is to fill; the query's filter may be NULL. `exact`: encrypted streams are gone
 * through, too, where only what others have is asked for. */
void apps_init(struct apps *apps, const int16_t *slot_of, const struct filter *filter, bool exact,
               struct memory_state *memory);
/* Whether messages of DNS over UDP have to be looked at. */
bool apps_want_names(const int16_t *slot_of, const struct filter *filter);
/* Before a frame's first layer. Notes, too, what may hold fields asked for inside something that is not read
 * here. */
void apps_turn(struct apps *apps, const struct examined *x, const struct source *source);
/* The latter part of it (doubt.c). */
void apps_note(struct apps *apps, const struct examined *x, const struct source *source);
/* Keys came with the capture: Wireshark decrypts. */
bool apps_secrets(const struct source *source);
/* TCP layer i of the frame; values go into the row. */
void apps_tcp(struct apps *apps, struct row *row, const struct examined *x, int i);
/* The same of UDP layer i: DNS and its kin, SSDP, which is HTTP in datagrams, QUIC, DTLS, NTP and DHCP. */
void apps_udp(struct apps *apps, struct row *row, const struct examined *x, int i);
/* Takes note that the datagrams of a conversation are QUIC's, where nothing of QUIC itself is asked for. */
void apps_quic_claim(struct apps *apps, const struct examined *x, int i);
/* The part of apps_udp that is QUIC's (quic.c). */
void apps_quic(struct apps *apps, struct row *row, const struct examined *x, int i);
/* The part that is DTLS's (dtls.c). */
void apps_dtls(struct apps *apps, struct row *row, const struct examined *x, int i);
/* The part of the protocols that own their ports, NTP and DHCP (owned.c). */
void apps_owned(struct apps *apps, struct row *row, const struct examined *x, int i);
/* A UDP layer's payload: as many bytes as the length field says, where it makes sense. */
bool apps_payload(const struct layer *layer, struct rd *out);
/* Made when it is new; NULL when memory ends. */
struct app_conv *apps_conv(struct apps *apps, struct conv *conv);
/* All of a frame's layers. */
void apps_frame(struct apps *apps, struct row *row, const struct examined *x);
/* The same for their state alone. */
void apps_advance(struct apps *apps, const struct examined *x);
/* Puts those shown into slots by enum filter_protocol; after the frame was gone through. */
void apps_protocols(const struct apps *apps, struct row *row, const int16_t *slots);
/* Something is not read here that may hold fields asked for. */
bool apps_foreign(const struct apps *apps);
/* Messages given up because of a limit. */
uint64_t apps_refused(const struct apps *apps);
/* One of both: from this frame on fields asked for may have other values than those given. */
bool apps_lost(const struct apps *apps);
/* Forgets that, so that it can be told again of later frames. */
void apps_go_on(struct apps *apps);
void apps_reset(struct apps *apps); /* for the next capture */
void apps_free(struct apps *apps);

#endif
