#include "docker/json.h"

namespace bh::docker {
namespace {

/// Counts before anything is built: a hostile answer must not cost more memory than its own size.
Result<void> within_limits(std::string_view text) {
  std::size_t depth = 0;
  std::size_t values = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
      continue;
    }
    switch (c) {
      case '"':
        in_string = true;
        break;
      case '[':
      case '{':
        ++values;
        if (++depth > json_depth_max)
          return fail("nested deeper than {} levels at byte {}", json_depth_max, i);
        break;
      case ']':
      case '}':
        if (depth > 0) --depth;
        break;
      case ',':
        if (++values > json_values_max) return fail("more than {} values", json_values_max);
        break;
      default:
        break;
    }
  }
  return {};
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
  BH_TRY_DO(within_limits(text));
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const Json::parse_error& error) {
    return fail("not JSON at byte {}", error.byte);
  } catch (const std::exception& error) {
    return fail("not JSON ({})", error.what());
  }
}

std::string dump_json(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace bh::docker
