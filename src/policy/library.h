// Internal: what a Library keeps between profiles. A file is looked up, read and parsed once; its diagnostics
// are kept with it and told to everyone who includes it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "policy/resolve.h"

namespace bh::policy {

struct ParsedFile {
  Fragment fragment;
  diag::Sink messages;
};

/// Where an include leads: files in order (one for a file, any number for a folder), or why it leads nowhere.
struct Lookup {
  std::vector<std::string> files;
  std::string error;
  bool missing = false;  ///< nothing there (as against: there, but unreadable)
};

struct Library::Cache {
  std::map<std::pair<std::string, Context>, Result<std::shared_ptr<const ParsedFile>>> parsed;
  std::map<std::string, diag::SourceId> sources;
  std::map<std::pair<std::string, bool>, Lookup> lookups;  ///< by include path and whether it is magic
};

/// Errors that a file has by itself are in ParsedFile::messages.
[[nodiscard]] Result<std::shared_ptr<const ParsedFile>> parsed_file(Library& library, const std::string& path,
                                                                    Context context);
[[nodiscard]] const Lookup& look_up(Library& library, const std::string& path, bool magic);

}  // namespace bh::policy
