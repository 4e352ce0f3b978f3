#include <fmt/format.h>

#include "diag/render.h"
#include "report/html.h"
#include "report/render.h"

namespace bh::report {
namespace {

/// XML 1.0 takes no control characters, escaped or not: they are made visible first. Nor U+FFFE and U+FFFF,
/// which UTF-8 can write: EF BF BE and EF BF BF become U+FFFD.
std::string xml(std::string_view text) {
  std::string out;
  for (char c : diag::printable(text)) {
    if ((c == '\xbe' || c == '\xbf') && out.ends_with("\xef\xbf")) c = '\xbd';
    append_escaped(out, c);
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
  switch (finding.outcome) {
    case Outcome::pass:
    case Outcome::warn:  // told in the suite's system-out: not every schema takes one in a test case
      return open + "/>\n";
    case Outcome::fail:
      return fmt::format("{}>\n      <failure type=\"fail\" message=\"{}\">{}</failure>\n    </testcase>\n",
                         open, summary, evidence_text(finding));
    case Outcome::unknown:
      return fmt::format("{}>\n      <error type=\"unknown\" message=\"{}\">{}</error>\n    </testcase>\n",
                         open, summary, evidence_text(finding));
    case Outcome::manual:
    case Outcome::not_applicable:
      break;
  }
  return fmt::format("{}>\n      <skipped>{}: {}</skipped>\n    </testcase>\n", open, word(finding.outcome),
                     summary);
}

std::string property(std::string_view name, std::string_view value) {
  return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, xml(value));
}

std::string testsuite(const Document& document, const Section& section, std::size_t number) {
  std::size_t tests = 0;
  for (auto count : section.score.counts) tests += count;
  // The schemas' time stamp has no zone.
  auto stamp = document.taken_at.substr(0, document.taken_at.find('Z'));
  std::string out = fmt::format(
      "  <testsuite name=\"{}\" package=\"{}\" id=\"{}\" hostname=\"{}\" timestamp=\"{}\" "
      "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"0\">\n",
      xml(section.title), document.package, number, document.host.empty() ? "localhost" : xml(document.host),
      stamp.empty() ? "1970-01-01T00:00:00" : xml(stamp), tests, section.score.of(Outcome::fail),
      section.score.of(Outcome::unknown),
      section.score.of(Outcome::manual) + section.score.of(Outcome::not_applicable));
  out += "    <properties>\n" + property("standard", document.standard) +
         property("subject", document.subject) +
         property("score", fmt::format("{:.1f}", section.score.percent())) + "    </properties>\n";
  std::string warnings;
  for (const auto& finding : document.findings) {
    if (finding.section != section.name) continue;
    out += testcase(finding);
    if (finding.outcome == Outcome::warn)
      warnings += xml(fmt::format("warning: {} {}: {}", finding.id, finding.title, finding.summary)) + "\n" +
                  evidence_text(finding);
  }
  return out + "    <system-out>" + warnings +
         "</system-out>\n    <system-err></system-err>\n  </testsuite>\n";
}

}  // namespace

// The form that the schemas of Ant's and of Jenkins' JUnit agree on: what one of them does not know is not
// written.
std::string to_junit(const Document& document) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  std::size_t number = 0;
  for (const auto& section : document.sections) out += testsuite(document, section, number++);
  return out + "</testsuites>\n";
}

}  // namespace bh::report
