// What a function returns when the world may say no: a value or an Error with the chain of what was being
// done.
//
// The one idea: an Error reads as one sentence, outermost first, e.g.
//   cannot load profile docker-web: write .replace: Permission denied (run as root, or use --dry-run)
// Wrong *input* never travels this way; it goes to diag::Sink. Our own bugs go to BH_CHECK.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace bh {

struct Error {
  std::string text;
  /// The errno behind it, or 0. Callers may decide by it (ENOENT, EACCES, …); users read `text`.
  int sys = 0;

  /// The same error with what was being done in front: `context: text`.
  [[nodiscard]] Error in(std::string_view context) && { return {fmt::format("{}: {}", context, text), sys}; }
};

template <class T>
using Result = tl::expected<T, Error>;

/// An error in our own words.
template <class... Args>
[[nodiscard]] tl::unexpected<Error> fail(fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected(Error{fmt::format(format, std::forward<Args>(args)...), 0});
}

/// An error that the system gave: `what: strerror(sys)`.
[[nodiscard]] tl::unexpected<Error> fail_errno(int sys, std::string_view what);

}  // namespace bh

#define BH_CONCAT_(a, b) a##b
#define BH_CONCAT(a, b) BH_CONCAT_(a, b)

/// `BH_TRY(auto text, read_file(…));` declares text, or returns the error.
#define BH_TRY(declaration, expression) BH_TRY_(BH_CONCAT(bh_try_, __COUNTER__), declaration, expression)
#define BH_TRY_(name, declaration, expression)               \
  auto name = (expression);                                  \
  if (!name) return tl::unexpected(std::move(name.error())); \
  declaration = std::move(*name)

/// The same for a Result<void>, or where the value is not wanted.
#define BH_TRY_DO(expression) BH_TRY_DO_(BH_CONCAT(bh_try_, __COUNTER__), expression)
#define BH_TRY_DO_(name, expression) \
  if (auto name = (expression); !name) return tl::unexpected(std::move(name.error()))
