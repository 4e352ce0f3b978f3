// Several profiles side by side, as a kernel judged them: one row for each action of the attack catalogue,
// one column for each profile.
//
// A row of the catalogue may be tried in several ways (ID, ID.2, …): it is refused when the kernel refused
// all of them. What a kernel does not ask the profile about is neither refused nor allowed by it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lab/plan.h"
#include "query/catalogue.h"

namespace bh::lab {

/// One profile's part of a plan.
struct Column {
  std::string title;
  std::size_t first = 0;  ///< its steps are [first, first + count)
  std::size_t count = 0;
};

enum class Cell : std::uint8_t { not_staged, refused, allowed, partly, unmediated };

struct Comparison {
  struct Row {
    const query::CatalogueRow* row;
    std::vector<Cell> cells;  ///< one for each column
  };
  std::vector<std::string> titles;
  std::vector<Row> rows;  ///< what was staged for at least one column, in the catalogue's order
  std::string kernel;
};

[[nodiscard]] Comparison compare(std::span<const Column> columns, const LabPlan& plan,
                                 const LabReport& report);

[[nodiscard]] std::string to_text(const Comparison& comparison);
[[nodiscard]] std::string to_markdown(const Comparison& comparison);
/// report_to_json, and the comparison as `columns` and `rows` (id, title, kind, cells).
[[nodiscard]] std::string to_json(const Comparison& comparison, const LabPlan& plan, const LabReport& report);

}  // namespace bh::lab
