// Internal: the variables of one policy file, and words with `@{…}` replaced.
//
// One value goes in as it is written (it may even hold half of a group); several become `{a,b,c}`. So a rule
// stays one rule, and its language is the union over the values. (Values that hold variables are multiplied
// out first: what `*` means between slashes depends on what stands beside it.) An expansion has a budget of
// bytes, because variables can double at every step.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "diag/diagnostic.h"
#include "policy/ast.h"

namespace bh::policy {

class Variables {
 public:
  Variables(diag::Sink& sink, std::size_t max_bytes) : sink_(sink), budget_(max_bytes) {}

  void assign(const VariableAssignment& node);

  /// The values of `@{profile_name}`, and of `@{attach_path}` and `@{exec_path}`; without a value they are
  /// not defined.
  struct OfProfile {
    std::optional<std::string> name, attachment;
  };
  /// Sets them, and gives back what they were.
  OfProfile exchange_profile(OfProfile values) { return std::exchange(of_profile_, std::move(values)); }

  /// `text` with its variables replaced. Errors are reported at `text`'s place once for each variable.
  [[nodiscard]] std::string expand(const Text& text);
  /// Several words, one for each value of the variable that `text` begins with; otherwise `text` alone.
  [[nodiscard]] std::vector<std::string> split_first(const Text& text);
  /// The values that `text` can take, each without variables (for comparisons, and where an alternation will
  /// not do).
  [[nodiscard]] std::vector<std::string> values(const Text& text);

  [[nodiscard]] bool defined(std::string_view name) const;
  /// The boolean's value; nothing when it is not one.
  [[nodiscard]] std::optional<bool> boolean(std::string_view name) const;
  [[nodiscard]] bool exhausted() const { return exhausted_; }

 private:
  struct Variable {
    VariableAssignment::Kind kind = VariableAssignment::Kind::set;
    std::vector<Text> values;
    diag::Span place;
    /// When it needs nothing of the profile; by Trim.
    std::array<std::optional<std::string>, 4> expanded;
    bool busy = false;
  };
  struct Replaced {
    std::string text;
    bool of_profile = false;
  };
  const Variable* find(std::string_view name) const;
  [[nodiscard]] std::optional<std::string> of_profile(std::string_view name) const;
  /// The slashes that a value loses because there is one beside it already: `@{HOME}/x` with `/root/` is
  /// `/root/x`,
  /// `/srv/@{DIRS}` with `/www/` and `ftp` is `/srv/{www/,ftp}`. Slashes alone, at the start or behind an
  /// empty value, are no such neighbour: what begins with `/@{DIRS}` keeps both. So in the reference's
  /// output, in words of every kind. (Slashes that meet elsewhere in a path are folded later, by
  /// compile/glob.h.)
  struct Trim {
    bool front = false, back = false;
  };
  static void trim(std::string& value, Trim ends);
  Replaced replace(const Text& text);
  /// The values in one list, without variables.
  Replaced value_of(std::string_view name, diag::Span place, Trim ends);
  std::vector<std::string> all_values(const Text& text);
  std::vector<std::string> all_values_of(std::string_view name, diag::Span place);
  bool spend(std::size_t bytes, diag::Span place);
  void undefined(std::string_view name, diag::Span place);
  void loop(std::string_view name, const Variable& variable);

  diag::Sink& sink_;
  std::size_t budget_;
  bool exhausted_ = false;
  std::map<std::string, Variable, std::less<>> variables_;
  std::map<std::string, bool, std::less<>> reported_;
  OfProfile of_profile_;
  bool used_profile_ = false;  ///< the expansion under way needed of_profile_
  bool any_expanded_ = false;
  int depth_ = 0;
};

}  // namespace bh::policy
