// What cairn-bench measures: every figure is one line of JSON.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace cairn::bench {

using Json = nlohmann::ordered_json;

// `measure` returns "value" and "target" and whatever explains them; the line gets the name in front.
struct Figure {
  std::string name, help;
  std::function<Json()> measure;
};

enum class Better { Higher, Lower };
// {"value", "target", "reached"}; more is added by the caller.
Json result(double value, double target, Better better);

void add_process_figures(std::vector<Figure>& figures);         // of the real executable: processes.cpp
void add_boundary_figures(std::vector<Figure>& figures);        // boundary.cpp
void add_data_figures(std::vector<Figure>& figures);            // data_path.cpp
void add_loss_figures(std::vector<Figure>& figures);            // loss_share.cpp
void add_throughput_figures(std::vector<Figure>& figures);      // throughput.cpp
void add_snapshot_cost_figures(std::vector<Figure>& figures);   // snapshot_cost.cpp
void add_mirror_figures(std::vector<Figure>& figures);          // mirror_cost.cpp
void add_snapshot_size_figures(std::vector<Figure>& figures);   // snapshot_size.cpp
void add_snapshot_codec_figures(std::vector<Figure>& figures);  // snapshot_codec.cpp
void add_store_figures(std::vector<Figure>& figures);           // snapshot_store.cpp
void add_sealing_figures(std::vector<Figure>& figures);         // sealing.cpp
void add_remote_figures(std::vector<Figure>& figures);          // remote.cpp
void add_link_figures(std::vector<Figure>& figures);            // links.cpp

}  // namespace cairn::bench
