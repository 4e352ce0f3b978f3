# OpenSSL is wanted for TCP+TLS only; the static libraries are linked by path so that -static-pie finds them.
set(BH_LIBRARIES ssl crypto)
