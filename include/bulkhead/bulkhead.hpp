// libbulkhead for C++17 and later: bulkhead.h with owners, strings and exceptions. Only inline code: what is
// linked is the C interface, so the library and its users need not be built by the same compiler.
//
//   bulkhead::Compiler compiler;
//   compiler.kernel("6.12");
//   auto result = compiler.compile("web", "profile web { /etc/hosts r, }");
//   for (const auto& said : result.diagnostics()) std::cerr << said.text;
//   if (!result) return 1;
//   std::cout << result.bytes();
#pragma once

#include <bulkhead/bulkhead.h>

#include <cstddef>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bulkhead {

enum class Severity { note = BULKHEAD_NOTE, warning = BULKHEAD_WARNING, error = BULKHEAD_ERROR };

/// The fields of bulkhead_diagnostic; empty strings for its NULLs.
struct Diagnostic {
  Severity severity = Severity::error;
  unsigned code = 0;
  std::string file;
  unsigned line = 0, column = 0;
  std::size_t offset = 0, length = 0;
  std::string message, help, text;
};

[[nodiscard]] inline std::string_view version() { return bulkhead_version(); }

class Result {
 public:
  /// Whether there are bytes.
  explicit operator bool() const { return error().empty(); }
  /// Of one load; empty where there was an error. Valid as long as the result.
  [[nodiscard]] std::string_view bytes() const {
    std::size_t size = 0;
    const char* bytes = bulkhead_result_bytes(result_.get(), &size);
    return bytes == nullptr ? std::string_view() : std::string_view(bytes, size);
  }
  /// Why there are none, in one line; else empty.
  [[nodiscard]] std::string error() const { return text(bulkhead_result_error(result_.get())); }
  /// Notes and warnings too.
  [[nodiscard]] std::vector<Diagnostic> diagnostics() const {
    std::vector<Diagnostic> all;
    for (std::size_t i = 0; i < bulkhead_result_count(result_.get()); ++i) {
      const bulkhead_diagnostic& one = *bulkhead_result_diagnostic(result_.get(), i);
      all.push_back({static_cast<Severity>(one.severity), one.code, text(one.file), one.line, one.column,
                     one.offset, one.length, text(one.message), text(one.help), text(one.text)});
    }
    return all;
  }

 private:
  friend class Compiler;
  explicit Result(bulkhead_result* result) : result_(result) {
    if (result == nullptr) throw std::bad_alloc();
  }
  static std::string text(const char* c) { return c == nullptr ? std::string() : std::string(c); }
  struct Free {
    void operator()(bulkhead_result* result) const { bulkhead_result_free(result); }
  };
  std::unique_ptr<bulkhead_result, Free> result_;
};

/// The settings: see bulkhead.h. What is wrong with a setting is thrown as std::invalid_argument; what is
/// wrong with a text never throws.
class Compiler {
 public:
  Compiler() : compiler_(bulkhead_compiler_new()) {
    if (compiler_ == nullptr) throw std::bad_alloc();
  }
  Compiler& kernel(const std::string& known) {
    return check(bulkhead_compiler_set_kernel(get(), known.c_str()));
  }
  Compiler& features(const std::string& text) {
    return check(bulkhead_compiler_set_features(get(), text.c_str()));
  }
  Compiler& base(const std::string& folder) {
    return check(bulkhead_compiler_set_base(get(), folder.c_str()));
  }
  Compiler& include(const std::string& folder) {
    return check(bulkhead_compiler_add_include(get(), folder.c_str()));
  }
  Compiler& complain(bool yes = true) { return check(bulkhead_compiler_set_complain(get(), yes ? 1 : 0)); }

  [[nodiscard]] Result compile(const std::string& name, std::string_view text) const {
    return Result(bulkhead_compile(get(), name.c_str(), text.data(), text.size()));
  }
  [[nodiscard]] Result compile_file(const std::string& path) const {
    return Result(bulkhead_compile_file(get(), path.c_str()));
  }

 private:
  [[nodiscard]] bulkhead_compiler* get() const { return compiler_.get(); }
  Compiler& check(int outcome) {
    if (outcome != 0) throw std::invalid_argument(bulkhead_compiler_error(get()));
    return *this;
  }
  struct Free {
    void operator()(bulkhead_compiler* compiler) const { bulkhead_compiler_free(compiler); }
  };
  std::unique_ptr<bulkhead_compiler, Free> compiler_;
};

}  // namespace bulkhead
