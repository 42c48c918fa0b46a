#include "yolov7/rows.h"

namespace cairn::models {

int Rows::add(std::string module, std::vector<int64_t> args, std::vector<int> from) {
  table_.push_back({std::move(from), 1, std::move(module), std::move(args)});
  return last();
}

int Rows::conv(int64_t out, int64_t kernel, int64_t stride, int from) {
  return add("Conv", {out, kernel, stride}, {from});
}

int Rows::stacked(int64_t hidden, int64_t inner, int count, int64_t out, Taps taps, int first, int second) {
  conv(hidden, 1, 1, first);
  conv(hidden, 1, 1, second);
  for (int i = 0; i < count; ++i) conv(inner, 3);
  std::vector<int> from;
  const int step = taps == Taps::All || count == 2 ? 1 : 2;
  for (int tap = 1; tap <= count + 1; tap += step) from.push_back(-tap);
  from.push_back(-(count + 2));
  add("Concat", {}, from);
  return conv(out);
}

int Rows::doubled(int64_t hidden, int64_t inner, int count, int64_t out, Taps taps) {
  stacked(hidden, inner, count, out, taps, -1, -2);
  const int length = count + 4;
  stacked(hidden, inner, count, out, taps, -(length + 1), -(length + 2));
  return add("Shortcut", {}, {-1, -(length + 1)});
}

int Rows::elan(int64_t hidden, int count, int64_t out) {
  return stacked(hidden, hidden, count, out, Taps::Sparse, -1, -2);
}
int Rows::wide_elan(int64_t hidden, int count, int64_t out) {
  return stacked(hidden, hidden / 2, count, out, Taps::All, -1, -2);
}
int Rows::double_elan(int64_t hidden, int count, int64_t out) {
  return doubled(hidden, hidden, count, out, Taps::Sparse);
}
int Rows::double_wide_elan(int64_t hidden, int count, int64_t out) {
  return doubled(hidden, hidden / 2, count, out, Taps::All);
}

int Rows::pooled_step(int64_t channels, int extra) {
  add("MP", {});
  conv(channels);
  conv(channels, 1, 1, -3);
  conv(channels, 3, 2);
  std::vector<int> from{-1, -3};
  if (extra >= 0) from.push_back(extra);
  return add("Concat", {}, from);
}

int Rows::step_up(int64_t channels, int lateral) {
  conv(channels);
  add("Upsample", {});
  conv(channels, 1, 1, lateral);
  return add("Concat", {}, {-1, -2});
}

}  // namespace cairn::models
