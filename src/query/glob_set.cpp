#include "query/glob_set.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <deque>
#include <map>
#include <set>
#include <variant>

#include "automata/determinise.h"
#include "automata/minimise.h"
#include "automata/relate.h"
#include "base/check.h"
#include "compile/glob.h"
#include "policy/glob.h"
#include "query/glob_graph.h"

namespace bh::query {
namespace {

using automata::ByteSet;
using automata::Dfa;
using automata::From;
using Kind = GlobState::Kind;

constexpr char separator = '\0';

std::string byte_text(unsigned byte) {
  if (byte < 0x20 || byte >= 0x7f) return fmt::format("\\{:03o}", byte);
  return policy::escape_glob(std::string(1, static_cast<char>(byte)));
}

/// `a-f`, `xyz`; a `-` first, where it stands for itself.
std::string ranges_text(const ByteSet& set) {
  std::string text = set['-'] ? "-" : "";
  for (unsigned byte = 0; byte < 256; ++byte) {
    if (!set[byte] || byte == '-') continue;
    unsigned last = byte;
    while (last + 1 < 256 && set[last + 1] && last + 1 != '-') ++last;
    const auto one = [](unsigned value) {
      return value == '^' || value == ']' || value == '\\' ? fmt::format("\\{}", static_cast<char>(value))
                                                           : byte_text(value);
    };
    text += one(byte);
    if (last > byte + 1) text += "-";
    if (last > byte) text += one(last);
    byte = last;
  }
  return text;
}

std::string set_text(const ByteSet& set) {
  if (set.count() == 1) {
    unsigned byte = 0;
    while (!set[byte]) ++byte;
    return byte_text(byte);
  }
  if (set.count() == 254 && !set['/'] && !set[0]) return "?";
  if (set.count() <= 128) return "[" + ranges_text(set) + "]";
  ByteSet rest = ~set;
  if (rest.count() > 1) rest.reset(0);  // NUL ends every path, so nobody misses it
  return "[^" + ranges_text(rest) + "]";
}

/// Walks the graph and writes rows.
class Writer {
 public:
  Writer(const Form& form, const GlobGraph& graph, const Dfa& canon, const GlobOptions& options)
      : form_(form), graph_(graph), canon_(canon), options_(options) {}

  GlobSet write();

 private:
  struct Place {
    std::uint32_t state;
    std::string text;  ///< the fields so far, separated by NUL
  };
  void visit(const Place& place);
  void follow(const Place& place, const std::string& text);
  void nearly_all(const Place& place);
  void missing(const Place& from);
  void in_part(const Place& place);
  void flags(const Place& place);
  void row(std::string_view text, bool exact) { set_.rows.push_back(make_row(text, exact)); }
  [[nodiscard]] GlobRow make_row(std::string_view text, bool exact) const;
  [[nodiscard]] const Field* field_at(const std::string& text, bool& at_its_start) const;

  const Form& form_;
  const GlobGraph& graph_;
  const Dfa& canon_;
  const GlobOptions& options_;
  std::deque<Place> todo_;
  GlobSet set_;
};

/// The field that the text stands in; null: behind all of them.
const Field* Writer::field_at(const std::string& text, bool& at_its_start) const {
  const auto index = static_cast<std::size_t>(std::ranges::count(text, separator));
  at_its_start = text.empty() || text.back() == separator;
  return index < form_.fields.size() ? &form_.fields[index] : nullptr;
}

GlobRow Writer::make_row(std::string_view text, bool exact) const {
  GlobRow made{{}, exact};
  while (made.fields.size() < form_.fields.size()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const bool said = made.fields.empty() || !text.empty() || end < text.size();
    made.fields.emplace_back(said ? text.substr(0, end) : std::string_view("**"));
    if (end == text.size()) {
      // What is not said is open.
      while (made.fields.size() < form_.fields.size()) made.fields.emplace_back("**");
      break;
    }
    text.remove_prefix(end + 1);
  }
  return made;
}

void Writer::follow(const Place& place, const std::string& text) {
  if (graph_[place.state].accepts) row(text, true);
  bool at_start = false;
  const Field* field = field_at(text, at_start);
  const bool address = field != nullptr && field->kind == Field::Kind::address && at_start;
  for (const GlobEdge& edge : graph_[place.state].edges) {
    ByteSet rest = edge.bytes;
    if (address) {
      if (rest[0]) todo_.push_back({edge.to, text + "@"});
      if (rest[1]) todo_.push_back({edge.to, text + "none"});
      continue;
    }
    if (rest[0]) {
      todo_.push_back({edge.to, text + separator});
      rest.reset(0);
    }
    if (rest.any()) todo_.push_back({edge.to, text + set_text(rest)});
  }
}

/// A wider pattern. Behind a `/`, `**` does not match the folder itself.
void Writer::in_part(const Place& place) {
  if (place.text.ends_with('/') && graph_[place.state].accepts) row(place.text, true);
  std::string before = place.text;
  if (before.ends_with("/?")) before.pop_back();
  row(before + "**", false);
}

/// `**`, but for a few.
void Writer::nearly_all(const Place& place) {
  row(place.text + "**", true);
  const bool after_slash = place.text.ends_with('/');  // where `**` does not match the folder itself
  if (after_slash && graph_[place.state].accepts) row(place.text, true);
  missing(place);
}

void Writer::missing(const Place& from) {
  std::deque<Place> todo{from};
  while (!todo.empty()) {
    const Place place = std::move(todo.front());
    todo.pop_front();
    if (graph_.is_everything(place.state)) continue;
    const GlobState& its = graph_[place.state];
    const auto except = [&](const std::string& text) { set_.except.push_back(make_row(text, true)); };
    const bool itself = place.text == from.text && from.text.ends_with('/');
    std::string before = place.text;
    if (its.kind == Kind::star) {
      if (before.ends_with("/?")) before.pop_back();
      before += '*';
    }
    if (!its.accepts && canon_.accept[its.canon] != 0 && !itself) except(before);
    ByteSet there;
    for (const GlobEdge& edge : its.edges) {
      there |= edge.bytes;
      todo.push_back({edge.to, before + set_text(edge.bytes)});
    }
    std::map<std::uint32_t, ByteSet> gone;
    for (unsigned byte = 1; byte < 256; ++byte) {
      const std::uint32_t to = canon_.step(its.canon, static_cast<std::uint8_t>(byte));
      if (there[byte] || to == Dfa::trap || (its.kind == Kind::star && byte != '/')) continue;
      gone[to].set(byte);
    }
    for (const auto& [to, bytes] : gone) {
      const std::string text = before + set_text(bytes);
      if (text.ends_with('/')) except(text);
      except(text + "**");
    }
  }
}

/// Flags that are in every string from here, in brackets those that are in some.
void Writer::flags(const Place& place) {
  const bool any = graph_.same_as_canon(place.state);
  if (any) return row(place.text + (form_.mount.one_of == 0 ? "**" : form_.choices.front()), true);
  // Depth first through a graph without loops; `ways` counts the strings of each state.
  struct Seen {
    std::uint32_t always = 0xffffffff, some = 0;
    double ways = 0;
  };
  std::map<std::uint32_t, Seen> seen;
  std::vector<std::uint32_t> todo{place.state};
  while (!todo.empty()) {
    const std::uint32_t state = todo.back();
    if (seen.contains(state)) {
      todo.pop_back();
      continue;
    }
    bool ready = true;
    for (const GlobEdge& edge : graph_[state].edges) {
      if (seen.contains(edge.to)) continue;
      todo.push_back(edge.to);
      ready = false;
    }
    if (!ready) continue;
    Seen its;
    if (graph_[state].accepts) its = {0, 0, 1};
    for (const GlobEdge& edge : graph_[state].edges) {
      const Seen& next = seen[edge.to];
      for (std::uint32_t number = 1; number <= 32; ++number) {
        if (!edge.bytes[number]) continue;
        const std::uint32_t bit = std::uint32_t{1} << (number - 1);
        its.always &= next.always | bit;
        its.some |= next.some | bit;
        its.ways += next.ways;
      }
    }
    seen[state] = its;
    todo.pop_back();
  }
  const Seen& all = seen[place.state];
  const std::uint32_t optional = all.some & ~all.always;
  const bool exact = all.ways == static_cast<double>(std::uint64_t{1} << std::popcount(optional));
  std::string text = mount_options_text(all.always);
  if (optional != 0) text += fmt::format("[{}{}]", text.empty() ? "" : ",", mount_options_text(optional));
  row(place.text + text, exact);
}

void Writer::visit(const Place& place) {
  const GlobState& its = graph_[place.state];
  bool at_start = false;
  const Field* field = field_at(place.text, at_start);
  if (field == nullptr) return row(place.text, true);  // the form's own suffix follows
  if (field->kind == Field::Kind::flags) return flags(place);
  switch (its.kind) {
    case Kind::dead:
      return;
    case Kind::closed: {
      std::string before = place.text;
      // A star that is a whole component stands for one byte at least.
      const std::size_t stars = std::min(its.closed.find_first_not_of('*'), its.closed.size());
      const bool whole = stars > 0 && (stars == its.closed.size() || its.closed[stars] == '/');
      if (its.after_slash && its.accepts) row(before, true);
      if (before.ends_with("/?") && whole) before.pop_back();
      return row(before + its.closed, true);
    }
    case Kind::opaque:
      return in_part(place);
    case Kind::branch:
      if (its.nearly_all) return nearly_all(place);
      return follow(place, place.text);
    case Kind::star: {
      const std::string_view star = its.deep ? "**" : "*";
      std::string before = place.text;
      if (before.ends_with('/')) follow(place, before);  // where a star is one byte at least
      if (before.ends_with("/?")) before.pop_back();
      // A label is never empty, so `**` says it.
      const std::string any = set_text(~ByteSet{1});
      const std::string_view own = std::string_view(before).substr(before.rfind(separator) + 1);
      if (its.deep && own == any) before.resize(before.size() - any.size());
      return follow(place, before + std::string(star));
    }
  }
}

GlobSet Writer::write() {
  todo_.push_back({Dfa::start, {}});
  while (!todo_.empty()) {
    if (todo_.size() + set_.rows.size() > options_.max_rows) {
      for (const Place& place : todo_) in_part(place);
      break;
    }
    const Place place = std::move(todo_.front());
    todo_.pop_front();
    visit(place);
  }
  for (auto* rows : {&set_.rows, &set_.except}) {
    std::ranges::sort(*rows, {}, &GlobRow::fields);
    rows->erase(std::unique(rows->begin(), rows->end()), rows->end());
  }
  return std::move(set_);
}

/// The longest folder that the glob's literal beginning names, `/` included.
std::string folder_of(const std::string& glob, std::size_t depth) {
  std::size_t end = 0;
  for (std::size_t at = 0; at < glob.size() && depth > 0; ++at) {
    if (std::string_view("*?[{\\").find(glob[at]) != std::string_view::npos) break;
    if (glob[at] != '/') continue;
    end = at + 1;
    --depth;
  }
  return glob.substr(0, end);
}

/// Rows below a folder that a row before them (they are sorted) already names as a whole.
void drop_covered(std::vector<GlobRow>& rows) {
  std::string folder;
  std::erase_if(rows, [&](const GlobRow& row) {
    const std::string& glob = row.fields.front();
    if (!folder.empty() && glob.size() > folder.size() + 2 && glob.starts_with(folder)) return true;
    if (!row.exact && row.fields.size() == 1 && glob.ends_with("/**"))
      folder = glob.substr(0, glob.size() - 2);
    return false;
  });
}

}  // namespace

bool GlobSet::exact() const { return std::ranges::all_of(rows, &GlobRow::exact); }

Dfa all_askable(const Form& form) {
  automata::ExprPool pool;
  const std::vector<automata::Pattern> patterns{{askable(pool, form), 0}};
  auto all = automata::determinise(pool, patterns);
  BH_CHECK(all);  // a form is small, whatever it is asked about
  // Of the sets of one tag, the empty one is 0 and the other 1.
  return automata::minimise(all->dfa);
}

Result<GlobSet> globs_of(const Dfa& language, const Form& form, const GlobOptions& options) {
  const Dfa canon = all_askable(form);
  auto within = automata::joined(language, canon, [](std::uint32_t a, std::uint32_t b) {
    return static_cast<std::uint32_t>(a != 0 && b != 0 ? 1 : 0);
  });
  if (!within) return fail("the set of {} needs too large an automaton", form.verb);
  // As small as it gets while each state has one place in what can be asked: behind a `/` or not.
  const Dfa least = automata::minimise(*within);
  const auto placed = automata::restrict_to(least, canon);
  if (!placed) return fail("the set of {} needs too large an automaton", form.verb);
  const GlobGraph graph(*placed, canon, options);
  return Writer(form, graph, canon, options).write();
}

GlobSet outline(const GlobSet& set, std::size_t most) {
  if (set.rows.size() <= most) return set;
  constexpr std::size_t deepest = 12;
  for (std::size_t depth = deepest; depth > 0; --depth) {
    std::map<std::string, std::vector<const GlobRow*>> folders;
    for (const GlobRow& row : set.rows) folders[folder_of(row.fields.front(), depth)].push_back(&row);
    if (folders.size() > most && depth > 1) continue;
    GlobSet wide;
    for (const auto& [folder, rows] : folders) {
      if (rows.size() == 1) {
        wide.rows.push_back(*rows.front());
        continue;
      }
      GlobRow row = *rows.front();
      row.fields.front() = folder + "**";
      for (std::size_t field = 1; field < row.fields.size(); ++field) {
        const bool same = std::ranges::all_of(
            rows, [&](const GlobRow* other) { return other->fields[field] == row.fields[field]; });
        if (!same) row.fields[field] = "**";
      }
      row.exact = false;
      wide.rows.push_back(std::move(row));
    }
    drop_covered(wide.rows);
    return wide;
  }
  return set;
}

std::vector<std::string> glob_hints(const policy::ResolvedProfile& profile) {
  constexpr std::size_t most = 64;
  std::vector<std::string> hints;
  for (const policy::ResolvedRule& resolved : profile.rules) {
    const auto* rule = std::get_if<policy::FileRule>(&resolved.rule.body);
    if (rule == nullptr || !rule->path) continue;
    const std::string& glob = rule->path->value;
    for (std::size_t at = 1; at < glob.size() && hints.size() < most; ++at) {
      if (glob[at - 1] != '/' || std::string_view("*?[{").find(glob[at]) == std::string_view::npos) continue;
      std::string end = glob.substr(at);
      if (std::ranges::find(hints, end) == hints.end()) hints.push_back(std::move(end));
    }
  }
  return hints;
}

std::optional<automata::ExprId> pattern_of(automata::ExprPool& pool, Field::Kind kind,
                                           const policy::Text& pattern, diag::Sink& sink) {
  policy::Text text = pattern;
  compile::GlobOptions options;
  options.collapse_slashes = kind == Field::Kind::path;
  const bool address = kind == Field::Kind::address;
  if (address && text.value == "none") return pool.byte(1);
  if (address && text.value.starts_with('@')) text.value.erase(0, 1);
  const auto language = compile::glob(pool, text, "pattern", options, sink);
  if (!language) return std::nullopt;
  return address ? pool.concat(pool.byte(0), language->expr) : language->expr;
}

std::optional<Dfa> language_of(Field::Kind kind, const std::string& pattern) {
  automata::ExprPool pool;
  diag::Sink sink;
  const auto expr = pattern_of(pool, kind, {pattern, {}, false}, sink);
  if (!expr) return std::nullopt;
  auto made = automata::determinise(pool, std::vector{automata::Pattern{*expr, 0}});
  if (!made) return std::nullopt;
  return std::move(made->dfa);
}

}  // namespace bh::query
