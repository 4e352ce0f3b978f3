#include "generate/abi.h"

namespace bh::generate {

std::string_view name_of(Abi abi) {
  switch (abi) {
    case Abi::v3_0:
      return "3.0";
    case Abi::v4_0:
      return "4.0";
    case Abi::v5_0:
      return "5.0";
  }
  return "";
}

std::optional<Abi> abi_named(std::string_view name) {
  for (Abi abi : abis)
    if (name_of(abi) == name) return abi;
  return std::nullopt;
}

}  // namespace bh::generate
