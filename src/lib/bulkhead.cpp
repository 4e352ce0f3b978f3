// The C interface (include/bulkhead/bulkhead.h) over policy and compile. No exception leaves it.
#include <bulkhead/bulkhead.h>

#include <deque>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "compile/compile.h"
#include "compile/encode.h"
#include "compile/features.h"
#include "compile/known_features.h"
#include "diag/render.h"
#include "kernel/apparmor.h"
#include "policy/resolve.h"

namespace {

using bh::diag::Severity;

static_assert(static_cast<int>(Severity::note) == BULKHEAD_NOTE);
static_assert(static_cast<int>(Severity::warning) == BULKHEAD_WARNING);
static_assert(static_cast<int>(Severity::error) == BULKHEAD_ERROR);

}  // namespace

struct bulkhead_compiler {
  bh::policy::ResolveOptions resolve;
  std::optional<bh::compile::Features> features;  ///< none: the running kernel's
  bool complain = false;
  std::string error;
};

struct bulkhead_result {
  std::optional<std::string> bytes;
  std::string error;
  std::vector<bulkhead_diagnostic> diagnostics;
  std::deque<std::string> texts;  ///< what the diagnostics point to

  const char* own(std::string text) { return texts.emplace_back(std::move(text)).c_str(); }
};

namespace {

/// `set`: throws nothing but bad_alloc and returns what is wrong.
template <class Set>
int change(bulkhead_compiler* compiler, const Set& set) {
  try {
    std::string error = set();
    const bool good = error.empty();
    if (!good) compiler->error = std::move(error);
    return good ? 0 : -1;
  } catch (const std::exception&) {
    compiler->error.clear();
    return -1;
  }
}

bh::Result<bh::compile::Features> read_features(std::string name, std::string text) {
  bh::diag::SourceMap sources;
  bh::diag::Sink sink;
  auto features = bh::compile::parse_features(sources, sources.add(std::move(name), std::move(text)), sink);
  if (!features) {
    const auto& first = sink.diagnostics().front();
    return bh::fail("{}: {}", sources.describe(first.span), first.message);
  }
  return std::move(*features);
}

/// What is wrong with them, or nothing.
std::string take_features(bulkhead_compiler& compiler, std::string name, std::string text) {
  auto features = read_features(std::move(name), std::move(text));
  if (!features) return std::move(features.error().text);
  compiler.features = std::move(*features);
  return {};
}

bh::Result<bh::compile::Features> features_for(const bulkhead_compiler& compiler) {
  if (compiler.features) return *compiler.features;
  const bh::kernel::AppArmor kernel(bh::Os::real());
  BH_TRY_DO(kernel.require());
  BH_TRY(std::string text, kernel.features_text());
  return read_features("features of this kernel", std::move(text));
}

void add_diagnostics(bulkhead_result& result, const bh::diag::SourceMap& sources,
                     const bh::diag::Sink& sink) {
  for (const bh::diag::Diagnostic& one : sink.diagnostics()) {
    bulkhead_diagnostic out = {};
    out.severity = static_cast<bulkhead_severity>(one.severity);
    out.code = bh::diag::info(one.code).number;
    if (one.span.valid()) {
      const auto position = sources.position(one.span.source, one.span.begin);
      out.file = result.own(std::string(sources.name(one.span.source)));
      out.line = position.line;
      out.column = position.column;
      out.offset = one.span.begin;
      out.length = one.span.end - one.span.begin;
    }
    out.message = result.own(one.message);
    if (!one.help.empty()) out.help = result.own(one.help);
    out.text = result.own(bh::diag::render(sources, one));
    result.diagnostics.push_back(out);
  }
}

/// Errors: not of the text. Those are in `sink`.
bh::Result<std::optional<std::string>> compiled(const bulkhead_compiler& compiler,
                                                bh::diag::SourceMap& sources, bh::diag::SourceId source,
                                                bh::diag::Sink& sink) {
  BH_TRY(const bh::compile::Features features, features_for(compiler));
  bh::policy::Library library(bh::Os::real(), sources, compiler.resolve);
  const auto resolved = bh::policy::resolve(library, source, sink);
  if (sink.ok() && resolved.profiles.empty())
    sink.report(bh::diag::Code::no_profile, {source, 0, 0}, "there is no profile in this text")
        .with_help("a profile looks like `profile NAME { … }`");
  if (!sink.ok()) return std::nullopt;
  const auto policy =
      bh::compile::compile(resolved, features, {.complain = compiler.complain}, sources, sink);
  if (!policy) return std::nullopt;
  BH_TRY(std::string bytes, bh::compile::encode(*policy, features));
  return bytes;
}

void compile_into(bulkhead_result& result, const bulkhead_compiler& compiler, std::string name,
                  std::string text) {
  bh::diag::SourceMap sources;
  bh::diag::Sink sink;
  if (text.size() > bh::max_input_bytes) {
    result.error = fmt::format("{}: larger than the limit of {} bytes", name, bh::max_input_bytes);
    return;
  }
  const auto source = sources.add(std::move(name), std::move(text));
  auto bytes = compiled(compiler, sources, source, sink);
  add_diagnostics(result, sources, sink);
  if (!bytes)
    result.error = std::move(bytes.error().text);
  else if (*bytes)
    result.bytes = std::move(**bytes);
  else
    result.error =
        fmt::format("{} error{} in {}", sink.errors(), sink.errors() == 1 ? "" : "s", sources.name(source));
}

/// A result for whatever `fill` does. NULL: there is no memory even for that.
template <class Fill>
bulkhead_result* result_of(const Fill& fill) {
  auto* result = new (std::nothrow) bulkhead_result;
  if (result == nullptr) return nullptr;
  try {
    fill(*result);
    return result;
  } catch (const std::exception&) {
    delete result;
    return nullptr;
  }
}

}  // namespace

const char* bulkhead_version(void) { return BH_VERSION; }

bulkhead_compiler* bulkhead_compiler_new(void) {
  try {
    auto* compiler = new bulkhead_compiler;
    compiler->resolve.known_abi = bh::compile::known_abi;
    return compiler;
  } catch (const std::exception&) {
    return nullptr;
  }
}

void bulkhead_compiler_free(bulkhead_compiler* compiler) { delete compiler; }

int bulkhead_compiler_set_kernel(bulkhead_compiler* compiler, const char* kernel) {
  return change(compiler, [&]() -> std::string {
    std::string known;
    for (const bh::compile::KnownFeatures& one : bh::compile::known_features()) {
      if (one.kernel == kernel)
        return take_features(*compiler, fmt::format("features of {}", kernel), std::string(one.text));
      known += fmt::format("{}{}", known.empty() ? "" : ", ", one.kernel);
    }
    return fmt::format("{}: not one of the kernels known here ({})", kernel, known);
  });
}

int bulkhead_compiler_set_features(bulkhead_compiler* compiler, const char* text) {
  return change(compiler, [&] { return take_features(*compiler, "features", text); });
}

int bulkhead_compiler_set_base(bulkhead_compiler* compiler, const char* folder) {
  return change(compiler, [&] {
    compiler->resolve.base = folder;
    return std::string();
  });
}

int bulkhead_compiler_add_include(bulkhead_compiler* compiler, const char* folder) {
  return change(compiler, [&] {
    compiler->resolve.include_folders.emplace_back(folder);
    return std::string();
  });
}

int bulkhead_compiler_set_complain(bulkhead_compiler* compiler, int complain) {
  compiler->complain = complain != 0;
  return 0;
}

const char* bulkhead_compiler_error(const bulkhead_compiler* compiler) { return compiler->error.c_str(); }

bulkhead_result* bulkhead_compile(const bulkhead_compiler* compiler, const char* name, const char* text,
                                  size_t size) {
  return result_of([&](bulkhead_result& result) {
    compile_into(result, *compiler, name, size == 0 ? std::string() : std::string(text, size));
  });
}

bulkhead_result* bulkhead_compile_file(const bulkhead_compiler* compiler, const char* path) {
  return result_of([&](bulkhead_result& result) {
    auto text = bh::read_file(bh::Os::real(), path);
    if (text)
      compile_into(result, *compiler, path, std::move(*text));
    else
      result.error = std::move(text.error().text);
  });
}

void bulkhead_result_free(bulkhead_result* result) { delete result; }

const char* bulkhead_result_bytes(const bulkhead_result* result, size_t* size) {
  if (size != nullptr) *size = result->bytes ? result->bytes->size() : 0;
  return result->bytes ? result->bytes->data() : nullptr;
}

const char* bulkhead_result_error(const bulkhead_result* result) {
  return result->bytes ? nullptr : result->error.c_str();
}

size_t bulkhead_result_count(const bulkhead_result* result) { return result->diagnostics.size(); }

const bulkhead_diagnostic* bulkhead_result_diagnostic(const bulkhead_result* result, size_t index) {
  return index < result->diagnostics.size() ? &result->diagnostics[index] : nullptr;
}
