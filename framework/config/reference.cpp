#include <algorithm>

#include "config/keys.h"
#include "config/schema.h"

namespace cairn {
namespace {

std::string cell(const std::string& text) {
  std::string out;
  for (char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string number(double value) {
  const std::string text = Value(value).to_text();
  return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

std::string values_of(const ParamSpec& spec, const std::string& word) {
  if (!spec.choices.empty()) {
    std::string text;
    for (const std::string& choice : spec.choices) text += (text.empty() ? "" : " | ") + choice;
    return text;
  }
  std::string text(name_of(spec.type));
  const Range& range = spec.range;
  if (range.low && range.high) {
    text += cat(range.low_open ? ", more than " : ", from ", number(*range.low),
                range.high_open ? " to less than " : " to ", number(*range.high));
  } else if (range.low) {
    text += cat(range.low_open ? ", more than " : ", at least ", number(*range.low));
  } else if (range.high) {
    text += cat(range.high_open ? ", less than " : ", at most ", number(*range.high));
  }
  return word.empty() ? text : cat(text, ", or \"", word, "\"");
}

std::string row(const ParamSpec& spec, const std::string& word, bool required) {
  const std::string value =
      spec.default_value.empty() ? (required ? "required" : "-") : "`" + spec.default_value.to_text() + "`";
  const std::string unit(name_of(spec.unit));
  return cat("| `", spec.name, "` | ", cell(values_of(spec, word)), " | ", cell(value), " | ",
             unit.empty() ? "-" : unit, " | ", spec.affects_numerics ? "yes" : "no", " | ", cell(spec.help), " |\n");
}

constexpr std::string_view kHeading =
    "| key | value | default | unit | shapes results | meaning |\n|---|---|---|---|---|---|\n";

std::string host_part() {
  std::string out;
  for (const HostTable& table : host_tables()) {
    out += cat("\n## ", table.array ? "[[" : "[", table.path, table.array ? "]]" : "]", "\n", table.help, "\n\n",
               kHeading);
    for (const HostKey& key : table.keys) out += row(key.spec, key.word, key.required);
  }
  return out;
}

constexpr std::string_view kIntroduction = R"(# Every key of a pipeline

The host's keys; `cairn config schema --markdown` prints them together with those of all plugins that are installed. A test compares this
file with the program and, run with CAIRN_UPDATE_GOLDENS set, writes it.

Layers, from below: cairn's defaults, the model's preset, included files, the file, the site, `--set`. Tables merge key by key; arrays of
tables are replaced whole. `include = ["a.toml"]` stands above all tables. `${NAME}` in a text is the environment's; `$${` is a literal `${`.
Durations are texts such as "90s", "10 min", "8h", "2 d", or numbers of seconds; sizes are "64MiB", "1 GB", or numbers of bytes. What a run
reads is relative to the file that names it; what it writes (`run.directory`, paths of backends and monitors) to the folder in which
cairn was started. Secrets are named by keys that end in `_env`, `_file` or `_command`, never given. A site's file may change only keys that do
not shape results, and where the dataset lies, unless it says `allow_numerics = true`.
)";

}  // namespace

std::string plugins_markdown(const std::vector<const FactoryDescriptor*>& factories) {
  std::string out;
  for (const Kind kind : kAllKinds) {
    for (const FactoryDescriptor* factory : factories) {
      if (factory->kind != kind) continue;
      out += cat("\n## ", name_of(kind), " `", factory->type, "`\n", factory->help, "\n");
      if (!factory->params.empty()) out += cat("\n", kHeading);
      for (const ParamSpec& spec : factory->params) out += row(spec, "", false);
      for (const Preset& preset : factory->presets)
        out += cat("\nPreset `", preset.name, "`:\n```toml\n", preset.toml, preset.toml.ends_with("\n") ? "" : "\n",
                   "```\n");
    }
  }
  return out;
}

std::string reference_markdown(const std::vector<const FactoryDescriptor*>& factories) {
  return cat(kIntroduction, host_part(), plugins_markdown(factories));
}

std::string config_keys() {
  std::vector<std::string> keys{std::string(kIncludeKey), std::string(kResolvedKey), std::string(kAllowNumericsKey)};
  for (const HostTable& table : host_tables()) {
    for (const HostKey& key : table.keys) keys.push_back(table.path + "." + key.spec.name);
  }
  std::sort(keys.begin(), keys.end());
  std::string out;
  for (const std::string& key : keys) out += key + "\n";
  return out;
}

}  // namespace cairn
