// The same as use.c, by the C++ header, from four threads that share one compiler.
#include <bulkhead/bulkhead.hpp>
#include <future>
#include <iostream>

int main(int argc, char** argv) try {
  if (argc != 4) return 3;
  bulkhead::Compiler compiler;
  compiler.kernel(argv[1]).base(argv[2]);
  std::vector<std::future<bulkhead::Result>> runs;
  for (int i = 0; i < 4; ++i)
    runs.push_back(std::async(std::launch::async, [&] { return compiler.compile_file(argv[3]); }));
  std::vector<bulkhead::Result> results;
  for (auto& run : runs) results.push_back(run.get());
  for (const auto& result : results)
    if (result.bytes() != results[0].bytes()) return 4;
  for (const auto& said : results[0].diagnostics())
    std::cerr << (said.file.empty() ? "-" : said.file) << ":" << said.line << ":" << said.column << "+"
              << said.length << " BH" << said.code << " " << said.message << "|" << said.help << "\n";
  std::cout << results[0].bytes();
  if (results[0]) return 0;
  std::cerr << results[0].error() << "\n";
  return 1;
} catch (const std::invalid_argument& error) {
  std::cerr << error.what() << "\n";
  return 2;
}
