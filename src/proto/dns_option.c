/* Parts of DNS that consist of code, length and value: options of EDNS, and parameters of service bindings.
 * Invariant: an option ends where its length says.
 * Source: RFC 6891, 7871 (client subnet), 7873 (cookie), 7828 (keepalive), 7830 (padding), 7901 (chain), 8914
 * (errors), 6975 (algorithms); RFC 9460; observed (tshark 4.0.17). */
#include "field/ids_dns.h"
#include "proto/dns.h"

enum {
    OPTION_DAU = 5,
    OPTION_DHU = 6,
    OPTION_N3U = 7,
    OPTION_SUBNET = 8,
    OPTION_COOKIE = 10,
    OPTION_KEEPALIVE = 11,
    OPTION_PADDING = 12,
    OPTION_CHAIN = 13,
    OPTION_ERROR = 15,
    CLIENT_COOKIE_LEN = 8
};

/* The option holds the leading bytes of an address; the missing bytes are 0. */
static void subnet_read(struct row *row, struct rd *r, uint32_t len)
{
    enum { FAMILY_IP4 = 1, FAMILY_IP6 = 2 };
    uint16_t family = put_u16(row, F_DNS_OPT_CLIENT_FAMILY, r);
    put_u8(row, F_DNS_OPT_CLIENT_NETMASK, r);
    put_u8(row, F_DNS_OPT_CLIENT_SCOPE, r);
    uint32_t n = dns_rest(r, (int64_t)len - 4);
    const uint8_t *bytes = rd_bytes(r, n);
    if (!bytes)
        return;
    uint8_t *address = arena_alloc(row->arena, 16);
    if (!address)
        return;
    for (uint32_t i = 0; i < 16; i++)
        address[i] = i < n ? bytes[i] : 0;
    if (family == FAMILY_IP4)
        put_uint(row, F_DNS_OPT_CLIENT_ADDR4, rd_be32(address));
    else if (family == FAMILY_IP6)
        put_bytes(row, F_DNS_OPT_CLIENT_ADDR6, address, 16);
    else
        put_bytes(row, F_DNS_OPT_CLIENT_ADDR, bytes, n);
}

static void bytes_each(struct row *row, struct rd *r, uint32_t n, field_id id)
{
    for (uint32_t i = 0; i < n && rd_ok(r); i++)
        put_u8(row, id, r);
}

static void error_read(struct row *row, struct rd *r, uint32_t n)
{
    put_u16(row, F_DNS_OPT_EXT_ERROR_INFO_CODE, r);
    if (n == 2)
        return;
    uint32_t len = dns_rest(r, (int64_t)n - 2);
    put_text_mended(row, F_DNS_OPT_EXT_ERROR_EXTRA_TEXT, rd_bytes(r, len), len);
}

static void edns_option_read(struct row *row, struct rd *r, uint16_t code, uint32_t n)
{
    switch (code) {
    case OPTION_DAU:
        bytes_each(row, r, n, F_DNS_OPT_DAU);
        break;
    case OPTION_DHU:
        bytes_each(row, r, n, F_DNS_OPT_DHU);
        break;
    case OPTION_N3U:
        bytes_each(row, r, n, F_DNS_OPT_N3U);
        break;
    case OPTION_SUBNET:
        subnet_read(row, r, n);
        break;
    case OPTION_COOKIE:
        put_span(row, F_DNS_OPT_COOKIE_CLIENT, r, CLIENT_COOKIE_LEN);
        n = dns_rest(r, (int64_t)n - CLIENT_COOKIE_LEN);
        put_span(row, F_DNS_OPT_COOKIE_SERVER, r, n);
        break;
    case OPTION_KEEPALIVE:
        if (n == 2)
            put_u16(row, F_DNS_OPT_EDNS_TCP_KEEPALIVE_TIMEOUT, r);
        break;
    case OPTION_PADDING:
        put_span(row, F_DNS_OPT_PADDING, r, n);
        break;
    case OPTION_ERROR:
        error_read(row, r, n);
        break;
    default:
        break;
    }
}

void dns_options_read(struct row *row, struct rd *r, uint32_t len)
{
    int64_t left = len;
    while (rd_ok(r) && left > 0) {
        put_label(row, F_DNS_OPT);
        uint16_t code = put_u16(row, F_DNS_OPT_CODE, r), n = put_u16(row, F_DNS_OPT_LEN, r);
        struct rd data = *r;
        const uint8_t *bytes = rd_bytes(r, n);
        if (!bytes)
            return;
        put_bytes(row, F_DNS_OPT_DATA, bytes, n);
        edns_option_read(row, &data, code, n);
        r->fail = data.fail;
        left -= 4 + n;
    }
}

enum { KEY_MANDATORY, KEY_ALPN, KEY_NO_DEFAULT_ALPN, KEY_PORT, KEY_IP4, KEY_ECH, KEY_IP6, KEY_ODOH = 32769 };

/* A value ends where its own length says, which may be beyond the end of the parameter. */
static void parameter_read(struct row *row, struct rd *r, uint16_t key, uint32_t n)
{
    uint32_t start = r->pos;
    switch (key) {
    case KEY_NO_DEFAULT_ALPN:
        return;
    case KEY_PORT:
        put_u16(row, F_DNS_SVCB_SVCPARAM_PORT, r);
        return;
    case KEY_ECH:
        put_span(row, F_DNS_SVCB_SVCPARAM_ECHCONFIG, r, n);
        return;
    case KEY_ODOH:
        put_span(row, F_DNS_SVCB_SVCPARAM_ODOHCONFIG, r, n);
        return;
    case KEY_MANDATORY:
    case KEY_ALPN:
    case KEY_IP4:
    case KEY_IP6:
        break;
    default:
        if (n)
            put_span(row, F_DNS_SVCB_SVCPARAM_VALUE, r, n);
        return;
    }
    while (rd_ok(r) && r->pos - start < n) {
        if (key == KEY_MANDATORY)
            put_u16(row, F_DNS_SVCB_SVCPARAM_MANDATORY_KEY, r);
        else if (key == KEY_IP4)
            put_u32(row, F_DNS_SVCB_SVCPARAM_IPV4HINT_IP, r);
        else if (key == KEY_IP6)
            put_span(row, F_DNS_SVCB_SVCPARAM_IPV6HINT_IP, r, 16);
        else
            dns_string_read(row, r, F_DNS_SVCB_SVCPARAM_ALPN_LENGTH, F_DNS_SVCB_SVCPARAM_ALPN);
    }
}

void dns_service_read(struct row *row, struct rd *r, uint32_t len)
{
    uint32_t start = r->pos;
    struct dns_name target;
    put_u16(row, F_DNS_SVCB_SVCPRIORITY, r);
    if (!dns_name_read(&target, r))
        return;
    dns_name_put(row, F_DNS_SVCB_TARGETNAME, &target);
    while (rd_ok(r) && r->pos - start < len) {
        put_label(row, F_DNS_SVCB_SVCPARAM);
        uint16_t key = put_u16(row, F_DNS_SVCB_SVCPARAM_KEY, r);
        uint16_t n = put_u16(row, F_DNS_SVCB_SVCPARAM_VALUE_LENGTH, r);
        if (rd_ok(r))
            parameter_read(row, r, key, n);
    }
}
