/* Signs of what is read here inside what is not.
 * Invariant: nothing is told of bytes that were not captured; where those would have told more, Wireshark has
 * no more either. Source: the RFCs of each form; who dissects what inside whom: observed, tshark 4.0.17. */
#include "proto/signs.h"

#include <string.h>
#include <strings.h>

static const uint8_t *bytes_of(const struct rd *r, uint32_t *len)
{
    struct rd look = *r;
    *len = rd_cap_left(r);
    return rd_bytes(&look, *len);
}

static bool contains(const struct rd *r, const char *word)
{
    uint32_t len;
    const uint8_t *bytes = bytes_of(r, &len);
    return bytes && len && memmem(bytes, len, word, strlen(word));
}

static bool begins(const struct rd *r, const char *word, uint32_t len)
{
    return rd_has(r, len) && !memcmp(r->data + r->pos, word, len);
}

/* Asks of every place of a byte, in order, whether what begins there is it. */
static bool any_place(struct rd r, uint8_t first, bool (*is_it)(const struct rd *r))
{
    for (;;) {
        uint32_t len;
        const uint8_t *bytes = bytes_of(&r, &len), *at = bytes && len ? memchr(bytes, first, len) : NULL;
        if (!at)
            return false;
        rd_skip(&r, (uint32_t)(at - bytes));
        if (is_it(&r))
            return true;
        rd_skip(&r, 1);
    }
}

/* A record of TLS that begins with a handshake message of less than 64 KB. */
static bool is_handshake(const struct rd *r)
{
    enum { HANDSHAKE = 22, CERTIFICATE = 11, LAST = 16 };
    uint8_t message = rd_peek8(r, 5);
    return rd_peek8(r, 0) == HANDSHAKE && rd_peek8(r, 1) == 3 && rd_peek8(r, 2) <= 4 && rd_has(r, 7) &&
           (message == 1 || message == 2 || (message >= CERTIFICATE && message <= LAST)) && !rd_peek8(r, 6);
}

/* Object identifiers that certificates, names and their algorithms are made of. */
static bool is_certificate_part(const struct rd *r)
{
    static const struct {
        uint32_t len;
        const char *bytes;
    } identifiers[] = {{5, "\x06\x03\x55\x04"},                 /* a name's attribute; any last byte */
                       {5, "\x06\x03\x55\x1d"},                 /* an extension */
                       {8, "\x06\x09\x2a\x86\x48\x86\xf7\x0d"}, /* RSA's algorithms and PKCS */
                       {8, "\x06\x08\x2a\x86\x48\x86\xf7\x0d"}, /* the same, digests */
                       {7, "\x06\x07\x2a\x86\x48\xce\x3d"},     /* elliptic curves */
                       {7, "\x06\x08\x2a\x86\x48\xce\x3d"},
                       {7, "\x06\x05\x2b\x0e\x03\x02\x1a"}, /* SHA-1 */
                       {7, "\x06\x09\x60\x86\x48\x01\x65"}, /* SHA-2, AES */
                       {5, "\x06\x03\x2b\x65"}};            /* Edwards curves */
    for (size_t i = 0; i < sizeof identifiers / sizeof *identifiers; i++) {
        uint32_t fixed = identifiers[i].len == 5 ? 4 : identifiers[i].len;
        if (begins(r, identifiers[i].bytes, fixed) && rd_has(r, identifiers[i].len) &&
            (fixed != 4 || rd_peek8(r, 4) < 0x80))
            return true;
    }
    return false;
}

static bool holds_text(const struct rd *r, uint32_t readers)
{
    if (readers & READER_BIT(READER_HTTP) && contains(r, "HTTP/1."))
        return true;
    if (readers & READER_BIT(READER_SSH) && (contains(r, "SSH-2.0-") || contains(r, "SSH-1.")))
        return true;
    if (readers & READER_BIT(READER_DNS) && contains(r, "application/dns-message"))
        return true;
    return readers & READER_BIT(READER_X509) && (contains(r, "pkcs7") || contains(r, "PKCS7") ||
                                                 contains(r, "application/pkix") || contains(r, "x-x509"));
}

bool sign_inside(struct rd r, uint32_t readers)
{
    enum { HANDSHAKE = 22, OBJECT_IDENTIFIER = 6 };
    if (readers & HANDSHAKE_READERS && any_place(r, HANDSHAKE, is_handshake))
        return true;
    if (readers & READER_BIT(READER_X509) && any_place(r, OBJECT_IDENTIFIER, is_certificate_part))
        return true;
    return holds_text(&r, readers);
}

/* ---- EAP ---- */

/* code 8 (request 1, response 2), identifier 8, length 16, type 8 */
static bool sign_eap(struct rd r)
{
    enum { EAP_TLS = 13, EAP_TTLS = 21, EAP_PEAP = 25, EAP_FAST = 43, EAP_TEAP = 55 };
    uint8_t code = rd_peek8(&r, 0), type = rd_peek8(&r, 4);
    return (code == 1 || code == 2) && rd_has(&r, 5) &&
           (type == EAP_TLS || type == EAP_TTLS || type == EAP_PEAP || type == EAP_FAST || type == EAP_TEAP);
}

/* EtherType 888e, version, packet type 0, length 16 */
static bool is_eapol(const struct rd *r)
{
    struct rd eap = *r;
    return rd_peek16(r, 0) == 0x888e && rd_peek8(r, 2) <= 3 && !rd_peek8(r, 3) && rd_skip(&eap, 6) &&
           sign_eap(eap);
}

/* PPP protocol c227 */
static bool is_ppp_eap(const struct rd *r)
{
    struct rd eap = *r;
    return rd_peek16(r, 0) == 0xc227 && rd_skip(&eap, 2) && sign_eap(eap);
}

bool sign_eap_frame(struct rd frame)
{
    enum { FRONT = 128 /* link headers, radio headers and tags are shorter */ };
    uint32_t n = rd_cap_left(&frame) < FRONT ? rd_cap_left(&frame) : FRONT;
    struct rd front = rd_sub(&frame, n);
    return any_place(front, 0x88, is_eapol) || any_place(front, 0xc2, is_ppp_eap);
}

/* code 8, identifier 8, length 16, authenticator 128, attributes: type 8, length 8, value */
bool sign_radius(struct rd r)
{
    enum { HEADER = 20, EAP_MESSAGE = 79, ATTRIBUTE = 2 };
    rd_skip(&r, HEADER);
    while (rd_has(&r, ATTRIBUTE)) {
        uint8_t type = rd_u8(&r), len = rd_u8(&r);
        if (type == EAP_MESSAGE)
            return sign_eap(rd_rest(&r));
        if (len < ATTRIBUTE || !rd_skip(&r, len - ATTRIBUTE))
            return false;
    }
    return false;
}

/* ---- others ---- */

bool sign_proxy(struct rd r) { return begins(&r, "PROXY ", 6) || begins(&r, "\r\n\r\n\0\r\nQUIT\n", 12); }

bool sign_http2(const struct rd *r) { return begins(r, "PRI * HTTP/2", 12); }

bool sign_mirror(const struct rd *r)
{
    enum { PEEKREMOTE = 0x00ffabcd, RFTAP = 0x52467461 };
    return rd_peek32(r, 0) == PEEKREMOTE || rd_peek32(r, 0) == RFTAP;
}

uint32_t sign_media(const uint8_t *text, uint32_t len)
{
    static const struct {
        const char *part;
        uint32_t readers;
    } types[] = {{"pkcs", READER_BIT(READER_X509)},
                 {"pkix", READER_BIT(READER_X509)},
                 {"x509", READER_BIT(READER_X509)},
                 {"ocsp-request", READER_BIT(READER_X509)},
                 {"timestamp-", READER_BIT(READER_X509)},
                 {"csrattrs", READER_BIT(READER_X509)},
                 {"mikey", READER_BIT(READER_X509)},
                 {"certificate", READER_BIT(READER_X509)},
                 {"cms", READER_BIT(READER_X509)},
                 {"ssl-tls", HANDSHAKE_READERS},
                 {"x-jxta", APP_READERS},
                 {"dns-message", READER_BIT(READER_DNS)},
                 {"/http", READER_BIT(READER_HTTP)},
                 {"pcap", APP_READERS}};
    uint32_t readers = 0;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        for (uint32_t at = 0, n = (uint32_t)strlen(types[i].part); at + n <= len; at++)
            if (!strncasecmp((const char *)text + at, types[i].part, n))
                readers |= types[i].readers;
    return readers;
}
