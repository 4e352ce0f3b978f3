// The flow that everything serves: spec -> text -> resolved rules -> compiled policy -> bytes, for any input
// that a user may name.
//
// One Pipeline is one set of settings: includes are parsed once, the kernel's features read once, however
// many profiles go through it. Stages are called by their name and return their value; each verb goes as far
// as it needs.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/cache_entry.h"
#include "app/image_names.h"
#include "app/input.h"
#include "app/policy_cache.h"
#include "app/session.h"
#include "compile/compile.h"
#include "compile/features.h"
#include "generate/generate.h"
#include "generate/spec.h"
#include "policy/resolve.h"

namespace bh::app {

struct PolicySettings {
  std::string base = "/etc/apparmor.d";      ///< where `<…>` includes are looked up last
  std::vector<std::string> include_folders;  ///< -I, looked up first
  std::optional<std::string>
      features;                 ///< a file, a folder, or a known kernel's number; none: the running kernel's
  std::string policy_features;  ///< a features file that replaces the policy's own `abi`
  bool need_real_features =
      false;  ///< no running AppArmor and no `features`: an error, not the newest known kernel's
  bool may_be_empty = false;  ///< a text without a profile is none, and no error
  bool complain = false;
  std::optional<generate::Style> style;
  std::optional<generate::Abi> abi;  ///< of text made from a spec; none: the best that fits (abi_choice.h)
  ImageSource image;                 ///< whose names a strict spec's paths are resolved by
  /// Whether this host's parser is to read the text that is made from a spec; none: unless `features` say
  /// that it is for another kernel.
  std::optional<bool> host_parser_reads;
  std::size_t jobs = 1;                     ///< threads for the profiles of one text
  automata::Budget budget;                  ///< for each automaton
  std::optional<std::string> cache_folder;  ///< where ready() keeps what it compiled; none: nowhere
};

/// Features to compile for, and whose they are.
struct ChosenFeatures {
  compile::Features features;
  std::string text;           ///< that they were read from
  std::string origin;         ///< `this kernel`, `features of 6.12`, a path
  bool assumed = false;       ///< nobody chose them and no kernel has them: the newest known kernel's
  std::string why_assumed{};  ///< why the running kernel's could not be had
};

struct Profile {
  Input input;
  std::optional<generate::Spec> spec;            ///< of a spec
  std::optional<generate::Generated> generated;  ///< of a spec
  diag::SourceId text;                           ///< profile text; not valid for a compiled policy

  /// `place` is in text that was made from a spec.
  [[nodiscard]] bool made(diag::Span place) const {
    return generated && place.valid() && place.source == text;
  }
  /// Where the spec asks for what was made at `place`; null: nowhere, or made() is false.
  [[nodiscard]] const generate::LineOrigin* asked_for(const diag::SourceMap& sources, diag::Span place) const;
};

struct Compiled {
  std::optional<policy::ResolvedPolicy> resolved;  ///< nothing for a policy that came compiled
  compile::KernelPolicy policy;
  std::string bytes;  ///< for one write to the kernel

  /// Full name of the first profile, which names the whole.
  [[nodiscard]] std::string name() const;
};

enum class CacheUse : std::uint8_t { off, hit, miss };

/// What can be loaded, and what is reported of it.
struct Ready {
  std::vector<CompiledEntry> profiles;
  std::string bytes;                            ///< for one write to the kernel
  std::optional<compile::KernelPolicy> policy;  ///< what `bytes` hold; none where they come from the cache
  CacheUse cache = CacheUse::off;
  std::string not_kept;  ///< why a miss was not put into the cache; empty: it was
};

/// What a compiled policy is for. Each costs memory and time beyond the one before.
enum class Purpose : std::uint8_t {
  loading,  ///< its bytes, and what is in it by name
  answers,  ///< questions about what it allows
  reasons,  ///< and which rules say so
};

class Pipeline {
 public:
  Pipeline(Session& session, PolicySettings settings);

  /// Reads what `name` names; of a spec, generates the text.
  [[nodiscard]] Result<Profile> read(const std::string& name);
  /// Of text: never called for a compiled policy.
  [[nodiscard]] Result<policy::ResolvedPolicy> resolve(const Profile& profile);
  /// From any kind. A compiled policy is decoded; its bytes stay as they are.
  [[nodiscard]] Result<Compiled> compile(const Profile& profile, Purpose purpose = Purpose::answers);
  /// read() and compile() for answers.
  [[nodiscard]] Result<Compiled> open(const std::string& name);
  /// read(), and the bytes from the settings' cache or compile(). A hit says again what was said of the text.
  [[nodiscard]] Result<Ready> ready(const std::string& name);
  /// ready() with the policy that the bytes hold, for loading.
  [[nodiscard]] Result<Compiled> open_ready(const std::string& name);
  /// Why the settings' cache is not used although there is one; empty: it is.
  [[nodiscard]] std::string cache_distrust() const { return cache_ ? cache_->distrust() : std::string(); }

  [[nodiscard]] const std::string& base() const { return settings_.base; }
  /// Of the settings' image, read once; null where none is given.
  [[nodiscard]] Result<const generate::ImageNames*> image();
  [[nodiscard]] bool complain() const { return settings_.complain; }
  /// Read once, when first asked for.
  [[nodiscard]] Result<ChosenFeatures> features();

 private:
  [[nodiscard]] Result<const ChosenFeatures*> chosen_features();  ///< what features() gives a copy of
  [[nodiscard]] Result<ChosenFeatures> choose_features();
  /// Of text that is made from a spec. Told once what it leaves out.
  [[nodiscard]] Result<generate::Abi> abi();
  [[nodiscard]] Result<generate::Abi> choose_abi();
  [[nodiscard]] Result<ChosenFeatures> parse(std::string name, std::string text, std::string origin);
  /// What a stage said of the profile's text, into the session's sink. In generated text it gets a label at
  /// the line of the spec that asked for the rule.
  void forward(const diag::Sink& from, const Profile& profile);
  // pipeline_cache.cpp
  [[nodiscard]] std::string key_of(const Profile& profile, const ChosenFeatures& features) const;
  [[nodiscard]] bool still_true(const CacheEntry& entry);
  /// SHA-256 of what the file holds, in hex; null where it cannot be read. Worked out once for each file.
  [[nodiscard]] const std::string* digest_of(const std::string& path);
  void say_again(const CacheEntry& entry, const Profile& profile);
  [[nodiscard]] Result<CacheEntry> entry_of(const Profile& profile, const Compiled& compiled,
                                            std::vector<CompiledEntry> profiles);
  [[nodiscard]] std::string keep(const Profile& profile, const std::string& key, const Compiled& compiled,
                                 const std::vector<CompiledEntry>& profiles);

  Session& session_;
  PolicySettings settings_;
  policy::Library library_;
  std::optional<PolicyCache> cache_;
  std::map<std::string, std::string> digests_;
  std::vector<diag::Diagnostic> said_;  ///< what was forwarded since the last profile was opened, as it came
  std::optional<ChosenFeatures> features_;
  std::optional<generate::Abi> abi_;
  std::unique_ptr<generate::ImageNames> image_;
};

}  // namespace bh::app
