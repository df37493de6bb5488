/* SPDX-License-Identifier: GPL-2.0-or-later
 * Takes the query: looks up the names, chooses types, and compiles the filter. */
#include "session.h"
#include "settings.h"

static const char columns_prefix[] = "_ws.col.";

static bool ends_in(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n >= m && !strcmp(name + n - m, end);
}

enum native_ahead { AT_ONCE, LOOKS_AHEAD, NOT_NATIVE };

/* The answer of the table that the library uses, so that both engines agree on every field they share. */
static enum native_ahead native_looks_ahead(const char *name)
{
    static const struct {
        const char *name;
        enum native_ahead ahead;
    } fields[] = {
#define FIELD(id, name, reader, type, base, named, many, ahead, ...) {name, ahead},
#include "field/fields.def"
#undef FIELD
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (!strcmp(name, fields[i].name))
            return fields[i].ahead;
    return NOT_NATIVE;
}

/* Whether one pass over the capture cannot know the value of the field; see looks_ahead.def. */
static bool looks_ahead(const header_field_info *hf)
{
    const char *name = hf->abbrev;
    bool frame = hf->type == FT_FRAMENUM;
    enum native_ahead native = native_looks_ahead(name);
    if (native != NOT_NATIVE)
        return native == LOOKS_AHEAD;
    bool ahead = frame && GPOINTER_TO_INT(hf->strings) == FT_FRAMENUM_RESPONSE;
#define AHEAD_FRAME_END(end) ahead |= frame && ends_in(name, end);
#define AHEAD_FRAME(field) ahead |= frame && !strcmp(name, field);
#define AHEAD_BEGIN(begin) ahead |= !strncmp(name, begin, strlen(begin));
#define AHEAD_FIELD(field) ahead |= !strcmp(name, field);
#include "field/looks_ahead.def"
#undef AHEAD_FRAME_END
#undef AHEAD_FRAME
#undef AHEAD_BEGIN
#undef AHEAD_FIELD
    return ahead;
}

/* Whether the filter names such a field: a tree that is primed with the filter marks the filter's fields. */
static bool filter_looks_ahead(dfilter_t *filter)
{
    void *protocols, *fields;
    bool ahead = false;
    epan_dissect_t *edt = filter ? epan_dissect_new(ws.epan, TRUE, FALSE) : NULL;
    if (!edt)
        return false;
    epan_dissect_prime_with_dfilter(edt, filter);
    for (int p = proto_get_first_protocol(&protocols); p != -1; p = proto_get_next_protocol(&protocols)) {
        header_field_info *hf = proto_get_first_protocol_field(p, &fields);
        for (; hf && !ahead; hf = proto_get_next_protocol_field(p, &fields))
            ahead = hf->ref_type != HF_REF_TYPE_NONE && looks_ahead(hf);
    }
    epan_dissect_free(edt);
    return ahead;
}

static bool needs_labels(const header_field_info *hf)
{
    return hf->type == FT_PROTOCOL || !strcmp(hf->abbrev, "text") || !strncmp(hf->abbrev, "_ws.", 4);
}

/* Fields that a dissector changes afterwards, with the help of fields beside them, which it finds in visible
 * trees only. Found by comparing the corpus with tshark. */
static bool needs_company(const header_field_info *hf) { return !strcmp(hf->abbrev, "spnego.krb5.blob"); }

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
        return display == ABSOLUTE_TIME_LOCAL || display == ABSOLUTE_TIME_UTC ||
                       display == ABSOLUTE_TIME_NTP_UTC
                   ? WIRE_ABSOLUTE_TIME
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
    if (f.type == WIRE_ABSOLUTE_TIME && FIELD_DISPLAY(hf->display) == ABSOLUTE_TIME_NTP_UTC)
        f.base = WIRE_BASE_NTP;
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

/* Fields that are always made. Their dissectors notice a malformed packet only while they make these fields;
 * without them they would continue to protocols that tshark, which makes all fields, does not reach. */
static void take_guards(void)
{
    static const char *const names[] = {"nflog.tlv_length"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const header_field_info *hf = proto_registrar_get_byname(names[i]);
        if (hf)
            g_array_append_val(ws.guards, hf->id);
    }
}

/* A column of Wireshark's packet list, by its title. */
static bool take_column(const char *name, uint32_t slot, struct ws_refusal *r)
{
    if (!ws.columns) {
        ws.columns = g_new0(column_info, 1);
        build_column_format_array(ws.columns, prefs.num_cols, TRUE);
        ws.column_slots = g_new(int32_t, ws.columns->num_cols);
        memset(ws.column_slots, 0xff, (size_t)ws.columns->num_cols * sizeof *ws.column_slots);
    }
    for (int i = 0; i < ws.columns->num_cols; i++)
        if (!strcmp(ws.columns->columns[i].col_title, name + strlen(columns_prefix)) &&
            ws.column_slots[i] < 0) {
            ws.column_slots[i] = (int32_t)slot;
            ws.fields[slot] =
                (struct ws_field){.type = WIRE_STRING, .description = "Column of the packet list"};
            return true;
        }
    return refuse(r, WIRE_NO_FIELD, "Wireshark's packet list has no column \"%s\"", name);
}

/* The protocol of the field, if it is off; else NULL. */
static const protocol_t *protocol_off(const header_field_info *hf)
{
    if (hf->parent < 0 && hf->type != FT_PROTOCOL) /* "text" belongs to no protocol */
        return NULL;
    const protocol_t *protocol = find_protocol_by_id(hf->parent >= 0 ? hf->parent : hf->id);
    return protocol && !proto_is_protocol_enabled(protocol) ? protocol : NULL;
}

/* tshark prints an empty column for such a field. */
static bool refuse_off(const char *name, const protocol_t *off, struct ws_refusal *r)
{
    const char *protocol = proto_get_protocol_filter_name(proto_get_id(off));
    char *text = g_strdup_printf(
        "field \"%s\" would have no value: the protocol %s is off (by default, or because it was "
        "turned off); --enable-protocol %s, enable_protocol=\"%s\" in Python, turns it on",
        name, protocol, protocol, protocol);
    refuse(r, WIRE_NO_FIELD, "%s", text);
    g_free(text);
    return false;
}

static bool take_field(const char *name, uint32_t slot, uint32_t passes, struct ws_refusal *r)
{
    const header_field_info *hf = proto_registrar_get_byname(name);
    if (!hf)
        hf = proto_registrar_get_byalias(name); /* ssl.* and other old names */
    if (!hf && !strncmp(name, columns_prefix, strlen(columns_prefix))) {
        ws.twice |= passes != WIRE_PASSES_ONE; /* the version of a protocol is often known late */
        return take_column(name, slot, r);
    }
    if (!hf)
        return refuse(r, WIRE_NO_FIELD, "Wireshark knows no field \"%s\"", name);
    while (hf->same_name_prev_id != -1)
        hf = proto_registrar_get_nth((unsigned)hf->same_name_prev_id);
    ws.fields[slot] = field_describe(hf);
    const protocol_t *off = protocol_off(hf);
    for (; hf; hf = hf->same_name_next) {
        off = protocol_off(hf) ? off : NULL; /* one that is on may have values */
        struct ws_field f = field_describe(hf);
        field_unite(&ws.fields[slot], &f);
        ws.visible |= needs_labels(hf) || needs_company(hf);
        ws.twice |= looks_ahead(hf) && passes != WIRE_PASSES_ONE;
        if (!take_hfid(hf->id, slot))
            return refuse(r, WIRE_NO_FIELD, "field \"%s\" is asked for twice, under two names", name);
    }
    return !off || refuse_off(name, off, r);
}

/* ---- the plan: how the work of the query can be shared ---- */

static bool mentions(const struct ws_question *q, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strstr(q->filter, words[i]))
            return true;
        for (uint32_t j = 0; j < q->names.n; j++)
            if (strstr(q->names.texts[j], words[i]))
                return true;
    }
    return false;
}

/* Protocols that are never found in a TLS or QUIC stream that has not been decrypted. */
static bool is_clear_text(const header_field_info *hf)
{
    static const char *const protocols[] = {"http",
                                            "dns",
                                            "mdns",
                                            "llmnr",
                                            "ftp",
                                            "ftp-data",
                                            "smb",
                                            "smb2",
                                            "nbss",
                                            "nbns",
                                            "ssh",
                                            "sip",
                                            "sdp",
                                            "rtp",
                                            "rtcp",
                                            "rtsp",
                                            "dhcp",
                                            "dhcpv6",
                                            "ntp",
                                            "snmp",
                                            "syslog",
                                            "tftp",
                                            "telnet",
                                            "smtp",
                                            "imf",
                                            "pop",
                                            "imap",
                                            "irc",
                                            "mqtt",
                                            "coap",
                                            "modbus",
                                            "mysql",
                                            "pgsql",
                                            "ldap",
                                            "kerberos",
                                            "radius",
                                            "diameter",
                                            "ssdp",
                                            "xml",
                                            "json",
                                            "urlencoded-form",
                                            "media",
                                            "mime_multipart"};
    const char *name = hf->parent == -1 ? hf->abbrev : proto_registrar_get_abbrev((unsigned)hf->parent);
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        if (!strcmp(name, protocols[i]))
            return true;
    return false;
}

/* Whether all fields of this name belong to such protocols; true if there are none. */
static bool is_clear_text_name(const char *name)
{
    const header_field_info *hf = proto_registrar_get_byname(name);
    if (!hf)
        hf = proto_registrar_get_byalias(name);
    while (hf && hf->same_name_prev_id != -1)
        hf = proto_registrar_get_nth((unsigned)hf->same_name_prev_id);
    for (; hf; hf = hf->same_name_next)
        if (!is_clear_text(hf))
            return false;
    return true;
}

/* A word of the filter that is the name of a field counts as the field, even if it is a value: this is the
 * safe side. */
static bool is_clear_text_filter(const char *filter)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    if (strstr(filter, "${"))
        return false; /* a macro may be anything */
    for (const char *at = filter + strcspn(filter, letters); *at; at += strcspn(at, letters)) {
        size_t len = strspn(at, letters);
        char *word = g_strndup(at, len);
        bool ok = is_clear_text_name(word);
        g_free(word);
        if (!ok)
            return false;
        at += len;
    }
    return true;
}

static uint32_t clear_text_plan(const struct ws_question *q)
{
    if (q->preferences.n || q->decode_as.n || q->dissectors.n || (ws.keylog && *ws.keylog) || ws.twice ||
        ws.visible || ws.columns || !is_clear_text_filter(q->filter))
        return 0;
    for (uint32_t i = 0; i < q->names.n; i++)
        if (!is_clear_text_name(q->names.texts[i]))
            return 0;
    epan_dissect_t *edt = epan_dissect_new(ws.epan, TRUE, FALSE);
    bool passes = !ws.filter || dfilter_apply_edt(ws.filter, edt);
    epan_dissect_free(edt);
    return WIRE_CLEAR_TEXT | (passes ? WIRE_EMPTY_PASSES : 0);
}

static uint32_t plan_of(const struct ws_question *q)
{
    /* numbers that dissectors count over the capture, and state that one conversation leaves for all others
     */
    static const char *const whole[] = {"tcp.stream",
                                        "udp.stream",
                                        "dccp.stream",
                                        "mptcp",
                                        "quic.connection.number",
                                        "wg.stream",
                                        "sctp.assoc",
                                        "megaco.context",
                                        "arp.duplicate",
                                        "frame.time_delta_displayed",
                                        "_ws.col.No.",
                                        "_ws.col.Time",
                                        "frame.time_delta",
                                        "bt-utp.stream",
                                        "wlan_radio",
                                        "frame.file_off",
                                        "ip.stream",
                                        "ipv6.stream",
                                        "eth.stream",
                                        "rtps.",
                                        "enip.",
                                        "cip.",
                                        "ptp."};
    /* texts that are looked up in tables, which a child has for its first capture only */
    static const char *const names[] = {"resolved", "oui", "enterprise", "vendor", "manuf"};
    uint32_t plan = ws.twice ? WIRE_TWICE : 0;
    if (mentions(q, whole, sizeof whole / sizeof *whole))
        plan |= WIRE_WHOLE;
    if (ws.visible || ws.columns || mentions(q, names, sizeof names / sizeof *names))
        plan |= WIRE_ONCE_ONLY;
    return plan;
}

/* ---- the query ---- */

bool ws_query(const struct ws_question *q, struct ws_field *out, uint32_t *plan, struct ws_refusal *r)
{
    ws.keylog = q->keylog;
    if (!settings_take(q, r))
        return false;
    session_begin();
    ws.hfids = g_array_new(FALSE, FALSE, sizeof(int));
    ws.guards = g_array_new(FALSE, FALSE, sizeof(int));
    take_guards();
    ws.fields = out;
    ws.twice = q->passes >= WIRE_PASSES_TWO;
    ws.visible = strstr(q->filter, "_ws.") != NULL; /* these fields exist only where labels are made */
    for (uint32_t i = 0; i < q->names.n; i++)
        if (!take_field(q->names.texts[i], i, q->passes, r))
            return false;
    r->why = WIRE_BAD_FILTER;
    if (!filter_compile(q->filter, &ws.filter, r))
        return false;
    ws.twice |= q->passes == WIRE_PASSES_AUTO && filter_looks_ahead(ws.filter);
    ws.late = ws.twice && q->passes != WIRE_PASSES_READ;
    *plan = plan_of(q) | clear_text_plan(q);
    return true;
}

bool ws_asked(void) { return ws.hfids != NULL; }
