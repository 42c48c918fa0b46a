// What this host was built with, and how that compares with a plugin's side file.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace cairn {

std::string_view host_fingerprint();  // the readable line: "sdk_abi=1 compiler=GNU-12 ... arch=x86_64"
std::string_view host_abi_marker();   // the symbol a plugin of the same build exports

// Every field that differs, as "torch: plugin 2.10.0, host 2.11.0"; from the side file `<stem>.plugin.toml` beside the
// library.
std::string explain_mismatch(const std::filesystem::path& library);

}  // namespace cairn
