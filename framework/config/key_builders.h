// How host_tables.cpp declares a key: by the struct's member, whose initialiser is the default.
#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "config/enum_names.h"
#include "config/keys.h"
#include "config/units.h"

namespace cairn::declare {

template <class S, class T, class... Extras>
HostKey key(std::string name, T S::*member, const Extras&... extras) {
  return {make_param<S>(std::move(name), member, extras...), "", PathRole::None, false, nullptr};
}

template <class S, class... Extras>
HostKey special(std::string name, ParamType type, Value default_value, std::function<void(S&, const Value&)> assign,
                const Extras&... extras) {
  HostKey out;
  out.spec.name = std::move(name);
  out.spec.type = type;
  out.spec.default_value = std::move(default_value);
  out.spec.assign = [assign = std::move(assign)](void* to, const Value& v) { assign(*static_cast<S*>(to), v); };
  (detail::apply(out.spec, extras), ...);
  return out;
}

template <class S, class Enum, class... Extras>
HostKey choice(std::string name, Enum S::*member, const Extras&... extras) {
  HostKey out = special<S>(
      std::move(name), ParamType::Text, Value(std::string(word(S{}.*member))),
      [member](S& to, const Value& v) { to.*member = *from_word<Enum>(v.text()); }, extras...);
  for (std::string_view w : Words<Enum>::list) out.spec.choices.emplace_back(w);
  return out;
}

// An integer for which "auto" may stand; the member then holds `stand_in`.
template <class S, class... Extras>
HostKey or_auto(std::string name, int64_t S::*member, int64_t stand_in, const Extras&... extras) {
  const int64_t initial = S{}.*member;
  HostKey out = special<S>(
      std::move(name), ParamType::Integer, initial == stand_in ? Value("auto") : Value(initial),
      [=](S& to, const Value& v) { to.*member = v.as<std::string>() != nullptr ? stand_in : v.integer(); }, extras...);
  out.word = "auto";
  return out;
}

template <class S, class T, class... Extras>
HostKey maybe(std::string name, std::optional<T> S::*member, const Extras&... extras) {
  return special<S>(
      std::move(name), detail::TypeOf<T>::type, Value(),
      [member](S& to, const Value& v) { detail::read(v, (to.*member).emplace()); }, extras...);
}

template <class S, class... Extras>
HostKey path(std::string name, PathRole role, std::filesystem::path S::*member, const Extras&... extras) {
  HostKey out = special<S>(
      std::move(name), ParamType::Text, Value((S{}.*member).string()),
      [member](S& to, const Value& v) { to.*member = v.text(); }, extras...);
  out.path = role;
  return out;
}

template <class S, class... Extras>
HostKey paths(std::string name, PathRole role, std::vector<std::filesystem::path> S::*member, const Extras&... extras) {
  HostKey out = special<S>(
      std::move(name), ParamType::Texts, Value(List{}),
      [member](S& to, const Value& v) {
        (to.*member).clear();
        for (const Value& entry : v.list()) (to.*member).emplace_back(entry.text());
      },
      extras...);
  out.path = role;
  return out;
}

inline std::string not_a_trigger(const Value& v) {
  return parse_trigger(v.text()) ? "" : std::string(kTriggerForms);
}

inline std::string not_a_count(const Value& v) {
  const auto trigger = parse_trigger(v.text());
  const bool counted = trigger && trigger->kind != Trigger::Kind::Time && trigger->kind != Trigger::Kind::Auto;
  return counted ? "" : cat(kCountForms, " (a clock must not decide results)");
}

// Never by the clock.
template <class S, class... Extras>
HostKey trigger(std::string name, Trigger S::*member, const Extras&... extras) {
  HostKey out = special<S>(
      std::move(name), ParamType::Text, Value(to_text(S{}.*member)),
      [member](S& to, const Value& v) { to.*member = *parse_trigger(v.text()); }, extras...);
  out.expected_instead = not_a_count;
  return out;
}

template <class S, class... Extras>
HostKey triggers(std::string name, std::vector<Trigger> S::*member, const Extras&... extras) {
  List initial;
  const S defaults;
  for (const Trigger& t : defaults.*member) initial.emplace_back(to_text(t));
  HostKey out = special<S>(
      std::move(name), ParamType::Texts, Value(std::move(initial)),
      [member](S& to, const Value& v) {
        (to.*member).clear();
        for (const Value& entry : v.list()) (to.*member).push_back(*parse_trigger(entry.text()));
      },
      extras...);
  out.expected_instead = [](const Value& v) {
    for (const Value& entry : v.list()) {
      if (std::string expected = not_a_trigger(entry); !expected.empty()) return expected;
    }
    return std::string();
  };
  return out;
}

inline HostKey required(HostKey key) {
  key.required = true;
  key.spec.default_value = Value();
  return key;
}

inline HostKey checked(HostKey key, std::string (*expected_instead)(const Value&)) {
  key.expected_instead = expected_instead;
  return key;
}

}  // namespace cairn::declare
