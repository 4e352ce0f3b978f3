// The Test Anything Protocol, version 13: one line a test, what was wrong with it as a YAML block.
#include <fmt/format.h>

#include "diag/render.h"
#include "report/render.h"

namespace bh::report {
namespace {

/// `#` begins a directive and a backslash escapes it.
std::string described(std::string_view text) {
  std::string out;
  for (const char c : diag::printable(text)) {
    if (c == '#' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

/// A string of YAML in single quotes.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : diag::printable(text)) {
    if (c == '\'') out += c;
    out += c;
  }
  return out + "'";
}

std::string block(const Finding& finding) {
  std::string out = "  ---\n";
  if (!finding.summary.empty()) out += fmt::format("  message: {}\n", quoted(finding.summary));
  out += fmt::format("  severity: {}\n", finding.outcome == Outcome::warn ? "comment" : "fail");
  if (!finding.evidence.empty()) out += "  data:\n";
  for (const Evidence& item : finding.evidence) {
    out += fmt::format("    - message: {}\n", quoted(item.text));
    if (!item.subject.empty()) out += fmt::format("      subject: {}\n", quoted(item.subject));
    if (!item.where.empty()) out += fmt::format("      at: {}\n", quoted(item.where));
  }
  return out + "  ...\n";
}

}  // namespace

std::string to_tap(const Document& document) {
  std::string out = fmt::format("TAP version 13\n1..{}\n", document.findings.size());
  std::size_t number = 0;
  for (const Finding& finding : document.findings) {
    const bool failed = finding.outcome == Outcome::fail || finding.outcome == Outcome::unknown;
    const bool skipped = finding.outcome == Outcome::manual || finding.outcome == Outcome::not_applicable;
    std::string section = finding.section;
    for (const Section& one : document.sections)
      if (one.name == finding.section) section = one.title;
    out += fmt::format("{} {} - {}: {}{}\n", failed ? "not ok" : "ok", ++number, described(section),
                       described(finding.title),
                       skipped ? fmt::format(" # SKIP {}", described(finding.summary)) : "");
    if (failed || finding.outcome == Outcome::warn) out += block(finding);
  }
  return out;
}

}  // namespace bh::report
