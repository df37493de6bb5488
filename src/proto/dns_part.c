/* The parts that records and options of DNS have in common: the rest of the data, and character strings (RFC
 * 1035 section 3.3). Source for the lengths that do not fit: observed (tshark 4.0.17). */
#include "proto/dns.h"

uint32_t dns_rest(struct rd *r, int64_t rest)
{
    if (rest < -1 || (rest == -1 && !rd_left(r)))
        r->fail = RD_MALFORMED;
    else if (rest == -1)
        rd_need(r, 1);
    return rest < 0 ? rd_cap_left(r) : (uint32_t)rest;
}

void dns_string_read(struct row *row, struct rd *r, field_id length_id, field_id id)
{
    uint8_t n = put_u8(row, length_id, r);
    put_text_wire(row, id, rd_bytes(r, n), n);
}
