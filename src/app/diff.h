// diff: what one policy allows that another does not. The two may come from anything that a user may name.
#pragma once

#include <string>
#include <vector>

#include "app/pipeline.h"
#include "diff/report.h"

namespace bh::app {

struct DiffSettings {
  std::size_t max_rows = 200;  ///< diff::Options::max_rows
};

/// Profiles are compared by their full names, children below their parent's; where each side has one profile
/// of its own left (`docker-default` and `docker-web`), these two. Errors: an input, or the comparison needs
/// too much.
[[nodiscard]] Result<diff::Report> diff_profiles(Session& session, Pipeline& pipeline, const std::string& a,
                                                 const std::string& b, const DiffSettings& settings = {});

/// The plain comparison: every difference that the kernel could see, logging included, with a shortest
/// string. Empty: equal.
[[nodiscard]] Result<std::vector<query::PolicyDifference>> witnesses(Session& session, Pipeline& pipeline,
                                                                     const std::string& a,
                                                                     const std::string& b);

}  // namespace bh::app
