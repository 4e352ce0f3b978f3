#include "app/check.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>

#include "app/persist.h"
#include "app/verify.h"
#include "base/check.h"
#include "base/file.h"
#include "check/catalogue.h"
#include "check/edit.h"
#include "check/ignore.h"
#include "compile/compile.h"
#include "compile/known_features.h"
#include "generate/generate.h"
#include "query/equal.h"
#include "report/unified_diff.h"

namespace bh::app {
namespace {

constexpr std::size_t most_rounds = 32;  // of fixing; each takes away or mends something

/// Findings are not worth more than this to anyone who waits.
constexpr std::chrono::seconds most_time{20};
constexpr std::size_t most_bytes = std::size_t{1} << 30;

/// Of the newest known kernel.
const compile::Features& newest_features() {
  static const compile::Features newest = [] {
    diag::SourceMap sources;
    diag::Sink sink;
    const diag::SourceId source = sources.add("features", std::string(compile::known_features().back().text));
    auto features = compile::parse_features(sources, source, sink);
    BH_CHECK(features.has_value());
    return std::move(*features);
  }();
  return newest;
}

/// The policy in its finest form: for the newest known kernel, whatever the text's own abi leaves out.
/// `meetings`: with what findings ask for.
Result<compile::KernelPolicy> compile_finest(Session& session, policy::ResolvedPolicy policy, bool meetings) {
  policy.abi.reset();
  diag::Sink told_already;
  compile::Options options;
  options.keep_tags = options.keep_meetings = meetings;
  if (meetings) options.budget = {.max_bytes = most_bytes, .max_time = most_time};
  auto compiled = compile::compile(policy, newest_features(), options, session.sources, told_already);
  if (!compiled)
    return fail("for Linux {} it cannot be compiled: {}", compile::known_features().back().kernel,
                told_already.diagnostics().empty() ? "" : told_already.diagnostics().front().message);
  return std::move(*compiled);
}

/// In a strict text each list of the spec says its own, and some things are said twice: that is meant.
/// Denials are quiet only where the spec's Quiet says so.
void leave_out_meant(std::vector<check::Finding>& findings) {
  using enum diag::Code;
  std::erase_if(findings, [](const check::Finding& finding) {
    const diag::Code code = finding.diagnostic.code;
    return code == rule_repeated || code == rule_shadowed || code == rule_dead || code == rule_in_include ||
           code == quiet_deny;
  });
}

/// What is found in generated text is told at the line of the spec that asked for it.
void move_to_spec(const Session& session, const Profile& profile, std::vector<check::Finding>& findings) {
  for (check::Finding& finding : findings) {
    finding.edits.clear();
    const diag::Span made = finding.diagnostic.span;
    const generate::LineOrigin* origin = profile.asked_for(session.sources, made);
    if (origin == nullptr) continue;
    finding.diagnostic.span = origin->span;
    finding.diagnostic.labels.insert(finding.diagnostic.labels.begin(), {made, "this is made from it"});
  }
}

/// All findings; one that says so, where the profile is too large to look for them.
std::vector<check::Finding> found_in(Session& session, const Profile& profile,
                                     const policy::ResolvedPolicy& policy,
                                     const generate::ImageNames* image) {
  const auto finest = compile_finest(session, policy, true);
  if (finest) return check::findings({session.sources, profile.text, policy, *finest, image});
  check::Findings none;
  none.report(diag::Code::check_incomplete, {profile.text, 0, 0},
              fmt::format("nothing was looked for in this file: {}", finest.error().text))
      .with_help("expectations were checked all the same");
  return none.take();
}

Result<std::vector<check::Finding>> look(Session& session, Pipeline& pipeline, const Profile& profile,
                                         const policy::ResolvedPolicy& policy, const CheckOptions& options) {
  BH_TRY(const generate::ImageNames* image, pipeline.image());
  auto findings = found_in(session, profile, policy, image);
  if (generate::is_strict_text(without_mark(session.sources.text(profile.text)))) leave_out_meant(findings);
  if (profile.generated) move_to_spec(session, profile, findings);
  check::Findings of_comments;
  check::Ignores ignores(session.sources, profile.input.source, of_comments);
  ignores.apply(findings);
  ignores.report_unused(of_comments);
  for (check::Finding& finding : of_comments.take()) findings.push_back(std::move(finding));
  std::erase_if(findings, [&](const check::Finding& finding) {
    return std::ranges::find(options.ignore, finding.diagnostic.code) != options.ignore.end();
  });
  std::ranges::stable_sort(findings, {}, [&](const check::Finding& finding) {
    const diag::Span span = finding.diagnostic.span;
    return std::pair(span.source != profile.input.source, span.begin);
  });
  return findings;
}

Result<std::vector<generate::Expectation>> expectations_of(Session& session, const Profile& profile,
                                                           const std::string& file) {
  std::vector<generate::Expectation> all;
  if (profile.spec) all = profile.spec->expectations;
  if (file.empty()) return all;
  const std::size_t before = session.sink.errors();
  BH_TRY(std::string text, read_file(session.world.os, file));
  const auto source = session.sources.add(file, std::move(text));
  auto more = generate::read_expectations(session.sources, source, session.sink);
  if (!more) return wrong_input(session, before);
  all.insert(all.end(), more->begin(), more->end());
  return all;
}

Result<void> check_into(Session& session, Pipeline& pipeline, const CheckOptions& options,
                        CheckedFile& file) {
  BH_TRY(Profile profile, pipeline.read(file.input));
  const bool asked = !options.expect.empty() || (profile.spec && !profile.spec->expectations.empty());
  BH_TRY(Compiled compiled, pipeline.compile(profile, asked ? Purpose::answers : Purpose::loading));
  BH_TRY(auto expectations, expectations_of(session, profile, options.expect));
  file.has_text = profile.input.kind != InputKind::compiled;
  if (!expectations.empty() || !options.profile.empty()) {
    BH_TRY(const std::size_t index, pick_profile(compiled, profile.input, options.profile));
    file.profile = listed_name(compiled.policy.profiles[index]);
    BH_TRY(file.expectations, check_expectations(session, pipeline, profile, compiled, expectations, index));
  }
  if (!file.has_text) return {};
  BH_TRY(file.findings, look(session, pipeline, profile, *compiled.resolved, options));
  return {};
}

/// The file may be written to by us: profile text of its own, that no spec will make anew.
Result<mode_t> may_be_fixed(Session& session, const Profile& profile) {
  const std::string& path = profile.input.name;
  if (profile.input.kind == InputKind::spec)
    return fail("{} is a spec: its profile is made anew each time; change the spec as the findings say",
                path);
  if (profile.input.kind == InputKind::compiled) return fail("{} is no text", path);
  const auto info = session.world.os.lstat(path);
  if (!info) return fail("{} is no file", path);
  if (S_ISLNK(info->st_mode)) return fail("{} is a link: name the file that it leads to", path);
  if (!S_ISREG(info->st_mode)) return fail("{} is no file", path);
  const std::string_view text = session.sources.text(profile.input.source);
  if (state_of(text) == FileState::ours || generate::is_strict_text(text))
    return fail("{} was made by bulkhead: change what it was made from, and apply that", path);
  return info->st_mode & 07777;
}

/// The promise of safe fixes, held against the compiled policies before anything is written.
Result<void> check_same(Session& session, Pipeline& pipeline, const Profile& before, const Profile& after) {
  BH_TRY(auto old_policy, pipeline.compile(before));
  BH_TRY(auto new_policy, pipeline.compile(after));
  BH_TRY(auto old_finest, compile_finest(session, *old_policy.resolved, false));
  BH_TRY(auto new_finest, compile_finest(session, *new_policy.resolved, false));
  for (const auto& [a, b] :
       {std::pair(&old_policy.policy, &new_policy.policy), std::pair(&old_finest, &new_finest)}) {
    BH_TRY(auto differences, query::policy_differences(*a, *b));
    if (!differences.empty())
      return fail("our bug: the mended text of {} would be another policy ({}: {}); nothing was written",
                  before.input.name, differences.front().part, differences.front().what);
  }
  return {};
}

}  // namespace

CheckedFile check_file(Session& session, Pipeline& pipeline, const std::string& input,
                       const CheckOptions& options) {
  CheckedFile file{.input = input, .said_begin = session.sink.diagnostics().size()};
  if (auto done = check_into(session, pipeline, options, file); !done)
    file.failed = std::move(done.error().text);
  file.said_end = session.sink.diagnostics().size();
  return file;
}

Result<FixedFile> fix_file(Session& session, Pipeline& pipeline, const std::string& input,
                           const CheckOptions& options, Fixes fixes, bool dry_run) {
  FixedFile fixed{.input = input};
  BH_TRY(const Profile original, pipeline.read(input));
  BH_TRY(const mode_t mode, may_be_fixed(session, original));
  if (auto compiles = pipeline.compile(original, Purpose::loading); !compiles)
    return tl::unexpected(std::move(compiles.error()));
  Profile profile = original;
  for (std::size_t round = 0;; ++round) {
    if (round == most_rounds) return fail("{}: still not done after {} rounds", input, most_rounds);
    BH_TRY(auto policy, pipeline.resolve(profile));
    BH_TRY(auto findings, look(session, pipeline, profile, policy, options));
    std::vector<check::Edit> edits;
    for (const check::Finding& finding : findings) {
      if (finding.edits.empty() || (fixes == Fixes::safe && !finding.keeps_policy)) continue;
      edits.insert(edits.end(), finding.edits.begin(), finding.edits.end());
      ++fixed.fixes;
    }
    if (edits.empty()) break;
    const auto source =
        session.sources.add(input, check::edited(session.sources.text(profile.text), std::move(edits)));
    profile.text = profile.input.source = source;
  }
  const std::string_view before = session.sources.text(original.text),
                         after = session.sources.text(profile.text);
  fixed.diff = report::unified_diff(input, before, after);
  if (before == after) return fixed;
  if (fixes == Fixes::safe) BH_TRY_DO(check_same(session, pipeline, original, profile));
  if (dry_run) return fixed;
  BH_TRY_DO(write_file_atomic(session.world.os, input, after, mode));
  fixed.written = true;
  return fixed;
}

}  // namespace bh::app
