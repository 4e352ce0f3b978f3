#include <fmt/format.h>

#include "diag/render.h"
#include "report/render.h"

namespace bh::report {
namespace {

/// XML 1.0 takes no control characters, escaped or not: they are made visible first.
std::string xml(std::string_view text) {
  std::string out;
  for (char c : diag::printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string evidence_text(const Finding& finding) {
  std::string out;
  for (const auto& item : finding.evidence) {
    auto where = item.where.empty() ? std::string() : fmt::format(" [{}]", item.where);
    out += xml(fmt::format("{} {}: {}{}", word(item.outcome), item.subject, item.text, where)) + "\n";
  }
  return out;
}

std::string testcase(const Finding& finding) {
  auto open = fmt::format("    <testcase classname=\"{}\" name=\"{} {}\" time=\"0\"", xml(finding.section),
                          xml(finding.id), xml(finding.title));
  auto summary = xml(finding.summary);
  auto evidence = evidence_text(finding);
  switch (finding.outcome) {
    case Outcome::pass:
      return open + "/>\n";
    case Outcome::fail:
      return fmt::format("{}>\n      <failure type=\"fail\" message=\"{}\">{}</failure>\n    </testcase>\n",
                         open, summary, evidence);
    case Outcome::unknown:
      return fmt::format("{}>\n      <error type=\"unknown\" message=\"{}\">{}</error>\n    </testcase>\n",
                         open, summary, evidence);
    case Outcome::warn:
      return fmt::format("{}>\n      <system-out>warning: {}\n{}</system-out>\n    </testcase>\n", open,
                         summary, evidence);
    case Outcome::manual:
    case Outcome::not_applicable:
      break;
  }
  return fmt::format("{}>\n      <skipped message=\"{}: {}\"/>\n    </testcase>\n", open,
                     word(finding.outcome), summary);
}

std::string attributes(const Score& score) {
  std::size_t tests = 0;
  for (auto count : score.counts) tests += count;
  return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"0\"", tests,
                     score.of(Outcome::fail), score.of(Outcome::unknown),
                     score.of(Outcome::manual) + score.of(Outcome::not_applicable));
}

/// JUnit counts skips by suite only.
std::string root_attributes(const Score& score) {
  std::size_t tests = 0;
  for (auto count : score.counts) tests += count;
  return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"0\"", tests, score.of(Outcome::fail),
                     score.of(Outcome::unknown));
}

}  // namespace

std::string to_junit(const Document& document) {
  std::string out = fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{}\" {}>\n",
                                xml(document.standard), root_attributes(document.total));
  for (const auto& section : document.sections) {
    // The schema's time stamp has no zone.
    auto stamp = document.taken_at.substr(0, document.taken_at.find('Z'));
    out += fmt::format("  <testsuite name=\"{}\" {}{}>\n", xml(section.title), attributes(section.score),
                       stamp.empty() ? "" : fmt::format(" timestamp=\"{}\"", xml(stamp)));
    for (const auto& finding : document.findings)
      if (finding.section == section.name) out += testcase(finding);
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

}  // namespace bh::report
