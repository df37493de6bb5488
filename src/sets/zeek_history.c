/* The history of a connection: a letter for each kind of packet, and the exchange of its ends. */
#include <string.h>

#include "base/memory.h"
#include "sets/zeek.h"

void zeek_note(struct zeek_conn *conn, char letter, bool is_orig)
{
    char c = is_orig || letter < 'A' || letter > 'Z' ? letter : (char)(letter - 'A' + 'a');
    struct set_buffer *more = &conn->more_history;
    if (conn->n_history < HISTORY_INLINE) {
        conn->history[conn->n_history++] = c;
        return;
    }
    if (!memory_reserve((void **)&more->data, &more->cap, conn->n_history + 1, 1)) {
        conn->world->failed = true;
        return;
    }
    if (conn->n_history == HISTORY_INLINE)
        memcpy(more->data, conn->history, HISTORY_INLINE);
    more->data[conn->n_history++] = c;
}

void zeek_count(struct zeek_conn *conn, struct zeek_counter *c, char letter, bool is_orig)
{
    if (++c->n != c->next)
        return;
    zeek_note(conn, letter, is_orig);
    c->next *= 10;
}

void zeek_flip(struct zeek_conn *conn)
{
    struct zeek_side side = conn->orig;
    struct zeek_tcp *tcp = &conn->tcp;
    conn->orig = conn->resp;
    conn->resp = side;
    zeek_note(conn, '^', true);
    tcp->orig = !tcp->orig;
    zeek_orig(tcp)->is_orig = true;
    zeek_resp(tcp)->is_orig = false;
    tcp->seen = (uint8_t)(tcp->seen << 1 & 2) | tcp->seen >> 1;
    tcp->partial = false;
}
