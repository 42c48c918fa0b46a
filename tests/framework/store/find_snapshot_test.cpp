#include "store/find_snapshot.h"

#include <cairn/error.h>
#include <gtest/gtest.h>

namespace cairn {
namespace {

SnapshotInfo info(int64_t sequence, int64_t generation, int64_t start, int64_t iteration, bool due = false) {
  SnapshotInfo made;
  made.run = "r";
  made.id = sha256(std::to_string(sequence) + "-" + std::to_string(generation)).hex();
  made.sequence = sequence;
  made.generation = generation;
  made.generation_start = start;
  made.cut.iteration = iteration;
  made.cut.evaluation_due = due;
  return made;
}

// Generation 2 went on from sequence 2; sequence 3 of generation 1 is not on the line.
std::vector<SnapshotInfo> history() {
  return {info(1, 1, 1, 10), info(2, 1, 1, 20),       info(3, 1, 1, 30),
          info(3, 2, 3, 25), info(4, 2, 3, 40, true), info(5, 2, 3, 40)};
}

int64_t sequence_of(const std::string& name) {
  return find_snapshot(history(), parse_snapshot_name(name)).sequence;
}

TEST(FindSnapshot, TakesTheNewestAtOrBeforeAnIterationOfTheLine) {
  EXPECT_EQ(sequence_of("r"), 5);
  EXPECT_EQ(sequence_of("r@24"), 2);
  EXPECT_EQ(find_snapshot(history(), parse_snapshot_name("r@35")).generation, 2);
  EXPECT_EQ(sequence_of("r@35"), 3);
  EXPECT_EQ(sequence_of("r@1000"), 5);
}

TEST(FindSnapshot, TellsBeforeAndAfterAnEvaluation) {
  EXPECT_EQ(sequence_of("r@40"), 5);
  EXPECT_EQ(sequence_of("r@40-"), 4);
}

TEST(FindSnapshot, TakesIdsOffTheLineToo) {
  const SnapshotInfo lost = history()[2];
  EXPECT_EQ(find_snapshot(history(), parse_snapshot_name("r@id:" + lost.id.substr(0, 10))).id, lost.id);
}

TEST(FindSnapshot, RefusesWhatIsNoName) {
  for (const char* text : {"", "r@", "r@x", "r@-1", "r@1x", "r@id:12", "r@id:XYZ1", "a/b", "r@99999999999999999999"}) {
    EXPECT_THROW(parse_snapshot_name(text), Error) << text;
  }
  EXPECT_THROW(sequence_of("r@9"), Error);
  EXPECT_THROW(sequence_of("r@id:0000000000"), Error);
}

}  // namespace
}  // namespace cairn
