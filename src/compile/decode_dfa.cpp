#include "compile/decode_dfa.h"

#include <array>
#include <utility>

#include "automata/comb.h"

namespace bh::compile {
namespace {

constexpr std::uint32_t magic = 0x1B5E783D;
constexpr std::size_t least_header =
    16;  // magic, hsize, ssize, flags and an empty version string, padded to 8
constexpr std::size_t table_header = 12;
constexpr std::uint16_t flag_diff_encode = 1, flag_oob = 2;

enum TableId : std::uint16_t { accept = 1, base = 2, check = 3, def = 4, ec = 5, accept2 = 7, next = 8 };
constexpr std::array<std::string_view, 9> table_names = {"",   "ACCEPT", "BASE",    "CHK", "DEF",
                                                         "EC", "",       "ACCEPT2", "NXT"};

struct Table {
  std::size_t width = 0;  // 0: absent
  std::vector<std::uint32_t> values;
};

std::uint32_t big_endian(std::string_view bytes, std::size_t at, std::size_t width) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < width; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

bool width_fits(std::uint16_t id, std::size_t width) {
  switch (id) {
    case accept:
    case accept2:
    case base:
      return width == 4;
    case def:
    case next:
    case check:
      return width == 2 || width == 4;
    case ec:
      return width == 1;
    default:
      return false;
  }
}

struct Header {
  std::size_t size;
  std::uint16_t flags;
};

Result<Header> read_header(std::string_view blob, std::size_t at) {
  if (blob.size() - at < least_header)
    return fail("automaton at byte {} of the blob: {} bytes cannot hold its header", at, blob.size() - at);
  if (big_endian(blob, at, 4) != magic)
    return fail("automaton at byte {} of the blob: no magic number 1b5e783d", at);
  const std::size_t size = big_endian(blob, at + 4, 4);
  if (size < least_header || size > blob.size() - at)
    return fail("automaton at byte {} of the blob: header size {} is impossible", at + 4, size);
  const auto flags = static_cast<std::uint16_t>(big_endian(blob, at + 12, 2));
  if ((flags & ~(flag_diff_encode | flag_oob)) != 0)
    return fail("automaton at byte {} of the blob: unknown flags {:#x}", at + 12, flags);
  return Header{size, flags};
}

Result<std::array<Table, 9>> read_tables(std::string_view blob, std::size_t at) {
  std::array<Table, 9> tables;
  while (at < blob.size()) {
    if (blob.size() - at < table_header) return fail("table at byte {} of the blob: cut off", at);
    const auto id = static_cast<std::uint16_t>(big_endian(blob, at, 2));
    const std::size_t width = big_endian(blob, at + 2, 2);
    const std::size_t length = big_endian(blob, at + 8, 4);
    if (!width_fits(id, width))
      return fail("table at byte {} of the blob: no kernel knows id {} of width {}", at, id, width);
    Table& table = tables[id];
    if (table.width != 0) return fail("table at byte {} of the blob: a second {}", at, table_names[id]);
    if (length == 0) return fail("table at byte {} of the blob: {} is empty", at, table_names[id]);
    const std::size_t end = (table_header + length * width + 7) & ~std::size_t{7};
    if (blob.size() - at < end)
      return fail("table at byte {} of the blob: {} of {} entries is cut off", at, table_names[id], length);
    table.width = width;
    table.values.reserve(length);
    for (std::size_t i = 0; i < length; ++i)
      table.values.push_back(big_endian(blob, at + table_header + i * width, width));
    at += end;
  }
  return tables;
}

Result<void> check_tables(const std::array<Table, 9>& tables, AcceptTables wanted) {
  const std::size_t states = tables[base].values.size();
  for (TableId id : {accept, base, def, next, check}) {
    if (tables[id].width == 0) return fail("automaton without a table {}", table_names[id]);
  }
  const bool has_accept2 = tables[accept2].width != 0;
  if (wanted == AcceptTables::index && has_accept2)
    return fail("automaton with a table ACCEPT2 that nothing announced");
  if (wanted != AcceptTables::index && !has_accept2) return fail("automaton without a table ACCEPT2");
  for (TableId id : {accept, accept2, def}) {
    if (tables[id].width != 0 && tables[id].values.size() != states) {
      return fail("automaton of {} states with {} entries in {}", states, tables[id].values.size(),
                  table_names[id]);
    }
  }
  if (tables[ec].width != 0 && tables[ec].values.size() != 256)
    return fail("automaton with {} byte classes entries, not 256", tables[ec].values.size());
  return {};
}

}  // namespace

Result<DecodedDfa> decode_dfa(std::string_view blob, AcceptTables wanted, const automata::Budget& budget) {
  // The writer pads in front so that the automaton is aligned; its own size is a multiple of 8
  // (policy_unpack.c, unpack_dfa).
  const std::size_t start = blob.size() % 8;
  BH_TRY(const Header header, read_header(blob, start));
  BH_TRY(auto tables, read_tables(blob, start + header.size));
  BH_TRY_DO(check_tables(tables, wanted));

  automata::CombTables comb;
  comb.base = std::move(tables[base].values);
  comb.def = std::move(tables[def].values);
  comb.next = std::move(tables[next].values);
  comb.check = std::move(tables[check].values);
  comb.ec.assign(tables[ec].values.begin(), tables[ec].values.end());
  comb.wide = tables[next].width == 4;
  comb.diff_encoded = (header.flags & flag_diff_encode) != 0;
  comb.has_oob = (header.flags & flag_oob) != 0;

  DecodedDfa decoded;
  BH_TRY(decoded.dfa, automata::unpack(comb, budget));
  decoded.accept = std::move(tables[accept].values);
  decoded.accept2 = std::move(tables[accept2].values);
  return decoded;
}

}  // namespace bh::compile
