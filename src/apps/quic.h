/* UDP payload to QUIC. */
#ifndef FC_APPS_QUIC_H
#define FC_APPS_QUIC_H

#include "look/examine.h"

struct apps;

/* Reads layer i of the frame if it is QUIC. If fields of other protocols alone are asked for, it only notes
 * that the conversation is QUIC's. Returns false: QUIC is asked last. */
bool apps_quic(struct apps *apps, struct row *row, const struct examined *x, int i);

#endif
