/* Temporary copies of captures: whole, up to a number of bytes, cancelled, and against bombs. */
#include "source/copy.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/temporary.h"
#include "shark/spool.h"
#include "source/source.h"
#include "test.h"

static struct fc_error err;

static int nowhere(void)
{
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    return fd;
}

TEST(a_descriptor_is_copied_in_two_parts)
{
    static char bytes[300000], got[300000];
    int from = temporary_file(), to = temporary_file();
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7);
    CHECK(spool_write(from, bytes, sizeof bytes) && lseek(from, 0, SEEK_SET) == 0);
    struct copy copy = {.to = to, .most = 70000};
    CHECK_INT(copy_descriptor(&copy, from, &err), FC_OK);
    CHECK(copy.written >= 70000 && copy.written < sizeof bytes && !copy_goes_on(&copy));
    copy.most = 0;
    CHECK_INT(copy_descriptor(&copy, from, &err), FC_OK);
    CHECK_INT(copy.written, sizeof bytes);
    CHECK_INT(pread(to, got, sizeof got, 0), sizeof got);
    CHECK(!memcmp(got, bytes, sizeof got));
    close(from);
    close(to);
}

TEST(a_silent_pipe_is_left_when_the_run_is_cancelled)
{
    int ends[2];
    _Atomic bool cancelled = true;
    CHECK(!pipe(ends));
    struct copy copy = {.to = nowhere(), .cancelled = &cancelled};
    CHECK_INT(copy_descriptor(&copy, ends[0], &err), FC_CANCELLED);
    CHECK_INT(copy_put(&copy, "x", 1, 0, &err), FC_CANCELLED);
    CHECK_INT(copy.written, 0);
    close(ends[0]);
    close(ends[1]);
    close(copy.to);
}

TEST(what_grows_out_of_proportion_is_refused)
{
    const uint64_t gib = 1u << 30;
    struct copy copy = {.to = nowhere(), .written = gib - 1};
    CHECK_INT(copy_put(&copy, "x", 1, 1000, &err), FC_OK); /* 1 GiB at any ratio */
    CHECK_INT(copy_put(&copy, "x", 1, gib / 1000, &err), FC_OK);
    CHECK_INT(copy_put(&copy, "x", 1, 0, &err), FC_OK); /* not compressed */
    CHECK_INT(copy_put(&copy, "x", 1, 700000, &err), FC_IO);
    CHECK(strstr(err.text, "700000 compressed bytes unpack to more than 1000 times"));
    close(copy.to);
}

TEST(the_last_space_stays_free)
{
    struct copy copy = {.to = temporary_file()};
    static const char byte;
    CHECK_INT(copy_put(&copy, &byte, (size_t)1 << 60, 0, &err), FC_IO);
    CHECK(strstr(err.text, "too little space") && copy.written == 0);
    close(copy.to);
}

/* A capture in memory is copied up to a window behind `most`. */
TEST(a_capture_is_unpacked_up_to_a_limit)
{
    static char bytes[3 << 20];
    struct copy copy = {.to = nowhere(), .most = 1};
    CHECK_INT(source_unpack(&(struct source_place){SOURCE_MEMORY, "x", .memory = bytes, .len = sizeof bytes},
                            &copy, &err),
              FC_OK);
    CHECK_INT(copy.written, sizeof bytes); /* memory is one window */
    int file = temporary_file();
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    CHECK(spool_write(file, bytes, sizeof bytes));
    copy.written = 0;
    CHECK_INT(source_unpack(&(struct source_place){.name = path}, &copy, &err), FC_OK);
    CHECK(copy.written > 0 && copy.written <= 1 << 20 && copy.written < sizeof bytes);
    close(file);
    close(copy.to);
}
