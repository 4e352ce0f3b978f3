#include "diff/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "compile/describe.h"

namespace bh::diff {
namespace {

constexpr std::size_t rows_in_short = 6, lines_in_short = 2, examples_in_short = 2;

/// A change cut to what fits.
struct Shown {
  std::vector<std::string> rows;  ///< `/etc/** (in part)`
  std::size_t more_rows = 0;
  std::vector<std::string> except;
  std::size_t more_except = 0;
  std::vector<const Example*> examples;
};

/// Backslashes of globs are wanted as they are.
std::string plain(std::string_view text) {
  const std::string escaped = compile::escaped(text);
  std::string out;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    out += escaped[i];
    if (escaped[i] == '\\' && i + 1 < escaped.size() && escaped[i + 1] == '\\') ++i;
  }
  return out;
}

std::string row_text(std::string_view text, const query::GlobRow& row) {
  return plain(text) + (row.exact ? "" : " (in part)");
}

Shown cut(const Change& change, bool all) {
  Shown shown;
  const bool paths = change.objects.rows.size() > rows_in_short && change.kind == "file";
  if (paths && !all) {
    for (const query::GlobRow& row : query::outline(change.objects, rows_in_short).rows)
      shown.rows.push_back(row_text(row.fields.front(), row));
  } else {
    for (std::size_t i = 0; i < change.object_texts.size(); ++i)
      shown.rows.push_back(row_text(change.object_texts[i], change.objects.rows[i]));
  }
  const auto limit = [&](std::vector<std::string>& list, std::size_t most, std::size_t& more) {
    if (all || list.size() <= most) return;
    more = list.size() - most;
    list.resize(most);
  };
  // Exceptions of a widened row would be read as all there are.
  if (!paths || all)
    for (const std::string& text : change.except_texts) shown.except.push_back(plain(text));
  limit(shown.rows, rows_in_short * 2, shown.more_rows);
  limit(shown.except, rows_in_short, shown.more_except);
  // Further examples are there for the rules behind them.
  const auto places = [](const Example& example) {
    std::vector<std::string_view> all_places;
    for (const auto* lines : {&example.lines_a, &example.lines_b})
      for (const query::DecidingLine& line : *lines) all_places.push_back(line.place);
    return all_places;
  };
  for (const Example& example : change.examples) {
    const bool known = std::ranges::any_of(
        shown.examples, [&](const Example* other) { return places(*other) == places(example); });
    if (!all && (known || shown.examples.size() == examples_in_short)) continue;
    shown.examples.push_back(&example);
  }
  return shown;
}

std::string who(const Change& change) {
  if (change.owner_only) return ", for the file's owner";
  return change.other_only ? ", for who does not own the file" : "";
}

std::string objects_text(const Shown& shown) {
  if (shown.rows.empty()) return {};
  std::string text = fmt::format(": {}", fmt::join(shown.rows, ", "));
  if (shown.more_rows > 0) text += fmt::format(" and {} more (--all)", shown.more_rows);
  if (!shown.except.empty()) text += fmt::format(", but not {}", fmt::join(shown.except, ", "));
  if (shown.more_except > 0) text += fmt::format(" and {} more (--all)", shown.more_except);
  return text;
}

/// `web.toml:3:1: deny /etc/** w,`, or why there is none.
std::vector<std::string> rule_texts(const std::vector<query::DecidingLine>& lines, query::Verdict verdict,
                                    bool all) {
  std::vector<std::string> texts;
  for (const query::DecidingLine& line : lines) {
    if (!all && texts.size() == lines_in_short) {
      texts.push_back(fmt::format("and {} more rules (--all)", lines.size() - texts.size()));
      break;
    }
    texts.push_back(line.place.empty() ? line.rule : fmt::format("{}: {}", line.place, line.rule));
  }
  if (texts.empty() && verdict == query::Verdict::denied) texts.emplace_back("no rule allows it");
  return texts;
}

std::string counts(const Report& report) {
  const std::size_t gains = report.count(true), losses = report.count(false);
  std::string text = fmt::format("{} gain{}", gains, gains == 1 ? "" : "s");
  if (const Change* worst = report.severest_gain()) text += fmt::format(" (up to {})", word(worst->severity));
  return text + fmt::format(", {} loss{}", losses, losses == 1 ? "" : "es");
}

std::string heading(const ComparedProfiles& pair) {
  return pair.a == pair.b ? pair.a : fmt::format("{} -> {}", pair.a, pair.b);
}

void example_text(std::string& out, const Example& example, bool all) {
  auto into = std::back_inserter(out);
  fmt::format_to(into, "            e.g. {}\n", compile::escaped(example.action));
  const auto side = [&](std::string_view name, query::Verdict verdict,
                        const std::vector<query::DecidingLine>& lines) {
    const auto rules = rule_texts(lines, verdict, all);
    fmt::format_to(into, "              {}: {}{}\n", name, query::verdict_text(verdict),
                   rules.empty() ? "" : ", " + rules.front());
    for (std::size_t i = 1; i < rules.size(); ++i) fmt::format_to(into, "                 {}\n", rules[i]);
  };
  side("A", example.verdict_a, example.lines_a);
  side("B", example.verdict_b, example.lines_b);
}

void changes_text(std::string& out, const ComparedProfiles& pair, bool gain, bool all) {
  auto into = std::back_inserter(out);
  for (const Change& change : pair.changes) {
    if (change.gain != gain) continue;
    const Shown shown = cut(change, all);
    fmt::format_to(into, "  {} {:<8} {}{}{}\n", gain ? '+' : '-', word(change.severity), change.what,
                   who(change), objects_text(shown));
    if (!change.why.empty()) fmt::format_to(into, "            {}\n", change.why);
    for (const Example* example : shown.examples) example_text(out, *example, all);
  }
}

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string code(const std::string& text) {
  return text.find('`') == std::string::npos ? fmt::format("`{}`", text) : fmt::format("`` {} ``", text);
}

std::string codes(const std::vector<std::string>& texts) {
  std::vector<std::string> all;
  for (const std::string& text : texts) all.push_back(code(text));
  return fmt::format("{}", fmt::join(all, ", "));
}

void changes_markdown(std::string& out, const ComparedProfiles& pair, bool gain, bool all) {
  auto into = std::back_inserter(out);
  out += "| severity | what | where | example | A | B |\n|---|---|---|---|---|---|\n";
  for (const Change& change : pair.changes) {
    if (change.gain != gain) continue;
    const Shown shown = cut(change, all);
    std::string where = codes(shown.rows);
    if (shown.more_rows > 0) where += fmt::format(" and {} more", shown.more_rows);
    if (!shown.except.empty()) where += " but not " + codes(shown.except);
    if (shown.more_except > 0) where += fmt::format(" and {} more", shown.more_except);
    std::string example, a, b;
    if (!shown.examples.empty()) {
      const Example& first = *shown.examples.front();
      example = code(compile::escaped(first.action));
      const auto side = [&](query::Verdict verdict, const auto& lines) {
        const auto rules = rule_texts(lines, verdict, all);
        return fmt::format("{}{}", query::verdict_text(verdict), rules.empty() ? "" : ": " + codes(rules));
      };
      a = side(first.verdict_a, first.lines_a);
      b = side(first.verdict_b, first.lines_b);
    }
    fmt::format_to(into, "| {} | {}{}{} | {} | {} | {} | {} |\n", word(change.severity), cell(change.what),
                   who(change), change.why.empty() ? "" : " (" + change.why + ")", cell(where), cell(example),
                   cell(a), cell(b));
  }
  out += '\n';
}

std::vector<std::string> catalogue_texts(const ComparedProfiles& pair) {
  std::vector<std::string> texts;
  for (const CatalogueChange& change : pair.catalogue)
    texts.push_back(fmt::format("{} {}: {} -> {}", change.row->id, change.row->title,
                                query::outcome_text(change.a), query::outcome_text(change.b)));
  return texts;
}

bool has(const ComparedProfiles& pair, bool gain) {
  return std::ranges::any_of(pair.changes, [&](const Change& change) { return change.gain == gain; });
}

}  // namespace

std::vector<CatalogueChange> catalogue_changes(const compile::CompiledProfile& a,
                                               const compile::CompiledProfile& b) {
  const query::Score of_a = query::score(a), of_b = query::score(b);
  std::vector<CatalogueChange> changes;
  for (std::size_t i = 0; i < of_a.rows.size(); ++i) {
    if (of_a.rows[i].outcome != of_b.rows[i].outcome)
      changes.push_back({of_a.rows[i].row, of_a.rows[i].outcome, of_b.rows[i].outcome});
  }
  return changes;
}

bool Report::same() const { return count(true) + count(false) == 0 && only_a.empty() && only_b.empty(); }

std::size_t Report::count(bool gain) const {
  std::size_t n = 0;
  for (const ComparedProfiles& pair : profiles)
    n += static_cast<std::size_t>(
        std::ranges::count_if(pair.changes, [&](const Change& change) { return change.gain == gain; }));
  return n;
}

const Change* Report::severest_gain() const {
  const Change* worst = nullptr;
  for (const ComparedProfiles& pair : profiles) {
    for (const Change& change : pair.changes)
      if (change.gain && (worst == nullptr || change.severity > worst->severity)) worst = &change;
  }
  return worst;
}

std::string to_text(const Report& report, const ReportOptions& options) {
  std::string out = fmt::format("A: {}\nB: {}\n", report.a, report.b);
  auto into = std::back_inserter(out);
  if (report.same()) return out + "they allow the same\n";
  fmt::format_to(into, "{}\n", counts(report));
  for (const ComparedProfiles& pair : report.profiles) {
    if (pair.changes.empty()) continue;
    if (report.profiles.size() > 1 || pair.a != pair.b) fmt::format_to(into, "\nprofile {}\n", heading(pair));
    if (has(pair, true)) out += "\nB allows, and A does not:\n";
    changes_text(out, pair, true, options.all);
    if (has(pair, false)) out += "\nA allows, and B does not:\n";
    changes_text(out, pair, false, options.all);
    if (!pair.catalogue.empty())
      out += "\nWhat that means for the catalogue of `lab` and `status` (A: attacks, F: functions):\n";
    for (const std::string& text : catalogue_texts(pair)) fmt::format_to(into, "  {}\n", text);
  }
  for (const std::string& name : report.only_a) fmt::format_to(into, "\nonly in A: profile {}\n", name);
  for (const std::string& name : report.only_b) fmt::format_to(into, "\nonly in B: profile {}\n", name);
  return out;
}

std::string to_markdown(const Report& report, const ReportOptions& options) {
  std::string out = fmt::format("### AppArmor policy: {} -> {}\n\n", code(report.a), code(report.b));
  auto into = std::back_inserter(out);
  if (report.same()) return out + "They allow the same.\n";
  fmt::format_to(into, "**{}**\n\n", counts(report));
  for (const ComparedProfiles& pair : report.profiles) {
    if (pair.changes.empty()) continue;
    if (report.profiles.size() > 1 || pair.a != pair.b)
      fmt::format_to(into, "#### Profile {}\n\n", heading(pair));
    if (has(pair, true)) {
      out += "B allows, and A does not:\n\n";
      changes_markdown(out, pair, true, options.all);
    }
    if (has(pair, false)) {
      out += "<details><summary>A allows, and B does not</summary>\n\n";
      changes_markdown(out, pair, false, options.all);
      out += "</details>\n\n";
    }
    if (!pair.catalogue.empty()) out += "Attacks (A) and functions (F) of the catalogue:\n\n";
    for (const std::string& text : catalogue_texts(pair)) fmt::format_to(into, "* {}\n", text);
    if (!pair.catalogue.empty()) out += '\n';
  }
  for (const std::string& name : report.only_a) fmt::format_to(into, "Only in A: profile {}\n\n", code(name));
  for (const std::string& name : report.only_b) fmt::format_to(into, "Only in B: profile {}\n\n", code(name));
  return out;
}

}  // namespace bh::diff
