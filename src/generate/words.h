// The closed lists of words that a spec may use: capabilities, protocols, address families.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bh::generate {

/// capabilities(7) up to Linux 5.9, lower case, without `cap_`: what apparmor_parser 3.0.8 knows.
[[nodiscard]] std::span<const std::string_view> capability_names();
/// What Docker gives a container when nobody says otherwise.
[[nodiscard]] std::span<const std::string_view> docker_capabilities();
/// `tcp`, `udp`, `icmp`, and the socket types that bane's text could hold in their place.
[[nodiscard]] std::span<const std::string_view> protocol_names();
/// Address families that apparmor_parser 3.0.8 knows, without `alg`, which no spec gets.
[[nodiscard]] std::span<const std::string_view> family_names();

[[nodiscard]] bool is_one_of(std::string_view word, std::span<const std::string_view> words);

/// `CAP_NET_ADMIN`, `Net_Admin` -> `net_admin`; nothing if there is no such capability.
[[nodiscard]] std::optional<std::string> capability_named(std::string_view word);

[[nodiscard]] std::string lower(std::string_view text);

}  // namespace bh::generate
