/* UDP datagrams to DTLS: those of its ports, those in CAPWAP, and those that its heuristic takes on ports
 * whose owners refuse them. It claims no conversation, so STUN, TURN and RTP may share its ports. Invariant:
 * as in apps.c, what is shown depends on the capture alone. Source: observed, tshark 4.0.17: datagrams of all
 * types and versions of records to all ports of `tshark -G decodes`. */
#include "apps/apps.h"

/* Ports whose owners take whatever looks like DTLS. */
static const uint16_t taken[] = {
    7,     13,    19,    37,    49,    53,    67,    68,    69,    111,   123,   137,   138,   173,   213,
    319,   320,   389,   427,   434,   464,   496,   513,   514,   520,   521,   524,   525,   546,   547,
    664,   699,   701,   854,   910,   921,   925,   1001,  1153,  1194,  1293,  1628,  1629,  1718,  1719,
    1745,  1900,  2099,  2123,  2152,  2157,  2222,  2246,  2268,  2269,  2313,  2345,  2887,  2944,  2945,
    2948,  2949,  3000,  3130,  3250,  3343,  3357,  3386,  3389,  3452,  3455,  3544,  3567,  3671,  3784,
    3785,  3804,  3863,  4305,  4306,  4307,  4341,  4342,  4500,  4551,  4555,  4569,  4729,  4754,  4784,
    4789,  4790,  4791,  4991,  5072,  5353,  5355,  5404,  5405,  5436,  5567,  5683,  6073,  6081,  6118,
    6160,  6635,  6784,  6970,  7074,  7075,  7255,  7275,  7784,  8200,  8600,  8767,  8805,  8848,  9200,
    9201,  9202,  9203,  9214,  9875,  9877,  9899,  9901,  9956,  10253, 11211, 11273, 12000, 12001, 12002,
    12003, 12004, 12220, 12222, 12223, 13400, 17220, 17500, 17755, 17756, 19132, 19948, 19999, 23272, 24576,
    24577, 25826, 26000, 27500, 27910, 27950, 27951, 27952, 27953, 27960, 27961, 27962, 27963, 32000, 32512,
    34962, 34980, 37008, 41170, 44818, 47000, 54328};

/* Ports whose owners take some of it. */
static const uint16_t unclear[] = {269,  500,  631,  1113, 1755, 1985, 2029, 4533, 4534, 5031, 5555,
                                   5678, 7000, 7004, 7005, 7006, 7007, 7008, 7009, 8755, 9955, 30030};

/* Ports whose owners take some of it only when its version is that of OpenSSL before 0.9.8f. */
static const uint16_t unclear_old[] = {502, 5000, 5094};

enum owner { OWNER_NONE, OWNER_DTLS, OWNER_CAPWAP, OWNER_OTHER, OWNER_UNCLEAR };

static bool is_among(const uint16_t *ports, size_t n, uint16_t port)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ports[middle] < port)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && ports[low] == port;
}

/* Who gets what looks like DTLS on this port; none: the next that is asked. */
static enum owner owner_of(uint16_t port, const struct rd *r)
{
    enum { CAPWAP_CONTROL = 5246, CAPWAP_DATA = 5247 };
    if (dtls_owns(port))
        return OWNER_DTLS;
    if (port == CAPWAP_CONTROL || port == CAPWAP_DATA)
        return OWNER_CAPWAP;
    if (is_among(taken, sizeof taken / sizeof *taken, port))
        return OWNER_OTHER;
    if (is_among(unclear_old, sizeof unclear_old / sizeof *unclear_old, port) &&
        rd_peek16(r, 1) == DTLS_OPENSSL)
        return OWNER_UNCLEAR;
    return is_among(unclear, sizeof unclear / sizeof *unclear, port) ? OWNER_UNCLEAR : OWNER_NONE;
}

enum { PREAMBLE = 0x0f, PREAMBLE_DTLS = 1 }; /* CAPWAP */

/* What neither DTLS nor CAPWAP that holds it begins with need not be looked at. */
static bool may_begin(uint8_t first)
{
    return (first >= TLS_CHANGE_CIPHER_SPEC && first <= TLS_CID) || (first & PREAMBLE) == PREAMBLE_DTLS;
}

/* RFC 5415 4.2: a preamble that announces DTLS, and three bytes more. */
static bool enter_capwap(struct rd *r)
{
    enum { HEADER = 4 };
    return (rd_peek8(r, 0) & PREAMBLE) == PREAMBLE_DTLS && rd_skip(r, HEADER) && rd_cap_left(r);
}

static bool is_ours(struct apps *apps, const struct conv_ref *ref, struct rd *r)
{
    const struct conv *conv = ref->conv;
    const struct dtls_path *path = conv->app ? conv->app->dtls : NULL;
    uint16_t a = conv->side[0].port, b = conv->side[1].port;
    enum owner owner = owner_of(a < b ? a : b, r);
    if (conv->quic && conv->quic->claimed)
        return false;
    if (owner == OWNER_NONE)
        owner = owner_of(a < b ? b : a, r);
    if (owner == OWNER_DTLS)
        return true;
    if (owner == OWNER_CAPWAP)
        return enter_capwap(r);
    bool like = owner != OWNER_OTHER &&
                dtls_recognises(&apps->dtls, r, path ? &path->tls.ids[1 - ref->direction] : NULL);
    apps->foreign |= like && owner == OWNER_UNCLEAR;
    return like && owner == OWNER_NONE;
}

static struct dtls_path *path_of(struct apps *apps, struct conv *conv)
{
    struct app_conv *app = apps_conv(apps, conv);
    if (!app || app->dtls)
        return app ? app->dtls : NULL;
    if ((app->dtls = arena_alloc(&apps->arena, sizeof *app->dtls)))
        *app->dtls = (struct dtls_path){0};
    else
        apps->failed = true;
    return app->dtls;
}

void apps_dtls(struct apps *apps, struct row *row, const struct examined *x, int i)
{
    const struct layer *layer = &x->packet.layers[i];
    const struct transport *t = &x->transports[i];
    struct rd payload;
    if (layer->kind != LAYER_UDP || !t->has_ref || !apps_payload(layer, &payload))
        return;
    struct conv *conv = t->ref.conv;
    if (!may_begin(rd_peek8(&payload, 0)) || !is_ours(apps, &t->ref, &payload))
        return;
    struct dtls_facts facts = {.frame = x->packet.frame->number,
                               .time_ns = x->packet.frame->time_ns,
                               .sport = conv->side[t->ref.direction].port,
                               .dport = conv->side[1 - t->ref.direction].port,
                               .direction = t->ref.direction,
                               .path = path_of(apps, conv)};
    if (facts.path)
        dtls_read(&apps->dtls, row, &payload, &facts);
    apps->failed |= apps->dtls.failed;
}
