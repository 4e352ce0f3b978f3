#include "audit/snapshot.h"

#include "audit/facts_fields.h"

namespace bh::audit {
namespace {
constexpr std::string_view schema = "bulkhead.snapshot";
}

std::string write_snapshot(const Snapshot& snapshot) {
  docker::Json json = {{"schema", schema}};
  json.update(docker::Writer::write(snapshot));
  return docker::dump_json(json, 1) + "\n";
}

Result<Snapshot> read_snapshot(std::string_view text) {
  BH_TRY(auto json, docker::parse_json(text));
  if (!json.is_object() || !json.contains("schema") || json["schema"] != schema)
    return fail("this is not a snapshot of bulkhead (its \"schema\" is not \"{}\")", schema);
  // The format is looked at first: a newer one may have anything in its fields.
  if (auto format = json.find("format");
      format != json.end() && format->is_number_integer() && *format > Snapshot::newest_format)
    return fail("the snapshot has format {}; this version of bulkhead reads up to format {}", format->dump(),
                Snapshot::newest_format);
  Snapshot snapshot;
  BH_TRY_DO(docker::Reader::read(json, snapshot));
  return snapshot;
}

}  // namespace bh::audit
