/* The protocols above TCP and UDP: what is asked for, and one frame's way through them. */
#include "apps/apps.h"

#include <string.h>

#include "apps/doubt.h"
#include "apps/opaque.h"
#include "apps/tcp.h"
#include "apps/udp.h"
#include "field/ids_tls.h"
#include "proto/datagrams.h"

/* ---- what is asked for ---- */

/* The readers of a protocol that a filter names. Of protocols that share ports, any may decide which one is
 * shown. */
static uint32_t readers_of_name(enum filter_protocol protocol, uint32_t sharing)
{
    for (size_t i = 0; i < N_DATAGRAM_PROTOCOLS; i++)
        if (!strcmp(datagram_protocols[i]->name, filter_protocol_name(protocol)))
            return datagram_protocols[i]->readers;
    return protocol == P_QUIC ? READER_BIT(READER_QUIC) : sharing;
}

/* Fields of protocols that are found by their ports alone, and those of QUIC, are asked for only by their
 * names. A filter that asks for any other protocol may see fields of all others. */
static uint32_t readers_wanted(const int16_t *slot_of, const struct filter *filter)
{
    uint32_t sharing = APP_READERS & ~(DATAGRAM_READERS | READER_BIT(READER_QUIC));
    uint32_t readers = field_readers(slot_of) & APP_READERS;
    if (!filter || !filter_wants_apps(filter))
        return readers;
    const int16_t *protocols = filter_protocol_slots(filter);
    uint32_t by_filter = field_readers(filter_slots(filter)) & APP_READERS;
    for (int p = P_TLS; p < P_COUNT; p++)
        if (protocols[p] >= 0)
            by_filter |= readers_of_name((enum filter_protocol)p, sharing);
    return readers | by_filter | (by_filter & ~(uint32_t)DATAGRAM_READERS ? sharing : 0);
}

bool apps_want_names(const int16_t *slot_of, const struct filter *filter)
{
    const int16_t *protocols = filter ? filter_protocol_slots(filter) : NULL;
    uint32_t readers = field_readers(slot_of) | (filter ? field_readers(filter_slots(filter)) : 0);
    return readers & READER_BIT(READER_DNS) ||
           (filter && (protocols[P_DNS] >= 0 || protocols[P_MDNS] >= 0 || protocols[P_LLMNR] >= 0));
}

static uint32_t name_bit(const char *name)
{
    for (int p = P_TLS; p < P_COUNT; p++)
        if (!strcmp(filter_protocol_name((enum filter_protocol)p), name))
            return UINT32_C(1) << p;
    return 0;
}

static void find_names(struct apps *apps)
{
    for (size_t i = 0; i < N_TCP_PROTOCOLS; i++)
        apps->names[tcp_protocols[i]->owner] = name_bit(tcp_protocols[i]->name);
    for (size_t i = 0; i < N_DATAGRAM_PROTOCOLS; i++)
        apps->names[datagram_protocols[i]->owner] = name_bit(datagram_protocols[i]->name);
}

void apps_init(struct apps *apps, const int16_t *slot_of, const struct filter *filter, bool exact,
               struct memory_state *memory)
{
    apps->arena.memory = apps->scratch.memory = apps->reasm.arrays.memory = apps->cipher.memory = memory;
    memset(apps->mute_slots, 0xff, sizeof apps->mute_slots);
    apps->mute = (struct row){.slot_of = apps->mute_slots, .arena = &apps->scratch};
    apps->readers = readers_wanted(slot_of, filter);
    apps->wanted = apps->readers != 0;
    apps->skips_payload = slot_of[F_TLS_APP_DATA] < 0;
    apps->skips_opaque = !exact && !(apps->readers & (HANDSHAKE_READERS | READER_BIT(READER_QUIC)));
    apps->quic = (struct quic){.arena = &apps->arena, .cipher = &apps->cipher};
    dtls_init(&apps->dtls, &apps->arena, slot_of);
    find_names(apps);
}

/* ---- a frame ---- */

void apps_turn(struct apps *apps, const struct examined *x, const struct source *source)
{
    apps->shown = 0;
    apps->is_opaque = apps->skips_opaque && opaque_frame(x) && !doubt_secrets(source);
    if (!apps->is_opaque)
        doubt_frame(apps, x, source);
    reasm_turn(&apps->reasm);
    if (apps->scratch.block)
        arena_reset(&apps->scratch);
}

void apps_frame(struct apps *apps, struct row *row, const struct examined *x)
{
    if (apps->is_opaque)
        return;
    for (int i = 0; i < x->packet.n_layers; i++)
        if (x->packet.layers[i].kind == LAYER_TCP)
            apps_tcp(apps, row, x, i);
        else if (x->packet.layers[i].kind == LAYER_UDP || x->packet.layers[i].kind == LAYER_UDPLITE)
            apps_udp(apps, row, x, i);
}

void apps_advance(struct apps *apps, const struct examined *x)
{
    apps->mute.n_values = 0;
    apps_frame(apps, &apps->mute, x);
}

void apps_protocols(const struct apps *apps, struct row *row, const int16_t *slots)
{
    for (int p = P_TLS; p < P_COUNT; p++)
        if (slots[p] >= 0 && (apps->shown >> p & 1))
            row_slot(row, (uint32_t)slots[p]);
}

/* ---- a capture ---- */

bool apps_doubts(const struct apps *apps) { return apps->doubt || apps->dtls.doubt; }

uint64_t apps_refused(const struct apps *apps)
{
    return apps->reasm.refused + apps->quic.refused + apps->dtls.refused;
}

bool apps_lost(const struct apps *apps) { return apps_doubts(apps) || apps_refused(apps); }

void apps_go_on(struct apps *apps)
{
    apps->doubt = apps->dtls.doubt = apps->quic.unclear = apps->quic.unclear_unknown = false;
    apps->reasm.refused = apps->quic.refused = apps->dtls.refused = 0;
}

void apps_reset(struct apps *apps)
{
    if (!apps->wanted)
        return;
    reasm_reset(&apps->reasm);
    arena_reset(&apps->arena);
    apps->doubt = false;
    apps->quic = (struct quic){.arena = &apps->arena, .cipher = &apps->cipher};
    dtls_reset(&apps->dtls);
}

void apps_free(struct apps *apps)
{
    reasm_reset(&apps->reasm);
    arena_free(&apps->arena);
    arena_free(&apps->scratch);
    row_free(&apps->mute);
    cipher_free(&apps->cipher);
}
