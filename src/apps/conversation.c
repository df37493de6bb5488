/* State of conversations, allocated when it is first needed. It lives until the capture ends. */
#include "apps/conversation.h"

#include <string.h>

#include "apps/apps.h"

/* Zeroed memory that lives until the capture ends. */
static void *make(struct apps *apps, size_t size)
{
    void *memory = arena_alloc(&apps->arena, size);
    if (memory)
        memset(memory, 0, size);
    return memory;
}

struct app_conv *conversation_of(struct apps *apps, struct conv *conv)
{
    if (!conv->app)
        conv->app = make(apps, sizeof *conv->app);
    return conv->app;
}

void *conversation_state(struct apps *apps, struct app_conv *conv, const struct protocol *protocol)
{
    void **state = &conv->states[protocol->owner - FIRST_TCP_OWNER];
    if (!*state)
        *state = make(apps, protocol->state_len);
    return *state;
}
