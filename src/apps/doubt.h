/* Doubts: frames that may hold fields asked for in a place that is not read natively. From such a frame on,
 * libwireshark may know more than this library. */
#ifndef FC_APPS_DOUBT_H
#define FC_APPS_DOUBT_H

#include "look/examine.h"

struct apps;

/* Notes a doubt about the carriers below and beside TCP in a frame. */
void doubt_frame(struct apps *apps, const struct examined *x, const struct source *source);
/* Returns true if the capture holds keys, with which Wireshark decrypts. */
bool doubt_secrets(const struct source *source);

#endif
