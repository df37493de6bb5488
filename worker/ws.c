/* flowcontainer-worker: dissects captures with libwireshark for flowcontainer.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The only file that includes headers of libwireshark. Invariant: nothing of a frame outlives its reset;
 * values are handed to the sink while the tree stands. Its calls and their order: each was found necessary by
 * leaving it out (Wireshark 4.0.17, the only release this was compiled and run with); what 4.2, 4.4 and 4.6
 * changed stands in the wrappers below, from the headers of those releases. */
#include "ws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wireshark.h>
#include <ws_version.h>

#include <epan/addr_resolv.h>
#include <epan/dfilter/dfilter.h>
#include <epan/epan.h>
#include <epan/epan_dissect.h>
#include <epan/frame_data.h>
#include <epan/prefs.h>
#include <epan/print.h>
#include <epan/proto.h>
#include <epan/secrets.h>
#include <epan/timestamp.h>
#include <epan/tvbuff.h>
#include <wiretap/wtap.h>
#include <wsutil/buffer.h>
#include <wsutil/filesystem.h>
#include <wsutil/nstime.h>
#include <wsutil/privileges.h>
#include <wsutil/wslog.h>

#include "fields.h"

#define WS(major, minor) (WIRESHARK_VERSION_MAJOR * 100 + WIRESHARK_VERSION_MINOR >= (major)*100 + (minor))

/* What epan calls back for; the type's name is epan's, its content ours. */
struct packet_provider_data {
    wtap *wth;
    const frame_data *ref;
    frame_data *prev_dis, *prev_cap;
};

static struct {
    struct packet_provider_data provider;
    epan_t *session;
    dfilter_t *filter;
    GArray *hfids;  /* every field of the asked names */
    int32_t *slots; /* by hfid, -1: not asked */
    int n_slots;
    struct ws_field *fields; /* by slot; the caller's */
    bool visible;
} ws;

/* ---- what differs between releases ---- */

#if WS(4, 2)
#define VALUE(fi) ((fi)->value)
static const void *value_bytes(field_info *fi, uint32_t *len)
{
    *len = (uint32_t)fvalue_get_bytes_size(fi->value);
    return fvalue_get_bytes_data(fi->value);
}
static uint32_t value_ipv4(field_info *fi)
{
#if WS(4, 4)
    return fvalue_get_ipv4(fi->value)->addr;
#else
    return fvalue_get_uinteger(fi->value);
#endif
}
static const void *value_ipv6(field_info *fi)
{
#if WS(4, 4)
    return &fvalue_get_ipv6(fi->value)->addr;
#else
    return fvalue_get_ipv6(fi->value);
#endif
}
static bool filter_compile(const char *text, dfilter_t **out, struct ws_refusal *r)
{
    df_error_t *error = NULL;
    if (dfilter_compile_full(text, out, &error, DF_EXPAND_MACROS | DF_OPTIMIZE, __func__))
        return true;
    r->offset = error && error->loc.col_start >= 0 ? (int32_t)error->loc.col_start : -1;
    snprintf(r->text, sizeof r->text, "%s", error && error->msg ? error->msg : "this is no display filter");
    return false;
}
static void log_nothing(const char *domain, enum ws_log_level level, const char *fatal,
                        ws_log_manifest_t *manifest, const char *format, va_list args, void *self)
{
    (void)domain, (void)level, (void)fatal, (void)manifest, (void)format, (void)args, (void)self;
}
#else
#define VALUE(fi) (&(fi)->value)
static const void *value_bytes(field_info *fi, uint32_t *len)
{
    const GByteArray *bytes = fi->value.value.bytes;
    *len = bytes ? bytes->len : 0;
    return bytes ? bytes->data : NULL;
}
static uint32_t value_ipv4(field_info *fi) { return fi->value.value.ipv4.addr; }
static const void *value_ipv6(field_info *fi) { return &fi->value.value.ipv6.addr; }
static bool filter_compile(const char *text, dfilter_t **out, struct ws_refusal *r)
{
    dfilter_loc_t at = {.col_start = -1};
    char *message = NULL;
    if (dfilter_compile2(text, out, &message, &at))
        return true;
    r->offset = at.col_start >= 0 ? (int32_t)at.col_start : -1;
    snprintf(r->text, sizeof r->text, "%s", message ? message : "this is no display filter");
    g_free(message);
    return false;
}
static void log_nothing(const char *domain, enum ws_log_level level, struct timespec time, const char *file,
                        long line, const char *function, const char *format, va_list args, void *self)
{
    (void)domain, (void)level, (void)time, (void)file, (void)line, (void)function, (void)format, (void)args,
        (void)self;
}
#endif

/* A record of the capture and its bytes. */
static wtap_rec record;
#if WS(4, 6)
static void record_init(void) { wtap_rec_init(&record, 1514); }
static bool record_read(int *err, char **info, int64_t *offset)
{
    return wtap_read(ws.provider.wth, &record, err, info, offset);
}
static void record_dissect(epan_dissect_t *edt, frame_data *fd)
{
    epan_dissect_run_with_taps(edt, wtap_file_type_subtype(ws.provider.wth), &record, fd, NULL);
}
#else
static Buffer record_bytes;
static void record_init(void)
{
    wtap_rec_init(&record);
    ws_buffer_init(&record_bytes, 1514);
}
static bool record_read(int *err, char **info, int64_t *offset)
{
    return wtap_read(ws.provider.wth, &record, &record_bytes, err, info, offset);
}
static void record_dissect(epan_dissect_t *edt, frame_data *fd)
{
    tvbuff_t *bytes = tvb_new_real_data(ws_buffer_start_ptr(&record_bytes), fd->cap_len,
                                        fd->pkt_len <= INT_MAX ? (int)fd->pkt_len : INT_MAX);
    epan_dissect_run_with_taps(edt, wtap_file_type_subtype(ws.provider.wth), &record, bytes, fd, NULL);
}
#endif

/* ---- what epan asks back ---- */

static const nstime_t *provider_time(struct packet_provider_data *p, uint32_t number)
{
    if (p->ref && p->ref->num == number)
        return &p->ref->abs_ts;
    if (p->prev_dis && p->prev_dis->num == number)
        return &p->prev_dis->abs_ts;
    return p->prev_cap && p->prev_cap->num == number ? &p->prev_cap->abs_ts : NULL;
}

static const char *interface_text(struct packet_provider_data *p, uint32_t id, unsigned option)
{
    wtapng_iface_descriptions_t *all = wtap_file_get_idb_info(p->wth);
    char *text = NULL;
    if (all && id < all->interface_data->len) {
        wtap_block_t block = g_array_index(all->interface_data, wtap_block_t, id);
        if (wtap_block_get_string_option_value(block, option, &text) != WTAP_OPTTYPE_SUCCESS)
            text = NULL;
    }
    g_free(all); /* its array is the capture's own */
    return text;
}

static const char *provider_interface_name_of(struct packet_provider_data *p, uint32_t id)
{
    const char *name = interface_text(p, id, OPT_IDB_NAME);
    if (!name)
        name = interface_text(p, id, OPT_IDB_DESCRIPTION);
    if (!name)
        name = interface_text(p, id, OPT_IDB_HARDWARE);
    return name ? name : "unknown";
}

#if WS(4, 4)
static const char *provider_name(struct packet_provider_data *p, uint32_t id, unsigned section)
{
    return provider_interface_name_of(p, wtap_file_get_shb_global_interface_id(p->wth, section, id));
}
static const char *provider_description(struct packet_provider_data *p, uint32_t id, unsigned section)
{
    return interface_text(p, wtap_file_get_shb_global_interface_id(p->wth, section, id), OPT_IDB_DESCRIPTION);
}
#else
static const char *provider_name(struct packet_provider_data *p, uint32_t id)
{
    return provider_interface_name_of(p, id);
}
static const char *provider_description(struct packet_provider_data *p, uint32_t id)
{
    return interface_text(p, id, OPT_IDB_DESCRIPTION);
}
#endif

/* ---- start ---- */

void ws_start(const char *name)
{
    static const struct packet_provider_funcs functions = {.get_frame_ts = provider_time,
                                                           .get_interface_name = provider_name,
                                                           .get_interface_description = provider_description};
    ws_log_init_with_writer(name, log_nothing, NULL);
    init_process_policies();
    relinquish_special_privs_perm();
    configuration_init(name, NULL);
    timestamp_set_type(TS_RELATIVE);
    timestamp_set_precision(TS_PREC_AUTO);
    timestamp_set_seconds_type(TS_SECONDS_DEFAULT);
    wtap_init(TRUE);
    if (!epan_init(NULL, NULL, TRUE))
        exit(1);
    epan_load_settings();
    prefs_apply_all();
    disable_name_resolution();
    proto_initialize_all_prefixes(); /* a jailed child cannot read their files any more */
    ws.session = epan_new(&ws.provider, &functions);
    record_init();
}

const char *ws_version(void) { return epan_get_version(); }

/* ---- the query ---- */

static bool refuse(struct ws_refusal *r, enum wire_refusal why, const char *format, const char *name)
{
    r->why = why;
    r->offset = -1;
    snprintf(r->text, sizeof r->text, format, name);
    return false;
}

static bool ends_in(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n >= m && !strcmp(name + n - m, end);
}

/* Fields whose value at a frame depends on later frames, so that one pass cannot know it: numbers of frames
 * to come, by their kind or name, and what is summed up over a conversation. The names were found by
 * comparing `tshark` with `tshark -2` (4.0.17) over all 867 frame-number fields on captures of many
 * protocols; some of them point backwards and yet differ, since a second pass sees what the first has noted.
 */
static bool looks_ahead(const header_field_info *hf)
{
    static const char *const ends[] = {
        "response_in", "response-in", "reassembled_in",  "reassembled.in",  "resp_in",
        "reply_in",    "answer_in",   "response_frame",  "reply_frame",     "close_frame",
        "repframe",    "reqframe",    "next_request_in", "prev_request_in", "prev_response_in"};
    static const char *const names[] = {"ftp.command-frame", "ftp.command-response.first-frame-num",
                                        "ftp.command-response.last-frame-num", "ftp.setup-frame",
                                        "ntp.request_in"};
    if (!strncmp(hf->abbrev, "tcp.completeness", 16))
        return true;
    if (hf->type != FT_FRAMENUM)
        return false;
    bool ahead = GPOINTER_TO_INT(hf->strings) == FT_FRAMENUM_RESPONSE;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        ahead |= ends_in(hf->abbrev, ends[i]);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ahead |= !strcmp(hf->abbrev, names[i]);
    return ahead;
}

static bool needs_labels(const header_field_info *hf)
{
    return hf->type == FT_PROTOCOL || !strcmp(hf->abbrev, "text") || !strncmp(hf->abbrev, "_ws.", 4);
}

static enum wire_base integer_base(const header_field_info *hf)
{
    bool wide =
        hf->type >= FT_UINT40 && hf->type <= FT_UINT64; /* these print in hex only without further flags */
    int display = wide ? hf->display : FIELD_DISPLAY(hf->display);
    return display == BASE_HEX || display == BASE_HEX_DEC ? WIRE_BASE_HEX : WIRE_BASE_DEC;
}

static enum wire_base bytes_base(const header_field_info *hf)
{
    static const enum wire_base bases[] = {[SEP_DOT] = WIRE_BASE_DOT,
                                           [SEP_DASH] = WIRE_BASE_DASH,
                                           [SEP_COLON] = WIRE_BASE_COLON,
                                           [SEP_SPACE] = WIRE_BASE_SPACE};
    unsigned display = FIELD_DISPLAY(hf->display);
    return display < sizeof bases / sizeof *bases ? bases[display] : WIRE_BASE_NONE;
}

static bool is_named(const header_field_info *hf)
{
    return hf->strings && FIELD_DISPLAY(hf->display) != BASE_CUSTOM && !(hf->display & BASE_UNIT_STRING);
}

static enum wire_type type_of(const header_field_info *hf)
{
    /* clang-format off */
    static const enum wire_type types[FT_NUM_TYPES] = {
        [FT_NONE] = WIRE_NONE, [FT_BOOLEAN] = WIRE_BOOLEAN, [FT_CHAR] = WIRE_CHAR, [FT_UINT8] = WIRE_UINT8,
        [FT_UINT16] = WIRE_UINT16, [FT_UINT24] = WIRE_UINT24, [FT_UINT32] = WIRE_UINT32,
        [FT_UINT40] = WIRE_UINT40, [FT_UINT48] = WIRE_UINT48, [FT_UINT56] = WIRE_UINT56,
        [FT_UINT64] = WIRE_UINT64, [FT_INT8] = WIRE_INT8, [FT_INT16] = WIRE_INT16, [FT_INT24] = WIRE_INT24,
        [FT_INT32] = WIRE_INT32, [FT_INT40] = WIRE_INT64, [FT_INT48] = WIRE_INT64, [FT_INT56] = WIRE_INT64,
        [FT_INT64] = WIRE_INT64, [FT_FLOAT] = WIRE_FLOAT, [FT_DOUBLE] = WIRE_DOUBLE,
        [FT_STRING] = WIRE_STRING, [FT_STRINGZ] = WIRE_STRING, [FT_UINT_STRING] = WIRE_STRING,
        [FT_STRINGZPAD] = WIRE_STRING, [FT_STRINGZTRUNC] = WIRE_STRING, [FT_BYTES] = WIRE_BYTES,
        [FT_UINT_BYTES] = WIRE_BYTES, [FT_ETHER] = WIRE_ETHER, [FT_IPv4] = WIRE_IPv4, [FT_IPv6] = WIRE_IPv6,
        [FT_FRAMENUM] = WIRE_FRAMENUM, [FT_RELATIVE_TIME] = WIRE_RELATIVE_TIME,
    };
    /* clang-format on */
    if (needs_labels(hf))
        return WIRE_TEXT;
    if (hf->type == FT_ABSOLUTE_TIME) {
        int display = FIELD_DISPLAY(hf->display); /* the other ones print in ways of their own */
        return display == ABSOLUTE_TIME_LOCAL || display == ABSOLUTE_TIME_UTC ? WIRE_ABSOLUTE_TIME
                                                                              : WIRE_TEXT;
    }
    enum wire_type type = types[hf->type];
    return type == WIRE_NONE && hf->type != FT_NONE ? WIRE_TEXT : type;
}

struct ws_field field_describe(const header_field_info *hf)
{
    struct ws_field f = {.type = type_of(hf), .description = hf->blurb && *hf->blurb ? hf->blurb : hf->name};
    bool integer = f.type >= WIRE_UINT8 && f.type <= WIRE_INT64;
    if (integer)
        f.base = integer_base(hf);
    if (f.type == WIRE_BYTES)
        f.base = bytes_base(hf);
    if (integer && is_named(hf))
        f.flags |= WIRE_NAMED;
    if (f.type == WIRE_BYTES && hf->display & BASE_ALLOW_ZERO)
        f.flags |= WIRE_MAY_BE_EMPTY;
    return f;
}

void field_unite(struct ws_field *into, const struct ws_field *f)
{
    bool both_unsigned = into->type >= WIRE_UINT8 && into->type <= WIRE_UINT64 && f->type >= WIRE_UINT8 &&
                         f->type <= WIRE_UINT64;
    bool both_signed =
        into->type >= WIRE_INT8 && into->type <= WIRE_INT64 && f->type >= WIRE_INT8 && f->type <= WIRE_INT64;
    bool decimal = into->base == WIRE_BASE_DEC && f->base == WIRE_BASE_DEC;
    into->flags |= f->flags;
    if (into->type == f->type && into->base == f->base)
        return;
    if ((both_unsigned || both_signed) && decimal)
        into->type = into->type > f->type ? into->type : f->type;
    else
        into->type = WIRE_TEXT;
}

static bool take_hfid(int hfid, uint32_t slot)
{
    if (hfid >= ws.n_slots) {
        ws.slots = g_renew(int32_t, ws.slots, hfid + 1);
        for (; ws.n_slots <= hfid; ws.n_slots++)
            ws.slots[ws.n_slots] = -1;
    }
    if (ws.slots[hfid] >= 0)
        return false;
    ws.slots[hfid] = (int32_t)slot;
    g_array_append_val(ws.hfids, hfid);
    return true;
}

static bool take_field(const char *name, uint32_t slot, struct ws_refusal *r)
{
    const header_field_info *hf = proto_registrar_get_byname(name);
    if (!hf)
        hf = proto_registrar_get_byalias(name); /* ssl.* and other old names */
    if (!hf && !strncmp(name, "_ws.col.", 8))
        return refuse(r, WIRE_NOT_ANSWERED, "columns of Wireshark's packet list are not answered yet: \"%s\"",
                      name);
    if (!hf)
        return refuse(r, WIRE_NO_FIELD, "Wireshark knows no field \"%s\"", name);
    while (hf->same_name_prev_id != -1)
        hf = proto_registrar_get_nth((unsigned)hf->same_name_prev_id);
    ws.fields[slot] = field_describe(hf);
    for (; hf; hf = hf->same_name_next) {
        struct ws_field f = field_describe(hf);
        field_unite(&ws.fields[slot], &f);
        ws.visible |= needs_labels(hf);
        if (looks_ahead(hf))
            return refuse(
                r, WIRE_NOT_ANSWERED,
                "field \"%s\" depends on later frames, which takes a second pass that is not there yet",
                name);
        if (!take_hfid(hf->id, slot))
            return refuse(r, WIRE_NO_FIELD, "field \"%s\" is asked for twice, under two names", name);
    }
    return true;
}

bool ws_query(const char *filter, const char *const *names, uint32_t n, struct ws_field *out,
              struct ws_refusal *r)
{
    ws.hfids = g_array_new(FALSE, FALSE, sizeof(int));
    ws.fields = out;
    ws.visible = strstr(filter, "_ws.") != NULL; /* such infos exist only where labels are made */
    for (uint32_t i = 0; i < n; i++)
        if (!take_field(names[i], i, r))
            return false;
    r->why = WIRE_BAD_FILTER;
    return filter_compile(filter, &ws.filter, r);
}

/* ---- dissection ---- */

bool ws_open(const char *path, struct ws_refusal *r)
{
    int err = 0;
    char *info = NULL;
    ws.provider.wth = wtap_open_offline(path, WTAP_TYPE_AUTO, &err, &info, FALSE);
    if (!ws.provider.wth)
        return refuse(r, WIRE_FAILED, "libwireshark cannot read this capture: %s",
                      info ? info : wtap_strerror(err));
    wtap_set_cb_new_secrets(ws.provider.wth, secrets_wtap_callback);
    return true;
}

static bool time_ns(const nstime_t *t, int64_t *out)
{
    int64_t ns;
    return !__builtin_mul_overflow((int64_t)t->secs, INT64_C(1000000000), &ns) &&
           !__builtin_add_overflow(ns, (int64_t)t->nsecs, out);
}

static void put_text(struct ws_sink *sink, uint32_t slot, field_info *fi, epan_dissect_t *edt)
{
    char *text = get_node_field_value(fi, edt);
    if (text)
        sink->value(sink, slot, 0, text, (uint32_t)strlen(text));
    g_free(text);
}

static void put_number(struct ws_sink *sink, uint32_t slot, enum wire_type type, field_info *fi)
{
    uint64_t bits = 0;
    int64_t ns;
    double f;
    switch (type) {
    case WIRE_NONE:
        bits = 1;
        break;
    case WIRE_INT8:
    case WIRE_INT16:
    case WIRE_INT24:
    case WIRE_INT32:
        bits = (uint64_t)(int64_t)fvalue_get_sinteger(VALUE(fi));
        break;
    case WIRE_FLOAT:
    case WIRE_DOUBLE:
        f = fvalue_get_floating(VALUE(fi));
        memcpy(&bits, &f, sizeof bits);
        break;
    case WIRE_ABSOLUTE_TIME:
    case WIRE_RELATIVE_TIME:
        if (!time_ns(fvalue_get_time(VALUE(fi)), &ns))
            return; /* beyond the years 1677 to 2262: no value rather than another one */
        bits = (uint64_t)ns;
        break;
    case WIRE_IPv4:
        bits = value_ipv4(fi);
        break;
    default:
        bits = fvalue_get_uinteger(VALUE(fi));
        break;
    }
    sink->value(sink, slot, bits, NULL, 0);
}

static void put_value(struct ws_sink *sink, uint32_t slot, field_info *fi, epan_dissect_t *edt)
{
    enum wire_type type = ws.fields[slot].type;
    enum ftenum ft = fi->hfinfo->type; /* of one name, fields may be narrower than the column */
    const char *text;
    const void *bytes;
    uint32_t len;
    switch (type) {
    case WIRE_TEXT:
        put_text(sink, slot, fi, edt);
        return;
    case WIRE_STRING:
        text = fvalue_get_string(VALUE(fi));
        sink->value(sink, slot, 0, text, text ? (uint32_t)strlen(text) : 0);
        return;
    case WIRE_BYTES:
    case WIRE_ETHER:
        bytes = value_bytes(fi, &len);
        sink->value(sink, slot, 0, bytes, len);
        return;
    case WIRE_IPv6:
        sink->value(sink, slot, 0, value_ipv6(fi), 16);
        return;
    default:
        break;
    }
    if (ft == FT_BOOLEAN || (ft >= FT_UINT40 && ft <= FT_UINT64))
        sink->value(sink, slot,
                    ft == FT_BOOLEAN ? fvalue_get_uinteger64(VALUE(fi)) != 0
                                     : fvalue_get_uinteger64(VALUE(fi)),
                    NULL, 0);
    else if (ft >= FT_INT40 && ft <= FT_INT64)
        sink->value(sink, slot, (uint64_t)fvalue_get_sinteger64(VALUE(fi)), NULL, 0);
    else if (ft >= FT_INT8 && ft <= FT_INT32)
        put_number(sink, slot, WIRE_INT32, fi);
    else
        put_number(sink, slot, type, fi);
}

/* Parents before children, as tshark writes them. Trees can be deep: no recursion. */
static void put_tree(struct ws_sink *sink, epan_dissect_t *edt)
{
    const proto_node *root = edt->tree, *node = root->first_child;
    while (node) {
        field_info *fi = node->finfo;
        if (fi && fi->hfinfo->id < ws.n_slots && ws.slots[fi->hfinfo->id] >= 0)
            put_value(sink, (uint32_t)ws.slots[fi->hfinfo->id], fi, edt);
        if (node->first_child) {
            node = node->first_child;
            continue;
        }
        while (node != root && !node->next)
            node = node->parent;
        node = node == root ? NULL : node->next;
    }
}

/* The frames that times are counted from; copies, since a frame_data lives for its frame. */
static frame_data ref_frame, prev_dis_frame, prev_cap_frame;

static void dissect(epan_dissect_t *edt, frame_data *fd, nstime_t *elapsed, uint32_t *cum_bytes,
                    struct ws_sink *sink)
{
    struct packet_provider_data *p = &ws.provider;
    proto_tree_set_visible(edt->tree, ws.visible); /* a dissector may have changed it for the frame before */
    if (ws.filter)
        epan_dissect_prime_with_dfilter(edt, ws.filter);
    epan_dissect_prime_with_hfid_array(edt, ws.hfids);
    frame_data_set_before_dissect(fd, elapsed, &p->ref, p->prev_dis);
    if (p->ref == fd) {
        ref_frame = *fd;
        p->ref = &ref_frame;
    }
    record_dissect(edt, fd);
    if (!ws.filter || dfilter_apply_edt(ws.filter, edt)) {
        frame_data_set_after_dissect(fd, cum_bytes);
        prev_dis_frame = *fd;
        p->prev_dis = &prev_dis_frame;
        sink->begin(sink, fd->num);
        put_tree(sink, edt);
        sink->end(sink);
    }
    prev_cap_frame = *fd;
    p->prev_cap = &prev_cap_frame;
    epan_dissect_reset(edt);
}

static bool is_skipped(const uint32_t *skip, uint32_t n_skip, uint32_t frame)
{
    for (uint32_t i = 0; i < n_skip; i++)
        if (skip[i] == frame)
            return true;
    return false;
}

uint32_t ws_run(uint32_t last, const uint32_t *skip, uint32_t n_skip, struct ws_sink *sink,
                const char **message)
{
    epan_dissect_t *edt = epan_dissect_new(ws.session, TRUE, ws.visible);
    nstime_t elapsed = NSTIME_INIT_ZERO;
    uint32_t number = 0, cum_bytes = 0;
    int err = 0;
    char *info = NULL;
    int64_t offset = 0;
    while (!(last && number == last) && record_read(&err, &info, &offset)) {
        frame_data fd;
        frame_data_init(&fd, ++number, &record, offset, cum_bytes);
        sink->progress->frame = number;
        if (!is_skipped(skip, n_skip, number))
            dissect(edt, &fd, &elapsed, &cum_bytes, sink);
        frame_data_destroy(&fd);
        wtap_rec_reset(&record);
    }
    *message = err ? info ? info : wtap_strerror(err) : NULL;
    return number;
}
