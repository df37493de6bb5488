/* Preloaded into flowcontainer-worker by tests: makes the dissection of one frame go wrong.
 * FLOWCONTAINER_FAULT is KIND:FRAME or KIND:FIRST-LAST, KIND one of crash, abort, loop, memory, exit, kill,
 * once (a crash of the first child alone), and open and fork, which crash only if the jail lets them do what
 * they should not. */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

typedef void dissect(void *, int, void *, void *, uint32_t *, void *);

static void eat_memory(void)
{
    for (;;) {
        char *more = malloc(1 << 26);
        if (!more)
            abort();
        *(volatile char *)more = 1;
    }
}

static void go_wrong(const char *kind, int *shared)
{
    if (!strcmp(kind, "crash") || (!strcmp(kind, "once") && !(*shared)++))
        raise(SIGSEGV), *(volatile int *)8 = 1;
    if (!strcmp(kind, "abort"))
        abort();
    if (!strcmp(kind, "exit"))
        _exit(0);
    if (!strcmp(kind, "kill"))
        kill(getpid(), SIGKILL), *(volatile int *)8 = 1;
    if (!strcmp(kind, "memory"))
        eat_memory();
    for (volatile int i = 0; !strcmp(kind, "loop"); i++)
        ;
    if (!strcmp(kind, "open") && (open("/etc/passwd", O_RDONLY) >= 0 || socket(AF_INET, SOCK_STREAM, 0) >= 0))
        abort();
    if (!strcmp(kind, "fork") && (fork() >= 0 || mmap(NULL, 4096, PROT_READ | PROT_EXEC,
                                                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED))
        abort();
}

static int *shared;

__attribute__((constructor)) static void share(void)
{
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

/* The frame's number is the first member of what libwireshark calls frame_data. */
void epan_dissect_run_with_taps(void *edt, int type, void *record, void *bytes, uint32_t *frame,
                                void *columns)
{
    static dissect *real;
    char kind[16];
    unsigned first, last;
    const char *fault = getenv("FLOWCONTAINER_FAULT");
    if (!real)
        real = (dissect *)dlsym(RTLD_NEXT, "epan_dissect_run_with_taps");
    int n = fault ? sscanf(fault, "%15[^:]:%u-%u", kind, &first, &last) : 0;
    if (n >= 2 && *frame >= first && *frame <= (n == 3 ? last : first))
        go_wrong(kind, shared);
    real(edt, type, record, bytes, frame, columns);
}
