/* The clock of a capture's packets, which tells flows when their time is over. It never goes back, although
 * the times of frames may.
 *
 *     now    the sum of all steps forward of the greatest time; 0 at the first frame that has a time
 *     past   now, less the greatest lateness of a frame so far: no frame is expected from before it
 *
 * Frames that are in the order of their times make both the same. A frame that is late by at most
 * CLOCK_LATE_MAX makes `past` stay behind by its lateness from then on. After CLOCK_SET_BACK frames in a row
 * that are later than that, the clock of the capture was set back, or another capture was appended: the clock
 * then counts on from the time of the last of them. */
#ifndef FC_FLOW_PACKET_CLOCK_H
#define FC_FLOW_PACKET_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_LATE_MAX (60 * INT64_C(1000000000))
enum { CLOCK_SET_BACK = 1000 };

/* Zero-initialise it. All times are in nanoseconds. */
struct packet_clock {
    int64_t now, past;
    int64_t greatest;   /* time of a frame */
    int64_t lateness;   /* the greatest so far, at most CLOCK_LATE_MAX */
    uint32_t n_distant; /* frames in a row that were late by more than CLOCK_LATE_MAX */
    bool has_time;
};

/* Takes the time of the next frame. */
void packet_clock_take(struct packet_clock *clock, int64_t time_ns);

#endif
