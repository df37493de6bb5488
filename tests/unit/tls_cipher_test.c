/* The table of cipher suites: its order, and suites found by their number. tests/diff compares the rows with
 * tshark. */
#include "base/release.h"
#include "proto/tls_cipher.h"
#include "test.h"

static const struct {
    uint16_t first, last;
    struct release_range releases;
} rows[] = {
#define CIPHERS(first, last, exchange, payload, releases) {first, last, releases},
#include "proto/tls_ciphers.def"
};

TEST(rows_ascend_and_only_releases_set_equal_suites_apart)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK(rows[i].first <= rows[i].last && rows[i].releases.since <= rows[i].releases.until);
        if (i && rows[i].first <= rows[i - 1].last)
            CHECK(rows[i].last == rows[i - 1].last && rows[i].releases.since > rows[i - 1].releases.until);
    }
}

TEST(a_suite_is_found_by_its_number)
{
    CHECK_INT(tls_cipher_exchange(0x0001), EXCHANGE_RSA);
    CHECK_INT(tls_cipher_exchange(0xc013), EXCHANGE_ECDHE);
    CHECK_INT(tls_cipher_exchange(0x1301), EXCHANGE_NONE);
    CHECK_INT(tls_cipher_exchange(0x0000), EXCHANGE_NONE);
    CHECK_INT(tls_cipher_exchange(0xffff), EXCHANGE_NONE);
    CHECK(tls_cipher_is_plain(0x0002) && tls_cipher_is_plain(0xc03b));
    CHECK(!tls_cipher_is_plain(0x0000) && !tls_cipher_is_plain(0x0047) && !tls_cipher_is_plain(0xc0b4));
}

/* Wireshark reads DHE and ECDHE with a pre-shared key since 4.4. */
TEST(only_rows_of_the_native_release_count)
{
    CHECK_INT(tls_cipher_exchange(0x0090), EXCHANGE_NONE);
    CHECK_INT(tls_cipher_exchange(0xc039), EXCHANGE_NONE);
    CHECK(tls_cipher_is_plain(0xc039) && tls_cipher_is_plain(0x002d));
}
