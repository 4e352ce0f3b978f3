#include "app/known_features.h"

#include <array>

// tests/features/*, put into the binary by known_features.S.
extern "C" {
extern const char bh_features_6_1[], bh_features_6_1_end[];
extern const char bh_features_6_12[], bh_features_6_12_end[];
extern const char bh_features_7_2[], bh_features_7_2_end[];
}

namespace bh::app {

std::span<const KnownFeatures> known_features() {
  auto text = [](const char* begin, const char* end) {
    return std::string_view(begin, static_cast<std::size_t>(end - begin));
  };
  static const std::array<KnownFeatures, 3> all = {{
      {"6.1", text(bh_features_6_1, bh_features_6_1_end)},
      {"6.12", text(bh_features_6_12, bh_features_6_12_end)},
      {"7.2", text(bh_features_7_2, bh_features_7_2_end)},
  }};
  return all;
}

}  // namespace bh::app
