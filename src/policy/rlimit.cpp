// `set rlimit NAME <= VALUE`: units and ranges, apparmor.d(5) "rlimit rules".
#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "policy/words.h"

namespace bh::policy {
namespace {

enum class Kind : std::uint8_t { size, number, time, nice };

struct Limit {
  std::string_view name;
  Kind kind;
};
constexpr Limit limits[] = {
    {"cpu", Kind::time},          {"fsize", Kind::size},    {"data", Kind::size},    {"stack", Kind::size},
    {"core", Kind::size},         {"rss", Kind::size},      {"nproc", Kind::number}, {"nofile", Kind::number},
    {"ofile", Kind::number},      {"memlock", Kind::size},  {"as", Kind::size},      {"locks", Kind::number},
    {"sigpending", Kind::number}, {"msgqueue", Kind::size}, {"nice", Kind::nice},    {"rtprio", Kind::number},
    {"rttime", Kind::time},
};

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr std::uint64_t us = 1, ms = 1000 * us, s = 1000 * ms, minute = 60 * s, hour = 60 * minute,
                        day = 24 * hour;
constexpr Unit time_units[] = {
    {"us", us},
    {"microsecond", us},
    {"microseconds", us},
    {"ms", ms},
    {"millisecond", ms},
    {"milliseconds", ms},
    {"s", s},
    {"sec", s},
    {"second", s},
    {"seconds", s},
    {"min", minute},
    {"minute", minute},
    {"minutes", minute},
    {"h", hour},
    {"hour", hour},
    {"hours", hour},
    {"d", day},
    {"day", day},
    {"days", day},
    {"week", 7 * day},
    {"weeks", 7 * day},
};
constexpr Unit size_units[] = {
    {"K", 1u << 10}, {"KB", 1u << 10}, {"M", 1u << 20}, {"MB", 1u << 20}, {"G", 1u << 30}, {"GB", 1u << 30},
};

constexpr std::uint64_t infinity = std::numeric_limits<std::uint64_t>::max();

template <std::size_t n>
const Unit* find_unit(const Unit (&units)[n], std::string_view name) {
  for (const Unit& unit : units)
    if (unit.name == name) return &unit;
  return nullptr;
}

/// As apparmor_parser counts: a number that is too large is the largest there is.
constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();

/// None: the product does not fit, which apparmor_parser takes for a small number.
std::optional<std::uint64_t> scaled(std::uint64_t number, std::uint64_t factor, std::string& why) {
  std::uint64_t out = 0;
  if (!__builtin_mul_overflow(number, factor, &out)) return out;
  why = "the number is too large (`infinity` means no limit)";
  return std::nullopt;
}

std::optional<std::uint64_t> time_value(std::string_view name, std::uint64_t number, std::string_view unit,
                                        std::string& why) {
  bool cpu = name == "cpu";
  const Unit* found = unit.empty() ? nullptr : find_unit(time_units, unit);
  if (!unit.empty() && !found) {
    why = fmt::format("`{}` is not a unit of time: us, ms, s, min, h, d, week", unit);
    return std::nullopt;
  }
  if (found == nullptr) return number;  // of `cpu` seconds, of `rttime` microseconds
  const auto micro = scaled(number, found->factor, why);
  if (!micro || !cpu) return micro;
  if (*micro < s) {
    why = "the kernel counts `cpu` in seconds: the least is 1s";
    return std::nullopt;
  }
  return *micro / s;
}

std::optional<std::uint64_t> nice_value(bool negative, std::uint64_t number, std::string& why) {
  auto nice = static_cast<std::int64_t>(std::min<std::uint64_t>(number, 1000));
  if (negative) nice = -nice;
  if (nice >= -20 && nice <= 19) return static_cast<std::uint64_t>(nice + 20);
  why = "`nice` goes from -20 to 19";
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> rlimit_value(std::string_view name, std::string_view value, std::string& why) {
  const Limit* limit = nullptr;
  for (const Limit& entry : limits)
    if (entry.name == name) limit = &entry;
  if (!limit) {
    why = "there is no such limit";
    return std::nullopt;
  }
  if (value == "infinity") return infinity;
  bool negative = value.starts_with('-');
  if (negative) value.remove_prefix(1);
  std::uint64_t number = 0;
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error == std::errc::invalid_argument || (negative && limit->kind != Kind::nice)) {
    why = limit->kind == Kind::nice ? "a number from -20 to 19, or `infinity`" : "a number, or `infinity`";
    return std::nullopt;
  }
  if (error == std::errc::result_out_of_range || number > largest) number = largest;
  std::string_view unit = value.substr(static_cast<std::size_t>(end - value.data()));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  if (limit->kind == Kind::time) return time_value(name, number, unit, why);
  if (unit.empty())
    return limit->kind == Kind::nice ? nice_value(negative, number, why) : std::optional(number);
  const Unit* found = limit->kind == Kind::size ? find_unit(size_units, unit) : nullptr;
  if (found) return scaled(number, found->factor, why);
  why = limit->kind == Kind::size ? fmt::format("`{}` is not a unit of size: K, M, G, KB, MB, GB", unit)
                                  : fmt::format("`{}` is a plain number, without unit `{}`", name, unit);
  return std::nullopt;
}

}  // namespace bh::policy
