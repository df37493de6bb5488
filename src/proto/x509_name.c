/* Names in certificates: sequences of attributes (RFC 5280 section 4.1.2.4).
 * Source: RFC 5280, X.520; numbers of choices were observed (tshark 4.0.17). */
#include "field/ids_x509.h"
#include "proto/x509.h"

/* DirectoryString, a CHOICE of X.520: its number in Wireshark, and the field of its text. */
static void directory_string_read(struct row *row, const struct der *value)
{
    static const struct {
        uint8_t tag, choice;
        field_id id;
    } kinds[] = {{DER_TELETEX, 0, F_X509SAT_TELETEXSTRING},
                 {DER_PRINTABLE, 1, F_X509SAT_PRINTABLESTRING},
                 {DER_UNIVERSAL, 2, F_COUNT},
                 {DER_BMP, 3, F_COUNT},
                 {DER_UTF8, 4, F_X509SAT_UTF8STRING}};
    struct rd text = value->body;
    uint32_t len = rd_left(&text);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].tag != value->tag)
            continue;
        put_uint(row, F_X509SAT_DIRECTORYSTRING, kinds[i].choice);
        if (kinds[i].id == F_X509SAT_UTF8STRING)
            put_text_utf8(row, kinds[i].id, rd_bytes(&text, len), len);
        else if (kinds[i].id != F_COUNT)
            put_text_wire(row, kinds[i].id, rd_bytes(&text, len), len);
    }
}

/* Attributes with a DirectoryString as value, by the last byte of 2.5.4.x. The value of countryName has
 * another type. */
static bool is_directory_string(const struct rd *oid)
{
    static const uint8_t known[] = {2,  3,  4,  7,  8,  9,  10, 11, 12, 13, 15,
                                    17, 18, 19, 41, 42, 43, 44, 46, 51, 54, 65};
    if (der_is(oid, "\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x01", 11) ||
        der_is(oid, "\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x02", 11))
        return true;
    return rd_left(oid) == 3 && rd_peek16(oid, 0) == 0x5504 && memchr(known, rd_peek8(oid, 2), sizeof known);
}

static bool is_country(const struct rd *oid)
{
    return der_is(oid, "\x55\x04\x06", 3) || der_is(oid, "\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x03", 11);
}

bool x509_suits_attribute(const struct rd *oid, uint8_t tag)
{
    if (is_directory_string(oid))
        return tag == DER_UTF8 || tag == DER_PRINTABLE || tag == DER_TELETEX || tag == DER_UNIVERSAL ||
               tag == DER_BMP;
    bool postal_address =
        der_is(oid, "\x55\x04\x10", 3); /* X.520 defines several strings, but certificates have one */
    return !postal_address && (!is_country(oid) || tag == DER_PRINTABLE);
}

static void attribute_read(struct row *row, struct rd attribute)
{
    struct rd oid;
    struct der value;
    if (!der_take(&attribute, DER_OID, &oid))
        return;
    if (!der_next(&attribute, &value))
        return;
    if (is_directory_string(&oid)) {
        directory_string_read(row, &value);
    } else if (is_country(&oid)) {
        uint32_t len = rd_left(&value.body);
        put_text_wire(row, F_X509SAT_COUNTRYNAME, rd_bytes(&value.body, len), len);
    }
}

void x509_name_read(struct row *row, struct rd *r, field_id sequence)
{
    struct rd names, set, attribute;
    if (!der_take(r, DER_SEQUENCE, &names))
        return;
    put_uint(row, sequence, der_count(names));
    while (der_take(&names, DER_SET, &set)) {
        put_uint(row, F_X509IF_RDNSEQUENCE_ITEM, der_count(set));
        while (der_take(&set, DER_SEQUENCE, &attribute)) {
            put_label(row, F_X509IF_RELATIVEDISTINGUISHEDNAME_ITEM_ELEMENT);
            attribute_read(row, attribute);
        }
    }
}
