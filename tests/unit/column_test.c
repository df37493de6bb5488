#include "table/column.h"

#include "base/memory.h"
#include "test.h"

TEST(fixed_widths_and_nulls)
{
    struct column c;
    struct ArrowArray a;
    column_init(&c, "x", "S");
    for (int i = 0; i < 1000; i++)
        CHECK(i % 7 == 3 ? column_put_null(&c) : column_put16(&c, (uint16_t)i));
    CHECK(column_finish(&c, &a));
    CHECK_INT(a.length, 1000);
    CHECK_INT(a.null_count, 143);
    CHECK_INT(a.n_buffers, 2);
    CHECK_INT((uintptr_t)a.buffers[0] % 64, 0);
    CHECK_INT((uintptr_t)a.buffers[1] % 64, 0);
    for (int i = 0; i < 1000; i++) {
        bool valid = ((const uint8_t *)a.buffers[0])[i / 8] >> i % 8 & 1;
        CHECK(valid == (i % 7 != 3));
        CHECK_INT(((const uint16_t *)a.buffers[1])[i], valid ? i : 0);
    }
    a.release(&a);
    CHECK(!a.release);
    column_free(&c);
}

TEST(no_validity_without_nulls)
{
    struct column c;
    struct ArrowArray a;
    column_init(&c, "x", "L");
    CHECK(column_put64(&c, 5));
    CHECK(column_finish(&c, &a));
    CHECK(!a.buffers[0] && a.null_count == 0);
    a.release(&a);
    column_free(&c);
}

TEST(empty_arrays_have_buffers)
{
    static const char *const formats[] = {"b", "u", "U", "i"};
    for (size_t i = 0; i < 4; i++) {
        struct column c;
        struct ArrowArray a;
        column_init(&c, "x", formats[i]);
        CHECK(column_finish(&c, &a));
        CHECK(a.length == 0 && a.buffers[1] && a.buffers[a.n_buffers - 1]);
        if (a.n_buffers == 3)
            CHECK_INT(*(const int64_t *)a.buffers[1], 0);
        a.release(&a);
        column_free(&c);
    }
}

TEST(bits)
{
    struct column c;
    struct ArrowArray a;
    column_init(&c, "x", "b");
    for (int i = 0; i < 5000; i++)
        CHECK(i % 11 == 10 ? column_put_null(&c) : column_put_bool(&c, i % 3 == 0));
    CHECK(column_finish(&c, &a));
    for (int i = 0; i < 5000; i++)
        if (i % 11 != 10)
            CHECK_INT(((const uint8_t *)a.buffers[1])[i / 8] >> i % 8 & 1, i % 3 == 0);
    a.release(&a);
    column_free(&c);
}

TEST(text_of_both_offset_widths)
{
    for (int large = 0; large < 2; large++) {
        struct column c;
        struct ArrowArray a;
        column_init(&c, "x", large ? "Z" : "u");
        CHECK(column_put_bytes(&c, "", 0) && column_put_bytes(&c, "abc", 3) && column_put_null(&c));
        CHECK(column_put_bytes(&c, "de", 2));
        CHECK(column_finish(&c, &a));
        const int32_t *narrow = a.buffers[1];
        const int64_t *wide = a.buffers[1];
        static const int want[] = {0, 0, 3, 3, 5};
        for (int i = 0; i < 5; i++)
            CHECK_INT(large ? wide[i] : narrow[i], want[i]);
        CHECK(!memcmp(a.buffers[2], "abcde", 5));
        CHECK_INT(a.null_count, 1);
        a.release(&a);
        column_free(&c);
    }
}

TEST(a_dictionary_starts_anew_with_each_batch)
{
    struct column c;
    struct ArrowArray a;
    char same[] = "tcp";
    CHECK(column_init_dictionary(&c, "x"));
    for (int batch = 0; batch < 2; batch++) {
        CHECK(column_put_word(&c, batch ? "udp" : "tcp") && column_put_word(&c, same) &&
              column_put_word(&c, NULL));
        CHECK(column_put_word(&c, "udp"));
        CHECK(column_finish(&c, &a));
        const int32_t *index = a.buffers[1];
        CHECK_INT(a.dictionary->length, 2);
        CHECK(!memcmp(a.dictionary->buffers[2], batch ? "udptcp" : "tcpudp", 6));
        CHECK_INT(index[0], 0);
        CHECK_INT(index[1], batch);
        CHECK_INT(index[3], !batch);
        CHECK_INT(a.null_count, 1);
        a.release(&a);
    }
    column_free(&c);
}

TEST(a_dictionary_of_many_words_has_each_once)
{
    enum { WORDS = 1000 };
    struct column c;
    struct ArrowArray a;
    char word[20];
    CHECK(column_init_dictionary(&c, "x"));
    for (int batch = 0; batch < 2; batch++) {
        for (int i = 0; i < 3 * WORDS; i++) {
            snprintf(word, sizeof word, "file%d.pcap", i % WORDS);
            CHECK_INT(column_word(&c, word), i % WORDS);
        }
        CHECK(column_finish(&c, &a));
        CHECK_INT(a.dictionary->length, WORDS);
        a.release(&a);
    }
    column_free(&c);
}

static bool put_pairs(struct column *c)
{
    for (uint32_t row = 0; row < 4; row++) {
        for (uint32_t i = 0; i < row; i++) {
            struct column *pair = c->children;
            if (!column_put32(&pair->children[0], i) || !column_put_bytes(&pair->children[1], "v", 1))
                return false;
            pair->length++;
        }
        if (!column_put_list(c))
            return false;
    }
    return true;
}

TEST(children_live_on_when_moved_out)
{
    struct column c;
    struct ArrowArray a, pair, value;
    CHECK(column_init_values(&c, "x", "U") && put_pairs(&c) && column_finish(&c, &a));
    CHECK_INT(a.length, 4);
    CHECK_INT(((const int32_t *)a.buffers[1])[4], 6);
    pair = *a.children[0];
    a.children[0]->release = NULL;
    a.release(&a);
    CHECK_INT(pair.length, 6);
    value = *pair.children[1];
    pair.children[1]->release = NULL;
    pair.release(&pair);
    CHECK_INT(((const int64_t *)value.buffers[1])[6], 6);
    CHECK(!memcmp(value.buffers[2], "vvvvvv", 6));
    value.release(&value);
    column_free(&c);
}

TEST(schemas)
{
    struct column c;
    struct ArrowSchema s;
    CHECK(column_init_values(&c, "ip.ttl", "C") && column_schema(&c, &s));
    CHECK_TEXT(s.format, "+l");
    CHECK_TEXT(s.name, "ip.ttl");
    CHECK_TEXT(s.children[0]->format, "+s");
    CHECK_TEXT(s.children[0]->children[1]->format, "C");
    CHECK_TEXT(s.children[0]->children[1]->name, "value");
    s.release(&s);
    column_free(&c);
    CHECK(column_init_dictionary(&c, "d") && column_schema(&c, &s));
    CHECK_TEXT(s.format, "i");
    CHECK_TEXT(s.dictionary->format, "u");
    s.release(&s);
    column_free(&c);
}

static bool build(struct column *root)
{
    struct ArrowArray a;
    struct ArrowSchema s;
    struct column *c = column_children(root, 3);
    if (!c || !column_init_values(&c[0], "v", "U") || !column_init_dictionary(&c[1], "d"))
        return false;
    column_init(&c[2], "b", "b");
    for (uint32_t i = 0; i < 3; i++)
        if (!put_pairs(&c[0]) || !column_put_word(&c[1], i ? "x" : NULL) || !column_put_null(&c[2]))
            return false;
    if (!column_schema(root, &s))
        return false;
    s.release(&s);
    if (!column_finish(root, &a))
        return !!a.release;
    a.release(&a);
    return true;
}

TEST(memory_may_end_anywhere)
{
    bool done = false;
    for (int n = 0; !done && n < 1000; n++) {
        struct column root;
        column_init(&root, "", "+s");
        memory_fail_after(n);
        done = build(&root);
        memory_fail_after(-1);
        column_free(&root);
    }
    CHECK(done);
}
