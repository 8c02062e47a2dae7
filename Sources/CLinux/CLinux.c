#define _GNU_SOURCE 1
#include "CLinux.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>

int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int clinux_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

static int control(int epoll, int operation, int fd, uint32_t interest, uint64_t tag) {
    uint32_t events = (interest & CLINUX_READ ? EPOLLIN : 0) | (interest & CLINUX_WRITE ? EPOLLOUT : 0);
    struct epoll_event event = {.events = events, .data = {.u64 = tag}};
    return epoll_ctl(epoll, operation, fd, &event);
}

int clinux_epoll_add(int epoll, int fd, uint32_t interest, uint64_t tag) { return control(epoll, EPOLL_CTL_ADD, fd, interest, tag); }

int clinux_epoll_change(int epoll, int fd, uint32_t interest, uint64_t tag) { return control(epoll, EPOLL_CTL_MOD, fd, interest, tag); }

int clinux_epoll_remove(int epoll, int fd) { return control(epoll, EPOLL_CTL_DEL, fd, 0, 0); }

// Kernels before 5.11 have no epoll_pwait2; there the timeout is rounded up to milliseconds.
static int wait_for_events(int epoll, struct epoll_event *events, int64_t timeout_ns) {
    static atomic_int lacks_pwait2;
    if (!lacks_pwait2) {
        struct timespec limit = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
        int count = epoll_pwait2(epoll, events, CLINUX_READY_CAPACITY, timeout_ns < 0 ? NULL : &limit, NULL);
        if (count >= 0 || errno != ENOSYS) return count;
        lacks_pwait2 = 1;
    }
    int64_t milliseconds = timeout_ns < 0 ? -1 : timeout_ns / 1000000 + (timeout_ns % 1000000 != 0);
    return epoll_wait(epoll, events, CLINUX_READY_CAPACITY, milliseconds > INT32_MAX ? INT32_MAX : (int)milliseconds);
}

int clinux_epoll_wait(int epoll, struct clinux_ready *ready, int64_t timeout_ns) {
    struct epoll_event events[CLINUX_READY_CAPACITY];
    int count = wait_for_events(epoll, events, timeout_ns);
    for (int i = 0; i < count; i++) {
        uint32_t found = events[i].events;
        ready[i].tag = events[i].data.u64;
        ready[i].state = (found & EPOLLIN ? CLINUX_READ : 0) | (found & EPOLLOUT ? CLINUX_WRITE : 0) |
                         (found & (EPOLLERR | EPOLLHUP) ? CLINUX_FAILED : 0);
    }
    return count;
}

void clinux_precise_timers(void) { prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); }

void clinux_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0UL, 0UL, 0UL); }
