/* Vectors of the TLS presentation language (RFC 8446 section 3.4).
 * Invariant: a vector lies inside the structure around it.
 * Source: RFC 8446; the labels of impossible lengths were observed (tshark 4.0.17). */
#include "field/ids_tls.h"
#include "proto/tls.h"

static void malformed(struct row *row, field_id label)
{
    put_label(row, label);
    row->malformed = true;
}

bool tls_vector(struct row *row, struct rd *r, field_id id, unsigned prefix, uint32_t min, uint32_t max,
                struct rd *out)
{
    *out = (struct rd){.fail = RD_MALFORMED};
    if (!rd_ok(r))
        return false;
    if (rd_left(r) < prefix) {
        malformed(row, F_TLS_MALFORMED_BUFFER_TOO_SMALL);
        rd_skip(r, rd_left(r));
        return false;
    }
    uint32_t len = prefix == 1 ? rd_u8(r) : prefix == 2 ? rd_u16(r) : rd_u24(r);
    if (!rd_ok(r))
        return false;
    put_uint(row, id, len);
    if (len < min || len > max)
        malformed(row, F_TLS_MALFORMED_VECTOR_LENGTH);
    if (len > rd_left(r)) {
        malformed(row, F_TLS_MALFORMED_BUFFER_TOO_SMALL);
        rd_skip(r, rd_left(r));
        return false;
    }
    *out = rd_sub(r, len);
    return rd_ok(r);
}

void tls_vector_end(struct row *row, const struct rd *vector)
{
    if (rd_ok(vector) && rd_left(vector))
        malformed(row, F_TLS_MALFORMED_TRAILING_DATA);
}

void tls_bytes_read(struct row *row, struct rd *r, field_id len_id, field_id id, unsigned prefix)
{
    struct rd bytes;
    if (tls_vector(row, r, len_id, prefix, 0, 0xffff, &bytes) && rd_left(&bytes))
        put_span(row, id, &bytes, rd_left(&bytes));
}
