// The version of the build, from the one place that names it: project() in CMakeLists.txt.
#pragma once

#include <string_view>

namespace bh::app {

[[nodiscard]] std::string_view version();

}  // namespace bh::app
