#pragma once
#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// OpenSSL has these as macros, which Swift does not see.
static inline long waybill_ssl_set_host_name(SSL *ssl, const char *name) { return SSL_set_tlsext_host_name(ssl, name); }
static inline long waybill_ssl_set_mode(SSL_CTX *context, long mode) { return SSL_CTX_set_mode(context, mode); }
static inline int waybill_ssl_set_minimum(SSL_CTX *context, int version) { return SSL_CTX_set_min_proto_version(context, version); }
