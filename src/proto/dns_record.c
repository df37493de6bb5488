/* The data of DNS records. Most types are a sequence of plain items, which a table describes.
 * Invariant: an item is read where the item before it ended, up to the end of the message, whatever the
 * length of the record is; only items that take the rest of the data depend on that length.
 * Source: RFC 1035 and the RFC of each type; observed (tshark 4.0.17). */
#include <string.h>

#include "field/ids_dns.h"
#include "proto/dns.h"

enum item_kind {
    END,
    U8,
    U16,
    U32,
    TIME,
    IP4,
    IP6,
    MAC,
    NAME,
    LENGTH,
    TEXT,
    BYTES_8,
    MORE,
    REST,
    TEXT_REST,
    TYPES
};

struct item {
    uint16_t field;
    uint8_t kind;
};

enum { MAX_ITEMS = 9 };

struct shape {
    uint16_t type;
    struct item items[MAX_ITEMS + 1];
};

/* The items of each type, in the order of the types. The LENGTH before a TEXT is the length of the text. */
static const struct shape shapes[] = {
    {1, {{F_DNS_A, IP4}}},
    {2, {{F_DNS_NS, NAME}}},
    {3, {{F_DNS_MD, NAME}}},
    {4, {{F_DNS_MF, NAME}}},
    {5, {{F_DNS_CNAME, NAME}}},
    {6,
     {{F_DNS_SOA_MNAME, NAME},
      {F_DNS_SOA_RNAME, NAME},
      {F_DNS_SOA_SERIAL_NUMBER, U32},
      {F_DNS_SOA_REFRESH_INTERVAL, U32},
      {F_DNS_SOA_RETRY_INTERVAL, U32},
      {F_DNS_SOA_EXPIRE_LIMIT, U32},
      {F_DNS_SOA_MINIMUM_TTL, U32}}},
    {7, {{F_DNS_MB, NAME}}},
    {8, {{F_DNS_MG, NAME}}},
    {9, {{F_DNS_MR, NAME}}},
    {10, {{F_DNS_NULL, REST}}},
    {12, {{F_DNS_PTR_DOMAIN_NAME, NAME}}},
    {13,
     {{F_DNS_HINFO_CPU_LENGTH, LENGTH},
      {F_DNS_HINFO_CPU, TEXT},
      {F_DNS_HINFO_OS_LENGTH, LENGTH},
      {F_DNS_HINFO_OS, TEXT}}},
    {14, {{F_DNS_MINFO_R, NAME}, {F_DNS_MINFO_E, NAME}}},
    {15, {{F_DNS_MX_PREFERENCE, U16}, {F_DNS_MX_MAIL_EXCHANGE, NAME}}},
    {17, {{F_DNS_RP_MAILBOX, NAME}, {F_DNS_RP_TXT_RR, NAME}}},
    {18, {{F_DNS_AFSDB_SUBTYPE, U16}, {F_DNS_AFSDB_HOSTNAME, NAME}}},
    {19, {{F_DNS_X25_LENGTH, LENGTH}, {F_DNS_X25_PSDN_ADDRESS, TEXT}}},
    {21, {{F_DNS_RT_SUBTYPE, U16}, {F_DNS_RT_INTERMEDIATE_HOST, NAME}}},
    {22, {{F_DNS_NSAP_RDATA, REST}}},
    {23, {{F_DNS_NSAP_PTR_OWNER, NAME}}},
    {26, {{F_DNS_PX_PREFERENCE, U16}, {F_DNS_PX_MAP822, NAME}, {F_DNS_PX_MAP400, NAME}}},
    {27,
     {{F_DNS_GPOS_LONGITUDE_LENGTH, LENGTH},
      {F_DNS_GPOS_LONGITUDE, TEXT},
      {F_DNS_GPOS_LATITUDE_LENGTH, LENGTH},
      {F_DNS_GPOS_LATITUDE, TEXT},
      {F_DNS_GPOS_ALTITUDE_LENGTH, LENGTH},
      {F_DNS_GPOS_ALTITUDE, TEXT}}},
    {28, {{F_DNS_AAAA, IP6}}},
    {35,
     {{F_DNS_NAPTR_ORDER, U16},
      {F_DNS_NAPTR_PREFERENCE, U16},
      {F_DNS_NAPTR_FLAGS_LENGTH, LENGTH},
      {F_DNS_NAPTR_FLAGS, TEXT},
      {F_DNS_NAPTR_SERVICE_LENGTH, LENGTH},
      {F_DNS_NAPTR_SERVICE, TEXT},
      {F_DNS_NAPTR_REGEX_LENGTH, LENGTH},
      {F_DNS_NAPTR_REGEX, TEXT},
      {F_DNS_NAPTR_REPLACEMENT, NAME}}},
    {36, {{F_DNS_KX_PREFERENCE, U16}, {F_DNS_KX_KEY_EXCHANGE, NAME}}},
    {37,
     {{F_DNS_CERT_TYPE, U16},
      {F_DNS_CERT_KEY_TAG, U16},
      {F_DNS_CERT_ALGORITHM, U8},
      {F_DNS_CERT_CERTIFICATE, MORE}}},
    {39, {{F_DNS_DNAME, NAME}}},
    {43,
     {{F_DNS_DS_KEY_ID, U16}, {F_DNS_DS_ALGORITHM, U8}, {F_DNS_DS_DIGEST_TYPE, U8}, {F_DNS_DS_DIGEST, REST}}},
    {44, {{F_DNS_SSHFP_ALGORITHM, U8}, {F_DNS_SSHFP_FINGERPRINT_TYPE, U8}, {F_DNS_SSHFP_FINGERPRINT, MORE}}},
    {46,
     {{F_DNS_RRSIG_TYPE_COVERED, U16},
      {F_DNS_RRSIG_ALGORITHM, U8},
      {F_DNS_RRSIG_LABELS, U8},
      {F_DNS_RRSIG_ORIGINAL_TTL, U32},
      {F_DNS_RRSIG_SIGNATURE_EXPIRATION, TIME},
      {F_DNS_RRSIG_SIGNATURE_INCEPTION, TIME},
      {F_DNS_RRSIG_KEY_TAG, U16},
      {F_DNS_RRSIG_SIGNERS_NAME, NAME},
      {F_DNS_RRSIG_SIGNATURE, REST}}},
    {47, {{F_DNS_NSEC_NEXT_DOMAIN_NAME, NAME}, {0, TYPES}}},
    {49, {{F_DNS_DHCID_RDATA, REST}}},
    {52,
     {{F_DNS_TLSA_CERTIFICATE_USAGE, U8},
      {F_DNS_TLSA_SELECTOR, U8},
      {F_DNS_TLSA_MATCHING_TYPE, U8},
      {F_DNS_TLSA_CERTIFICATE_ASSOCIATION_DATA, REST}}},
    {61, {{F_DNS_OPENPGPKEY, TEXT_REST}}},
    {63,
     {{F_DNS_ZONEMD_SERIAL, U32},
      {F_DNS_ZONEMD_SCHEME, U8},
      {F_DNS_ZONEMD_HASH_ALGO, U8},
      {F_DNS_ZONEMD_DIGEST, REST}}},
    {104, {{F_DNS_ILNP_NID_PREFERENCE, U16}, {F_DNS_ILNP_NID, BYTES_8}}},
    {105, {{F_DNS_ILNP_L32_PREFERENCE, U16}, {F_DNS_ILNP_L32, IP4}}},
    {106, {{F_DNS_ILNP_L64_PREFERENCE, U16}, {F_DNS_ILNP_L64, BYTES_8}}},
    {107, {{F_DNS_ILNP_LP_PREFERENCE, U16}, {F_DNS_ILNP_LP, NAME}}},
    {108, {{F_DNS_EUI48, MAC}}},
};

/* Types with the data of another type: SIG, CDS, DLV. */
static uint16_t same_as(uint16_t type)
{
    switch (type) {
    case 24:
        return 46;
    case 59:
        return 43;
    case 32769:
        return 43;
    default:
        return type;
    }
}

static void item_read(struct row *row, struct rd *r, struct item item, int64_t rest, uint32_t *length)
{
    struct dns_name name;
    uint32_t length_of_rest;
    switch (item.kind) {
    case U8:
        put_u8(row, item.field, r);
        break;
    case U16:
        put_u16(row, item.field, r);
        break;
    case U32:
    case IP4:
        put_u32(row, item.field, r);
        break;
    case TIME: {
        uint32_t seconds = rd_u32(r);
        if (rd_ok(r))
            put_int(row, item.field, seconds * INT64_C(1000000000));
        break;
    }
    case IP6:
        put_span(row, item.field, r, 16);
        break;
    case MAC:
        put_span(row, item.field, r, 6);
        break;
    case NAME:
        if (dns_name_read(&name, r))
            dns_name_put(row, item.field, &name);
        break;
    case LENGTH:
        *length = put_u8(row, item.field, r);
        break;
    case TEXT:
        put_text_wire(row, item.field, rd_bytes(r, *length), *length);
        break;
    case BYTES_8:
        put_span(row, item.field, r, 8);
        break;
    case MORE: /* like REST, but may be empty */
        if (!rest)
            break;
        /* fall through */
    case REST:
        length_of_rest = dns_rest(r, rest);
        put_span(row, item.field, r, length_of_rest);
        break;
    case TYPES:
        dns_types_read(row, r, (uint32_t)rest);
        break;
    case TEXT_REST:
        length_of_rest = dns_rest(r, rest);
        put_text_wire(row, item.field, rd_bytes(r, length_of_rest), length_of_rest);
        break;
    default:
        break;
    }
}

static void shape_read(struct row *row, struct rd *r, const struct item *items, uint32_t len)
{
    uint32_t start = r->pos, length = 0;
    for (; items->kind != END && rd_ok(r); items++) {
        item_read(row, r, *items, (int64_t)len - (r->pos - start), &length);
    }
}

static const struct item *shape_of(uint16_t type)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (shapes[i].type == type)
            return shapes[i].items;
    return NULL;
}

/* Reads character strings until one ends exactly where the data end. */
static void strings_read(struct row *row, struct rd *r, uint32_t len, field_id length_id, field_id id)
{
    uint32_t start = r->pos;
    while (rd_ok(r) && r->pos - start != len)
        dns_string_read(row, r, length_id, id);
}

/* Only multicast DNS has UTF-8 in its texts. */
static void texts_read(struct row *row, struct rd *r, uint32_t len)
{
    uint32_t start = r->pos;
    while (rd_ok(r) && r->pos - start != len) {
        uint8_t n = put_u8(row, F_DNS_TXT_LENGTH, r);
        put_text_mended(row, F_DNS_TXT, rd_bytes(r, n), n);
    }
}

/* Wireshark does not show a preference if the name behind it cannot be read. */
static bool has_name_behind(struct rd *r, uint16_t type)
{
    struct rd look = *r;
    struct dns_name name;
    if (type != 15 && type != 18 && type != 21 && type != 36)
        return true;
    rd_u16(&look);
    dns_name_read(&name, &look);
    r->fail = look.fail;
    return rd_ok(r);
}

/* The owner's name is _service._protocol.name. */
void dns_service_name_put(struct row *row, const struct dns_name *owner)
{
    static const field_id ids[] = {F_DNS_SRV_SERVICE, F_DNS_SRV_PROTO, F_DNS_SRV_NAME};
    struct dns_name part;
    uint32_t at = 0;
    for (int i = 0; i < 3 && at <= owner->len; i++) {
        const uint8_t *dot = i < 2 ? memchr(owner->text + at, '.', owner->len - at) : NULL;
        part.len = dot ? (uint32_t)(dot - owner->text) - at : owner->len - at;
        memcpy(part.text, owner->text + at, part.len);
        dns_name_put(row, ids[i], &part);
        at += part.len + 1;
    }
}

static void srv_read(struct row *row, struct rd *r, const struct dns_record *record)
{
    static const struct item items[] = {{F_DNS_SRV_PRIORITY, U16},
                                        {F_DNS_SRV_WEIGHT, U16},
                                        {F_DNS_SRV_PORT, U16},
                                        {F_DNS_SRV_TARGET, NAME},
                                        {0, END}};
    shape_read(row, r, items, record->len);
}

/* Wireshark reads no versions above 0. */
static void location_read(struct row *row, struct rd *r, uint32_t len)
{
    static const struct item items[] = {{F_DNS_LOC_VERSION, U8},
                                        {F_DNS_LOC_SIZE, U8},
                                        {F_DNS_LOC_HORIZONTAL_PRECISION, U8},
                                        {F_DNS_LOC_VERTICAL_PRECISION, U8},
                                        {F_DNS_LOC_LATITUDE, U32},
                                        {F_DNS_LOC_LONGITUDE, U32},
                                        {F_DNS_LOC_ALTITUDE, U32},
                                        {0, END}};
    static const struct item unknown[] = {{F_DNS_LOC_UNKNOWN_DATA, REST}, {0, END}};
    uint8_t version = rd_peek8(r, 0);
    if (version)
        put_uint(row, F_DNS_LOC_VERSION, version);
    shape_read(row, r, version ? unknown : items, len);
}

void dns_record_read(struct row *row, struct rd *r, const struct dns_record *record)
{
    const struct item *items = shape_of(same_as(record->type));
    if (!has_name_behind(r, record->type))
        return;
    if (items) {
        shape_read(row, r, items, record->len);
        return;
    }
    if (dns_security_read(row, r, record))
        return;
    switch (record->type) {
    case 16:
        if (record->mdns)
            texts_read(row, r, record->len);
        else
            strings_read(row, r, record->len, F_DNS_TXT_LENGTH, F_DNS_TXT);
        break;
    case 29:
        location_read(row, r, record->len);
        break;
    case 33:
        srv_read(row, r, record);
        break;
    case 41:
        dns_options_read(row, r, record->len);
        break;
    case 64:
    case 65:
        dns_service_read(row, r, record->len);
        break;
    case 99:
        strings_read(row, r, record->len, F_DNS_SPF_LENGTH, F_DNS_SPF);
        break;
    default:
        break;
    }
}
