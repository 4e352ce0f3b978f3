// policy_equal A B: are two compiled policies the same to the kernel? Prints each difference (A's side | B's
// side). exit 0: equal, 1: they differ, 2: one cannot be read. --exact: see query/equal.h.
#include <cstdio>
#include <string>
#include <vector>

#include "base/file.h"
#include "compile/decode.h"
#include "query/equal.h"

namespace {

bh::Result<bh::compile::KernelPolicy> read(const std::string& path) {
  BH_TRY(const std::string bytes, bh::read_file(bh::Os::real(), path, std::size_t{256} << 20));
  auto policy = bh::compile::decode(bytes);
  if (!policy) return tl::unexpected(std::move(policy.error()).in(path));
  return policy;
}

bh::Result<bool> equal(const std::vector<std::string>& paths, const bh::query::EqualOptions& options) {
  BH_TRY(const auto a, read(paths[0]));
  BH_TRY(const auto b, read(paths[1]));
  BH_TRY(const auto differences, bh::query::policy_differences(a, b, options));
  for (const auto& difference : differences) std::printf("%s\n", bh::query::to_text(difference).c_str());
  return differences.empty();
}

}  // namespace

int main(int argc, char** argv) {
  bh::query::EqualOptions options;
  std::vector<std::string> paths;
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "--exact")
      options.exact = true;
    else
      paths.emplace_back(argv[i]);
  }
  if (paths.size() != 2) {
    std::fprintf(stderr, "usage: policy_equal [--exact] A B\n");
    return 2;
  }
  const auto same = equal(paths, options);
  if (!same) std::fprintf(stderr, "policy_equal: %s\n", same.error().text.c_str());
  return !same ? 2 : *same ? 0 : 1;
}
