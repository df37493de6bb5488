/* TCP payload to the protocols above TCP. */
#ifndef FC_APPS_TCP_H
#define FC_APPS_TCP_H

#include "look/examine.h"

struct apps;

/* Reads layer i of the frame, a TCP layer; values go into the row. */
void apps_tcp(struct apps *apps, struct row *row, const struct examined *x, int i);

#endif
