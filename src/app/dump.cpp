#include "app/dump.h"

#include "compile/describe.h"
#include "policy/print.h"

namespace bh::app {
namespace {

/// `file:line`, and through which includes.
std::string place_of(const Session& session, const policy::ResolvedPolicy& policy,
                     const policy::ResolvedRule& rule) {
  auto place = [&](diag::Span span) {
    return fmt::format("{}:{}", session.sources.name(span.source),
                       session.sources.position(span.source, span.begin).line);
  };
  if (!rule.rule.span.valid()) return "implied";
  std::string text = place(rule.rule.span);
  for (auto chain = rule.chain; chain.valid(); chain = policy.chains[chain.index()].outer)
    text += ", included at " + place(policy.chains[chain.index()].include);
  return text;
}

std::string describe(const Session& session, const policy::ResolvedPolicy& policy) {
  std::string out;
  if (policy.abi) out += fmt::format("abi {}\n", policy.abi->path);
  for (const auto& profile : policy.profiles) {
    out += fmt::format("{} {}", profile.hat ? "hat" : "profile", profile.name);
    if (!profile.name_space.empty()) out += fmt::format(" in namespace {}", profile.name_space);
    if (profile.attachment) out += fmt::format(" for {}", profile.attachment->value);
    for (const auto& flag : profile.flags)
      out += fmt::format(" {}{}", flag.name.value, flag.value ? "=" + flag.value->value : std::string());
    out += "\n";
    for (const auto& rule : profile.rules)
      out += fmt::format("  {:<60} # {}\n", policy::print(rule.rule), place_of(session, policy, rule));
  }
  return out;
}

}  // namespace

Result<std::string> dump(Session& session, Pipeline& pipeline, const std::string& input, Stage stage) {
  BH_TRY(Profile profile, pipeline.read(input));
  if (stage == Stage::policy) {
    BH_TRY(Compiled compiled, pipeline.compile(profile));
    return compiled.policy.profiles.empty() ? std::string() : compile::describe(compiled.policy);
  }
  if (profile.input.kind == InputKind::compiled)
    return fail("{} is a compiled policy: its text and rules are gone (--dump policy shows what it holds)",
                input);
  if (stage == Stage::text) return std::string(session.sources.text(profile.text));
  BH_TRY(policy::ResolvedPolicy resolved, pipeline.resolve(profile));
  return describe(session, resolved);
}

}  // namespace bh::app
