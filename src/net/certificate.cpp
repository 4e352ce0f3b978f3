#include "net/certificate.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <limits>
#include <memory>

namespace bh::net {

Result<std::int64_t> certificate_not_before(const std::string& pem) {
  if (pem.empty() || pem.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    return fail("no certificate");
  std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                 BIO_free);
  std::unique_ptr<X509, decltype(&X509_free)> certificate(
      PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr), X509_free);
  if (!certificate) return fail("not a certificate in PEM form");
  std::tm parts = {};
  if (ASN1_TIME_to_tm(X509_get0_notBefore(certificate.get()), &parts) != 1)
    return fail("the certificate's start is not a time");
  return static_cast<std::int64_t>(::timegm(&parts));
}

}  // namespace bh::net
