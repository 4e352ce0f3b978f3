// Rules about other processes: signal and ptrace. Both are asked by label: `class [signal] peer`.
#include <array>

#include <fmt/format.h>

#include "compile/conditions.h"
#include "diag/render.h"
#include "diag/suggest.h"
#include "policy/words.h"

namespace bh::compile {
namespace {

using automata::ExprId;
using automata::ExprPool;

constexpr std::uint32_t trace = perm::write, read = perm::read, traced_by = 8, read_by = 0x10;
/// `peer=label`; none is any label.
const policy::Text* peer_label(ProfileBuilder& builder, const policy::ClassRule& rule,
                               const RuleContext& context) {
  static constexpr auto keys = std::to_array<std::string_view>({"label"});
  check_keys(builder, context, rule.peer, keys);
  return value_of(builder, context, rule.peer, "label");
}

/// The signals of `set=(…)`, as bytes; empty: none was written.
std::optional<automata::ByteSet> signal_set(ProfileBuilder& builder, const policy::ClassRule& rule,
                                            const RuleContext& context) {
  automata::ByteSet set;
  bool good = true;
  for (const policy::Text* word : values_of(rule.conditions, "set")) {
    if (const auto number = policy::signal_number(word->value)) {
      set.set(*number);
      continue;
    }
    good = false;
    std::vector<std::string_view> names;
    for (const policy::Word& entry : policy::signals()) names.push_back(entry.name);
    diag::Diagnostic& diagnostic =
        builder.report(diag::Code::unknown_word, context, word->span,
                       fmt::format("`{}` is no signal; they are written without SIG, in lower case",
                                   diag::printable(word->value)));
    const auto meant = diag::did_you_mean(word->value, names);
    diagnostic.with_help(meant
                             ? fmt::format("did you mean `{}`?", *meant)
                             : std::string("signals are hup, int, quit, …, exists, and rtmin+0 to rtmin+32"));
  }
  if (!good) return std::nullopt;
  return set;
}

}  // namespace

void add_signal_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context) {
  static constexpr auto keys = std::to_array<std::string_view>({"set"});
  check_no_words(builder, rule, context);
  check_keys(builder, context, rule.conditions, keys);
  const std::uint32_t bits = access_bits(rule, perm::send | perm::receive);
  const auto signals = signal_set(builder, rule, context);
  const auto label = label_language(builder, peer_label(builder, rule, context));
  if (!signals || !label) return;
  if (!builder.usable.has("signal")) return builder.note_not_mediated(context, "signal");
  ExprPool& pool = builder.policydb.pool();
  const ExprId mediated = pool.byte(medclass::signal);
  ExprId which = pool.concat(mediated, pool.bytes(*signals));
  bool exact = label->exact;
  if (signals->none()) {
    // The second form is the kernel's; the first (class "label" in front) was once planned, and the reference
    // still writes it.
    static constexpr std::array<char, 2> by_label{medclass::label, static_cast<char>(0xa)};
    const std::array<ExprId, 2> forms{pool.literal({by_label.data(), by_label.size()}),
                                      pool.concat(mediated, any_byte(pool))};
    which = pool.either(forms);
    exact = false;
  }
  builder.policydb.add(pool.concat(which, label->expr), ProfileBuilder::grant(context, bits, bits, exact),
                       context.index);
}

void add_ptrace_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context) {
  check_no_words(builder, rule, context);
  check_keys(builder, context, rule.conditions, {});
  const std::uint32_t bits = access_bits(rule, read | trace | read_by | traced_by);
  const auto label = label_language(builder, peer_label(builder, rule, context));
  if (!label) return;
  if (!builder.usable.has("ptrace")) return builder.note_not_mediated(context, "ptrace");
  ExprPool& pool = builder.policydb.pool();
  const std::array<ExprId, 3> parts{pool.optional(pool.byte(medclass::label)), pool.byte(medclass::ptrace),
                                    label->expr};
  builder.policydb.add(pool.concat(parts), ProfileBuilder::grant(context, bits, bits, label->exact),
                       context.index);
}

}  // namespace bh::compile
