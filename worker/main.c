/* SPDX-License-Identifier: GPL-2.0-or-later
 * The worker initialises libwireshark once and then forks children, which dissect captures. shark/wire.h is
 * the protocol. Invariant: this process itself never reads a byte of a capture. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/os.h"
#include "child.h"
#include "jail.h"
#include "message.h"
#include "ws.h"

static void send_refusal(const struct ws_refusal *r)
{
    struct answer a;
    answer_begin(&a);
    answer_uint(&a, r->why);
    answer_uint(&a, (uint32_t)r->offset);
    answer_text(&a, r->text);
    answer_send(&a, WIRE_REFUSED);
}

static void start_child(struct message *m, int root)
{
    struct answer a;
    ws_prepare();
    pid_t child = m->n_fds == 1 ? fork() : -1;
    if (!child) {
        close(WIRE_CONTROL);
        child_serve(m->fds[0], root);
    }
    if (child < 0) {
        send_refusal(&(struct ws_refusal){WIRE_FAILED, -1, "no process could be started"});
        return;
    }
    answer_begin(&a);
    answer_send(&a, WIRE_STARTED);
}

/* ---- the query ---- */

static struct ws_list take_list(struct message *m)
{
    struct ws_list list = {.n = message_uint(m)};
    if (list.n > m->len) /* a text has at least four bytes */
        exit(1);
    list.texts = calloc(list.n + 1, sizeof *list.texts);
    if (!list.texts)
        exit(1);
    for (uint32_t i = 0; i < list.n; i++)
        list.texts[i] = message_text(m);
    return list;
}

static void answer_fields(const struct ws_field *fields, uint32_t n, uint32_t plan)
{
    struct answer a;
    answer_begin(&a);
    answer_uint(&a, plan);
    for (uint32_t i = 0; i < n; i++) {
        answer_uint(&a, fields[i].type);
        answer_uint(&a, fields[i].base);
        answer_uint(&a, fields[i].flags);
        answer_text(&a, fields[i].description);
    }
    answer_send(&a, WIRE_FIELDS);
}

/* The texts of the question are kept, because there is only one query. */
static void take_query(struct message *m)
{
    struct ws_refusal refusal = {.offset = -1};
    struct ws_question question = {.filter = message_text(m)};
    uint32_t plan = 0;
    question.names = take_list(m);
    question.preferences = take_list(m);
    question.decode_as = take_list(m);
    question.dissectors = take_list(m);
    question.keylog = message_text(m);
    question.passes = message_uint(m);
    struct ws_field *fields = calloc(question.names.n + 1, sizeof *fields);
    if (!fields)
        exit(1);
    if (ws_query(&question, fields, &plan, &refusal))
        answer_fields(fields, question.names.n, plan);
    else
        send_refusal(&refusal);
}

/* ---- the list of all fields ---- */

static void list_field(void *to, const char *name, const char *type, const struct ws_field *f)
{
    answer_uint(to, f->type);
    answer_uint(to, f->base);
    answer_uint(to, f->flags);
    answer_text(to, name);
    answer_text(to, type);
    answer_text(to, f->description ? f->description : "");
}

static void list_old_name(void *to, const char *old, const char *today)
{
    answer_uint(to, N_WIRE_TYPES);
    answer_text(to, old);
    answer_text(to, today);
}

static void answer_list(void)
{
    struct answer a;
    answer_begin(&a);
    ws_catalog(&(struct ws_catalog){list_field, list_old_name, &a});
    answer_send(&a, WIRE_LISTED);
}

/* libwireshark closes standard input while it starts. A later file must not get that number. */
static void keep_standard_files(void)
{
    int fd;
    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= STDERR_FILENO)
        ;
    if (fd > STDERR_FILENO)
        close(fd);
}

int main(int argc, char **argv)
{
    if (argc > 1 || fcntl(WIRE_CONTROL, F_GETFD) < 0) {
        fprintf(stderr,
                "flowcontainer-worker is started by flowcontainer, which talks to it over descriptor %d\n",
                WIRE_CONTROL);
        return 2;
    }
    os_close_from(WIRE_CONTROL + 1); /* dissectors must not reach files of the caller */
    fcntl(WIRE_CONTROL, F_SETFD, FD_CLOEXEC);
    signal(SIGCHLD, SIG_IGN);
    ws_start(argv[0]);
    keep_standard_files();
    int root = jail_root();
    const char *lacks = jail_try(root);
    struct answer hello;
    answer_begin(&hello);
    answer_uint(&hello, WIRE_VERSION);
    answer_text(&hello, ws_version());
    answer_text(&hello, lacks);
    answer_text(&hello, ws_library());
    answer_send(&hello, WIRE_HELLO);
    for (struct message m; message_read(&m, WIRE_CONTROL); message_done(&m)) {
        if (m.kind == WIRE_QUERY)
            take_query(&m);
        else if (m.kind == WIRE_FORK)
            start_child(&m, root);
        else if (m.kind == WIRE_LIST)
            answer_list();
    }
    return 0;
}
