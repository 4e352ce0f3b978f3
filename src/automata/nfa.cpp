#include "automata/nfa.h"

#include <xxhash.h>

#include <algorithm>
#include <optional>

#include "automata/budget_clock.h"

namespace bh::automata {

namespace {

constexpr std::uint32_t no_node = 0xffffffff;
constexpr std::uint32_t oob_set = 0xffffffff;  // in place of the index of a byte set

template <class Visit>
void for_each_byte(const ByteSet& bytes, Visit visit) {
  // bitset has no portable way to its words; most sets are single bytes or nearly all of them.
  std::size_t left = bytes.count();
  for (std::size_t byte = 0; left > 0; ++byte) {
    if (!bytes[byte]) continue;
    visit(byte);
    --left;
  }
}

/// What is left to match: a symbol and then another continuation, one of several continuations, or nothing (a
/// tag).
struct Continuation {
  enum class Kind : std::uint8_t { step, fork, done } kind;
  std::uint32_t tag;
  std::uint32_t first;   ///< step: byte set; fork: begin in `branches`
  std::uint32_t second;  ///< step: the continuation after it; fork: number of branches
  bool operator==(const Continuation&) const = default;
};

/// Compiles expressions from their ends into hash-consed continuations, with an explicit stack.
class Compiler {
 public:
  Compiler(const ExprPool& pool, const Budget& budget) : pool_(pool), clock_(budget) {}

  /// The continuation "expr, then done with tag"; none when over budget.
  std::optional<std::uint32_t> compile(ExprId expr, std::uint32_t tag);

  [[nodiscard]] const OverBudget& excess() const { return excess_; }
  [[nodiscard]] const std::vector<Continuation>& nodes() const { return nodes_; }
  [[nodiscard]] std::span<const std::uint32_t> branches(const Continuation& fork) const {
    return {branches_.data() + fork.first, fork.second};
  }

 private:
  enum class Op : std::uint8_t { evaluate, next_option, close_loop, remember };
  struct Task {
    Op op;
    std::uint32_t
        expr;  // evaluate, next_option: the expression; close_loop: the loop; remember: which of known_
    std::uint32_t index;  // next_option: which
    std::uint32_t after;  // next_option: the continuation of the whole
  };

  void evaluate(ExprId expr);
  [[nodiscard]] bool is_known(ExprId expr);
  [[nodiscard]] bool begins_with_symbol(const ExprPool::Node& concat) const;
  void next_option(const Task& task);
  std::uint32_t intern(const Continuation& node);
  std::uint32_t fork(std::span<const std::uint32_t> branches);
  [[nodiscard]] std::size_t bytes() const {
    return nodes_.size() * sizeof(Continuation) +
           (branches_.size() + values_.size()) * sizeof(std::uint32_t) + tasks_.size() * sizeof(Task) +
           table_.bytes() + known_table_.bytes() + known_.size() * sizeof(Known);
  }

  const ExprPool& pool_;
  BudgetClock clock_;
  OverBudget excess_{};
  std::vector<Continuation> nodes_;
  std::vector<std::uint32_t> branches_;
  IdTable table_;
  // What an expression with a certain continuation came to. Expressions share parts, and without this a part
  // that is reached along many ways would be compiled once for each of them. (Not needed for what begins with
  // a plain symbol: that is as cheap.)
  struct Known {
    std::uint32_t expr, after, node;
  };
  std::vector<Known> known_;
  IdTable known_table_;

  std::vector<Task> tasks_;
  std::vector<std::uint32_t> values_;  // results of options that wait for their fork
  std::uint32_t current_ = no_node;    // in: what follows; out: the result
  std::uint32_t tag_ = 0;
  std::size_t steps_ = 0, next_check_ = 64;
};

std::uint32_t Compiler::intern(const Continuation& node) {
  const std::uint64_t hash =
      scramble((std::uint64_t{node.first} << 32 | node.second) + static_cast<std::uint64_t>(node.kind));
  const auto fresh = static_cast<std::uint32_t>(nodes_.size());
  const std::uint32_t id =
      table_.find_or_insert(hash, fresh, [&](std::uint32_t other) { return nodes_[other] == node; });
  if (id == fresh) nodes_.push_back(node);
  return id;
}

std::uint32_t Compiler::fork(std::span<const std::uint32_t> branches) {
  if (branches.size() == 1) return branches[0];
  const std::uint64_t hash = XXH3_64bits(branches.data(), branches.size_bytes());
  const auto fresh = static_cast<std::uint32_t>(nodes_.size());
  const std::uint32_t id = table_.find_or_insert(hash, fresh, [&](std::uint32_t other) {
    const Continuation& node = nodes_[other];
    return node.kind == Continuation::Kind::fork && node.tag == tag_ &&
           std::ranges::equal(this->branches(node), branches);
  });
  if (id == fresh) {
    nodes_.push_back({Continuation::Kind::fork, tag_, static_cast<std::uint32_t>(branches_.size()),
                      static_cast<std::uint32_t>(branches.size())});
    branches_.insert(branches_.end(), branches.begin(), branches.end());
  }
  return id;
}

/// Whether `expr` with the current continuation has been compiled before; then it is the current one. If not,
/// the result must be entered in known_.back().
bool Compiler::is_known(ExprId expr) {
  const auto fresh = static_cast<std::uint32_t>(known_.size());
  const std::uint32_t id = known_table_.find_or_insert(
      scramble(std::uint64_t{expr.value} << 32 | current_), fresh, [&](std::uint32_t other) {
        return known_[other].expr == expr.value && known_[other].after == current_;
      });
  if (id == fresh) {
    known_.push_back({expr.value, current_, no_node});
    return false;
  }
  current_ = known_[id].node;
  return true;
}

bool Compiler::begins_with_symbol(const ExprPool::Node& concat) const {
  const ExprPool::Kind kind = pool_.node(ExprId{concat.first}).kind;
  return kind == ExprPool::Kind::bytes || kind == ExprPool::Kind::literal ||
         kind == ExprPool::Kind::out_of_band;
}

void Compiler::evaluate(ExprId expr) {
  const ExprPool::Node& node = pool_.node(expr);
  switch (node.kind) {
    case ExprPool::Kind::empty:
      return;
    case ExprPool::Kind::nothing:
      current_ = fork({});
      return;
    case ExprPool::Kind::bytes:
      current_ = intern({Continuation::Kind::step, tag_, node.first, current_});
      return;
    case ExprPool::Kind::literal: {
      const std::string_view text = pool_.text(node);
      for (std::size_t i = text.size(); i-- > 0;) {
        const std::uint32_t set = pool_.set_of(static_cast<std::uint8_t>(text[i]));
        current_ = intern({Continuation::Kind::step, tag_, set, current_});
      }
      steps_ += text.size();
      return;
    }
    case ExprPool::Kind::out_of_band:
      current_ = intern({Continuation::Kind::step, tag_, oob_set, current_});
      return;
    case ExprPool::Kind::concat:
      if (!begins_with_symbol(node)) {
        if (is_known(expr)) return;
        tasks_.push_back({Op::remember, static_cast<std::uint32_t>(known_.size() - 1), 0, 0});
      }
      tasks_.push_back({Op::evaluate, node.first, 0, 0});
      tasks_.push_back({Op::evaluate, node.second, 0, 0});  // runs first: from the end
      return;
    case ExprPool::Kind::either:
      if (is_known(expr)) return;
      tasks_.push_back({Op::remember, static_cast<std::uint32_t>(known_.size() - 1), 0, 0});
      tasks_.push_back({Op::next_option, expr.value, 0, current_});
      return;
    case ExprPool::Kind::star: {
      if (is_known(expr)) return;
      // The loop is a fork that its own body leads back to, so its branches are known only afterwards.
      const auto loop = static_cast<std::uint32_t>(nodes_.size());
      nodes_.push_back({Continuation::Kind::fork, tag_, static_cast<std::uint32_t>(branches_.size()), 2});
      branches_.insert(branches_.end(), {loop, current_});
      known_.back().node = loop;
      tasks_.push_back({Op::close_loop, loop, 0, 0});
      tasks_.push_back({Op::evaluate, node.first, 0, 0});
      current_ = loop;
      return;
    }
  }
}

void Compiler::next_option(const Task& task) {
  const std::span<const ExprId> options = pool_.options(pool_.node(ExprId{task.expr}));
  if (task.index > 0) values_.push_back(current_);
  if (task.index < options.size()) {
    tasks_.push_back({Op::next_option, task.expr, task.index + 1, task.after});
    tasks_.push_back({Op::evaluate, options[task.index].value, 0, 0});
    current_ = task.after;
    return;
  }
  const auto own = values_.end() - static_cast<std::ptrdiff_t>(options.size());
  std::sort(own, values_.end());
  values_.erase(std::unique(own, values_.end()), values_.end());
  current_ = fork({&*own, static_cast<std::size_t>(values_.end() - own)});
  values_.erase(own, values_.end());
}

std::optional<std::uint32_t> Compiler::compile(ExprId expr, std::uint32_t tag) {
  tag_ = tag;
  current_ = intern({Continuation::Kind::done, tag, tag, 0});
  tasks_.push_back({Op::evaluate, expr.value, 0, 0});
  while (!tasks_.empty()) {
    const Task task = tasks_.back();
    tasks_.pop_back();
    switch (task.op) {
      case Op::evaluate:
        evaluate(ExprId{task.expr});
        break;
      case Op::next_option:
        next_option(task);
        break;
      case Op::close_loop:
        branches_[nodes_[task.expr].first] = current_;
        current_ = task.expr;
        break;
      case Op::remember:
        known_[task.expr].node = current_;
        break;
    }
    if (++steps_ < next_check_) continue;
    next_check_ = steps_ + 64;
    if (auto over = clock_.check(0, bytes())) {
      excess_ = *over;
      excess_.tag = tag;
      return std::nullopt;
    }
  }
  return current_;
}

/// Turns continuations into positions: follows forks through, and splits the bytes into classes.
class Flattener {
 public:
  Flattener(const ExprPool& pool, const Compiler& compiler, const Budget& budget)
      : pool_(pool), compiler_(compiler), clock_(budget) {}

  [[nodiscard]] tl::expected<Nfa, OverBudget> run(std::span<const std::uint32_t> roots);

 private:
  void number_positions();
  void make_classes();
  std::uint32_t symbol_of(std::uint32_t set);
  void append_closure(std::uint32_t node, std::vector<std::uint32_t>& out);
  [[nodiscard]] std::optional<OverBudget> fill_follow();

  const ExprPool& pool_;
  const Compiler& compiler_;
  BudgetClock clock_;
  Nfa nfa_;
  std::vector<std::uint32_t> position_of_;  // continuation -> position, or no_node for forks
  std::vector<std::uint32_t> symbols_;      // byte set -> symbol, or no_node where not known yet
  std::vector<std::uint32_t> seen_;         // continuation -> stamp
  std::vector<std::uint32_t> pending_;
  std::uint32_t stamp_ = 0;
};

void Flattener::number_positions() {
  const std::vector<Continuation>& nodes = compiler_.nodes();
  position_of_.assign(nodes.size(), no_node);
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].kind != Continuation::Kind::fork) position_of_[i] = count++;
  }
  nfa_.positions.reserve(count);
}

void Flattener::make_classes() {
  // Start with one class; every set that occurs splits each class into the bytes inside it and those outside.
  std::vector<bool> used(pool_.byte_set_count());
  bool oob = false;
  for (const Continuation& node : compiler_.nodes()) {
    if (node.kind != Continuation::Kind::step) continue;
    if (node.first == oob_set) {
      oob = true;
    } else {
      used[node.first] = true;
    }
  }
  std::array<std::uint16_t, 256> class_of{}, members{};
  members[0] = 256;
  std::uint16_t count = 1;
  std::array<std::uint16_t, 256> inside;  // class -> how many of its bytes are in the set
  std::array<std::uint16_t, 256> split;   // class -> the class of those
  for (std::size_t set = 0; set < used.size() && count < 256; ++set) {
    if (!used[set]) continue;
    if (const auto byte = pool_.only_byte(static_cast<std::uint32_t>(set))) {
      std::uint16_t& whole = class_of[*byte];
      if (members[whole] == 1) continue;
      --members[whole];
      members[count] = 1;
      whole = count++;
      continue;
    }
    const ByteSet& bytes = pool_.byte_set(static_cast<std::uint32_t>(set));
    std::fill_n(inside.begin(), count, std::uint16_t{0});
    for_each_byte(bytes, [&](std::size_t byte) { ++inside[class_of[byte]]; });
    for (std::uint16_t part = 0, old = count; part < old; ++part) {
      split[part] = part;
      if (inside[part] == 0 || inside[part] == members[part]) continue;
      members[part] = static_cast<std::uint16_t>(members[part] - inside[part]);
      members[count] = inside[part];
      split[part] = count++;
    }
    for_each_byte(bytes, [&](std::size_t byte) { class_of[byte] = split[class_of[byte]]; });
  }
  // First come first numbered, so that equal partitions have equal numbers.
  std::array<std::uint16_t, 256> renamed;
  renamed.fill(0xffff);
  count = 0;
  for (std::size_t byte = 0; byte < 256; ++byte) {
    std::uint16_t& name = renamed[class_of[byte]];
    if (name == 0xffff) name = count++;
    nfa_.classes[byte] = static_cast<std::uint8_t>(name);
  }
  nfa_.class_count = count;
  if (oob) nfa_.oob_class = nfa_.class_count++;
  symbols_.assign(pool_.byte_set_count(), no_node);
}

std::uint32_t Flattener::symbol_of(std::uint32_t set) {
  if (set == oob_set) return nfa_.oob_class;
  if (symbols_[set] != no_node) return symbols_[set];
  if (const auto byte = pool_.only_byte(set)) return symbols_[set] = nfa_.classes[*byte];
  const ByteSet& bytes = pool_.byte_set(set);
  const std::size_t begin = nfa_.group_classes.size();
  std::bitset<256> taken;
  for_each_byte(bytes, [&](std::size_t byte) {
    if (taken[nfa_.classes[byte]]) return;
    taken.set(nfa_.classes[byte]);
    nfa_.group_classes.push_back(nfa_.classes[byte]);
  });
  if (nfa_.group_classes.size() - begin == 1) {
    symbols_[set] = nfa_.group_classes.back();
    nfa_.group_classes.pop_back();
  } else {
    symbols_[set] = nfa_.class_count + static_cast<std::uint32_t>(nfa_.group_ends.size());
    nfa_.group_ends.push_back(static_cast<std::uint32_t>(nfa_.group_classes.size()));
  }
  return symbols_[set];
}

/// Appends the positions that a continuation begins with, through forks in forks and loops.
void Flattener::append_closure(std::uint32_t node, std::vector<std::uint32_t>& out) {
  if (position_of_[node] != no_node && seen_[node] != stamp_) {  // no fork: most are
    seen_[node] = stamp_;
    out.push_back(position_of_[node]);
    return;
  }
  pending_.push_back(node);
  while (!pending_.empty()) {
    const std::uint32_t at = pending_.back();
    pending_.pop_back();
    if (seen_[at] == stamp_) continue;
    seen_[at] = stamp_;
    if (position_of_[at] != no_node) {
      out.push_back(position_of_[at]);
      continue;
    }
    const std::span<const std::uint32_t> branches = compiler_.branches(compiler_.nodes()[at]);
    pending_.insert(pending_.end(), branches.rbegin(), branches.rend());
  }
}

std::optional<OverBudget> Flattener::fill_follow() {
  const std::vector<Continuation>& nodes = compiler_.nodes();
  struct Range {
    std::uint32_t begin = no_node, end = no_node;
  };
  std::vector<Range> known(
      nodes.size());  // what follows is shared by all positions with the same continuation
  for (const Continuation& node : nodes) {
    if (node.kind == Continuation::Kind::fork) continue;
    if (node.kind == Continuation::Kind::done) {
      nfa_.positions.push_back({Nfa::accepting, node.tag, 0, 0});
      continue;
    }
    Range& range = known[node.second];
    if (range.begin == no_node) {
      ++stamp_;
      range.begin = static_cast<std::uint32_t>(nfa_.follow.size());
      append_closure(node.second, nfa_.follow);
      range.end = static_cast<std::uint32_t>(nfa_.follow.size());
    }
    nfa_.positions.push_back({symbol_of(node.first), node.tag, range.begin, range.end});
    const std::size_t bytes = nfa_.follow.size() * sizeof(std::uint32_t) + nodes.size() * 64;
    if (auto over = clock_.check(0, bytes)) {
      over->tag = node.tag;
      return over;
    }
  }
  return std::nullopt;
}

tl::expected<Nfa, OverBudget> Flattener::run(std::span<const std::uint32_t> roots) {
  number_positions();
  make_classes();
  seen_.assign(compiler_.nodes().size(), 0);
  if (auto over = fill_follow()) return tl::unexpected(*over);
  ++stamp_;
  for (const std::uint32_t root : roots) append_closure(root, nfa_.initial);
  return std::move(nfa_);
}

}  // namespace

tl::expected<Nfa, OverBudget> build_nfa(const ExprPool& pool, std::span<const Pattern> patterns,
                                        const Budget& budget) {
  Compiler compiler(pool, budget);
  std::vector<std::uint32_t> roots;
  roots.reserve(patterns.size());
  for (const Pattern& pattern : patterns) {
    const auto root = compiler.compile(pattern.expr, pattern.tag);
    if (!root) return tl::unexpected(compiler.excess());
    roots.push_back(*root);
  }
  return Flattener(pool, compiler, budget).run(roots);
}

}  // namespace bh::automata
