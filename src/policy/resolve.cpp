#include "policy/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/file.h"
#include "base/pass_times.h"
#include "policy/check_rule.h"
#include "policy/evaluate.h"
#include "policy/expand_rule.h"
#include "policy/glob.h"
#include "policy/lexer.h"
#include "policy/library.h"
#include "policy/variables.h"

namespace bh::policy {
namespace {

using diag::Code;
using ProfileId = Id<struct ResolvedProfileTag>;

constexpr std::size_t max_include_depth = 100;

/// The file that is being walked and how it was reached.
struct Place {
  ChainId chain;
  std::vector<std::string>* stack;  ///< paths of the includes that are open
};

/// What a walk through a profile's body carries.
struct Scope {
  ProfileId profile;
  Qualifiers outer;  ///< of the blocks around
  diag::Span outer_span;
  bool plain = true;                ///< no qualifiers from blocks
  std::set<std::string>* included;  ///< files that this profile has already read without qualifiers
};

/// A literal alternation `{a,b}` of patterns.
std::string either(const std::vector<std::string>& patterns) {
  if (patterns.size() == 1) return patterns.front();
  std::string out = "{";
  for (const std::string& pattern : patterns) {
    if (out.size() > 1) out += ',';
    int depth = 0;
    for (std::size_t at = 0; at < pattern.size(); ++at) {
      if (pattern[at] == '{') ++depth;
      if (pattern[at] == '}') --depth;
      if (pattern[at] == ',' && depth == 0) out += '\\';
      out += pattern[at];
      if (pattern[at] == '\\' && at + 1 < pattern.size()) out += pattern[++at];
    }
  }
  return out + "}";
}

}  // namespace

class Resolver {
 public:
  Resolver(Library& library, diag::Sink& sink)
      : library_(library), sink_(sink), variables_(sink, library.options().max_expanded_bytes) {}

  ResolvedPolicy run(diag::SourceId source) {
    Fragment fragment = parse(library_.sources(), source, Context::preamble, sink_);
    std::vector<std::string> stack{std::string(library_.sources().name(source))};
    if (!library_.options().abi_override.empty()) read_abi({}, library_.options().abi_override);
    preamble(fragment.block, {ChainId(), &stack});
    adopt_outer_hats();
    return std::move(out_);
  }

 private:
  void preamble(const Block& block, Place place);
  void body(const Block& block, Scope scope, Place place);
  void untaken(const Block& block);
  template <class Visit>
  void include(const Include& node, Context context, Place place, std::set<std::string>* seen,
               const Visit& visit);
  void tell_messages(const ParsedFile& file, ChainId chain);
  void late_declaration(diag::Span span, Place place);
  void abi(const Abi& node, Place place);
  const Lookup& find(const std::string& path, bool magic);
  void read_abi(diag::Span span, const std::string& path);
  void profile(const Profile& node, ProfileId parent, Place place);
  std::optional<Text> attachment(const Profile& node, const std::string& name, Place place);
  void flags(const Profile& node, ResolvedProfile& out);
  void rule(const Rule& node, const Scope& scope, Place place);
  bool merge_qualifiers(const QualifierBlock& node, Scope& scope, Place place);
  bool apply_outer(Rule& rule_node, const Scope& scope, Place place);
  void add_rule(ResolvedRule resolved, const Scope& scope);
  void check_exec_conflict(const ResolvedRule& resolved, ProfileId id);
  void adopt_outer_hats();
  diag::Diagnostic& error(Code code, diag::Span span, std::string message, ChainId chain) {
    diag::Diagnostic& diagnostic = sink_.report(code, span, std::move(message));
    add_chain(diagnostic, out_, chain);
    return diagnostic;
  }
  /// Adds the chain to what was reported since `first`.
  void chain_since(std::size_t first, ChainId chain) {
    for (ChainId at = chain; at.valid(); at = out_.chains[at.index()].outer)
      sink_.label_since(first, out_.chains[at.index()].include, "included here");
  }

  Library& library_;
  diag::Sink& sink_;
  Variables variables_;
  ResolvedPolicy out_;
  std::vector<Alias> aliases_;
  std::set<std::string> preamble_seen_;
  std::set<std::string> files_;
  std::set<std::pair<std::string, bool>> looked_up_;
  std::set<const ParsedFile*> told_;
  std::map<std::pair<std::string, std::string>, diag::Span> names_;
  /// Rules with an exec mode by profile, path, priority and access.
  std::map<std::tuple<std::uint32_t, std::string, int, int>, std::vector<Rule>> exec_rules_;
  bool seen_profile_ = false;
  bool too_many_files_ = false;
};

void Resolver::preamble(const Block& block, Place place) {
  for (const Node& node : block.nodes) {
    std::size_t first = sink_.diagnostics().size();
    if (const auto* variable = std::get_if<VariableAssignment>(&node)) {
      if (seen_profile_) {
        late_declaration(variable->span, place);
      } else {
        variables_.assign(*variable);
        chain_since(first, place.chain);
      }
    } else if (const auto* alias = std::get_if<Alias>(&node)) {
      if (seen_profile_)
        late_declaration(alias->span, place);
      else
        aliases_.push_back(*alias);
    } else if (const auto* abi_node = std::get_if<Abi>(&node)) {
      abi(*abi_node, place);
    } else if (const auto* included = std::get_if<Include>(&node)) {
      include(*included, Context::preamble, place, &preamble_seen_,
              [&](const Block& inner, Place inner_place) { preamble(inner, inner_place); });
    } else if (const auto* profile_node = std::get_if<Profile>(&node)) {
      seen_profile_ = true;
      profile(*profile_node, ProfileId(), place);
    }
  }
}

void Resolver::late_declaration(diag::Span span, Place place) {
  error(Code::preamble_too_late, span, "a declaration after a profile", place.chain)
      .with_help("declarations stand before the first profile, in included files too");
}

void Resolver::tell_messages(const ParsedFile& file, ChainId chain) {
  if (!told_.insert(&file).second) return;
  std::size_t first = sink_.diagnostics().size();
  for (const diag::Diagnostic& message : file.messages.diagnostics()) sink_.report(message);
  chain_since(first, chain);
}

const Lookup& Resolver::find(const std::string& path, bool magic) {
  const Lookup& lookup = look_up(library_, path, magic);
  if (looked_up_.emplace(path, magic).second)
    out_.lookups.push_back({path, magic, lookup.missing, lookup.files});
  return lookup;
}

template <class Visit>
void Resolver::include(const Include& node, Context context, Place place, std::set<std::string>* seen,
                       const Visit& visit) {
  const Lookup& lookup = find(node.path.value, node.magic);
  if (!lookup.error.empty()) {
    if (node.if_exists && lookup.missing) return;
    error(Code::include_not_found, node.path.span,
          fmt::format("cannot read the include `{}`: {}", node.path.value, lookup.error), place.chain)
        .with_help(lookup.missing ? "`include if exists …` passes over a file that is not there" : "");
    return;
  }
  if (place.stack->size() > max_include_depth) {
    error(Code::too_many_files, node.path.span,
          fmt::format("includes nest deeper than the limit of {}", max_include_depth), place.chain);
    return;
  }
  out_.chains.push_back({node.span, place.chain});
  Place inner{ChainId(out_.chains.size() - 1), place.stack};
  for (const std::string& path : lookup.files) {
    if (too_many_files_) return;
    if (path == place.stack->front()) {
      error(Code::policy_included, node.path.span, fmt::format("the policy file `{}` includes itself", path),
            place.chain);
      continue;
    }
    if (std::ranges::find(*place.stack, path) != place.stack->end()) {
      // Harmless: each file counts once anyway.
      error(Code::include_loop, node.path.span,
            fmt::format("`{}` includes itself; it is left out here", path), place.chain);
      continue;
    }
    if (seen && !seen->insert(path).second) continue;
    auto file = parsed_file(library_, path, context);
    if (!file) {
      if (node.if_exists && file.error().sys == ENOENT) continue;
      error(Code::include_not_found, node.path.span,
            fmt::format("cannot read the include `{}`: {}", path, file.error().text), place.chain);
      continue;
    }
    if (files_.insert(path).second) {
      out_.files.push_back(path);
      too_many_files_ = files_.size() > library_.options().max_files;
      if (too_many_files_)
        error(Code::too_many_files, node.path.span,
              fmt::format("more than {} files are included", library_.options().max_files), place.chain);
    }
    tell_messages(**file, inner.chain);
    place.stack->push_back(path);
    visit((*file)->fragment.block, inner);
    place.stack->pop_back();
  }
}

void Resolver::abi(const Abi& node, Place place) {
  if (out_.abi || !library_.options().abi_override.empty()) return;  // the first one counts
  const std::string& path = node.path.value;
  if (node.magic && path == "default") {
    if (library_.options().known_abi != nullptr)
      out_.abi = PolicyAbi{node.span, "<default>", std::string(library_.options().known_abi(path))};
    return;
  }
  if (node.magic && path == "kernel") {
    out_.abi = PolicyAbi{node.span, "<kernel>", {}};
    return;
  }
  const Lookup& lookup = find(path, node.magic);
  if (lookup.error.empty() && lookup.files.size() == 1) return read_abi(node.path.span, lookup.files.front());
  if (lookup.missing && node.magic && library_.options().known_abi != nullptr)
    if (auto text = library_.options().known_abi(path); !text.empty()) {
      out_.abi = PolicyAbi{node.span, fmt::format("<{}>", path), std::string(text)};
      return;
    }
  error(Code::abi_not_found, node.path.span,
        fmt::format("cannot read the abi `{}`: {}", path,
                    lookup.error.empty() ? "it is a folder" : lookup.error),
        place.chain)
      .with_help("an abi names a file of kernel features, for example `abi <abi/4.0>,`");
}

void Resolver::read_abi(diag::Span span, const std::string& path) {
  auto source = source_of(library_, path);
  if (!source) {
    sink_.report(Code::abi_not_found, span,
                 fmt::format("cannot read the abi `{}`: {}", path, source.error().text));
    return;
  }
  if (files_.insert(path).second) out_.files.push_back(path);
  out_.abi = PolicyAbi{span, path, std::string(library_.sources().text(*source))};
}

std::optional<Text> Resolver::attachment(const Profile& node, const std::string& name, Place place) {
  Text text;
  if (node.attachment) {
    text = *node.attachment;
    std::size_t first = sink_.diagnostics().size();
    text.value = variables_.expand(text);
    chain_since(first, place.chain);
    if (sink_.diagnostics().size() != first) return std::nullopt;
    if (!glob_error(text.value) && !starts_with_slash(text.value)) {
      // Where a variable brings it, some of its values may be paths and others not.
      const bool of_variable = node.attachment->value.starts_with("@{");
      error(of_variable ? Code::path_not_absolute : Code::bad_attachment, text.span,
            fmt::format("the attachment `{}` is not a path", text.value), place.chain)
          .with_help("programs are attached to by their paths, which start with `/`");
      if (!of_variable) return std::nullopt;
    }
  } else if (name.starts_with('/') || is_pattern(name)) {
    text = node.name;
    text.value = name;
  } else {
    return std::nullopt;
  }
  return text;
}

void Resolver::flags(const Profile& node, ResolvedProfile& out) {
  for (Flag flag : node.flags) {
    if (!flag.value || !flag.name.value.starts_with("attach_disconnected")) {
      out.flags.push_back(std::move(flag));
      continue;
    }
    std::vector<std::string> values = variables_.values(*flag.value);
    if (values.size() != 1 || !values.front().starts_with('/')) {
      if (!values.empty())
        sink_.report(Code::bad_flag_value, flag.name.span,
                     fmt::format("`{}` needs one path that starts with `/`, not `{}`", flag.name.value,
                                 either(values)));
      continue;
    }
    std::string path;
    for (char c : values.front())
      if (c != '/' || path.size() < 2 || path.back() != '/') path += c;
    if (path.size() > 1 && path.ends_with('/')) path.pop_back();
    flag.value->value = std::move(path);
    out.flags.push_back(std::move(flag));
  }
}

void Resolver::profile(const Profile& node, ProfileId parent, Place place) {
  ResolvedProfile out;
  Variables::OfProfile above_values = variables_.exchange_profile({});  // its head knows none of its own
  std::size_t first = sink_.diagnostics().size();
  std::string own = decode_escapes(variables_.expand(node.name));
  if (node.name_space) {
    out.name_space = variables_.expand(*node.name_space);
    if (own.starts_with("//")) own.erase(0, 2);
  }
  out.name = own;
  out.own_name = node.name.value;
  if (parent.valid()) {
    const ResolvedProfile& above = out_.profiles[parent.index()];
    if (node.name_space)
      error(Code::bad_profile_name, node.name_space->span, "a child has the namespace of its parent",
            place.chain);
    out.name = fmt::format("{}//{}", above.name, own);
    out.name_space = above.name_space;
  }
  out.parent = parent;
  out.hat = node.hat;
  out.span = node.span;
  out.attachment = attachment(node, own, place);
  out.xattrs = node.xattrs;
  for (Text identity : node.identities) {
    identity.value = variables_.expand(identity);
    out.identities.push_back(std::move(identity));
  }
  flags(node, out);
  chain_since(first, place.chain);
  auto check = [&](const Text& text, const std::string& pattern) {
    auto problem = glob_error(pattern);
    if (problem) error(Code::bad_glob, text.span, fmt::format("{} in `{}`", *problem, pattern), place.chain);
    return !problem;
  };
  if (check(node.name, own) && out.attachment) (void)check(*out.attachment, out.attachment->value);
  auto [other, fresh] = names_.try_emplace({out.name_space, out.name}, node.name.span);
  if (!fresh)
    error(Code::duplicate_profile, node.name.span, fmt::format("there are two profiles `{}`", out.name),
          place.chain)
        .label(other->second, "the other one");
  ProfileId id(out_.profiles.size());
  if (parent.valid() && node.hat) out_.profiles[parent.index()].hats.push_back(own);
  std::optional<std::string> attach_path;
  if (out.attachment) attach_path = out.attachment->value;
  std::string name = out.name;
  if (out.attachment && !aliases_.empty()) {
    std::vector<std::string> paths{out.attachment->value};
    for (const Alias& alias : aliases_)
      if (paths.front().starts_with(alias.from.value))
        paths.push_back(alias.to.value + paths.front().substr(alias.from.value.size()));
    // A star alone behind the last slash stands for at least one byte; inside of the braces it is written so.
    for (std::string& path : paths)
      if (paths.size() > 1 && (path.ends_with("/*") || path.ends_with("/**")))
        path.insert(path.rfind('/') + 1, "?");
    out.attachment->value = either(paths);
  }
  out_.profiles.push_back(std::move(out));

  (void)variables_.exchange_profile({escape_glob(name), attach_path});
  std::set<std::string> included;
  body(*node.body, {id, {}, {}, true, &included}, place);
  (void)variables_.exchange_profile(std::move(above_values));
}

void Resolver::body(const Block& block, Scope scope, Place place) {
  for (const Node& node : block.nodes) {
    if (const auto* rule_node = std::get_if<Rule>(&node)) {
      rule(*rule_node, scope, place);
    } else if (const auto* included = std::get_if<Include>(&node)) {
      include(*included, Context::profile_body, place, scope.plain ? scope.included : nullptr,
              [&](const Block& inner, Place inner_place) { body(inner, scope, inner_place); });
    } else if (const auto* child = std::get_if<Profile>(&node)) {
      profile(*child, scope.profile, place);
    } else if (const auto* qualifiers = std::get_if<QualifierBlock>(&node)) {
      Scope inner = scope;
      if (merge_qualifiers(*qualifiers, inner, place)) body(*qualifiers->body, inner, place);
    } else if (const auto* conditional = std::get_if<Conditional>(&node)) {
      std::size_t first = sink_.diagnostics().size();
      bool value = evaluate(*conditional, variables_, sink_);
      chain_since(first, place.chain);
      const auto& taken = value ? conditional->then_block : conditional->else_block;
      const auto& other = value ? conditional->else_block : conditional->then_block;
      if (taken) body(*taken, scope, place);
      if (other) untaken(*other);
    }
    // An `abi` inside a body (abstractions have one) counts for nothing: the preamble has decided, or its
    // silence.
  }
}

// A condition must make sense also where it is not reached, like the rest of the text.
void Resolver::untaken(const Block& block) {
  for (const Node& node : block.nodes) {
    const auto* conditional = std::get_if<Conditional>(&node);
    if (!conditional) continue;
    (void)evaluate(*conditional, variables_, sink_);
    untaken(*conditional->then_block);
    if (conditional->else_block) untaken(*conditional->else_block);
  }
}

namespace {

std::string_view access_word(Access access) {
  return access == Access::deny ? "deny" : access == Access::prompt ? "prompt" : "allow";
}

/// The qualifiers of a block around, put on those inside; why they contradict each other, or nothing.
std::optional<std::string> merge(const Qualifiers& outer, Qualifiers& inner) {
  inner.audit |= outer.audit;
  if (outer.access_stated && inner.access_stated && outer.access != inner.access)
    return fmt::format("`{}` inside a block of `{}`", access_word(inner.access), access_word(outer.access));
  if (outer.access_stated) {
    inner.access = outer.access;
    inner.access_stated = true;
  }
  if (outer.owner != Owner::any && inner.owner != Owner::any && outer.owner != inner.owner)
    return "`owner` and `other` contradict each other";
  if (outer.owner != Owner::any) inner.owner = outer.owner;
  return std::nullopt;
}

}  // namespace

bool Resolver::merge_qualifiers(const QualifierBlock& node, Scope& scope, Place place) {
  Qualifiers merged = node.qualifiers;
  if (auto problem = merge(scope.outer, merged)) {
    error(Code::qualifier_conflict, node.span, *problem, place.chain)
        .label(scope.outer_span, "the block around");
    return false;
  }
  scope.plain = scope.plain && !merged.audit && !merged.access_stated && merged.owner == Owner::any;
  scope.outer = merged;
  if (!scope.plain) scope.outer_span = node.span;
  return true;
}

bool Resolver::apply_outer(Rule& rule_node, const Scope& scope, Place place) {
  auto refuse = [&](std::string message, std::string help) {
    error(Code::qualifier_conflict, rule_node.span, std::move(message), place.chain)
        .with_help(std::move(help))
        .label(scope.outer_span, "the block around");
    return false;
  };
  if (auto problem = merge(scope.outer, rule_node.qualifiers))
    return refuse(*problem, "take the rule out of the block");
  auto* file = std::get_if<FileRule>(&rule_node.body);
  bool has_owner = file || std::holds_alternative<LinkRule>(rule_node.body);
  if (rule_node.qualifiers.owner != Owner::any && !has_owner)
    return refuse("only files and links have an owner", "take the rule out of the block");
  if (std::holds_alternative<RlimitRule>(rule_node.body))
    return refuse("a resource limit has no qualifiers", "take it out of the block");
  if (!file || rule_node.qualifiers.access != Access::deny || file->exec.kind == ExecTransition::Kind::bare)
    return true;
  if (!file->path) {
    file->exec = {};  // `deny { file, }`
    return true;
  }
  return refuse("an exec mode inside a block of `deny`",
                "a deny rule denies to execute in whatever mode: write `x`");
}

void Resolver::rule(const Rule& node, const Scope& scope, Place place) {
  Rule merged = node;
  if (!scope.plain && !apply_outer(merged, scope, place)) return;
  std::size_t first = sink_.diagnostics().size();
  if (const auto* body = std::get_if<ClassRule>(&merged.body)) check_mount(*body, merged.span, sink_);
  std::vector<Rule> rules = expand_rule(merged, variables_, sink_);
  if (sink_.diagnostics().size() != first) chain_since(first, place.chain);
  for (Rule& one : rules) add_rule({std::move(one), place.chain}, scope);
}

namespace {

/// `path` with the prefix of `alias` replaced, or false.
bool rewrite(const Alias& alias, Text& path) {
  if (!path.value.starts_with(alias.from.value)) return false;
  path.value = alias.to.value + path.value.substr(alias.from.value.size());
  return true;
}

}  // namespace

// An alias adds the rule once more with the other path. It looks at paths as they were before any alias.
void Resolver::add_rule(ResolvedRule resolved, const Scope& scope) {
  ResolvedProfile& profile = out_.profiles[scope.profile.index()];
  std::size_t first = profile.rules.size();
  profile.rules.push_back(std::move(resolved));
  for (const Alias& alias : aliases_) {
    ResolvedRule copy = profile.rules[first];
    bool changed = false;
    if (auto* file = std::get_if<FileRule>(&copy.rule.body)) {
      changed = file->path && rewrite(alias, *file->path);
    } else if (auto* link = std::get_if<LinkRule>(&copy.rule.body)) {
      bool link_changed = rewrite(alias, link->link), target_changed = rewrite(alias, link->target);
      changed = link_changed || target_changed;
    }
    if (changed) profile.rules.push_back(std::move(copy));
  }
  for (std::size_t i = first; i < profile.rules.size(); ++i)
    check_exec_conflict(profile.rules[i], scope.profile);
}

namespace {

/// What a rule makes happen at an exec; two rules for one path must agree.
struct Outcome {
  ExecTransition exec;
  std::string target;
  bool unsafe = false;
  bool operator==(const Outcome&) const = default;
};

/// The path and the outcome of a rule that decides about an exec, or nothing.
std::optional<std::pair<const Text*, Outcome>> exec_outcome(const Rule& rule) {
  if (rule.qualifiers.access == Access::deny) return std::nullopt;
  if (const auto* change = std::get_if<ChangeProfileRule>(&rule.body)) {
    if (!change->exec) return std::nullopt;
    return std::pair{&*change->exec, Outcome{{}, {}, change->mode == ChangeProfileRule::Mode::unsafe}};
  }
  const auto* file = std::get_if<FileRule>(&rule.body);
  if (!file || !file->path || !(file->perms & perm_exec)) return std::nullopt;
  bool inherits = file->exec.kind == ExecTransition::Kind::inherit;
  return std::pair{&*file->path, Outcome{file->exec, file->target ? file->target->value : std::string(),
                                         inherits && file->unsafe_keyword}};
}

}  // namespace

// The compiler finds every pair of exec modes that meet; two rules with the very same path are named here,
// with their places.
void Resolver::check_exec_conflict(const ResolvedRule& resolved, ProfileId id) {
  const Rule& one = resolved.rule;
  auto outcome = exec_outcome(one);
  if (!outcome) return;
  const auto& [path, what] = *outcome;
  auto& seen =
      exec_rules_[{id.value, path->value, one.qualifiers.priority, static_cast<int>(one.qualifiers.access)}];
  for (const Rule& other : seen) {
    bool apart = other.body.index() != one.body.index() ||
                 (other.qualifiers.owner == Owner::owner && one.qualifiers.owner == Owner::other) ||
                 (other.qualifiers.owner == Owner::other && one.qualifiers.owner == Owner::owner);
    if (apart || exec_outcome(other)->second == what) continue;
    error(Code::exec_conflict, one.span,
          fmt::format("`{}` already has another exec mode in this profile", path->value), resolved.chain)
        .with_help("a program has one exec mode; `priority=` can decide between two rules")
        .label(other.span, "the other rule");
    return;
  }
  seen.push_back(one);
}

// `hat parent//name { }` outside its parent.
void Resolver::adopt_outer_hats() {
  for (ResolvedProfile& hat : out_.profiles) {
    std::size_t split = hat.name.rfind("//");
    if (!hat.hat || hat.parent.valid() || split == std::string::npos) continue;
    for (std::size_t i = 0; i < out_.profiles.size(); ++i) {
      ResolvedProfile& above = out_.profiles[i];
      if (above.name_space != hat.name_space || above.name != hat.name.substr(0, split)) continue;
      above.hats.push_back(hat.name.substr(split + 2));
      hat.parent = ProfileId(i);
    }
  }
}

ResolvedPolicy resolve(Library& library, diag::SourceId source, diag::Sink& sink) {
  const PassTimer timer(Pass::resolve);
  return Resolver(library, sink).run(source);
}

void add_chain(diag::Diagnostic& diagnostic, const ResolvedPolicy& policy, ChainId chain) {
  for (; chain.valid(); chain = policy.chains[chain.index()].outer)
    diagnostic.label(policy.chains[chain.index()].include, "included here");
}

}  // namespace bh::policy
