/* The DNS message: header, questions, records.
 * Invariant: every record begins where the length of the record before it ends, whatever its data are; the
 * first read that fails ends the message.
 * Source: RFC 1035 section 4; RFC 2136 (update), RFC 6762 (mDNS), RFC 4795 (LLMNR), RFC 6891 (OPT); the
 * conditions of the fields were observed (tshark 4.0.17). */
#include "proto/dns.h"
#include "field/ids_dns.h"

/* ID | flags | QDCOUNT | ANCOUNT | NSCOUNT | ARCOUNT, two bytes each */

enum {
    FLAG_RESPONSE = 0x8000,
    FLAG_AUTHENTICATED = 0x20,
    OPCODE_UPDATE = 5,
    OPCODE_STATEFUL = 6,
    TYPE_SRV = 33,
    TYPE_OPT = 41,
    TOP_BIT = 0x8000
};

static uint8_t opcode_of(uint16_t flags) { return flags >> 11 & 15; }

static void flags_put(struct row *row, uint16_t flags, enum dns_kind kind)
{
    bool response = flags & FLAG_RESPONSE, llmnr = kind == DNS_LLMNR;
    put_uint(row, F_DNS_FLAGS, flags);
    put_bool(row, F_DNS_FLAGS_RESPONSE, response);
    put_uint(row, F_DNS_FLAGS_OPCODE, opcode_of(flags));
    if (llmnr)
        put_bool(row, F_DNS_FLAGS_CONFLICT, flags >> 10 & 1);
    else if (response)
        put_bool(row, F_DNS_FLAGS_AUTHORITATIVE, flags >> 10 & 1);
    put_bool(row, F_DNS_FLAGS_TRUNCATED, flags >> 9 & 1);
    put_bool(row, llmnr ? F_DNS_FLAGS_TENTATIVE : F_DNS_FLAGS_RECDESIRED, flags >> 8 & 1);
    if (response)
        put_uint(row, F_DNS_FLAGS_RCODE, flags & 15);
    if (llmnr)
        return;
    if (response)
        put_bool(row, F_DNS_FLAGS_RECAVAIL, flags >> 7 & 1);
    put_bool(row, F_DNS_FLAGS_Z, flags >> 6 & 1);
    if (response || (flags & FLAG_AUTHENTICATED))
        put_bool(row, F_DNS_FLAGS_AUTHENTICATED, flags >> 5 & 1);
    put_bool(row, F_DNS_FLAGS_CHECKDISABLE, flags >> 4 & 1);
}

/* Puts a class. In multicast DNS its top bit is a separate flag. */
static void class_put(struct row *row, uint16_t class, bool mdns, field_id id, field_id top_id)
{
    put_uint(row, id, mdns ? class & ~TOP_BIT : class);
    if (mdns)
        put_bool(row, top_id, class >> 15);
}

static uint16_t labels_of(const struct dns_name *name)
{
    uint16_t n = 1;
    for (uint32_t i = 0; i < name->len; i++)
        n = (uint16_t)(n + (name->text[i] == '.'));
    return n;
}

static void question_read(struct row *row, struct rd *r, bool mdns)
{
    struct dns_name name;
    dns_name_read(&name, r);
    uint16_t type = rd_u16(r), class = rd_u16(r);
    if (!rd_ok(r))
        return;
    bool counted = name.len > 1; /* Wireshark treats a name of one character as empty */
    dns_name_put(row, F_DNS_QRY_NAME, &name);
    put_uint(row, F_DNS_QRY_NAME_LEN, counted ? name.len : 0);
    put_uint(row, F_DNS_COUNT_LABELS, counted ? labels_of(&name) : 0);
    put_uint(row, F_DNS_QRY_TYPE, type);
    class_put(row, class, mdns, F_DNS_QRY_CLASS, F_DNS_QRY_QU);
}

/* In the pseudo record of EDNS, the places of class and time to live have other contents. */
static void opt_put(struct row *row, uint16_t size, uint32_t flags, bool mdns)
{
    if (mdns)
        put_bool(row, F_DNS_RESP_CACHE_FLUSH, size >> 15);
    put_uint(row, F_DNS_RESP_EXT_RCODE, flags >> 24);
    put_uint(row, F_DNS_RESP_EDNS0_VERSION, flags >> 16 & 0xff);
    put_uint(row, F_DNS_RESP_Z, flags & 0xffff);
    put_bool(row, F_DNS_RESP_Z_DO, flags >> 15 & 1);
    put_uint(row, F_DNS_RESP_Z_RESERVED, flags & 0x7fff);
}

static void dns_rr_read(struct row *row, struct rd *r, bool mdns)
{
    struct dns_name name;
    dns_name_read(&name, r);
    struct dns_record record = {.owner = &name, .mdns = mdns};
    record.type = rd_u16(r);
    uint16_t class = rd_u16(r);
    uint32_t ttl = rd_u32(r);
    record.len = rd_u16(r);
    struct rd data = *r;
    if (!rd_bytes(r, record.len))
        return;
    if (record.type == TYPE_SRV)
        dns_service_name_put(row, &name);
    else
        dns_name_put(row, F_DNS_RESP_NAME, &name);
    put_uint(row, F_DNS_RESP_TYPE, record.type);
    if (record.type == TYPE_OPT) {
        opt_put(row, class, ttl, mdns);
    } else {
        class_put(row, class, mdns, F_DNS_RESP_CLASS, F_DNS_RESP_CACHE_FLUSH);
        put_uint(row, F_DNS_RESP_TTL, ttl);
        if (ttl >> 31)
            put_label(row, F_DNS_TTL_HIGH_BIT_SET);
    }
    put_uint(row, F_DNS_RESP_LEN, record.len);
    if (record.len)
        dns_record_read(row, &data, &record);
    if (!rd_ok(&data))
        r->fail = data.fail;
}

static void match_put(struct row *row, const struct dns_match *m, bool response)
{
    if (m->unsolicited)
        put_bool(row, F_DNS_UNSOLICITED, true);
    if (m->retransmission) {
        put_label(row, response ? F_DNS_RETRANSMIT_RESPONSE : F_DNS_RETRANSMIT_REQUEST);
        put_bool(row, F_DNS_RETRANSMISSION, true);
        if (response)
            put_uint(row, F_DNS_RETRANSMIT_RESPONSE_IN, m->response_frame);
        else
            put_uint(row, F_DNS_RETRANSMIT_REQUEST_IN, m->query_frame);
    } else if (response && m->query_frame) {
        put_uint(row, F_DNS_RESPONSE_TO, m->query_frame);
        put_int(row, F_DNS_TIME, m->time_ns);
    }
}

/* Reads the four counts. Returns false if the message ends within them. */
static bool counts_read(struct row *row, struct rd *r, bool update, uint16_t count[4])
{
    static const field_id ids[2][4] = {
        {F_DNS_COUNT_QUERIES, F_DNS_COUNT_ANSWERS, F_DNS_COUNT_AUTH_RR, F_DNS_COUNT_ADD_RR},
        {F_DNS_COUNT_ZONES, F_DNS_COUNT_PREREQUISITES, F_DNS_COUNT_UPDATES, F_DNS_COUNT_ADD_RR}};
    for (int i = 0; i < 4; i++)
        count[i] = put_u16(row, ids[update][i], r);
    return rd_ok(r);
}

void dns_read(struct row *row, struct rd *r, const struct dns_facts *facts)
{
    uint16_t id = rd_u16(r), flags = rd_u16(r), count[4];
    if (!rd_ok(r))
        return;
    if (facts->has_length)
        put_uint(row, F_DNS_LENGTH, facts->length);
    put_uint(row, F_DNS_ID, id);
    flags_put(row, flags, facts->kind);
    if (!counts_read(row, r, opcode_of(flags) == OPCODE_UPDATE, count) || opcode_of(flags) == OPCODE_STATEFUL)
        return;
    bool mdns = facts->kind == DNS_MDNS;
    for (uint32_t i = 0; i < count[0] && rd_ok(r); i++)
        question_read(row, r, mdns);
    for (uint32_t i = 0; i < (uint32_t)count[1] + count[2] + count[3] && rd_ok(r); i++)
        dns_rr_read(row, r, mdns);
    if (rd_ok(r))
        match_put(row, &facts->match, flags & FLAG_RESPONSE);
}
