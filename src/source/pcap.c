/* pcap: a file header, then records, each with a header and bytes.
 *
 * File header: magic u32, major u16, minor u16, zone i32, sigfigs u32, snap_len u32, link_type u32 (IXIA: 4
 * bytes more).
 * Record: seconds u32, fraction u32, cap_len u32, len u32, bytes[cap_len].
 *
 * Invariant: between two calls the window is at a record header. Fractions of a second are not normalised. A
 * record whose captured length exceeds the snap length or the packet's length is accepted as it is. Some
 * writers put more bytes into the record header: Kuznetzov's patch 8, SuSE 6.3 12, Nokia 4, in part with the
 * usual magic number; the first records show which header a file has.
 * Source: draft-ietf-opsawg-pcap sections 4 and 5; variants, limits and tolerance were observed (tshark
 * 4.0.17). */
#include "base/error.h"
#include "source/inner.h"

enum {
    MAGIC_MICRO = 0xa1b2c3d4,
    MAGIC_NANO = 0xa1b23c4d,
    MAGIC_MODIFIED = 0xa1b2cd34,
    MAGIC_IXIA_HARD = 0x1c0001ac,
    MAGIC_IXIA_SOFT = 0x1c0001ab,
};

/* The order of the two lengths. It changed with version 2.3; writers of that version used both orders. */
enum pcap_lengths { CAP_LEN_FIRST, CAP_LEN_SECOND, CAP_LEN_SMALLER };

struct lengths {
    uint32_t cap_len, len;
};

static inline uint32_t get_u32(const uint8_t *p, bool big) { return big ? rd_be32(p) : rd_le32(p); }

static inline struct lengths get_lengths(const struct source *s, const uint8_t *head, bool big)
{
    struct lengths n = {get_u32(head + 8, big), get_u32(head + 12, big)};
    bool swapped = s->lengths == CAP_LEN_SECOND || (s->lengths == CAP_LEN_SMALLER && n.cap_len > n.len);
    return swapped ? (struct lengths){n.len, n.cap_len} : n;
}

static inline enum fc_status pcap_record(struct source *s, struct frame *out, struct fc_error *err, bool big)
{
    struct window *w = &s->window;
    *out = (struct frame){0};
    if (!window_need(w, s->head_len))
        return source_cut(s, err);
    struct lengths n = get_lengths(s, window_at(w), big);
    if (n.cap_len > s->max_packet)
        return source_damaged(s, window_offset(w), err,
                              "a packet of %u bytes, but the limit of this link type is %u", n.cap_len,
                              s->max_packet);
    if (!window_need(w, (size_t)s->head_len + n.cap_len))
        return source_cut(s, err);
    const uint8_t *head = window_at(w);
    out->data = head + s->head_len;
    out->cap_len = n.cap_len;
    out->len = source_wire_len(n.len);
    out->time_ns = (int64_t)get_u32(head, big) * 1000000000 + (int64_t)get_u32(head + 4, big) * s->unit_ns;
    out->number = ++s->n_frames;
    out->offset = window_offset(w);
    out->record_len = s->head_len + n.cap_len;
    out->interface = &s->interfaces[0]->shown;
    out->has_time = true;
    w->pos += s->head_len + n.cap_len;
    __builtin_prefetch(window_at(w)); /* the next record header, while this packet is worked on */
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
    return magic == MAGIC_MICRO || magic == MAGIC_NANO || magic == MAGIC_MODIFIED ||
           magic == MAGIC_IXIA_HARD || magic == MAGIC_IXIA_SOFT;
}

static const char *pcap_name(uint32_t magic)
{
    switch (magic) {
    case MAGIC_NANO:
        return "pcap-ns";
    case MAGIC_MODIFIED:
        return "pcap-modified";
    case MAGIC_IXIA_HARD:
    case MAGIC_IXIA_SOFT:
        return "pcap-ixia";
    default:
        return "pcap";
    }
}

/* ---- which record header ---- */

enum { TRIED_RECORDS = 3 };
enum looks { LOOKS_IMPOSSIBLE, LOOKS_ODD, LOOKS_SOUND };

/* Judges the first records, assuming record headers of head_len bytes. A capture that is cut within them is
 * impossible, except with the usual header: a cut is not evidence of an uncommon header. */
static enum looks looks_of(struct source *s, uint32_t head_len, uint32_t usual, bool big)
{
    struct window *w = &s->window;
    enum looks looks = LOOKS_SOUND;
    size_t at = 0;
    for (int i = 0; i < TRIED_RECORDS; i++) {
        if (!window_need(w, at + head_len))
            return window_left(w) == at || head_len == usual ? looks : LOOKS_IMPOSSIBLE;
        struct lengths n = get_lengths(s, window_at(w) + at, big);
        if (n.cap_len > s->max_packet)
            return LOOKS_IMPOSSIBLE;
        if (n.cap_len > n.len || n.len > s->max_packet || get_u32(window_at(w) + at + 4, big) >= 1000000)
            looks = LOOKS_ODD;
        at += head_len + n.cap_len;
    }
    return looks;
}

/* Returns the first length of header with which all records look sound, else the first one that is possible.
 * A file that fits none gets the usual length, and is then found damaged when it is read. */
static uint32_t guess_head_len(struct source *s, uint32_t magic, bool big)
{
    static const uint8_t micro[] = {16, 24, 20}, modified[] = {24, 28};
    const uint8_t *tried = magic == MAGIC_MODIFIED ? modified : micro;
    size_t n = magic == MAGIC_MODIFIED ? sizeof modified : magic == MAGIC_MICRO ? sizeof micro : 1;
    for (enum looks least = LOOKS_SOUND; n > 1 && least > LOOKS_IMPOSSIBLE; least--)
        for (size_t i = 0; i < n; i++)
            if (looks_of(s, tried[i], tried[0], big) >= least)
                return tried[i];
    return tried[0];
}

/* Reads the first records of a pipe, as many as are looked at. Returns true if they come slowly, and those
 * that came are whole with the usual header: then that header is taken, so that nobody waits for a second
 * packet to see the first. (A writer of longer headers would have to pause in the middle of a record.) */
static bool fits_quiet_pipe(struct source *s, uint32_t usual, bool big)
{
    struct window *w = &s->window;
    size_t at = 0;
    s->patience_ms = SOURCE_LOOK_MS;
    for (int i = 0; i < TRIED_RECORDS;) {
        bool has_head = window_need(w, at + usual);
        struct lengths n = has_head ? get_lengths(s, window_at(w) + at, big) : (struct lengths){0};
        if (n.cap_len > s->max_packet)
            break;
        if (has_head && window_need(w, at + usual + n.cap_len)) {
            at += usual + n.cap_len;
            i++;
        } else if (!w->quiet || (i && window_left(w) == at)) {
            break;
        }
    }
    s->patience_ms = -1;
    return w->quiet;
}

/* ---- the file header ---- */

static uint8_t order_of_lengths(uint16_t major, uint16_t minor)
{
    if (major == 543 || (major == 2 && minor < 3)) /* 543: a writer on DG/UX */
        return CAP_LEN_SECOND;
    return major == 2 && minor == 3 ? CAP_LEN_SMALLER : CAP_LEN_FIRST;
}

static enum fc_status read_link_type(struct source *s, uint32_t link_type, struct fc_error *err)
{
    struct capture_interface *interface = &s->interfaces[0]->shown;
    if (link_type & 0x03ff0000)
        return error_set(err, FC_UNSUPPORTED, 20, "a pcap file whose link type has unknown bits (%08x)",
                         link_type);
    interface->link_type = link_type & 0xffff;
    /* The upper bits hold the length of the frame check sequence in units of 16 bits (4 bits) and a bit that
     * makes it valid. */
    interface->fcs_len = link_type & 0x04000000 ? (int8_t)(link_type >> 28 << 1) : -1;
    s->max_packet = source_max_packet(interface->link_type);
    return FC_OK;
}

enum fc_status pcap_open(struct source *s, struct fc_error *err)
{
    struct window *w = &s->window;
    if (!window_need(w, 24))
        return error_set(err, FC_CUT, 0, "cut short in the pcap file header (%zu of 24 bytes)",
                         window_left(w));
    if (!source_add_interface(s))
        return error_memory(err);
    const uint8_t *head = window_at(w);
    bool big = pcap_recognise(rd_be32(head));
    uint32_t magic = get_u32(head, big);
    uint16_t major = big ? rd_be16(head + 4) : rd_le16(head + 4),
             minor = big ? rd_be16(head + 6) : rd_le16(head + 6);
    if (major < 2)
        return error_set(err, FC_UNSUPPORTED, 4, "a pcap file of version %u.%u", major, minor);
    s->interfaces[0]->shown.snap_len = get_u32(head + 16, big);
    s->lengths = order_of_lengths(major, minor);
    s->unit_ns = magic == MAGIC_NANO ? 1 : 1000;
    s->next = big ? pcap_next_be : pcap_next_le;
    source_set_format(s, pcap_name(magic));
    enum fc_status status = read_link_type(s, get_u32(head + 20, big), err);
    uint32_t skip =
        magic == MAGIC_IXIA_HARD || magic == MAGIC_IXIA_SOFT ? 28 : 24; /* IXIA adds the length of the file */
    if (!window_need(w, skip))
        return error_set(err, FC_CUT, 0, "cut short in the pcap file header (%zu of %u bytes)",
                         window_left(w), skip);
    w->pos += skip;
    uint32_t usual = magic == MAGIC_MODIFIED ? 24 : 16;
    bool varies = magic == MAGIC_MODIFIED || magic == MAGIC_MICRO;
    bool fits = varies && s->is_pipe && fits_quiet_pipe(s, usual, big);
    s->head_len = fits ? usual : guess_head_len(s, magic, big);
    return status;
}
