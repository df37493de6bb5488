/* Invariant: nothing of the user's reaches a shell; every text is one argument of the program, behind the
 * option that takes it. Source: dumpcap(1), tcpdump(1); the messages were observed (dumpcap 4.0.17,
 * tcpdump 4.99.3). */
#include "run/capturer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

/* ---- finding it ---- */

static bool is_program(char out[PATH_MAX], const char *folder, size_t len, const char *name)
{
    int n = snprintf(out, PATH_MAX, "%.*s/%s", (int)len, folder, name);
    return n > 0 && n < PATH_MAX && access(out, X_OK) == 0;
}

/* Programs of the system administrator are often not in PATH. */
static bool find_in_path(char out[PATH_MAX], const char *name)
{
    static const char system[] = "/usr/bin:/usr/sbin:/sbin:/usr/local/bin:/usr/local/sbin:/opt/homebrew/bin";
    const char *lists[] = {getenv("PATH"), system};
    for (size_t i = 0; i < 2; i++)
        for (const char *at = lists[i]; at && *at;) {
            size_t len = strcspn(at, ":");
            if (len && is_program(out, at, len, name))
                return true;
            at += len + (at[len] != 0);
        }
    return false;
}

static bool is_there_but_forbidden(void) { return access("/usr/bin/dumpcap", F_OK) == 0; }

enum fc_status capturer_find(struct capturer *out, struct fc_error *err)
{
    const char *named = getenv("FLOWCONTAINER_CAPTURER");
    *out = (struct capturer){.is_tcpdump = false};
    if (named && *named) {
        const char *slash = strrchr(named, '/');
        out->is_tcpdump = strstr(slash ? slash : named, "tcpdump") != NULL;
        if (snprintf(out->path, PATH_MAX, "%s", named) < PATH_MAX && access(out->path, X_OK) == 0)
            return FC_OK;
        return error_set(err, FC_UNSUPPORTED, -1, "FLOWCONTAINER_CAPTURER names %.900s, which cannot be run",
                         named);
    }
    if (find_in_path(out->path, "dumpcap"))
        return FC_OK;
    out->is_tcpdump = true;
    if (find_in_path(out->path, "tcpdump"))
        return FC_OK;
    if (is_there_but_forbidden())
        return error_set(
            err, FC_UNSUPPORTED, -1,
            "/usr/bin/dumpcap may be run by the group wireshark only: sudo usermod -a -G wireshark "
            "$USER, and log in again; or install tcpdump");
    return error_set(
        err, FC_UNSUPPORTED, -1,
        "no program that captures packets: install dumpcap (package wireshark-common or wireshark-cli) or "
        "tcpdump");
}

/* ---- the command line ---- */

struct arguments {
    const char **items;
    size_t n;
};

static void add(struct arguments *a, const char *option, const char *value)
{
    a->items[a->n++] = option;
    if (value)
        a->items[a->n++] = value;
}

static bool is_autostop(const char *text)
{
    static const char *const kinds[] = {"duration:", "filesize:", "packets:"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t len = strlen(kinds[i]);
        if (!strncmp(text, kinds[i], len) && text[len] && !text[len + strspn(text + len, "0123456789")] &&
            strlen(text + len) < 10)
            return true;
    }
    return false;
}

/* Options of dumpcap before the first -i hold for all interfaces. */
static void dumpcap_arguments(struct arguments *a, const struct fc_capture *c)
{
    add(a, "-q", NULL);
    if (c->filter)
        add(a, "-f", c->filter);
    if (c->snap_len)
        add(a, "-s", c->snap_len);
    if (c->no_promiscuous)
        add(a, "-p", NULL);
    for (size_t i = 0; i < c->n_autostop; i++)
        add(a, "-a", c->autostop[i]);
    for (size_t i = 0; i < c->n_interfaces; i++)
        add(a, "-i", c->interfaces[i]);
    add(a, "-w", "-");
}

static enum fc_status tcpdump_arguments(struct arguments *a, const struct fc_capture *c, struct fc_error *err)
{
    if (c->n_interfaces > 1)
        return error_set(err, FC_UNSUPPORTED, -1,
                         "tcpdump captures from one interface; several need dumpcap (package "
                         "wireshark-common), or -i any");
    add(a, "--immediate-mode", NULL);
    add(a, "-U", NULL);
    add(a, "-n", NULL);
    if (c->snap_len)
        add(a, "-s", c->snap_len);
    if (c->no_promiscuous)
        add(a, "-p", NULL);
    for (size_t i = 0; i < c->n_autostop; i++) {
        if (!strncmp(c->autostop[i], "filesize:", 9))
            return error_set(err, FC_UNSUPPORTED, -1, "filesize: needs dumpcap (package wireshark-common)");
        if (!strncmp(c->autostop[i], "packets:", 8))
            add(a, "-c", c->autostop[i] + 8);
    }
    add(a, "-i", c->interfaces[0]);
    add(a, "-w", "-");
    if (c->filter)
        add(a, "--", c->filter);
    return FC_OK;
}

enum fc_status capturer_command(const char ***out, const struct capturer *capturer,
                                const struct fc_capture *capture, struct fc_error *err)
{
    enum { FIXED = 16 };
    const char *snap_len = capture->snap_len;
    for (size_t i = 0; i < capture->n_interfaces; i++)
        if (!*capture->interfaces[i])
            return error_set(err, FC_USAGE, -1, "the name of an interface is empty");
    for (size_t i = 0; i < capture->n_autostop; i++)
        if (!is_autostop(capture->autostop[i]))
            return error_set(
                err, FC_USAGE, -1,
                "an autostop is duration:SECONDS, filesize:KILOBYTES or packets:NUMBER, not \"%.200s\"",
                capture->autostop[i]);
    if (snap_len && (!*snap_len || snap_len[strspn(snap_len, "0123456789")] || strlen(snap_len) > 7))
        return error_set(err, FC_USAGE, -1, "a snap length is a number of bytes, not \"%.200s\"", snap_len);
    struct arguments a = {
        .items = memory_zero(FIXED + 2 * (capture->n_interfaces + capture->n_autostop), sizeof *a.items)};
    if (!a.items)
        return error_memory(err);
    enum fc_status status = FC_OK;
    add(&a, capturer->path, NULL);
    if (capturer->is_tcpdump)
        status = tcpdump_arguments(&a, capture, err);
    else
        dumpcap_arguments(&a, capture);
    if (status)
        memory_free(a.items);
    else
        *out = a.items;
    return status;
}

uint32_t capturer_seconds(const struct capturer *capturer, const struct fc_capture *capture)
{
    for (size_t i = 0; capturer->is_tcpdump && i < capture->n_autostop; i++)
        if (!strncmp(capture->autostop[i], "duration:", 9))
            return (uint32_t)strtoul(capture->autostop[i] + 9, NULL, 10);
    return 0;
}

/* ---- its messages ---- */

/* dumpcap: "Packets received/dropped on interface 'lo': 4/0 (pcap:0/...)", one line an interface; tcpdump:
 * "0 packets dropped by kernel". */
static uint64_t drops_of_line(const char *line, size_t len)
{
    static const char dumpcap[] = "Packets received/dropped on interface";
    static const char tcpdump[] = " dropped by kernel";
    const char *end = line + len, *at;
    if (len >= sizeof dumpcap && !strncmp(line, dumpcap, sizeof dumpcap - 1)) {
        for (at = end; at > line && strncmp(at, "': ", 3) != 0;)
            at--;
        const char *slash = at > line ? memchr(at, '/', (size_t)(end - at)) : NULL;
        return slash ? strtoull(slash + 1, NULL, 10) : 0;
    }
    at = memmem(line, len, tcpdump, sizeof tcpdump - 1);
    return at && *line >= '0' && *line <= '9' ? strtoull(line, NULL, 10) : 0;
}

uint64_t capturer_drops(const char *said)
{
    uint64_t drops = 0;
    for (const char *line = said; *line;) {
        size_t len = strcspn(line, "\n");
        drops += drops_of_line(line, len);
        line += len + (line[len] != 0);
    }
    return drops;
}

/* The first line that the program writes about itself, and the line after it. */
static const char *find_failure(const char *said, const char *name)
{
    char begin[32];
    size_t len = (size_t)snprintf(begin, sizeof begin, "%s: ", name);
    for (const char *line = said; *line;) {
        if (!strncmp(line, begin, len) && strncmp(line + len, "listening on", 12) != 0 &&
            strncmp(line + len, "verbose output", 14) != 0 && strncmp(line + len, "data link type", 14) != 0)
            return line + len;
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    return NULL;
}

bool capturer_failure(char *out, size_t cap, const struct capturer *capturer, const char *said)
{
    const char *line = find_failure(said, capturer->is_tcpdump ? "tcpdump" : "dumpcap");
    if (!line)
        return false;
    size_t first = strcspn(line, "\n");
    const char *more = line + first + strspn(line + first, "\n");
    size_t second = *more ? strcspn(more, "\n") : 0;
    int n = snprintf(out, cap, "%.*s%s%.*s", (int)(first < 300 ? first : 300), line, second ? " " : "",
                     (int)(second < 300 ? second : 300), more);
    if ((strstr(out, "permission") || strstr(out, "not permitted")) && n > 0 && (size_t)n < cap)
        snprintf(out + n, cap - (size_t)n,
                 "; run it as root, or give the program the right: sudo setcap cap_net_raw,cap_net_admin=eip "
                 "%.200s",
                 capturer->path);
    return true;
}
