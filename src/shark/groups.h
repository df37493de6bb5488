/* Groups of address pairs whose frames have to be dissected by the same process: union-find over pairs, and
 * over connection ids of QUIC that connect pairs. */
#ifndef FC_SHARK_GROUPS_H
#define FC_SHARK_GROUPS_H

#include "look/examine.h"

struct group_table;

struct group_table *groups_new(void);
/* The group of a frame; later frames may join it with others. Frames without IP are one group. UINT32_MAX:
 * memory ended. */
uint32_t groups_note(struct group_table *table, const struct packet *packet);
/* The group that this group has been joined to. Two groups belong together if this is the same for both. */
uint32_t groups_find(struct group_table *table, uint32_t group);
uint32_t groups_count(const struct group_table *table);
/* "10.0.0.1 and 10.0.0.2" */
void groups_name(char *out, size_t cap, const struct group_table *table, uint32_t group);
void groups_free(struct group_table *table);

#endif
