#include "query/glob_graph.h"

#include <algorithm>
#include <array>
#include <map>

#include "automata/determinise.h"
#include "automata/minimise.h"
#include "automata/relate.h"
#include "compile/glob.h"
#include "policy/glob.h"

namespace bh::query {
namespace {

using automata::ByteSet;
using automata::Dfa;
using automata::From;
using Kind = GlobState::Kind;

/// What an opaque state counts as when it is weighed against exceptions.
constexpr std::size_t cost_of_opaque = 8;

bool only_bytes_of_names(const ByteSet& set) {  // all but `/` and NUL
  return set.count() == 254 && !set['/'] && !set[0];
}
bool only_bytes_of_text(const ByteSet& set) {  // all but NUL
  return set.count() == 255 && !set[0];
}

}  // namespace

GlobGraph::GlobGraph(const Dfa& language, const Dfa& canon, const GlobOptions& options)
    : dfa_(language),
      canon_(canon),
      options_(options),
      states_(language.states()),
      everything_(language.states()) {
  read_edges();
  components();
}

/// Edges of reachable states, and what is known from how a state is reached.
void GlobGraph::read_edges() {
  std::vector<bool> seen(states_.size());
  std::vector<std::uint32_t> todo{Dfa::start};
  seen[Dfa::start] = true;
  states_[Dfa::start].canon = Dfa::start;
  for (std::size_t at = 0; at < todo.size(); ++at) {
    const std::uint32_t state = todo[at];
    GlobState& its = states_[state];
    its.accepts = dfa_.accept[state] != 0;
    std::map<std::uint32_t, ByteSet> targets;
    for (unsigned byte = 0; byte < 256; ++byte) {
      const std::uint32_t to = dfa_.step(state, static_cast<std::uint8_t>(byte));
      if (to != Dfa::trap) targets[to].set(byte);
    }
    for (const auto& [to, bytes] : targets) {
      its.edges.push_back({bytes, to});
      if (seen[to]) continue;
      seen[to] = true;
      todo.push_back(to);
      std::size_t byte = 0;
      while (!bytes[byte]) ++byte;
      states_[to].after_slash = bytes.count() == 1 && bytes['/'];
      states_[to].canon = canon_.step(its.canon, static_cast<std::uint8_t>(byte));
    }
  }
}

/// Tarjan's algorithm with an explicit stack; settles each component as it comes out.
void GlobGraph::components() {
  constexpr std::uint32_t unseen = 0xffffffff;
  std::vector<std::uint32_t> index(states_.size(), unseen), low(states_.size());
  std::vector<bool> open(states_.size());
  std::vector<std::uint32_t> stack;
  struct Frame {
    std::uint32_t state;
    std::size_t edge = 0;
  };
  std::vector<Frame> frames{{Dfa::start}};
  std::uint32_t next = 0;
  while (!frames.empty()) {
    const std::uint32_t state = frames.back().state;
    if (frames.back().edge == 0 && index[state] == unseen) {
      index[state] = low[state] = next++;
      stack.push_back(state);
      open[state] = true;
    }
    if (frames.back().edge < states_[state].edges.size()) {
      const std::uint32_t to = states_[state].edges[frames.back().edge++].to;
      if (index[to] == unseen)
        frames.push_back({to});
      else if (open[to])
        low[state] = std::min(low[state], index[to]);
      continue;
    }
    frames.pop_back();
    if (!frames.empty()) low[frames.back().state] = std::min(low[frames.back().state], low[state]);
    if (low[state] != index[state]) continue;
    std::vector<std::uint32_t> component;
    do {
      component.push_back(stack.back());
      open[stack.back()] = false;
      stack.pop_back();
    } while (component.back() != state);
    settle(component);
  }
}

void GlobGraph::settle(const std::vector<std::uint32_t>& component) {
  const GlobState& only = states_[component.front()];
  const bool loops = component.size() > 1 || std::ranges::any_of(only.edges, [&](const GlobEdge& edge) {
                       return edge.to == component.front();
                     });
  if (loops)
    settle_loop(component);
  else
    settle_branch(component.front());
  for (const std::uint32_t state : component) {
    count_missing(state);
    count_rows(state);
  }
}

void GlobGraph::settle_branch(std::uint32_t state) {
  GlobState& its = states_[state];
  its.kind = Kind::branch;
  // The start of a field that must not be empty.
  if (its.edges.size() == 1 && only_bytes_of_text(its.edges.front().bytes) && same_as_canon(state)) {
    everything_[state] = true;
    close(state, "**");
    return;
  }
  // What loops behind it may be the inside of a pattern that starts here.
  const bool opaque = std::ranges::any_of(
      its.edges, [&](const GlobEdge& edge) { return states_[edge.to].kind == Kind::opaque; });
  if (opaque) try_candidates(state);
}

void GlobGraph::close(std::uint32_t state, std::string glob) {
  states_[state].kind = Kind::closed;
  states_[state].closed = std::move(glob);
}

void GlobGraph::try_candidates(std::uint32_t state) {
  for (std::string& candidate : candidates(state)) {
    if (!fits(state, candidate)) continue;
    close(state, std::move(candidate));
    return;
  }
}

void GlobGraph::settle_loop(const std::vector<std::uint32_t>& component) {
  bool all_closed = true;
  for (const std::uint32_t state : component) {
    GlobState& its = states_[state];
    its.kind = Kind::opaque;
    everything_[state] = same_as_canon(state);
    if (everything_[state] && !its.after_slash) {
      close(state, "**");
      continue;
    }
    if (everything_[state] && canon_.step(its.canon, 0) == Dfa::trap) {
      its.kind = Kind::star;  // behind a `/`, `**` would not match the `/` itself
      its.deep = true;
      its.edges.clear();
      continue;
    }
    all_closed = false;
  }
  if (all_closed || settle_star(component)) return;
  for (const std::uint32_t state : component) {
    if (states_[state].kind == Kind::opaque) try_candidates(state);
  }
}

std::vector<std::string> GlobGraph::candidates(std::uint32_t state) const {
  const std::string end = policy::escape_glob(shortest_from(state));
  std::vector<std::string> all{"*" + end, "**" + end};
  for (const std::string_view tail : {"*", "**", "/**"}) {
    all.push_back("*" + end + std::string(tail));
    all.push_back("**" + end + std::string(tail));
  }
  all.insert(all.end(), options_.hints.begin(), options_.hints.end());
  return all;
}

/// `*` of one state, `**` of one (texts) or two (paths, in which no `/` follows a `/`), with ways out of it.
bool GlobGraph::settle_star(const std::vector<std::uint32_t>& component) {
  if (component.size() > 2) return false;
  const auto split = [&](std::uint32_t state, ByteSet& inside, std::vector<GlobEdge>& outside) {
    for (const GlobEdge& edge : states_[state].edges) {
      if (std::ranges::find(component, edge.to) != component.end())
        inside |= edge.bytes;
      else
        outside.push_back(edge);
    }
  };
  if (component.size() == 1) {
    const std::uint32_t state = component.front();
    ByteSet inside;
    std::vector<GlobEdge> outside;
    split(state, inside, outside);
    GlobState& its = states_[state];
    if (!only_bytes_of_names(inside) && !only_bytes_of_text(inside)) return false;
    its.kind = Kind::star;
    its.deep = only_bytes_of_text(inside);
    its.edges = std::move(outside);
    return true;
  }
  // One state after a `/`, one after anything else; both must go on alike.
  std::array<ByteSet, 2> inside;
  std::array<std::vector<GlobEdge>, 2> outside;
  for (std::size_t i = 0; i < 2; ++i) split(component[i], inside[i], outside[i]);
  const std::size_t slash = only_bytes_of_text(inside[0]) ? 1 : 0;
  if (!only_bytes_of_text(inside[1 - slash]) || !only_bytes_of_names(inside[slash])) return false;
  const auto same = [](const GlobEdge& a, const GlobEdge& b) { return a.to == b.to && a.bytes == b.bytes; };
  if (states_[component[0]].accepts != states_[component[1]].accepts ||
      !std::ranges::equal(outside[0], outside[1], same))
    return false;
  for (std::size_t i = 0; i < 2; ++i) {
    GlobState& its = states_[component[i]];
    its.kind = Kind::star;
    its.deep = true;
    its.edges = outside[i];
  }
  return true;
}

/// The glob, in the place of this state, matches exactly what follows it (of what can be asked).
bool GlobGraph::fits(std::uint32_t state, const std::string& glob) {
  if (tests_left_ == 0) return false;
  --tests_left_;
  const GlobState& its = states_[state];
  const std::string_view before = its.after_slash ? "/" : "x";
  automata::ExprPool pool;
  diag::Sink ignored;
  const policy::Text text{std::string(before) + glob, {}, false};
  const auto language = compile::glob(pool, text, "glob", {.collapse_slashes = its.after_slash}, ignored);
  if (!language) return false;
  // What comes behind a NUL, if anything, is not the glob's business.
  std::vector<automata::Pattern> patterns{{language->expr, 0}};
  if (its.after_slash && its.accepts) patterns.push_back({pool.literal(before), 0});
  const automata::Budget budget{.max_states = 5000};
  const auto made = automata::determinise(pool, patterns, budget);
  if (!made) return false;
  const std::uint32_t at = made->dfa.run(before);
  const auto wanted = automata::restrict_to(From(made->dfa, at), From(canon_, its.canon), budget);
  if (!wanted) return false;
  const auto differ = automata::first_difference(
      From(dfa_, state), *wanted, [](std::uint32_t a, std::uint32_t b) { return (a != 0) == (b != 0); },
      automata::Budget{.max_states = 200'000});
  return differ && !*differ;
}

bool GlobGraph::same_as_canon(std::uint32_t state) const {
  const auto differ = automata::first_difference(
      From(dfa_, state), From(canon_, states_[state].canon),
      [](std::uint32_t a, std::uint32_t b) { return (a != 0) == (b != 0); },
      automata::Budget{.max_states = 200'000});
  return differ && !*differ;
}

std::string GlobGraph::shortest_from(std::uint32_t state) const {
  // Behind a `/`, nothing at all has a row of its own.
  std::optional<std::string> least;
  for (const GlobEdge& edge : states_[state].edges) {
    if (!states_[state].after_slash || !states_[state].accepts) break;
    const auto rest =
        automata::shortest(From(dfa_, edge.to), [](std::uint32_t accept) { return accept != 0; });
    std::size_t byte = 'a';  // readable ones first, as in relate.h
    for (std::size_t n = 0; n < 256 && !edge.bytes[byte]; ++n) byte = (byte + 1) % 256;
    if (rest && (!least || rest->bytes.size() + 1 < least->size()))
      least = static_cast<char>(byte) + rest->bytes;
  }
  if (!least) {
    const auto example =
        automata::shortest(From(dfa_, state), [](std::uint32_t accept) { return accept != 0; });
    if (example) least = example->bytes;
  }
  return least && least->find('\0') == std::string::npos ? *least : std::string();
}

void GlobGraph::count_rows(std::uint32_t state) {
  GlobState& its = states_[state];
  if (its.kind == Kind::closed) {
    its.rows = its.accepts && its.after_slash ? 2 : 1;
    return;
  }
  if (its.kind == Kind::opaque) {
    its.rows = cost_of_opaque;
    return;
  }
  its.rows = its.accepts ? 1 : 0;
  for (const GlobEdge& edge : its.edges) its.rows = std::min(many_rows, its.rows + states_[edge.to].rows);
  if (its.kind != Kind::branch || its.missing_rows >= many_rows) return;
  // Behind a `/`, `**` does not match the folder itself: that is a row of its own, or no exception.
  std::size_t with_exceptions = its.missing_rows + 1;
  if (its.after_slash && its.accepts) ++with_exceptions;
  if (its.after_slash && !its.accepts) --with_exceptions;
  its.nearly_all = with_exceptions < its.rows;
  its.rows = std::min(its.rows, with_exceptions);
}

/// Rows for what can be asked from here on and is not in the set. Only where the set is all but a few
/// branches; a `/` that may not come (after a `/`) is not missing.
void GlobGraph::count_missing(std::uint32_t state) {
  GlobState& its = states_[state];
  its.missing_rows = many_rows;
  if (everything_[state]) {
    its.missing_rows = 0;
    return;
  }
  // Of a star, the name that it is in has begun: else nothing at all would have to be told from `*`.
  if (its.kind != Kind::branch && (its.kind != Kind::star || its.deep || its.after_slash)) return;
  std::size_t rows = !its.accepts && canon_.accept[its.canon] != 0 ? 1 : 0;
  ByteSet there;
  for (const GlobEdge& edge : its.edges) {
    there |= edge.bytes;
    rows = std::min(many_rows, rows + states_[edge.to].missing_rows);
  }
  std::vector<std::uint32_t> gone;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const std::uint32_t to = canon_.step(its.canon, static_cast<std::uint8_t>(byte));
    if (there[byte] || to == Dfa::trap || (its.kind == Kind::star && byte != '/' && byte != 0)) continue;
    if (byte == 0) {
      rows = many_rows;  // other fields follow
      continue;
    }
    if (std::ranges::find(gone, to) == gone.end()) gone.push_back(to);
  }
  its.missing_rows = std::min(many_rows, rows + gone.size());
}

}  // namespace bh::query
