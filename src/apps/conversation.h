/* What a conversation remembers for the protocols above TCP and UDP. */
#ifndef FC_APPS_CONVERSATION_H
#define FC_APPS_CONVERSATION_H

#include "flow/conv.h"
#include "proto/registry.h"

struct apps;
struct dtls_path;

struct app_conv {
    const struct protocol *claimed; /* the protocol that is asked first */
    const struct protocol *carrier; /* the protocol that handed the conversation over and still carries it */
    bool carries;                   /* the carrier has carried bytes */
    struct reasm_side sides[2];
    void *states[N_TCP_PROTOCOLS]; /* by owner; NULL until the protocol is first asked */
    struct dtls_path *dtls;        /* NULL until the first datagram of DTLS */
};

/* Returns the part of a conversation for these protocols, which is made for its first packet. NULL: memory
 * ended. */
struct app_conv *conversation_of(struct apps *apps, struct conv *conv);
/* Returns the state of a protocol in a conversation, zeroed when it is new. NULL: memory ended. */
void *conversation_state(struct apps *apps, struct app_conv *conv, const struct protocol *protocol);

/* Gives back the memory of a conversation, and of the state that it leads to, before it is forgotten. */
void conversation_forget(struct apps *apps, struct conv *conv);

#endif
