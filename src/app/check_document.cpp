#include "app/check_document.h"

#include <algorithm>

#include "app/version.h"
#include "check/catalogue.h"
#include "diag/render.h"

namespace bh::app {
namespace {

using report::Evidence;
using report::Outcome;

Evidence evidence_of(const Session& session, const diag::Diagnostic& diagnostic, Outcome outcome) {
  return {outcome, fmt::format("BH{}", diag::info(diagnostic.code).number), diagnostic.message,
          diagnostic.span.valid() ? session.sources.describe(diagnostic.span) : std::string()};
}

/// Of the codes of one check; and of what no check is for (comments that ignore nothing).
bool belongs(diag::Code code, const check::Check& check) {
  const auto known = [&](const check::Check& one) {
    return std::ranges::find(one.codes, code) != one.codes.end();
  };
  if (known(check)) return true;
  return &check == &check::catalogue().back() && std::ranges::none_of(check::catalogue(), known);
}

class Tests {
 public:
  Tests(const Session& session, std::optional<diag::Severity> fail_on)
      : session_(session), fail_on_(fail_on) {}

  void add(const CheckedFile& file) {
    section_ = {.name = fmt::format("file{}", document.sections.size() + 1),
                .title = diag::printable(file.input)};
    compiles(file);
    if (file.failed.empty()) {
      for (const ExpectationResult& expectation : file.expectations) expected(expectation, file);
      if (file.has_text)
        for (const check::Check& check : check::catalogue()) looked_for(check, file);
    }
    document.sections.push_back(section_);
  }

  report::Document document;

 private:
  void put(report::Finding finding) {
    finding.id = fmt::format("{}", ++number_);
    finding.section = section_.name;
    ++section_.score.counts[static_cast<std::size_t>(finding.outcome)];
    ++document.total.counts[static_cast<std::size_t>(finding.outcome)];
    document.findings.push_back(std::move(finding));
  }

  void compiles(const CheckedFile& file) {
    report::Finding test{.title = "it compiles"};
    if (!file.failed.empty()) {
      test.outcome = Outcome::fail;
      test.summary = file.failed;
      for (std::size_t i = file.said_begin; i < file.said_end; ++i) {
        const diag::Diagnostic& diagnostic = session_.sink.diagnostics()[i];
        if (diagnostic.severity == diag::Severity::error)
          test.evidence.push_back(evidence_of(session_, diagnostic, Outcome::fail));
      }
    }
    put(std::move(test));
  }

  void expected(const ExpectationResult& expectation, const CheckedFile& file) {
    report::Finding test{.title = fmt::format("{}: {} {}", file.profile, expectation.allow ? "allow" : "deny",
                                              expectation.action)};
    if (!expectation.holds) {
      test.outcome = Outcome::fail;
      test.summary = fmt::format("it is {}", expectation.verdict);
    }
    put(std::move(test));
  }

  void looked_for(const check::Check& check, const CheckedFile& file) {
    report::Finding test{.title = std::string(check.name)};
    for (const check::Finding& finding : file.findings) {
      if (!belongs(finding.diagnostic.code, check)) continue;
      const bool fails = fail_on_ && finding.diagnostic.severity >= *fail_on_;
      const Outcome outcome = fails ? Outcome::fail : Outcome::warn;
      test.outcome = std::max(test.outcome, outcome);
      test.evidence.push_back(evidence_of(session_, finding.diagnostic, outcome));
    }
    if (!test.evidence.empty())
      test.summary = test.evidence.size() == 1 ? test.evidence.front().text
                                               : fmt::format("{} findings", test.evidence.size());
    put(std::move(test));
  }

  const Session& session_;
  std::optional<diag::Severity> fail_on_;
  report::Section section_;
  std::size_t number_ = 0;
};

}  // namespace

report::Document document_of(const Session& session, const std::vector<CheckedFile>& files,
                             std::optional<diag::Severity> fail_on) {
  Tests tests(session, fail_on);
  for (const CheckedFile& file : files) tests.add(file);
  tests.document.package = "bulkhead.check";
  tests.document.tool_version = version();
  tests.document.standard = "bulkhead check";
  return std::move(tests.document);
}

bool is_bad(const CheckedFile& file, std::optional<diag::Severity> fail_on) {
  return !std::ranges::all_of(file.expectations, &ExpectationResult::holds) ||
         std::ranges::any_of(file.findings, [&](const check::Finding& finding) {
           return fail_on && finding.diagnostic.severity >= *fail_on;
         });
}

}  // namespace bh::app
