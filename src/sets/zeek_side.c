/* What the sequence numbers of one side of a TCP connection say. */
#include "sets/zeek.h"

bool zeek_tcp_nothing_acked(const struct zeek_end *e)
{
    uint64_t ack = (e->ack_wraps << 32) + e->ack;
    return ack == e->start || ack == e->start + 1;
}

uint64_t zeek_tcp_size(struct zeek_tcp *tcp, const struct zeek_end *e)
{
    if (e->before == SYN_SENT && e->state == RESET && zeek_peer(tcp, e)->state == INACTIVE &&
        !zeek_tcp_nothing_acked(e))
        return 0;
    uint64_t last = (e->last_wraps << 32) + e->last, ack = (e->ack_wraps << 32) + e->ack;
    uint64_t n = (last > ack ? last : ack) - e->start;
    n -= n != 0;
    return n - (e->fins && n);
}
