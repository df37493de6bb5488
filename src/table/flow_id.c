/* Identifiers of flows. Invariant: only bytes in a fixed order are hashed, never a struct. */
#include "table/flow_id.h"

#include <string.h>

#include "base/sha1.h"
#include "base/sha256.h"

enum { IP_ICMP = 1, IP_TCP = 6, IP_UDP = 17, IP_ICMP6 = 58, IP_SCTP = 132, MOST_NAME = 4096 };

struct bytes {
    uint8_t *p;
    size_t n;
};

static void put(struct bytes *b, const void *from, size_t n)
{
    memcpy(b->p + b->n, from, n);
    b->n += n;
}

static void put_number(struct bytes *b, uint64_t number, size_t width)
{
    while (width--)
        b->p[b->n++] = (uint8_t)(number >> 8 * width);
}

static size_t address_len(const struct address *a) { return a->family == 6 ? 16 : 4; }

static void base64(char *out, const uint8_t *bytes, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        uint32_t three = (uint32_t)bytes[i] << 16 | (i + 1 < n ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (i + 2 < n ? bytes[i + 2] : 0);
        *out++ = digits[three >> 18];
        *out++ = digits[three >> 12 & 63];
        *out++ = i + 1 < n ? digits[three >> 6 & 63] : '=';
        *out++ = i + 2 < n ? digits[three & 63] : '=';
    }
}

/* Whether the ends have to change places, so that both directions give the same bytes. */
static bool is_reversed(const struct flow_key *k, bool ports)
{
    int order = memcmp(k->src.bytes, k->dst.bytes, address_len(&k->src));
    return order > 0 || (order == 0 && ports && k->sport > k->dport);
}

size_t community_id(char out[COMMUNITY_ID_CAP], const struct flow_key *k)
{
    uint8_t data[48], digest[SHA1_LEN];
    struct bytes b = {data, 0};
    if (!k->src.family || k->ip_protocol == IP_ICMP || k->ip_protocol == IP_ICMP6)
        return 0;
    bool ports = k->ip_protocol == IP_TCP || k->ip_protocol == IP_UDP || k->ip_protocol == IP_SCTP;
    bool reversed = is_reversed(k, ports);
    put_number(&b, 0, 2); /* the seed */
    put(&b, reversed ? k->dst.bytes : k->src.bytes, address_len(&k->src));
    put(&b, reversed ? k->src.bytes : k->dst.bytes, address_len(&k->dst));
    put_number(&b, k->ip_protocol, 1);
    put_number(&b, 0, 1);
    if (ports) {
        put_number(&b, reversed ? k->dport : k->sport, 2);
        put_number(&b, reversed ? k->sport : k->dport, 2);
    }
    if (!sha1(digest, data, b.n))
        return 0;
    memcpy(out, "1:", 2);
    base64(out + 2, digest, SHA1_LEN);
    return 30;
}

bool flow_id(char out[FLOW_ID_LEN], const char *capture, const struct flow_key *k, int64_t start_ns)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t data[MOST_NAME + 64], digest[SHA256_LEN];
    struct bytes b = {data, 0};
    const char *slash = strrchr(capture, '/');
    const char *name = slash ? slash + 1 : capture;
    size_t len = strlen(name);
    put(&b, name, len < MOST_NAME ? len : MOST_NAME);
    put_number(&b, 0, 1);
    put_number(&b, k->ip_protocol, 1);
    put_number(&b, k->src.family, 1);
    put(&b, k->src.bytes, address_len(&k->src));
    put_number(&b, k->sport, 2);
    put_number(&b, k->dst.family, 1);
    put(&b, k->dst.bytes, address_len(&k->dst));
    put_number(&b, k->dport, 2);
    put_number(&b, (uint64_t)start_ns, 8);
    if (!sha256(digest, data, b.n))
        return false;
    for (size_t i = 0; i < FLOW_ID_LEN / 2; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    return true;
}
