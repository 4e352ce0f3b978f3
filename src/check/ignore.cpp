#include "check/ignore.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "check/catalogue.h"
#include "diag/render.h"
#include "diag/suggest.h"

namespace bh::check {
namespace {

using diag::Code;

constexpr std::string_view blanks = " \t\r";

std::string_view next_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r,"), rest.size()));
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t\r,"));
  rest.remove_prefix(word.size());
  return word;
}

/// A comment's line says nothing else, or nothing at all.
bool says_nothing(std::string_view line) {
  const std::size_t first = line.find_first_not_of(blanks);
  return first == std::string_view::npos ||
         (line[first] == '#' && !line.substr(first).starts_with("#include"));
}

}  // namespace

std::string name_of(Code code) {
  std::string name(diag::info(code).name);
  std::ranges::replace(name, '_', '-');
  return name;
}

std::optional<Code> code_named(std::string_view word) {
  for (const Check& check : catalogue())
    for (const Code code : check.codes)
      if (word == name_of(code) || word == fmt::format("BH{}", diag::info(code).number)) return code;
  return std::nullopt;
}

Ignores::Ignores(const diag::SourceMap& sources, diag::SourceId source, Findings& out)
    : sources_(sources), source_(source) {
  constexpr std::string_view key = "bulkhead: ignore";
  const std::string_view text = sources.text(source);
  for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + key.size())) {
    const std::size_t mark = text.find_last_not_of(blanks, at == 0 ? 0 : at - 1);
    if (at == 0 || mark == std::string_view::npos || text[mark] != '#') continue;
    const std::string_view rest = text.substr(at + key.size());
    read_comment(static_cast<std::uint32_t>(mark), rest.substr(0, rest.find('\n')), out);
  }
}

void Ignores::read_comment(std::uint32_t begin, std::string_view rest, Findings& out) {
  constexpr std::string_view of_file = "-file";
  const auto end = static_cast<std::uint32_t>(rest.data() + rest.size() - sources_.text(source_).data());
  const diag::Span comment = {source_, begin, end};
  const bool whole_file = rest.starts_with(of_file);
  if (whole_file) rest.remove_prefix(of_file.size());
  const std::uint32_t line = whole_file ? 0 : line_meant(begin);
  bool any = false;
  for (std::string_view word = next_word(rest); !word.empty(); word = next_word(rest)) {
    const auto code = code_named(word);
    if (!code && any) return;  // the reason begins
    if (!code) {
      std::vector<std::string> names;
      for (const Check& check : catalogue())
        for (const Code known : check.codes) names.push_back(name_of(known));
      const std::vector<std::string_view> views(names.begin(), names.end());
      const auto meant = diag::did_you_mean(word, views);
      out.report(Code::bad_ignore, comment, fmt::format("`{}` is no finding of check", diag::printable(word)))
          .with_help(meant ? fmt::format("did you mean `{}`?", *meant)
                           : "name it as a finding does: `BH4105` or `writable-code`");
      return;
    }
    any = true;
    entries_.push_back({*code, comment, line});
  }
  if (!any)
    out.report(Code::bad_ignore, comment, "this comment does not say which finding it ignores")
        .with_help("name it: `# bulkhead: ignore BH4105 (why)`");
}

std::uint32_t Ignores::line_meant(std::uint32_t comment) const {
  const std::string_view text = sources_.text(source_);
  std::uint32_t line = sources_.position(source_, comment).line;
  std::size_t begin = comment;
  while (begin > 0 && text[begin - 1] != '\n') --begin;
  if (text.substr(begin, comment - begin).find_first_not_of(blanks) != std::string_view::npos) return line;
  do {
    begin = text.find('\n', begin);
    if (begin == std::string_view::npos) return line;
    ++begin;
    ++line;
  } while (says_nothing(text.substr(begin, text.substr(begin).find('\n'))));
  return line;
}

void Ignores::apply(std::vector<Finding>& findings) {
  std::erase_if(findings, [&](const Finding& finding) {
    const diag::Span span = finding.diagnostic.span;
    if (span.source != source_) return false;
    const std::uint32_t first = sources_.position(source_, span.begin).line;
    const std::uint32_t last =
        sources_.position(source_, std::max(span.begin, span.end == 0 ? 0 : span.end - 1)).line;
    bool ignored = false;
    for (Entry& entry : entries_)
      if (entry.code == finding.diagnostic.code &&
          (entry.line == 0 || (entry.line >= first && entry.line <= last)))
        ignored = entry.used = true;
    return ignored;
  });
}

void Ignores::report_unused(Findings& out) const {
  for (const Entry& entry : entries_)
    if (!entry.used)
      out.report(Code::unused_ignore, entry.comment,
                 fmt::format("nothing is ignored here: there is no BH{} ({})", diag::info(entry.code).number,
                             name_of(entry.code)))
          .with_help("take the comment away");
}

}  // namespace bh::check
