#include "base/release.h"
#include "test.h"

TEST(versions)
{
    CHECK_INT(release_of("4.0.17"), RELEASE_4_0);
    CHECK_INT(release_of("4.2.0"), RELEASE_4_2);
    CHECK_INT(release_of("4.3.1"), RELEASE_4_2);
    CHECK_INT(release_of("4.4.12"), RELEASE_4_4);
    CHECK_INT(release_of("4.10.0"), RELEASE_4_6);
    CHECK_INT(release_of("5.0.0"), RELEASE_4_6);
    CHECK_INT(release_of("3.6.2"), RELEASE_4_0);
    CHECK_INT(release_of(""), RELEASE_4_0);
    CHECK_INT(release_of("nonsense"), RELEASE_4_0);
}

TEST(ranges)
{
    static const struct release_range every = EVERY_RELEASE, late = SINCE(4_4), early = UNTIL(4_2),
                                      middle = FROM_TO(4_2, 4_4);
    static const bool want[4][N_RELEASES] = {{1, 1, 1, 1}, {0, 0, 1, 1}, {1, 1, 0, 0}, {0, 1, 1, 0}};
    for (int r = 0; r < N_RELEASES; r++) {
        CHECK_INT(release_in(every, (enum release)r), want[0][r]);
        CHECK_INT(release_in(late, (enum release)r), want[1][r]);
        CHECK_INT(release_in(early, (enum release)r), want[2][r]);
        CHECK_INT(release_in(middle, (enum release)r), want[3][r]);
    }
}

static const char *text_of(struct release_range range)
{
    static char text[48];
    release_range_text(text, sizeof text, range);
    return text;
}

TEST(ranges_in_words)
{
    CHECK_TEXT(release_name(RELEASE_4_6), "4.6");
    CHECK_TEXT(text_of((struct release_range)SINCE(4_2)), "Wireshark 4.2 and later");
    CHECK_TEXT(text_of((struct release_range)UNTIL(4_2)), "Wireshark up to 4.2");
    CHECK_TEXT(text_of((struct release_range)FROM_TO(4_2, 4_2)), "Wireshark 4.2 alone");
    CHECK_TEXT(text_of((struct release_range)FROM_TO(4_2, 4_4)), "Wireshark 4.2 to 4.4");
}
