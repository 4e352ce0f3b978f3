// Myers' greedy O(ND) algorithm (1986) on lines, then hunks.
#include "report/unified_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace bh::report {
namespace {

constexpr std::size_t context = 3;

/// With their newlines; the last may have none.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

struct Step {
  char kind;  ///< ` `, `-` or `+`
  std::string_view line;
};

using Lines = std::vector<std::string_view>;

/// The way back through the furthest points of each number of changes.
std::vector<Step> walk_back(const Lines& a, const Lines& b, const std::vector<std::vector<long>>& furthest,
                            long offset) {
  std::vector<Step> steps;
  long x = static_cast<long>(a.size()), y = static_cast<long>(b.size());
  for (auto changes = static_cast<long>(furthest.size()) - 1; changes >= 0; --changes) {
    const std::vector<long>& v = furthest[static_cast<std::size_t>(changes)];
    const auto at = [&](long k) { return v[static_cast<std::size_t>(k + offset)]; };
    const long k = x - y;
    const bool down = k == -changes || (k != changes && at(k - 1) < at(k + 1));
    const long before_k = down ? k + 1 : k - 1;
    const long before_x = changes == 0 ? 0 : at(before_k);
    const long before_y = changes == 0 ? 0 : before_x - before_k;
    while (x > before_x && y > before_y) {
      steps.push_back({' ', a[static_cast<std::size_t>(--x)]});
      --y;
    }
    if (changes == 0) break;
    steps.push_back(down ? Step{'+', b[static_cast<std::size_t>(before_y)]}
                         : Step{'-', a[static_cast<std::size_t>(before_x)]});
    x = before_x;
    y = before_y;
  }
  std::ranges::reverse(steps);
  return steps;
}

std::vector<Step> steps_between(const Lines& a, const Lines& b) {
  const long n = static_cast<long>(a.size()), m = static_cast<long>(b.size()), most = n + m;
  const long offset = most + 1;
  std::vector<long> v(static_cast<std::size_t>(2 * most + 3), 0);
  std::vector<std::vector<long>> furthest;
  const auto at = [&](long k) -> long& { return v[static_cast<std::size_t>(k + offset)]; };
  for (long changes = 0; changes <= most; ++changes) {
    furthest.push_back(v);
    for (long k = -changes; k <= changes; k += 2) {
      const bool down = k == -changes || (k != changes && at(k - 1) < at(k + 1));
      long x = down ? at(k + 1) : at(k - 1) + 1;
      while (x < n && x - k < m && a[static_cast<std::size_t>(x)] == b[static_cast<std::size_t>(x - k)]) ++x;
      at(k) = x;
      if (x >= n && x - k >= m) return walk_back(a, b, furthest, offset);
    }
  }
  return {};
}

void put_line(std::string& out, const Step& step) {
  out += step.kind;
  out += step.line;
  if (!step.line.ends_with('\n')) out += "\n\\ No newline at end of file\n";
}

std::string range(std::size_t first, std::size_t count) {
  if (count == 1) return fmt::format("{}", first + 1);
  return fmt::format("{},{}", count == 0 ? first : first + 1, count);
}

}  // namespace

std::string unified_diff(std::string_view name, std::string_view before, std::string_view after) {
  if (before == after) return {};
  const std::vector<Step> steps = steps_between(lines_of(before), lines_of(after));
  std::string out = fmt::format("--- a/{0}\n+++ b/{0}\n", name.substr(name.starts_with('/') ? 1 : 0));
  std::size_t old_line = 0, new_line = 0;
  for (std::size_t i = 0; i < steps.size();) {
    const auto changed = [&](std::size_t at) { return steps[at].kind != ' '; };
    std::size_t change = i;
    while (change < steps.size() && !changed(change)) ++change;
    if (change == steps.size()) break;
    const std::size_t begin = change - std::min(change - i, context);
    old_line += begin - i;
    new_line += begin - i;
    std::size_t end = change;
    for (std::size_t at = change; at < steps.size() && at <= end + 2 * context; ++at)
      if (changed(at)) end = at;
    end = std::min(end + context + 1, steps.size());
    std::size_t old_count = 0, new_count = 0;
    std::string body;
    for (std::size_t at = begin; at < end; ++at) {
      if (steps[at].kind != '+') ++old_count;
      if (steps[at].kind != '-') ++new_count;
      put_line(body, steps[at]);
    }
    out += fmt::format("@@ -{} +{} @@\n{}", range(old_line, old_count), range(new_line, new_count), body);
    old_line += old_count;
    new_line += new_count;
    i = end;
  }
  return out;
}

}  // namespace bh::report
