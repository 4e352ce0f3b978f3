// `--style strict`: the parts of the profile. docs/spec.md is what they have to say; the order here is the
// order of the text.
#pragma once

#include "generate/generate.h"
#include "generate/text.h"

namespace bh::generate {

struct StrictContext {
  const Spec& spec;
  Mode mode;
  Abi abi;
  const ImageNames* image;
  const diag::SourceMap& sources;
  diag::Sink& sink;
  Text& out;

  /// `audit deny`, or `deny` where the spec's Quiet has it. In complain mode a quiet denial would be enforced
  /// (seen on 6.1 to 7.2), so there every denial is audited.
  [[nodiscard]] std::string_view deny(bool quiet) const {
    return quiet && mode == Mode::enforce ? "deny" : "audit deny";
  }
  /// Does Quiet list this word for word?
  [[nodiscard]] bool quiet(std::string_view what) const;
};

[[nodiscard]] Generated generate_strict(const Spec& spec, const Options& options,
                                        const diag::SourceMap& sources, diag::Sink& sink);

void strict_capabilities(StrictContext& context);
void strict_network(StrictContext& context);
void strict_processes(StrictContext& context);  ///< signals, ptrace, mounts, namespaces
void strict_files(StrictContext& context);

}  // namespace bh::generate
