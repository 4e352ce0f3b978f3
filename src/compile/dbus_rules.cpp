// dbus rules, which dbus-daemon asks about through apparmorfs: `bus`, `bus NUL name` or
// `bus NUL peer name NUL peer label NUL path NUL interface NUL member`.
#include <array>

#include <fmt/format.h>

#include "compile/conditions.h"

namespace bh::compile {
namespace {

using automata::ExprId;
using automata::ExprPool;

constexpr std::uint32_t send = 2, receive = 4, eavesdrop = 0x20, bind = 0x40;
constexpr std::uint32_t messages = send | receive;
/// The parts of the string that a rule may leave open.
enum Part : std::size_t { bus, name, peer_name, peer_label, path, interface, member, part_count };
struct PartWord {
  std::string_view key;
  bool of_peer;
  bool is_path;
};
constexpr std::array<PartWord, part_count> part_words{{
    {"bus", false, false},
    {"name", false, false},
    {"name", true, false},
    {"label", true, false},
    {"path", false, true},
    {"interface", false, false},
    {"member", false, false},
}};

using Parts = std::array<std::optional<Language>, part_count>;

std::optional<Parts> read_parts(ProfileBuilder& builder, const policy::ClassRule& rule,
                                const RuleContext& context) {
  static constexpr auto keys =
      std::to_array<std::string_view>({"bus", "name", "path", "interface", "member"});
  static constexpr auto peer_keys = std::to_array<std::string_view>({"name", "label"});
  bool good = check_no_words(builder, rule, context);
  good = check_keys(builder, context, rule.conditions, keys) && good;
  good = check_keys(builder, context, rule.peer, peer_keys) && good;
  Parts parts;
  for (std::size_t part = 0; part < part_count; ++part) {
    const PartWord& word = part_words[part];
    const policy::Text* text =
        value_of(builder, context, word.of_peer ? rule.peer : rule.conditions, word.key);
    if (text == nullptr) continue;
    parts[part] =
        glob(builder.policydb.pool(), *text, word.key, {.collapse_slashes = word.is_path}, builder.sink);
    good = good && parts[part];
  }
  if (!good) return std::nullopt;
  return parts;
}

/// What the access is when the rule does not say: it follows from what the rule speaks about.
std::uint32_t implied_access(const Parts& parts) {
  if (parts[name]) return bind;
  if (parts[peer_name] || parts[peer_label] || parts[path] || parts[interface] || parts[member])
    return messages;
  return messages | bind | eavesdrop;
}

}  // namespace

void add_dbus_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context) {
  const auto parts = read_parts(builder, rule, context);
  if (!parts) return;
  const std::uint32_t bits = access_bits(rule, implied_access(*parts));
  if (!builder.usable.has("dbus")) return builder.note_not_mediated(context, "dbus");
  ExprPool& pool = builder.policydb.pool();
  const ExprId end = pool.byte(0);
  const auto part = [&](Part which) { return (*parts)[which] ? (*parts)[which]->expr : any_text(pool); };
  const ExprId on_bus = pool.concat(pool.byte(medclass::dbus), part(bus));
  const auto add = [&](ExprId expr, std::uint32_t its_bits) {
    if (its_bits == 0) return;
    builder.policydb.add(expr, ProfileBuilder::grant(context, its_bits, its_bits, false), context.index);
  };
  const std::array<ExprId, 3> service{on_bus, end, part(name)};
  add(pool.concat(service), bits & bind);
  const std::array<ExprId, 11> message{on_bus,     end, part(peer_name), end, part(peer_label), end,
                                       part(path), end, part(interface), end, part(member)};
  add(pool.concat(message), bits & messages);
  add(on_bus, bits & eavesdrop);
}

}  // namespace bh::compile
