// What the stages cost on the shapes of policy that matter: a container profile, thousands of literal paths,
// hundreds of globs.
//
//   cmake --build build --target automata_bench && build/automata_bench
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <random>

#include "automata/comb.h"
#include "automata/determinise.h"
#include "automata/minimise.h"
#include "automata/relate.h"

namespace bh::automata {
namespace {

/// Just enough of the glob language for benchmarks: `*`, `**`, `?`, {a,b} not nested.
ExprId glob(ExprPool& pool, std::string_view text) {
  const ExprId within = pool.bytes(ByteSet{}.set().reset(0).reset('/'));
  const ExprId across = pool.bytes(ByteSet{}.set().reset(0));
  std::vector<ExprId> parts;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '*') {
      const bool deep = i + 1 < text.size() && text[i + 1] == '*';
      const bool component = i > 0 && text[i - 1] == '/' &&
                             (i + (deep ? 2 : 1) == text.size() || text[i + (deep ? 2 : 1)] == '/');
      if (component) parts.push_back(within);
      parts.push_back(pool.star(deep ? across : within));
      if (deep) ++i;
    } else if (text[i] == '?') {
      parts.push_back(within);
    } else if (text[i] == '{') {
      const std::size_t end = text.find('}', i);
      std::vector<ExprId> options;
      for (std::size_t at = i + 1; at <= end;) {
        const std::size_t stop = std::min(text.find(',', at), end);
        options.push_back(glob(pool, text.substr(at, stop - at)));
        at = stop + 1;
      }
      parts.push_back(pool.either(options));
      i = end;
    } else {
      parts.push_back(pool.byte(static_cast<std::uint8_t>(text[i])));
    }
  }
  return pool.concat(parts);
}

std::string word(std::mt19937& random) {
  static constexpr std::string_view syllables[] = {"lib", "con", "ser", "net", "sys", "dev", "log", "ka",
                                                   "to",  "mi",  "x11", "ro",  "py",  "ta",  "bin", "-"};
  std::string text;
  for (std::size_t n = 1 + random() % 3; n > 0; --n) text += syllables[random() % std::size(syllables)];
  return text;
}

using Rules = std::vector<std::string>;

Rules literal_paths(std::size_t count) {
  std::mt19937 random(1);
  Rules rules;
  for (std::size_t i = 0; i < count; ++i) {
    rules.push_back(fmt::format("/usr/share/{}/{}/{}.{}", word(random), word(random), i, word(random)));
  }
  return rules;
}

/// The shape of a profile for a container: a base of globs for devices and /proc, some paths of the image.
Rules container(std::size_t count) {
  Rules rules{"/",
              "/**",
              "/proc/*",
              "/proc/sys/kernel/{,**}",
              "/proc/[^1-9]",
              "/proc/sysrq-trigger",
              "/proc/kcore",
              "/sys/kernel/security/**",
              "/sys/firmware/**",
              "/sys/fs/cgroup/**",
              "/dev/{null,zero,full,random,urandom}"};
  std::mt19937 random(2);
  while (rules.size() < count) {
    const std::string a = word(random), b = word(random);
    switch (rules.size() % 4) {
      case 0:
        rules.push_back(fmt::format("/usr/lib/{}/{}.so*", a, b));
        break;
      case 1:
        rules.push_back(fmt::format("/etc/{}/{{,**}}", a));
        break;
      case 2:
        rules.push_back(fmt::format("/usr/{{,local/}}bin/{}", a));
        break;
      default:
        rules.push_back(fmt::format("/var/{}/*.{}", a, b));
    }
  }
  return rules;
}

/// What desktop profiles look like: hundreds of deep globs with alternatives.
Rules deep_globs(std::size_t count) {
  std::mt19937 random(3);
  Rules rules;
  while (rules.size() < count) {
    const std::string a = word(random), b = word(random), c = word(random);
    switch (rules.size() % 5) {
      case 0:
        rules.push_back(fmt::format("/usr/{{{},{},{}}}/**/{}*", a, b, c, word(random)));
        break;
      case 1:
        rules.push_back(fmt::format("/home/*/.{}/{{,**}}", a));
        break;
      case 2:
        rules.push_back(fmt::format("/home/*/.{{config,cache,local/share}}/{}/**.{}", a, b));
        break;
      case 3:
        rules.push_back(fmt::format("/{{,usr/}}lib{{,32,64}}/**{}*.so*", a));
        break;
      default:
        rules.push_back(fmt::format("/sys/devices/**/{}/{}", a, b));
    }
  }
  return rules;
}

/// Tags stand for permission sets: few, and shared by many rules.
std::vector<Pattern> patterns_of(ExprPool& pool, const Rules& rules) {
  std::vector<Pattern> patterns;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    patterns.push_back({glob(pool, rules[i]), static_cast<std::uint32_t>(i % 7)});
  }
  return patterns;
}

Rules rules_of(std::int64_t which) {
  switch (which) {
    case 0:
      return container(100);
    case 1:
      return literal_paths(5000);
    case 2:
      return deep_globs(60);
    default:
      return deep_globs(120);
  }
}

struct Stages {
  ExprPool pool;
  Determinised made;
  Dfa small;
  explicit Stages(std::int64_t which)
      : made(*determinise(pool, patterns_of(pool, rules_of(which)))), small(minimise(made.dfa)) {}
};

/// What a compiler does for one automaton, from rules to tables.
void whole(benchmark::State& state) {
  const Rules rules = rules_of(state.range(0));
  std::size_t before = 0, after = 0, slots = 0;
  for (auto _ : state) {
    ExprPool pool;
    const auto made = determinise(pool, patterns_of(pool, rules));
    const Dfa small = minimise(made->dfa);
    const auto tables = pack(small, {.allow_32bit = true, .diff_encode = state.range(1) != 0});
    before = made->dfa.states();
    after = small.states();
    slots = tables->next.size();
  }
  state.counters["states"] = static_cast<double>(before);
  state.counters["minimal"] = static_cast<double>(after);
  state.counters["slots"] = static_cast<double>(slots);
}
BENCHMARK(whole)->ArgsProduct({{0, 1, 2, 3}, {0, 1}})->Unit(benchmark::kMillisecond);

void stage_expressions(benchmark::State& state) {
  const Rules rules = rules_of(state.range(0));
  for (auto _ : state) {
    ExprPool pool;
    benchmark::DoNotOptimize(patterns_of(pool, rules));
  }
}
BENCHMARK(stage_expressions)->DenseRange(0, 3)->Unit(benchmark::kMillisecond);

void stage_determinise(benchmark::State& state) {
  ExprPool pool;
  const std::vector<Pattern> patterns = patterns_of(pool, rules_of(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(determinise(pool, patterns));
}
BENCHMARK(stage_determinise)->DenseRange(0, 3)->Unit(benchmark::kMillisecond);

void stage_minimise(benchmark::State& state) {
  const Stages stages(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(minimise(stages.made.dfa));
}
BENCHMARK(stage_minimise)->DenseRange(0, 3)->Unit(benchmark::kMillisecond);

void stage_pack(benchmark::State& state) {
  const Stages stages(state.range(0));
  const PackOptions options{.allow_32bit = true, .diff_encode = state.range(1) != 0};
  for (auto _ : state) benchmark::DoNotOptimize(pack(stages.small, options));
}
BENCHMARK(stage_pack)->ArgsProduct({{0, 1, 2, 3}, {0, 1}})->Unit(benchmark::kMillisecond);

void stage_unpack(benchmark::State& state) {
  const Stages stages(state.range(0));
  const CombTables tables = *pack(stages.small, {.allow_32bit = true, .diff_encode = true});
  for (auto _ : state) benchmark::DoNotOptimize(unpack(tables));
}
BENCHMARK(stage_unpack)->DenseRange(0, 3)->Unit(benchmark::kMillisecond);

void a_million_questions(benchmark::State& state) {
  const Stages stages(0);
  const Rules paths = literal_paths(1000);
  for (auto _ : state) {
    std::uint64_t sum = 0;
    for (int round = 0; round < 1000; ++round) {
      for (const std::string& path : paths) sum += stages.small.accept[stages.small.run(path)];
    }
    benchmark::DoNotOptimize(sum);
  }
}
BENCHMARK(a_million_questions)->Unit(benchmark::kMillisecond);

/// Two large automata that differ in one rule: every pair of states is visited.
void difference(benchmark::State& state) {
  const Stages old(state.range(0));
  ExprPool pool;
  Rules rules = rules_of(state.range(0));
  rules.push_back("/usr/share/zzz/zzz");
  const Dfa now = minimise(determinise(pool, patterns_of(pool, rules))->dfa);
  std::size_t pairs = 0;
  for (auto _ : state) {
    const auto found = accept_pairs(old.small, now);
    pairs = found->size();
  }
  state.counters["pairs"] = static_cast<double>(pairs);
}
BENCHMARK(difference)->DenseRange(0, 3)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace bh::automata
