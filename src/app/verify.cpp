#include "app/verify.h"

#include <algorithm>
#include <cerrno>
#include <optional>

#include "kernel/digest.h"

namespace bh::app {
namespace {

/// The elements of the kernel's stream, as far as their ends must be found (policy-binary.md section 1).
enum Element : std::uint8_t {
  u8,
  u16,
  u32,
  u64,
  name,
  string,
  blob,
  structure,
  structure_end,
  list,
  list_end,
  array,
  array_end
};

std::uint32_t little_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i)
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  return value;
}

/// Offset behind the element at `at` (an element with an inside: behind its head); nothing past the end of
/// `bytes`.
std::optional<std::size_t> element_end(std::string_view bytes, std::size_t at) {
  auto has = [&](std::size_t size) { return bytes.size() - at > size; };
  std::size_t payload = 0;
  switch (static_cast<unsigned char>(bytes[at])) {
    case u8:
      payload = 1;
      break;
    case u16:
    case array:
      payload = 2;
      break;
    case u32:
      payload = 4;
      break;
    case u64:
      payload = 8;
      break;
    case name:
    case string:
      if (!has(2)) return std::nullopt;
      payload = 2 + little_endian(bytes, at + 1, 2);
      break;
    case blob:
      if (!has(4)) return std::nullopt;
      payload = 4 + std::size_t{little_endian(bytes, at + 1, 4)};
      break;
    case structure:
    case structure_end:
    case list:
    case list_end:
    case array_end:
      break;
    default:
      return std::nullopt;
  }
  if (!has(payload)) return std::nullopt;
  return at + 1 + payload;
}

bool names(std::string_view bytes, std::size_t at, std::string_view wanted) {
  return bytes[at] == name && bytes.size() - at >= wanted.size() + 4 &&
         little_endian(bytes, at + 1, 2) == wanted.size() + 1 &&
         bytes.substr(at + 3, wanted.size()) == wanted;
}

/// `details` digest equals that of the part; false where the kernel shows none.
bool same_digest(const kernel::ProfileDetails& details, const std::string& part) {
  if (details.hash_name == "sha256") return kernel::sha256_hex(part) == details.hash;
  if (details.hash_name == "sha1") return kernel::sha1_hex(part) == details.hash;
  return false;
}

}  // namespace

std::string listed_name(const compile::CompiledProfile& profile) {
  return profile.name_space.empty() ? profile.name
                                    : fmt::format(":{}://{}", profile.name_space, profile.name);
}

std::string_view listed_mode(const compile::KernelPolicy& policy, const compile::CompiledProfile& profile) {
  constexpr std::string_view words[] = {"enforce", "complain", "kill", "unconfined", "user"};
  if (policy.force_complain) return words[1];
  return profile.mode < std::size(words) ? words[profile.mode] : std::string_view("unknown");
}

std::vector<std::string> hashed_parts(std::string_view bytes) {
  std::vector<std::string> parts;
  std::string version;
  std::size_t depth = 0, begin = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    auto end = element_end(bytes, at);
    if (!end) return {};
    auto type = static_cast<unsigned char>(bytes[at]);
    if (depth == 0 && names(bytes, at, "version") && bytes.size() - *end >= 5)
      version = bytes.substr(*end + 1, 4);
    if (depth == 0 && names(bytes, at, "profile")) begin = at;
    if (type == structure) ++depth;
    if (type == structure_end) {
      if (depth == 0) return {};
      if (--depth == 0) parts.push_back(version + std::string(bytes.substr(begin, *end - begin)));
    }
    at = *end;
  }
  return depth == 0 ? parts : std::vector<std::string>();
}

Result<Verified> verify_loaded(Session& session, const compile::KernelPolicy& policy,
                               std::string_view bytes) {
  BH_TRY(auto loaded, session.kernel.profiles());
  auto parts = hashed_parts(bytes);
  Verified verified = Verified::bytes;
  for (std::size_t i = 0; i < policy.profiles.size(); ++i) {
    std::string name = listed_name(policy.profiles[i]);
    auto at = std::ranges::find(loaded, name, &kernel::LoadedProfile::name);
    if (at == loaded.end()) return fail("the kernel took the policy, but does not list {}", name);
    std::string_view mode = listed_mode(policy, policy.profiles[i]);
    if (at->mode != mode) return fail("the kernel has {} in mode {}, not {}", name, at->mode, mode);
    auto details = session.kernel.details(name);
    if (!details) {
      verified = Verified::listed;
      continue;
    }
    auto copy = session.kernel.raw_data(*details);
    if (copy) {
      if (*copy != bytes) return fail("the kernel's copy of {} differs from what was written", name);
    } else if (details->hash.empty() || parts.size() != policy.profiles.size()) {
      verified = Verified::listed;
    } else if (same_digest(*details, parts[i])) {
      verified = std::max(verified, Verified::digest);
    } else {
      return fail("the kernel's {} of {} is not that of what was written", details->hash_name, name);
    }
  }
  return verified;
}

}  // namespace bh::app
