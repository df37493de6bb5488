/* UDP payload to the protocols above UDP. */
#ifndef FC_APPS_UDP_H
#define FC_APPS_UDP_H

#include "look/examine.h"

struct apps;

/* Reads layer i of the frame, a UDP or UDP-Lite layer; values go into the row. */
void apps_udp(struct apps *apps, struct row *row, const struct examined *x, int i);

#endif
