// Processes that save, mirror, collect and restore are killed, again and again, at any of their operations. What they
// had promised is there, whatever is there is whole, and nothing stays that no snapshot needs.
#include <cstdlib>
#include <random>

#include "checkpoint/pipeline/sync.h"
#include "stores/mortal_process.h"
#include "stores/store_on_place.h"

namespace cairn::test {
namespace {

constexpr int64_t kSavesOfALife = 3;

// Of one place; the sum over all of them is 1,000.
int kills_of(const std::string& place) {
  if (std::getenv("CAIRN_TEST_ALL") == nullptr) return place == "git_lfs" ? 2 : 12;
  static const std::map<std::string, int> many{{"local", 300},         {"s3", 300},  {"git_lfs", 120},
                                               {"git_lfs_folder", 80}, {"moto", 80}, {"swift", 60}};
  const auto found = many.find(place);
  return found == many.end() ? 60 : found->second;
}

class Kills : public StoreOnPlace {
 protected:
  KeepPolicy keep() const {
    KeepPolicy two;
    two.last = 2;
    return two;
  }
  void save_more(SavePipeline& to, Store& store, const std::function<void(int64_t)>& saved) {
    const auto infos = line_of(read_infos(store, "run", kSilent));
    if (!infos.empty()) to.continue_from(infos.back());
    const int64_t from = infos.empty() ? 1 : infos.back().cut.iteration + 1;
    for (int64_t i = from; i < from + kSavesOfALife; ++i) {
      const auto outcome = try_to_save(to, i);
      if (outcome.error) throw Error(*outcome.error);
      saved(i);
    }
  }

  // The lives. Each process is a machine that began on the same folder.
  void saves(Told& told) {
    const auto inner = open_backend("mine");
    TellingBackend backend(*inner, told);
    Store store(backend, OpenStore::CreateIfEmpty);
    const auto all = pipeline(store, keep());
    save_more(*all, store, [&](int64_t i) { told.promise(i); });
  }
  void mirrors(Told& told) {
    const auto near = local_backend(folder_ / "near");
    const auto inner = open_backend("mine", "mirror");
    TellingBackend far(*inner, told);
    Store store(*near, OpenStore::CreateIfEmpty);
    const auto all = pipeline(store, keep(), {{&far, keep()}});
    save_more(*all, store, [&](int64_t i) {
      all->drain(std::nullopt);
      const MirrorStatus status = all->mirrors()[0];
      if (!status.trouble.empty()) fail(Code::Unavailable, "the mirror: ", status.trouble);
      told.promise(i);
    });
  }
  void collects(Told& told) {
    const auto inner = open_backend("mine");
    TellingBackend backend(*inner, told);
    Store store(backend, OpenStore::MustExist);
    for (const ManifestKey& key : store.manifests("run")) {
      if (key != store.manifests("run").back()) store.remove_manifest(key);
    }
    collect_all(store);
  }
  void restores(Told& told) {
    const auto inner = open_backend("mine");
    TellingBackend backend(*inner, told);
    Store store(backend, OpenStore::MustExist);
    const ReadLease lease(store);
    for (const ManifestKey& key : store.manifests("run")) contents_of(store, key);
  }

  // As another machine sees it.
  void expect_promised(const std::string& which, int64_t promised) {
    if (promised == 0) return;
    const auto backend = open_backend(cat("reader-", ++readers_), which);
    Store store(*backend, OpenStore::MustExist);
    std::string said;
    const auto infos = read_infos(store, "run", [&](std::string_view line) { said += line; });
    EXPECT_EQ(said, "");
    ASSERT_FALSE(infos.empty());
    EXPECT_GE(line_of(infos).back().cut.iteration, promised);
    expect_whole(store);
    std::filesystem::remove_all(folder_ / cat("reader-", readers_, "-", which));
  }
  // A reader that is dead holds collections up for an hour.
  void forget_dead_readers() {
    const auto backend = open_backend("mine");
    for (const std::string& key : backend->list("leases/read-", "").keys) backend->remove(key);
  }

  int readers_ = 0;
};

TEST_P(Kills, LoseNothingThatWasPromised) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(cat("seed ", seed));
  std::mt19937 random(seed);
  const std::vector<std::pair<std::string, std::function<void(Told&)>>> acts{
      {"save", [this](Told& told) { saves(told); }},
      {"mirror", [this](Told& told) { mirrors(told); }},
      {"collect", [this](Told& told) { collects(told); }},
      {"restore", [this](Told& told) { restores(told); }}};
  std::vector<size_t> lengths(acts.size());
  std::map<std::string, int64_t> promised;
  int killed = 0;
  const auto live_once = [&](size_t which, const Death* death) {
    const auto& [name, act] = acts[which];
    const Life life = live(act, death);
    const std::string store = name == "mirror" ? "mirror" : "store";
    EXPECT_EQ(life.trouble, "") << name;
    if (!life.killed) lengths[which] = std::max(lengths[which], life.operations);
    killed += life.killed;
    promised[store] = std::max(promised[store], life.promised);
    expect_promised(store, promised[store]);
    forget_dead_readers();
  };
  for (size_t i = 0; i < acts.size(); ++i) live_once(i, nullptr);
  const int wanted = kills_of(GetParam());
  for (int i = 0; killed < wanted && i < 10 * wanted && !HasFailure(); ++i) {
    const size_t which = random() % acts.size();
    const Death death{1 + random() % lengths[which], static_cast<int64_t>(random() % 20000), random() % 2 == 0};
    SCOPED_TRACE(cat("life ", i, ", ", acts[which].first, ", operation ", death.operations, " and ", death.microseconds,
                     " us, ", death.with_children ? "with" : "without", " children"));
    live_once(which, &death);
  }
  EXPECT_GE(killed, wanted);
  for (const size_t which : {0u, 2u, 2u}) live_once(which, nullptr);  // what the killed ones have left is freed
  const auto last = machine("last");
  EXPECT_EQ(iterations(*last).size(), 1u);
  const Collected left = collect(*last, std::chrono::seconds(0), Clock::now(), DryRun::Yes);
  EXPECT_TRUE(left.condemned.empty() && left.removed.empty());
}

INSTANTIATE_TEST_SUITE_P(All, Kills, testing::ValuesIn(place_names()), [](const auto& info) { return info.param; });

}  // namespace
}  // namespace cairn::test
