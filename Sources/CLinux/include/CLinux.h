// What Swift's Glibc module does not surface: epoll, eventfd, timer slack, and waiting with a nanosecond timeout.
// The system's own headers stay in CLinux.c: two modules that see them with different feature macros disagree on their types.
#pragma once
#include <stdint.h>

// What a descriptor is watched for and found to be.
enum { CLINUX_READ = 1, CLINUX_WRITE = 2, CLINUX_FAILED = 4 };

struct clinux_ready {
    uint64_t tag;
    uint32_t state;
};

enum { CLINUX_READY_CAPACITY = 256 };

// Each returns a descriptor, or -1 with errno.
int clinux_epoll_create(void);
int clinux_eventfd(void);

// Each returns 0, or -1 with errno. `interest` is CLINUX_READ | CLINUX_WRITE; errors and hang-ups are always reported.
int clinux_epoll_add(int epoll, int fd, uint32_t interest, uint64_t tag);
int clinux_epoll_change(int epoll, int fd, uint32_t interest, uint64_t tag);
int clinux_epoll_remove(int epoll, int fd);

// Waits at most timeout_ns (negative: for ever) and fills in what is ready, at most CLINUX_READY_CAPACITY.
// Returns the number, or -1 with errno.
int clinux_epoll_wait(int epoll, struct clinux_ready *ready, int64_t timeout_ns);

// Timers of the calling thread fire within a nanosecond's slack instead of the default 50 microseconds.
void clinux_precise_timers(void);

// Names the calling thread for ps, top and perf.
void clinux_name_thread(const char *name);
