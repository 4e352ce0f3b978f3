#include "audit/layers.h"

#include <algorithm>
#include <map>
#include <unordered_set>

#include "audit/host_fs.h"
#include "audit/proc_facts.h"

namespace bh::audit {
namespace {

using image::LayerEntry;

constexpr std::size_t passwd_bytes = 1u << 20;

/// One layer, boiled down: enough to say what it adds to the layers below and what it takes away.
struct Layer {
  std::map<std::string, SetIdFile> set_id;
  std::unordered_set<std::size_t>
      paths;  ///< hashes of all paths: a later plain file replaces an earlier set-id one
  std::vector<std::string> removed;
  std::vector<std::string> opaque;
  std::optional<std::string> passwd;
};

class Scan {
 public:
  explicit Scan(std::size_t kept_max) : kept_max_(kept_max) {}

  Result<void> note(Layer& layer, const LayerEntry& entry) {
    if (auto gone = image::whiteout(entry.path)) {
      (gone->opaque ? layer.opaque : layer.removed).push_back(std::move(gone->path));
      return keep();
    }
    layer.paths.insert(std::hash<std::string>{}(entry.path));
    bool file = entry.kind == LayerEntry::Kind::file || entry.kind == LayerEntry::Kind::hard_link;
    if (file && ((entry.mode & 06000) != 0 || entry.capabilities)) {
      layer.set_id[entry.path] = {entry.path, entry.mode, entry.capabilities};
      BH_TRY_DO(keep());
    }
    if (entry.kind == LayerEntry::Kind::file && entry.path == "/etc/passwd") {
      BH_TRY(layer.passwd, entry.head(passwd_bytes + 1));
      if (layer.passwd->size() > passwd_bytes)
        return fail("the image's /etc/passwd is larger than {} bytes", passwd_bytes);
    }
    return {};
  }

 private:
  Result<void> keep() {
    if (++kept_ > kept_max_) return fail("the image has more than {} set-id files and whiteouts", kept_max_);
    return {};
  }

  std::size_t kept_max_;
  std::size_t kept_ = 0;
};

/// The layer laid on `files`.
void lay(const Layer& layer, std::map<std::string, SetIdFile>& files) {
  std::erase_if(files, [&](const auto& item) {
    auto below = [&](const std::string& folder) { return is_below(item.first, folder); };
    return layer.paths.contains(std::hash<std::string>{}(item.first)) ||
           std::ranges::any_of(layer.removed, below) || std::ranges::any_of(layer.opaque, below);
  });
  for (const auto& [path, file] : layer.set_id) files[path] = file;
}

}  // namespace

Result<LayerScan> scan_layers(const image::NextBytes& next, const LayerLimits& limits) {
  std::map<std::string, Layer> layers;
  Scan scan(limits.kept);
  BH_TRY(auto order,
         image::read_layers(next, limits.stream, [&](const std::string& name, const LayerEntry& entry) {
           return scan.note(layers[name], entry);
         }));
  std::map<std::string, SetIdFile> files;
  std::string passwd;
  for (const std::string& name : order) {
    lay(layers[name], files);
    if (layers[name].passwd) passwd = *layers[name].passwd;
  }
  LayerScan found;
  for (auto& [path, file] : files) found.set_id.push_back(std::move(file));
  for (auto line : lines(passwd))
    if (auto account = parse_account_line(line)) found.accounts.push_back(std::move(account->first));
  return found;
}

}  // namespace bh::audit
