/* Invariants: the child is started, read and reaped by one thread of its own, which lives as long as the
 * child: the kernel then ends the child when this process dies, however it does (PR_SET_PDEATHSIG is bound to
 * the thread that forked). A child with file capabilities loses that setting; it ends when it writes its next
 * packet to the pipe. No signal is sent to a process that was reaped. */
#include "run/live.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/os.h"

enum {
    PIPE = 1 << 20,  /* bytes that the child may write ahead of the reader; the kernel may allow less */
    SAID = 1 << 14,  /* kept bytes of its messages, the first half of them from the beginning */
    LOOK_MS = 50,    /* between two looks at the clock */
    DRAIN_MS = 1000, /* the time that a child may still write after it was asked to end */
    FORGIVE_MS = 500 /* then it is asked by SIGTERM, and after this time killed */
};

struct live {
    struct capturer capturer;
    const char **command; /* ends with NULL */
    char **texts;         /* the texts that the command points to */
    size_t n_texts;
    char *name;
    uint32_t seconds;      /* after which the child is asked to end; 0: never */
    int packets, messages; /* reading ends; -1: closed */
    int child_packets, child_messages;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pid_t child; /* 0: not started, or reaped */
    pid_t owner; /* a child that the user forked has neither the thread nor the child */
    bool has_thread, started, ended, finishing;
    int status; /* of waitpid */
    int error;  /* errno of fork */
    char said[SAID];
    size_t said_len;
};

/* ---- making ---- */

/* Copies the texts of the caller; the capturer's path and options are the library's own. */
static bool keep_text(struct live *l, const char **at)
{
    char *copy = memory_text(*at);
    if (!copy)
        return false;
    l->texts[l->n_texts++] = copy;
    *at = copy;
    return true;
}

static bool keep_texts(struct live *l)
{
    size_t n = 0;
    while (l->command[n])
        n++;
    l->texts = memory_zero(n, sizeof *l->texts);
    for (size_t i = 0; l->texts && i < n; i++)
        if (!keep_text(l, &l->command[i]))
            return false;
    return l->texts != NULL;
}

static char *join_names(const struct fc_capture *c)
{
    size_t len = 1;
    for (size_t i = 0; i < c->n_interfaces; i++)
        len += strlen(c->interfaces[i]) + 1;
    char *name = memory_zero(len, 1), *at = name;
    for (size_t i = 0; name && i < c->n_interfaces; i++)
        at += sprintf(at, "%s%s", i ? "," : "", c->interfaces[i]);
    return name;
}

enum fc_status live_new(struct live **out, const struct fc_capture *capture, struct fc_error *err)
{
    if (!capture->n_interfaces)
        return error_set(err, FC_USAGE, -1, "no interface is named");
    struct live *l = memory_zero(1, sizeof *l);
    if (!l)
        return error_memory(err);
    l->packets = l->messages = -1;
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
    enum fc_status status = capturer_find(&l->capturer, err);
    if (!status)
        status = capturer_command(&l->command, &l->capturer, capture, err);
    l->seconds = capturer_seconds(&l->capturer, capture);
    if (!status && (!keep_texts(l) || !(l->name = join_names(capture))))
        status = error_memory(err);
    if (status)
        live_free(l);
    else
        *out = l;
    return status;
}

const char *live_name(const struct live *l) { return l->name; }

/* ---- the child ---- */

/* Between fork and exec only calls that are safe in a process of many threads. */
static void become_child(const struct live *l, pid_t parent)
{
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t none;
    sigemptyset(&none);
    sigemptyset(&usual.sa_mask);
    sigaction(SIGPIPE, &usual, NULL); /* an ignored signal would stay ignored */
    sigaction(SIGHUP, &usual, NULL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid(); /* Ctrl-C must not end it: the library does, in order */
    os_end_with_parent(SIGTERM);
    if (getppid() != parent)
        _exit(1);
    int nothing = open("/dev/null", O_RDONLY);
    if (dup2(nothing, STDIN_FILENO) >= 0 && dup2(l->child_packets, STDOUT_FILENO) >= 0 &&
        dup2(l->child_messages, STDERR_FILENO) >= 0)
        execv(l->command[0], (char *const *)l->command);
    static const char failed[] =
        "dumpcap: the program could not be started\ntcpdump: the program could not be started\n";
    ssize_t n = write(STDERR_FILENO, failed, sizeof failed - 1);
    (void)n;
    _exit(127);
}

/* Keeps the beginning of the messages, where errors are, and their end, where the counts are. */
static void keep_said(struct live *l, const char *bytes, size_t n)
{
    size_t half = SAID / 2, room = SAID - 1 - l->said_len;
    if (n > half)
        return;
    if (n > room) {
        size_t drop = n - room;
        memmove(l->said + half, l->said + half + drop, l->said_len - half - drop);
        l->said_len -= drop;
    }
    memcpy(l->said + l->said_len, bytes, n);
    l->said_len += n;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads the messages until the child has closed them. */
static void listen_to(struct live *l)
{
    int64_t end = l->seconds ? now_ms() + (int64_t)l->seconds * 1000 : INT64_MAX;
    char bytes[1024];
    for (;;) {
        struct pollfd waiting = {.fd = l->messages, .events = POLLIN};
        ssize_t n = poll(&waiting, 1, LOOK_MS) > 0 ? read(l->messages, bytes, sizeof bytes) : -1;
        if (n == 0)
            return;
        if (n > 0)
            keep_said(l, bytes, (size_t)n);
        if (now_ms() >= end) {
            live_finish(l);
            end = INT64_MAX;
        }
    }
}

static void *mind(void *argument)
{
    struct live *l = argument;
    pid_t parent = getpid(), child;
    pthread_mutex_lock(&l->lock);
    child = fork();
    if (child == 0)
        become_child(l, parent);
    l->error = child < 0 ? errno : 0;
    l->child = child < 0 ? 0 : child;
    l->started = true;
    close(l->child_packets);
    close(l->child_messages);
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
    if (child > 0) {
        siginfo_t info;
        listen_to(l);
        while (waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
            ;
        pthread_mutex_lock(&l->lock);
        while (waitpid(child, &l->status, 0) < 0 && errno == EINTR)
            ;
        l->child = 0;
    } else {
        pthread_mutex_lock(&l->lock);
    }
    l->ended = true;
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

static void close_end(int *end)
{
    if (*end >= 0)
        close(*end);
    *end = -1;
}

static bool make_pipes(struct live *l)
{
    int packets[2], messages[2];
    if (!os_pipe(packets))
        return false;
    if (!os_pipe(messages)) {
        close(packets[0]);
        close(packets[1]);
        return false;
    }
    os_pipe_grow(packets[0], PIPE);
    l->packets = packets[0];
    l->child_packets = packets[1];
    l->messages = messages[0];
    l->child_messages = messages[1];
    return true;
}

enum fc_status live_start(struct live *l, int *file, struct fc_error *err)
{
    l->owner = getpid();
    if (!make_pipes(l))
        return error_set(err, FC_IO, -1, "no pipe: %s", strerror(errno));
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    l->has_thread = pthread_create(&l->thread, NULL, mind, l) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!l->has_thread) {
        close(l->child_packets);
        close(l->child_messages);
        return error_set(err, FC_IO, -1, "no thread could be started");
    }
    pthread_mutex_lock(&l->lock);
    while (!l->started)
        pthread_cond_wait(&l->changed, &l->lock);
    int error = l->error;
    if (!error && l->finishing)
        kill(l->child, SIGINT);
    pthread_mutex_unlock(&l->lock);
    *file = l->packets;
    return error ? error_set(err, FC_IO, -1, "no process could be started: %s", strerror(error)) : FC_OK;
}

/* ---- the end ---- */

static void send_signal(struct live *l, int number)
{
    pthread_mutex_lock(&l->lock);
    if (l->child)
        kill(l->child, number);
    pthread_mutex_unlock(&l->lock);
}

/* A child that began to end is not asked again: dumpcap may take a second signal for impatience. */
void live_finish(struct live *l)
{
    pthread_mutex_lock(&l->lock);
    if (l->child && !l->finishing)
        kill(l->child, SIGINT);
    l->finishing = true;
    pthread_mutex_unlock(&l->lock);
}

static bool wait_for_end(struct live *l, int ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (long)(ms % 1000) * 1000000L;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&l->lock);
    int waited = 0;
    while (!l->ended && !waited)
        waited = pthread_cond_timedwait(&l->changed, &l->lock, &until);
    bool ended = l->ended;
    pthread_mutex_unlock(&l->lock);
    return ended;
}

/* Reads and discards the rest, so that a child that waits for room in the pipe can end in order and say
 * its counts. */
static void drain(struct live *l)
{
    char bytes[1 << 14];
    int64_t end = now_ms() + DRAIN_MS;
    while (now_ms() < end) {
        struct pollfd waiting = {.fd = l->packets, .events = POLLIN};
        if (poll(&waiting, 1, LOOK_MS) > 0 && read(l->packets, bytes, sizeof bytes) <= 0)
            return;
    }
}

static void end_child(struct live *l)
{
    live_finish(l);
    drain(l);
    close_end(&l->packets);
    if (!wait_for_end(l, FORGIVE_MS))
        send_signal(l, SIGTERM);
    if (!wait_for_end(l, FORGIVE_MS))
        send_signal(l, SIGKILL);
    pthread_join(l->thread, NULL);
    l->has_thread = false;
}

enum fc_status live_end(struct live *l, struct report *report, uint64_t frames)
{
    char why[1024];
    if (!l->has_thread || l->owner != getpid())
        return FC_OK;
    end_child(l);
    l->said[l->said_len] = 0;
    report->notes[NOTE_KERNEL_DROPS] += capturer_drops(l->said);
    bool failed = WIFEXITED(l->status) ? WEXITSTATUS(l->status) != 0 : !l->finishing;
    if (!failed)
        return FC_OK;
    if (!frames && report->notes[NOTE_EMPTY_CAPTURES])
        report->notes[NOTE_EMPTY_CAPTURES]--; /* the rest of the capture is unknown */
    if (!capturer_failure(why, sizeof why, &l->capturer, l->said))
        snprintf(why, sizeof why, "%.500s ended by itself", l->capturer.path);
    struct fc_error error;
    error_set(&error, FC_IO, -1, "%s", why);
    return report_problem(report, l->name, &error, frames);
}

void live_free(struct live *l)
{
    if (!l)
        return;
    if (l->has_thread && l->owner == getpid())
        end_child(l);
    close_end(&l->packets);
    close_end(&l->messages);
    for (size_t i = 0; i < l->n_texts; i++)
        memory_free(l->texts[i]);
    memory_free(l->texts);
    memory_free(l->command);
    memory_free(l->name);
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
    memory_free(l);
}

/* ---- the list of interfaces ---- */

static enum fc_status read_list(char **out, struct live *l, struct fc_error *err)
{
    enum { MOST = 1 << 20 };
    size_t len = 0;
    char *text = memory_zero(1, MOST + 1);
    ssize_t n = text ? 1 : 0;
    while (n > 0 && len < MOST)
        if ((n = read(l->packets, text + len, MOST - len)) > 0)
            len += (size_t)n;
    *out = text;
    return text ? FC_OK : error_memory(err);
}

enum fc_status live_list(char **out, const struct capturer *capturer, struct fc_error *err)
{
    const char *command[] = {capturer->path, "-D", NULL};
    struct live l = {.capturer = *capturer,
                     .command = command,
                     .packets = -1,
                     .messages = -1,
                     .lock = PTHREAD_MUTEX_INITIALIZER,
                     .changed = PTHREAD_COND_INITIALIZER,
                     .name = ""};
    struct report report = {0};
    int file;
    enum fc_status status = live_start(&l, &file, err);
    if (!status)
        status = read_list(out, &l, err);
    if (l.has_thread && live_end(&l, &report, 0))
        status = error_memory(err);
    if (!status && report.n_problems)
        status = error_set(err, FC_IO, -1, "%s", report.problems[0].error.text);
    report_free(&report);
    close_end(&l.messages);
    return status;
}
