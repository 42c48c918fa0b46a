// The rows of YOLOv9's variants, without heads.
#pragma once
#include "common/table.h"

namespace cairn::models {

// The main branch alone, without head; rows whose outputs the head reads, by stride.
struct Trunk {
  LayerTable rows;
  std::vector<int> outputs;
};

// How m and c differ. `down` is the module that halves the size.
struct Medium {
  std::string down;
  int64_t stem, p2, p3;    // outputs of the backbone at stride 2, 4, 8
  int64_t low, mid, high;  // widths of the three levels, strides 8, 16, 32, everywhere else
  int64_t down3, down4;    // the neck's two steps down
};

Trunk small_trunk(int64_t k);  // t with k = 1, s with k = 2; rows 0 to 21
LayerTable small_auxiliary(int64_t k);
Trunk medium_trunk(const Medium& size);  // rows 0 to 21
// Rows 23 to 37 behind the main branch with the image as row 0: a second backbone that reads the first one's levels.
LayerTable medium_auxiliary(const Medium& size);
LayerTable large_backbones();      // rows 0 to 28 of e: two backbones, both part of the main branch
LayerTable large_auxiliary();      // seven rows behind row 28 of e
LayerTable large_neck(int first);  // thirteen rows; `first` is the index of the first of them

void append(LayerTable& table, const LayerTable& rows);

}  // namespace cairn::models
