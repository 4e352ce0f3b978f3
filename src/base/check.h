// BH_CHECK: a fact that only our own bug can break. It says where and leaves with 70, in release builds too.
#pragma once

namespace bh {
[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;
}

#define BH_CHECK(condition) \
  (__builtin_expect(!!(condition), 1) ? void(0) : ::bh::check_failed(#condition, __FILE__, __LINE__))
