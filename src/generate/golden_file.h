// For tests: files that say what is expected.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace bh::generate {

inline std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Compares with the file; with UPDATE=1 in the environment writes it.
inline void expect_file(const std::filesystem::path& path, const std::string& got) {
  if (std::getenv("UPDATE") != nullptr) std::ofstream(path, std::ios::binary) << got;
  EXPECT_EQ(slurp(path), got) << path << " (UPDATE=1 rewrites it)";
}

}  // namespace bh::generate
