// Text as a part of an HTML page.
#pragma once

#include <string>
#include <string_view>

namespace bh::report {

/// For between tags and inside quoted attributes; control bytes made visible.
[[nodiscard]] std::string html(std::string_view text);

}  // namespace bh::report
