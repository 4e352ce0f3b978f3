// One fact about a certificate: since when it holds.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace bh::net {

/// Seconds since 1970 of NotBefore of the first certificate in a PEM text.
[[nodiscard]] Result<std::int64_t> certificate_not_before(const std::string& pem);

}  // namespace bh::net
