/* UDP payload to DTLS. */
#ifndef FC_APPS_DTLS_H
#define FC_APPS_DTLS_H

#include "look/examine.h"

struct apps;

/* Reads layer i of the frame if it is DTLS. Returns false: DTLS does not keep other protocols from a
 * datagram. */
bool apps_dtls(struct apps *apps, struct row *row, const struct examined *x, int i);

#endif
