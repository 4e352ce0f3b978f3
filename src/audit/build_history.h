// The history of an image as instructions: what each layer was made by, oldest first, those of its base image
// told apart.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/facts.h"

namespace bh::audit {

struct Instruction {
  std::string name;   ///< RUN, ADD, COPY, ENV …; "" for an import
  std::string text;   ///< what follows
  bool base = false;  ///< belongs to the base image, as far as that can be told
};

/// `others`: the images of the host; the longest history among them that this one begins with is its base.
/// Failing that, the root file system that the oldest entries added is.
[[nodiscard]] std::vector<Instruction> instructions(const ImageFacts& image,
                                                    std::span<const ImageFacts* const> others);

/// The commands of a shell text, each as words: `a && b; c | d` gives four. Quotes are honoured,
/// substitutions are not looked into.
struct ShellCommand {
  std::vector<std::string> words;
  bool piped = false;  ///< reads from the command before it
};
[[nodiscard]] std::vector<ShellCommand> shell_commands(std::string_view text);

}  // namespace bh::audit
