#include "base/spill.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "test.h"

enum { N = 600, LARGEST = 3 << 20 };

static size_t size_of(unsigned i) { return i % 50 == 49 ? LARGEST : 1 + (size_t)i * 7919 % 100000; }

static bool holds(const uint8_t *block, size_t n, uint8_t value)
{
    return block[0] == value && block[n - 1] == value && !memcmp(block, block + 1, n - 1);
}

/* Blocks keep their bytes, however often they leave the memory; those that were given back are used again. */
static void keep_blocks(uint64_t limit)
{
    static uint8_t *blocks[N];
    struct spill *spill = spill_new(limit);
    CHECK(spill != NULL);
    uint64_t after_first = 0;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < N; i++) {
            blocks[i] = spill_take(spill, size_of(i));
            CHECK(blocks[i] != NULL);
            memset(blocks[i], (int)(i + round), size_of(i));
            if (i % 100 == 0)
                spill_look(spill, 0);
        }
        for (unsigned i = 0; i < N; i++) {
            CHECK(holds(blocks[i], size_of(i), (uint8_t)(i + round)));
            spill_give(spill, blocks[i], size_of(i));
        }
        after_first = round ? after_first : spill_bytes(spill);
        CHECK_INT(spill_bytes(spill), after_first);
    }
    CHECK(!spill_failed(spill, NULL));
    spill_free(spill);
}

TEST(blocks_beyond_the_limit_are_kept_in_a_file)
{
    keep_blocks(0);
    keep_blocks(1 << 20);
    keep_blocks(40 << 20);
}

TEST(below_half_of_the_limit_there_is_no_file)
{
    struct spill *spill = spill_new(1 << 20);
    void *a = spill_take(spill, 1 << 18), *b = spill_take(spill, 1 << 18);
    CHECK(a && b);
    CHECK_INT(spill_bytes(spill), 0);
    void *c = spill_take(spill, 1);
    CHECK(c && spill_bytes(spill));
    spill_give(spill, a, 1 << 18);
    spill_give(spill, b, 1 << 18);
    spill_give(spill, c, 1);
    spill_give(spill, NULL, 1);
    spill_free(spill);
}

TEST(without_a_spill_blocks_are_ordinary_memory)
{
    void *block = spill_take(NULL, 100);
    CHECK(block != NULL);
    spill_look(NULL, 0);
    spill_give(NULL, block, 100);
    CHECK(!spill_failed(NULL, NULL) && !spill_bytes(NULL));
    spill_free(NULL);
}

TEST(an_arena_lies_in_the_file)
{
    struct memory_state memory = {0};
    struct arena arena = {.memory = &memory, .spill = spill_new(0)};
    for (int round = 0; round < 3; round++) {
        uint8_t *pieces[1000];
        for (unsigned i = 0; i < 1000; i++) {
            pieces[i] = arena_alloc(&arena, 3000);
            CHECK(pieces[i] != NULL);
            memset(pieces[i], (int)i, 3000);
            spill_look(arena.spill, 0);
        }
        for (unsigned i = 0; i < 1000; i++)
            CHECK(holds(pieces[i], 3000, (uint8_t)i));
        arena_reset(&arena);
    }
    CHECK(spill_bytes(arena.spill) && !memory.ended);
    arena_free(&arena);
    spill_free(arena.spill);
}

TEST(a_folder_that_takes_no_file_is_named)
{
    struct fc_error error = {0};
    const char *old = getenv("TMPDIR");
    char *kept = old ? memory_text(old) : NULL;
    struct spill *spill = spill_new(0);
    setenv("TMPDIR", "/nowhere/at/all", 1);
    CHECK(!spill_take(spill, 100));
    CHECK(spill_failed(spill, &error));
    CHECK_INT(error.status, FC_IO);
    CHECK(strstr(error.text, "/nowhere/at/all") && strstr(error.text, "TMPDIR"));
    if (kept)
        setenv("TMPDIR", kept, 1);
    else
        unsetenv("TMPDIR");
    memory_free(kept);
    spill_free(spill);
}
