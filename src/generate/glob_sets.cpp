#include "generate/glob_sets.h"

#include <algorithm>
#include <map>
#include <set>

namespace bh::generate {
namespace {

constexpr std::size_t max_visits = 50'000;

/// Positions in several globs at once: glob g at step i is `first[g] + i`. Sorted, closed over repeats that
/// may be skipped.
class Positions {
 public:
  using Set = std::vector<std::uint32_t>;

  explicit Positions(const Globs& globs) {
    for (const Glob& glob : globs) {
      starts_.push_back(static_cast<std::uint32_t>(steps_.size()));
      for (const Step& step : glob) steps_.push_back(&step);
      steps_.push_back(nullptr);  // the end of this glob
    }
  }

  [[nodiscard]] Set start() const {
    Set set(starts_.begin(), starts_.end());
    close(set);
    return set;
  }
  [[nodiscard]] Set after(const Set& from, unsigned byte) const {
    Set set;
    for (std::uint32_t at : from)
      if (steps_[at] && steps_[at]->set.test(byte)) set.push_back(steps_[at]->repeat ? at : at + 1);
    close(set);
    return set;
  }
  [[nodiscard]] bool accepts(const Set& set) const {
    return std::ranges::any_of(set, [&](std::uint32_t at) { return !steps_[at]; });
  }
  /// Whatever follows, it matches.
  [[nodiscard]] bool accepts_all(const Set& set) const {
    return std::ranges::any_of(set, [&](std::uint32_t at) {
      return steps_[at] && steps_[at]->repeat && steps_[at]->set == path_bytes() && !steps_[at + 1];
    });
  }

  /// Splits `bytes` by where they lead from `from`, in order of the first byte of each part.
  [[nodiscard]] std::vector<std::pair<Set, ByteSet>> split(const Set& from, const ByteSet& bytes) const {
    // Bytes that no step tells apart lead to the same place: work out one of each kind.
    std::vector<ByteSet> kinds{bytes};
    for (std::uint32_t at : from) {
      if (!steps_[at]) continue;
      std::vector<ByteSet> finer;
      for (const ByteSet& kind : kinds)
        for (const ByteSet& part : {kind & steps_[at]->set, kind & ~steps_[at]->set})
          if (part.any()) finer.push_back(part);
      kinds = std::move(finer);
    }
    std::map<Set, ByteSet> by_target;
    for (const ByteSet& kind : kinds) {
      by_target[after(from, static_cast<unsigned>(kind._Find_first()))] |= kind;
    }
    return {by_target.begin(), by_target.end()};
  }

 private:
  void close(Set& set) const {
    for (std::size_t i = 0; i < set.size(); ++i)
      if (std::uint32_t at = set[i]; steps_[at] && steps_[at]->repeat) set.push_back(at + 1);
    std::ranges::sort(set);
    set.erase(std::unique(set.begin(), set.end()), set.end());
  }

  std::vector<const Step*> steps_;
  std::vector<std::uint32_t> starts_;
};

/// Walks one glob beside the positions of others, path by path.
class Subtraction {
 public:
  Subtraction(const Glob& from, const Positions& less, Globs& out) : from_(from), less_(less), out_(out) {}

  bool run() {
    walk(0, less_.start());
    return possible_;
  }

 private:
  using Set = Positions::Set;

  void emit(std::size_t at) {
    Glob glob = prefix_;
    glob.insert(glob.end(), from_.begin() + static_cast<std::ptrdiff_t>(at), from_.end());
    out_.push_back(std::move(glob));
    if (out_.size() > max_pieces) possible_ = false;
  }

  void walk(std::size_t at, const Set& set) {
    if (!possible_ || ++visits_ > max_visits) {
      possible_ = false;
      return;
    }
    if (set.empty()) return emit(at);
    if (less_.accepts_all(set)) return;
    if (at == from_.size()) {
      if (!less_.accepts(set)) emit(at);
      return;
    }
    if (from_[at].repeat)
      walk_repeat(at, set);
    else
      for (const auto& [target, bytes] : less_.split(set, from_[at].set))
        step(at + 1, target, {bytes, false});
  }

  void step(std::size_t at, const Set& set, const Step& with) {
    prefix_.push_back(with);
    walk(at, set);
    prefix_.pop_back();
  }

  void walk_repeat(std::size_t at, const Set& set) {
    auto key = std::pair(at, set);
    if (!on_path_.insert(key).second) {
      possible_ = false;  // a loop through other states: no glob says that
      return;
    }
    auto parts = less_.split(set, from_[at].set);
    std::size_t depth = prefix_.size();
    for (const auto& [target, bytes] : parts) {
      if (target != set) continue;
      if (bytes == component_bytes() || bytes == path_bytes())
        prefix_.push_back({bytes, true});
      else
        possible_ = false;
    }
    walk(at + 1, set);
    for (const auto& [target, bytes] : parts)
      if (target != set) step(at, target, {bytes, false});
    prefix_.resize(depth);
    on_path_.erase(key);
  }

  const Glob& from_;
  const Positions& less_;
  Globs& out_;
  Glob prefix_;
  std::set<std::pair<std::size_t, Set>> on_path_;
  std::size_t visits_ = 0;
  bool possible_ = true;
};

class Intersection {
 public:
  Intersection(const Glob& a, const Glob& b, Globs& out) : a_(a), b_(b), out_(out) {}

  bool run() {
    walk(0, 0);
    return visits_ <= max_visits && out_.size() <= max_pieces;
  }

 private:
  void walk(std::size_t i, std::size_t j) {
    if (++visits_ > max_visits || out_.size() > max_pieces) return;
    bool end_a = i == a_.size(), end_b = j == b_.size();
    if (end_a && end_b) {
      out_.push_back(prefix_);
      return;
    }
    bool repeat_a = !end_a && a_[i].repeat, repeat_b = !end_b && b_[j].repeat;
    if (end_a || end_b) {
      if (end_a && repeat_b) walk(i, j + 1);
      if (end_b && repeat_a) walk(i + 1, j);
      return;
    }
    ByteSet both = a_[i].set & b_[j].set;
    if (repeat_a && repeat_b) {
      with({both, true}, [&] {
        walk(i + 1, j);
        walk(i, j + 1);
      });
    } else if (repeat_a || repeat_b) {
      walk(i + (repeat_a ? 1 : 0), j + (repeat_b ? 1 : 0));
      if (both.any()) with({both, false}, [&] { walk(i + (repeat_a ? 0 : 1), j + (repeat_b ? 0 : 1)); });
    } else if (both.any()) {
      with({both, false}, [&] { walk(i + 1, j + 1); });
    }
  }

  template <class F>
  void with(const Step& step, F go) {
    prefix_.push_back(step);
    go();
    prefix_.pop_back();
  }

  const Glob& a_;
  const Glob& b_;
  Globs& out_;
  Glob prefix_;
  std::size_t visits_ = 0;
};

/// One path of the glob, a shortest one: its stars empty, elsewhere the first byte that may stand there.
std::string shortest_path(const Glob& glob) {
  std::string path;
  for (const Step& step : glob)
    if (!step.repeat) path += static_cast<char>(step.set._Find_first());
  return path;
}

/// Drops what another one of the set says already.
void simplify(Globs& globs) {
  std::ranges::sort(globs, {}, [](const Glob& glob) { return print({glob}); });
  globs.erase(std::unique(globs.begin(), globs.end()), globs.end());
  if (globs.size() > 64) return;
  for (std::size_t i = 0; i < globs.size();) {
    Globs others = globs;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    bool redundant =
        std::ranges::any_of(others, [&](const Glob& other) { return covers({other}, {globs[i]}); });
    if (redundant)
      globs.erase(globs.begin() + static_cast<std::ptrdiff_t>(i));
    else
      ++i;
  }
}

}  // namespace

bool covers(const Globs& whole, const Globs& part) {
  // Most questions are settled by a glob that is in both, or by one path that is not.
  Globs rest;
  for (const Glob& glob : part) {
    if (std::ranges::find(whole, glob) != whole.end()) continue;
    if (!matches(whole, shortest_path(glob))) return false;
    rest.push_back(glob);
  }
  if (rest.empty()) return true;
  Positions outer(whole);
  for (const Glob& glob : rest) {
    std::set<std::pair<std::size_t, Positions::Set>> seen;
    std::vector<std::pair<std::size_t, Positions::Set>> todo{{0, outer.start()}};
    while (!todo.empty()) {
      auto [at, set] = std::move(todo.back());
      todo.pop_back();
      if (outer.accepts_all(set) || !seen.insert({at, set}).second) continue;
      if (seen.size() > max_visits) return false;
      if (at == glob.size()) {
        if (!outer.accepts(set)) return false;
        continue;
      }
      if (glob[at].repeat) todo.emplace_back(at + 1, set);
      for (auto& [target, bytes] : outer.split(set, glob[at].set))
        todo.emplace_back(glob[at].repeat ? at : at + 1, target);
    }
  }
  return true;
}

bool meets(const Glob& a, const Glob& b) {
  // Most pairs part in their literal beginnings.
  std::size_t same = 0;
  while (same < a.size() && same < b.size() && !a[same].repeat && !b[same].repeat) {
    if ((a[same].set & b[same].set).none()) return false;
    ++same;
  }
  std::vector<bool> seen((a.size() + 1) * (b.size() + 1));
  std::vector<std::pair<std::size_t, std::size_t>> todo{{same, same}};
  while (!todo.empty()) {
    auto [i, j] = todo.back();
    todo.pop_back();
    auto known = seen[i * (b.size() + 1) + j];
    if (known) continue;
    known = true;
    bool end_a = i == a.size(), end_b = j == b.size();
    if (end_a && end_b) return true;
    if (!end_a && a[i].repeat) todo.emplace_back(i + 1, j);
    if (!end_b && b[j].repeat) todo.emplace_back(i, j + 1);
    if (!end_a && !end_b && (a[i].set & b[j].set).any())
      todo.emplace_back(a[i].repeat ? i : i + 1, b[j].repeat ? j : j + 1);
  }
  return false;
}

bool meets(const Globs& a, const Globs& b) {
  return std::ranges::any_of(
      a, [&](const Glob& x) { return std::ranges::any_of(b, [&](const Glob& y) { return meets(x, y); }); });
}

std::optional<Globs> intersect(const Globs& a, const Globs& b) {
  Globs out;
  for (const Glob& x : a)
    for (const Glob& y : b)
      if (!Intersection(x, y, out).run()) return std::nullopt;
  simplify(out);
  return out;
}

std::optional<Globs> subtract(const Globs& from, const Globs& less) {
  Globs out;
  Positions positions(less);
  for (const Glob& glob : from)
    if (!covers(less, {glob}) && !Subtraction(glob, positions, out).run()) return std::nullopt;
  simplify(out);
  return out;
}

namespace {

/// Alternatives for every name that is not one of names[first, last), all of which start with `head`.
void names_after(std::string& out, const std::vector<std::string>& names, std::size_t first, std::size_t last,
                 const std::string& head) {
  auto put = [&](const std::string& text) { out += (out.empty() ? "" : ",") + text; };
  std::string spelled = head.empty() ? "" : print({literal(head)});
  bool is_name = names[first].size() == head.size();
  if (!is_name && !head.empty()) put(spelled);
  std::size_t i = is_name ? first + 1 : first;
  ByteSet next;
  for (std::size_t k = i; k < last; ++k) next |= only(names[k][head.size()]);
  Glob rest{{component_bytes() & ~next, false}, {component_bytes(), true}};
  put(spelled + print({rest}));
  while (i < last) {
    std::size_t end = i;
    while (end < last && names[end][head.size()] == names[i][head.size()]) ++end;
    names_after(out, names, i, end, names[i].substr(0, head.size() + 1));
    i = end;
  }
}

/// The folders as a tree; below an excluded one there is nothing.
struct Folder {
  bool excluded = false;
  std::map<std::string, Folder> below;

  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& [name, child] : below) all.push_back(name);
    return all;
  }
};

Folder tree_of(const std::vector<std::string>& folders) {
  Folder root;
  for (const std::string& path : folders) {
    Folder* folder = &root;
    for (std::size_t at = 1; at < path.size() && !folder->excluded;) {
      std::size_t slash = path.find('/', at);
      folder = &folder->below[path.substr(at, slash - at)];
      at = slash + 1;
    }
    folder->excluded = true;
    folder->below.clear();
  }
  return root;
}

/// Calls `put(folder, path)` for each folder on the way to an excluded one, from the root down. Depth: that
/// of a path.
template <class F>
void each_on_the_way(const Folder& folder, const std::string& path, const F& put) {
  put(folder, path);
  for (const auto& [name, child] : folder.below)
    if (!child.excluded) each_on_the_way(child, path + print({literal(name)}) + "/", put);
}

}  // namespace

std::string names_but(const std::vector<std::string>& names) {
  std::string out;
  names_after(out, names, 0, names.size(), "");
  return out;
}

std::vector<std::string> everything_but(const std::vector<std::string>& folders) {
  if (folders.empty()) return {"/{,**}"};
  Folder root = tree_of(folders);
  std::vector<std::string> out;
  if (root.excluded) return out;
  each_on_the_way(root, "/", [&](const Folder& folder, const std::string& path) {
    std::vector<std::string> names = folder.names();
    std::string bare = path + "{";
    for (const std::string& name : names) bare += "," + print({literal(name)});
    out.push_back(bare + "}");
    out.push_back(path + "{" + names_but(names) + "}{,/**}");
  });
  return out;
}

std::vector<std::string> files_but(const std::vector<std::string>& folders, std::string_view ending) {
  if (folders.empty()) return {"/**" + std::string(ending)};
  Folder root = tree_of(folders);
  std::vector<std::string> out;
  if (root.excluded) return out;
  each_on_the_way(root, "/", [&](const Folder& folder, const std::string& path) {
    out.push_back(path + "{*,{" + names_but(folder.names()) + "}/**}" + std::string(ending));
  });
  return out;
}

}  // namespace bh::generate
