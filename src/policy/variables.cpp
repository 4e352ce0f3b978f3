#include "policy/variables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "diag/suggest.h"
#include "policy/lexer.h"

namespace bh::policy {
namespace {

using diag::Code;
using Operator = VariableAssignment::Operator;

constexpr std::size_t reference_price = 64;
constexpr int max_variable_depth = 200;  // variables that need variables: no tunables come near

std::string shown(const VariableAssignment& node) {
  return node.kind == VariableAssignment::Kind::set ? fmt::format("@{{{}}}", node.name.value)
                                                    : fmt::format("${}", node.name.value);
}

/// Finds the next `@{NAME}` in `value` from `from`. Escaped ones are no references.
std::size_t next_reference(std::string_view value, std::size_t from, std::size_t& length) {
  for (std::size_t at = from; at < value.size(); ++at) {
    if (value[at] == '\\') {
      ++at;
    } else if (value[at] == '@') {
      length = variable_reference(value.substr(at));
      if (length != 0) return at;
    }
  }
  return std::string_view::npos;
}

/// The place of `length` bytes of a word that stands in the source as it is in `text`.
diag::Span place_in(const Text& text, std::size_t at, std::size_t length) {
  diag::Span span = text.span;
  std::size_t quotes = text.quoted ? 2 : 0;
  if (!span.valid() || span.end - span.begin != text.value.size() + quotes) return span;
  span.begin += static_cast<std::uint32_t>(at + quotes / 2);
  span.end = span.begin + static_cast<std::uint32_t>(length);
  return span;
}

}  // namespace

const Variables::Variable* Variables::find(std::string_view name) const {
  auto at = variables_.find(name);
  return at == variables_.end() ? nullptr : &at->second;
}

void Variables::assign(const VariableAssignment& node) {
  const Variable* old = find(node.name.value);
  bool same_kind = !old || old->kind == node.kind;
  bool redefines = old && (node.op == Operator::assign || !same_kind);
  if (redefines) {
    sink_
        .report(Code::variable_redefined, node.name.span, fmt::format("`{}` is already defined", shown(node)))
        .with_help("`+=` adds values, `?=` sets it only if it is not set, `:=` replaces it")
        .label(old->place, "defined here");
    return;
  }
  if (node.op == Operator::append && !old) {
    std::vector<std::string_view> names;
    for (const auto& [name, variable] : variables_) names.push_back(name);
    auto& report = sink_.report(Code::undefined_variable, node.name.span,
                                fmt::format("`{}` gets more values, but was never defined", shown(node)));
    auto nearest = diag::did_you_mean(node.name.value, names);
    report.help = nearest ? fmt::format("did you mean `@{{{}}}`?", *nearest) : "define it by `=` before";
    return;
  }
  if (node.op == Operator::assign_if_unset && old) return;
  Variable& variable = variables_[node.name.value];
  if (node.op != Operator::append) variable = Variable{node.kind, {}, node.name.span, {}, false};
  variable.values.insert(variable.values.end(), node.values.begin(), node.values.end());
  if (std::exchange(any_expanded_, false))
    for (auto& [name, each] : variables_) each.expanded = {};
}

bool Variables::defined(std::string_view name) const {
  return find(name) != nullptr || of_profile(name).has_value();
}

std::optional<bool> Variables::boolean(std::string_view name) const {
  const Variable* variable = find(name);
  if (!variable || variable->kind != VariableAssignment::Kind::boolean) return std::nullopt;
  char first = variable->values.front().value.front();
  return first == 't' || first == 'T';
}

std::optional<std::string> Variables::of_profile(std::string_view name) const {
  if (name == "profile_name") return of_profile_.name;
  if (name == "attach_path" || name == "exec_path") return of_profile_.attachment;
  return std::nullopt;
}

bool Variables::spend(std::size_t bytes, diag::Span place) {
  if (exhausted_) return false;
  if (bytes <= budget_) {
    budget_ -= bytes;
    return true;
  }
  exhausted_ = true;
  sink_
      .report(Code::expansion_too_large, place,
              "replacing the variables here gives more text than the limit allows")
      .with_help("a variable whose values hold variables with several values grows with every step");
  return false;
}

void Variables::undefined(std::string_view name, diag::Span place) {
  if (!reported_.emplace(std::string(name), true).second) return;
  auto& report = sink_.report(Code::undefined_variable, place,
                              fmt::format("the variable `@{{{}}}` is not defined", name));
  std::vector<std::string_view> names = {"profile_name", "attach_path", "exec_path"};
  for (const auto& [known, variable] : variables_) names.push_back(known);
  if (name == "attach_path" || name == "exec_path") {
    report.help = "it is only defined in a profile that has an attachment";
  } else if (name == "profile_name") {
    report.help = "it is only defined inside a profile";
  } else if (auto nearest = diag::did_you_mean(name, names)) {
    report.help = fmt::format("did you mean `@{{{}}}`?", *nearest);
  } else {
    report.help = "Debian's variables are defined by `include <tunables/global>` before the profile";
  }
}

void Variables::loop(std::string_view name, const Variable& variable) {
  if (!reported_.emplace(std::string(name), true).second) return;
  sink_.report(Code::variable_loop, variable.place,
               fmt::format("the variable `@{{{}}}` needs its own value", name));
}

void Variables::trim(std::string& value, Trim ends) {
  if (ends.front) value.erase(0, std::min(value.find_first_not_of('/'), value.size()));
  while (ends.back && value.ends_with('/') && !value.ends_with("\\/")) value.pop_back();
}

Variables::Replaced Variables::value_of(std::string_view name, diag::Span place, Trim ends) {
  if (exhausted_) return {};
  if (auto own = of_profile(name)) {
    trim(*own, ends);
    return {*own, true};
  }
  auto at = variables_.find(name);
  if (at == variables_.end() || at->second.kind != VariableAssignment::Kind::set) {
    undefined(name, place);
    return {};
  }
  std::optional<std::string>& known = at->second.expanded[(ends.front ? 1U : 0U) + (ends.back ? 2U : 0U)];
  if (known) return {*known, false};
  bool outer_use = std::exchange(used_profile_, false);
  std::vector<std::string> values = all_values_of(name, place);
  Replaced out{{}, std::exchange(used_profile_, outer_use)};
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  // Values that trimming makes equal stay an alternation: what `*` means depends on what stands beside it.
  for (std::string& value : values) trim(value, ends);
  out.text = values.size() == 1 ? values.front() : fmt::format("{{{}}}", fmt::join(values, ","));
  if (values.empty()) out.text.clear();
  if (!out.of_profile) {
    known = out.text;
    any_expanded_ = true;
  }
  return out;
}

Variables::Replaced Variables::replace(const Text& text) {
  std::string_view value = text.value;
  Replaced out;
  std::size_t done = 0, length = 0;
  std::size_t since = 0;  // where in out.text the value that was replaced last begins
  for (std::size_t at = next_reference(value, 0, length); at != std::string_view::npos;
       at = next_reference(value, done, length)) {
    out.text += value.substr(done, at - done);
    diag::Span place = place_in(text, at, length);
    std::size_t end = at + length;
    // Slashes alone, at the start or behind an empty value, are no neighbour.
    bool slash_before =
        out.text.ends_with('/') && out.text.find_first_not_of('/', since) != std::string::npos;
    Trim ends{slash_before, end < value.size() && value[end] == '/'};
    Replaced inner = value_of(value.substr(at + 2, length - 3), place, ends);
    if (!spend(inner.text.size(), place)) return out;
    since = out.text.size();
    out.text += inner.text;
    out.of_profile |= inner.of_profile;
    done = end;
  }
  out.text += value.substr(done);
  return out;
}

std::string Variables::expand(const Text& text) {
  if (text.value.find("@{") == std::string::npos) return text.value;
  return replace(text).text;
}

std::vector<std::string> Variables::split_first(const Text& text) {
  std::size_t length = 0;
  if (next_reference(text.value, 0, length) != 0) return {text.value};
  const std::string rest = text.value.substr(length);
  std::vector<std::string> words =
      all_values_of(std::string_view(text.value).substr(2, length - 3), place_in(text, 0, length));
  for (std::string& word : words) {
    trim(word, {false, rest.starts_with('/')});
    if (!spend(word.size() + rest.size(), text.span)) return {};
    word += rest;
  }
  return words;
}

std::vector<std::string> Variables::values(const Text& text) { return all_values(text); }

std::vector<std::string> Variables::all_values_of(std::string_view name, diag::Span place) {
  // Nothing is remembered here, so a reference has a price even where its values are short.
  if (!spend(reference_price, place)) return {};
  if (auto own = of_profile(name)) {
    used_profile_ = true;
    return {*own};
  }
  auto at = variables_.find(name);
  if (at == variables_.end() || at->second.kind != VariableAssignment::Kind::set) {
    undefined(name, place);
    return {};
  }
  Variable& variable = at->second;
  if (variable.busy) {
    loop(name, variable);
    return {};
  }
  if (depth_ == max_variable_depth) {
    (void)spend(std::numeric_limits<std::size_t>::max(), place);
    return {};
  }
  variable.busy = true;
  ++depth_;
  std::vector<std::string> out;
  for (const Text& value : variable.values) {
    for (std::string& one : all_values(value)) out.push_back(std::move(one));
    if (exhausted_) break;
  }
  --depth_;
  variable.busy = false;
  return out;
}

std::vector<std::string> Variables::all_values(const Text& text) {
  std::string_view value = text.value;
  std::vector<std::string> out{std::string()};
  std::size_t done = 0, length = 0;
  auto append = [&](std::string_view literal) {
    for (std::string& one : out) one += literal;
  };
  for (std::size_t at = next_reference(value, 0, length); at != std::string_view::npos;
       at = next_reference(value, done, length)) {
    append(value.substr(done, at - done));
    std::vector<std::string> next;
    diag::Span place = place_in(text, at, length);
    for (const std::string& tail : all_values_of(value.substr(at + 2, length - 3), place))
      for (const std::string& head : out) {
        if (!spend(head.size() + tail.size() + 1, place)) return {};
        next.push_back(head + tail);
      }
    out = std::move(next);
    done = at + length;
  }
  append(value.substr(done));
  return out;
}

}  // namespace bh::policy
