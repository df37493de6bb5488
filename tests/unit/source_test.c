/* Sources: files, pipes, compression, files that are not captures, and memory that ends. */
#include "source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "capture.h"
#include "packed.h"
#include "source/inner.h"
#include "source/paths.h"
#include "source_memory.h"
#include "test.h"

static struct fc_error err;
static char folder[] = "/tmp/source_test_XXXXXX", path[sizeof folder + 32];

static const char *in_folder(const char *name)
{
    if (folder[sizeof folder - 2] == 'X' && !mkdtemp(folder))
        abort();
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

__attribute__((destructor)) static void remove_folder(void)
{
    unlink(in_folder("capture"));
    unlink(in_folder("pipe"));
    rmdir(folder);
}

static const char *write_file(const void *data, size_t len)
{
    FILE *f = fopen(in_folder("capture"), "wb");
    if (!f || fwrite(data, 1, len, f) != len || fclose(f))
        abort();
    return path;
}

/* Counts the frames of an open source and closes it; status and text of the end are left in `err`. */
static int drain(struct source *s)
{
    struct frame f;
    int n = 0;
    err = (struct fc_error){0};
    uint64_t sum = 0;
    while (s && source_next(s, &f, &err) == FC_OK && f.data) {
        for (uint32_t i = 0; i < f.cap_len; i++)
            sum += f.data[i];
        n++;
    }
    CHECK(!s || sum < UINT64_MAX);
    source_close(s);
    return n;
}

static int count_file(const char *name)
{
    struct source *s = NULL;
    err = (struct fc_error){0};
    return source_open(&s, name, &err) == FC_OK ? drain(s) : -1;
}

static int count_bytes(const void *data, size_t len)
{
    struct source *s = NULL;
    err = (struct fc_error){0};
    return source_open_memory(&s, "test", data, len, &err) == FC_OK ? drain(s) : -1;
}

static struct bytes three_frames(void)
{
    struct bytes b = {0};
    add_pcap(&b, 0xa1b2c3d4);
    for (uint32_t i = 0; i < 3; i++)
        add_record(&b, 1700000000 + i, i, sizeof PACKET, 60, 0);
    return b;
}

/* ---- opening ---- */

TEST(missing_files_and_folders)
{
    CHECK_INT(count_file(in_folder("nothing")), -1);
    CHECK_INT(err.status, FC_NOT_FOUND);
    CHECK_INT(count_file("/etc/passwd/x"), -1);
    CHECK_INT(err.status, FC_NOT_FOUND);
    in_folder("");
    CHECK_INT(count_file(folder), -1);
    CHECK_INT(err.status, FC_IO);
}

TEST(an_empty_file_is_a_capture_without_frames)
{
    struct source *s = NULL;
    CHECK_INT(source_open(&s, write_file("", 0), &err), FC_OK);
    CHECK_TEXT(source_format(s), "empty");
    CHECK_INT(source_n_interfaces(s), 0);
    CHECK_INT(drain(s), 0);
    CHECK_INT(err.status, FC_OK);
}

TEST(what_is_no_capture_is_named)
{
    static const struct {
        const char *data;
        size_t len;
        int status;
        const char *part;
    } cases[] = {
        {"ab", 2, FC_FORMAT, "2 bytes"},
        {"To whom it may concern\n", 23, FC_FORMAT, "text"},
        {"\0\1\2\3\4\5\6\7", 8, FC_FORMAT, "00010203"},
        {"PK\3\4....", 8, FC_FORMAT, "zip"},
        {"snoop\0\0\0\0\0\0\2", 12, FC_UNSUPPORTED, "snoop"},
        {"GMBU....", 8, FC_UNSUPPORTED, "Network Monitor"},
        {"btsnoop\0....", 12, FC_UNSUPPORTED, "btsnoop"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_INT(count_bytes(cases[i].data, cases[i].len), -1);
        CHECK_INT(err.status, cases[i].status);
        CHECK(strstr(err.text, cases[i].part));
    }
}

TEST(a_file_is_read_as_its_bytes_are)
{
    struct bytes b = three_frames();
    struct source *s = NULL;
    struct frame f;
    CHECK_INT(source_open(&s, write_file(b.data, b.len), &err), FC_OK);
    for (uint32_t i = 0; i < 3; i++) {
        CHECK_INT(source_next(s, &f, &err), FC_OK);
        CHECK(f.number == i + 1 && f.cap_len == sizeof PACKET && !memcmp(f.data, PACKET, sizeof PACKET));
    }
    CHECK_INT(source_consumed(s), b.len);
    CHECK_INT(drain(s), 0);
}

TEST(frames_are_counted_in_32_bits)
{
    struct bytes b = three_frames();
    struct source *s = NULL;
    struct frame f;
    CHECK_INT(source_open_memory(&s, "test", b.data, b.len, &err), FC_OK);
    s->n_frames = UINT32_MAX - 1;
    CHECK_INT(source_next(s, &f, &err), FC_OK);
    CHECK_INT(f.number, UINT32_MAX);
    CHECK_INT(source_next(s, &f, &err), FC_UNSUPPORTED);
    CHECK(strstr(err.text, "more than 4294967295 frames"));
    CHECK(source_next(s, &f, &err) == FC_OK && !f.data);
    source_close(s);
}

TEST(memory_is_not_copied)
{
    struct bytes b = three_frames();
    struct source *s = NULL;
    struct frame f;
    CHECK_INT(source_open_memory(&s, "test", b.data, b.len, &err), FC_OK);
    CHECK_INT(source_next(s, &f, &err), FC_OK);
    CHECK(f.data == b.data + 40);
    CHECK_INT(drain(s), 2);
}

/* ---- the window ---- */

/* Writes records of many lengths, together longer than the window; one has almost the greatest length. */
static size_t write_long_file(uint32_t n)
{
    struct bytes b = {0};
    static uint8_t data[262144];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    FILE *f = fopen(in_folder("capture"), "wb");
    add_pcap(&b, 0xa1b2c3d4);
    size_t total = b.len;
    fwrite(b.data, 1, b.len, f);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t len = i == 100 ? 262000 : i * 37 % 1500;
        b.len = 0;
        add_record(&b, i, 0, 0, 0, 0);
        memcpy(b.data + 8, &len, 4);
        memcpy(b.data + 12, &len, 4);
        fwrite(b.data, 1, 16, f);
        fwrite(data, 1, len, f);
        total += 16 + len;
    }
    fclose(f);
    return total;
}

TEST(a_file_longer_than_the_window)
{
    size_t total = write_long_file(5000);
    struct source *s = NULL;
    struct frame f;
    uint64_t offset = 24;
    uint32_t n = 0;
    CHECK_INT(source_open(&s, path, &err), FC_OK);
    for (; source_next(s, &f, &err) == FC_OK && f.data; n++) {
        uint32_t len = n == 100 ? 262000 : n * 37 % 1500;
        if (f.offset != offset || f.cap_len != len || f.time_ns != (int64_t)n * 1000000000)
            break;
        if (len && (f.data[0] != 0 || f.data[len - 1] != (uint8_t)((len - 1) * 7)))
            break;
        offset += 16 + len;
    }
    CHECK_INT(n, 5000);
    CHECK_INT(offset, total);
    source_close(s);
}

TEST(a_file_that_shrinks_is_cut)
{
    write_long_file(5000);
    struct source *s = NULL;
    struct frame f;
    CHECK_INT(source_open(&s, path, &err), FC_OK);
    CHECK_INT(source_next(s, &f, &err), FC_OK);
    CHECK_INT(truncate(path, 2000001), 0);
    int n = drain(s);
    CHECK(n > 1000 && n < 4999);
    CHECK_INT(err.status, FC_CUT);
    CHECK(err.offset > 1990000 && err.offset < 2000001);
}

TEST(a_file_that_grows_is_read_to_its_end)
{
    write_long_file(5000);
    struct bytes b = {0};
    struct source *s = NULL;
    struct frame f;
    CHECK_INT(source_open(&s, path, &err), FC_OK);
    CHECK_INT(source_next(s, &f, &err), FC_OK);
    add_record(&b, 5000, 0, sizeof PACKET, 60, 0);
    FILE *more = fopen(path, "ab");
    CHECK(more && fwrite(b.data, 1, b.len, more) == b.len && !fclose(more));
    CHECK_INT(drain(s), 5000);
    CHECK_INT(err.status, FC_OK);
}

/* ---- pipes ---- */

/* Starts a child that writes the bytes, `step` at a time, with a pause behind the first ones. */
static pid_t feed(int fd, const void *data, size_t len, size_t step)
{
    pid_t pid = fork();
    if (pid)
        return pid;
    for (size_t at = 0; at < len; at += step) {
        if (write(fd, (const uint8_t *)data + at, len - at < step ? len - at : step) < 0)
            _exit(1);
        if (at < 20 * step)
            usleep(1000);
    }
    _exit(0);
}

static void on_alarm(int number) { (void)number; }

/* Reads standard input from a pipe while signals interrupt every wait. */
static int count_pipe(const void *data, size_t len, size_t step)
{
    int ends[2], saved = dup(0);
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval often = {{0, 300}, {0, 300}}, never = {0};
    if (saved < 0 || pipe(ends) || sigaction(SIGALRM, &action, NULL))
        abort();
    pid_t child = feed(ends[1], data, len, step);
    close(ends[1]);
    dup2(ends[0], 0);
    close(ends[0]);
    setitimer(ITIMER_REAL, &often, NULL);
    int n = count_file("-");
    setitimer(ITIMER_REAL, &never, NULL);
    dup2(saved, 0);
    close(saved);
    waitpid(child, NULL, 0);
    return n;
}

TEST(standard_input_in_small_pieces)
{
    struct bytes b = three_frames();
    CHECK_INT(count_pipe(b.data, b.len, 1), 3);
    CHECK_INT(err.status, FC_OK);
    CHECK_INT(count_pipe(b.data, b.len, 7), 3);
    CHECK_INT(count_pipe(b.data, b.len - 5, 7), 2);
    CHECK_INT(err.status, FC_CUT);
    CHECK_INT(count_pipe(b.data, 0, 1), 0);
    CHECK_INT(err.status, FC_OK);
}

TEST(a_named_pipe)
{
    struct bytes b = three_frames();
    if (mkfifo(in_folder("pipe"), 0600))
        abort();
    pid_t child = fork();
    if (child == 0) {
        int fd = open(path, O_WRONLY);
        _exit(write(fd, b.data, b.len) != (ssize_t)b.len);
    }
    CHECK_INT(count_file(path), 3);
    waitpid(child, NULL, 0);
}

/* Reads a pipe that stays open behind its bytes until it is quiet, cancels the reading, and asks once more.
 * Returns the frames; the answer to the last question is in `err`. */
static int cancel_quiet_pipe(const void *data, size_t len)
{
    int ends[2], n = 0;
    _Atomic bool cancelled = false;
    struct source *s = NULL;
    struct frame f;
    if (pipe(ends) || write(ends[1], data, len) != (ssize_t)len)
        abort();
    const struct source_place place = {.kind = SOURCE_DESCRIPTOR, .name = "pipe", .descriptor = ends[0]};
    const struct source_watch watch = {.cancelled = &cancelled};
    err = (struct fc_error){0};
    CHECK_INT(source_open_place(&s, &place, &watch, &err), FC_OK);
    for (source_patience(s, 0); !source_next(s, &f, &err) && f.data;)
        n++;
    CHECK(source_is_quiet(s));
    cancelled = true;
    CHECK_INT(source_next(s, &f, &err), FC_CANCELLED);
    CHECK(!f.data);
    source_close(s);
    close(ends[0]);
    close(ends[1]);
    return n;
}

TEST(no_frame_of_a_quiet_pipe_is_read_twice_when_it_is_cancelled)
{
    enum { FILE_HEADER = 24, PART = 20 };
    struct bytes b = three_frames();
    uint8_t more[4096];
    memcpy(more, b.data, b.len);
    memcpy(more + b.len, b.data + FILE_HEADER, PART);
    CHECK_INT(cancel_quiet_pipe(b.data, b.len), 3);
    CHECK_INT(cancel_quiet_pipe(more, b.len + PART), 3);
    CHECK_INT(cancel_quiet_pipe(GZIP_FILE, sizeof GZIP_FILE), 3);
}

/* ---- compression ---- */

static const struct {
    const char *format;
    const uint8_t *data;
    size_t len;
} PACKED[] = {
    {"pcap (gzip)", GZIP_FILE, sizeof GZIP_FILE},    {"pcap (zstd)", ZSTD_FILE, sizeof ZSTD_FILE},
    {"pcap (lz4)", LZ4_FILE, sizeof LZ4_FILE},       {"pcap (xz)", XZ_FILE, sizeof XZ_FILE},
    {"pcap (bzip2)", BZIP2_FILE, sizeof BZIP2_FILE},
};
enum { N_PACKED = sizeof PACKED / sizeof PACKED[0] };

/* Returns true if the build lacks this format; the error must then name the library. */
static bool is_missing(size_t i)
{
    if (count_bytes(PACKED[i].data, PACKED[i].len) >= 0)
        return false;
    CHECK_INT(err.status, FC_UNSUPPORTED);
    CHECK(strstr(err.text, "this build lacks"));
    printf("not built in: %s\n", PACKED[i].format);
    return true;
}

TEST(compressed_files_memory_and_pipes)
{
    for (size_t i = 0; i < N_PACKED; i++) {
        if (is_missing(i))
            continue;
        struct source *s = NULL;
        struct frame f;
        CHECK_INT(source_open(&s, write_file(PACKED[i].data, PACKED[i].len), &err), FC_OK);
        CHECK_TEXT(source_format(s), PACKED[i].format);
        for (uint32_t k = 0; k < 3; k++) {
            CHECK_INT(source_next(s, &f, &err), FC_OK);
            CHECK(f.cap_len == 60 && f.data && f.data[59] == 59 && f.offset == 24 + 76 * k);
            CHECK_INT(f.time_ns, 1700000000000000000 + k * 1000001000ll);
        }
        CHECK_INT(drain(s), 0);
        CHECK_INT(count_bytes(PACKED[i].data, PACKED[i].len), 3);
        CHECK_INT(count_pipe(PACKED[i].data, PACKED[i].len, 3), 3);
        CHECK_INT(err.status, FC_OK);
    }
}

TEST(every_cut_of_compressed_files_is_told)
{
    for (size_t i = 0; i < N_PACKED; i++) {
        if (is_missing(i))
            continue;
        int most = 0;
        for (size_t len = 6; len < PACKED[i].len; len++) {
            int n = count_bytes(PACKED[i].data, len);
            CHECK(n >= most || n == -1); /* -1: no frame came out yet */
            most = n > most ? n : most;
            CHECK_INT(err.status, FC_CUT);
        }
        CHECK_INT(most, 3); /* all frames come out before the last byte of the end mark is there */
    }
}

/* Adds a gzip member with the bytes uncompressed. */
static void add_gzip_stored(struct bytes *b, const uint8_t *data, size_t len)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    add(b, "\x1f\x8b\x08\0\0\0\0\0\0\xff\1", 11);
    add_u16(b, (unsigned)len);
    add_u16(b, (unsigned)~len & 0xffff);
    add(b, data, len);
    add_u32(b, ~crc);
    add_u32(b, (uint32_t)len);
}

TEST(members_follow_each_other)
{
    struct bytes whole = three_frames(), packed = {0};
    if (is_missing(0))
        return;
    for (size_t at = 0; at < whole.len; at += 50)
        add_gzip_stored(&packed, whole.data + at, whole.len - at < 50 ? whole.len - at : 50);
    CHECK_INT(count_bytes(packed.data, packed.len), 3);
    CHECK_INT(err.status, FC_OK);
    CHECK_INT(count_pipe(packed.data, packed.len, 5), 3);
    packed.len -= 30; /* inside the last member */
    CHECK_INT(count_bytes(packed.data, packed.len), 2);
    CHECK_INT(err.status, FC_CUT);
    CHECK_INT(err.offset, 24 + 2 * 58);
}

TEST(what_follows_the_last_member_is_damage)
{
    for (size_t i = 0; i < N_PACKED; i++) {
        struct bytes b = {0};
        if (is_missing(i))
            continue;
        add(&b, PACKED[i].data, PACKED[i].len);
        add(&b, "rubbish", 7);
        CHECK_INT(count_bytes(b.data, b.len), 3);
        CHECK_INT(err.status, FC_FORMAT);
    }
}

TEST(skippable_frames_of_parallel_zstd)
{
    struct bytes b = {0};
    if (is_missing(1))
        return;
    add(&b, "\x50\x2a\x4d\x18\x04\0\0\0rest", 12);
    add(&b, ZSTD_FILE, sizeof ZSTD_FILE);
    add(&b, "\x5f\x2a\x4d\x18\x04\0\0\0rest", 12);
    CHECK_INT(count_bytes(b.data, b.len), 3);
    CHECK_INT(err.status, FC_OK);
}

TEST(damaged_compression_is_told)
{
    for (size_t i = 0; i < N_PACKED; i++) {
        struct bytes b = {0};
        if (is_missing(i))
            continue;
        add(&b, PACKED[i].data, PACKED[i].len);
        memset(b.data + b.len / 2, 0x5a, b.len / 4);
        CHECK(count_bytes(b.data, b.len) < 3 || err.status != FC_OK);
        CHECK(err.status == FC_FORMAT || err.status == FC_CUT);
    }
}

/* ---- memory that ends ---- */

static int try_with_memory(int64_t calls, const char *name)
{
    memory_fail_after(calls);
    int n = count_file(name);
    memory_fail_after(-1);
    CHECK_INT(err.status, n == 3 ? FC_OK : FC_MEMORY);
    return n;
}

TEST(memory_that_ends_leaks_nothing)
{
    struct bytes b = three_frames();
    int64_t calls = 0;
    write_file(b.data, b.len);
    while (try_with_memory(calls, path) != 3 && calls < 100)
        calls++;
    CHECK(calls >= 4 && calls < 100);
    write_file(GZIP_FILE, sizeof GZIP_FILE);
    for (calls = is_missing(0) ? 100 : 0; calls < 100 && try_with_memory(calls, path) != 3; calls++)
        ;
    CHECK(calls >= 6);
}

/* ---- the captures of the project ---- */

static void read_all(const char *where)
{
    struct paths paths = {0};
    if (paths_add(&paths, where, &err) != FC_OK) {
        printf("not there, left out: %s\n", where);
        return;
    }
    long frames = 0, captures = 0;
    for (size_t i = 0; i < paths.n; i++) {
        int n = count_file(paths.items[i]);
        captures += n > 0;
        frames += n > 0 ? n : 0;
        CHECK(n > 0 || err.status != FC_MEMORY);
    }
    CHECK(captures > 10 && frames > captures);
    printf("%s: %ld frames of %ld captures\n", where, frames, captures);
    paths_free(&paths);
}

TEST(captures_of_the_project) { read_all(FC_SOURCE_DIR "/tests/pcaps"); }
TEST(captures_of_the_corpus) { read_all(FC_SOURCE_DIR "/../shared/corpus"); }
