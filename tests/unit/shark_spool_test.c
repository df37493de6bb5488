/* Bytes that are stored and read back: in memory, in a file, and with pieces larger than the window. */
#include "shark/spool.h"

#include "test.h"

static struct spool spool;

static uint8_t byte_at(uint64_t i) { return (uint8_t)(i * 7 + (i >> 8)); }

/* Stores n bytes in pieces of `piece` and checks them, read back in pieces of `want`. */
static void round_trip(uint64_t n, size_t piece, size_t want, bool to_file)
{
    struct fc_error err;
    const uint8_t *got = NULL;
    uint8_t *bytes = malloc(piece);
    for (uint64_t at = 0; at < n; at += piece) {
        for (size_t i = 0; i < piece; i++)
            bytes[i] = byte_at(at + i);
        CHECK(!spool_put(&spool, bytes, piece, &err));
    }
    free(bytes);
    CHECK(!spool_rewind(&spool, &err));
    CHECK_INT(spool.has_file, to_file);
    for (uint64_t at = 0; at < n; at += want) {
        CHECK(!spool_get(&spool, want, &got, &err) && got);
        for (size_t i = 0; got && i < want; i++)
            if (got[i] != byte_at(at + i)) {
                CHECK(got[i] == byte_at(at + i));
                break;
            }
    }
    CHECK(!spool_get(&spool, 1, &got, &err) && !got);
    spool_free(&spool);
}

TEST(few_bytes_stay_in_memory) { round_trip(60000, 20, 100, false); }
TEST(many_bytes_go_to_a_file) { round_trip(12 << 20, 1 << 10, 1 << 12, true); }
TEST(a_piece_may_be_larger_than_the_window) { round_trip(8 << 20, 1 << 20, 2 << 20, true); }
TEST(a_piece_may_be_larger_than_the_memory) { round_trip(12 << 20, 6 << 20, 1 << 10, true); }

TEST(nothing_was_stored)
{
    struct fc_error err;
    const uint8_t *got;
    CHECK(!spool_rewind(&spool, &err));
    CHECK(!spool_get(&spool, 1, &got, &err) && !got);
    spool_free(&spool);
}

TEST(no_folder_for_the_file)
{
    struct fc_error err = {0};
    uint8_t *bytes = calloc(1, 5 << 20);
    setenv("TMPDIR", "/nonexistent", 1);
    CHECK(!spool_put(&spool, bytes, 5 << 20, &err));
    CHECK_INT(spool_put(&spool, bytes, 5 << 20, &err), FC_IO);
    CHECK(strstr(err.text, "/nonexistent"));
    unsetenv("TMPDIR");
    spool_free(&spool);
    free(bytes);
}
