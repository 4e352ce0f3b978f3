// Reports, each a function from a document to bytes. Control bytes and bytes that are no UTF-8 come out
// visible or replaced: names of containers and images are other people's input.
#pragma once

#include <string>

#include "report/findings.h"

namespace bh::report {

struct TextOptions {
  bool colour = false;
  bool verbose = false;  ///< evidence of all, passes included; otherwise only of what is not fine
};
[[nodiscard]] std::string to_text(const Document& document, const TextOptions& options);
/// docs/audit.md describes it: schema "bulkhead.audit", format 1.
[[nodiscard]] std::string to_json(const Document& document);
/// One testsuite a section, one testcase a check: fail is a failure, unknown an error, manual and not
/// applicable are skipped, a warning passes and is told in the suite's system-out.
[[nodiscard]] std::string to_junit(const Document& document);
/// TAP 13: one test for each finding. A warning is `ok` and tells what it warns of.
[[nodiscard]] std::string to_tap(const Document& document);
/// SARIF 2.1.0 (OASIS, errata 01): one rule a check, one result for each piece of evidence that is not fine.
[[nodiscard]] std::string to_sarif(const Document& document);

}  // namespace bh::report
