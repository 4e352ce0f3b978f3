#include "compile/known_features.h"

#include <array>

// tests/features/* and abi/*, put into the binary by known_features.S.
extern "C" {
extern const char bh_features_6_1[], bh_features_6_1_end[];
extern const char bh_features_6_12[], bh_features_6_12_end[];
extern const char bh_features_7_2[], bh_features_7_2_end[];
extern const char bh_features_abi_default[], bh_features_abi_default_end[];
extern const char bh_features_abi_3_0[], bh_features_abi_3_0_end[];
extern const char bh_features_abi_4_0[], bh_features_abi_4_0_end[];
extern const char bh_features_abi_5_0[], bh_features_abi_5_0_end[];
}

namespace bh::compile {
namespace {

std::string_view text(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

std::span<const KnownFeatures> known_features() {
  static const std::array<KnownFeatures, 3> all = {{
      {"6.1", text(bh_features_6_1, bh_features_6_1_end)},
      {"6.12", text(bh_features_6_12, bh_features_6_12_end)},
      {"7.2", text(bh_features_7_2, bh_features_7_2_end)},
  }};
  return all;
}

std::string_view known_abi(std::string_view name) {
  if (name == "default") return text(bh_features_abi_default, bh_features_abi_default_end);
  if (name == "abi/3.0") return text(bh_features_abi_3_0, bh_features_abi_3_0_end);
  if (name == "abi/4.0") return text(bh_features_abi_4_0, bh_features_abi_4_0_end);
  if (name == "abi/5.0") return text(bh_features_abi_5_0, bh_features_abi_5_0_end);
  return {};
}

}  // namespace bh::compile
