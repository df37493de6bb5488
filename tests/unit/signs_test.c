/* Signs of what is not read here: what must be told, and what must not. */
#include <string.h>

#include "proto/signs.h"
#include "test.h"

#define BYTES(text) rd_make((const uint8_t *)(text), sizeof(text) - 1, sizeof(text) - 1)

TEST(handshake_inside)
{
    CHECK(sign_inside(BYTES("\x12\1\0\x40\0\0\1\0\x16\3\1\0\x40\1\0\0\x3c\3\3"), TLS_READERS));
    CHECK(sign_inside(BYTES("\x16\3\1\0\x40\2\0\0\x3c\3\3"), READER_BIT(READER_X509)));
    CHECK(!sign_inside(BYTES("\x16\3\1\0\x40\1\0\0\x3c\3\3"),
                       READER_BIT(READER_HTTP) | READER_BIT(READER_DNS)));
    CHECK(!sign_inside(BYTES("\x16\3\1\0\x40\1"), TLS_READERS));
    CHECK(!sign_inside(BYTES("\x16\x16\x16\x16\x16\x16\x16\x16\x16"), TLS_READERS));
    CHECK(!sign_inside(BYTES(""), APP_READERS));
}

TEST(certificate_inside)
{
    CHECK(sign_inside(BYTES("xx\x06\x03\x55\x04\x03\x0c"), READER_BIT(READER_X509)));
    CHECK(
        sign_inside(BYTES("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), READER_BIT(READER_X509)));
    CHECK(!sign_inside(BYTES("xx\x06\x03\x55\x04\x03\x0c"), TLS_READERS));
    CHECK(!sign_inside(BYTES("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"),
                       READER_BIT(READER_X509))); /* Kerberos */
    CHECK(!sign_inside(BYTES("\x06\x06\x06\x03\x55"), READER_BIT(READER_X509)));
    CHECK(sign_inside(BYTES("Content-Type: application/pkcs7-mime"), READER_BIT(READER_X509)));
}

TEST(text_inside)
{
    CHECK(sign_inside(BYTES("x\r\nGET / HTTP/1.1\r\n"), READER_BIT(READER_HTTP)));
    CHECK(sign_inside(BYTES("  SSH-2.0-x"), READER_BIT(READER_SSH)));
    CHECK(!sign_inside(BYTES("GET / HTTP/1.1\r\n"), READER_BIT(READER_SSH) | TLS_READERS |
                                                        READER_BIT(READER_X509) | READER_BIT(READER_DNS)));
}

TEST(eap)
{
    static const char frame[] = "\1\2\3\4\5\6\1\2\3\4\5\6\x88\x8e\1\0\0\6\1\7\0\6\x0d\x20";
    static const char radius[] = "\1\2\0\x22"
                                 "0123456789abcdef"
                                 "\1\4ab"
                                 "\x4f\x08\2\7\0\6\x19\0";
    static const char identity[] = "\1\2\0\x22"
                                   "0123456789abcdef"
                                   "\1\4ab"
                                   "\x4f\x08\2\7\0\6\1\0";
    CHECK(sign_eap_frame(BYTES(frame)));
    CHECK(!sign_eap_frame(BYTES("\1\2\3\4\5\6\1\2\3\4\5\6\x88\x8e\1\0\0\6\1\7\0\6\1\x20")));
    CHECK(sign_radius(BYTES(radius)));
    CHECK(!sign_radius(BYTES(identity)));
    CHECK(!sign_radius(BYTES("\1\2\0\x22"
                             "0123456789abcdef"
                             "\1\0")));
}

TEST(proxy)
{
    CHECK(sign_proxy(BYTES("PROXY TCP4 ")));
    CHECK(sign_proxy(BYTES("\r\n\r\n\0\r\nQUIT\n\x21")));
    CHECK(!sign_proxy(BYTES("PROXYTCP4 ")));
}

TEST(others)
{
    struct rd preface = BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), mirror = BYTES("\0\xff\xab\xcd\2"),
              none = BYTES("GET ");
    CHECK(sign_http2(&preface) && !sign_http2(&none));
    CHECK(sign_mirror(&mirror) && !sign_mirror(&none));
}

TEST(media)
{
    static const char crl[] = "application/pkix-crl", text[] = "text/html; charset=x",
                      message[] = "Message/HTTP";
    CHECK(sign_media((const uint8_t *)crl, sizeof crl - 1) == READER_BIT(READER_X509));
    CHECK(sign_media((const uint8_t *)text, sizeof text - 1) == 0);
    CHECK(sign_media((const uint8_t *)message, sizeof message - 1) == READER_BIT(READER_HTTP));
}
