// Pipeline::ready: a compile that is looked up before it is done (cache_entry.h, policy_cache.h).
#include <algorithm>

#include "app/build_id.h"
#include "app/pipeline.h"
#include "app/verify.h"
#include "base/pass_times.h"
#include "compile/decode.h"
#include "kernel/digest.h"

namespace bh::app {
namespace {

std::uint32_t states_of(const std::optional<compile::Pdb>& pdb) {
  return pdb ? static_cast<std::uint32_t>(pdb->states()) : 0;
}

std::vector<CompiledEntry> entries_of(const compile::KernelPolicy& policy) {
  std::vector<CompiledEntry> entries;
  for (const auto& profile : policy.profiles)
    entries.push_back({listed_name(profile), std::string(listed_mode(policy, profile)),
                       states_of(profile.file), states_of(profile.policydb)});
  return entries;
}

/// Appended with its length, so that no two lists of parts read the same.
void add_part(std::string& all, std::string_view part) {
  all += fmt::format("{}:", part.size());
  all += part;
}

std::optional<diag::Code> code_of(std::uint16_t number) {
  const auto& codes = diag::all_codes();
  auto found = std::ranges::find(codes, number, &diag::CodeInfo::number);
  if (found == codes.end()) return std::nullopt;
  return static_cast<diag::Code>(found - codes.begin());
}

}  // namespace

std::string Pipeline::key_of(const Profile& profile, const ChosenFeatures& features) const {
  std::string all;
  add_part(all, build_id());
  add_part(all, features.text);
  add_part(all, settings_.base);
  add_part(all, settings_.policy_features);
  add_part(all, settings_.complain ? "complain" : "");
  add_part(all, settings_.may_be_empty ? "empty" : "");
  add_part(all, std::to_string(settings_.budget.max_states));
  add_part(all, fmt::format("{} folders", settings_.include_folders.size()));
  for (const std::string& folder : settings_.include_folders) add_part(all, folder);
  add_part(all, session_.sources.name(profile.text));
  add_part(all, session_.sources.text(profile.text));
  return kernel::sha256_hex(all);
}

bool Pipeline::still_true(const CacheEntry& entry) {
  const bool led_the_same = std::ranges::all_of(entry.lookups, [&](const policy::LookedUp& then) {
    auto now = policy::look_up_again(library_, then.path, then.magic);
    return now && *now == then;
  });
  return led_the_same && std::ranges::all_of(entry.files, [&](const CacheEntry::File& file) {
           const std::string* digest = digest_of(file.path);
           return digest != nullptr && *digest == file.sha256;
         });
}

const std::string* Pipeline::digest_of(const std::string& path) {
  auto [at, fresh] = digests_.try_emplace(path);
  if (fresh) {
    if (auto source = policy::source_of(library_, path))
      at->second = kernel::sha256_hex(session_.sources.text(*source));
  }
  return at->second.empty() ? nullptr : &at->second;
}

void Pipeline::say_again(const CacheEntry& entry, const Profile& profile) {
  auto span = [&](const KeptSpan& kept) {
    diag::Span out;
    if (kept.file == 0) out.source = profile.text;
    if (kept.file - 1 < entry.files.size())
      out.source = policy::source_of(library_, entry.files[kept.file - 1].path).value_or(diag::SourceId());
    if (!out.valid() || kept.begin > kept.end || kept.end > session_.sources.text(out.source).size())
      return diag::Span();
    out.begin = kept.begin;
    out.end = kept.end;
    return out;
  };
  diag::Sink sink;
  for (const KeptDiagnostic& kept : entry.said) {
    auto code = code_of(kept.number);
    if (!code) continue;
    diag::Diagnostic& said = sink.report(*code, span(kept.span), kept.message);
    said.help = kept.help;
    for (const auto& [place, text] : kept.labels) said.label(span(place), text);
  }
  forward(sink, profile);
}

Result<CacheEntry> Pipeline::entry_of(const Profile& profile, const Compiled& compiled,
                                      std::vector<CompiledEntry> profiles) {
  CacheEntry entry{
      .lookups = compiled.resolved->lookups, .profiles = std::move(profiles), .bytes = compiled.bytes};
  for (const std::string& path : compiled.resolved->files) {
    const std::string* digest = digest_of(path);
    if (digest == nullptr) return fail("{} cannot be read again", path);
    entry.files.push_back({path, *digest});
  }
  for (const policy::LookedUp& lookup : entry.lookups)
    for (const std::string& path : lookup.files)
      if (std::ranges::find(entry.files, path, &CacheEntry::File::path) == entry.files.end())
        return fail("{} was found and not read", path);
  auto span = [&](diag::Span place) {
    KeptSpan out{KeptSpan::nowhere, place.begin, place.end};
    if (!place.valid()) return out;
    if (place.source == profile.text) out.file = 0;
    auto file = std::ranges::find(entry.files, session_.sources.name(place.source), &CacheEntry::File::path);
    if (file != entry.files.end()) out.file = static_cast<std::uint32_t>(file - entry.files.begin() + 1);
    return out;
  };
  for (const diag::Diagnostic& said : said_) {
    KeptDiagnostic kept{diag::info(said.code).number, span(said.span), said.message, said.help, {}};
    if (said.span.valid() && kept.span.file == KeptSpan::nowhere)
      return fail("something is said of {}, which is no file", session_.sources.name(said.span.source));
    for (const diag::Label& label : said.labels) kept.labels.emplace_back(span(label.span), label.text);
    entry.said.push_back(std::move(kept));
  }
  return entry;
}

/// Why it was not kept; empty: it was.
std::string Pipeline::keep(const Profile& profile, const std::string& key, const Compiled& compiled,
                           const std::vector<CompiledEntry>& profiles) {
  const PassTimer timer(Pass::cache);
  auto entry = entry_of(profile, compiled, profiles);
  if (!entry) return std::move(entry.error().text);
  auto kept = cache_->keep(key, *entry);
  return kept ? std::string() : std::move(kept.error().text);
}

Result<Ready> Pipeline::ready(const std::string& name) {
  BH_TRY(Profile profile, read(name));
  const bool cacheable = cache_ && profile.input.kind != InputKind::compiled && !build_id().empty();
  std::string key;
  if (cacheable) {
    BH_TRY(const ChosenFeatures* chosen, chosen_features());
    const PassTimer timer(Pass::cache);
    key = key_of(profile, *chosen);
    if (auto entry = cache_->find(key); entry && still_true(*entry)) {
      say_again(*entry, profile);
      return Ready{std::move(entry->profiles), std::move(entry->bytes), std::nullopt, CacheUse::hit, {}};
    }
  }
  said_.clear();
  BH_TRY(Compiled compiled, compile(profile, Purpose::loading));
  Ready ready{.profiles = entries_of(compiled.policy), .cache = cacheable ? CacheUse::miss : CacheUse::off};
  if (cacheable) ready.not_kept = keep(profile, key, compiled, ready.profiles);
  ready.bytes = std::move(compiled.bytes);
  ready.policy = std::move(compiled.policy);
  return ready;
}

Result<Compiled> Pipeline::open_ready(const std::string& name) {
  BH_TRY(Ready ready, this->ready(name));
  if (!ready.policy) {
    auto policy = compile::decode(ready.bytes);
    if (!policy) return tl::unexpected(std::move(policy.error()).in(fmt::format("{} in the cache", name)));
    ready.policy = std::move(*policy);
  }
  return Compiled{
      .resolved = std::nullopt, .policy = std::move(*ready.policy), .bytes = std::move(ready.bytes)};
}

}  // namespace bh::app
