#include "cli/warnings.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <vector>

#include "diag/suggest.h"

namespace bh::cli {
namespace {

using diag::Code;

struct Category {
  std::string_view name, about;
};

// The names of apparmor_parser 5.0, in its order; then our own.
constexpr Category categories[] = {
    {"rule-not-enforced", "a rule that this kernel, or the policy's abi, does not mediate"},
    {"rule-downgraded", "a rule that is compiled as the nearest one that this kernel can check"},
    {"abi", "an abi that leaves something out, or that this host's parser cannot read"},
    {"deprecated", "nothing here is deprecated yet"},
    {"config", "there is no configuration file to warn about"},
    {"cache", "a cache that is not used because others may write to it"},
    {"debug-cache", "--verbose says of each file whether it came from the cache"},
    {"jobs", "the number of jobs never matters to what is compiled"},
    {"dangerous", "a rule that gives more than it seems to"},
    {"unexpected", "something that is well formed, and probably not what was meant"},
    {"format", "a way of writing that hides what is meant"},
    {"missing", "a part that is not there, and something is taken in its place"},
    {"override", "something said twice, of which one counts"},
    {"dev", "nothing of its own: the sum of what helps to write profiles is `all`"},
    {"pound-include", "`#include` is as good as `include` here"},
    {"spec", "a spec's lines that do nothing, or less than they say"},
};
constexpr std::size_t abi_category = 2, cache_category = 5, dangerous_category = 8, unexpected_category = 9,
                      format_category = 10, missing_category = 11, override_category = 12, spec_category = 15;
constexpr std::size_t none = std::size(categories);

std::size_t category_of(const diag::Diagnostic& diagnostic) {
  switch (diagnostic.code) {
    case Code::not_mediated:
      return 0;
    case Code::rule_downgraded:
      return 1;
    case Code::needs_newer_parser:
    case Code::abi_has_no_word:
    case Code::abi_leaves_out:
      return abi_category;
    case Code::shell_targets:
      return dangerous_category;
    case Code::suspicious_profile_name:
    case Code::suspicious_value:
    case Code::include_loop:
    case Code::path_not_absolute:
    case Code::bad_target:
      return unexpected_category;
    case Code::quoted_newline:
      return format_category;
    case Code::nothing_to_compile:
      return missing_category;
    case Code::listed_twice:
      return override_category;
    default:
      return diag::info(diagnostic.code).number / 1000 == 1 ? spec_category : none;
  }
}

std::optional<std::size_t> category_named(std::string_view name) {
  const auto* found = std::ranges::find(categories, name, &Category::name);
  if (found == std::end(categories)) return std::nullopt;
  return static_cast<std::size_t>(found - categories);
}

Error no_such_category(std::string_view flag, std::string_view word) {
  std::vector<std::string_view> names;
  for (const Category& category : categories) names.push_back(category.name);
  auto guess = diag::did_you_mean(word, names);
  return {fmt::format("--{} {}: no such category ({})", flag, word,
                      guess ? fmt::format("did you mean {}?", *guess) : "--warn show lists them"),
          0};
}

/// `all`, `CATEGORY`, `no-CATEGORY`.
Result<void> set(std::uint32_t& bits, std::string_view flag, std::string_view word) {
  const bool off = word.starts_with("no-");
  const std::string_view name = off ? word.substr(3) : word;
  const auto category = category_named(name);
  if (!category && name != "all") return tl::unexpected(no_such_category(flag, word));
  const std::uint32_t mask = category ? std::uint32_t{1} << *category : ~std::uint32_t{0};
  bits = off ? bits & ~mask : bits | mask;
  return {};
}

}  // namespace

Result<Warnings> Warnings::from(const Arguments& arguments) {
  Warnings warnings;
  for (const std::string& word : arguments.all("warn"))
    if (word != "show") BH_TRY_DO(set(warnings.shown_, "warn", word));
  for (const std::string& word : arguments.all("werror")) BH_TRY_DO(set(warnings.stopping_, "werror", word));
  return warnings;
}

bool Warnings::shows(const diag::Diagnostic& diagnostic) const {
  if (diagnostic.severity == diag::Severity::error || stops_at(diagnostic)) return true;
  const std::size_t category = category_of(diagnostic);
  return category == none || (shown_ >> category & 1) != 0;
}

bool Warnings::stops_at(const diag::Diagnostic& diagnostic) const {
  if (diagnostic.severity == diag::Severity::error) return false;
  const std::size_t category = category_of(diagnostic);
  return category == none ? stopping_ == ~std::uint32_t{0} : (stopping_ >> category & 1) != 0;
}

bool Warnings::shows_cache() const { return (shown_ >> cache_category & 1) != 0; }

std::string Warnings::list() const {
  std::string out;
  for (std::size_t i = 0; i < std::size(categories); ++i)
    out += fmt::format("{:<18} {:<6} {}\n", categories[i].name,
                       (stopping_ >> i & 1) != 0 ? "error"
                       : (shown_ >> i & 1) != 0  ? "on"
                                                 : "off",
                       categories[i].about);
  return out;
}

}  // namespace bh::cli
