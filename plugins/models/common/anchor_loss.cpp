#include "common/anchor_loss.h"

#include <map>
#include <optional>

#include "common/anchor_maps.h"
#include "common/distribution.h"
#include "common/predictions.h"

namespace cairn::models {

void scale_gains(AnchorLossRule& rule, int64_t classes, int64_t image_size) {
  const double by_levels = 3 / static_cast<double>(rule.strides.size()), side = static_cast<double>(image_size) / 640;
  rule.box_gain *= by_levels;
  rule.cls_gain *= by_levels * static_cast<double>(classes) / 80;
  rule.obj_gain *= by_levels * side * side;
}

std::vector<double> level_balance(size_t levels) {
  if (levels == 3) return {4, 1, 0.4};
  std::vector<double> balance{4, 1, 0.25, 0.06, 0.02};
  balance.resize(levels, 0.02);
  return balance;
}

int64_t classes_of(const at::Tensor& map, const AnchorTable& anchors) {
  return map.size(1) / static_cast<int64_t>(anchors[0].size()) - 5;
}

namespace {

// Rows and the different cells (with anchor) that they name, in order of first appearance.
struct Cells {
  std::vector<int64_t> images, anchors, cells;
  std::vector<int64_t> last_row;  // of each cell
  std::vector<int64_t> cell_of_row;
};

Cells distinct_cells(const std::vector<AnchorMatch>& matches, int64_t anchors, int64_t width, int64_t height) {
  Cells distinct;
  std::map<int64_t, int64_t> known;
  for (size_t i = 0; i < matches.size(); ++i) {
    const AnchorMatch& m = matches[i];
    const int64_t cell = m.row * width + m.column;
    const auto count = static_cast<int64_t>(distinct.cells.size());
    const auto [found, fresh] = known.emplace((m.image * anchors + m.anchor) * width * height + cell, count);
    if (fresh) {
      distinct.images.push_back(m.image);
      distinct.anchors.push_back(m.anchor);
      distinct.cells.push_back(cell);
      distinct.last_row.push_back(0);
    }
    distinct.last_row[static_cast<size_t>(found->second)] = static_cast<int64_t>(i);
    distinct.cell_of_row.push_back(found->second);
  }
  return distinct;
}

class LevelLoss {
 public:
  LevelLoss(const AnchorLossRule& rule, const at::Tensor& map, const std::vector<AnchorSize>& anchors, double stride)
      : rule_(rule),
        map_(by_anchor(map, static_cast<int64_t>(anchors.size()))),
        options_(at_least_float(map.detach().slice(0, 0, 0)).options()),
        anchors_(anchors),
        stride_(stride) {}

  AnchorLevelTerms run(const AnchorObjects& objects, const std::vector<AnchorMatch>& matches) const {
    AnchorLevelTerms terms;
    const at::Tensor objectness = at_least_float(map_.select(2, 4));
    at::Tensor target = at::zeros(objectness.sizes(), options_);
    if (!matches.empty()) {
      const Cells cells = distinct_cells(matches, map_.size(1), map_.size(4), map_.size(3));
      const at::Device device = options_.device();
      const at::Tensor images = to_tensor(cells.images, device), anchors = to_tensor(cells.anchors, device),
                       places = to_tensor(cells.cells, device);
      const at::Tensor raw = rows_of(images, anchors, places, cells);
      const at::Tensor overlap = overlaps(raw, objects, matches);
      terms.box = (1 - overlap).mean();
      terms.cls = class_term(raw, objects, matches);
      terms.overlap_U = overlap.detach().index_select(0, to_tensor(cells.last_row, device)).clamp_min(0);
      target.flatten(2).index_put_({images, anchors, places}, terms.overlap_U);
    }
    terms.obj = entropy(objectness, target, rule_.obj_positive);
    return terms;
  }

 private:
  // [N, 5 + K]. Each cell is gathered once, so that no gradient depends on an order of additions.
  at::Tensor rows_of(const at::Tensor& images, const at::Tensor& anchors, const at::Tensor& places,
                     const Cells& cells) const {
    const at::Tensor flat = map_.flatten(3).transpose(2, 3);  // [B, A, H * W, 5 + K]
    const at::Tensor raw = at_least_float(at::index(flat, {images, anchors, places}));
    if (cells.cells.size() == cells.cell_of_row.size()) return raw;
    return raw.index_select(0, to_tensor(cells.cell_of_row, options_.device()));
  }

  at::Tensor overlaps(const at::Tensor& raw, const AnchorObjects& objects,
                      const std::vector<AnchorMatch>& matches) const {
    std::vector<double> sizes, boxes;
    const auto width = static_cast<float>(map_.size(4)), height = static_cast<float>(map_.size(3));
    for (const AnchorMatch& m : matches) {
      const AnchorSize& anchor = anchors_[static_cast<size_t>(m.anchor)];
      sizes.insert(sizes.end(), {anchor.width / stride_, anchor.height / stride_});
      const float* box = objects.box(m.object);
      boxes.insert(boxes.end(), {box[0] * width - static_cast<float>(m.column),
                                 box[1] * height - static_cast<float>(m.row), box[2] * width, box[3] * height});
    }
    const at::Tensor predicted = anchor_boxes(raw, to_tensor(sizes, options_).view({-1, 2}));
    return iou(corners_from_centre(predicted), corners_from_centre(to_tensor(boxes, options_).view({-1, 4})),
               rule_.iou);
  }

  at::Tensor class_term(const at::Tensor& raw, const AnchorObjects& objects,
                        const std::vector<AnchorMatch>& matches) const {
    if (raw.size(1) == 6) return {};
    std::vector<int64_t> labels;
    for (const AnchorMatch& m : matches) labels.push_back(objects.label(m.object));
    const at::Tensor logits = raw.slice(1, 5);
    const double off = rule_.label_smoothing / 2;
    const at::Tensor target = at::full(logits.sizes(), off, options_);
    target.scatter_(1, to_tensor(labels, options_.device()).unsqueeze(1), 1 - off);
    return entropy(logits, target, rule_.cls_positive);
  }

  // Mean binary cross entropy, focal where the rule asks for it (Lin et al., ICCV 2017, alpha 0.25).
  at::Tensor entropy(const at::Tensor& logits, const at::Tensor& target, double positive) const {
    std::optional<at::Tensor> weight;
    if (positive != 1) weight = at::full({1}, positive, options_);
    const at::Tensor each = at::binary_cross_entropy_with_logits(logits, target, {}, weight, at::Reduction::None);
    if (rule_.focal_gamma == 0) return each.mean();
    const at::Tensor p = at::sigmoid(logits);
    const at::Tensor right = target * p + (1 - target) * (1 - p);
    const at::Tensor alpha = target * 0.25 + (1 - target) * 0.75;
    return (each * alpha * at::pow(1 - right, rule_.focal_gamma)).mean();
  }

  const AnchorLossRule& rule_;
  at::Tensor map_;  // [B, A, 5 + K, H, W]
  at::TensorOptions options_;
  const std::vector<AnchorSize>& anchors_;
  double stride_;
};

}  // namespace

std::vector<AnchorLevelTerms> anchor_level_terms(const AnchorLossRule& rule, const Tensors& maps,
                                                 const AnchorTable& anchors, const AnchorObjects& objects,
                                                 const AnchorMatches& matches) {
  std::vector<AnchorLevelTerms> levels;
  for (size_t l = 0; l < anchors.size(); ++l) {
    levels.push_back(LevelLoss(rule, maps[l], anchors[l], rule.strides[l]).run(objects, matches[l]));
  }
  return levels;
}

namespace {
void add(at::Tensor& sum, const at::Tensor& term, double weight) {
  if (term.defined()) sum = sum.defined() ? sum + term * weight : term * weight;
}
}  // namespace

void accumulate(AnchorTerms& sums, const std::vector<AnchorLevelTerms>& levels, const std::vector<double>& balance,
                double weight) {
  for (size_t l = 0; l < levels.size(); ++l) {
    add(sums.box, levels[l].box, weight);
    add(sums.obj, levels[l].obj, weight * balance[l]);
    add(sums.cls, levels[l].cls, weight);
  }
}

AnchorTerms with_gains(const AnchorTerms& sums, const AnchorLossRule& rule) {
  const auto scaled = [&](const at::Tensor& sum, double gain) {
    return sum.defined() ? sum * gain : at::zeros({}, sums.obj.options().requires_grad(false));
  };
  return {scaled(sums.box, rule.box_gain), sums.obj * rule.obj_gain, scaled(sums.cls, rule.cls_gain)};
}

}  // namespace cairn::models
