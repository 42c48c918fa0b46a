#include "model/torch_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

#include "base/text_bytes.h"
#include "model/pickle.h"
#include "model/stored_zip.h"
#include "model/torch_globals.h"
#include "model/torch_tensors.h"

namespace cairn {
namespace {

using Kind = PickleNode::Kind;

constexpr std::string_view kZip = "PK\x03\x04";
constexpr std::string_view kPickle = "/data.pkl";
constexpr int kDeepest = 64;                  // modules within modules
constexpr size_t kLongestName = 1024;         // of a tensor
constexpr int64_t kMostEntries = 20'000'000;  // looked at in all: a file may refer to the same map again and again

class TorchFile {
 public:
  TorchFile(std::span<const std::byte> bytes, const std::string& source)
      : source_(source), zip_(bytes, source), folder_(folder_of(zip_.only(std::string(kPickle)))) {
    refuse_big_endian();
    const std::string name = folder_ + std::string(kPickle);
    pickle_ = read_pickle(zip_.read(name), is_known_torch_global, source + ", " + name);
  }

  TensorFile read() {
    const uint32_t weights = find_weights();
    const PickleNode& node = pickle_[weights];
    if (is_object(node)) {
      add_module(node, "", 0);
    } else {
      add_entries(node, "", nullptr);
    }
    if (file_.tensors.empty())
      fail(Code::InvalidArgument, source_, " has no weights: neither a state nor a checkpoint with a model");
    return std::move(file_);
  }

 private:
  static std::string folder_of(const std::string& pickle) { return pickle.substr(0, pickle.size() - kPickle.size()); }

  void refuse_big_endian() const {
    if (!zip_.has(folder_ + "/byteorder")) return;
    const auto order = zip_.read(folder_ + "/byteorder");
    if (text_of(order) != "little") bad("it was written on a machine of another byte order");
  }

  bool is_map(const PickleNode& node) const {
    return node.kind == Kind::Dictionary || (node.kind == Kind::Call && pickle_.called(node) == kOrderedDict);
  }
  bool is_object(const PickleNode& node) const {
    return node.kind == Kind::Call && is_torch_module(pickle_.called(node)) && node.state;
  }

  void look_at(const PickleNode& node) const {
    looked_at_ += static_cast<int64_t>(node.entries.size()) + 1;
    if (looked_at_ > kMostEntries) bad("it refers to the same entries too often");
  }

  const PickleNode* find(const PickleNode& map, std::string_view key) const {
    const auto found = index_of(map, key);
    return found ? &pickle_[*found] : nullptr;
  }
  std::optional<uint32_t> index_of(const PickleNode& map, std::string_view key) const {
    look_at(map);
    for (const auto& [name, value] : map.entries) {
      if (pickle_[name].kind == Kind::Text && pickle_[name].text == key) return value;
    }
    return std::nullopt;
  }

  uint32_t find_weights() const {
    const PickleNode& root = pickle_[pickle_.root];
    if (is_object(root)) return pickle_.root;
    if (!is_map(root)) bad("it holds neither a dictionary nor a module");
    for (const std::string_view key : {"ema", "model", "state_dict"}) {
      const auto found = index_of(root, key);
      if (found && (is_object(pickle_[*found]) || is_map(pickle_[*found]))) return *found;
    }
    return pickle_.root;
  }

  // In the order of state_dict(): parameters, buffers that are kept, children.
  void add_module(const PickleNode& module, const std::string& prefix, int depth) {
    if (depth > kDeepest || prefix.size() > kLongestName) bad("modules are nested too deeply");
    if (!module.state || !is_map(pickle_[*module.state])) bad(cat("module '", prefix, "' has no state"));
    const PickleNode& state = pickle_[*module.state];
    const Names unkept = unkept_buffers(state);
    for (const char* part : {"_parameters", "_buffers"}) {
      const PickleNode* entries = find(state, part);
      if (entries != nullptr && is_map(*entries)) add_entries(*entries, prefix, &unkept);
    }
    const PickleNode* children = find(state, "_modules");
    if (children == nullptr || !is_map(*children)) return;
    for (const auto& [name, child] : children->entries) {
      if (is_object(pickle_[child])) add_module(pickle_[child], cat(prefix, key_of(name), "."), depth + 1);
    }
  }

  using Names = std::set<std::string_view>;

  Names unkept_buffers(const PickleNode& state) const {
    const PickleNode* unkept = find(state, "_non_persistent_buffers_set");
    Names names;
    if (unkept == nullptr) return names;
    const std::vector<uint32_t>& items = set_items(*unkept);
    looked_at_ += static_cast<int64_t>(items.size());
    for (const uint32_t item : items) names.insert(pickle_[item].text);
    return names;
  }

  // A set is one, or a call of `set` with a list.
  const std::vector<uint32_t>& set_items(const PickleNode& set) const {
    if (set.kind != Kind::Call || pickle_.arguments(set).empty()) return set.items;
    return pickle_[pickle_.arguments(set)[0]].items;
  }

  // `unkept`: of a module, which has nothing but tensors; null: of a dictionary, of which the tensors are taken.
  void add_entries(const PickleNode& map, const std::string& prefix, const Names* unkept) {
    look_at(map);
    for (const auto& [name, value] : map.entries) {
      const PickleNode& node = pickle_[value];
      const bool tensor = node.kind == Kind::Call && is_tensor_call(pickle_.called(node));
      if (unkept != nullptr && unkept->contains(key_of(name))) continue;
      if (!tensor && unkept != nullptr && node.kind != Kind::None)
        bad(cat("'", prefix, key_of(name), "' is no tensor"));
      if (tensor) add(prefix + key_of(name), tensors_.tensor(node));
    }
  }

  const std::string& key_of(uint32_t name) const {
    if (pickle_[name].kind != Kind::Text || pickle_[name].text.size() > kLongestName)
      bad("an entry's name is no text, or too long");
    return pickle_[name].text;
  }

  void add(std::string name, at::Tensor tensor) {
    if (file_.tensors.size() >= kMaxTensorFileEntries) bad("it has too many entries");
    file_.tensors.emplace_back(std::move(name), std::move(tensor));
  }

  [[noreturn]] void bad(const std::string& what) const {
    fail(Code::DataLoss, source_, " is no file of weights that can be read: ", what);
  }

  const std::string& source_;
  StoredZip zip_;
  std::string folder_;
  Pickle pickle_;
  TorchTensors tensors_{zip_, folder_ + "/data/", pickle_, source_};
  mutable int64_t looked_at_ = 0;
  TensorFile file_;
};

// Version 1 of the format, before PyTorch 1.6: pickles one after the other.
bool is_old_torch_file(std::span<const std::byte> bytes) {
  constexpr std::array<uint8_t, 15> kMagic{0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46,
                                           0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e};
  return bytes.size() >= kMagic.size() && std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0;
}

}  // namespace

bool is_torch_file(std::span<const std::byte> bytes) {
  return bytes.size() >= kZip.size() && std::memcmp(bytes.data(), kZip.data(), kZip.size()) == 0;
}

TensorFile decode_torch_file(std::span<const std::byte> bytes, const std::string& source) {
  return TorchFile(bytes, source).read();
}

TensorFile read_weight_file(FileSystem& files, const std::filesystem::path& path) {
  const Bytes bytes = read_whole(files, path, kMaxTensorFile);
  if (is_torch_file(bytes)) return decode_torch_file(bytes, path.string());
  if (is_old_torch_file(bytes)) {
    fail(Code::InvalidArgument, path.string(),
         " is in the form that torch.save had before PyTorch 1.6; load it there and save it again");
  }
  return decode_tensors(bytes, path.string());
}

}  // namespace cairn
