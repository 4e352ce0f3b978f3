// A comparison of two policies for people: as text for a terminal, as markdown for a pull request.
#pragma once

#include <string>
#include <vector>

#include "diff/diff.h"
#include "query/equal.h"
#include "query/score.h"

namespace bh::diff {

/// An attack or a function that the two fare differently with.
struct CatalogueChange {
  const query::CatalogueRow* row;
  query::RowOutcome a, b;
};
[[nodiscard]] std::vector<CatalogueChange> catalogue_changes(const compile::CompiledProfile& a,
                                                             const compile::CompiledProfile& b);

/// Two profiles that were compared, by their full names.
struct ComparedProfiles {
  std::string a, b;
  std::vector<Change> changes;
  std::vector<CatalogueChange> catalogue;
};

struct Report {
  std::string a, b;  ///< what the user named
  std::vector<ComparedProfiles> profiles;
  std::vector<std::string> only_a, only_b;  ///< profiles without a counterpart
  [[nodiscard]] bool same() const;
  [[nodiscard]] std::size_t count(bool gain) const;
  [[nodiscard]] const Change* severest_gain() const;
};

struct ReportOptions {
  bool all = false;  ///< every row and every example, not only as many as fit a screen
};

[[nodiscard]] std::string to_text(const Report& report, const ReportOptions& options = {});
[[nodiscard]] std::string to_markdown(const Report& report, const ReportOptions& options = {});

}  // namespace bh::diff
