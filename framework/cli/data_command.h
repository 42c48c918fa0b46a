// `cairn data check`: reads a dataset completely and lists every problem.
#pragma once
#include <filesystem>
#include <iosfwd>
#include <string>

#include <cairn/value.h>

#include "base/listing.h"
#include "plugin/registry.h"

namespace cairn {

struct DataCheck {
  std::string type = "yolo";             // the dataset plugin
  Table params;                          // its parameters, as the pipeline's [dataset] table gives them
  std::filesystem::path base_directory;  // of relative paths among them
  Listing listing = Listing::Text;
};

// Opens both splits, lists problems and counts per class. Data goes to `out`, nothing else does.
// 0: usable (warnings and skipped pictures are listed); 2: training would be refused.
int data_check(const DataCheck& what, Registry& registry, std::ostream& out);

// What `cairn data check data.yaml` means: type "yolo" with that path.
DataCheck check_of_yaml(const std::filesystem::path& yaml);

}  // namespace cairn
