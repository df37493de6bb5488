/* The names of the protocols of protocols.def. */
#include "filter/filter.h"

const char *filter_protocol_name(enum filter_protocol protocol)
{
    static const char *const names[P_COUNT] = {
#define PROTOCOL(id, name, what) [P_##id] = name,
#include "filter/protocols.def"
#undef PROTOCOL
    };
    return names[protocol];
}
