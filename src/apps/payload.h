/* The bytes behind the headers of UDP and UDP-Lite. */
#ifndef FC_APPS_PAYLOAD_H
#define FC_APPS_PAYLOAD_H

#include "look/examine.h"

/* The payload of a UDP layer: as many bytes as the length field says, if that is possible. Returns false if
 * there is none. */
bool payload_of_udp(const struct layer *layer, struct rd *out);
/* The same for UDP and UDP-Lite. */
bool payload_of_datagram(const struct layer *layer, struct rd *out);

#endif
