/* Extensions of certificates (RFC 5280 section 4.2, RFC 6962 section 3.3).
 * Invariant: an unknown extension has no values.
 * Source: these RFCs; observed (tshark 4.0.17). */
#include "field/ids_x509.h"
#include "proto/x509.h"

/* GeneralName, a CHOICE by context tag. Wireshark shows the number of the choice only inside GeneralNames. */
static void general_name_read(struct row *row, const struct der *name)
{
    struct rd body = name->body;
    uint32_t len = rd_left(&body);
    switch (name->tag) {
    case DER_CONTEXT | 1:
        put_text_wire(row, F_X509CE_RFC822NAME, rd_bytes(&body, len), len);
        break;
    case DER_CONTEXT | 2:
        put_text_wire(row, F_X509CE_DNSNAME, rd_bytes(&body, len), len);
        break;
    case DER_CONTEXT_CONSTRUCTED | 4:
        put_uint(row, F_X509CE_DIRECTORYNAME, 0);
        x509_name_read(row, &body, F_X509IF_RDNSEQUENCE);
        break;
    case DER_CONTEXT | 6:
        put_text_wire(row, F_X509CE_UNIFORMRESOURCEIDENTIFIER, rd_bytes(&body, len), len);
        break;
    case DER_CONTEXT | 7:
        if (len == 4)
            put_u32(row, F_X509CE_IPADDRESS_IPV4, &body);
        else if (len == 16)
            put_span(row, F_X509CE_IPADDRESS_IPV6, &body, len);
        break;
    default:
        break;
    }
}

/* Reads the content of a sequence of names. */
static void names_read(struct row *row, struct rd names)
{
    struct der name;
    while (rd_left(&names) && der_next(&names, &name)) {
        put_uint(row, F_X509CE_GENERALNAME, name.tag & 0x1f);
        general_name_read(row, &name);
    }
}

static void alternative_names_read(struct row *row, struct rd r)
{
    struct rd names;
    if (der_take(&r, DER_SEQUENCE, &names))
        names_read(row, names);
}

/* keyIdentifier [0], authorityCertIssuer [1] GeneralNames, authorityCertSerialNumber [2] */
static void authority_key_read(struct row *row, struct rd r)
{
    struct rd sequence, part;
    if (!der_take(&r, DER_SEQUENCE, &sequence))
        return;
    if (der_take(&sequence, DER_CONTEXT, &part))
        put_span(row, F_X509CE_KEYIDENTIFIER, &part, rd_left(&part));
    if (der_take(&sequence, DER_CONTEXT_CONSTRUCTED | 1, &part))
        names_read(row, part);
    if (der_take(&sequence, DER_CONTEXT | 2, &part))
        put_span(row, F_X509CE_AUTHORITYCERTSERIALNUMBER, &part, rd_left(&part));
}

static void subject_key_read(struct row *row, struct rd r)
{
    struct rd octets;
    if (der_take(&r, DER_OCTET_STRING, &octets))
        put_span(row, F_X509CE_SUBJECTKEYIDENTIFIER, &octets, rd_left(&octets));
}

static void key_usage_read(struct row *row, struct rd r)
{
    static const field_id bits[] = {F_X509CE_KEYUSAGE_DIGITALSIGNATURE, F_X509CE_KEYUSAGE_CONTENTCOMMITMENT,
                                    F_X509CE_KEYUSAGE_KEYENCIPHERMENT,  F_X509CE_KEYUSAGE_DATAENCIPHERMENT,
                                    F_X509CE_KEYUSAGE_KEYAGREEMENT,     F_X509CE_KEYUSAGE_KEYCERTSIGN,
                                    F_X509CE_KEYUSAGE_CRLSIGN,          F_X509CE_KEYUSAGE_ENCIPHERONLY,
                                    F_X509CE_KEYUSAGE_DECIPHERONLY};
    struct rd string;
    if (!der_take(&r, DER_BIT_STRING, &string) || rd_left(&string) < 2)
        return;
    rd_skip(&string, 1);
    uint32_t value = (uint32_t)rd_peek8(&string, 0) << 8 | rd_peek8(&string, 1);
    put_span(row, F_X509CE_KEYUSAGE, &string, rd_left(&string));
    for (unsigned i = 0; i < sizeof bits / sizeof *bits; i++)
        put_bool(row, bits[i], value >> (15 - i) & 1);
}

static void basic_constraints_read(struct row *row, struct rd r)
{
    struct rd sequence, part;
    if (!der_take(&r, DER_SEQUENCE, &sequence))
        return;
    put_label(row, F_X509CE_BASICCONSTRAINTSSYNTAX_ELEMENT);
    if (der_take(&sequence, DER_BOOLEAN, &part))
        put_bool(row, F_X509CE_CA, rd_peek8(&part, 0));
    if (!der_take(&sequence, DER_INTEGER, &part))
        return;
    uint64_t length = 0;
    for (uint32_t n = rd_left(&part); n && n <= 8; n--)
        length = length << 8 | rd_u8(&part);
    put_uint(row, F_X509CE_PATHLENCONSTRAINT, length);
}

/* SEQUENCE OF SEQUENCE { distributionPoint [0] { fullName [0] GeneralNames ... }, reasons [1], cRLIssuer [2]
 * } */
static void crl_points_read(struct row *row, struct rd r)
{
    struct rd points, point, part, names;
    if (!der_take(&r, DER_SEQUENCE, &points))
        return;
    while (der_take(&points, DER_SEQUENCE, &point)) {
        if (der_take(&point, DER_CONTEXT_CONSTRUCTED, &part) &&
            der_take(&part, DER_CONTEXT_CONSTRUCTED, &names))
            names_read(row, names);
        der_take(&point, DER_CONTEXT | 1, &part);
        if (der_take(&point, DER_CONTEXT_CONSTRUCTED | 2, &part))
            names_read(row, part);
    }
}

/* SEQUENCE OF SEQUENCE { accessMethod OID, accessLocation GeneralName } */
static void information_access_read(struct row *row, struct rd r)
{
    struct rd list, one, oid;
    struct der name;
    if (!der_take(&r, DER_SEQUENCE, &list))
        return;
    while (der_take(&list, DER_SEQUENCE, &one))
        if (der_take(&one, DER_OID, &oid) && der_next(&one, &name))
            general_name_read(row, &name);
}

/* permittedSubtrees [0], excludedSubtrees [1]: sequences of { base GeneralName ... } */
static void name_constraints_read(struct row *row, struct rd r)
{
    struct rd sequence, one;
    struct der subtrees, name;
    if (!der_take(&r, DER_SEQUENCE, &sequence))
        return;
    while (rd_left(&sequence) && der_next(&sequence, &subtrees))
        while (der_take(&subtrees.body, DER_SEQUENCE, &one))
            if (der_next(&one, &name))
                general_name_read(row, &name);
}

void x509_scts_read(struct row *row, struct rd octets)
{
    struct rd list;
    const int16_t *slots = row->slot_of;
    row->slot_of = row->own_slots ? row->own_slots : slots; /* they keep the names of TLS even inside DTLS */
    if (der_take(&octets, DER_OCTET_STRING, &list))
        tls_scts_read(row, &list);
    row->slot_of = slots;
}

static void extension_value_read(struct row *row, const struct rd *oid, struct rd value)
{
    static const struct {
        const char *oid;
        uint32_t len;
        void (*read)(struct row *row, struct rd value);
    } known[] = {
        {"\x55\x1d\x0e", 3, subject_key_read},
        {"\x55\x1d\x0f", 3, key_usage_read},
        {"\x55\x1d\x11", 3, alternative_names_read},
        {"\x55\x1d\x12", 3, alternative_names_read},
        {"\x55\x1d\x13", 3, basic_constraints_read},
        {"\x55\x1d\x1e", 3, name_constraints_read},
        {"\x55\x1d\x1f", 3, crl_points_read},
        {"\x55\x1d\x2e", 3, crl_points_read},
        {"\x55\x1d\x23", 3, authority_key_read},
        {"\x2b\x06\x01\x05\x05\x07\x01\x01", 8, information_access_read},
        {"\x2b\x06\x01\x05\x05\x07\x01\x0b", 8, information_access_read},
        {"\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x02", 10, x509_scts_read},
        {"\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x05", 10, x509_scts_read},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (der_is(oid, known[i].oid, known[i].len))
            known[i].read(row, value);
}

void x509_extensions_read(struct row *row, struct rd *sequence)
{
    struct rd one, oid, part;
    while (der_take(sequence, DER_SEQUENCE, &one)) {
        put_label(row, F_X509AF_EXTENSION_ELEMENT);
        if (!der_take(&one, DER_OID, &oid))
            continue;
        if (der_take(&one, DER_BOOLEAN, &part))
            put_bool(row, F_X509AF_CRITICAL, rd_peek8(&part, 0));
        if (der_take(&one, DER_OCTET_STRING, &part))
            extension_value_read(row, &oid, part);
    }
}
