#include "compile/packed_reader.h"

namespace bh::compile {

void PackedReader::fail(std::string what, std::size_t at) {
  if (failed_) return;
  failed_ = true;
  failure_ = std::move(what);
  failed_at_ = at;
}

std::optional<std::uint64_t> PackedReader::little_endian(std::size_t width) {
  if (bytes_.size() - at_ < width) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = width; i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(bytes_[at_ + i]);
  at_ += width;
  return value;
}

std::optional<std::string_view> PackedReader::chunk(std::size_t length_width) {
  auto length = little_endian(length_width);
  if (!length || bytes_.size() - at_ < *length) return std::nullopt;
  std::string_view found = bytes_.substr(at_, *length);
  at_ += *length;
  return found;
}

bool PackedReader::take(Type type, std::string_view name) {
  if (failed_) return false;
  const std::size_t before = at_;
  auto is_next = [&](Type wanted) {
    return at_ < bytes_.size() && static_cast<std::uint8_t>(bytes_[at_]) == static_cast<std::uint8_t>(wanted);
  };
  bool fits = true;
  if (is_next(Type::name)) {
    ++at_;
    auto tag = chunk(2);
    fits = tag && (name.empty() ||
                   (tag->size() == name.size() + 1 && tag->starts_with(name) && tag->back() == '\0'));
  } else {
    fits = name.empty();
  }
  if (fits && is_next(type)) {
    ++at_;
    return true;
  }
  at_ = before;
  return false;
}

std::optional<std::uint64_t> PackedReader::number(Type type, std::size_t width, std::string_view name) {
  const std::size_t before = at_;
  if (!take(type, name)) return std::nullopt;
  auto value = little_endian(width);
  if (!value) at_ = before;
  return value;
}

std::optional<std::uint8_t> PackedReader::u8(std::string_view name) {
  auto value = number(Type::u8, 1, name);
  if (!value) return std::nullopt;
  return static_cast<std::uint8_t>(*value);
}

std::optional<std::uint16_t> PackedReader::u16(std::string_view name) {
  auto value = number(Type::u16, 2, name);
  if (!value) return std::nullopt;
  return static_cast<std::uint16_t>(*value);
}

std::optional<std::uint32_t> PackedReader::u32(std::string_view name) {
  auto value = number(Type::u32, 4, name);
  if (!value) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

std::optional<std::uint64_t> PackedReader::u64(std::string_view name) { return number(Type::u64, 8, name); }

std::optional<std::uint16_t> PackedReader::array(std::string_view name) {
  auto value = number(Type::array, 2, name);
  if (!value) return std::nullopt;
  return static_cast<std::uint16_t>(*value);
}

std::optional<std::string_view> PackedReader::string(std::string_view name) {
  const std::size_t before = at_;
  if (!take(Type::string, name)) return std::nullopt;
  auto text = chunk(2);
  if (text && !text->empty() && text->back() == '\0') return text->substr(0, text->size() - 1);
  at_ = before;
  return std::nullopt;
}

std::optional<std::string_view> PackedReader::blob(std::string_view name) {
  const std::size_t before = at_;
  if (!take(Type::blob, name)) return std::nullopt;
  auto found = chunk(4);
  if (!found) at_ = before;
  return found;
}

bool PackedReader::expect(Type type, std::string_view name, std::string_view what) {
  if (take(type, name)) return true;
  fail(fmt::format("{} is missing", what));
  return false;
}

std::uint32_t PackedReader::expect_u32(std::string_view what) {
  if (auto value = u32()) return *value;
  fail(fmt::format("{} is missing", what));
  return 0;
}

}  // namespace bh::compile
