// network rules: which families and types of sockets. Class, family in two
// bytes, type in two bytes.
#include "compile/network_rules.h"

#include <array>

#include <fmt/format.h>

#include "diag/render.h"
#include "diag/suggest.h"
#include "policy/words.h"

namespace bh::compile {
namespace {

using automata::ByteSet;
using automata::ExprId;
using automata::ExprPool;

constexpr std::uint32_t inet = 2, inet6 = 10;
constexpr std::uint32_t stream = 1, dgram = 2, raw = 3;
constexpr std::size_t family_count = 46;
/// Socket types that have a name, as bits; what a family without a type means
/// to kernels before network_v8.
constexpr std::uint16_t named_types = 0x043e;

struct Protocol {
  std::string_view name;
  std::uint32_t type;
  bool inet6_too;
};
constexpr auto protocols =
    std::to_array<Protocol>({{"tcp", stream, true}, {"udp", dgram, true}, {"icmp", raw, false}});

/// What the words of a rule choose.
struct Sockets {
  ByteSet families;  ///< all of them if none was named
  bool named_family = false;
  std::optional<std::uint32_t> type;
};

/// What a bare `network,` means: every family there is, with a name or without
/// (seen in the reference's output).
ByteSet every_family() {
  ByteSet all;
  for (std::size_t family = 0; family < family_count; ++family) all.set(family);
  return all;
}

/// What a rule with a type but without a family means: every family that has a
/// name, whatever the features list.
ByteSet named_families() {
  ByteSet all;
  for (const policy::Word& family : policy::network_families()) all.set(family.value);
  return all;
}

/// What a rule without a family, but with `ip=` or `port=`, means.
ByteSet families_with_addresses() {
  ByteSet two;
  two.set(inet);
  two.set(inet6);
  return two;
}

void report_word(ProfileBuilder& builder, const RuleContext& context, const policy::Text& word, bool first) {
  std::vector<std::string_view> names;
  for (const policy::Word& entry : policy::socket_types()) names.push_back(entry.name);
  for (const Protocol& entry : protocols) names.push_back(entry.name);
  if (first) {
    for (const policy::Word& entry : policy::network_families()) names.push_back(entry.name);
  }
  diag::Diagnostic& diagnostic =
      builder.report(diag::Code::unknown_word, context, word.span,
                     fmt::format("`{}` is no {}socket type or protocol", diag::printable(word.value),
                                 first ? "address family, " : ""));
  const auto meant = diag::did_you_mean(word.value, names);
  diagnostic.with_help(meant ? fmt::format("did you mean `{}`?", *meant)
                             : std::string("write `network FAMILY TYPE,`, for "
                                           "example `network inet stream,`"));
}

/// A type or a protocol behind (or without) a family. A protocol narrows the
/// families to those that have it.
bool choose_type(ProfileBuilder& builder, const RuleContext& context, const policy::Text& word, bool first,
                 Sockets& chosen) {
  if (const auto type = policy::number_of(policy::socket_types(), word.value)) {
    chosen.type = type;
    return true;
  }
  for (const Protocol& protocol : protocols) {
    if (protocol.name != word.value) continue;
    ByteSet having;
    having.set(inet);
    if (protocol.inet6_too) having.set(inet6);
    chosen.families &= having;
    if (chosen.families.none()) {
      builder
          .report(diag::Code::unknown_word, context, word.span,
                  fmt::format("the family has no protocol `{}` that a rule can name", word.value))
          .with_help(fmt::format("`{}` goes with inet{}; with others name a "
                                 "type: stream, dgram, raw",
                                 word.value, protocol.inet6_too ? " and inet6" : ""));
      return false;
    }
    chosen.type = protocol.type;
    chosen.named_family = true;
    return true;
  }
  report_word(builder, context, word, first);
  return false;
}

std::optional<Sockets> chosen_sockets(ProfileBuilder& builder, const policy::ClassRule& rule,
                                      const RuleContext& context) {
  const bool with_address = !rule.conditions.empty() || !rule.peer.empty();
  if (rule.words.empty() && !with_address) return Sockets{every_family(), false, {}};
  if (rule.words.size() > 2) {
    builder.report(diag::Code::unknown_word, context, rule.words[2].span,
                   "a network rule has at most a family and a type or protocol");
    return std::nullopt;
  }
  Sockets chosen{with_address ? families_with_addresses() : named_families(), with_address, {}};
  std::size_t at = 0;
  if (rule.words.empty()) return chosen;
  if (const auto family = policy::number_of(policy::network_families(), rule.words[0].value)) {
    chosen.families.reset();
    chosen.families.set(*family);
    chosen.named_family = true;
    at = 1;
  } else if (rule.words.size() == 2) {
    report_word(builder, context, rule.words[0], true);
    return std::nullopt;
  }
  if (at < rule.words.size() && !choose_type(builder, context, rule.words[at], at == 0, chosen))
    return std::nullopt;
  return chosen;
}

/// Kernels before network_v8: no automaton, a mask of socket types per family.
void add_to_family_masks(ProfileBuilder& builder, const RuleContext& context, const Sockets& chosen) {
  builder.families.resize(family_count);
  const std::uint16_t types = chosen.type           ? static_cast<std::uint16_t>(1U << *chosen.type)
                              : chosen.named_family ? named_types
                                                    : std::uint16_t{0xffff};
  const bool deny = context.qualifiers.access == policy::Access::deny;
  const auto join = [types](std::uint16_t& field) { field = static_cast<std::uint16_t>(field | types); };
  for (std::size_t family = 0; family < family_count; ++family) {
    if (!chosen.families.test(family)) continue;
    ProfileBuilder::FamilyMasks& masks = builder.families[family];
    join(deny ? masks.deny : masks.allow);
    if (context.qualifiers.audit) join(masks.audit);
    if (deny && !context.qualifiers.audit) join(masks.quiet);
  }
}

/// The types of unix sockets that a network rule reaches: its own, all that
/// have a name, or any.
std::vector<std::optional<std::uint32_t>> unix_types(const Sockets& chosen) {
  if (chosen.type) return {chosen.type};
  if (!chosen.named_family) return {std::nullopt};
  std::vector<std::optional<std::uint32_t>> types;
  for (const policy::Word& entry : policy::socket_types()) types.emplace_back(entry.value);
  return types;
}

}  // namespace

std::optional<std::uint8_t> network_class(const Features& usable) {
  if (usable.has("network_v9")) return medclass::net_v9;
  if (usable.has("network_v8")) return medclass::net_v8;
  return std::nullopt;
}

std::optional<std::uint8_t> unix_class(const Features& usable) {
  if (usable.has("network_v9/af_unix")) return medclass::net_v9;
  if (!usable.has("network/af_unix")) return std::nullopt;
  return network_class(usable).value_or(medclass::unix_v7);
}

void add_socket_check(ProfileBuilder& builder, const RuleContext& context, const ByteSet& families,
                      std::optional<std::uint32_t> type, std::uint32_t bits, std::int32_t priority) {
  const auto cls = network_class(builder.usable);
  if (!cls) return;
  ExprPool& pool = builder.policydb.pool();
  const ExprId any = any_byte(pool);
  const std::array<ExprId, 4> parts{pool.byte(*cls), pool.byte(0), pool.bytes(families),
                                    type ? two_bytes(pool, *type) : pool.concat(any, any)};
  Grant grant = ProfileBuilder::grant(context, bits, bits, type.has_value());
  grant.priority = priority;
  builder.policydb.add(pool.concat(parts), grant, context.index);
}

void add_network_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context) {
  static constexpr auto keys =
      std::to_array<std::string_view>({"ip", "port", "interface", "label", "type", "protocol"});
  check_keys(builder, context, rule.conditions, keys);
  check_keys(builder, context, rule.peer, keys);
  const std::uint32_t bits = access_bits(rule, net_bit::all);
  const auto chosen = chosen_sockets(builder, rule, context);
  if (!chosen) return;
  if (!rule.conditions.empty() || !rule.peer.empty())
    builder.note_downgraded(context, "addresses in network rules");
  const bool by_class = network_class(builder.usable).has_value();
  if (!by_class && !builder.usable.has("network/af_mask"))
    return builder.note_not_mediated(context, "network");
  if (chosen->families.test(family_unix)) {
    // Of a deny the reference takes every access here, whatever the rule names
    // (docs/decisions/0006); so do we, and give no more than is written.
    const std::uint32_t unix_bits = context.qualifiers.access == policy::Access::deny ? net_bit::all : bits;
    for (const auto& type : unix_types(*chosen)) {
      UnixSocket socket;
      socket.type = type;
      add_unix_checks(builder, context, socket, unix_bits, true);
    }
  }
  if (!by_class) return add_to_family_masks(builder, context, *chosen);
  add_socket_check(builder, context, chosen->families, chosen->type, bits, context.qualifiers.priority);
}

}  // namespace bh::compile
