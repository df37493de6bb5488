/* Paths: files, folders, globs, loops, many files, memory that ends. */
#include "source/paths.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "test.h"

static struct fc_error err;
static struct paths found;
static char home[64];

/* Makes an empty folder for the test and enters it, so that paths are short. */
static void begin(void)
{
    snprintf(home, sizeof home, "/tmp/paths_test_XXXXXX");
    if (!mkdtemp(home) || chdir(home))
        abort();
    err = (struct fc_error){0};
}

static void end(void)
{
    char command[128];
    paths_free(&found);
    snprintf(command, sizeof command, "rm -rf %s", home);
    if (chdir("/") || system(command))
        abort();
}

static void touch(const char *name)
{
    int fd = open(name, O_CREAT | O_WRONLY, 0600);
    if (fd < 0 || close(fd))
        abort();
}

static void folder(const char *name)
{
    if (mkdir(name, 0700))
        abort();
}

/* Returns the found paths with blanks between them. */
static const char *text(void)
{
    static char all[4096];
    size_t n = 0;
    all[0] = 0;
    for (size_t i = 0; i < found.n; i++)
        n += (size_t)snprintf(all + n, sizeof all - n, "%s%s", i ? " " : "", found.items[i]);
    return all;
}

TEST(files_stand_as_they_are_given)
{
    begin();
    touch("b");
    touch(".hidden");
    CHECK_INT(paths_add(&found, "./b", &err), FC_OK);
    CHECK_INT(paths_add(&found, "-", &err), FC_OK);
    CHECK_INT(paths_add(&found, ".hidden", &err), FC_OK);
    CHECK_INT(paths_add(&found, "b", &err), FC_OK);
    CHECK_TEXT(text(), "./b - .hidden b");
    end();
}

TEST(what_is_not_there)
{
    begin();
    CHECK_INT(paths_add(&found, "nothing", &err), FC_NOT_FOUND);
    CHECK(strstr(err.text, "nothing"));
    CHECK_INT(paths_add(&found, "nothing*", &err), FC_NOT_FOUND);
    CHECK_INT(paths_add(&found, "", &err), FC_NOT_FOUND);
    folder("empty");
    CHECK_INT(paths_add(&found, "empty", &err), FC_NOT_FOUND);
    CHECK_INT(paths_add(&found, "empt*", &err), FC_NOT_FOUND);
    touch("file");
    CHECK_INT(paths_add(&found, "file/below", &err), FC_NOT_FOUND);
    CHECK_INT(found.n, 0);
    end();
}

TEST(folders_in_byte_order_of_the_whole_path)
{
    begin();
    folder("d");
    folder("d/sub");
    folder("d/.git");
    touch("d/.git/x");
    touch("d/.hidden");
    touch("d/z");
    touch("d/B");
    touch("d/a");
    touch("d/sub.pcap");
    touch("d/sub/1");
    touch("d/sub-1");
    CHECK_INT(paths_add(&found, "d", &err), FC_OK);
    CHECK_TEXT(text(), "d/B d/a d/sub-1 d/sub.pcap d/sub/1 d/z");
    paths_free(&found);
    CHECK_INT(paths_add(&found, "d/", &err), FC_OK);
    CHECK_TEXT(text(), "d/B d/a d/sub-1 d/sub.pcap d/sub/1 d/z");
    end();
}

TEST(only_files_are_taken_from_folders)
{
    begin();
    folder("d");
    touch("d/file");
    CHECK_INT(mkfifo("d/pipe", 0600), 0);
    CHECK_INT(symlink("file", "d/link"), 0);
    CHECK_INT(symlink("gone", "d/broken"), 0);
    CHECK_INT(paths_add(&found, "d", &err), FC_OK);
    CHECK_TEXT(text(), "d/file d/link");
    end();
}

TEST(loops_of_links_end)
{
    begin();
    folder("d");
    folder("d/e");
    touch("d/e/f");
    CHECK_INT(symlink("..", "d/e/up"), 0);
    CHECK_INT(symlink(".", "d/self"), 0);
    CHECK_INT(paths_add(&found, "d", &err), FC_OK);
    CHECK_TEXT(text(), "d/e/f");
    end();
}

TEST(each_folder_is_read_once)
{
    begin();
    folder("d");
    folder("d/b");
    touch("d/b/f");
    CHECK_INT(symlink("b", "d/a"), 0); /* a real name comes before a link */
    folder("outside");
    touch("outside/g");
    CHECK_INT(symlink("../outside", "d/y"), 0);
    CHECK_INT(symlink("../outside", "d/x"), 0);
    CHECK_INT(paths_add(&found, "d", &err), FC_OK);
    CHECK_TEXT(text(), "d/b/f d/x/g");
    paths_free(&found);
    CHECK_INT(paths_add(&found, "d/a", &err), FC_OK); /* a link that is named */
    CHECK_TEXT(text(), "d/a/f");
    end();
}

TEST(links_that_fan_out_cost_nothing)
{
    enum { LEVELS = 30 }; /* two links on each level: 2^30 ways to one file */
    begin();
    folder("d");
    for (int i = 0; i <= LEVELS; i++) {
        char name[32], to[32];
        snprintf(name, sizeof name, "d/%d", i);
        folder(name);
        snprintf(to, sizeof to, "../%d", i + 1);
        for (char side = 'a'; side <= 'b' && i < LEVELS; side++) {
            snprintf(name, sizeof name, "d/%d/%c", i, side);
            CHECK_INT(symlink(to, name), 0);
        }
    }
    touch("d/30/f");
    CHECK_INT(paths_add(&found, "d", &err), FC_OK);
    CHECK_TEXT(text(), "d/30/f");
    paths_free(&found);
    CHECK_INT(paths_add(&found, "d/0", &err), FC_OK); /* reached by links alone */
    CHECK_INT(found.n, 1);
    end();
}

TEST(a_folder_that_cannot_be_read_hides_no_other)
{
    begin();
    chmod(home, 0755);
    folder("d");
    chmod("d", 0755);
    folder("d/lost+found");
    chmod("d/lost+found", 0);
    touch("d/a");
    bool root = geteuid() == 0;
    CHECK(!root || !seteuid(65534));
    CHECK_INT(paths_add(&found, "d", &err), FC_OK);
    CHECK_TEXT(text(), "d/a d/lost+found");
    CHECK_INT(paths_add(&found, "d/lost+found", &err), FC_IO);
    CHECK(strstr(err.text, "Permission denied"));
    CHECK(!root || !seteuid(0));
    end();
}

TEST(folders_that_are_nested_too_deep_hide_no_other)
{
    begin();
    char path[1024] = "d";
    folder(path);
    touch("d/a");
    for (int i = 0; i < 202; i++) {
        strcat(path, "/e");
        folder(path);
    }
    CHECK_INT(paths_add(&found, "d", &err), FC_OK);
    CHECK_INT(found.n, 2);
    CHECK(found.n == 2 && strlen(found.items[1]) == 403 && !strcmp(found.items[0], "d/a"));
    end();
}

TEST(globs)
{
    begin();
    folder("d");
    touch("d/1");
    touch("b.pcap");
    touch("a.pcap");
    touch(".c.pcap");
    touch("x[1].pcap");
    touch("x1.pcap");
    CHECK_INT(paths_add(&found, "[ab].pcap", &err), FC_OK);
    CHECK_INT(paths_add(&found, "x[1].pcap", &err), FC_OK); /* a file has exactly this name */
    CHECK_INT(paths_add(&found, "?", &err), FC_OK);
    CHECK_TEXT(text(), "a.pcap b.pcap x[1].pcap d/1");
    paths_free(&found);
    CHECK_INT(paths_add(&found, "*.pcap", &err), FC_OK);
    CHECK_TEXT(text(), "a.pcap b.pcap x1.pcap x[1].pcap");
    end();
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

TEST(a_hundred_thousand_files)
{
    begin();
    folder("d");
    for (int i = 0; i < 100000; i++) {
        char name[32];
        snprintf(name, sizeof name, "d/%06d", i * 7919 % 100000);
        touch(name);
    }
    double start = seconds();
    CHECK_INT(paths_add(&found, "d", &err), FC_OK);
    printf("100,000 files listed in %.3f s\n", seconds() - start);
    CHECK(seconds() - start < 5);
    CHECK_INT(found.n, 100000);
    size_t out_of_order = 0;
    for (size_t i = 1; i < found.n; i++)
        out_of_order += strcmp(found.items[i - 1], found.items[i]) >= 0;
    CHECK_INT(out_of_order, 0);
    end();
}

TEST(memory_that_ends_leaks_nothing)
{
    begin();
    folder("d");
    folder("d/e");
    for (int i = 0; i < 40; i++) {
        char name[16];
        snprintf(name, sizeof name, "d/e/%d", i);
        touch(name);
    }
    static const char *const asked[] = {"d", "d/e/?", "d/e/1"};
    for (int k = 0; k < 3; k++) {
        int64_t calls = 0;
        for (; calls < 200; calls++) {
            memory_fail_after(calls);
            enum fc_status status = paths_add(&found, asked[k], &err);
            memory_fail_after(-1);
            paths_free(&found);
            CHECK(status == FC_OK || status == FC_MEMORY);
            if (status == FC_OK)
                break;
        }
        CHECK(calls >= 2 && calls < 200);
    }
    end();
}
