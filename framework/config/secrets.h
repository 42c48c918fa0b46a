// A pipeline never holds a secret, only where to find one: NAME_env, NAME_file or NAME_command.
#pragma once
#include <string>
#include <string_view>

#include <cairn/params.h>

namespace cairn {

bool is_variable_name(std::string_view text);  // of the environment
bool sounds_secret(std::string_view name);     // "api_token", "S3_SECRET_KEY", "password"
bool names_source(std::string_view key);       // ends in _env, _file or _command

// What is wrong with a text as the value of a plugin's parameter: a secret given literally, or a password inside an
// address. Empty when nothing is. Never contains the value.
std::string secret_problem(const ParamSpec& spec, const Value& value);

// "secret_env, secret_file or secret_command"
std::string source_names(std::string_view key);

}  // namespace cairn
