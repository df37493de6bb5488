/* The version of a conversation of TLS or DTLS, and which side is the server.
 * Source: RFC 8446 section 4.1; drafts, and ports of servers whose ClientHello was not seen: observed
 * (tshark 4.0.17). */
#include "base/ports.h"
#include "proto/dtls.h"
#include "proto/tls.h"

void tls_set_version(struct tls_state *state, uint16_t version)
{
    uint8_t high = (uint8_t)(version >> 8), low = (uint8_t)version;
    if (version == TLS_13 || high == 0x7f || high == 0xfb) {
        state->version = TLS_13;
        state->draft = version == TLS_13 ? 0 : low;
    } else if (version >= SSL_30 && version <= TLS_12) {
        state->version = version;
    }
}

void dtls_set_version(struct tls_state *state, uint16_t version)
{
    if (version == DTLS_12)
        state->version = TLS_12;
    else if (version == DTLS_10)
        state->version = TLS_11;
    else if (version == DTLS_OPENSSL)
        state->version = SSL_30;
}

void tls_set_server(struct tls_hand *h, uint8_t type)
{
    if (type != TLS_CLIENT_HELLO)
        return;
    h->state->server = 1 - h->facts->direction;
    h->state->has_server = true;
    h->from_server = false;
}

bool tls_from_server(const struct tls_state *state, const struct pdu_facts *facts)
{
    return state->has_server ? facts->direction == state->server : port_tcp(facts->sport).owner == OWNER_TLS;
}

bool dtls_from_server(const struct dtls_facts *facts)
{
    const struct tls_state *state = &facts->path->tls;
    return state->has_server ? facts->direction == state->server : port_udp(facts->sport).owner == OWNER_DTLS;
}

void tls_state_forget(void *state, struct arena *arena)
{
    struct tls_state *tls = state;
    for (int i = 0; i < 2; i++) {
        const struct tls_fragment *f = &tls->fragments[i];
        if (f->room)
            arena_give(arena, f->bytes, f->room);
        if (f->frames_room)
            arena_give(arena, f->frames, f->frames_room * sizeof *f->frames);
        if (tls->ids[i].len)
            arena_give(arena, tls->ids[i].bytes, tls->ids[i].len);
    }
    *tls = (struct tls_state){0};
}
