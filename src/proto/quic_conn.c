/* Connections, found by their IDs.
 * Invariant: an ID stands in the table once for each role, and leads to the connection that claimed it last
 * in that role; but a short header on the path of a connection that has the ID belongs to that connection.
 * Source: observed, which packets begin a connection, and which IDs it has afterwards
 * (tshark 4.0.17). NEW_CONNECTION_ID is never seen, because those frames are encrypted. */
#include "proto/quic_conn.h"

#include <string.h>

#include "base/memory.h"

enum { FIRST_SLOTS = 64 };
/* Connections that are looked at for each new one, to forget those that are old. */
enum { LOOKS = 4 };
/* The number of a connection that is forgotten. */
#define NO_CONNECTION UINT32_MAX
enum role { ROLE_CLIENT, ROLE_SERVER, ROLE_INITIAL };

struct quic_name {
    struct quic_name *next;                  /* in the same slot */
    struct quic_name *previous_id, *next_id; /* of the same connection */
    struct quic_conn *conn;
    struct quic_cid cid;
    uint8_t role;
};

bool quic_cid_equal(const struct quic_cid *a, const struct quic_cid *b)
{
    return a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
}

struct quic_cid quic_cid_read(struct rd *r, uint32_t len)
{
    struct quic_cid cid = {0};
    if (len > QUIC_CID_MAX)
        r->fail = RD_MALFORMED;
    const uint8_t *bytes = rd_bytes(r, len);
    if (bytes) {
        cid.len = (uint8_t)len;
        memcpy(cid.bytes, bytes, len);
    }
    return cid;
}

static uint64_t slot_of(const struct quic *q, const struct quic_cid *cid, uint32_t n_slots)
{
    return hash_bytes(&q->hash_key, cid->bytes, cid->len) & (n_slots - 1);
}

static struct quic_name *name_find(const struct quic *q, enum role role, const struct quic_cid *cid)
{
    if (!q->n_slots || !cid->len)
        return NULL;
    for (struct quic_name *n = q->names[slot_of(q, cid, q->n_slots)]; n; n = n->next)
        if (n->role == role && quic_cid_equal(&n->cid, cid))
            return n;
    return NULL;
}

static struct quic_conn *cid_find(const struct quic *q, enum role role, const struct quic_cid *cid)
{
    const struct quic_name *name = name_find(q, role, cid);
    return name ? name->conn : NULL;
}

/* Returns true if a peer chose this connection ID. */
static bool cid_known(const struct quic *q, const struct quic_cid *cid)
{
    return cid_find(q, ROLE_CLIENT, cid) || cid_find(q, ROLE_SERVER, cid);
}

static bool cids_grow(struct quic *q)
{
    uint32_t n = q->n_slots ? q->n_slots * 2 : FIRST_SLOTS;
    struct quic_name **slots = arena_take(q->arena, n * sizeof *slots);
    if (!slots)
        return false;
    memset(slots, 0, n * sizeof *slots);
    if (!q->n_slots)
        hash_key_make(&q->hash_key);
    for (uint32_t i = 0; i < q->n_slots; i++)
        for (struct quic_name *name = q->names[i], *next; name; name = next) {
            next = name->next;
            struct quic_name **slot = &slots[slot_of(q, &name->cid, n)];
            name->next = *slot;
            *slot = name;
        }
    if (q->n_slots)
        arena_give(q->arena, q->names, q->n_slots * sizeof *slots);
    q->names = slots;
    q->n_slots = n;
    return true;
}

static void name_link(struct quic_name *name, struct quic_conn *conn)
{
    name->conn = conn;
    name->previous_id = NULL;
    name->next_id = conn->names;
    if (conn->names)
        conn->names->previous_id = name;
    conn->names = name;
}

static void name_unlink(struct quic_name *name)
{
    *(name->previous_id ? &name->previous_id->next_id : &name->conn->names) = name->next_id;
    if (name->next_id)
        name->next_id->previous_id = name->previous_id;
}

static void name_forget(struct quic *q, struct quic_name *name)
{
    struct quic_name **link = &q->names[slot_of(q, &name->cid, q->n_slots)];
    while (*link != name)
        link = &(*link)->next;
    *link = name->next;
    name_unlink(name);
    arena_give(q->arena, name, sizeof *name);
    q->n_names--;
}

static void cid_add(struct quic *q, enum role role, const struct quic_cid *cid, struct quic_conn *conn)
{
    if (!cid->len)
        return;
    struct quic_name *name = name_find(q, role, cid);
    if (name) {
        name_unlink(name);
        name_link(name, conn);
        return;
    }
    name = q->n_names < q->n_slots || cids_grow(q) ? arena_take(q->arena, sizeof *name) : NULL;
    if (!name)
        return;
    struct quic_name **slot = &q->names[slot_of(q, cid, q->n_slots)];
    *name = (struct quic_name){.next = *slot, .cid = *cid, .role = (uint8_t)role};
    *slot = name;
    name_link(name, conn);
    q->n_names++;
    if (role != ROLE_INITIAL)
        q->cid_lens |= 1u << cid->len;
}

static bool end_equal(const struct quic_end *a, const struct quic_end *b)
{
    return a->port == b->port && a->address.family == b->address.family &&
           !memcmp(a->address.bytes, b->address.bytes, sizeof a->address.bytes);
}

/* Finds a connection by an ID that a peer chose, or by its path if the packet has no ID. */
static struct quic_conn *find_peer(const struct quic *q, const struct quic_cid *dcid,
                                   const struct quic_facts *facts, bool *from_server)
{
    struct quic_conn *client = cid_find(q, ROLE_CLIENT, dcid), *server = cid_find(q, ROLE_SERVER, dcid);
    struct quic_conn *conn = client      ? client
                             : server    ? server
                             : dcid->len ? NULL
                                         : quic_path_conn(facts->path);
    if (!conn)
        return NULL;
    if ((client && server) || !dcid->len)
        *from_server = end_equal(&conn->server_end, &facts->src);
    else
        *from_server = client != NULL;
    return conn;
}

static struct quic_conn *find_conn(const struct quic *q, const struct quic_head *head,
                                   const struct quic_facts *facts, bool *from_server)
{
    struct quic_conn *conn = find_peer(q, &head->dcid, facts, from_server);
    if (head->type == QUIC_0RTT || (head->type == QUIC_INITIAL && !conn)) {
        conn = cid_find(q, ROLE_INITIAL, &head->dcid);
        *from_server = false;
    }
    if (head->type == QUIC_INITIAL && conn && !*from_server && head->dcid.len &&
        !quic_cid_equal(&head->dcid, &conn->initial) && !quic_cid_equal(&head->dcid, &conn->server))
        conn = NULL; /* the client has started a new connection */
    return conn;
}

static void lead_path(struct quic_path *path, struct quic_conn *conn)
{
    path->conn = conn;
    path->number = conn->number;
}

static void conn_append(struct quic *q, struct quic_conn *conn)
{
    conn->next = NULL;
    *(q->last ? &q->last->next : &q->first) = conn;
    q->last = conn;
}

static void conn_forget(struct quic *q, struct quic_conn *conn)
{
    while (conn->names)
        name_forget(q, conn->names);
    for (int i = 0; i < 2; i++)
        quic_stream_forget(q, &conn->streams[i]);
    conn->number = NO_CONNECTION;
    conn->next = q->unused;
    q->unused = conn;
    q->n_conns--;
    q->n_forgotten++;
}

/* Looks at the next few connections. */
static void forget_some(struct quic *q)
{
    for (int i = 0; i < LOOKS && q->age.limit && q->n_conns > QUIC_KEPT; i++) {
        struct quic_conn *conn = q->first;
        if (!(q->first = conn->next))
            q->last = NULL;
        if (conn->touched < q->age.limit)
            conn_forget(q, conn);
        else
            conn_append(q, conn);
    }
}

/* Memory for one more connection; NULL: beyond the limit, or memory ended. */
static struct quic_conn *conn_place(struct quic *q)
{
    struct quic_conn *conn = q->unused;
    if (q->n_conns == QUIC_CONNECTIONS || q->n_made == NO_CONNECTION)
        return NULL;
    if (conn)
        q->unused = conn->next;
    return conn ? conn : arena_alloc(q->arena, sizeof *conn);
}

static struct quic_conn *conn_make(struct quic *q, const struct quic_head *head,
                                   const struct quic_facts *facts)
{
    forget_some(q);
    struct quic_conn *conn = conn_place(q);
    if (!conn) {
        q->refused++;
        return NULL;
    }
    *conn = (struct quic_conn){.number = q->n_made++,
                               .version = head->version,
                               .client = head->scid,
                               .initial = head->dcid,
                               .has_initial = true,
                               .wants_keys = true,
                               .server_end = facts->dst};
    cid_add(q, ROLE_CLIENT, &head->scid, conn);
    conn_append(q, conn);
    q->n_conns++;
    cid_add(q, ROLE_INITIAL, &head->dcid, conn);
    lead_path(facts->path, conn);
    return conn;
}

/* Records the first ID that the server chose, which leads to the connection from now on; an ID in a Retry
 * also gives new keys. The version of the connection is the one in the server's packet. */
static void note_server(struct quic *q, struct quic_conn *conn, const struct quic_head *head)
{
    if (head->type == QUIC_INITIAL && head->version != conn->version) {
        conn->version = head->version;
        if (conn->has_keys)
            quic_keys_make(q->cipher, conn);
    }
    q->unclear |=
        head->type == QUIC_RETRY && conn->server.len; /* it would restart the connection in the middle */
    if (conn->server.len || !head->scid.len)
        return;
    conn->server = head->scid;
    cid_add(q, ROLE_SERVER, &head->scid, conn);
    if (head->type == QUIC_RETRY)
        conn->has_initial = false;
}

/* Handles the answer of the client to a Retry. */
static void start_again(struct quic *q, struct quic_conn *conn, const struct quic_head *head)
{
    q->unclear |=
        !quic_cid_equal(&head->dcid, &conn->server); /* not an answer, but a late copy of an earlier packet */
    conn->initial = head->dcid;
    conn->has_initial = true;
    conn->wants_keys = true;
    cid_add(q, ROLE_INITIAL, &head->dcid, conn);
    if (!quic_cid_equal(&conn->client, &head->scid)) {
        conn->client = head->scid;
        cid_add(q, ROLE_CLIENT, &head->scid, conn);
    }
    conn->server = (struct quic_cid){0};
}

/* A packet of the connection came on the path. */
static struct quic_conn *met(const struct quic *q, struct quic_conn *conn, struct quic_path *path)
{
    conn->touched = q->age.now;
    if (!quic_path_conn(path))
        lead_path(path, conn);
    return conn;
}

struct quic_conn *quic_connect(struct quic *q, const struct quic_head *head, const struct quic_facts *facts,
                               bool *from_server)
{
    *from_server = false;
    struct quic_conn *conn = find_conn(q, head, facts, from_server);
    if (head->type == QUIC_INITIAL && !*from_server) {
        if (!conn)
            conn = conn_make(q, head, facts);
        else if (!conn->has_initial && head->dcid.len)
            start_again(q, conn, head);
    } else if (conn && *from_server &&
               (head->type == QUIC_INITIAL || head->type == QUIC_RETRY || head->type == QUIC_HANDSHAKE)) {
        note_server(q, conn, head);
    }
    return conn ? met(q, conn, facts->path) : NULL;
}

bool quic_path_stays(const struct quic *q, const struct quic_path *path)
{
    struct quic_conn *conn = quic_path_conn(path);
    if (conn)
        conn->touched = q->age.now;
    return conn != NULL;
}

/* Returns true if the ID of a short header begins with these bytes. */
static bool has_id(const struct rd *r, const struct quic_cid *cid)
{
    struct rd look = *r;
    rd_skip(&look, 1);
    struct quic_cid found = quic_cid_read(&look, cid->len);
    return rd_ok(&look) && quic_cid_equal(&found, cid);
}

/* Finds a known ID, of any length, in a short header, which does not say the length. */
static bool find_known_id(const struct quic *q, const struct rd *r, struct quic_cid *out)
{
    for (uint8_t len = QUIC_CID_MAX; len; len--) {
        struct rd look = *r;
        rd_skip(&look, 1);
        *out = q->cid_lens >> len & 1 ? quic_cid_read(&look, len) : (struct quic_cid){0};
        if (out->len && cid_known(q, out))
            return true;
    }
    return false;
}

bool quic_short_known(const struct quic *q, const struct rd *r)
{
    struct quic_cid cid;
    return find_known_id(q, r, &cid);
}

struct quic_conn *quic_connect_short(const struct quic *q, const struct rd *r, const struct quic_facts *facts,
                                     bool *from_server)
{
    struct quic_conn *conn = quic_path_conn(facts->path);
    struct quic_cid cid;
    *from_server = conn && end_equal(&conn->server_end, &facts->src);
    if (conn && has_id(r, *from_server ? &conn->client : &conn->server))
        return met(q, conn, facts->path);
    conn = find_known_id(q, r, &cid) ? find_peer(q, &cid, facts, from_server) : NULL;
    return conn ? met(q, conn, facts->path) : NULL;
}
