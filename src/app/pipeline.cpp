#include "app/pipeline.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "app/abi_choice.h"
#include "app/verify.h"
#include "base/check.h"
#include "base/file.h"
#include "base/pass_times.h"
#include "compile/decode.h"
#include "compile/encode.h"
#include "compile/known_features.h"
#include "kernel/features.h"

namespace bh::app {
namespace {

policy::ResolveOptions resolve_options(const PolicySettings& settings) {
  policy::ResolveOptions options;
  options.base = settings.base;
  options.include_folders = settings.include_folders;
  options.abi_override = settings.policy_features;
  options.known_abi = compile::known_abi;
  return options;
}

std::string known_kernels() {
  std::string names;
  for (const compile::KnownFeatures& known : compile::known_features())
    names += fmt::format("{}{}", names.empty() ? "" : ", ", known.kernel);
  return names;
}

}  // namespace

std::string Compiled::name() const {
  return policy.profiles.empty() ? std::string() : listed_name(policy.profiles.front());
}

const generate::LineOrigin* Profile::asked_for(const diag::SourceMap& sources, diag::Span place) const {
  if (!made(place)) return nullptr;
  const auto line = sources.position(place.source, place.begin).line;
  const auto found = std::ranges::find(generated->origins, line, &generate::LineOrigin::line);
  return found == generated->origins.end() ? nullptr : &*found;
}

Pipeline::Pipeline(Session& session, PolicySettings settings)
    : session_(session),
      settings_(std::move(settings)),
      library_(session.world.os, session.sources, resolve_options(settings_)) {
  if (settings_.cache_folder) cache_.emplace(session.world.os, *settings_.cache_folder);
}

Result<Profile> Pipeline::read(const std::string& name) {
  const PassTimer timer(Pass::read);
  std::size_t before = session_.sink.errors();
  const std::string file = without_style(name);
  const bool as_bane = file != name;
  BH_TRY(Input input, read_input(session_, file, settings_.base));
  Profile profile{.input = std::move(input)};
  profile.text = profile.input.source;
  if (profile.input.kind != InputKind::spec) {
    if (as_bane) return fail("{} is not a spec: bane makes nothing of it", file);
    return profile;
  }

  profile.spec = generate::read_spec(session_.sources, profile.input.source, session_.sink);
  if (!profile.spec) return wrong_input(session_, before);
  auto options = generate::options_of(*profile.spec);
  if (settings_.style) options.style = *settings_.style;
  if (as_bane) options.style = generate::Style::bane;
  if (settings_.complain) options.mode = generate::Mode::complain;
  const generate::HostIncludes host = includes_of(session_.world.os, settings_.base);
  options.host_has_tunables = host.tunables;
  options.host_has_base = host.base;
  if (options.style == generate::Style::strict) {
    BH_TRY(options.abi, abi());
    BH_TRY(options.image, image());
  }
  profile.generated = generate::generate(*profile.spec, options, session_.sources, session_.sink);
  if (session_.sink.errors() != before) return wrong_input(session_, before);
  profile.text = session_.sources.add(
      fmt::format("{} (made from {})", profile.generated->name, session_.sources.name(profile.input.source)),
      profile.generated->text);
  return profile;
}

void Pipeline::forward(const diag::Sink& from, const Profile& profile) {
  for (const diag::Diagnostic& diagnostic : from.diagnostics()) {
    said_.push_back(diagnostic);
    const generate::LineOrigin* origin = profile.asked_for(session_.sources, diagnostic.span);
    // That a rule which nobody asked for has no effect on this kernel is no news.
    if (profile.made(diagnostic.span) && origin == nullptr && diagnostic.severity == diag::Severity::note)
      continue;
    auto& forwarded = session_.sink.report(diagnostic.code, diagnostic.span, diagnostic.message);
    forwarded.labels = diagnostic.labels;
    forwarded.help = diagnostic.help;
    if (origin != nullptr) forwarded.label(origin->span, "asked for here");
  }
}

Result<const generate::ImageNames*> Pipeline::image() {
  if (!image_ && settings_.image.given()) {
    BH_TRY(image_, image_names(session_.world.os, settings_.image));
  }
  return image_.get();
}

Result<generate::Abi> Pipeline::abi() {
  if (!abi_) {
    BH_TRY(abi_, choose_abi());
  }
  return *abi_;
}

Result<generate::Abi> Pipeline::choose_abi() {
  BH_TRY(const ChosenFeatures* chosen, chosen_features());
  std::optional<generate::Abi> readable;
  if (settings_.host_parser_reads.value_or(!settings_.features))
    readable = newest_readable_abi(session_.world.os, settings_.base);
  if (settings_.abi) {
    if (readable && *settings_.abi > *readable)
      session_.sink
          .report(
              diag::Code::needs_newer_parser, {},
              fmt::format("this host's apparmor_parser reads no abi newer than {}: it cannot read text of "
                          "abi {}",
                          generate::name_of(*readable), generate::name_of(*settings_.abi)))
          .with_help(
              "keep the text out of /etc/apparmor.d (`apply --output-dir`): one unreadable file stops its "
              "tools for the whole folder");
    return *settings_.abi;
  }
  // Nobody knows the kernel or the parser that this will be for: what all of them read.
  if (chosen->assumed) return generate::Abi::v3_0;
  generate::Abi best = best_abi(chosen->features);
  if (!readable || *readable >= best) return best;
  session_.sink
      .report(
          diag::Code::abi_leaves_out, {},
          fmt::format("not mediated, although this kernel could: {} (the host's apparmor_parser reads no abi "
                      "newer than {})",
                      fmt::join(left_unmediated(chosen->features, *readable), ", "),
                      generate::name_of(*readable)))
      .with_help(fmt::format("`apply --output-dir {}` keeps the text where only `bulkhead restore` reads it, "
                             "and then in abi {}",
                             session_.world.own_folder, generate::name_of(best)));
  return *readable;
}

Result<policy::ResolvedPolicy> Pipeline::resolve(const Profile& profile) {
  BH_CHECK(profile.text.valid());
  std::size_t before = session_.sink.errors();
  diag::Sink sink;
  auto resolved = policy::resolve(library_, profile.text, sink);
  if (sink.ok() && resolved.profiles.empty())
    sink.report(settings_.may_be_empty ? diag::Code::nothing_to_compile : diag::Code::no_profile,
                {profile.text, 0, 0}, "there is no profile in this file")
        .with_help("a profile looks like `profile NAME { … }`; a spec is TOML with at least `Name = \"…\"`");
  forward(sink, profile);
  if (session_.sink.errors() != before) return wrong_input(session_, before);
  return resolved;
}

Result<Compiled> Pipeline::compile(const Profile& profile, Purpose purpose) {
  Compiled compiled;
  if (profile.input.kind == InputKind::compiled) {
    auto decoded = compile::decode(profile.input.bytes);
    if (!decoded) return tl::unexpected(std::move(decoded.error()).in(profile.input.name));
    compiled.policy = std::move(*decoded);
    compiled.bytes = profile.input.bytes;
    return compiled;
  }
  BH_TRY(compiled.resolved, resolve(profile));
  BH_TRY(const ChosenFeatures* chosen, chosen_features());
  std::size_t before = session_.sink.errors();
  diag::Sink sink;
  compile::Options options;
  options.complain = settings_.complain;
  options.budget = settings_.budget;
  options.jobs = settings_.jobs;
  options.dense = purpose != Purpose::loading;
  options.keep_tags = purpose == Purpose::reasons;
  auto policy = compile::compile(*compiled.resolved, chosen->features, options, session_.sources, sink);
  forward(sink, profile);
  if (!policy || session_.sink.errors() != before) return wrong_input(session_, before);
  compiled.policy = std::move(*policy);
  BH_TRY(compiled.bytes, compile::encode(compiled.policy, chosen->features));
  return compiled;
}

Result<Compiled> Pipeline::open(const std::string& name) {
  BH_TRY(Profile profile, read(name));
  return compile(profile);
}

Result<ChosenFeatures> Pipeline::features() {
  BH_TRY(const ChosenFeatures* chosen, chosen_features());
  return *chosen;
}

Result<const ChosenFeatures*> Pipeline::chosen_features() {
  const PassTimer timer(Pass::features);
  if (!features_) {
    BH_TRY(features_, choose_features());
  }
  return &*features_;
}

Result<ChosenFeatures> Pipeline::parse(std::string name, std::string text, std::string origin) {
  std::size_t before = session_.sink.errors();
  auto source = session_.sources.add(std::move(name), text);
  auto features = compile::parse_features(session_.sources, source, session_.sink);
  if (!features) return wrong_input(session_, before);
  return ChosenFeatures{
      .features = std::move(*features), .text = std::move(text), .origin = std::move(origin)};
}

Result<ChosenFeatures> Pipeline::choose_features() {
  Os& os = session_.world.os;
  if (settings_.features) {
    const std::string& wanted = *settings_.features;
    auto info = os.stat(wanted);
    if (info) {
      auto text = S_ISDIR(info->st_mode) ? kernel::features_folder_text(os, wanted) : read_file(os, wanted);
      if (!text) return tl::unexpected(std::move(text.error()).in("cannot read features"));
      return parse(wanted, std::move(*text), wanted);
    }
    for (const compile::KnownFeatures& known : compile::known_features())
      if (known.kernel == wanted)
        return parse(fmt::format("features of {}", wanted), std::string(known.text),
                     fmt::format("Linux {}", wanted));
    return tl::unexpected(
        Error{fmt::format("--features {}: no such file or folder, and not one of the kernels known here ({})",
                          wanted, known_kernels()),
              ENOENT});
  }
  auto state = session_.kernel.availability();
  if (state.ready()) {
    BH_TRY(std::string text, session_.kernel.features_text());
    return parse("features of this kernel", std::move(text), "this kernel");
  }
  if (settings_.need_real_features)
    return fail("which kernel is this for? {}; say --features with a file, a folder or one of {}",
                state.cause, known_kernels());
  const compile::KnownFeatures& newest = compile::known_features().back();
  BH_TRY(ChosenFeatures chosen, parse(fmt::format("features of {}", newest.kernel), std::string(newest.text),
                                      fmt::format("Linux {}", newest.kernel)));
  chosen.assumed = true;
  chosen.why_assumed = state.cause;
  return chosen;
}

}  // namespace bh::app
