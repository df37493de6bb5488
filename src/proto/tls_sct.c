/* Signatures and signed certificate timestamps, which handshakes and certificates contain.
 * Source: RFC 6962 section 3.3, RFC 5246 section 4.7. */
#include "field/ids_tls.h"
#include "proto/tls.h"

/* Two bytes that were a hash and a signature before TLS 1.3; Wireshark shows both readings. */
void tls_signature_algorithm(struct row *row, struct rd *r)
{
    struct rd parts = rd_rest(r);
    put_u16(row, F_TLS_HANDSHAKE_SIG_HASH_ALG, r);
    put_u8(row, F_TLS_HANDSHAKE_SIG_HASH_HASH, &parts);
    put_u8(row, F_TLS_HANDSHAKE_SIG_HASH_SIG, &parts);
}

/* RFC 6962 section 3.3: version, log, time, extensions, signature. */
void tls_scts_read(struct row *row, struct rd *r)
{
    struct rd list, sct;
    if (!rd_left(r) || !tls_vector(row, r, F_TLS_SCT_SCTS_LENGTH, 2, 1, 0xffff, &list))
        return;
    while (rd_left(&list) && rd_ok(&list)) {
        if (!tls_vector(row, &list, F_TLS_SCT_SCT_LENGTH, 2, 1, 0xffff, &sct))
            break;
        struct rd extensions;
        put_u8(row, F_TLS_SCT_SCT_VERSION, &sct);
        put_span(row, F_TLS_SCT_SCT_LOGID, &sct, 32);
        uint64_t milliseconds = rd_u64(&sct);
        if (rd_ok(&sct))
            put_int(row, F_TLS_SCT_SCT_TIMESTAMP, (int64_t)(milliseconds * 1000000));
        if (tls_vector(row, &sct, F_TLS_SCT_SCT_EXTENSIONS_LENGTH, 2, 0, 0xffff, &extensions) &&
            rd_left(&extensions))
            put_label(row, F_TLS_SCT_SCT_EXTENSIONS);
        tls_signature_algorithm(row, &sct);
        tls_bytes_read(row, &sct, F_TLS_SCT_SCT_SIGNATURE_LENGTH, F_TLS_SCT_SCT_SIGNATURE, 2);
        if (!rd_ok(&sct)) {
            r->fail = sct.fail;
            return;
        }
    }
}
