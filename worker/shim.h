/* SPDX-License-Identifier: GPL-2.0-or-later
 * The headers of libwireshark, and one wrapper for each thing that differs between its releases 4.0, 4.4
 * and 4.6. A new release is a change of this file.
 */
#ifndef FCW_SHIM_H
#define FCW_SHIM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wireshark.h>
#include <ws_version.h>

#include <epan/addr_resolv.h>
#include <epan/column-info.h>
#include <epan/column-utils.h>
#include <epan/column.h>
#include <epan/dfilter/dfilter.h>
#include <epan/disabled_protos.h>
#include <epan/epan.h>
#include <epan/epan_dissect.h>
#include <epan/frame_data.h>
#include <epan/prefs.h>
#include <epan/print.h>
#include <epan/proto.h>
#include <epan/secrets.h>
#include <epan/timestamp.h>
#include <epan/tvbuff.h>
#include <wiretap/secrets-types.h>
#include <wiretap/wtap.h>
#include <wsutil/buffer.h>
#include <wsutil/filesystem.h>
#include <wsutil/nstime.h>
#include <wsutil/privileges.h>
#include <wsutil/report_message.h>
#include <wsutil/wslog.h>

#include "ws.h"

#if WIRESHARK_VERSION_MAJOR == 4 && WIRESHARK_VERSION_MINOR == 2
#error "the worker was never compiled with Wireshark 4.2: use 4.0, 4.4 or 4.6"
#endif
#define WS(major, minor) (WIRESHARK_VERSION_MAJOR * 100 + WIRESHARK_VERSION_MINOR >= (major) * 100 + (minor))

/* ---- values, filters, log ---- */

#if WS(4, 4)
#define VALUE(fi) ((fi)->value)
static inline const void *value_bytes(field_info *fi, uint32_t *len)
{
    *len = (uint32_t)fvalue_get_bytes_size(fi->value);
    return fvalue_get_bytes_data(fi->value);
}
static inline uint32_t value_ipv4(field_info *fi) { return fvalue_get_ipv4(fi->value)->addr; }
static inline const void *value_ipv6(field_info *fi) { return &fvalue_get_ipv6(fi->value)->addr; }
static inline bool filter_compile(const char *text, dfilter_t **out, struct ws_refusal *r)
{
    df_error_t *error = NULL;
    if (dfilter_compile_full(text, out, &error, DF_EXPAND_MACROS | DF_OPTIMIZE, __func__))
        return true;
    r->offset = error && error->loc.col_start >= 0 ? (int32_t)error->loc.col_start : -1;
    snprintf(r->text, sizeof r->text, "%s", error && error->msg ? error->msg : "this is no display filter");
    return false;
}
static inline void log_nothing(const char *domain, enum ws_log_level level, const char *file, long line,
                               const char *function, const char *fatal, ws_log_manifest_t *manifest,
                               const char *format, va_list args, void *self)
{
    (void)domain, (void)level, (void)file, (void)line, (void)function, (void)fatal, (void)manifest,
        (void)format, (void)args, (void)self;
}
#else
#define VALUE(fi) (&(fi)->value)
static inline const void *value_bytes(field_info *fi, uint32_t *len)
{
    const GByteArray *bytes = fi->value.value.bytes;
    *len = bytes ? bytes->len : 0;
    return bytes ? bytes->data : NULL;
}
static inline uint32_t value_ipv4(field_info *fi) { return fi->value.value.ipv4.addr; }
static inline const void *value_ipv6(field_info *fi) { return &fi->value.value.ipv6.addr; }
static inline bool filter_compile(const char *text, dfilter_t **out, struct ws_refusal *r)
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
static inline void log_nothing(const char *domain, enum ws_log_level level, struct timespec time,
                               const char *file, long line, const char *function, const char *format,
                               va_list args, void *self)
{
    (void)domain, (void)level, (void)time, (void)file, (void)line, (void)function, (void)format, (void)args,
        (void)self;
}
#endif

/* ---- start ---- */

#if WS(4, 4)
typedef bool ws_bool;
#else
typedef gboolean ws_bool;
#endif
#if WS(4, 6)
static inline void log_start(const char *name)
{
    (void)name;
    ws_log_init_with_writer(log_nothing, NULL);
}
static inline void configuration_start(const char *name) { configuration_init(name); }
#else
static inline void log_start(const char *name) { ws_log_init_with_writer(name, log_nothing, NULL); }
static inline void configuration_start(const char *name) { configuration_init(name, NULL); }
#endif
#ifndef IS_FT_STRING
#define IS_FT_STRING FT_IS_STRING
#define IS_FT_UINT FT_IS_UINT
#endif

/* ---- settings ---- */

static inline bool heuristic_switch(const char *name, bool on)
{
#if WS(4, 4)
    return on ? proto_enable_heuristic_by_name(name) : proto_disable_heuristic_by_name(name);
#else
    return proto_enable_heuristic_by_name(name, on);
#endif
}

/* ---- records of a capture ---- */

struct record {
    wtap_rec rec;
#if !WS(4, 6)
    Buffer bytes;
#endif
};

#if WS(4, 6)
static inline void record_init(struct record *r) { wtap_rec_init(&r->rec, 1514); }
static inline void record_free(struct record *r) { wtap_rec_cleanup(&r->rec); }
static inline bool record_read(struct record *r, wtap *wth, int *err, char **info, int64_t *offset)
{
    return wtap_read(wth, &r->rec, err, info, offset);
}
static inline const uint8_t *record_bytes(struct record *r) { return ws_buffer_start_ptr(&r->rec.data); }
static inline void record_dissect(struct record *r, wtap *wth, epan_dissect_t *edt, frame_data *fd,
                                  column_info *columns)
{
    epan_dissect_run_with_taps(edt, wtap_file_type_subtype(wth), &r->rec, fd, columns);
}
#else
static inline void record_init(struct record *r)
{
    wtap_rec_init(&r->rec);
    ws_buffer_init(&r->bytes, 1514);
}
static inline void record_free(struct record *r)
{
    wtap_rec_cleanup(&r->rec);
    ws_buffer_free(&r->bytes);
}
static inline bool record_read(struct record *r, wtap *wth, int *err, char **info, int64_t *offset)
{
    return wtap_read(wth, &r->rec, &r->bytes, err, info, offset);
}
static inline const uint8_t *record_bytes(struct record *r) { return ws_buffer_start_ptr(&r->bytes); }
static inline void record_dissect(struct record *r, wtap *wth, epan_dissect_t *edt, frame_data *fd,
                                  column_info *columns)
{
    tvbuff_t *bytes = tvb_new_real_data(ws_buffer_start_ptr(&r->bytes), fd->cap_len,
                                        fd->pkt_len <= INT_MAX ? (int)fd->pkt_len : INT_MAX);
    epan_dissect_run_with_taps(edt, wtap_file_type_subtype(wth), &r->rec, bytes, fd, columns);
}
#endif

/* Whether a dissector below has assigned the payload to a conversation of its own, independent of addresses.
 */
static inline bool conversation_is_set(const packet_info *pinfo) { return pinfo->conv_elements != NULL; }

/* ---- callbacks whose parameters differ ---- */

wtap *session_wth(const struct packet_provider_data *p);
const char *session_interface_name(struct packet_provider_data *p, uint32_t id);
const char *session_interface_description(struct packet_provider_data *p, uint32_t id);

#if WS(4, 4)
static inline const char *provider_name(struct packet_provider_data *p, uint32_t id, unsigned section)
{
    return session_interface_name(p, wtap_file_get_shb_global_interface_id(session_wth(p), section, id));
}
static inline const char *provider_description(struct packet_provider_data *p, uint32_t id, unsigned section)
{
    return session_interface_description(p,
                                         wtap_file_get_shb_global_interface_id(session_wth(p), section, id));
}
#else
static inline const char *provider_name(struct packet_provider_data *p, uint32_t id)
{
    return session_interface_name(p, id);
}
static inline const char *provider_description(struct packet_provider_data *p, uint32_t id)
{
    return session_interface_description(p, id);
}
#endif

#endif
