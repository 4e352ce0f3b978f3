// Any bytes as comb tables: unpack() must refuse them, or mean exactly what the kernel's step function makes
// of them.
#include <cstring>
#include <span>

#include "automata/comb.h"
#include "automata/minimise.h"
#include "automata/testing.h"
#include "base/check.h"

namespace {

class Input {
 public:
  explicit Input(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  std::uint32_t byte() { return at_ < bytes_.size() ? bytes_[at_++] : 0; }
  /// Mostly small numbers below `bound`, so that many tables pass the first checks; sometimes anything.
  std::uint32_t number(std::uint32_t bound) {
    const std::uint32_t kind = byte();
    if (kind < 250) return (kind << 8 | byte()) % bound;
    return byte() << 24 | byte() << 16 | byte() << 8 | byte();
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bh::automata;
  Input in({data, size});
  CombTables tables;
  const std::uint32_t shape = in.byte();
  tables.diff_encoded = (shape & 1) != 0;
  tables.has_oob = (shape & 2) != 0;
  if ((shape & 4) != 0) {
    for (int i = 0; i < 256; ++i) tables.ec.push_back(static_cast<std::uint8_t>(i < 64 ? in.byte() : 0));
  }
  const std::uint32_t states = in.byte() % 40, room = in.byte() % 64;
  for (std::uint32_t i = 0; i < states; ++i) {
    const std::uint32_t flags = (in.byte() & 0x90) << 24 | (in.byte() & 1) << 29;
    tables.base.push_back(in.number(room + 2) | (tables.diff_encoded ? flags & CombTables::diff_bit : 0) |
                          (tables.has_oob ? flags & CombTables::oob_bit : 0));
    tables.def.push_back(in.number(states + 1));
  }
  for (std::uint32_t i = 0; i < 256 + room; ++i) {
    tables.check.push_back(in.byte() < 100 ? in.number(states + 1) : 0);
    tables.next.push_back(tables.check.back() == 0 ? 0 : in.number(states + 1));
  }

  const auto dfa = unpack(tables, {.max_bytes = 1 << 20});
  if (!dfa) return 0;
  for (std::uint32_t state = 0; state < dfa->states(); ++state) {
    for (std::uint16_t symbol = 0; symbol <= testing::oob; ++symbol) {
      BH_CHECK(testing::kernel_step(tables, state, symbol) == testing::run(*dfa, {symbol}, state));
    }
  }
  const Dfa small = minimise(*dfa);
  const auto packed = pack(small, {.diff_encode = tables.diff_encoded});
  BH_CHECK(packed && unpack(*packed));
  return 0;
}
