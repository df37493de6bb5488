/* State of conversations, allocated when it is first needed. It lives until the conversation is forgotten or
 * the capture ends. */
#include "apps/conversation.h"

#include <string.h>

#include "apps/apps.h"

/* Zeroed memory. */
static void *make(struct apps *apps, size_t size)
{
    void *memory = arena_take(&apps->arena, size);
    if (memory)
        memset(memory, 0, size);
    return memory;
}

struct app_conv *conversation_of(struct apps *apps, struct conv *conv)
{
    struct conv_more *more = conv_more(conv);
    if (!more->app)
        more->app = make(apps, sizeof *more->app);
    return more->app;
}

void *conversation_state(struct apps *apps, struct app_conv *conv, const struct protocol *protocol)
{
    void **state = &conv->states[protocol->owner - FIRST_TCP_OWNER];
    if (!*state)
        *state = make(apps, protocol->state_len);
    return *state;
}

static void states_forget(struct apps *apps, const struct app_conv *app)
{
    for (size_t i = 0; i < N_TCP_PROTOCOLS; i++) {
        const struct protocol *protocol = tcp_protocols[i];
        void *state = app->states[protocol->owner - FIRST_TCP_OWNER];
        if (!state)
            continue;
        if (protocol->forget)
            protocol->forget(state, &apps->arena);
        arena_give(&apps->arena, state, protocol->state_len);
    }
}

void conversation_forget(struct apps *apps, struct conv *conv)
{
    struct app_conv *app = conv_more(conv)->app;
    if (conv->side[0].kind == CONV_UDP && conv->quic) {
        tls_state_forget(&conv->quic->tls, &apps->arena);
        arena_give(&apps->arena, conv->quic, sizeof *conv->quic);
    }
    if (!app)
        return;
    for (int i = 0; i < 2; i++)
        reasm_forget(&apps->reasm, &app->sides[i]);
    states_forget(apps, app);
    if (app->dtls)
        dtls_path_forget(&apps->dtls, app->dtls);
    if (app->dtls)
        arena_give(&apps->arena, app->dtls, sizeof *app->dtls);
    arena_give(&apps->arena, app, sizeof *app);
    conv_more(conv)->app = NULL;
}
