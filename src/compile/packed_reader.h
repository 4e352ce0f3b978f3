// The stream of typed, optionally named elements that a kernel policy is written in, read as the kernel reads
// it.
//
// The one idea: an element that is not the one asked for is not consumed, so optional elements are simply
// asked for in their fixed order. A mandatory one that is missing ends the reading: the first such failure,
// with its byte, is kept and every later question is answered with "not there". Follows
// security/apparmor/policy_unpack.c (aa_unpack_nameX and its like).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bh::compile {

class PackedReader {
 public:
  enum class Type : std::uint8_t {
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
    array_end,
  };

  explicit PackedReader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] std::size_t position() const { return at_; }
  [[nodiscard]] bool at_end() const { return at_ >= bytes_.size(); }

  /// An element without a payload (structure, structure_end, array_end, …). Empty name: whatever its name is,
  /// if it has one.
  [[nodiscard]] bool take(Type type, std::string_view name = {});

  [[nodiscard]] std::optional<std::uint8_t> u8(std::string_view name = {});
  [[nodiscard]] std::optional<std::uint32_t> u32(std::string_view name = {});
  [[nodiscard]] std::optional<std::uint64_t> u64(std::string_view name = {});
  /// Number of entries that follow.
  [[nodiscard]] std::optional<std::uint16_t> array(std::string_view name = {});
  [[nodiscard]] std::optional<std::uint16_t> u16(std::string_view name = {});
  /// The bytes of a string without its last NUL; there may be NULs inside.
  [[nodiscard]] std::optional<std::string_view> string(std::string_view name = {});
  [[nodiscard]] std::optional<std::string_view> blob(std::string_view name = {});

  /// What is wrong, at the present position or at `at`. The first failure stays; reading on gives nothing.
  void fail(std::string what) { fail(std::move(what), at_); }
  void fail(std::string what, std::size_t at);
  [[nodiscard]] bool ok() const { return !failed_; }
  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] std::size_t failed_at() const { return failed_at_; }

  /// Mandatory forms: fail with "`what` is missing".
  bool expect(Type type, std::string_view name, std::string_view what);
  std::uint32_t expect_u32(std::string_view what);

 private:
  [[nodiscard]] std::optional<std::uint64_t> number(Type type, std::size_t width, std::string_view name);
  [[nodiscard]] std::optional<std::uint64_t> little_endian(std::size_t width);
  [[nodiscard]] std::optional<std::string_view> chunk(std::size_t length_width);

  std::string_view bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
  std::string failure_;
  std::size_t failed_at_ = 0;
};

}  // namespace bh::compile
