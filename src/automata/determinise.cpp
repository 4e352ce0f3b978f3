#include "automata/determinise.h"

#include <xxhash.h>

#include <algorithm>

#include "automata/budget_clock.h"
#include "automata/nfa.h"

namespace bh::automata {

std::uint32_t TagSets::intern(std::span<const std::uint32_t> tags) {
  if (tags.empty()) return 0;
  const std::uint64_t hash = XXH3_64bits(tags.data(), tags.size_bytes());
  const auto fresh = static_cast<std::uint32_t>(ends_.size());
  const std::uint32_t id = table_.find_or_insert(
      hash, fresh, [&](std::uint32_t other) { return std::ranges::equal((*this)[other], tags); });
  if (id == fresh) {
    tags_.insert(tags_.end(), tags.begin(), tags.end());
    ends_.push_back(tags_.size());
  }
  return id;
}

namespace {

constexpr std::uint32_t unknown = 0xffffffff;

/// Flat storage of many lists of positions.
struct Lists {
  std::vector<std::uint32_t> items;
  std::vector<std::uint32_t> begins{0};  // one more at the end

  [[nodiscard]] std::span<const std::uint32_t> operator[](std::uint32_t id) const {
    return {items.data() + begins[id], begins[id + 1] - begins[id]};
  }
  [[nodiscard]] std::size_t size() const { return begins.size() - 1; }
  void close() { begins.push_back(static_cast<std::uint32_t>(items.size())); }
  void append(std::span<const std::uint32_t> list) {
    for (const std::uint32_t item : list) items.push_back(item);  // few
  }
  [[nodiscard]] std::size_t bytes() const {
    return (items.capacity() + begins.capacity()) * sizeof(std::uint32_t);
  }
};

/// A state is a set of positions in two parts. The *broad* part holds the positions that accept or step on
/// many classes (loops, mostly): it is the same in many states, so it is interned on its own and what follows
/// from it is computed once. The *narrow* part holds the positions that step on one class.
class Subsets {
 public:
  Subsets(const Nfa& nfa, const Budget& budget);

  [[nodiscard]] tl::expected<DeterminisedRuns, OverBudget> run();

 private:
  /// A set of groups splits the classes into parts that it does not tell apart.
  struct Partition {
    std::uint32_t first_part;            // into part_groups_ and part_sizes_
    std::uint32_t part_count;            // part 0: the classes in none of the groups
    std::size_t part_of;                 // into part_of_class_
    std::uint32_t runs_begin, runs_end;  // into part_runs_: the same as runs of classes
  };
  /// What follows the broad part of a state on one part of the classes: the bottom of every target there.
  struct Bottom {
    std::uint32_t broad = unknown;  // interned; unknown: not computed yet
    std::uint32_t narrow = 0;       // into bottom_narrow_
    std::uint64_t narrow_hash = 0;
    std::uint32_t state = unknown;  // the state that it is by itself, once one is needed
  };

  [[nodiscard]] bool is_broad(std::uint32_t position) const {
    return nfa_.positions[position].symbol >= nfa_.class_count;
  }
  std::uint32_t intern_broad(std::span<const std::uint32_t> items, std::uint64_t hash);
  void describe_broad(std::uint32_t broad);
  std::uint32_t partition_of(std::span<const std::uint32_t> groups);
  std::uint32_t bottom_of(std::uint32_t broad, std::uint32_t part);
  void stamp_bottom(std::uint32_t bottom);
  std::uint32_t bottom_state(std::uint32_t bottom);
  std::uint32_t target(std::uint32_t bottom, std::uint32_t first_link);
  std::uint32_t target_of_one(std::uint32_t bottom, std::uint32_t position);
  std::uint32_t compute_target(std::uint32_t bottom, std::span<const std::uint32_t> positions);
  std::uint32_t intern_state(std::uint32_t broad, std::uint64_t narrow_hash,
                             std::span<const std::uint32_t> bottom, std::span<const std::uint32_t> extra);
  void add_start();
  void expand(std::uint32_t state);
  void write_row(const Partition& partition);
  [[nodiscard]] std::uint32_t heaviest_tag() const;
  [[nodiscard]] std::size_t bytes() const;

  const Nfa& nfa_;
  BudgetClock clock_;
  DeterminisedRuns out_;
  std::vector<std::uint64_t> hash_of_;  // position -> random number; the hash of a set is the sum

  Lists broad_;
  IdTable broad_table_;
  std::vector<std::uint32_t> broad_tags_;       // tag set
  std::vector<std::uint32_t> broad_partition_;  // partition
  std::vector<std::uint32_t> broad_bottoms_;    // first of its bottoms, or unknown
  std::vector<Bottom> bottoms_;
  Lists bottom_narrow_;
  Lists known_keys_;  // a bottom, then the narrow positions that add to it
  std::vector<std::uint32_t> known_targets_;
  IdTable known_table_;
  struct LastTarget {
    std::uint32_t bottom = unknown, state = unknown;
  };
  std::vector<LastTarget> last_targets_;  // by position: where it led by itself, the last time

  Lists partition_groups_;
  IdTable partition_table_;
  std::vector<Partition> partitions_;
  Lists part_groups_;
  std::vector<std::uint16_t> part_sizes_;  // how many classes
  std::vector<std::uint16_t> part_of_class_;
  std::vector<Run> part_runs_;  // `target` is the part

  Lists narrow_;  // by state
  std::vector<std::uint32_t> broad_of_;
  IdTable state_table_;

  // Working space of one expansion.
  std::vector<std::uint32_t> stamps_;  // position -> stamp_: in the bottom; extra_stamp_: added to it
  std::uint32_t last_stamp_ = 0;
  std::uint32_t bottom_stamp_ = 0;
  std::uint32_t stamped_bottom_ = unknown;  // whose positions bear bottom_stamp_
  std::uint32_t extra_stamp_ = 0;
  std::vector<std::uint32_t> buckets_;  // symbol -> first entry of bucket_links_, or unknown
  struct Link {
    std::uint32_t position, next;
  };
  std::vector<Link> links_;
  std::vector<std::uint32_t> touched_;  // classes with narrow positions, with their parts above bit 16
  std::vector<std::uint32_t> part_targets_;
  std::vector<Run> exceptions_;  // targets of single classes, ascending
  std::vector<std::uint32_t> extra_narrow_, extra_broad_, scratch_, key_;
};

Subsets::Subsets(const Nfa& nfa, const Budget& budget) : nfa_(nfa), clock_(budget) {
  const std::size_t positions = nfa.positions.size();
  hash_of_.resize(positions);
  for (std::size_t i = 0; i < positions; ++i) hash_of_[i] = scramble(i);
  stamps_.assign(positions, 0);
  last_targets_.resize(positions);
  buckets_.assign(nfa.class_count, unknown);
  out_.dfa = RunDfa(nfa.alphabet());
  intern_broad({}, 0);
}

/// `items` must be a set (no repeats); any order.
std::uint32_t Subsets::intern_broad(std::span<const std::uint32_t> items, std::uint64_t hash) {
  const auto fresh = static_cast<std::uint32_t>(broad_.size());
  bool stamped = false;
  const std::uint32_t id = broad_table_.find_or_insert(scramble(hash), fresh, [&](std::uint32_t other) {
    if (broad_[other].size() != items.size()) return false;
    if (!stamped) {
      ++last_stamp_;
      for (const std::uint32_t item : items) stamps_[item] = last_stamp_;
      stamped_bottom_ = unknown;
      stamped = true;
    }
    return std::ranges::all_of(broad_[other],
                               [&](std::uint32_t item) { return stamps_[item] == last_stamp_; });
  });
  if (id == fresh) {
    broad_.append(items);
    broad_.close();
    describe_broad(id);
  }
  return id;
}

/// The tags, groups and empty bottoms of a new broad set.
void Subsets::describe_broad(std::uint32_t broad) {
  std::vector<std::uint32_t>& list = scratch_;
  list.clear();
  for (const std::uint32_t item : broad_[broad]) {
    if (nfa_.positions[item].symbol == Nfa::accepting) list.push_back(nfa_.positions[item].tag);
  }
  std::sort(list.begin(), list.end());
  broad_tags_.push_back(out_.tag_sets.intern(list));

  list.clear();
  for (const std::uint32_t item : broad_[broad]) {
    if (nfa_.positions[item].symbol != Nfa::accepting)
      list.push_back(nfa_.positions[item].symbol - nfa_.class_count);
  }
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  broad_partition_.push_back(partition_of(list));
  broad_bottoms_.push_back(static_cast<std::uint32_t>(bottoms_.size()));
  bottoms_.resize(bottoms_.size() + partitions_[broad_partition_.back()].part_count);
}

/// `groups` ascending, without repeats.
std::uint32_t Subsets::partition_of(std::span<const std::uint32_t> groups) {
  const std::uint64_t hash = XXH3_64bits(groups.data(), groups.size_bytes());
  const auto fresh = static_cast<std::uint32_t>(partitions_.size());
  const std::uint32_t id = partition_table_.find_or_insert(
      hash, fresh, [&](std::uint32_t other) { return std::ranges::equal(partition_groups_[other], groups); });
  if (id != fresh) return id;
  partition_groups_.append(groups);
  partition_groups_.close();

  // Split the classes by one group after the other; then collect each part's groups.
  const std::size_t width = nfa_.class_count;
  std::vector<std::uint16_t> part_of(width, 0);
  std::uint16_t count = 1;
  std::vector<std::uint16_t> split(width + 1);
  for (const std::uint32_t group : groups) {
    std::vector<std::uint16_t> inside(count, 0), size(count, 0);
    for (const std::uint16_t part : part_of) ++size[part];
    for (const std::uint8_t column : nfa_.group(group)) ++inside[part_of[column]];
    for (std::uint16_t part = 0, old = count; part < old; ++part) {
      // Part 0 stays what is in no group, even if nothing is left of it.
      split[part] = inside[part] > 0 && (inside[part] < size[part] || part == 0) ? count++ : part;
    }
    for (const std::uint8_t column : nfa_.group(group)) part_of[column] = split[part_of[column]];
  }
  const auto runs_begin = static_cast<std::uint32_t>(part_runs_.size());
  for (std::uint32_t column = 0; column < width; ++column) {
    if (column + 1 == width || part_of[column] != part_of[column + 1])
      part_runs_.push_back({column + 1, part_of[column]});
  }
  partitions_.push_back({static_cast<std::uint32_t>(part_groups_.size()), count, part_of_class_.size(),
                         runs_begin, static_cast<std::uint32_t>(part_runs_.size())});
  part_of_class_.insert(part_of_class_.end(), part_of.begin(), part_of.end());
  part_sizes_.resize(part_sizes_.size() + count, 0);
  for (const std::uint16_t part : part_of) ++part_sizes_[partitions_.back().first_part + part];
  std::vector<std::vector<std::uint32_t>> groups_of(count);
  for (const std::uint32_t group : groups) {
    for (const std::uint8_t column : nfa_.group(group)) {
      std::vector<std::uint32_t>& list = groups_of[part_of[column]];
      if (list.empty() || list.back() != group) list.push_back(group);
    }
  }
  for (const std::vector<std::uint32_t>& list : groups_of) {
    part_groups_.append(list);
    part_groups_.close();
  }
  return id;
}

/// The bottom of `broad` on the classes of `part`, computed when it is first asked for.
std::uint32_t Subsets::bottom_of(std::uint32_t broad, std::uint32_t part) {
  const std::uint32_t index = broad_bottoms_[broad] + part;
  if (bottoms_[index].broad != unknown) return index;

  stamped_bottom_ = unknown;
  const std::uint32_t stamp = ++last_stamp_;
  std::vector<std::uint32_t> broad_items;
  std::uint64_t broad_hash = 0, narrow_hash = 0;
  const std::span<const std::uint32_t> groups =
      part_groups_[partitions_[broad_partition_[broad]].first_part + part];
  for (const std::uint32_t item : broad_[broad]) {
    const Nfa::Position& position = nfa_.positions[item];
    if (position.symbol == Nfa::accepting ||
        !std::ranges::binary_search(groups, position.symbol - nfa_.class_count)) {
      continue;
    }
    for (const std::uint32_t follower : nfa_.follow_of(position)) {
      if (stamps_[follower] == stamp) continue;
      stamps_[follower] = stamp;
      if (is_broad(follower)) {
        broad_items.push_back(follower);
        broad_hash += hash_of_[follower];
      } else {
        bottom_narrow_.items.push_back(follower);
        narrow_hash += hash_of_[follower];
      }
    }
  }
  const auto narrow = static_cast<std::uint32_t>(bottom_narrow_.size());
  bottom_narrow_.close();
  const std::uint32_t interned = intern_broad(broad_items, broad_hash);  // may move bottoms_
  bottoms_[index] = {interned, narrow, narrow_hash, unknown};
  return index;
}

void Subsets::stamp_bottom(std::uint32_t bottom) {
  if (stamped_bottom_ == bottom) return;
  stamped_bottom_ = bottom;
  bottom_stamp_ = ++last_stamp_;
  for (const std::uint32_t item : broad_[bottoms_[bottom].broad]) stamps_[item] = bottom_stamp_;
  for (const std::uint32_t item : bottom_narrow_[bottoms_[bottom].narrow]) stamps_[item] = bottom_stamp_;
}

/// The state of a set whose narrow part is `bottom` and `extra` together; all of it bears bottom_stamp_ or
/// extra_stamp_.
std::uint32_t Subsets::intern_state(std::uint32_t broad, std::uint64_t narrow_hash,
                                    std::span<const std::uint32_t> bottom,
                                    std::span<const std::uint32_t> extra) {
  const auto fresh = static_cast<std::uint32_t>(broad_of_.size());
  const std::size_t size = bottom.size() + extra.size();
  const std::uint64_t hash = scramble(narrow_hash ^ scramble(broad));
  const std::uint32_t id = state_table_.find_or_insert(hash, fresh, [&](std::uint32_t other) {
    return broad_of_[other] == broad && narrow_[other].size() == size &&
           std::ranges::all_of(narrow_[other], [&](std::uint32_t item) {
             return stamps_[item] == bottom_stamp_ || stamps_[item] == extra_stamp_;
           });
  });
  if (id == fresh) {
    narrow_.append(bottom);
    narrow_.append(extra);
    narrow_.close();
    broad_of_.push_back(broad);
    out_.dfa.accept.push_back(broad_tags_[broad]);
  }
  return id;
}

/// The state that follows on a class for which a state has no narrow positions.
std::uint32_t Subsets::bottom_state(std::uint32_t index) {
  Bottom& bottom = bottoms_[index];
  if (bottom.state == unknown) {
    stamp_bottom(index);
    extra_stamp_ = bottom_stamp_;
    bottom.state = intern_state(bottom.broad, bottom.narrow_hash, bottom_narrow_[bottom.narrow], {});
  }
  return bottom.state;
}

/// The state that follows on a class for which there is one narrow position.
std::uint32_t Subsets::target_of_one(std::uint32_t bottom, std::uint32_t position) {
  // What a loop leads out by is in every state of the loop, so the same question comes again and again.
  LastTarget& last = last_targets_[position];
  if (last.bottom != bottom) last = {bottom, compute_target(bottom, {&position, 1})};
  return last.state;
}

/// The state that follows on a class for which there are narrow positions: those of a bucket.
std::uint32_t Subsets::target(std::uint32_t bottom, std::uint32_t first_link) {
  if (links_[first_link].next == unknown) return target_of_one(bottom, links_[first_link].position);
  key_.assign(1, bottom);
  for (std::uint32_t link = first_link; link != unknown; link = links_[link].next) {
    key_.push_back(links_[link].position);
  }
  const std::span<const std::uint32_t> positions = std::span(key_).subspan(1);
  // Loops stay in the set from state to state, so the same positions are added to the same large bottom again
  // and again. For a small bottom the answer is computed faster than remembered.
  constexpr std::size_t worth_remembering = 8;
  if (bottom_narrow_[bottoms_[bottom].narrow].size() < worth_remembering)
    return compute_target(bottom, positions);

  const auto fresh = static_cast<std::uint32_t>(known_targets_.size());
  const std::uint32_t known = known_table_.find_or_insert(
      XXH3_64bits(key_.data(), key_.size() * sizeof(std::uint32_t)), fresh,
      [&](std::uint32_t other) { return std::ranges::equal(known_keys_[other], key_); });
  if (known != fresh) return known_targets_[known];
  known_keys_.append(key_);
  known_keys_.close();
  const std::uint32_t state = compute_target(bottom, positions);
  known_targets_.push_back(state);
  return state;
}

std::uint32_t Subsets::compute_target(std::uint32_t index, std::span<const std::uint32_t> positions) {
  stamp_bottom(index);
  const Bottom bottom = bottoms_[index];
  extra_stamp_ = ++last_stamp_;
  extra_narrow_.clear();
  extra_broad_.clear();
  std::uint64_t narrow_hash = bottom.narrow_hash;
  for (const std::uint32_t position : positions) {
    for (const std::uint32_t follower : nfa_.follow_of(nfa_.positions[position])) {
      if (stamps_[follower] == bottom_stamp_ || stamps_[follower] == extra_stamp_) continue;
      stamps_[follower] = extra_stamp_;
      if (is_broad(follower)) {
        extra_broad_.push_back(follower);
      } else {
        extra_narrow_.push_back(follower);
        narrow_hash += hash_of_[follower];
      }
    }
  }
  std::uint32_t target_broad = bottom.broad;
  if (!extra_broad_.empty()) {
    const std::span<const std::uint32_t> old = broad_[bottom.broad];
    extra_broad_.insert(extra_broad_.end(), old.begin(), old.end());
    std::uint64_t hash = 0;
    for (const std::uint32_t item : extra_broad_) hash += hash_of_[item];
    target_broad = intern_broad(extra_broad_, hash);  // changes the stamps of broad positions only
  }
  return intern_state(target_broad, narrow_hash, bottom_narrow_[bottom.narrow], extra_narrow_);
}

void Subsets::add_start() {
  // The trap is the empty set. The start is state 1 even if it is empty too.
  intern_state(0, 0, {}, {});
  std::uint64_t narrow_hash = 0, broad_hash = 0;
  for (const std::uint32_t item : nfa_.initial) {
    if (is_broad(item)) {
      extra_broad_.push_back(item);
      broad_hash += hash_of_[item];
    } else {
      extra_narrow_.push_back(item);
      narrow_hash += hash_of_[item];
    }
  }
  const std::uint32_t broad = intern_broad(extra_broad_, broad_hash);
  if (nfa_.initial.empty()) {
    narrow_.close();
    broad_of_.push_back(broad);
    out_.dfa.accept.push_back(0);
    return;
  }
  extra_stamp_ = bottom_stamp_ = ++last_stamp_;
  for (const std::uint32_t item : extra_narrow_) stamps_[item] = extra_stamp_;
  intern_state(broad, narrow_hash, {}, extra_narrow_);
}

/// Finds the targets of a state, creating those that are new, and writes its row.
void Subsets::expand(std::uint32_t state) {
  const std::uint32_t broad = broad_of_[state];
  links_.clear();
  touched_.clear();
  for (const std::uint32_t item : narrow_[state]) {
    std::uint32_t& head = buckets_[nfa_.positions[item].symbol];
    if (head == unknown) touched_.push_back(nfa_.positions[item].symbol);
    links_.push_back({item, head});
    head = static_cast<std::uint32_t>(links_.size() - 1);
  }
  const Partition partition = partitions_[broad_partition_[broad]];
  // Targets that share a bottom come one after the other, so that it is stamped once.
  for (std::uint32_t& symbol : touched_)
    symbol |= std::uint32_t{part_of_class_[partition.part_of + symbol]} << 16;
  std::ranges::sort(touched_);

  // Classes without narrow positions have the target of their part. It is not computed for a part that has no
  // such class, or there would be states that nothing leads to.
  part_targets_.assign(partition.part_count, Dfa::trap);
  std::size_t at = 0;
  for (std::uint32_t part = 0; part < partition.part_count; ++part) {
    std::uint32_t free = part_sizes_[partition.first_part + part];
    for (; at < touched_.size() && touched_[at] >> 16 == part; ++at) --free;
    if (part != 0 && free > 0) part_targets_[part] = bottom_state(bottom_of(broad, part));
  }
  exceptions_.clear();
  for (const std::uint32_t part_and_symbol : touched_) {
    const std::uint32_t symbol = part_and_symbol & 0xffff;
    exceptions_.push_back({symbol + 1, target(bottom_of(broad, part_and_symbol >> 16), buckets_[symbol])});
    buckets_[symbol] = unknown;
  }
  if (partition.part_count > 1) std::ranges::sort(exceptions_, {}, &Run::end);
  write_row(partition);
}

/// Lays the exceptions over the targets of the parts.
void Subsets::write_row(const Partition& partition) {
  auto exception = exceptions_.begin();
  std::uint32_t from = 0;
  for (std::uint32_t i = partition.runs_begin; i < partition.runs_end; ++i) {
    const Run part = part_runs_[i];
    const std::uint32_t target = part_targets_[part.target];
    for (; exception != exceptions_.end() && exception->end <= part.end; ++exception) {
      if (from + 1 < exception->end) out_.dfa.append(exception->end - 1, target);
      out_.dfa.append(exception->end, exception->target);
      from = exception->end;
    }
    if (from < part.end) out_.dfa.append(part.end, target);
    from = part.end;
  }
  out_.dfa.end_row();
}

/// The tag that most positions of the newest states belong to.
std::uint32_t Subsets::heaviest_tag() const {
  std::vector<std::uint32_t> tags;
  const auto states = static_cast<std::uint32_t>(broad_of_.size());
  for (std::uint32_t state = states - std::min<std::uint32_t>(states, 256); state < states; ++state) {
    for (const std::uint32_t item : narrow_[state]) tags.push_back(nfa_.positions[item].tag);
    for (const std::uint32_t item : broad_[broad_of_[state]]) tags.push_back(nfa_.positions[item].tag);
  }
  std::sort(tags.begin(), tags.end());
  std::uint32_t heaviest = OverBudget::no_tag;
  std::size_t most = 0;
  for (std::size_t begin = 0, end = 0; begin < tags.size(); begin = end) {
    while (end < tags.size() && tags[end] == tags[begin]) ++end;
    if (end - begin > most) {
      most = end - begin;
      heaviest = tags[begin];
    }
  }
  return heaviest;
}

std::size_t Subsets::bytes() const {
  return out_.dfa.runs.capacity() * sizeof(Run) + narrow_.bytes() + broad_.bytes() + bottom_narrow_.bytes() +
         bottoms_.capacity() * sizeof(Bottom) + part_of_class_.capacity() * sizeof(std::uint16_t) +
         state_table_.bytes() + broad_table_.bytes();
}

tl::expected<DeterminisedRuns, OverBudget> Subsets::run() {
  add_start();
  for (std::uint32_t state = 0; state < broad_of_.size(); ++state) {
    expand(state);
    if (auto over = clock_.check(broad_of_.size(), bytes())) {
      over->tag = heaviest_tag();
      return tl::unexpected(*over);
    }
  }
  return std::move(out_);
}

}  // namespace

tl::expected<DeterminisedRuns, OverBudget> determinise_runs(const ExprPool& pool,
                                                            std::span<const Pattern> patterns,
                                                            const Budget& budget) {
  auto nfa = build_nfa(pool, patterns, budget);
  if (!nfa) return tl::unexpected(nfa.error());
  return Subsets(*nfa, budget).run();
}

tl::expected<Determinised, OverBudget> determinise(const ExprPool& pool, std::span<const Pattern> patterns,
                                                   const Budget& budget) {
  auto made = determinise_runs(pool, patterns, budget);
  if (!made) return tl::unexpected(made.error());
  if (dense_bytes(made->dfa) > budget.max_bytes)
    return tl::unexpected(OverBudget{OverBudget::What::bytes, budget.max_bytes});
  return Determinised{to_dense(made->dfa), std::move(made->tag_sets)};
}

}  // namespace bh::automata
