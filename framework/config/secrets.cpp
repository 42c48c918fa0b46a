#include "config/secrets.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace cairn {

bool is_variable_name(std::string_view text) {
  const auto word = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) == 0 &&
         std::all_of(text.begin(), text.end(), word);
}

bool names_source(std::string_view key) {
  return key.ends_with("_env") || key.ends_with("_file") || key.ends_with("_command");
}

bool sounds_secret(std::string_view name) {
  constexpr std::array<std::string_view, 8> kWords{"secret", "password",   "passphrase",  "passwd",
                                                   "token",  "credential", "private_key", "api_key"};
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (names_source(lower)) return false;
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view w) { return lower.find(w) != std::string::npos; });
}

std::string source_names(std::string_view key) {
  return cat(key, "_env, ", key, "_file or ", key, "_command");
}

namespace {

bool has_password(const std::string& text) {
  const size_t scheme = text.find("://");
  if (scheme == std::string::npos) return false;
  const std::string host = text.substr(scheme + 3, text.find('/', scheme + 3) - scheme - 3);
  const size_t at = host.rfind('@');
  return at != std::string::npos && host.find(':') < at;
}

std::string problem_with_text(const ParamSpec& spec, const std::string& text) {
  if (spec.secret && spec.name.ends_with("_env") && !text.empty() && !is_variable_name(text)) {
    return "expected the name of an environment variable, found something else (not shown, it may be the secret "
           "itself)";
  }
  if (has_password(text)) return "expected an address without a password; name the secret's source instead";
  return "";
}

}  // namespace

std::string secret_problem(const ParamSpec& spec, const Value& value) {
  const auto* given = value.as<std::string>();
  const bool empty = given != nullptr && given->empty();
  if (spec.secret && !empty && !names_source(spec.name)) {
    return cat("expected no secret in a pipeline, only its source: ", source_names(spec.name));
  }
  if (given != nullptr) return problem_with_text(spec, *given);
  if (const auto* list = value.as<List>()) {
    for (const Value& entry : *list) {
      if (std::string problem = secret_problem(spec, entry); !problem.empty()) return problem;
    }
  }
  return "";
}

}  // namespace cairn
