// For tests: profile text, compiled for one of the kernels of tests/features, ready to be asked.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/file.h"
#include "compile/compile.h"
#include "diag/render.h"
#include "policy/resolve.h"
#include "query/ask.h"
#include "query/explain.h"

namespace bh::query {

class CompiledText {
 public:
  /// `kernel`: `6.1`, `6.12`, `7.2`. The policy's abi is the kernel's own.
  explicit CompiledText(const std::string& text, const std::string& kernel = "7.2", bool keep_tags = true) {
    const std::string path = std::string(BH_SOURCE_DIR) + "/tests/features/" + kernel;
    const auto features_text = read_file(Os::real(), path);
    EXPECT_TRUE(features_text);
    policy::ResolveOptions options;
    options.abi_override = path;
    policy::Library library(Os::real(), sources_, options);
    const diag::SourceId source = sources_.add("web", text);
    resolved_ = policy::resolve(library, source, sink_);
    const auto features = compile::parse_features(sources_, sources_.add(path, *features_text), sink_);
    EXPECT_TRUE(features);
    compile::Options compile_options;
    compile_options.keep_tags = keep_tags;
    auto compiled = compile::compile(resolved_, *features, compile_options, sources_, sink_);
    EXPECT_TRUE(compiled) << diag::render(sources_, sink_);
    if (compiled) policy_ = std::move(*compiled);
  }

  [[nodiscard]] const compile::CompiledProfile& profile(std::size_t index = 0) const {
    return policy_.profiles.at(index);
  }
  [[nodiscard]] const compile::KernelPolicy& policy() const { return policy_; }

  [[nodiscard]] Answer ask(const std::string& action) { return query::ask(profile(), parse(action)); }
  [[nodiscard]] Verdict verdict(const std::string& action) {
    const Answer answer = ask(action);
    EXPECT_FALSE(answer.depends_on_owner()) << action;
    return answer.other.verdict;
  }
  [[nodiscard]] std::string explain(const std::string& action) {
    const Action parsed = parse(action);
    const Origin origin{sources_, resolved_, resolved_.profiles.at(0)};
    return query::explain(parsed, query::ask(profile(), parsed), &origin);
  }

 private:
  Action parse(const std::string& action) {
    diag::Sink sink;
    const diag::SourceId source = sources_.add("<question>", action);
    auto parsed = parse_action(sources_, {source, 0, static_cast<std::uint32_t>(action.size())}, sink);
    EXPECT_TRUE(parsed) << diag::render(sources_, sink);
    return parsed.value_or(Action{});
  }

  diag::SourceMap sources_;
  diag::Sink sink_;
  policy::ResolvedPolicy resolved_;
  compile::KernelPolicy policy_;
};

}  // namespace bh::query
