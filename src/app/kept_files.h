// Which file of the policy folder brings which profile back at a boot: by what the files say, never by how
// they are called.
//
// Two folders count: the policy folder, and bulkhead's own, which only `bulkhead restore` loads. They are
// read as the distributions' boot service reads its own: plain files at the top, without backups and hidden
// ones, and without those that have a link of their name in `disable/`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/persist.h"
#include "app/session.h"

namespace bh::app {

struct KeptFile {
  std::string path;
  std::string profile;  ///< the outermost profile, as the kernel lists it
  FileState state = FileState::foreign;
};

class KeptFiles {
 public:
  /// Reads every file of the session's folders. What cannot be read or is no policy names no profile.
  [[nodiscard]] static KeptFiles read(Session& session);
  /// Only the files that hold the bytes of `profile`'s name: for those who look for one whose name is no
  /// variable.
  [[nodiscard]] static KeptFiles read(Session& session, std::string_view profile);

  /// The file that holds `profile`, or its parent. Of several ours, else the last, which the boot service
  /// loads last. Null: none.
  [[nodiscard]] const KeptFile* find(std::string_view profile) const;
  [[nodiscard]] const std::vector<KeptFile>& all() const { return files_; }

 private:
  std::vector<KeptFile> files_;  ///< by path; a file of several profiles is there several times
};

/// Plain files of a folder of profiles that a loader takes, as paths, sorted. Empty if there is no such
/// folder.
[[nodiscard]] std::vector<std::string> profile_files(Os& os, const std::string& folder);

}  // namespace bh::app
