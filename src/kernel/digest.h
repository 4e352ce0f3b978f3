// Digests in lower-case hex, of libmd: what apparmorfs shows for a profile, and the mark in the files that we
// persist.
#pragma once

#include <string>
#include <string_view>

namespace bh::kernel {

[[nodiscard]] std::string sha1_hex(std::string_view bytes);
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

}  // namespace bh::kernel
