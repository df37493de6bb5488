/* A test is `TEST(name) { CHECK(...); }`. A file is a program that runs all of its tests and prints "N
 * passed, N failed". Arguments select tests by a part of their names. */
#ifndef FC_TESTS_TEST_H
#define FC_TESTS_TEST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test {
    const char *name;
    void (*run)(void);
    struct test *next;
};
static struct test *tests, **tests_end = &tests;
static bool test_failed;

#define TEST(name)                                                                                           \
    static void test_##name(void);                                                                           \
    __attribute__((constructor)) static void test_add_##name(void)                                           \
    {                                                                                                        \
        static struct test t = {#name, test_##name, NULL};                                                   \
        *tests_end = &t;                                                                                     \
        tests_end = &t.next;                                                                                 \
    }                                                                                                        \
    static void test_##name(void)

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                                   \
            test_failed = true;                                                                              \
        }                                                                                                    \
    } while (0)

#define CHECK_INT(got, want)                                                                                 \
    do {                                                                                                     \
        long long got_ = (long long)(got), want_ = (long long)(want);                                        \
        if (got_ != want_) {                                                                                 \
            printf("%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #got, got_, want_);                  \
            test_failed = true;                                                                              \
        }                                                                                                    \
    } while (0)

#define CHECK_TEXT(got, want)                                                                                \
    do {                                                                                                     \
        const char *got_ = (got), *want_ = (want);                                                           \
        if (!got_ || strcmp(got_, want_)) {                                                                  \
            printf("%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, #got, got_ ? got_ : "NULL",      \
                   want_);                                                                                   \
            test_failed = true;                                                                              \
        }                                                                                                    \
    } while (0)

/* Converts "45 00 0x1f" to bytes. */
__attribute__((unused)) static size_t test_hex(uint8_t *out, size_t cap, const char *text)
{
    size_t n = 0;
    for (const char *p = text; *p;) {
        unsigned byte;
        int used = 0;
        if (sscanf(p, " %2x%n", &byte, &used) < 1)
            break;
        if (n < cap)
            out[n] = (uint8_t)byte;
        n++;
        p += used;
    }
    return n;
}

/* Whether case `i` belongs to this run: `make test` takes one of `n` parts of the cases, another part each
 * day; `make test-long`, and a program that is started by hand, take all. */
__attribute__((unused)) static bool test_takes(size_t i, size_t n)
{
    const char *all = getenv("FLOWCONTAINER_LONG"), *part = getenv("FLOWCONTAINER_PART");
    return !all || strcmp(all, "0") || i % n == (size_t)(part ? atoi(part) : 0) % n;
}

int main(int argc, char **argv)
{
    int passed = 0, failed = 0;
    for (struct test *t = tests; t; t = t->next) {
        bool chosen = argc < 2;
        for (int i = 1; i < argc; i++)
            chosen |= strstr(t->name, argv[i]) != NULL;
        if (!chosen)
            continue;
        test_failed = false;
        t->run();
        if (test_failed)
            printf("FAILED %s\n", t->name);
        test_failed ? failed++ : passed++;
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}

#endif
