// What sealing costs: on the way into a store, and when its keys change.
#include <sstream>

#include "bench/figure.h"
#include "bench/stopwatch.h"
#include "checkpoint/pipeline/slot.h"
#include "checkpoint/pipeline/tree_encoder.h"
#include "checkpoint/pipeline/tree_reader.h"
#include "store/manage_keys.h"
#include "support/backends.h"
#include "support/keys.h"
#include "support/trees.h"

namespace cairn::bench {
namespace {

constexpr size_t kFloats = 16u << 20;  // 64 MiB in each of three tensors

// Weights, their average, and a momentum without any: as a training's state is made up.
class Tree {
 public:
  Tree() {
    for (const char* path : {"state/ema/w", "state/model/w", "state/optimizer/m"}) {
      test::add(slot_, path, test::normal(kFloats, ++seed_));
    }
  }
  std::vector<TreeLeaf> leaves() const { return slot_.leaves(); }

 private:
  Slot slot_;
  uint64_t seed_ = 0;
};

double encode_seconds(const Tree& tree, Store& store) {
  const auto leaves = tree.leaves();
  EncodeSettings settings;
  settings.threads = 1;
  const Stopwatch watch;
  write_tree(store, leaves, settings);
  return watch.spent().cpu;
}

double restore_seconds(Backend& backend, const std::shared_ptr<StoreKeys>& keys, const std::vector<TableRow>& rows) {
  Store store(backend, OpenStore::MustExist, {}, keys);
  store.load_all_packs();
  Slot slot;
  std::vector<std::span<std::byte>> room;
  for (const TableRow& row : rows) room.push_back(slot.add(row.entry));
  const Stopwatch watch;
  read_rows(
      store, rows, [&](size_t i) { return room[i]; }, 1);
  return watch.spent().cpu;
}

Json cost() {
  const test::TempFolder folder;
  const auto keys = test::sealing_with(test::key_file(folder.path(), "key"));
  const Tree tree;
  std::vector<double> open, sealed;
  for (int round = 0; round < rounds(); ++round) {
    test::MemoryBackend a, b;
    Store plain(a, OpenStore::CreateIfEmpty), closed(b, OpenStore::CreateIfEmpty, {}, keys);
    open.push_back(encode_seconds(tree, plain));
    sealed.push_back(encode_seconds(tree, closed));
  }
  Json json = result(median(sealed) / median(open), 1.1, Better::Lower);
  json["ratio_of_minima"] = smallest(sealed) / smallest(open);
  json["open_cpu_seconds"] = median(open);
  json["bytes"] = 3 * kFloats * sizeof(float);
  return json;
}

Json restore_cost() {
  const test::TempFolder folder;
  const auto keys = test::sealing_with(test::key_file(folder.path(), "key"));
  const Tree tree;
  test::MemoryBackend a, b;
  Store plain(a, OpenStore::CreateIfEmpty), closed(b, OpenStore::CreateIfEmpty, {}, keys);
  const std::vector<TableRow> rows = write_tree(plain, tree.leaves(), {}).rows;
  write_tree(closed, tree.leaves(), {});
  std::vector<double> open, sealed;
  for (int round = 0; round < rounds(); ++round) {
    open.push_back(restore_seconds(a, nullptr, rows));
    sealed.push_back(restore_seconds(b, keys, rows));
  }
  Json json = result(median(sealed) / median(open), 1.1, Better::Lower);
  json["ratio_of_minima"] = smallest(sealed) / smallest(open);
  json["open_cpu_seconds"] = median(open);
  return json;
}

// Adding a recipient and taking it away again, in a folder with ten thousand packs.
Json key_change() {
  const test::TempFolder folder;
  const auto backend = test::local_backend(folder / "store");
  Store store(*backend, OpenStore::CreateIfEmpty, {}, test::sealing_with(test::key_file(folder.path(), "key")));
  for (int i = 0; i < 10'000; ++i) test::write_text(folder / "store" / pack_key(sha256(std::to_string(i))), "pack");
  std::vector<double> add, remove;
  for (int round = 0; round < rounds(); ++round) {
    KeyRecord record;
    record.recipient = Identity::random().recipient();
    Store fresh(*backend, OpenStore::MustExist, {}, store.keys());
    Store* const only = &fresh;
    const Stopwatch adding;
    add_key(std::span(&only, 1), record);
    add.push_back(adding.spent().wall * 1e3);
    const Stopwatch removing;
    remove_key(std::span(&only, 1), record.id());
    remove.push_back(removing.spent().wall * 1e3);
  }
  Json json = result(std::max(median(add), median(remove)), 100, Better::Lower);
  json["add_ms"] = median(add);
  json["remove_ms"] = median(remove);
  json["packs"] = 10'000;
  return json;
}

}  // namespace

void add_sealing_figures(std::vector<Figure>& figures) {
  figures.push_back({"seal_cost", "encoding into a sealed store over the same into an open one, one thread", cost});
  figures.push_back({"seal_restore_cost", "reading a sealed snapshot over reading an open one", restore_cost});
  figures.push_back({"key_add_ms", "letting one more key open a store of 10,000 packs, or one less", key_change});
}

}  // namespace cairn::bench
