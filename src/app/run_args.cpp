#include "app/run_args.h"

#include <algorithm>

#include "compile/names.h"
#include "generate/words.h"

namespace bh::app {
namespace {

std::string upper(std::string_view word) {
  std::string out(word);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

}  // namespace

Result<RunArgs> run_args(Pipeline& pipeline, const std::string& input) {
  BH_TRY(Profile profile, pipeline.read(input));
  BH_TRY(Compiled compiled, pipeline.compile(profile, Purpose::loading));
  RunArgs args{.name = compiled.name()};
  const std::uint64_t allowed = compiled.policy.profiles.front().capabilities.allow;
  auto allows = [&](std::string_view name) {
    auto number = compile::number_of(compile::capability_names(), name);
    return number && (allowed >> *number & 1) != 0;
  };
  auto fourteen = generate::docker_capabilities();
  for (std::string_view name : fourteen) (allows(name) ? args.add : args.drop).push_back(upper(name));
  bool named = profile.spec && profile.spec->capabilities.allow;
  args.drop_all = named;
  if (!named) {
    args.add.clear();
    return args;
  }
  args.drop.clear();
  for (const auto& entry : compile::capability_names())
    if (allows(entry.name) && std::ranges::find(fourteen, entry.name) == fourteen.end())
      args.add.push_back(upper(entry.name));
  return args;
}

}  // namespace bh::app
