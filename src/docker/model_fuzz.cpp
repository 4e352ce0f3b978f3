// Any bytes as an answer of the engine: every model is read or refused, and what was read can be written and
// read again as the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "docker/model_fields.h"

namespace {

using namespace bh::docker;

template <class T>
void round_trip(const Json& json) {
  T value{};
  if (!Reader::read(json, value)) return;
  const auto written = Writer::write(value);
  T again{};
  BH_CHECK(Reader::read(written, again).has_value());
  BH_CHECK(dump_json(Writer::write(again)) == dump_json(written));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = parse_json({reinterpret_cast<const char*>(data), size});
  if (!json) return 0;
  round_trip<Container>(*json);
  round_trip<Image>(*json);
  round_trip<Info>(*json);
  round_trip<Version>(*json);
  round_trip<Network>(*json);
  round_trip<Volume>(*json);
  round_trip<Exec>(*json);
  round_trip<Service>(*json);
  round_trip<Swarm>(*json);
  round_trip<Node>(*json);
  round_trip<std::vector<ContainerSummary>>(*json);
  round_trip<std::vector<HistoryEntry>>(*json);
  return 0;
}
