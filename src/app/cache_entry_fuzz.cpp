// Any bytes as a cache entry, with a checksum that is right: refused, or the same when written again.
#include <cstddef>
#include <cstdint>
#include <string>

#include "app/cache_entry.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body(reinterpret_cast<const char*>(data), size);
  const std::string bytes = bh::app::sealed(body);
  for (const char* key : {"", "key"}) {
    const auto entry = bh::app::unpacked(bytes, key);
    if (!entry) continue;
    const auto again = bh::app::unpacked(bh::app::packed(*entry, key), key);
    BH_CHECK(again && *again == *entry);
  }
  (void)bh::app::unpacked(body, "key");
  return 0;
}
