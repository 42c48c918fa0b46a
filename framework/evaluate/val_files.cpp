#include "evaluate/val_files.h"

#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>

#include "evaluate/coco_json.h"
#include "evaluate/confusion.h"
#include "evaluate/fast_ap.h"

namespace cairn {
namespace {

using Json = nlohmann::ordered_json;

struct Figures {
  CocoSet set;
  CocoResult coco;
  std::vector<FastAp> fast;  // beside kFastRules
  ConfusionMatrix confusion{0};
};

Figures compute(const std::filesystem::path& detections, const std::filesystem::path& annotations) {
  Figures figures;
  figures.set = read_coco_annotations(annotations);
  read_coco_detections(detections, &figures.set);
  const int classes = static_cast<int>(figures.set.category_ids.size());
  figures.coco = coco_metrics(figures.set.images, classes);
  const std::vector<EvaluatedImage> images = to_evaluated(figures.set);
  for (const FastRule rule : kFastRules) figures.fast.push_back(fast_ap(images, classes, rule));
  figures.confusion = ConfusionMatrix(classes);
  for (const EvaluatedImage& image : images) figures.confusion.add(image);
  return figures;
}

Json coco_json(const Figures& figures) {
  Json stats, classes = Json::array();
  for (const NamedFigure& figure : coco_figure_names())
    stats[std::string(figure.name)] = figures.coco.mean.*figure.value;
  for (size_t c = 0; c < figures.coco.classes.size(); ++c) {
    Json row = {{"category_id", figures.set.category_ids[c]}, {"name", figures.set.category_names[c]}};
    for (const NamedFigure& figure : coco_figure_names()) {
      row[std::string(figure.name)] = figures.coco.classes[c].*figure.value;
    }
    row["AP_by_threshold"] = figures.coco.thresholds[c];
    classes.push_back(std::move(row));
  }
  return {{"stats", std::move(stats)}, {"classes", std::move(classes)}};
}

Json fast_json(const FastAp& fast) {
  Json classes = Json::array();
  for (const FastClass& one : fast.classes) {
    classes.push_back({{"class", one.class_id},
                       {"labels", one.targets},
                       {"detections", one.detections},
                       {"P", one.precision},
                       {"R", one.recall},
                       {"F1", one.f1},
                       {"AP50", one.ap50},
                       {"AP50-95", one.ap50_95},
                       {"AP", one.ap}});
  }
  Json json = {{"classes", std::move(classes)},
               {"mP", fast.precision},
               {"mR", fast.recall},
               {"mAP50", fast.map50},
               {"mAP50-95", fast.map50_95}};
  if (fast.any_true_positive) {
    json["max_f1_index"] = fast.best_index;
    json["max_f1_confidence"] = fast.best_confidence;
  } else {
    json["no_true_positive"] = true;
  }
  return json;
}

Json confusion_json(const ConfusionMatrix& confusion) {
  Json rows = Json::array();
  for (int predicted = 0; predicted < confusion.size(); ++predicted) {
    Json row = Json::array();
    for (int truth = 0; truth < confusion.size(); ++truth) row.push_back(confusion.at(predicted, truth));
    rows.push_back(std::move(row));
  }
  return {{"rule", name_of(ConfusionRule::Ultralytics84)},
          {"layout", "matrix[predicted][true], background last"},
          {"matrix", std::move(rows)}};
}

void print_json(const Figures& figures, std::ostream& out) {
  Json fast;
  for (size_t r = 0; r < figures.fast.size(); ++r)
    fast[std::string(name_of(kFastRules[r]))] = fast_json(figures.fast[r]);
  const Json json = {{"coco", coco_json(figures)},
                     {"fast", std::move(fast)},
                     {"confusion", confusion_json(figures.confusion)},
                     {"counts",
                      {{"images", figures.set.image_ids.size()},
                       {"annotations", figures.set.annotations},
                       {"crowd", figures.set.crowds},
                       {"detections", figures.set.detections}}}};
  out << json.dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
}

void print_text(const Figures& figures, std::ostream& out) {
  out << figures.set.image_ids.size() << " pictures, " << figures.set.annotations << " annotations ("
      << figures.set.crowds << " crowds), " << figures.set.detections << " detections\n\nCOCO\n"
      << std::fixed << std::setprecision(4);
  for (const NamedFigure& figure : coco_figure_names()) {
    out << "  " << std::left << std::setw(8) << figure.name << std::right << std::setw(9)
        << figures.coco.mean.*figure.value << '\n';
  }
  for (size_t r = 0; r < figures.fast.size(); ++r) {
    const FastAp& fast = figures.fast[r];
    out << "\nfast AP, rule " << name_of(kFastRules[r]) << '\n'
        << "  " << std::left << std::setw(20) << "class" << std::right;
    for (const char* head : {"targets", "P", "R", "F1", "mAP50", "mAP50-95"}) out << std::setw(10) << head;
    const auto row = [&](const std::string& name, int64_t targets, std::initializer_list<double> values) {
      out << "\n  " << std::left << std::setw(20) << name << std::right << std::setw(10) << targets;
      for (const double value : values) out << std::setw(10) << value;
    };
    row("all", figures.set.annotations - figures.set.crowds,
        {fast.precision, fast.recall, fast.f1, fast.map50, fast.map50_95});
    for (const FastClass& one : fast.classes) {
      row(figures.set.category_names[one.class_id], one.targets,
          {one.precision, one.recall, one.f1, one.ap50, one.ap50_95});
    }
    out << '\n';
  }
}

}  // namespace

int val_files(const std::filesystem::path& detections, const std::filesystem::path& annotations, Listing listing,
              std::ostream& out) {
  const Figures figures = compute(detections, annotations);
  if (listing == Listing::Json) {
    print_json(figures, out);
  } else {
    print_text(figures, out);
  }
  return 0;
}

}  // namespace cairn
