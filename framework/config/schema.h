// What a pipeline may contain, for editors and for people.
#pragma once
#include <string>
#include <vector>

#include <cairn/plugin.h>
#include <nlohmann/json.hpp>

namespace cairn {

// A JSON schema (draft 7) over all tables of the host and the parameters of the given plugins. Borrows only for the
// call.
nlohmann::json schema(const std::vector<const FactoryDescriptor*>& factories);

// docs/pipeline-reference.md: every key of the host with type, default, unit and help; then the given plugins'
// parameters.
std::string reference_markdown(const std::vector<const FactoryDescriptor*>& factories);

// The part of it about plugins: every type with its parameters and presets, in the order of the kinds. docs/plugins/
// has one page per kind made of it.
std::string plugins_markdown(const std::vector<const FactoryDescriptor*>& factories);

// Every key of the host, one per line, sorted: "augmentation.probability". Frozen in tests/goldens/config_keys.txt.
std::string config_keys();

}  // namespace cairn
