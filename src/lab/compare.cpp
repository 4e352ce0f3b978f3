#include "lab/compare.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace bh::lab {
namespace {

using query::CatalogueRow;
using query::RowKind;

/// Of the steps of a column that try this row, each in its own way.
Cell cell_of(const CatalogueRow& row, const Column& column, const LabPlan& plan, const LabReport& report) {
  std::size_t refused = 0, allowed = 0, unmediated = 0;
  for (std::size_t i = column.first; i < column.first + column.count; ++i) {
    const Step& step = plan.steps[i];
    if (step.what != Do::probe || step.argv.empty() || i >= report.steps.size()) continue;
    if (step.argv[0].substr(0, step.argv[0].find('.')) != row.id) continue;
    Verdict verdict = judge(step, report.steps[i]);
    if (verdict == Verdict::refused) ++refused;
    if (verdict == Verdict::allowed) ++(step.expect == Expect::unmediated ? unmediated : allowed);
  }
  if (refused + allowed + unmediated == 0) return Cell::not_staged;
  if (allowed + unmediated == 0) return Cell::refused;
  if (allowed == 0) return Cell::unmediated;  // one way is closed, and about the other nobody is asked
  return refused == 0 ? Cell::allowed : Cell::partly;
}

std::string_view words(const CatalogueRow& row, Cell cell) {
  switch (cell) {
    case Cell::not_staged:
      return "not staged";
    case Cell::refused:
      return "refused";
    case Cell::allowed:
      return row.kind == RowKind::function ? "works" : "allowed";
    case Cell::partly:
      return "partly";
    case Cell::unmediated:
      return row.kind == RowKind::function ? "works" : "not mediated";
  }
  return "";
}

/// Attacks are to be refused, functions to work: what is not so is what a reader looks for.
bool bad(const CatalogueRow& row, Cell cell) {
  if (cell == Cell::not_staged || cell == Cell::unmediated) return false;
  return row.kind == RowKind::attack ? cell != Cell::refused : cell != Cell::allowed;
}

struct Total {
  std::size_t good = 0, all = 0;
};

Total total(const Comparison& comparison, RowKind kind, std::size_t column) {
  Total total;
  for (const auto& [row, cells] : comparison.rows) {
    if (row->kind != kind || cells[column] == Cell::not_staged) continue;
    ++total.all;
    bool works = kind == RowKind::function && cells[column] == Cell::unmediated;
    if (works || (cells[column] != Cell::unmediated && !bad(*row, cells[column]))) ++total.good;
  }
  return total;
}

template <class Line>
void each_total(const Comparison& comparison, Line line) {
  for (auto [kind, title] :
       {std::pair(RowKind::attack, "attacks refused"), std::pair(RowKind::function, "functions that work")}) {
    std::vector<std::string> cells;
    for (std::size_t i = 0; i < comparison.titles.size(); ++i) {
      Total sum = total(comparison, kind, i);
      cells.push_back(fmt::format("{} of {}", sum.good, sum.all));
    }
    line(title, cells);
  }
}

}  // namespace

Comparison compare(std::span<const Column> columns, const LabPlan& plan, const LabReport& report) {
  Comparison comparison{.kernel = report.kernel};
  for (const Column& column : columns) comparison.titles.push_back(column.title);
  for (const CatalogueRow& row : query::catalogue()) {
    Comparison::Row one{&row, {}};
    for (const Column& column : columns) one.cells.push_back(cell_of(row, column, plan, report));
    bool staged = std::ranges::any_of(one.cells, [](Cell cell) { return cell != Cell::not_staged; });
    if (staged) comparison.rows.push_back(std::move(one));
  }
  return comparison;
}

std::string to_text(const Comparison& comparison) {
  std::string out = fmt::format("kernel {}\n", comparison.kernel);
  std::size_t title = 0;
  for (const auto& [row, cells] : comparison.rows) title = std::max(title, row->title.size());
  auto line = [&](std::string_view id, std::string_view text, auto&& cell) {
    out += fmt::format("  {:<5}{:<{}}", id, text, title);
    for (std::size_t i = 0; i < comparison.titles.size(); ++i)
      out += fmt::format("  {:<{}}", cell(i), std::max<std::size_t>(comparison.titles[i].size(), 13));
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  };
  line("", "", [&](std::size_t i) { return comparison.titles[i]; });
  for (const auto& [row, cells] : comparison.rows)
    line(row->id, row->title, [&](std::size_t i) {
      return fmt::format("{}{}", words(*row, cells[i]), bad(*row, cells[i]) ? " <" : "");
    });
  each_total(comparison, [&](std::string_view text, const std::vector<std::string>& cells) {
    line("", text, [&](std::size_t i) { return cells[i]; });
  });
  return out;
}

std::string to_markdown(const Comparison& comparison) {
  std::string out = "| | |";
  for (const std::string& title : comparison.titles) out += fmt::format(" {} |", title);
  out += "\n| --- | --- |";
  for (std::size_t i = 0; i < comparison.titles.size(); ++i) out += " --- |";
  out += '\n';
  for (const auto& [row, cells] : comparison.rows) {
    out += fmt::format("| {} | {} |", row->id, row->title);
    for (Cell cell : cells) {
      std::string_view mark = bad(*row, cell) ? "**" : "";
      out += fmt::format(" {}{}{} |", mark, words(*row, cell), mark);
    }
    out += '\n';
  }
  each_total(comparison, [&](std::string_view text, const std::vector<std::string>& cells) {
    out += fmt::format("| | {} | {} |\n", text, fmt::join(cells, " | "));
  });
  return out;
}

std::string to_json(const Comparison& comparison, const LabPlan& plan, const LabReport& report) {
  auto json = nlohmann::ordered_json::parse(report_to_json(plan, report));
  json["columns"] = comparison.titles;
  auto& rows = json["rows"] = nlohmann::ordered_json::array();
  for (const auto& [row, cells] : comparison.rows) {
    std::vector<std::string_view> said;
    for (Cell cell : cells) said.push_back(words(*row, cell));
    rows.push_back({{"id", row->id},
                    {"title", row->title},
                    {"kind", row->kind == RowKind::attack ? "attack" : "function"},
                    {"cells", said}});
  }
  return json.dump(1);
}

}  // namespace bh::lab
