/* Keys of hash tables: random bytes of the system. A system that refuses them (a sandbox may forbid the call)
 * still gives a key that differs from run to run, from the clocks and from the place of the stack in memory.
 */
#include "base/hash.h"

#ifdef __APPLE__
#include <sys/random.h>
#endif
#include <time.h>
#include <unistd.h>

/* A step of SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
 */
static uint64_t split_mix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

void hash_key_make(struct hash_key *key)
{
    if (!getentropy(key->words, sizeof key->words))
        return;
    struct timespec wall, cpu;
    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    uint64_t state = (uint64_t)wall.tv_nsec << 32 ^ (uint64_t)wall.tv_sec ^ (uint64_t)cpu.tv_nsec << 20 ^
                     (uint64_t)(uintptr_t)&wall;
    for (size_t i = 0; i < sizeof key->words / sizeof key->words[0]; i++)
        key->words[i] = split_mix(&state);
}
