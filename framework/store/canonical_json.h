// JSON in one form only (RFC 8785), so that equal documents are equal bytes.
#pragma once
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace cairn {

// InvalidArgument for what JSON or RFC 8785 cannot hold: NaN, infinities, integers beyond 2^53, text that is not UTF-8.
std::string canonical_json(const nlohmann::json& value);

// Parses and demands the canonical form; DataLoss naming `what` otherwise. Depth is bounded to 32.
nlohmann::json parse_canonical_json(std::string_view text, const std::string& what);

}  // namespace cairn
