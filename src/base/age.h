/* How old state is, in seconds of the packet clock. */
#ifndef FC_BASE_AGE_H
#define FC_BASE_AGE_H

#include <stdint.h>

struct age {
    uint32_t now;
    uint32_t limit; /* state that was last used before this second may be forgotten; 0: none may */
};

#endif
