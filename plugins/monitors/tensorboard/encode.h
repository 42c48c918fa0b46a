// The bytes of TensorBoard's event files.
//   record (TFRecord, little-endian): length u64 | masked CRC-32C of the length u32 | data | masked CRC-32C of the data
//   data (protobuf): Event {1 wall_time double, 2 step int64, 3 file_version string, 5 Summary, 7 SessionLog}
//     Summary {1 repeated Value {1 tag string, 2 simple_value float}}
//     SessionLog {1 status enum, START = 1}
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::monitors {

using Scalars = std::vector<std::pair<std::string, double>>;

std::string version_event(double wall_time);
// Readers drop what earlier files of the folder say about steps from `step` on.
std::string start_event(double wall_time, int64_t step);
std::string scalars_event(double wall_time, int64_t step, const Scalars& scalars);

std::string framed(std::string_view data);

}  // namespace cairn::monitors
