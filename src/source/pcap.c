/* pcap: a file header, then records of header and bytes.
 *
 *     magic u32, major u16, minor u16, zone i32, sigfigs u32, snap_len u32, link_type u32
 *     seconds u32, fraction u32, cap_len u32, len u32, bytes[cap_len]        ("modified": 8 bytes more before bytes)
 *
 * Invariant: the window stands at a record header between two calls. Versions are not checked, fractions are not
 * normalised, a capture longer than the snap length or the packet is taken as it is.
 * Source: draft-ietf-opsawg-pcap section 4 and 5; limits and tolerance observed, tshark 4.0.17.
 */
#include <stdio.h>

#include "base/error.h"
#include "source/inner.h"

enum { MAGIC_MICRO = 0xa1b2c3d4, MAGIC_NANO = 0xa1b23c4d, MAGIC_MODIFIED = 0xa1b2cd34 };

static inline uint32_t get_u32(const uint8_t *p, bool big) { return big ? rd_be32(p) : rd_le32(p); }

static inline enum fc_status pcap_record(struct source *s, struct frame *out, struct fc_error *err, bool big)
{
    struct window *w = &s->window;
    if (!window_need(w, s->head_len))
        return source_end(s, out, err);
    uint32_t cap_len = get_u32(window_at(w) + 8, big);
    if (cap_len > s->max_packet)
        return source_damaged(s, window_offset(w), err, "a packet of %u bytes, more than the %u that a pcap file may hold",
                              cap_len, s->max_packet);
    if (!window_need(w, (size_t)s->head_len + cap_len))
        return source_end(s, out, err);
    const uint8_t *head = window_at(w);
    *out = (struct frame){
        .data = head + s->head_len,
        .cap_len = cap_len,
        .len = get_u32(head + 12, big),
        .time_ns = (int64_t)get_u32(head, big) * 1000000000 + (int64_t)get_u32(head + 4, big) * s->unit_ns,
        .number = ++s->n_frames,
        .offset = window_offset(w) + s->head_len,
        .interface = &s->interfaces[0]->shown,
        .has_time = true,
    };
    w->pos += s->head_len + cap_len;
    return FC_OK;
}

static enum fc_status pcap_next_le(struct source *s, struct frame *out, struct fc_error *err)
{
    return pcap_record(s, out, err, false);
}

static enum fc_status pcap_next_be(struct source *s, struct frame *out, struct fc_error *err)
{
    return pcap_record(s, out, err, true);
}

bool pcap_recognise(uint32_t magic)
{
    return magic == MAGIC_MICRO || magic == MAGIC_NANO || magic == MAGIC_MODIFIED;
}

/* The link type's upper bits: four of frame check length in 16-bit units, one that says these are valid. */
static int8_t fcs_len(uint32_t link_type)
{
    return link_type & 0x04000000u ? (int8_t)(link_type >> 28 << 1) : -1;
}

enum fc_status pcap_open(struct source *s, struct fc_error *err)
{
    struct window *w = &s->window;
    if (!window_need(w, 24))
        return error_set(err, FC_CUT, 0, "cut short in the pcap file header (%zu of 24 bytes)", window_left(w));
    struct source_interface *interface = source_add_interface(s);
    if (!interface)
        return error_memory(err);
    const uint8_t *head = window_at(w);
    bool big = pcap_recognise(rd_be32(head));
    uint32_t magic = get_u32(head, big), link_type = get_u32(head + 20, big);
    interface->shown.link_type = link_type & 0xffff;
    interface->shown.snap_len = get_u32(head + 16, big);
    interface->shown.fcs_len = fcs_len(link_type);
    s->head_len = magic == MAGIC_MODIFIED ? 24 : 16;
    s->unit_ns = magic == MAGIC_NANO ? 1 : 1000;
    s->max_packet = SOURCE_MAX_PACKET;
    s->next = big ? pcap_next_be : pcap_next_le;
    snprintf(s->format, sizeof s->format, "%s",
             magic == MAGIC_NANO ? "pcap-ns" : magic == MAGIC_MODIFIED ? "pcap-modified" : "pcap");
    w->pos += 24;
    return FC_OK;
}
