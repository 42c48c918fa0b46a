// Texts with a unit: "90s", "10 min", "64MiB", "3 epochs".
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include <cairn/params.h>

#include "config/pipeline.h"

namespace cairn {

// `text` in the unit of `spec`: an Integer's or a Real's value. Nothing when it does not fit; then `expected` says what
// would, with the units that are right.
std::optional<Value> read_with_unit(const ParamSpec& spec, std::string_view text, std::string& expected);

std::optional<Trigger> parse_trigger(std::string_view text);
inline constexpr std::string_view kTriggerForms =
    "\"N epochs\", \"N iterations\", \"N steps\", a duration (\"10 min\", in s, min, h or d) or \"auto\"";
inline constexpr std::string_view kCountForms = "\"N epochs\", \"N iterations\" or \"N steps\"";

}  // namespace cairn
