/* 802.11 data frames that are not encrypted: from the 802.11 header to LLC.
 * Invariant: only data frames that are whole and not encrypted reach LLC.
 * Source: IEEE 802.11-2016, sections 9.2 and 9.3.2. */
#include "decode/decode.h"

enum {
    FRAME_DATA = 2,
    SUBTYPE_QOS = 8,
    SUBTYPE_NULL = 4,
    FLAG_TO_DS = 1,
    FLAG_FROM_DS = 2,
    FLAG_MORE_FRAGMENTS = 4,
    FLAG_PROTECTED = 0x40,
    FLAG_ORDER = 0x80,
    QOS_AMSDU = 0x80,
    FRAGMENT_NUMBER = 15
};

/* A-MSDU: destination 48 bits, source 48, length 16, LLC, padded to 4 bytes. All the parts are decoded, as
 * Wireshark does; but the frame is in one flow only, that of the last part. */
static void decode_amsdu(struct packet *p, struct rd r)
{
    while (rd_ok(&r) && rd_left(&r) >= 14 && p->n_layers < MAX_LAYERS) {
        uint32_t at = r.pos;
        rd_skip(&r, 12);
        uint16_t length = rd_u16(&r);
        if (!rd_ok(&r) || length > rd_left(&r)) {
            decode_stop(p, REASON_MALFORMED);
            return;
        }
        decode_llc(p, rd_sub(&r, length));
        uint32_t padding = (4 - ((r.pos - at) & 3)) & 3;
        rd_skip(&r, padding < rd_left(&r) ? padding : rd_left(&r));
    }
}

void decode_wlan(struct packet *p, struct rd r, struct wlan_form form)
{
    if (form.fcs && rd_left(&r) >= 4) {
        r.len -= 4;
        if (r.cap > r.len)
            r.cap = r.len;
    }
    uint8_t control = rd_u8(&r), flags = rd_u8(&r);
    if (form.swapped) {
        uint8_t swap = control;
        control = flags;
        flags = swap;
    }
    uint8_t type = control >> 2 & 3, subtype = control >> 4;
    if (!rd_ok(&r) || type != FRAME_DATA || (subtype & SUBTYPE_NULL)) {
        decode_stop(p, rd_ok(&r) ? REASON_NOT_IP : decode_failure(&r));
        return;
    }
    rd_skip(&r, 20);
    uint16_t sequence = rd_u16_le(&r);
    if ((flags & FLAG_TO_DS) && (flags & FLAG_FROM_DS))
        rd_skip(&r, 6);
    uint16_t qos = 0;
    if (subtype & SUBTYPE_QOS) {
        qos = rd_u16_le(&r);
        if (flags & FLAG_ORDER)
            rd_skip(&r, 4); /* HT control */
    }
    if (form.padded) {
        uint32_t padding = (4 - (r.pos & 3)) & 3;
        rd_skip(&r, padding);
    }
    if (!rd_ok(&r))
        decode_stop(p, decode_failure(&r));
    else if (flags & FLAG_PROTECTED)
        decode_stop(p, REASON_ENCRYPTED);
    else if ((flags & FLAG_MORE_FRAGMENTS) || (!form.swapped && (sequence & FRAGMENT_NUMBER)))
        decode_stop(p, REASON_FRAGMENT_INCOMPLETE);
    else if (qos & QOS_AMSDU)
        decode_amsdu(p, r);
    else
        decode_llc(p, r);
}
