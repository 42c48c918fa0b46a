// cairn-bench [NAME...]: measures and prints one line of JSON per figure. A name may be the beginning of several.
// Timings are medians over interleaved rounds; CAIRN_BENCH_ROUNDS says how many (default 7). CAIRN_TEST_DATA names the
// folder with the larger sets; without it the pictures of examples/ are used.
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include <cairn/error.h>

#include "base/polite_waiting.h"
#include "bench/figure.h"

namespace cairn::bench {

Json result(double value, double target, Better better) {
  return {
      {"value", value}, {"target", target}, {"reached", better == Better::Higher ? value >= target : value <= target}};
}

namespace {

// Processes first: the peak memory of a child counts from what its parent holds.
std::vector<Figure> all_figures() {
  std::vector<Figure> figures;
  add_process_figures(figures);
  add_data_figures(figures);
  add_boundary_figures(figures);
  add_loss_figures(figures);
  add_throughput_figures(figures);
  add_snapshot_cost_figures(figures);
  add_mirror_figures(figures);
  add_snapshot_size_figures(figures);
  add_snapshot_codec_figures(figures);
  add_store_figures(figures);
  add_sealing_figures(figures);
  add_remote_figures(figures);
  add_link_figures(figures);
  return figures;
}

std::vector<Figure> chosen(const std::vector<std::string>& names) {
  const std::vector<Figure> all = all_figures();
  if (names.empty()) return all;
  std::vector<Figure> wanted;
  for (const Figure& figure : all) {
    const auto begins = [&](const std::string& name) { return figure.name.starts_with(name); };
    if (std::any_of(names.begin(), names.end(), begins)) wanted.push_back(figure);
  }
  if (wanted.empty()) fail(Code::InvalidArgument, "no figure of that name; `cairn-bench --list` shows all");
  return wanted;
}

void run(const std::vector<std::string>& names) {
  for (const Figure& figure : chosen(names)) {
    Json line{{"figure", figure.name}};
    line.update(figure.measure());
    std::cout << line.dump() << std::endl;
  }
}

}  // namespace
}  // namespace cairn::bench

int main(int count, char** arguments) {
  using namespace cairn::bench;
  if (cairn::wait_politely()) execv("/proc/self/exe", arguments);  // as `cairn` has it from its start
  const std::vector<std::string> names(arguments + 1, arguments + count);
  try {
    if (!names.empty() && names[0].starts_with("-")) {
      for (const Figure& figure : all_figures()) std::cout << figure.name << "  " << figure.help << "\n";
      return names[0] == "--list" || names[0] == "--help" ? 0 : 2;
    }
    run(names);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "cairn-bench: " << error.what() << "\n";
    return 1;
  }
}
