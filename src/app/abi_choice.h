// Which abi the text that is made from a spec declares (docs/decisions/0200).
//
// The one idea: the text is the single truth, so it says all that the kernel can be asked for and that the
// parser which reads the text at boot has words for; what the parser costs is told. Where there is no such
// parser (another host's features, a lab's guest) the kernel alone decides.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/os.h"
#include "compile/features.h"
#include "generate/abi.h"

namespace bh::app {

/// The newest abi that gives this kernel something to mediate; 3.0 where no newer one does.
[[nodiscard]] generate::Abi best_abi(const compile::Features& kernel);

/// What `kernel` could mediate and a text of `abi` cannot speak of, in words: `user namespaces`, `io_uring`,
/// …
[[nodiscard]] std::vector<std::string> left_unmediated(const compile::Features& kernel, generate::Abi abi);

/// The newest abi that the host's parser reads: it comes with a file for each, in `base`/abi. Nothing: there
/// is no parser that had to read anything.
[[nodiscard]] std::optional<generate::Abi> newest_readable_abi(Os& os, const std::string& base);

}  // namespace bh::app
