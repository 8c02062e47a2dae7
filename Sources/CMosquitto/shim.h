#pragma once
#include <dlfcn.h>
#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdbool.h>
#include <sys/ioctl.h>

// libmosquitto says through errno that nothing more is waiting, and it may leave errno as an earlier call set it. These keep errno where
// nothing can come between. It does not tell for sure either: once the library's own socket pair is full, queueing an acknowledgement
// sets errno to the same EAGAIN.

// Handles a few packets. `empty` tells whether nothing more is waiting. Returns MOSQ_ERR_SUCCESS or why the connection is gone.
static inline int waybill_mosquitto_read(struct mosquitto *client, bool *empty) {
    errno = 0;
    int result = mosquitto_loop_read(client, 1);
    *empty = true;
    if (result != MOSQ_ERR_SUCCESS || mosquitto_socket(client) < 0) return result;
    if (errno != EAGAIN) {
        *empty = false;
        return result;
    }
    int waiting = 0;
    if (ioctl(mosquitto_socket(client), FIONREAD, &waiting) == 0 && waiting > 0) *empty = false;
    void *ssl = mosquitto_ssl_get(client);
    if (ssl && *empty) {
        // libmosquitto has OpenSSL in the process wherever it has an SSL object.
        int (*pending)(const void *) = (int (*)(const void *))dlsym(RTLD_DEFAULT, "SSL_pending");
        if (pending && pending(ssl) > 0) *empty = false;
    }
    return result;
}

// Writes what is queued until the socket takes no more.
static inline int waybill_mosquitto_write(struct mosquitto *client) {
    errno = 0;
    return mosquitto_loop_write(client, 1);
}
