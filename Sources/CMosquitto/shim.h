#pragma once
#include <dlfcn.h>
#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

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

// libmosquitto checks the certificate against the host that it connects to, so a name would have to be its host; and of the addresses of a
// name it tries the first alone. A context of our own lets it connect to an address while OpenSSL tells the server the name and checks the
// certificate against it. OpenSSL is in the process wherever libmosquitto is, so its headers are not needed.
struct waybill_tls {
    // The name in the certificate.
    const char *name;
    // Whether the certificate may be for another name.
    bool accepts_any_name;
    // Why OpenSSL refused the certificate, as X509_V_ERR has it; 0 where it did not.
    long verify_result;
};

// What OpenSSL says of a certificate is what holds.
static int waybill_tls_verify(int is_right, void *certificates) {
    (void)certificates;
    return is_right;
}

// Called by OpenSSL in each step of a handshake: see SSL_CTX_set_info_callback(3).
static void waybill_tls_step(const void *ssl, int where, int value) {
    (void)value;
    void *(*context_of)(const void *) = (void *(*)(const void *))dlsym(RTLD_DEFAULT, "SSL_get_SSL_CTX");
    void *(*data_of)(const void *, int) = (void *(*)(const void *, int))dlsym(RTLD_DEFAULT, "SSL_CTX_get_ex_data");
    struct waybill_tls *tls = context_of && data_of ? (struct waybill_tls *)data_of(context_of(ssl), 0) : NULL;
    if (!tls) return;
    if (where & 0x10) {  // SSL_CB_HANDSHAKE_START
        long (*control)(const void *, int, long, void *) = (long (*)(const void *, int, long, void *))dlsym(RTLD_DEFAULT, "SSL_ctrl");
        int (*set_host)(const void *, const char *) = (int (*)(const void *, const char *))dlsym(RTLD_DEFAULT, "SSL_set1_host");
        if (control) control(ssl, 55, 0, (void *)tls->name);  // SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name
        if (set_host && !tls->accepts_any_name) set_host(ssl, tls->name);
        // The library's own callback knows its client by a number that it draws only when it makes a context itself. In a process in which it never did it
        // finds none, and refuses every certificate. All it would look at is the name.
        void (*set_verify)(const void *, int, int (*)(int, void *)) =
            (void (*)(const void *, int, int (*)(int, void *)))dlsym(RTLD_DEFAULT, "SSL_set_verify");
        if (set_verify) set_verify(ssl, 1, waybill_tls_verify);  // SSL_VERIFY_PEER
    } else if (where & 0x4000) {  // SSL_CB_ALERT
        long (*result)(const void *) = (long (*)(const void *))dlsym(RTLD_DEFAULT, "SSL_get_verify_result");
        if (result) tls->verify_result = result(ssl);
    }
}

// Has a client connect to addresses of tls->name. `tls` must outlive it. Returns whether that can be done.
static inline bool waybill_mosquitto_set_tls_name(struct mosquitto *client, struct waybill_tls *tls) {
    void *(*method)(void) = (void *(*)(void))dlsym(RTLD_DEFAULT, "TLS_client_method");
    void *(*make)(const void *) = (void *(*)(const void *))dlsym(RTLD_DEFAULT, "SSL_CTX_new");
    void (*release)(void *) = (void (*)(void *))dlsym(RTLD_DEFAULT, "SSL_CTX_free");
    int (*set_data)(void *, int, void *) = (int (*)(void *, int, void *))dlsym(RTLD_DEFAULT, "SSL_CTX_set_ex_data");
    void (*set_step)(void *, void (*)(const void *, int, int)) =
        (void (*)(void *, void (*)(const void *, int, int)))dlsym(RTLD_DEFAULT, "SSL_CTX_set_info_callback");
    if (!dlsym(RTLD_DEFAULT, "SSL_set1_host") || !method || !make || !release || !set_data || !set_step) return false;
    void *context = make(method());
    if (!context) return false;
    set_data(context, 0, tls);
    set_step(context, waybill_tls_step);
    // The client counts one more reference.
    bool isSet = mosquitto_void_option(client, MOSQ_OPT_SSL_CTX, context) == MOSQ_ERR_SUCCESS
        && mosquitto_int_option(client, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 1) == MOSQ_ERR_SUCCESS;
    release(context);
    return isSet;
}

// Whether the TLS handshake of a connection is over.
static inline bool waybill_mosquitto_is_encrypted(struct mosquitto *client) {
    void *ssl = mosquitto_ssl_get(client);
    int (*finished)(const void *) = (int (*)(const void *))dlsym(RTLD_DEFAULT, "SSL_is_init_finished");
    return ssl && finished && finished(ssl);
}

// Whether a TCP connection was made, be it that it has ended since: only then options were agreed on and
// the time of a round trip was measured.
static inline bool waybill_was_connected(int socket) {
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    return getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) == 0
        && (info.tcpi_options != 0 || info.tcpi_rtt > 0);
}

// Writes what is queued until the socket takes no more.
static inline int waybill_mosquitto_write(struct mosquitto *client) {
    errno = 0;
    return mosquitto_loop_write(client, 1);
}

// SHA-512 of some bytes. Returns whether there is OpenSSL in the process, which is where libmosquitto was built with TLS.
static inline bool waybill_sha512(const unsigned char *bytes, size_t count, unsigned char digest[64]) {
    unsigned char *(*sha512)(const unsigned char *, size_t, unsigned char *) =
        (unsigned char *(*)(const unsigned char *, size_t, unsigned char *))dlsym(RTLD_DEFAULT, "SHA512");
    return sha512 && sha512(bytes, count, digest);
}
