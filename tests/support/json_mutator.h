// Hostile variants of a JSON document that still parse: what a forger writes who can compute every hash.
#pragma once
#include <nlohmann/json.hpp>

#include <cairn/random.h>

namespace cairn::test {

class JsonMutator {
 public:
  explicit JsonMutator(uint64_t seed) : rng_({seed}) {}
  size_t below(size_t n) { return static_cast<size_t>(rng_.uniform() * static_cast<double>(n)); }

  // One to four changes somewhere in the document.
  nlohmann::json changed(nlohmann::json document) {
    for (size_t changes = 1 + below(4); changes > 0; --changes) change(document);
    return document;
  }

 private:
  void change(nlohmann::json& node) {
    if (node.is_structured() && !node.empty() && below(8) != 0) {
      auto child = node.begin();
      std::advance(child, static_cast<std::ptrdiff_t>(below(node.size())));
      switch (below(6)) {
        case 0:
          node.erase(child);
          return;
        case 1:
          if (node.is_array()) {
            const nlohmann::json copy = *child;
            for (size_t i = 1 + below(20); i > 0; --i) node.push_back(copy);
          } else {
            node["forged"] = *child;
          }
          return;
        default:
          return change(*child);
      }
    }
    node = nasty();
  }

  nlohmann::json nasty() {
    switch (below(12)) {
      case 0:
        return nullptr;
      case 1:
        return -1;
      case 2:
        return int64_t{1} << 53;
      case 3:
        return 1e300;
      case 4:
        return "";
      case 5:
        return std::string(70, 'a');
      case 6:
        return "../../etc/passwd";
      case 7:
        return nlohmann::json::array();
      case 8:
        return nlohmann::json::object();
      case 9:
        return std::string(64, 'f');
      case 10:
        return true;
      default: {
        nlohmann::json deep = 0;
        for (size_t i = below(80); i > 0; --i) deep = nlohmann::json::array({deep});
        return deep;
      }
    }
  }

  Rng rng_;
};

}  // namespace cairn::test
