#include "app/version.h"

namespace bh::app {

std::string_view version() { return BH_VERSION; }

}  // namespace bh::app
