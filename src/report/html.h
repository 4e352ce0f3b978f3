// Text as a part of an HTML page.
#pragma once

#include <string>
#include <string_view>

namespace bh::report {

/// `&`, `<`, `>` and `"` as entities, which HTML and XML share; any other byte as it is.
void append_escaped(std::string& out, char c);

/// For between tags and inside quoted attributes; control bytes made visible.
[[nodiscard]] std::string html(std::string_view text);

}  // namespace bh::report
