/* SPDX-License-Identifier: GPL-2.0-or-later
 * libwireshark's start, what it asks back, and its sessions. Invariant: each call of ws_start was found
 * necessary by leaving it out (4.0.17). A session's state goes with epan_free; a jailed process cannot read
 * the tables of names again, and begins its next session in a millisecond without them. */
#include "session.h"

#include <dlfcn.h>

#include "bundle.h"

struct session ws;

/* ---- functions that epan calls ---- */

static int compare_number(const void *a, const void *b)
{
    uint32_t x = ((const frame_data *)a)->num, y = ((const frame_data *)b)->num;
    return x < y ? -1 : x > y;
}

static const nstime_t *provider_time(struct packet_provider_data *p, uint32_t number)
{
    if (p->ref && p->ref->num == number)
        return &p->ref->abs_ts;
    if (p->prev_dis && p->prev_dis->num == number)
        return &p->prev_dis->abs_ts;
    if (p->prev_cap && p->prev_cap->num == number)
        return &p->prev_cap->abs_ts;
    frame_data key = {.num = number};
    const frame_data *found =
        p->n_frames ? bsearch(&key, p->frames, p->n_frames, sizeof key, compare_number) : NULL;
    return found ? &found->abs_ts : NULL;
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

wtap *session_wth(const struct packet_provider_data *p) { return p->wth; }

const char *session_interface_name(struct packet_provider_data *p, uint32_t id)
{
    const char *name = interface_text(p, id, OPT_IDB_NAME);
    if (!name)
        name = interface_text(p, id, OPT_IDB_DESCRIPTION);
    if (!name)
        name = interface_text(p, id, OPT_IDB_HARDWARE);
    return name ? name : "unknown";
}

const char *session_interface_description(struct packet_provider_data *p, uint32_t id)
{
    return interface_text(p, id, OPT_IDB_DESCRIPTION);
}

/* ---- reports are dropped: most of them are about files that a jailed process cannot open ---- */

static void no_report(const char *format, va_list args) { (void)format, (void)args; }
static void no_open(const char *name, int err, ws_bool writing) { (void)name, (void)err, (void)writing; }
static void no_read(const char *name, int err) { (void)name, (void)err; }

static void silence(const char *name)
{
    static const struct report_message_routines routines = {.vreport_failure = no_report,
                                                            .vreport_warning = no_report,
                                                            .report_open_failure = no_open,
                                                            .report_read_failure = no_read,
                                                            .report_write_failure = no_read};
    log_start(name);
    init_report_message(name, &routines);
}

/* ---- start ---- */

void ws_start(const char *name)
{
    silence(name);
    bundle_start();
    relinquish_special_privs_perm();
    configuration_start(name);
    timestamp_set_type(TS_RELATIVE);
    timestamp_set_precision(TS_PREC_AUTO);
    timestamp_set_seconds_type(TS_SECONDS_DEFAULT);
    wtap_init(TRUE);
    if (!epan_init(NULL, NULL, TRUE))
        exit(1);
    epan_load_settings();
    disable_name_resolution();
    proto_initialize_all_prefixes(); /* a jailed child could not read their files */
}

const char *ws_version(void) { return epan_get_version(); }

const char *ws_library(void)
{
    Dl_info info;
    return dladdr((void *)epan_get_version, &info) && info.dli_fname ? info.dli_fname : "";
}

void session_begin(void)
{
    static const struct packet_provider_funcs functions = {.get_frame_ts = provider_time,
                                                           .get_interface_name = provider_name,
                                                           .get_interface_description = provider_description};
    ws.provider = (struct packet_provider_data){0};
    ws.epan = epan_new(&ws.provider, &functions);
    if (ws.keylog && *ws.keylog)
        secrets_wtap_callback(SECRETS_TYPE_TLS, ws.keylog, (unsigned)strlen(ws.keylog));
}

void ws_prepare(void)
{
    if (!ws.epan)
        session_begin();
}

void ws_forget(void)
{
    epan_free(ws.epan);
    session_begin();
    ws.reused = true;
}

bool refuse(struct ws_refusal *r, enum wire_refusal why, const char *format, const char *name)
{
    r->why = why;
    r->offset = -1;
    snprintf(r->text, sizeof r->text, format, name);
    return false;
}
