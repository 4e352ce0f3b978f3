// Fragments -> flat profiles, ready to compile: includes followed, conditionals decided, variables and
// aliases expanded, children and hats lifted to `parent//child`.
//
// A rule's words come out with `@{…}` replaced by their value, or by `{a,b,c}` where there are several: the
// language of a rule is kept, the number of rules too. Every rule still knows its span and the chain of
// includes that led to it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/os.h"
#include "diag/diagnostic.h"
#include "policy/ast.h"
#include "policy/parse.h"

namespace bh::policy {

using ChainId = Id<struct ChainTag>;

/// One step of an include chain: the include that led here, and the chain of the file that holds it.
struct ChainLink {
  diag::Span include;
  ChainId outer;  ///< not valid: `include` stands in the file the user named
};

struct ResolvedRule {
  Rule rule;      ///< words expanded; spans still those of the source
  ChainId chain;  ///< not valid: the rule stands in the file the user named
};

/// `abi <…>` found and read: the text of a features file. `abi <kernel>` has the path `<kernel>` and no text;
/// `abi <default>` has the text that ResolveOptions::known_abi gives for `default`; without one it is none.
struct PolicyAbi {
  diag::Span span;
  std::string path;
  std::string text;
};

struct ResolvedProfile {
  std::string name;                      ///< full name: `parent//child`; a namespace apart
  std::string name_space;                ///< empty: none
  std::string own_name;                  ///< without its parent's, as it was written
  Id<struct ResolvedProfileTag> parent;  ///< in ResolvedPolicy::profiles
  bool hat = false;
  std::optional<Text>
      attachment;  ///< expanded; a name that starts with `/` or a variable is its own attachment
  std::vector<Condition> xattrs;
  std::vector<Text> identities;
  std::vector<Flag> flags;  ///< own, in order; known words only
  std::vector<ResolvedRule> rules;
  std::vector<std::string> hats;  ///< names of its hats (they imply rules, policy-binary.md §5)
  diag::Span span;
};

/// A name that was looked up, for an include or an abi, and where it led.
struct LookedUp {
  std::string path;
  bool magic = false;              ///< `<…>`: along the search path
  bool missing = false;            ///< there is nothing of that name
  std::vector<std::string> files;  ///< in order: one, or those of a folder

  bool operator==(const LookedUp&) const = default;
};

struct ResolvedPolicy {
  std::vector<ResolvedProfile> profiles;  ///< parents before their children
  std::vector<ChainLink> chains;
  std::optional<PolicyAbi> abi;
  /// Together all that the text's meaning took from the file system: while every name leads to the same files
  /// and they hold the same bytes, another run comes out the same.
  std::vector<LookedUp> lookups;
  std::vector<std::string> files;  ///< every file read but the one that the user named
};

struct ResolveOptions {
  std::string base =
      "/etc/apparmor.d";  ///< where `<…>` is looked up last; and relative includes without a folder
  std::vector<std::string> include_folders;  ///< -I, looked up first
  std::string abi_override;  ///< --policy-features: a features file that replaces the policy's own `abi`
  /// The text of `<default>`, and of `<abi/4.0>` and its like where the system has no such file; empty: not
  /// known either.
  std::string_view (*known_abi)(std::string_view name) = nullptr;
  std::size_t max_files = 4096;
  std::size_t max_expanded_bytes = 64u << 20;  ///< of all words after variable expansion
};

/// Parsed fragments by path and context, so that a run over many profiles reads and parses each include once.
class Library {
 public:
  Library(Os& os, diag::SourceMap& sources, ResolveOptions options);
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  [[nodiscard]] Os& os() const { return os_; }
  [[nodiscard]] diag::SourceMap& sources() const { return sources_; }
  [[nodiscard]] const ResolveOptions& options() const { return options_; }

  struct Cache;  // library.h; only the resolver looks into it
  [[nodiscard]] Cache& cache() const { return *cache_; }

 private:
  Os& os_;
  diag::SourceMap& sources_;
  ResolveOptions options_;
  std::unique_ptr<Cache> cache_;
};

/// The same question once more, of whoever keeps a result. Errors: it can be neither found nor missed (no
/// right to look).
[[nodiscard]] Result<LookedUp> look_up_again(Library& library, const std::string& path, bool magic);
/// The text of a file as a source: read once, whatever it is asked for afterwards.
[[nodiscard]] Result<diag::SourceId> source_of(Library& library, const std::string& path);

/// Resolves one profile file. Errors go to `sink`; what is returned then is for further checks only, not to
/// be loaded.
[[nodiscard]] ResolvedPolicy resolve(Library& library, diag::SourceId source, diag::Sink& sink);

/// "included from a:3, b:7" as labels on `diagnostic`.
void add_chain(diag::Diagnostic& diagnostic, const ResolvedPolicy& policy, ChainId chain);

/// Names that a policy folder holds beside policy: backups of editors and package managers, hidden files,
/// README.
[[nodiscard]] bool skipped_name(std::string_view name);

}  // namespace bh::policy
