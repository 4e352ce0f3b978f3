#include "kernel/digest.h"

#include <sys/types.h>
// libmd's headers want the types above.
#include <sha1.h>
#include <sha2.h>

#include <array>

namespace bh::kernel {

std::string sha1_hex(std::string_view bytes) {
  SHA1_CTX context;
  SHA1Init(&context);
  SHA1Update(&context, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  std::array<char, SHA1_DIGEST_STRING_LENGTH> text{};
  SHA1End(&context, text.data());
  return text.data();
}

std::string sha256_hex(std::string_view bytes) {
  SHA2_CTX context;
  SHA256Init(&context);
  SHA256Update(&context, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  std::array<char, SHA256_DIGEST_STRING_LENGTH> text{};
  SHA256End(&context, text.data());
  return text.data();
}

}  // namespace bh::kernel
