#include "state/copier.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace cairn {
namespace {

struct Job {
  explicit Job(size_t size, uint8_t seed) : from(size), to(size, std::byte{0xEE}) {
    for (size_t i = 0; i < size; ++i) from[i] = static_cast<std::byte>(i * 31 + seed);
  }
  void name(Copier& copier) { copier.add(to.data(), from.data(), from.size()); }
  std::vector<std::byte> from, to;
};

TEST(Copier, HasCopiedEverythingWhenItIsFinished) {
  Copier copier;
  for (int round = 0; round < 3; ++round) {
    std::vector<Job> jobs;
    for (const size_t size : {0u, 1u, 100u, 70'000u, 1u << 20, (5u << 20) + 3, 17u}) {
      jobs.emplace_back(size, static_cast<uint8_t>(round));
    }
    for (Job& job : jobs) job.name(copier);
    copier.finish();
    for (const Job& job : jobs) EXPECT_EQ(job.to, job.from) << job.from.size();
  }
}

TEST(Copier, LetsGoOfMemoryWhenItHasWaited) {
  Copier copier;
  Job kept(3u << 20, 1);
  {
    Job job(9u << 20, 2);
    job.name(copier);
    kept.name(copier);
    copier.wait();
    EXPECT_EQ(job.to, job.from);
  }
  EXPECT_EQ(kept.to, kept.from);
}

TEST(Copier, OfWhichNothingWasAskedEndsAtOnce) {
  Copier copier;
  copier.finish();
  copier.wait();
}

}  // namespace
}  // namespace cairn
