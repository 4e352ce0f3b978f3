// Any bytes as a compiled policy: the decoder answers or refuses, within its limits. What it accepts must be
// described, too.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "compile/decode.h"
#include "compile/describe.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto policy = bh::compile::decode({reinterpret_cast<const char*>(data), size});
  if (policy) (void)bh::compile::describe(*policy);
  return 0;
}
