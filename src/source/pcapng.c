/* pcapng: blocks of type, length, body, and the length again. A section header sets the byte order and ends
 * the scope of the interfaces before it.
 *
 * Invariant: between two calls the window is at a block. A block is read only when all of it is there and its
 * two lengths agree. The frames are those that tshark counts: packet blocks, custom blocks, journal entries
 * and sysdig events (the last three are opaque). Every other block is skipped.
 * Source: draft-ietf-opsawg-pcapng; limits, the order of checks and the blocks that count were observed
 * (tshark 4.0.17). */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "source/inner.h"
#include "source/pcapng.h"

enum {
    BLOCK_SECTION = PCAPNG_MAGIC,
    BLOCK_INTERFACE = 1,
    BLOCK_OLD_PACKET = 2,
    BLOCK_SIMPLE_PACKET = 3,
    BLOCK_NAMES = 4,
    BLOCK_STATISTICS = 5,
    BLOCK_PACKET = 6,
    BLOCK_JOURNAL = 9,
    BLOCK_SECRETS = 10,
    BLOCK_SYSDIG_EVENT = 0x204,
    BLOCK_SYSDIG_EVENT_2 = 0x216,
    BLOCK_SYSDIG_EVENT_2_LARGE = 0x221,
    BLOCK_CUSTOM = 0xbad,
    BLOCK_CUSTOM_LOCAL = 0x40000bad,
};

/* The longest block that tshark accepts: a D-Bus packet of 128 MiB with its header and options. */
static const uint32_t BLOCK_MAX = 134348832;

/* The most bytes of interfaces, secrets and names that are kept of one capture. A file with more is not a
 * real capture. */
static const size_t KEPT_MAX = 256u << 20;

static uint32_t padded(uint32_t n) { return (n + 3) & ~3u; }

/* The time is two 32-bit halves, the upper one first in either byte order. */
static uint64_t get_time(struct block *b)
{
    uint64_t high = block_u32(b);
    return high << 32 | block_u32(b);
}

static enum fc_status block_short(struct source *s, const struct block *b, const char *what,
                                  struct fc_error *err)
{
    return source_damaged(s, b->offset, err, "%s of %u bytes is too short for its contents", what, b->len);
}

/* ---- blocks that are not frames ---- */

static enum fc_status read_section(struct source *s, struct block *b, struct fc_error *err)
{
    rd_skip(&b->r, 4); /* the byte order, which is known already */
    uint16_t major = block_u16(b), minor = block_u16(b);
    rd_skip(&b->r, 8); /* the length of the section, which many writers get wrong */
    if (!rd_ok(&b->r) || !options_valid(b))
        return block_short(s, b, "a section header", err);
    if (major != 1 || (minor != 0 && minor != 2))
        return source_stop(s, FC_UNSUPPORTED, b->offset, err, "pcapng version %u.%u is not supported", major,
                           minor);
    s->n_sections++;
    s->first_interface = s->n_interfaces;
    return FC_OK;
}

/* Counts n bytes that are kept until the capture is closed. */
static enum fc_status count_kept(struct source *s, const struct block *b, size_t n, struct fc_error *err)
{
    if (n > KEPT_MAX - s->kept_len)
        return source_damaged(s, b->offset, err, "more than %zu bytes of interfaces, secrets and names",
                              KEPT_MAX);
    s->kept_len += n;
    return FC_OK;
}

static size_t text_len(const char *text) { return text ? strlen(text) : 0; }

static enum fc_status read_interface(struct source *s, struct block *b, struct fc_error *err)
{
    if (s->n_interfaces >= SOURCE_MAX_INTERFACES)
        return source_damaged(s, b->offset, err, "more than %d interfaces", SOURCE_MAX_INTERFACES);
    struct source_interface *interface = source_add_interface(s);
    if (!interface)
        return source_stop(s, FC_MEMORY, b->offset, err, "out of memory");
    interface->shown.link_type = block_u16(b);
    block_u16(b);
    interface->shown.snap_len = block_u32(b);
    if (!rd_ok(&b->r) || !options_valid(b))
        return block_short(s, b, "an interface description", err);
    if (!options_of_interface(interface, b))
        return source_stop(s, FC_MEMORY, b->offset, err, "out of memory");
    clock_prepare(interface);
    const struct capture_interface *shown = &interface->shown;
    return count_kept(s, b, sizeof *interface + text_len(shown->name) + text_len(shown->description), err);
}

static enum fc_status keep_blob(struct source *s, struct block *b, uint32_t type, uint32_t len,
                                struct fc_error *err)
{
    const uint8_t *data = rd_bytes(&b->r, len);
    if (!data)
        return block_short(s, b, "a block of secrets or names", err);
    enum fc_status status = count_kept(s, b, sizeof s->blobs[0] + (s->stable ? 0 : len), err);
    if (status != FC_OK)
        return status;
    if (!memory_reserve((void **)&s->blobs, &s->blobs_capacity, s->n_blobs + 1, sizeof s->blobs[0]))
        return source_stop(s, FC_MEMORY, b->offset, err, "out of memory");
    if (!s->stable) {
        uint8_t *copy = memory_alloc(len);
        if (!copy)
            return source_stop(s, FC_MEMORY, b->offset, err, "out of memory");
        data = memcpy(copy, data, len);
    }
    s->blobs[s->n_blobs++] =
        (struct source_blob){.type = type, .before = s->n_frames + 1, .data = data, .len = len};
    return FC_OK;
}

static enum fc_status read_secrets(struct source *s, struct block *b, struct fc_error *err)
{
    uint32_t type = block_u32(b), len = block_u32(b);
    return keep_blob(s, b, type, len, err);
}

static enum fc_status read_name_block(struct source *s, struct block *b, struct fc_error *err)
{
    if (rd_left(&b->r) < 4)
        return block_short(s, b, "a name resolution block", err);
    return keep_blob(s, b, 0, rd_left(&b->r), err);
}

/* ---- packets ---- */

static struct source_interface *find_interface(struct source *s, uint32_t id)
{
    return id < s->n_interfaces - s->first_interface ? s->interfaces[s->first_interface + id] : NULL;
}

static enum fc_status no_interface(struct source *s, const struct block *b, uint32_t id, struct fc_error *err)
{
    return source_damaged(s, b->offset, err, "a packet of interface %u, which no block describes", id);
}

static enum fc_status read_packet_options(struct source *s, struct block *b, struct frame *out,
                                          struct fc_error *err)
{
    if (rd_left(&b->r) < 4)
        return FC_OK;
    if (!options_of_packet(b, out))
        return source_damaged(s, b->offset, err, "a packet block with damaged options");
    uint32_t len = rd_left(&b->r);
    s->options =
        (struct frame_options){.data = rd_bytes(&b->r, len), .len = len, .big_endian = b->big_endian};
    out->options = &s->options;
    return FC_OK;
}

/* The packet block (type 6) and its obsolete form (type 2) differ in the width of the interface number. */
static enum fc_status read_packet(struct source *s, struct block *b, struct frame *out, struct fc_error *err)
{
    uint32_t id = b->type == BLOCK_PACKET ? block_u32(b) : block_u16(b);
    if (b->type == BLOCK_OLD_PACKET)
        block_u16(b); /* number of drops */
    uint64_t time = get_time(b);
    out->cap_len = block_u32(b);
    out->len = block_u32(b);
    if (!rd_ok(&b->r))
        return block_short(s, b, "a packet block", err);
    const struct source_interface *interface = find_interface(s, id);
    if (!interface)
        return no_interface(s, b, id, err);
    if (out->cap_len > rd_left(&b->r) || padded(out->cap_len) > rd_left(&b->r))
        return block_short(s, b, "a packet block", err);
    uint32_t max = source_max_packet(interface->shown.link_type);
    if (out->cap_len > max)
        return source_damaged(s, b->offset, err, "a packet of %u bytes, but the limit is %u", out->cap_len,
                              max);
    out->interface = &interface->shown;
    clock_set(out, clock_ns(interface, time));
    out->data = rd_bytes(&b->r, out->cap_len);
    rd_skip(&b->r, padded(out->cap_len) - out->cap_len);
    return read_packet_options(s, b, out, err);
}

static enum fc_status read_simple_packet(struct source *s, struct block *b, struct frame *out,
                                         struct fc_error *err)
{
    const struct source_interface *interface = find_interface(s, 0);
    if (!interface)
        return no_interface(s, b, 0, err);
    uint32_t snap_len = interface->shown.snap_len;
    out->len = block_u32(b);
    out->cap_len = snap_len && snap_len < out->len ? snap_len : out->len;
    if (!rd_ok(&b->r) || out->cap_len > rd_left(&b->r) || padded(out->cap_len) != rd_left(&b->r))
        return source_damaged(s, b->offset, err, "a simple packet block of %u bytes for %u bytes of packet",
                              b->len, out->cap_len);
    out->interface = &interface->shown;
    out->data = rd_bytes(&b->r, out->cap_len);
    return FC_OK;
}

/* ---- frames without a packet ---- */

static void give_opaque(struct block *b, struct frame *out)
{
    out->opaque = true;
    out->cap_len = rd_left(&b->r);
    out->data = rd_bytes(&b->r, out->cap_len);
}

static enum fc_status read_custom(struct source *s, struct block *b, struct frame *out, struct fc_error *err)
{
    block_u32(b); /* enterprise number */
    if (!rd_ok(&b->r))
        return block_short(s, b, "a custom block", err);
    give_opaque(b, out);
    out->len = out->cap_len;
    return FC_OK;
}

static enum fc_status read_sysdig(struct source *s, struct block *b, struct frame *out, struct fc_error *err)
{
    block_u16(b); /* processor */
    uint64_t time = block_u64(b);
    block_u64(b); /* thread */
    out->len = block_u32(b);
    block_u16(b); /* event type */
    if (b->type != BLOCK_SYSDIG_EVENT)
        block_u32(b); /* number of parameters */
    if (!rd_ok(&b->r))
        return block_short(s, b, "a sysdig event", err);
    give_opaque(b, out);
    clock_set(out, time < INT64_MAX ? (int64_t)time : INT64_MAX);
    return FC_OK;
}

static enum fc_status read_journal(struct source *s, struct block *b, struct frame *out, struct fc_error *err)
{
    if (rd_left(&b->r) < 23) /* "__REALTIME_TIMESTAMP=0\n" */
        return block_short(s, b, "a journal entry", err);
    give_opaque(b, out);
    while (out->cap_len && out->data[out->cap_len - 1] == 0)
        out->cap_len--; /* padding */
    out->len = out->cap_len;
    clock_of_journal(out);
    return FC_OK;
}

/* ---- the walk ---- */

/* The byte order of a section applies from the length of its own header on. */
static enum fc_status set_byte_order(struct source *s, struct fc_error *err)
{
    struct window *w = &s->window;
    uint32_t magic = rd_be32(window_at(w) + 8);
    if (magic != 0x1a2b3c4d && magic != 0x4d3c2b1a)
        return source_damaged(s, window_offset(w), err, "a section header with byte order magic %08x", magic);
    s->big_endian = magic == 0x1a2b3c4d;
    return FC_OK;
}

static uint32_t window_u32(const struct source *s, size_t at)
{
    const uint8_t *p = window_at(&s->window) + at;
    return s->big_endian ? rd_be32(p) : rd_le32(p);
}

/* Reads the whole block at the front of the window; its reader then covers the body. At the end of the
 * capture, and while a pipe is quiet, it returns FC_OK and b->r.data is NULL. */
static enum fc_status block_next(struct source *s, struct block *b, struct fc_error *err)
{
    struct window *w = &s->window;
    if (!window_need(w, 8))
        return source_cut(s, err);
    if (rd_be32(window_at(w)) == BLOCK_SECTION) {
        if (!window_need(w, 12))
            return source_cut(s, err);
        enum fc_status status = set_byte_order(s, err);
        if (status != FC_OK)
            return status;
    }
    *b = (struct block){.type = window_u32(s, 0), .len = window_u32(s, 4), .offset = window_offset(w)};
    b->big_endian = s->big_endian;
    if (b->len < 12 || b->len > BLOCK_MAX)
        return source_damaged(s, b->offset, err, "a block of %u bytes", b->len);
    uint32_t len = padded(b->len);
    if (!window_need(w, len))
        return source_cut(s, err);
    if (window_u32(s, len - 4) != b->len)
        return source_damaged(s, b->offset, err, "a block whose two lengths differ (%u and %u)", b->len,
                              window_u32(s, len - 4));
    b->r = rd_make(window_at(w) + 8, len - 12, len - 12);
    w->pos += len;
    return FC_OK;
}

/* Reads one block. out->data is set if the block is a frame. */
static enum fc_status block_read(struct source *s, struct block *b, struct frame *out, struct fc_error *err)
{
    switch (b->type) {
    case BLOCK_PACKET:
    case BLOCK_OLD_PACKET:
        return read_packet(s, b, out, err);
    case BLOCK_SIMPLE_PACKET:
        return read_simple_packet(s, b, out, err);
    case BLOCK_SECTION:
        return read_section(s, b, err);
    case BLOCK_INTERFACE:
        return read_interface(s, b, err);
    case BLOCK_NAMES:
        return read_name_block(s, b, err);
    case BLOCK_SECRETS:
        return read_secrets(s, b, err);
    case BLOCK_STATISTICS:
        return rd_left(&b->r) < 12 ? block_short(s, b, "an interface statistics block", err) : FC_OK;
    case BLOCK_CUSTOM:
    case BLOCK_CUSTOM_LOCAL:
        return read_custom(s, b, out, err);
    case BLOCK_JOURNAL:
        return read_journal(s, b, out, err);
    case BLOCK_SYSDIG_EVENT:
    case BLOCK_SYSDIG_EVENT_2:
    case BLOCK_SYSDIG_EVENT_2_LARGE:
        return read_sysdig(s, b, out, err);
    default:
        return FC_OK;
    }
}

static enum fc_status pcapng_next(struct source *s, struct frame *out, struct fc_error *err)
{
    for (;;) {
        struct block block = {0};
        *out = (struct frame){0};
        enum fc_status status = block_next(s, &block, err);
        if (status != FC_OK || !block.r.data)
            return status;
        status = block_read(s, &block, out, err);
        if (status != FC_OK) {
            *out = (struct frame){0};
            return status;
        }
        if (out->data) {
            out->len = source_wire_len(out->len);
            out->number = ++s->n_frames;
            out->offset = block.offset;
            out->record_len = padded(block.len);
            return FC_OK;
        }
    }
}

enum fc_status pcapng_open(struct source *s, struct fc_error *err)
{
    (void)err;
    source_set_format(s, "pcapng");
    s->next = pcapng_next;
    return FC_OK;
}
