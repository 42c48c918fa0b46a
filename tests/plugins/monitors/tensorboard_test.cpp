// Event files are read back here by a decoder of its own: bitwise CRC, generic protobuf fields.
#include <algorithm>
#include <bit>
#include <cstring>
#include <map>

#include <gtest/gtest.h>

#include "plugins/monitors/rows.h"

namespace cairn::test {
namespace {

uint32_t crc32c(std::string_view bytes) {
  uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0u);
  }
  return ~crc;
}

uint32_t masked(std::string_view bytes) {
  const uint32_t crc = crc32c(bytes);
  return (crc >> 15 | crc << 17) + 0xA282EAD8u;
}

template <class T>
T take_fixed(std::string_view& from) {
  T value;
  if (from.size() < sizeof value) throw std::runtime_error("truncated");
  std::memcpy(&value, from.data(), sizeof value);
  from.remove_prefix(sizeof value);
  return value;
}

std::string_view take_bytes(std::string_view& from, size_t count) {
  if (from.size() < count) throw std::runtime_error("truncated");
  const auto bytes = from.substr(0, count);
  from.remove_prefix(count);
  return bytes;
}

uint64_t take_varint(std::string_view& from) {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(take_bytes(from, 1)[0]);
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

struct Field {
  uint64_t number = 0;
  std::string bytes;
};

std::multimap<int, Field> fields_of(std::string_view message) {
  std::multimap<int, Field> fields;
  while (!message.empty()) {
    const uint64_t key = take_varint(message);
    Field field;
    switch (key & 7) {
      case 0:
        field.number = take_varint(message);
        break;
      case 1:
        field.number = take_fixed<uint64_t>(message);
        break;
      case 2:
        field.bytes = take_bytes(message, take_varint(message));
        break;
      case 5:
        field.number = take_fixed<uint32_t>(message);
        break;
      default:
        throw std::runtime_error("unknown wire type");
    }
    fields.emplace(static_cast<int>(key >> 3), std::move(field));
  }
  return fields;
}

struct ReadEvent {
  int64_t step = 0;
  double wall_time = 0;
  std::string version;
  bool start = false;
  std::map<std::string, float> scalars;
};

std::vector<ReadEvent> read_events(const std::filesystem::path& path) {
  const std::string text = read_text(path);
  std::string_view rest = text;
  std::vector<ReadEvent> events;
  while (!rest.empty()) {
    const auto head = rest.substr(0, 8);
    const auto length = take_fixed<uint64_t>(rest);
    EXPECT_EQ(take_fixed<uint32_t>(rest), masked(head));
    const auto data = take_bytes(rest, length);
    EXPECT_EQ(take_fixed<uint32_t>(rest), masked(data));
    ReadEvent event;
    for (const auto& [number, field] : fields_of(data)) {
      if (number == 1) event.wall_time = std::bit_cast<double>(field.number);
      if (number == 2) event.step = static_cast<int64_t>(field.number);
      if (number == 3) event.version = field.bytes;
      if (number == 7) event.start = fields_of(field.bytes).find(1)->second.number == 1;
      if (number != 5) continue;
      for (const auto& [one, value] : fields_of(field.bytes)) {
        const auto entry = fields_of(value.bytes);
        event.scalars[entry.find(1)->second.bytes] =
            std::bit_cast<float>(static_cast<uint32_t>(entry.find(2)->second.number));
      }
    }
    events.push_back(event);
  }
  return events;
}

class TensorBoardTest : public testing::Test {
 protected:
  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "tensorboard"))
      found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
  }
  TempFolder folder_;
};

TEST(Crc32c, IsTheOneOfTheStandard) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
}

TEST_F(TensorBoardTest, WritesVersionStartAndScalarsThatReadBack) {
  {
    const auto monitor = make_monitor("tensorboard", folder_.path());
    monitor->on_event(event(Event::Type::Started, 0));
    send(*monitor, 0, 3);
  }
  ASSERT_EQ(files().size(), 1u);
  EXPECT_TRUE(files()[0].filename().string().starts_with("events.out.tfevents."));
  const auto events = read_events(files()[0]);
  ASSERT_EQ(events.size(), 7u);
  EXPECT_EQ(events[0].version, "brain.Event:2");
  EXPECT_TRUE(events[1].start);
  EXPECT_EQ(events[3].step, 1);
  EXPECT_EQ(events[3].scalars.at("loss/box"), 0.25f);
  EXPECT_EQ(events[3].scalars.at("measured/images_per_second"), 31.0f);
  EXPECT_EQ(events[5].scalars.at("epoch/loss/cls"), static_cast<float>(2.0 / 9));
  EXPECT_EQ(events[6].scalars.at("metrics/map50"), 0.5f);
  EXPECT_EQ(events[6].step, 2);
  EXPECT_GT(events[6].wall_time, 1.5e9);
}

TEST_F(TensorBoardTest, AResumedRunBeginsALaterFileWithAStartAtItsIteration) {
  for (const int64_t cut : {0, 2, 5}) {
    const auto monitor = make_monitor("tensorboard", folder_.path());
    monitor->on_event(event(cut == 0 ? Event::Type::Started : Event::Type::Resumed, cut));
    send(*monitor, cut, cut + 2);
    monitor->on_event(event(Event::Type::Interrupted, cut + 2));
  }
  ASSERT_EQ(files().size(), 3u);
  const auto second = read_events(files()[1]), third = read_events(files()[2]);
  EXPECT_TRUE(second[1].start);
  EXPECT_EQ(second[1].step, 2);
  EXPECT_TRUE(third[1].start);
  EXPECT_EQ(third[1].step, 5);
  EXPECT_EQ(third[2].step, 5);
}

TEST_F(TensorBoardTest, ThinsIterationsWhenAskedAndIsWholeAtTheEndOfAnEpoch) {
  const auto monitor = make_monitor("tensorboard", folder_.path(), {{"every", 4}, {"directory", "tensorboard"}});
  monitor->on_event(event(Event::Type::Started, 0));
  send(*monitor, 0, 6);
  const auto events = read_events(files()[0]);
  ASSERT_EQ(events.size(), 8u) << "iterations 0 and 4, two epochs, two evaluations";
  EXPECT_EQ(events[5].step, 4);
}

}  // namespace
}  // namespace cairn::test
