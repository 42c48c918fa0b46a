// Reads Python's pickles (protocols 2 to 5) as data. Nothing is ever executed: a call becomes a node that says what was
// to be called. Opcodes of https://docs.python.org/3/library/pickletools.html.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

inline constexpr size_t kMaxPickle = size_t{64} << 20;  // bytes
inline constexpr size_t kMaxPickleNodes = 4'000'000;
inline constexpr size_t kMaxPickleName = 256;  // bytes of a global's module, and of its name

// A value of a pickle. Nodes refer to others by their number, also in circles.
struct PickleNode {
  enum class Kind {
    None,
    Boolean,     // integer
    Integer,     // integer
    Real,        // real
    Text,        // text; also byte strings
    List,        // items
    Tuple,       // items
    Set,         // items
    Dictionary,  // entries
    Global,      // text: "module name"
    Call,        // items: a Global, the Tuple of its arguments; what was put into the result: appended, entries, state
    Persistent   // items[0]: the id of something that is stored elsewhere
  } kind = Kind::None;
  int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<uint32_t> items;
  std::vector<uint32_t> appended;                      // of a Call
  std::vector<std::pair<uint32_t, uint32_t>> entries;  // of a Dictionary or a Call
  std::optional<uint32_t> state;                       // of a Call
};

struct Pickle {
  std::vector<PickleNode> nodes;
  uint32_t root = 0;
  const PickleNode& operator[](uint32_t index) const { return nodes[index]; }
  // Of a Call.
  const std::string& called(const PickleNode& call) const { return nodes[call.items[0]].text; }
  const std::vector<uint32_t>& arguments(const PickleNode& call) const { return nodes[call.items[1]].items; }
};

// Whether a global ("collections OrderedDict") may stand in the pickle.
using KnownGlobal = std::function<bool(std::string_view global)>;

// DataLoss, naming `source` and the place, for anything damaged, too large, or with an opcode that is not known;
// PermissionDenied for a global that is not.
Pickle read_pickle(std::span<const std::byte> bytes, const KnownGlobal& known, const std::string& source);

}  // namespace cairn
