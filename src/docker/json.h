// JSON and typed values: each type lists its fields once, in a function `fields(archive, value)`, and that
// one list reads it, writes it and says what is wrong with it. Included only by the .cpp files that need it
// (nlohmann costs seconds to compile).
//
// Reading is tolerant of what a server may honestly do (unknown fields, fields left out, null for "nothing")
// and strict about the rest: a field of the wrong type is an error that names it, never a default, because a
// default could pass a check by mistake.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.h"

namespace bh::docker {

using Json = nlohmann::ordered_json;

/// Bounds for answers and files of others: more is refused before a tree is built from it.
inline constexpr std::size_t json_depth_max = 64;
inline constexpr std::size_t json_values_max = 2'000'000;

/// Errors: not JSON (with the byte), too deep, too many values.
[[nodiscard]] Result<Json> parse_json(std::string_view text);

/// Text for output: bytes that are not UTF-8 are replaced, never an exception.
[[nodiscard]] std::string dump_json(const Json& json, int indent = -1);

class Reader;
class Writer;

template <class T>
concept Described = requires(Reader& reader, Writer& writer, T& value) {
  fields(reader, value);
  fields(writer, value);
};

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_map = false;
template <class T>
inline constexpr bool is_map<std::map<std::string, T>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

class Reader {
 public:
  /// Reads `value` from `json`. The first fault is kept: "HostConfig.Privileged is a string, expected true or
  /// false".
  template <class T>
  [[nodiscard]] static Result<void> read(const Json& json, T& value) {
    Reader reader;
    reader.value(json, value);
    if (!reader.fault_.empty()) return tl::unexpected(Error{reader.fault_, 0});
    return {};
  }

  template <class T>
  void operator()(const char* key, T& into) {
    auto found = object_->find(key);
    if (found == object_->end() || found->is_null()) return;
    at(key, *found, into);
  }
  /// A field without which nothing can be said about the object.
  template <class T>
  void required(const char* key, T& into) {
    auto found = object_->find(key);
    if (found == object_->end() || found->is_null()) {
      complain(path_.empty() ? fmt::format("{} is missing", key)
                             : fmt::format("{}.{} is missing", path_, key));
      return;
    }
    at(key, *found, into);
  }

 private:
  template <class T>
  void at(std::string_view key, const Json& json, T& into) {
    auto length = path_.size();
    if (!path_.empty()) path_ += '.';
    path_ += key;
    value(json, into);
    path_.resize(length);
  }

  template <class T>
  void value(const Json& json, T& into) {
    if constexpr (std::is_same_v<T, Json>) {
      into = json;
    } else if constexpr (is_optional<T>) {
      if (!json.is_null()) value(json, into.emplace());
    } else if constexpr (std::is_same_v<T, bool>) {
      if (json.is_boolean())
        into = json.get<bool>();
      else
        wrong(json, "true or false");
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (json.is_string())
        into = json.get_ref<const std::string&>();
      else
        wrong(json, "a string");
    } else if constexpr (std::is_integral_v<T>) {
      number(json, into);
    } else if constexpr (is_vector<T>) {
      if (json.is_null()) return;
      if (!json.is_array()) return wrong(json, "a list");
      into.clear();
      std::size_t index = 0;
      for (const auto& element : json) at(std::to_string(index++), element, into.emplace_back());
    } else if constexpr (is_map<T>) {
      if (json.is_null()) return;
      if (!json.is_object()) return wrong(json, "an object");
      into.clear();
      for (const auto& [key, element] : json.items()) at(key, element, into[key]);
    } else {
      if (json.is_null()) return;
      if (!json.is_object()) return wrong(json, "an object");
      const Json* outer = object_;
      object_ = &json;
      fields(*this, into);
      object_ = outer;
    }
  }

  template <class T>
  void number(const Json& json, T& into) {
    // Go writes whole numbers; what does not fit the type is a fault like any other.
    if (json.is_number_unsigned()) {
      auto n = json.get<std::uint64_t>();
      if (n <= static_cast<std::uint64_t>(std::numeric_limits<T>::max()))
        into = static_cast<T>(n);
      else
        wrong(json, "a smaller number");
    } else if (json.is_number_integer()) {
      auto n = json.get<std::int64_t>();
      if (std::is_signed_v<T> && n >= static_cast<std::int64_t>(std::numeric_limits<T>::min()))
        into = static_cast<T>(n);
      else
        wrong(json, "a number that is not negative");
    } else {
      wrong(json, "a whole number");
    }
  }

  void wrong(const Json& json, std::string_view expected) {
    complain(fmt::format("{} is {} {}, expected {}", path_.empty() ? "the answer" : path_, article(json),
                         json.type_name(), expected));
  }
  static std::string_view article(const Json& json) {
    return json.is_array() || json.is_object() ? "an" : "a";
  }
  void complain(std::string text) {
    if (fault_.empty()) fault_ = std::move(text);
  }

  const Json* object_ = nullptr;
  std::string path_;
  std::string fault_;
};

class Writer {
 public:
  template <class T>
  [[nodiscard]] static Json write(const T& value) {
    Json json;
    put(json, value);
    return json;
  }

  template <class T>
  void operator()(const char* key, const T& value) {
    if (is_empty(value)) return;  // what is at its default is not written: snapshots stay small and readable
    put((*object_)[key], value);
  }
  template <class T>
  void required(const char* key, const T& value) {
    put((*object_)[key], value);
  }

 private:
  template <class T>
  static bool is_empty(const T& value) {
    if constexpr (std::is_same_v<T, Json>)
      return value.is_null();
    else if constexpr (is_optional<T>)
      return !value.has_value();
    else if constexpr (std::is_arithmetic_v<T>)
      return value == T{};
    else if constexpr (std::is_same_v<T, std::string> || is_vector<T> || is_map<T>)
      return value.empty();
    else
      return false;
  }

  template <class T>
  static void put(Json& json, const T& value) {
    if constexpr (is_optional<T>) {
      if (value) put(json, *value);
    } else if constexpr (is_vector<T>) {
      json = Json::array();
      for (const auto& element : value) put(json.emplace_back(), element);
    } else if constexpr (is_map<T>) {
      json = Json::object();
      for (const auto& [key, element] : value) put(json[key], element);
    } else if constexpr (std::is_same_v<T, Json> || std::is_arithmetic_v<T> ||
                         std::is_same_v<T, std::string>) {
      json = value;
    } else {
      json = Json::object();
      Writer writer;
      writer.object_ = &json;
      // One list of fields serves both directions; writing changes nothing.
      fields(writer, const_cast<T&>(value));
    }
  }

  Json* object_ = nullptr;
};

}  // namespace bh::docker
