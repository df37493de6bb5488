/* UDP payload to DTLS: datagrams of its ports, datagrams inside CAPWAP, and those that its heuristic takes on
 * ports whose owners refuse them. DTLS claims no conversation, so STUN, TURN and RTP may share its ports.
 * Invariant: which protocol gets a datagram depends on the capture alone.
 * Source: observed, tshark 4.0.17: records of all types and versions to all ports of `tshark -G decodes`. */
#include "apps/dtls.h"

#include "apps/apps.h"
#include "apps/conversation.h"
#include "apps/payload.h"
#include "base/ports.h"
#include "proto/dtls.h"

/* The dissector that gets a datagram that looks like DTLS. */
enum answer { ANSWER_NEXT, ANSWER_DTLS, ANSWER_CAPWAP, ANSWER_TAKEN, ANSWER_UNCLEAR };

/* The answer of the owner of a port. ANSWER_NEXT: the owner refuses it, and the next dissector is asked. */
static enum answer answer_of(uint16_t number, const struct rd *r)
{
    struct port port = port_udp(number);
    if (port.owner == OWNER_DTLS)
        return ANSWER_DTLS;
    if (port.owner == OWNER_CAPWAP_CONTROL || port.owner == OWNER_CAPWAP_DATA)
        return ANSWER_CAPWAP;
    if (port.dtls == DTLS_TAKES)
        return ANSWER_TAKEN;
    bool some = port.dtls == DTLS_SOME || (port.dtls == DTLS_SOME_OLD && rd_peek16(r, 1) == DTLS_OPENSSL);
    return some ? ANSWER_UNCLEAR : ANSWER_NEXT;
}

enum { PREAMBLE = 0x0f, PREAMBLE_DTLS = 1 }; /* of CAPWAP */

/* Quick test of a first byte: DTLS, or CAPWAP that holds DTLS. */
static bool may_begin(uint8_t first)
{
    return (first >= TLS_CHANGE_CIPHER_SPEC && first <= TLS_CID) || (first & PREAMBLE) == PREAMBLE_DTLS;
}

/* RFC 5415 section 4.2: a preamble that announces DTLS, and three more bytes. */
static bool enter_capwap(struct rd *r)
{
    enum { HEADER = 4 };
    return (rd_peek8(r, 0) & PREAMBLE) == PREAMBLE_DTLS && rd_skip(r, HEADER) && rd_cap_left(r);
}

/* Returns true if DTLS gets the datagram; r then stands at its first record. */
static bool is_dtls(struct apps *apps, const struct conv_ref *ref, struct rd *r)
{
    const struct conv *conv = ref->conv;
    const struct app_conv *app = conv_more(conv)->app;
    const struct dtls_path *path = app ? app->dtls : NULL;
    uint16_t a = conv->side[0].port, b = conv->side[1].port;
    if (conv->quic && conv->quic->claimed)
        return false;
    enum answer answer = answer_of(port_lower(a, b), r);
    if (answer == ANSWER_NEXT)
        answer = answer_of(port_higher(a, b), r);
    if (answer == ANSWER_DTLS)
        return true;
    if (answer == ANSWER_CAPWAP)
        return enter_capwap(r);
    bool like = answer != ANSWER_TAKEN &&
                dtls_recognises(&apps->dtls, r, path ? &path->tls.ids[1 - ref->direction] : NULL);
    apps->doubt |= like && answer == ANSWER_UNCLEAR;
    return like && answer == ANSWER_NEXT;
}

static struct dtls_path *path_of(struct apps *apps, struct conv *conv)
{
    struct app_conv *app = conversation_of(apps, conv);
    if (!app || app->dtls)
        return app ? app->dtls : NULL;
    if ((app->dtls = arena_take(&apps->arena, sizeof *app->dtls)))
        *app->dtls = (struct dtls_path){0};
    return app->dtls;
}

bool apps_dtls(struct apps *apps, struct row *row, const struct examined *x, int i)
{
    const struct layer *layer = &x->packet.layers[i];
    const struct transport *t = &x->transports[i];
    struct rd payload;
    if (layer->kind != LAYER_UDP || !t->has_ref || !payload_of_udp(layer, &payload))
        return false;
    struct conv *conv = t->ref.conv;
    if (!may_begin(rd_peek8(&payload, 0)) || !is_dtls(apps, &t->ref, &payload))
        return false;
    struct dtls_facts facts = {.frame = x->packet.frame->number,
                               .time_ns = x->packet.frame->time_ns,
                               .sport = conv->side[t->ref.direction].port,
                               .dport = conv->side[1 - t->ref.direction].port,
                               .direction = t->ref.direction,
                               .path = path_of(apps, conv)};
    if (facts.path)
        dtls_read(&apps->dtls, row, &payload, &facts);
    return false;
}
