/* The clock of a capture's packets. Invariant: neither `now` nor `past` ever becomes less. */
#include "flow/packet_clock.h"

/* The difference of two times of frames; INT64_MAX where it is greater. */
static int64_t span(int64_t later, int64_t earlier)
{
    uint64_t ns = (uint64_t)later - (uint64_t)earlier;
    return ns > INT64_MAX ? INT64_MAX : (int64_t)ns;
}

static void step_forward(struct packet_clock *clock, int64_t time_ns)
{
    int64_t step = span(time_ns, clock->greatest);
    clock->now = step > INT64_MAX - clock->now ? INT64_MAX : clock->now + step;
    clock->greatest = time_ns;
    clock->n_distant = 0;
}

static void note_late(struct packet_clock *clock, int64_t time_ns)
{
    int64_t late = span(clock->greatest, time_ns);
    if (late <= CLOCK_LATE_MAX) {
        clock->n_distant = 0;
        clock->lateness = late > clock->lateness ? late : clock->lateness;
    } else if (++clock->n_distant == CLOCK_SET_BACK) {
        clock->n_distant = 0;
        clock->greatest = time_ns;
    }
}

void packet_clock_take(struct packet_clock *clock, int64_t time_ns)
{
    if (!clock->has_time) {
        clock->has_time = true;
        clock->greatest = time_ns;
    }
    if (time_ns >= clock->greatest)
        step_forward(clock, time_ns);
    else
        note_late(clock, time_ns);
    if (clock->now - clock->lateness > clock->past)
        clock->past = clock->now - clock->lateness;
}
