#include "report/findings.h"

namespace bh::report {

std::string_view word(Outcome outcome) {
  switch (outcome) {
    case Outcome::not_applicable:
      return "not-applicable";
    case Outcome::pass:
      return "pass";
    case Outcome::manual:
      return "manual";
    case Outcome::warn:
      return "warn";
    case Outcome::unknown:
      return "unknown";
    case Outcome::fail:
      return "fail";
  }
  return "";
}

double Score::percent() const {
  double passed = static_cast<double>(of(Outcome::pass)) + 0.5 * static_cast<double>(of(Outcome::warn));
  auto counted = of(Outcome::pass) + of(Outcome::warn) + of(Outcome::fail) + of(Outcome::unknown);
  return counted == 0 ? 100.0 : 100.0 * passed / static_cast<double>(counted);
}

}  // namespace bh::report
