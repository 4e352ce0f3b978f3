#include "compile/names.h"

#include <algorithm>
#include <vector>

#include "policy/words.h"

namespace bh::compile {
namespace {

std::vector<NamedNumber> table_of(policy::Words words) {
  std::vector<NamedNumber> table;
  for (const policy::Word& word : words) table.push_back({word.name, word.value});
  return table;
}

}  // namespace

std::span<const NamedNumber> signal_names() {
  static const auto table = table_of(policy::signals());
  return table;
}
std::span<const NamedNumber> capability_names() {
  static const auto table = table_of(policy::capabilities());
  return table;
}
std::span<const NamedNumber> family_names() {
  static const auto table = table_of(policy::network_families());
  return table;
}
std::span<const NamedNumber> socket_type_names() {
  static const auto table = table_of(policy::socket_types());
  return table;
}
std::span<const NamedNumber> rlimit_names() {
  static const auto table = table_of(policy::rlimits());
  return table;
}

std::optional<std::uint32_t> number_of(std::span<const NamedNumber> names, std::string_view name) {
  const auto found =
      std::find_if(names.begin(), names.end(), [&](const NamedNumber& entry) { return entry.name == name; });
  if (found == names.end()) return std::nullopt;
  return found->number;
}

std::string_view name_of(std::span<const NamedNumber> names, std::uint32_t number) {
  const auto found = std::find_if(names.begin(), names.end(),
                                  [&](const NamedNumber& entry) { return entry.number == number; });
  return found == names.end() ? std::string_view{} : found->name;
}

std::optional<std::uint32_t> signal_number(std::string_view name) { return policy::signal_number(name); }

}  // namespace bh::compile
