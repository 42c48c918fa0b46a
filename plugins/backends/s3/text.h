// Small things about the texts of HTTP.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::s3 {

using Pairs = std::vector<std::pair<std::string, std::string>>;

enum class Slash { Keep, Encode };
// Every byte but A-Z a-z 0-9 - _ . ~ becomes %XX.
std::string percent_encode(std::string_view text, Slash slash);
std::optional<std::string> percent_decode(std::string_view text);  // empty when a % is not followed by two digits

std::span<const std::byte> bytes_of(std::string_view text);  // a view
std::string_view text_of(std::span<const std::byte> bytes);  // a view
std::string lower(std::string_view text);
std::string trim(std::string_view text);
const std::string* find(const Pairs& pairs, std::string_view name);
std::vector<std::string> lines_of(std::string_view text);

std::string environment(const char* name);  // empty when it is not set

}  // namespace cairn::s3
