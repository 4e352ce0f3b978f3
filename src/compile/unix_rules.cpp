// unix rules: addresses and peers of unix sockets. Follows security/apparmor/af_unix.c for what the kernel
// asks in which order.
#include <array>

#include <fmt/format.h>

#include "compile/network_rules.h"
#include "diag/render.h"
#include "diag/suggest.h"
#include "policy/words.h"

namespace bh::compile {
namespace {

using automata::ByteSet;
using automata::ExprId;
using automata::ExprPool;

constexpr std::uint32_t bits_of_socket =
    net_bit::bind | net_bit::accept | net_bit::getattr | net_bit::setattr | net_bit::shutdown;
constexpr std::uint32_t bits_of_options = net_bit::setopt | net_bit::getopt;
constexpr std::uint32_t bits_of_peer = net_bit::send | net_bit::receive | net_bit::connect | net_bit::accept;

// The byte in front of the third part of a check.
constexpr std::uint8_t command_peer = 1, command_listen = 2, command_options = 4;

/// Five hex digits, as the kernel names a socket that is bound without a name.
ExprId automatic_address(ExprPool& pool) {
  ByteSet hex;
  for (const char digit : std::string_view("0123456789abcdef")) hex.set(static_cast<unsigned char>(digit));
  const ExprId one = pool.bytes(hex);
  const std::array<ExprId, 6> parts{pool.byte(0), one, one, one, one, one};
  return pool.concat(parts);
}

ExprId anything(ExprPool& pool) { return pool.star(any_byte(pool)); }

/// The language of `addr=`: none, auto, or @abstract. None: reported.
std::optional<Language> address(ProfileBuilder& builder, const RuleContext& context,
                                const policy::Text& text) {
  ExprPool& pool = builder.policydb.pool();
  if (text.value == "none") return Language{pool.byte(1), true, 1};
  if (text.value == "auto") return Language{automatic_address(pool), true, 6};
  if (!text.value.starts_with('@')) {
    builder
        .report(diag::Code::bad_condition, context, text.span,
                fmt::format("`{}` is no address of a unix socket that a rule can name",
                            diag::printable(text.value)))
        .with_help(
            "`@NAME` is an abstract one, `none` an unnamed one, `auto` one bound by the kernel; sockets in "
            "the file system are file rules");
    return std::nullopt;
  }
  policy::Text name = text;
  name.value.erase(0, 1);
  auto language =
      glob(pool, name, "address", {.keeps_leading_pair = false, .may_match_nul = true}, builder.sink);
  if (language) language->expr = pool.concat(pool.byte(0), language->expr);
  return language;
}

/// Reads type=, addr= and peer=. None: something was reported.
std::optional<UnixSocket> read_socket(ProfileBuilder& builder, const policy::ClassRule& rule,
                                      const RuleContext& context) {
  static constexpr auto keys = std::to_array<std::string_view>({"type", "addr"});
  static constexpr auto peer_keys = std::to_array<std::string_view>({"addr", "label"});
  bool good = check_no_words(builder, rule, context);
  good = check_keys(builder, context, rule.conditions, keys) && good;
  good = check_keys(builder, context, rule.peer, peer_keys) && good;
  UnixSocket socket;
  if (const policy::Text* text = value_of(builder, context, rule.conditions, "type")) {
    socket.type = policy::number_of(policy::socket_types(), text->value);
    if (!socket.type) {
      good = false;
      builder
          .report(diag::Code::unknown_word, context, text->span,
                  fmt::format("`{}` is no socket type", diag::printable(text->value)))
          .with_help("types are stream, dgram, seqpacket, rdm, raw and packet");
    }
  }
  if (const policy::Text* text = value_of(builder, context, rule.conditions, "addr")) {
    socket.address = address(builder, context, *text);
    socket.automatic = text->value == "auto";
    good = good && socket.address;
  }
  if (const policy::Text* text = value_of(builder, context, rule.peer, "addr")) {
    socket.peer_address = address(builder, context, *text);
    good = good && socket.peer_address;
  }
  if (const policy::Text* text = value_of(builder, context, rule.peer, "label")) {
    socket.peer_label =
        glob(builder.policydb.pool(), *text, "peer label", {.collapse_slashes = false}, builder.sink);
    good = good && socket.peer_label;
  }
  if (!good) return std::nullopt;
  return socket;
}

/// With a peer there is a connection: what is done before one cannot be in the same rule.
bool check_peer_access(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context,
                       std::uint32_t bits) {
  if (rule.peer.empty() || rule.access.empty() || (bits & ~bits_of_peer) == 0) return true;
  builder
      .report(diag::Code::unknown_word, context, rule.access.front().span,
              "with `peer=` a unix rule can be about connect, accept, send and receive only")
      .with_help(
          "put create, bind, listen, shutdown, getattr, setattr, getopt, setopt into a rule of their own, "
          "without `peer=`");
  return false;
}

}  // namespace

void add_unix_checks(ProfileBuilder& builder, const RuleContext& context, const UnixSocket& socket,
                     std::uint32_t bits, bool invert_audit) {
  const auto cls = unix_class(builder.usable);
  if (!cls) return;
  ExprPool& pool = builder.policydb.pool();
  const ExprId any = any_byte(pool);
  const std::array<ExprId, 4> head_parts{pool.byte(*cls), two_bytes(pool, family_unix),
                                         socket.type ? two_bytes(pool, *socket.type) : pool.concat(any, any),
                                         pool.concat(any, any)};  // the protocol, which rules do not choose
  const ExprId head = pool.concat(head_parts);
  policy::Qualifiers qualifiers = context.qualifiers;
  if (invert_audit && qualifiers.access == policy::Access::deny) qualifiers.audit = !qualifiers.audit;
  const RuleContext own{context.index, context.span, qualifiers};
  const auto add = [&](ExprId expr, std::uint32_t its_bits, std::uint32_t also_audited = 0) {
    if (its_bits == 0) return;
    builder.policydb.add(expr, ProfileBuilder::grant(own, its_bits, its_bits | also_audited, false),
                         context.index);
  };
  const bool has_peer = socket.peer_address || socket.peer_label;
  if (!has_peer) add(head, bits & net_bit::create);

  const ExprId end_of_label = pool.concat(any_text(pool), pool.byte(0));
  const auto local = [&](ExprId address_expr) {
    const std::array<ExprId, 4> parts{head, address_expr, pool.byte(0), end_of_label};
    return pool.concat(parts);
  };
  const bool unnamed_bind = !socket.address || socket.automatic;
  if (unnamed_bind) add(local(pool.empty()), bits & net_bit::bind);  // bind(2) with the family alone
  const ExprId named = local(socket.address ? socket.address->expr : anything(pool));
  std::uint32_t local_bits = bits & bits_of_socket;
  if (has_peer) local_bits &= net_bit::accept;
  if (socket.automatic) local_bits &= ~net_bit::bind;
  add(named, local_bits);

  const auto command = [&](std::uint8_t which) { return pool.concat(named, pool.byte(which)); };
  if (!has_peer) {
    add(pool.concat(command(command_listen), pool.concat(any, any)), bits & net_bit::listen);
    // As in the reference, to audit or to silence one of setopt and getopt is to do so with both, and what is
    // silenced is denied.
    const bool denies =
        qualifiers.access == policy::Access::deny && !qualifiers.audit && (bits & bits_of_options) != 0;
    add(pool.concat(command(command_options), pool.concat(any, any)),
        denies ? bits_of_options : bits & bits_of_options, bits_of_options);
  }
  const std::array<ExprId, 4> peer_parts{
      command(command_peer), socket.peer_address ? socket.peer_address->expr : anything(pool), pool.byte(0),
      socket.peer_label ? socket.peer_label->expr : any_text(pool)};
  add(pool.concat(peer_parts), bits & bits_of_peer);
}

void add_unix_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context) {
  const std::uint32_t bits = access_bits(rule, net_bit::all);
  const auto socket = read_socket(builder, rule, context);
  if (!socket || !check_peer_access(builder, rule, context, bits)) return;
  const bool fine = unix_class(builder.usable).has_value();
  const bool deny = context.qualifiers.access == policy::Access::deny;
  if (!fine && !network_class(builder.usable) && !builder.usable.has("network/af_mask")) {
    return builder.note_not_mediated(context, "unix");
  }
  if (!fine && deny) return builder.note_not_mediated(context, "addresses of unix sockets");
  if (!fine) builder.note_downgraded(context, "addresses of unix sockets");
  add_unix_checks(builder, context, *socket, bits, false);
  // Before any address is known the kernel asks about the socket's family and type alone. A deny is not
  // widened to that.
  if (deny) return;
  ByteSet families;
  families.set(family_unix);
  add_socket_check(builder, context, families, socket->type, bits, 0);
}

}  // namespace bh::compile
