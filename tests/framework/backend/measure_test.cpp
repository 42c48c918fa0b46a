#include "backend/measure.h"

#include <gtest/gtest.h>

#include "support/backends.h"
#include "support/faulty_backend.h"

namespace cairn {
namespace {

TEST(Measured, CountsOperationsBytesAndFailures) {
  test::MemoryBackend memory;
  test::FaultyBackend faulty(memory);
  Measured backend(faulty);
  backend.put("k", Bytes(100), PutMode::IfAbsent);
  backend.put("k", Bytes(70), PutMode::IfAbsent);  // taken: nothing was written
  backend.get("k", {10, 30});
  backend.get("nothing", {});
  backend.list("", "");
  backend.stat("k");
  backend.remove("nothing");
  backend.commit({});
  faulty.fail_at(1);
  EXPECT_THROW(backend.get("k", {}), Error);
  const Traffic traffic = backend.traffic();
  EXPECT_EQ(traffic.operations, 9u);
  EXPECT_EQ(traffic.failures, 1u);
  EXPECT_EQ(traffic.put_bytes, 100u);
  EXPECT_EQ(traffic.got_bytes, 30u);
  EXPECT_GT(traffic.seconds, 0);
}

}  // namespace
}  // namespace cairn
